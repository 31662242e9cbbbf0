"""The atoms of a frame on a grid, as a value."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._fourier import from_spectrum, reflected, spectrum, squared_modulus
from wiatowski._types import Array, is_concrete
from wiatowski.features import safe_sqrt
from wiatowski.frames.bank import (
    AbstractBank,
    FrameBounds,
    check_grid,
    check_loud,
    check_shape,
    checked_labels,
    finite_samples,
    frequencies_at,
    inexact,
    real_flags,
)
from wiatowski.grid import Grid

if TYPE_CHECKING:
    from wiatowski.frames.frame import Frame

__all__ = ["FilterBank", "FrameBounds"]


class FilterBank(AbstractBank):
    r"""Atoms $\hat g_\lambda[k]$ and output atom $\hat\chi[k]$ on one grid: a pytree of arrays.

    Build it from a frame, ``wi.frames.Curvelets(scales=3).on(grid)``, or from your own arrays.

    Args:
        atoms_hat: (atoms, *grid.shape), real or complex: transforms of the atoms.
        output_atom_hat: (*grid.shape,): transform of the output atom.
        grid: the grid both live on.
        labels: one name per atom; numbers by default.
        real: whether the atoms, and whether the output atom, are real arrays in space: one answer
            or a pair. Found out by default, which needs concrete arrays: inside a transformation
            the safe answer is `False`.
        frame: the specification the bank was sampled from, if any.

    Raises:
        ValueError: for shapes that do not match the grid, samples that are not finite, or
            labels that are not one distinct name per atom.

    Source: Wiatowski & Boelcskei 2018, semi-discrete frames, restricted to Z_N.

    >>> import numpy as np, wiatowski as wi
    >>> bank = wi.FilterBank(np.ones((1, 8)), np.zeros(8), wi.Grid((8,)))
    >>> float(bank.frame_bounds().upper)
    1.0
    """

    atoms_hat: Array
    output_atom_hat: Array
    grid: Grid = eqx.field(static=True)
    labels: tuple[str, ...] = eqx.field(static=True)
    atoms_real: bool = eqx.field(static=True)
    output_real: bool = eqx.field(static=True)
    frame: Frame | None = eqx.field(static=True)
    stride = 1

    def __init__(
        self,
        atoms_hat,
        output_atom_hat,
        grid: Grid,
        labels: tuple[str, ...] | None = None,
        real: bool | tuple[bool, bool] | None = None,
        frame: Frame | None = None,
    ):
        check_grid("FilterBank", grid)
        given = (atoms_hat, output_atom_hat)
        atoms_hat, output_atom_hat = inexact(atoms_hat), inexact(output_atom_hat)
        if atoms_hat.ndim != grid.ndim + 1 or atoms_hat.shape[1:] != grid.shape:
            raise ValueError(
                f"FilterBank: atoms_hat has shape {atoms_hat.shape}, but the grid asks for "
                f"(atoms, {', '.join(map(str, grid.shape))}); sample the atoms at "
                "grid.frequencies(), or build the bank on their own grid."
            )
        if output_atom_hat.shape != grid.shape:
            raise ValueError(
                f"FilterBank: output_atom_hat has shape {output_atom_hat.shape}, but the grid asks "
                f"for {grid.shape}; pass zeros of that shape for a bank without an output atom."
            )
        labels = checked_labels("FilterBank", labels, len(atoms_hat), "atom")
        samples = finite_samples("FilterBank", given, (atoms_hat, output_atom_hat))
        self.atoms_hat, self.output_atom_hat = atoms_hat, output_atom_hat
        self.grid, self.labels, self.frame = grid, labels, frame
        self.atoms_real, self.output_real = real_flags(real, samples, grid.ndim)

    @property
    def rounding(self) -> float:
        """Relative rounding error of a sum of squares over the atoms."""
        return (len(self) + 2) * float(jnp.finfo(self.dtype).eps)

    def count_maps(self, maps: int) -> int:
        """One new map per map and atom."""
        return maps * len(self)

    def littlewood_paley(self, real: bool = False) -> Array:
        r"""$\sum_\lambda |\hat g_\lambda(\omega)|^2 + |\hat\chi(\omega)|^2$ on the grid.

        Args:
            real: for real input: the mean of the sum at $\omega$ and $-\omega$.

        Returns:
            Array of shape `grid.shape`.

        Source: theory of semi-discrete frames (Littlewood-Paley condition); the symmetrised sum
        is exact for real input and not valid for complex input.
        """
        return _littlewood_paley(self.atoms_hat, self.output_atom_hat, 1.0, real)

    def singular_values(self, real: bool = False) -> Array:
        """Of `analysis`: one per frequency, the root of the Littlewood-Paley sum; (*grid.shape, 1)."""
        return safe_sqrt(self.littlewood_paley(real))[..., None]

    def frame_bounds(self, real: bool = False) -> FrameBounds:
        """Smallest and largest value of the Littlewood-Paley sum: the optimal A and B on the grid.

        Args:
            real: bounds for real input only.
        """
        return FrameBounds(*_extremes(self.atoms_hat, self.output_atom_hat, 1.0, real))

    def upper_bound(self, weight: Array | float = 1.0) -> Array:
        r"""$\max_\omega (w \sum_\lambda |\hat g_\lambda|^2 + |\hat\chi|^2)$ for the weight w."""
        return _extremes(self.atoms_hat, self.output_atom_hat, weight, False)[1]

    def redundancy(self) -> int:
        """Coefficients per sample: the number of atoms and the output atom."""
        return len(self) + 1

    def scaled_by(self, factor, frame: Frame | None = None) -> FilterBank:
        """Every atom and the output atom times `factor`; `frame` is the specification of the result."""
        factor = jnp.asarray(factor, dtype=self.dtype)
        return FilterBank(
            self.atoms_hat * factor,
            self.output_atom_hat * factor,
            self.grid,
            self.labels,
            (self.atoms_real, self.output_real),
            frame,
        )

    def scaled_to(self, upper: float = 1.0) -> FilterBank:
        """The bank divided by the root of its upper bound, so that B = `upper`.

        Raises:
            ValueError: if every atom is zero.
        """
        bound = self.frame_bounds().upper
        check_loud("FilterBank.scaled_to", bound)
        return self.scaled_by(jnp.sqrt(upper / bound))

    def parseval(self) -> FilterBank:
        r"""The canonical tight frame $\hat g_\lambda / \sqrt{\mathrm{LP}}$: A = B = 1.

        Raises:
            ValueError: if the lower bound vanishes; names the frequencies that no atom covers.
        """
        return self._weighted(1 / jnp.sqrt(self._covered("parseval")))

    def dual(self) -> FilterBank:
        r"""The canonical dual $\hat g_\lambda / \mathrm{LP}$: its synthesis inverts `analysis`.

        Raises:
            ValueError: if the lower bound vanishes.
        """
        return self._weighted(1 / self._covered("dual"))

    def analysis(self, f: Array) -> Array:
        r"""Coefficients $f * \chi$ (row 0) and $f * g_\lambda$: shape (atoms + 1, *grid.shape)."""
        f = jnp.asarray(f)
        check_shape("FilterBank.analysis", f.shape, self.grid.shape)
        return _analysis(self._rows(), f, self.grid.ndim, self.real and not jnp.iscomplexobj(f))

    def synthesis(self, coefficients: Array) -> Array:
        r"""Adjoint of `analysis`: $\sum_\lambda c_\lambda * I g_\lambda$, $I g = \overline{g(-x)}$.

        ``bank.dual().synthesis(bank.analysis(f))`` is `f`.
        """
        coefficients = jnp.asarray(coefficients)
        check_shape("FilterBank.synthesis", coefficients.shape, (len(self) + 1, *self.grid.shape))
        ndim = self.grid.ndim
        product = jnp.sum(spectrum(coefficients, ndim) * jnp.conj(self._rows()), axis=0)
        return from_spectrum(product, ndim, self.real and not jnp.iscomplexobj(coefficients))

    def reconstruct(self, coefficients: Array) -> Array:
        """Inverse of `analysis`: synthesis with the canonical dual.

        Raises:
            ValueError: if the lower bound vanishes.
        """
        return self.dual().synthesis(coefficients)

    def _rows(self) -> Array:
        return jnp.concatenate([self.output_atom_hat[None], self.atoms_hat])

    def _weighted(self, weights: Array) -> FilterBank:
        """Every atom times a function of frequency; an even one keeps real atoms real."""
        return FilterBank(
            self.atoms_hat * weights,
            self.output_atom_hat * weights,
            self.grid,
            self.labels,
            real=True if self.real else None,
        )

    def _covered(self, call: str) -> Array:
        total = self.littlewood_paley()
        if is_concrete(total):
            values = np.asarray(total)
            holes = np.argwhere(values <= np.finfo(values.dtype).eps * values.max())
            if len(holes):
                raise ValueError(
                    f"FilterBank.{call}: the lower frame bound vanishes: no atom covers "
                    f"{len(holes)} of {self.grid.size} frequencies, among them "
                    f"{frequencies_at(self.grid, holes)} cycles per unit length; add an "
                    "atom that covers them, for example a residual high-pass."
                )
        return total


@functools.partial(jax.jit, static_argnames="real")
def _littlewood_paley(atoms_hat: Array, output_atom_hat: Array, weight, real: bool) -> Array:
    """The sum of squares, that of the atoms with a weight."""
    atoms = jnp.sum(squared_modulus(atoms_hat), axis=0)
    total = weight * atoms + squared_modulus(output_atom_hat)
    return symmetrised(total) if real else total


@functools.partial(jax.jit, static_argnames="real")
def _extremes(atoms_hat: Array, output_atom_hat: Array, weight, real: bool) -> tuple[Array, Array]:
    """The least and the largest value of that sum."""
    total = _littlewood_paley(atoms_hat, output_atom_hat, weight, real)
    return jnp.min(total), jnp.max(total)


@functools.partial(jax.jit, static_argnames=("ndim", "real"))
def _analysis(rows_hat: Array, f: Array, ndim: int, real: bool) -> Array:
    return from_spectrum(spectrum(f, ndim) * rows_hat, ndim, real)


def symmetrised(total: Array) -> Array:
    """Mean of an array of frequencies at k and -k."""
    return 0.5 * (total + reflected(total, total.ndim))
