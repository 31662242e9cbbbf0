"""Finite filters: a user's or a learner's taps, and random ones with a fixed seed."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._types import Array, complex_dtype, is_concrete, resolve_real_dtype
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import FiniteTaps, Frame, check_size
from wiatowski.grid import Grid

__all__ = ["FiniteFilters", "RandomFilters"]


class FiniteFilters(Frame):
    r"""Atoms of finitely many taps: your own, or a learner's.

    $\hat g_\lambda(\omega) = \sum_m g_\lambda[m] e^{-2\pi i \langle m, \omega\rangle}$.
    The taps sit at unit spacing, the first one at the origin. Frequencies above half a cycle per
    unit length (which only a `Dilate`d grid has) are cut off. Differentiable in the taps:
    build the extractor inside the loss.

    Args:
        taps: (atoms, *K) with d axes K after the first.
        output_taps: (*K',): taps of the output atom; the mean over the first atom's window by
            default.

    Raises:
        ValueError: for empty or non-finite taps, a wrong number of axes, or taps longer than the grid.

    Source: learned and unstructured filters of Wiatowski & Boelcskei 2018: Bessel with
    B <= sum of ||g||_1^2; rescale with `admissible()`.

    >>> import numpy as np, wiatowski as wi
    >>> frame = wi.frames.FiniteFilters(np.array([[0.5, -0.5]]), np.array([0.5, 0.5]))
    >>> bank = frame.on(wi.Grid((16,)))
    >>> [round(float(bound), 6) for bound in bank.frame_bounds()]
    [1.0, 1.0]
    """

    taps: Array | np.ndarray
    output_taps: Array | np.ndarray

    def __init__(self, taps, output_taps=None):
        taps = taps if hasattr(taps, "dtype") else np.asarray(taps, dtype=float)
        if taps.ndim < 2 or 0 in taps.shape:
            raise ValueError(
                f"FiniteFilters: taps must have shape (atoms, K1, ..., Kd), not {taps.shape}."
            )
        if output_taps is None:
            output_taps = np.full(taps.shape[1:], 1.0 / np.prod(taps.shape[1:]))
        output_taps = (
            output_taps if hasattr(output_taps, "dtype") else np.asarray(output_taps, dtype=float)
        )
        if output_taps.ndim != taps.ndim - 1:
            raise ValueError(
                f"FiniteFilters: output_taps has {output_taps.ndim} axes, but the atoms have "
                f"{taps.ndim - 1}."
            )
        if is_concrete(taps, output_taps) and not (
            np.isfinite(np.asarray(taps)).all() and np.isfinite(np.asarray(output_taps)).all()
        ):
            raise ValueError("FiniteFilters: taps hold NaN or infinite values; replace them.")
        self.taps, self.output_taps = taps, output_taps

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Transform the taps at the grid's frequencies."""
        return _finite_bank(self, self.taps, self.output_taps, grid, dtype, None)

    def finite_taps(self, ndim: int) -> FiniteTaps:
        """The taps themselves, which have `ndim` axes."""
        if self.taps.ndim - 1 != ndim:
            raise ValueError(
                f"FiniteFilters.finite_taps: the taps have {self.taps.ndim - 1} axes, not {ndim}; "
                f"write finite_taps({self.taps.ndim - 1})."
            )
        atoms = {f"atom={i}": _double(own) for i, own in enumerate(self.taps)}
        return FiniteTaps(atoms, _double(self.output_taps))


class RandomFilters(Frame):
    r"""Gaussian taps from a fixed seed, scaled to $\sum_\lambda \|g_\lambda\|^2 = 1$.

    What the preset `learned` uses until trained filters exist: unstructured, finite, the same
    every time. The output atom is the mean over the window.

    Args:
        count: number of atoms.
        size: taps per axis.
        seed: of numpy's PCG64 generator.

    Raises:
        ValueError: if a count is no positive integer or the seed is negative.

    Source: unstructured filters of Wiatowski & Boelcskei 2018 (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> len(wi.frames.RandomFilters(count=6, size=3).on(wi.Grid((16, 16))))
    6
    """

    count: int = eqx.field(static=True)
    size: int = eqx.field(static=True)
    seed: int = eqx.field(static=True)

    def __init__(self, count: int = 8, size: int = 5, seed: int = 0):
        self.count = check_integer("RandomFilters", "count", count)
        self.size = check_integer("RandomFilters", "size", size)
        self.seed = check_integer("RandomFilters", "seed", seed, least=0)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Draw the taps for the grid's dimension and transform them."""
        window = (self.size,) * grid.ndim
        check_size(self, self.count, grid)
        check_window(self, window, grid)
        atoms, mean = self.finite_taps(grid.ndim)
        return _finite_bank(self, np.stack([*atoms.values()]), mean, grid, dtype, tuple(atoms))

    def finite_taps(self, ndim: int) -> FiniteTaps:
        """The taps drawn in `ndim` dimensions."""
        window = (self.size,) * ndim
        taps = np.random.default_rng(self.seed).standard_normal((self.count, *window))
        taps /= np.sqrt(np.sum(taps**2))
        atoms = {f"filter={i}": own for i, own in enumerate(taps)}
        return FiniteTaps(atoms, np.full(window, 1.0 / np.prod(window)))


def _double(taps) -> np.ndarray:
    """As an array of double precision, real or complex as the taps are."""
    array = np.asarray(taps)
    return array.astype(complex if np.iscomplexobj(array) else float)


def _finite_bank(frame, taps, output_taps, grid: Grid, dtype, labels) -> FilterBank:
    name = type(frame).__name__
    dtype = resolve_real_dtype(dtype, f"{name}.on")
    if taps.ndim - 1 != grid.ndim:
        raise ValueError(
            f"{name}.on: the taps have {taps.ndim - 1} axes, but the grid has {grid.ndim}."
        )
    check_window(frame, [max(a, b) for a, b in zip(taps.shape[1:], output_taps.shape)], grid)
    # On a coarser grid the Nyquist bin of an even axis lies inside the band: it has no mirror.
    paired = grid.spacing <= 1 or all(n % 2 for n in grid.shape)
    real = paired and not (np.iscomplexobj(taps) or np.iscomplexobj(output_taps))
    hashable = frame if isinstance(frame, RandomFilters) else None
    return FilterBank(
        transform_of_taps(taps, grid, dtype),
        transform_of_taps(output_taps, grid, dtype),
        grid,
        labels,
        real,
        hashable,
    )


def check_window(frame: Frame, window, grid: Grid) -> None:
    if any(k > n * grid.spacing for k, n in zip(window, grid.shape)):
        raise ValueError(
            f"{type(frame).__name__}.on: windows of {tuple(window)} taps do not fit a grid of shape "
            f"{grid.shape} and spacing {grid.spacing:g}; use shorter filters or a larger signal."
        )


def transform_of_taps(taps, grid: Grid, dtype) -> Array:
    """Transform over the trailing axes at the grid's frequencies, zero beyond half a cycle."""
    module: Any = np if is_concrete(taps) else jnp
    values = np.asarray(taps) if module is np else taps
    for axis, omega in enumerate(grid.frequencies()):
        line = omega.ravel()
        kernel = np.exp(-2j * np.pi * np.outer(line, np.arange(values.shape[axis - grid.ndim])))
        kernel[np.abs(line) > 0.5 * (1 + 1e-12)] = 0
        if module is jnp:
            kernel = kernel.astype(complex_dtype(dtype))
        lines = module.moveaxis(values, axis - grid.ndim, -1)
        # In full precision also on devices that multiply matrices in less by default.
        moved = (
            lines @ kernel.T if module is np else jnp.matmul(lines, kernel.T, precision="highest")
        )
        values = module.moveaxis(moved, -1, axis - grid.ndim)
    return jnp.asarray(values.astype(complex_dtype(dtype)))
