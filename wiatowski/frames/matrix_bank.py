"""Matrix-valued atoms on a grid, as a value: ordinary convolution layers, strides included."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from wiatowski._chunks import chunk_bytes, map_chunks, rows_per_chunk
from wiatowski._fourier import fold, from_spectrum, spectrum, squared_modulus
from wiatowski._integers import check_integer
from wiatowski._types import Array, complex_dtype, is_concrete
from wiatowski.features import safe_sqrt
from wiatowski.frames.alias_classes import (
    half_of,
    polar_factor,
    squared_singular_values,
    stacked,
    unstacked,
    with_conjugate,
    with_diagonal,
)
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
from wiatowski.frames.filter_bank import symmetrised
from wiatowski.grid import Grid

if TYPE_CHECKING:
    from wiatowski.frames.frame import Frame

__all__ = ["MatrixBank", "MatrixCoefficients"]


class MatrixCoefficients(NamedTuple):
    """Coefficients of a signal of C_in channels under a `MatrixBank`.

    `outputs` are its channels convolved with the output atom, (C_in, *grid.shape); `maps` the mixed
    ones at the bank's stride, (C_out, *maps_grid.shape).
    """

    outputs: Array
    maps: Array


class MatrixBank(AbstractBank):
    r"""Atoms $\hat H_{oi}[k]$ that mix C_in maps into C_out, and an output atom: a pytree of arrays.

    $(Hf)_o = \sum_i f_i * h_{oi}$, of which every `stride`-th sample is kept; the output atom $\chi$
    acts on each input map at full rate. In a layer it takes all maps of its depth together.

    Args:
        atoms_hat: (C_out, C_in, *grid.shape), real or complex: transforms of the atoms.
        output_atom_hat: (*grid.shape,): transform of the output atom.
        grid: the grid both live on.
        stride: S, an integer that divides every axis.
        labels: one name per output channel; numbers by default.
        real: whether the atoms, and whether the output atom, are real arrays in space: one answer
            or a pair. Found out by default, which needs concrete arrays: inside a transformation
            the safe answer is `False`.
        frame: the specification the bank was sampled from, if it holds no arrays.

    Raises:
        ValueError: for shapes that do not match the grid, a stride that does not divide it, samples
            that are not finite, or labels that are not one distinct name per channel.

    Source: derived for this package (`paper_notes.md`, frames); singular values of convolution
    layers: Sedghi, Gupta & Long 2019.

    >>> import numpy as np, wiatowski as wi
    >>> swap = np.broadcast_to(np.array([[0.0, 2.0], [1.0, 0.0]])[..., None], (2, 2, 8))
    >>> bank = wi.frames.MatrixBank(swap, np.zeros(8), wi.Grid((8,)))
    >>> [float(bound) for bound in bank.frame_bounds()]
    [1.0, 4.0]
    """

    atoms_hat: Array
    output_atom_hat: Array
    grid: Grid = eqx.field(static=True)
    stride: int = eqx.field(static=True)
    labels: tuple[str, ...] = eqx.field(static=True)
    atoms_real: bool = eqx.field(static=True)
    output_real: bool = eqx.field(static=True)
    frame: Frame | None = eqx.field(static=True)
    mixes: ClassVar[bool] = True

    def __init__(
        self,
        atoms_hat,
        output_atom_hat,
        grid: Grid,
        stride: int = 1,
        labels: tuple[str, ...] | None = None,
        real: bool | tuple[bool, bool] | None = None,
        frame: Frame | None = None,
    ):
        check_grid("MatrixBank", grid)
        given = (atoms_hat, output_atom_hat)
        atoms_hat, output_atom_hat = inexact(atoms_hat), inexact(output_atom_hat)
        if atoms_hat.ndim != grid.ndim + 2 or atoms_hat.shape[2:] != grid.shape:
            raise ValueError(
                f"MatrixBank: atoms_hat has shape {atoms_hat.shape}, but the grid asks for "
                f"(C_out, C_in, {', '.join(map(str, grid.shape))}); sample the atoms at "
                "grid.frequencies(), or use frames.MatrixFilters(taps), which fits any grid."
            )
        if 0 in atoms_hat.shape[:2]:
            raise ValueError(
                f"MatrixBank: {atoms_hat.shape[0]} x {atoms_hat.shape[1]} channels; at least one on "
                "either side is needed."
            )
        if output_atom_hat.shape != grid.shape:
            raise ValueError(
                f"MatrixBank: output_atom_hat has shape {output_atom_hat.shape}, but the grid asks "
                f"for {grid.shape}; pass zeros of that shape for a bank without an output atom."
            )
        stride = check_integer("MatrixBank", "stride", stride)
        try:
            grid.decimated(stride)
        except ValueError as error:
            raise ValueError(f"MatrixBank: stride = {stride}: {error}") from None
        labels = checked_labels("MatrixBank", labels, len(atoms_hat), "channel")
        samples = finite_samples("MatrixBank", given, (atoms_hat, output_atom_hat))
        self.atoms_hat, self.output_atom_hat = atoms_hat, output_atom_hat
        self.grid, self.stride, self.labels, self.frame = grid, stride, labels, frame
        self.atoms_real, self.output_real = real_flags(real, samples, grid.ndim)

    @property
    def channels(self) -> tuple[int, int]:
        """C_out and C_in."""
        return self.atoms_hat.shape[0], self.atoms_hat.shape[1]

    @property
    def rounding(self) -> float:
        """Twice that of a singular value: the sum of the matrix's sides times eps, as LAPACK says."""
        out, into = self.channels
        return 2 * (out + 2 * into * self._members + 2) * float(jnp.finfo(self.dtype).eps)

    @property
    def _members(self) -> int:
        """Frequencies per class."""
        return self.stride**self.grid.ndim

    def count_maps(self, maps: int) -> int:
        """C_out new maps of C_in maps.

        Raises:
            ValueError: for another number of maps.
        """
        out, into = self.channels
        if maps != into:
            raise ValueError(
                f"MatrixBank: the atoms mix {into} maps into {out}, but the layer gets {maps}; give "
                f"the atoms C_in = {maps}, (C_out, {maps}, ...)."
            )
        return out

    def propagate(
        self,
        u_hat: Array,
        real: bool,
        then: Callable[[Array, Array | None], Array],
        factor: int = 1,
        tap: Array | None = None,
    ) -> Array:
        """All maps into each channel, followed by `then`, in chunks that stay in the cache.

        Args:
            u_hat: (C_in, *grid.shape), full spectra.
            real: whether the maps are real.
            then: takes maps and their part of `tap` to what a layer does with them.
            factor: keep every `factor`-th sample of each map, beyond the bank's own stride.
            tap: (C_out, *shape), handed to `then` map by map.

        Returns:
            (C_out, *shape after `then`).
        """
        ndim, real = self.grid.ndim, real and self.atoms_real
        step = self.stride * factor

        def one_chunk(chunk):
            rows, taps = chunk
            return then(from_spectrum(fold(_mix(rows, u_hat), step, ndim), ndim, real), taps)

        row_bytes = self.grid.size * complex_dtype(self.dtype).itemsize
        chunk = rows_per_chunk(len(self.atoms_hat), chunk_bytes() // row_bytes)
        return map_chunks(one_chunk, (self.atoms_hat, tap), chunk)

    def singular_values(self, real: bool = False) -> Array:
        r"""Singular values of $f \mapsto (f * \chi, Hf)$, largest first, per class of frequencies.

        Those of the $(C_{out} + C_{in} S^d) \times C_{in} S^d$ matrices $S^{-d/2} [\hat H[k' + jN/S]]_j$
        above $\operatorname{diag}(\hat\chi[k' + jN/S])_j$.

        Args:
            real: for real input: of the bank and its complex conjugate together, over $\sqrt2$.

        Returns:
            (*maps_grid.shape, C_in S^d).
        """
        return safe_sqrt(self._squares(real))

    def frame_bounds(self, real: bool = False) -> FrameBounds:
        r"""Optimal A and B: $A\|f\|^2 \le \|f * \chi\|^2 + \|Hf\|^2 \le B\|f\|^2$ for all f on the grid.

        Args:
            real: bounds for real input only.
        """
        squares = self._squares(real, half=self.real)
        return FrameBounds(jnp.min(squares), jnp.max(squares))

    def upper_bound(self, weight: Array | float = 1.0) -> Array:
        r"""Optimal B of $\|f * \chi\|^2 + w \|Hf\|^2$ for the weight w."""
        return jnp.max(self._squares(False, weight, half=self.real))

    def redundancy(self) -> float:
        r"""Coefficients per sample, $C_{out} / (C_{in} S^d) + 1$."""
        out, into = self.channels
        return out / (into * self._members) + 1

    def scaled_by(self, factor, frame: Frame | None = None) -> MatrixBank:
        """Every atom and the output atom times `factor`; `frame` is the specification of the result."""
        factor = jnp.asarray(factor, dtype=self.dtype)
        atoms, output = self.atoms_hat * factor, self.output_atom_hat * factor
        return self._like(atoms, output, frame)

    def scaled_to(self, upper: float = 1.0) -> MatrixBank:
        """The bank divided by the root of its upper bound, so that B = `upper`.

        Raises:
            ValueError: if every atom is zero.
        """
        bound = self.upper_bound()
        check_loud("MatrixBank.scaled_to", bound)
        return self.scaled_by(jnp.sqrt(upper / bound))

    def parseval(self) -> MatrixBank:
        r"""The bank made tight: A = B = 1 with the same output atom.

        With $D = \operatorname{diag}(1 - |\hat\chi|^2)^{1/2}$ over a class, the polar factor of $\hat H D$
        times $S^{d/2} D$. Without an output atom this is the canonical tight frame
        $\hat H (\hat H^* \hat H)^{-1/2}$. The taps are finite no more.

        Raises:
            ValueError: if the output atom exceeds 1 somewhere, or where the lower bound vanishes:
                names the frequencies.

        Source: canonical tight frames, one frequency at a time (`paper_notes.md`, frames).
        """
        ndim, eps = self.grid.ndim, float(jnp.finfo(self.dtype).eps)
        room = 1 - squared_modulus(self.output_atom_hat)
        if is_concrete(room) and np.min(room) < -4 * eps:
            raise ValueError(
                "MatrixBank.parseval: the output atom exceeds 1, up to "
                f"{float(jnp.max(jnp.abs(self.output_atom_hat))):.6g}, so that no atoms complete it; "
                "scale it down first."
            )
        # Where the output atom passes everything, rounding is all that is left of the room.
        room = jnp.where(room > 4 * eps, room, 0)
        weights = self._classes(safe_sqrt(room))
        atoms = stacked(self.atoms_hat, self.stride, ndim) * weights[..., None, :]
        if is_concrete(atoms):
            # A column without room needs no atoms; its zero singular value is no hole.
            sigma = np.sqrt(np.asarray(squared_singular_values(atoms)))
            needed = np.sum(np.asarray(weights) > 0, axis=-1) - 1
            last = np.take_along_axis(sigma, np.maximum(needed, 0)[..., None], axis=-1)[..., 0]
            self._check_holes("parseval", np.where(needed < 0, np.inf, last), sigma.max())
        tight = polar_factor(atoms) * weights[..., None, :] * self._members**0.5
        return self._like(unstacked(tight, self.stride, ndim), self.output_atom_hat)

    def analysis(self, f: Array) -> MatrixCoefficients:
        r"""Coefficients $f_i * \chi$ and $\sum_i f_i * h_{oi}$ at the stride.

        Args:
            f: (C_in, *grid.shape).
        """
        f, ndim = jnp.asarray(f), self.grid.ndim
        check_shape("MatrixBank.analysis", f.shape, (self.channels[1], *self.grid.shape))
        f_hat, real = spectrum(f, ndim), not jnp.iscomplexobj(f)
        outputs = from_spectrum(f_hat * self.output_atom_hat, ndim, real and self.output_real)
        maps = self.propagate(f_hat, real, lambda maps, _: maps)
        return MatrixCoefficients(outputs, maps)

    def synthesis(self, coefficients: MatrixCoefficients) -> Array:
        """Adjoint of `analysis`: (C_in, *grid.shape)."""
        outputs, maps = self._checked("synthesis", coefficients)
        f_hat = self._adjoint_spectrum(outputs, maps)
        return from_spectrum(f_hat, self.grid.ndim, self._real_with(outputs, maps))

    def reconstruct(self, coefficients: MatrixCoefficients) -> Array:
        """The signal whose coefficients are nearest: the pseudo-inverse, the canonical dual's synthesis.

        Raises:
            ValueError: where the lower bound vanishes: names the frequencies.
        """
        ndim = self.grid.ndim
        outputs, maps = self._checked("reconstruct", coefficients)
        given = jnp.concatenate(
            [
                stacked(spectrum(maps, ndim), 1, ndim) * self._members**0.5,
                stacked(spectrum(outputs, ndim), self.stride, ndim),
            ],
            axis=-1,
        )
        # Not the normal equations, which would square the condition number.
        u, sigma, v_adjoint = jnp.linalg.svd(self._operator(), full_matrices=False)
        if is_concrete(sigma):
            self._check_holes("reconstruct", np.asarray(sigma[..., -1]), float(jnp.max(sigma)))
        parts = jnp.einsum("...pq,...p->...q", jnp.conj(u), given, precision="highest") / sigma
        f_hat = jnp.einsum("...pq,...p->...q", jnp.conj(v_adjoint), parts, precision="highest")
        return from_spectrum(
            unstacked(f_hat, self.stride, ndim), ndim, self._real_with(outputs, maps)
        )

    def _squares(self, real: bool, weight: Array | float = 1.0, half: bool = False) -> Array:
        """Squared singular values, the atoms' energy counted `weight` times; `half` the classes.

        For real input the bank acts like its complex conjugate, so like both over the root of 2.
        """
        both = real and not self.real
        atoms = with_conjugate(self.atoms_hat, self.grid.ndim) if both else self.atoms_hat
        if self.stride > 1:
            operator = self._operator(both, safe_sqrt(jnp.asarray(weight, self.dtype)))
            return squared_singular_values(half_of(operator, self.grid.ndim) if half else operator)
        passed = squared_modulus(self.output_atom_hat)
        passed = symmetrised(passed) if both else passed
        matrices = stacked(atoms, 1, self.grid.ndim)
        if half:
            matrices, passed = half_of(matrices, self.grid.ndim), half_of(passed, self.grid.ndim)
        return weight * squared_singular_values(matrices) + passed[..., None]

    def _operator(self, both: bool = False, amplitude: Array | float = 1.0) -> Array:
        """Per class the matrix of `analysis`: atoms (times `amplitude`) above output atoms.

        With `both`, those of the bank and of its complex conjugate, over the root of 2.
        """
        ndim, rows = self.grid.ndim, self.atoms_hat
        outputs = self.output_atom_hat[None]
        if both:
            rows, outputs = with_conjugate(rows, ndim), with_conjugate(outputs, ndim)
        matrices = stacked(rows, self.stride, ndim) * (amplitude * self._members**-0.5)
        for output in outputs:
            matrices = with_diagonal(matrices, self._classes(output))
        return matrices

    def _classes(self, values: Array) -> Array:
        """A function of frequency, per class and column of the stacked matrices."""
        rows = jnp.broadcast_to(values, (self.channels[1], *self.grid.shape))
        return stacked(rows, self.stride, self.grid.ndim)

    def _adjoint_spectrum(self, outputs: Array, maps: Array) -> Array:
        ndim = self.grid.ndim
        spread = jnp.tile(spectrum(maps, ndim), (1, *(self.stride,) * ndim))
        transposed = jnp.conj(jnp.swapaxes(self.atoms_hat, 0, 1))
        return _mix(transposed, spread) + spectrum(outputs, ndim) * jnp.conj(self.output_atom_hat)

    def _like(self, atoms_hat, output_atom_hat, frame: Frame | None = None) -> MatrixBank:
        real = (self.atoms_real, self.output_real)
        return MatrixBank(
            atoms_hat, output_atom_hat, self.grid, self.stride, self.labels, real, frame
        )

    def _real_with(self, *arrays: Array) -> bool:
        return self.real and not any(jnp.iscomplexobj(a) for a in arrays)

    def _checked(self, call: str, coefficients: MatrixCoefficients) -> tuple[Array, Array]:
        outputs, maps = (jnp.asarray(c) for c in coefficients)
        out, into = self.channels
        for array, expected in (
            (outputs, (into, *self.grid.shape)),
            (maps, (out, *self.maps_grid.shape)),
        ):
            check_shape(f"MatrixBank.{call}", array.shape, expected)
        return outputs, maps

    def _check_holes(self, call: str, smallest: np.ndarray, largest: float) -> None:
        """Raise where a class's smallest singular value is zero up to rounding."""
        holes = np.argwhere(smallest <= 0.5 * self.rounding * largest)
        if len(holes):
            out, into = self.channels
            raise ValueError(
                f"MatrixBank.{call}: the lower frame bound vanishes on {len(holes)} of "
                f"{self.maps_grid.size} classes of frequencies, among them "
                f"{frequencies_at(self.grid, holes)} cycles per unit length: {out} channels there do "
                f"not tell all combinations of the {into * self._members} that enter apart; use at "
                "least as many channels, a smaller stride, or other atoms."
            )


def _mix(matrices: Array, u_hat: Array) -> Array:
    """A matrix per frequency times a vector per frequency, in full precision on every device."""
    return jnp.einsum("oi...,i...->o...", matrices, u_hat, precision="highest")
