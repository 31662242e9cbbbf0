"""The atoms of a frame on a grid, as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from wiatowski._fourier import (
    from_spectrum,
    is_hermitian,
    spatial_axes,
    spectrum,
    squared_modulus,
)
from wiatowski._types import Array, is_concrete, real_dtype
from wiatowski.grid import Grid

if TYPE_CHECKING:
    from wiatowski.frames.frame import Frame

__all__ = ["FilterBank", "FrameBounds"]


class FrameBounds(NamedTuple):
    """Optimal frame bounds A <= B on a grid."""

    lower: Array
    upper: Array


class FilterBank(eqx.Module):
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

    def __init__(
        self,
        atoms_hat,
        output_atom_hat,
        grid: Grid,
        labels: tuple[str, ...] | None = None,
        real: bool | tuple[bool, bool] | None = None,
        frame: Frame | None = None,
    ):
        if not isinstance(grid, Grid):
            raise TypeError(
                f"FilterBank: grid must be a wiatowski.Grid, not {grid!r}; write Grid({grid!r})."
            )
        given = (atoms_hat, output_atom_hat)
        atoms_hat, output_atom_hat = _inexact(atoms_hat), _inexact(output_atom_hat)
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
        labels = tuple(f"atom={i}" for i in range(len(atoms_hat))) if labels is None else labels
        labels = tuple(labels)
        if len(set(labels)) != len(atoms_hat) or len(labels) != len(atoms_hat):
            raise ValueError(
                f"FilterBank: {len(atoms_hat)} atoms need as many distinct labels, got {labels!r}."
            )
        # Looked at as they were given: inside a transformation every jax array is a tracer.
        concrete = is_concrete(*given)
        kept = (atoms_hat.dtype, output_atom_hat.dtype)
        samples = [np.asarray(a).astype(d) for a, d in zip(given, kept)] if concrete else []
        if not all(np.isfinite(a).all() for a in samples):
            raise ValueError(
                "FilterBank: the atoms hold NaN or infinite samples; replace them "
                "(np.nan_to_num) or check the formula at frequency zero."
            )
        self.atoms_hat, self.output_atom_hat = atoms_hat, output_atom_hat
        self.grid, self.labels, self.frame = grid, labels, frame
        if real is None:
            found = [is_hermitian(a, grid.ndim) for a in samples] or [False, False]
            self.atoms_real, self.output_real = found
        else:
            self.atoms_real, self.output_real = (real, real) if isinstance(real, bool) else real

    def __len__(self) -> int:
        """Number of atoms, the output atom not counted."""
        return self.atoms_hat.shape[0]

    @property
    def real(self) -> bool:
        """Whether atoms and output atom are real arrays in space."""
        return self.atoms_real and self.output_real

    @property
    def dtype(self) -> np.dtype:
        """Real dtype of the bank's precision."""
        return real_dtype(jnp.result_type(self.atoms_hat, self.output_atom_hat))

    def littlewood_paley(self, real: bool = False) -> Array:
        r"""$\sum_\lambda |\hat g_\lambda(\omega)|^2 + |\hat\chi(\omega)|^2$ on the grid.

        Args:
            real: for real input: the mean of the sum at $\omega$ and $-\omega$.

        Returns:
            Array of shape `grid.shape`.

        Source: theory of semi-discrete frames (Littlewood-Paley condition); the symmetrised sum
        is exact for real input and not valid for complex input.
        """
        total = jnp.sum(squared_modulus(self.atoms_hat), axis=0) + squared_modulus(
            self.output_atom_hat
        )
        return symmetrised(total) if real else total

    def frame_bounds(self, real: bool = False) -> FrameBounds:
        """Smallest and largest value of the Littlewood-Paley sum: the optimal A and B on the grid.

        Args:
            real: bounds for real input only.
        """
        total = self.littlewood_paley(real)
        return FrameBounds(jnp.min(total), jnp.max(total))

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
        if is_concrete(bound) and not bound > 0:
            raise ValueError(
                "FilterBank.scaled_to: every atom is zero, so no factor gives a bound."
            )
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
        self._check_shape(f.shape, self.grid.shape, "analysis")
        product = spectrum(f, self.grid.ndim) * self._rows()
        return from_spectrum(product, self.grid.ndim, self.real and not jnp.iscomplexobj(f))

    def synthesis(self, coefficients: Array) -> Array:
        r"""Adjoint of `analysis`: $\sum_\lambda c_\lambda * I g_\lambda$, $I g = \overline{g(-x)}$.

        ``bank.dual().synthesis(bank.analysis(f))`` is `f`.
        """
        coefficients = jnp.asarray(coefficients)
        self._check_shape(coefficients.shape, (len(self) + 1, *self.grid.shape), "synthesis")
        ndim = self.grid.ndim
        product = jnp.sum(spectrum(coefficients, ndim) * jnp.conj(self._rows()), axis=0)
        return from_spectrum(product, ndim, self.real and not jnp.iscomplexobj(coefficients))

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
                axes = [np.fft.fftfreq(n, d=self.grid.spacing) for n in self.grid.shape]
                shown = [tuple(float(w[i]) for w, i in zip(axes, k)) for k in holes[:3]]
                raise ValueError(
                    f"FilterBank.{call}: the lower frame bound vanishes: no atom covers "
                    f"{len(holes)} of {self.grid.size} frequencies, among them {shown} cycles per "
                    "unit length; add an atom that covers them, for example a residual high-pass."
                )
        return total

    def _check_shape(self, shape, expected, call: str) -> None:
        if shape != expected:
            raise ValueError(
                f"FilterBank.{call}: got an array of shape {shape} where the bank asks for "
                f"{expected}; batches go through jax.vmap."
            )


def symmetrised(total: Array) -> Array:
    """Mean of an array of frequencies at k and -k."""
    axes = spatial_axes(total.ndim)
    return 0.5 * (total + jnp.roll(jnp.flip(total, axes), (1,) * total.ndim, axes))


def _inexact(values) -> Array:
    array = jnp.asarray(values)
    return array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(float)
