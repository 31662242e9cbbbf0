"""What a layer asks of the atoms on a grid, whether they act on each map or mix them."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from wiatowski._fourier import is_hermitian
from wiatowski._types import Array, is_concrete, real_dtype
from wiatowski.grid import Grid

if TYPE_CHECKING:
    from wiatowski.frames.frame import Frame

__all__ = ["AbstractBank", "FrameBounds"]


class FrameBounds(NamedTuple):
    """Optimal frame bounds A <= B on a grid."""

    lower: Array
    upper: Array


class AbstractBank(eqx.Module):
    r"""A linear stage on a grid: atoms that make the next maps, an output atom that makes features.

    `FilterBank` turns every map into one map per atom, `MatrixBank` mixes all maps of a depth into
    its channels. Layers, extractors, bounds and files know banks by what stands here.
    """

    if TYPE_CHECKING:
        # Arrays, or properties that compute them: which equinox would do for each new bank, to see
        # whether they are there, if these were AbstractVars.
        atoms_hat: Array
        output_atom_hat: Array
    grid: eqx.AbstractVar[Grid]
    labels: eqx.AbstractVar[tuple[str, ...]]
    atoms_real: eqx.AbstractVar[bool]
    output_real: eqx.AbstractVar[bool]
    stride: eqx.AbstractVar[int]
    frame: eqx.AbstractVar[Frame | None]
    # Whether all maps of a depth enter each new map, so that a path begins anew at its channel.
    mixes: ClassVar[bool] = False

    def __len__(self) -> int:
        """Number of atoms or channels, the output atom not counted."""
        return self.atoms_hat.shape[0]

    @property
    def real(self) -> bool:
        """Whether atoms and output atom are real arrays in space."""
        return self.atoms_real and self.output_real

    @property
    def dtype(self) -> np.dtype:
        """Real dtype of the bank's precision."""
        return real_dtype(jnp.result_type(self.atoms_hat, self.output_atom_hat))

    @property
    def maps_grid(self) -> Grid:
        """The grid of the maps that the atoms make: every `stride`-th sample of the bank's."""
        return self.grid.decimated(self.stride)

    @property
    @abc.abstractmethod
    def rounding(self) -> float:
        """Relative rounding error of `frame_bounds().upper` in the bank's precision."""

    @abc.abstractmethod
    def count_maps(self, maps: int) -> int:
        """How many maps the atoms make of `maps` maps; raises if the bank takes another number."""

    @abc.abstractmethod
    def singular_values(self, real: bool = False) -> Array:
        """Of `analysis`, largest first, per class of frequencies: (*maps_grid.shape, columns)."""

    @abc.abstractmethod
    def upper_bound(self, weight: Array | float = 1.0) -> Array:
        """Optimal B of the output atom together with the atoms, whose energy counts `weight` times."""

    @abc.abstractmethod
    def frame_bounds(self, real: bool = False) -> FrameBounds:
        """Optimal frame bounds A and B on the grid, output atom included."""

    @abc.abstractmethod
    def analysis(self, f: Array) -> Any:
        """The coefficients of a signal."""

    @abc.abstractmethod
    def synthesis(self, coefficients) -> Array:
        """Adjoint of `analysis`."""

    @abc.abstractmethod
    def reconstruct(self, coefficients) -> Array:
        """Left inverse of `analysis`; raises where the lower bound vanishes."""

    @abc.abstractmethod
    def scaled_by(self, factor, frame: Frame | None = None) -> AbstractBank:
        """All atoms times `factor`; `frame` is the specification of the result."""


def inexact(values) -> Array:
    """The values as an array of floating or complex numbers."""
    array = jnp.asarray(values)
    return array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(float)


def checked_labels(name: str, labels, rows: int, default: str) -> tuple[str, ...]:
    """One distinct label per row, numbered ones by default; raises otherwise."""
    labels = tuple(f"{default}={i}" for i in range(rows)) if labels is None else tuple(labels)
    if len(set(labels)) != rows or len(labels) != rows:
        raise ValueError(f"{name}: {rows} {default}s need as many distinct labels, got {labels!r}.")
    return labels


def finite_samples(name: str, given: tuple, kept: tuple[Array, ...]) -> list[np.ndarray]:
    """The samples as numpy arrays, none while one is traced; raises if one is not finite.

    Looked at as they were given: inside a transformation every jax array is a tracer.
    """
    if not is_concrete(*given):
        return []
    samples = [np.asarray(a).astype(b.dtype, copy=False) for a, b in zip(given, kept, strict=True)]
    if not all(np.isfinite(a).all() for a in samples):
        raise ValueError(
            f"{name}: the atoms hold NaN or infinite samples; replace them "
            "(np.nan_to_num) or check the formula at frequency zero."
        )
    return samples


def real_flags(
    real: bool | tuple[bool, bool] | None, samples: list[np.ndarray], ndim: int
) -> tuple[bool, bool]:
    """Whether atoms, and whether the output atom, are real in space: as told, or found out."""
    if real is None:
        atoms, output = [is_hermitian(a, ndim) for a in samples] or [False, False]
        return atoms, output
    return (real, real) if isinstance(real, bool) else real


def check_loud(call: str, bound) -> None:
    """Raise unless an upper bound is positive; traced ones pass."""
    if is_concrete(bound) and not bound > 0:
        raise ValueError(f"{call}: every atom is zero, so no factor gives a bound.")


def check_grid(name: str, grid) -> None:
    """Raise unless it is a `Grid`."""
    if not isinstance(grid, Grid):
        raise TypeError(
            f"{name}: grid must be a wiatowski.Grid, not {grid!r}; write Grid({grid!r})."
        )


def check_shape(call: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Raise unless an array has the shape that the bank asks for."""
    if shape != expected:
        raise ValueError(
            f"{call}: got an array of shape {shape} where the bank asks for {expected}; batches go "
            "through jax.vmap."
        )


def frequencies_at(grid: Grid, holes: np.ndarray) -> list[tuple[float, ...]]:
    """The first three of the bins `holes`, (count, d), in cycles per unit length."""
    axes = [np.fft.fftfreq(n, d=grid.spacing) for n in grid.shape]
    return [tuple(float(w[i]) for w, i in zip(axes, k)) for k in holes[:3]]
