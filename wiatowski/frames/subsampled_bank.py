"""Atoms that make maps on as few samples as their bands need, stored on their bands alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._filtering import chosen, folded, folded_middle, middle, window
from wiatowski._fourier import reflected, window_frequencies
from wiatowski._types import Array, is_concrete, real_dtype
from wiatowski.frames.bank import AbstractBank, FrameBounds
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.low_pass import AbstractLowPass, SpatialLowPass, SpectralLowPass, WholeLowPass
from wiatowski.grid import Grid

if TYPE_CHECKING:
    from wiatowski.frames.frame import Frame

# By measurement: up to so many samples and down to this share of frequencies matrices are faster.
_FEW_SAMPLES, _NARROW = 64, 0.6

__all__ = ["Band", "SubsampledBank", "band_strides", "subsampled"]


class Band(eqx.Module):
    """Atoms with one stride, stored on one window of frequencies."""

    values: (
        Array  # (atoms, *window), centred; in the order of the FFT for atoms that are real in space
    )
    rows: tuple[int, ...] = eqx.field(static=True)  # their numbers in the bank
    stride: int = eqx.field(static=True)

    def on_samples(self, shape: tuple[int, ...], periodised: bool, real: bool) -> Array:
        """The atoms' transforms on a window of a coarser grid of `shape`, folded or cut to it."""
        fits = tuple(min(w, n) for w, n in zip(self.values.shape[1:], shape))
        if fits == self.values.shape[1:]:
            return self.values
        if real:
            return folded(self.values, fits) if periodised else window(self.values, fits)
        return folded_middle(self.values, fits) if periodised else middle(self.values, fits)


class SubsampledBank(AbstractBank):
    r"""A bank whose map $u * g_\lambda$ is kept on every $s_\lambda$-th sample only.

    The samples that are left out carry what the atom has outside of $|\omega_i| \le 1/(2 s_\lambda)$; it is
    folded in. Later layers see the same signal on coarser samples: their atoms are cut to
    (or folded onto) the frequencies these hold. Made by `subsampled`.

    Args:
        bands: the atoms, by stride.
        low_pass: the output atom.
        grid: of the bank.
        labels: one per atom.
        real: whether the atoms are real in space.
        periodised: whether atoms on coarser samples are folded, as every s-th sample in space is,
            or cut at half a cycle per sample.
        frame: the specification, if any.

    Source: utility; sub-sampling as in scattering networks (Bruna & Mallat 2013).
    """

    bands: tuple[Band, ...]
    low_pass: AbstractLowPass
    grid: Grid = eqx.field(static=True)
    labels: tuple[str, ...] = eqx.field(static=True)
    atoms_real: bool = eqx.field(static=True)
    periodised: bool = eqx.field(static=True)
    frame: Frame | None = eqx.field(static=True)
    stride = 1
    output_real = True

    def __init__(
        self,
        bands: tuple[Band, ...],
        low_pass: AbstractLowPass,
        grid: Grid,
        labels: tuple[str, ...],
        real: bool,
        periodised: bool = False,
        frame: Frame | None = None,
    ):
        self.bands, self.low_pass, self.grid, self.labels = bands, low_pass, grid, labels
        self.atoms_real, self.periodised, self.frame = real, periodised, frame

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def strides(self) -> tuple[int, ...]:
        """The stride of every atom's map."""
        by_row = {row: band.stride for band in self.bands for row in band.rows}
        return tuple(by_row[row] for row in range(len(self)))

    @property
    def atoms_hat(self) -> Array:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The atoms on the whole grid, zero outside their bands; (atoms, *grid.shape)."""
        return self._atoms(1, range(len(self)))

    def _atoms(self, stride: int, atoms: Sequence[int]) -> Array:
        """Some atoms as maps on every `stride`-th sample meet them, zero outside their bands."""
        shape = tuple(n // stride for n in self.grid.shape)
        kind = jnp.result_type(self.dtype, *(band.values for band in self.bands))
        full = jnp.zeros((len(atoms), *shape), kind)
        for band in self.bands:
            rows = [i for i, atom in enumerate(atoms) if atom in band.rows]
            if not rows:
                continue
            values = band.on_samples(shape, self.periodised, self.atoms_real)
            centred = not self.atoms_real
            frequencies = [window_frequencies(width, centred) for width in values.shape[1:]]
            own = chosen(values, [band.rows.index(atoms[i]) for i in rows])
            full = full.at[np.ix_(np.asarray(rows), *frequencies)].set(own)
        return full

    @property
    def output_atom_hat(self) -> Array:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The output atom on the whole grid."""
        return self.low_pass.hat(self.grid.shape)

    @property
    def dtype(self) -> np.dtype:
        """Real dtype of the bank's precision."""
        return real_dtype(jnp.result_type(*jax.tree.leaves(self.low_pass)))

    @property
    def rounding(self) -> float:
        """As of the whole bank."""
        return self.whole().rounding

    def whole(self) -> FilterBank:
        """The same atoms on all samples."""
        return self.on_samples(1, range(len(self)))

    def on_samples(self, stride: int, atoms: Sequence[int]) -> FilterBank:
        """The output atom and some atoms, as maps on every `stride`-th sample meet them.

        Atoms that are cut to fewer frequencies never grow; folded ones may.
        """
        low = self.low_pass.hat(self.grid.shape, stride)
        real = (self.atoms_real, self.output_real)
        labels = tuple(self.labels[atom] for atom in atoms)
        return FilterBank(
            self._atoms(stride, atoms), low, self.grid.decimated(stride), labels, real
        )

    def without_atoms(self) -> SubsampledBank:
        """The output atom alone."""
        return SubsampledBank((), self.low_pass, self.grid, (), True, self.periodised, self.frame)

    def count_maps(self, maps: int) -> int:
        """One new map per map and atom."""
        return maps * len(self)

    def band_of(self, atoms: Sequence[int]) -> int:
        """The number of the band that holds some atoms.

        Raises:
            ValueError: if they lie on several.
        """
        numbers = [n for n, band in enumerate(self.bands) if set(atoms) & set(band.rows)]
        if len(numbers) > 1:
            raise ValueError(
                f"SubsampledBank: the atoms {[self.labels[i] for i in atoms]} make one map, but lie "
                "on several bands; give them one stride."
            )
        return numbers[0]

    def band(self, atoms: Sequence[int], samples: tuple[int, ...]) -> Array:
        """Atoms of one band, for maps held on so many samples: (atoms, *window)."""
        band = self.bands[self.band_of(atoms)]
        values = band.on_samples(samples, self.periodised, self.atoms_real)
        return chosen(values, [band.rows.index(atom) for atom in atoms])

    def littlewood_paley(self, real: bool = False) -> Array:
        """Of the whole bank."""
        return self.whole().littlewood_paley(real)

    def singular_values(self, real: bool = False) -> Array:
        """Of the whole bank."""
        return self.whole().singular_values(real)

    def upper_bound(self, weight: Array | float = 1.0) -> Array:
        """Of the whole bank: leaving out samples of the new maps never enlarges a norm."""
        return self.whole().upper_bound(weight)

    def frame_bounds(self, real: bool = False) -> FrameBounds:
        """Of the whole bank."""
        return self.whole().frame_bounds(real)

    def analysis(self, f: Array) -> Array:
        """Coefficients with the whole bank, on all samples."""
        return self.whole().analysis(f)

    def synthesis(self, coefficients) -> Array:
        """Adjoint of `analysis`."""
        return self.whole().synthesis(coefficients)

    def reconstruct(self, coefficients) -> Array:
        """Left inverse of `analysis`; raises where the lower bound vanishes."""
        return self.whole().reconstruct(coefficients)

    def scaled_by(self, factor, frame: Frame | None = None) -> SubsampledBank:
        """Every atom and the output atom times `factor`."""
        factor = jnp.asarray(factor, dtype=self.dtype)
        bands = tuple(Band(b.values * factor, b.rows, b.stride) for b in self.bands)
        return SubsampledBank(
            bands,
            self.low_pass.scaled_by(factor),
            self.grid,
            self.labels,
            self.atoms_real,
            self.periodised,
            frame,
        )


def subsampled(
    bank: FilterBank,
    strides: Sequence[int],
    *,
    periodised: bool = False,
    tolerance: float | None = None,
    apart: Sequence[int] | None = None,
    frame: Frame | None = None,
) -> SubsampledBank:
    r"""Keep each atom's map on every s-th sample, and each atom on the band where it is not zero.

    Args:
        bank: the atoms and the output atom, real in space; fastest is one that is a product over the
            axes, such as a Gaussian.
        strides: s, one per atom; each divides the grid.
        periodised: as in `SubsampledBank`.
        tolerance: values below this share of an atom's largest count as zero; by default 8 eps.
        apart: one number per atom; atoms with different ones are stored on bands of their own,
            narrower perhaps than that of all atoms with one stride.
        frame: the specification of the result.

    Raises:
        ValueError: for a wrong number of strides, one that does not divide the grid, or an
            output atom that is not real.

    >>> import wiatowski as wi
    >>> bank = wi.frames.Morlet(scales=2, orientations=4).on(wi.Grid((32, 32)))
    >>> subsampled(bank, [1] * 4 + [2] * 4).strides
    (1, 1, 1, 1, 2, 2, 2, 2)
    """
    if len(strides) != len(bank):
        raise ValueError(
            f"subsampled: {len(strides)} strides for {len(bank)} atoms; give one for each."
        )
    for stride in strides:
        bank.grid.decimated(stride)
    eps = float(jnp.finfo(bank.dtype).eps)
    tolerance = 8 * eps if tolerance is None else tolerance
    # Without jax, which would compile a program for each shape.
    everything: Any = bank.atoms_hat
    if is_concrete(everything):
        everything = np.asarray(everything)
    bands = []
    kinds = list(zip(strides, strides if apart is None else apart, strict=True))
    for kind in dict.fromkeys(kinds):
        rows, stride = tuple(i for i, own in enumerate(kinds) if own == kind), kind[0]
        values = everything[np.asarray(rows)]
        extent = _extent(values, tuple(n // stride for n in bank.grid.shape), tolerance)
        if extent != bank.grid.shape or not bank.atoms_real:
            within = (window_frequencies(width, not bank.atoms_real) for width in extent)
            values = values[np.ix_(np.arange(len(rows)), *within)]
        bands.append(Band(jnp.asarray(values), rows, stride))
    low_pass = _low_pass(bank, periodised, tolerance)
    return SubsampledBank(
        tuple(bands), low_pass, bank.grid, bank.labels, bank.atoms_real, periodised, frame
    )


def band_strides(bank: FilterBank, tolerance: float, most: int) -> tuple[int, ...]:
    r"""Per atom the largest power of two with at most `tolerance` of $|\hat g|^2$ outside of $1/(2s)$.

    Args:
        bank: concrete.
        tolerance: share of the energy.
        most: no stride beyond this one.
    """
    squares = np.abs(np.asarray(bank.atoms_hat)) ** 2
    strides = []
    for square in squares:
        stride = 1
        while 2 * stride <= most and all(n % (2 * stride) == 0 for n in bank.grid.shape):
            inside = square
            for axis, n in enumerate(bank.grid.shape):
                k = np.abs(np.fft.fftfreq(n, 1 / n).round())
                inside = np.compress(k <= n / (4 * stride), inside, axis)
            if square.sum() - inside.sum() > tolerance * square.sum():
                break
            stride *= 2
        strides.append(stride)
    return tuple(strides)


def _extent(values: Array, shape: tuple[int, ...], tolerance: float) -> tuple[int, ...]:
    """The smallest window that holds all that is not zero; the whole while traced.

    A multiple of `shape`, the samples of the maps, or, where these are few, less than them: then
    small matrices transform faster than an FFT.
    """
    whole = values.shape[1:]
    if not is_concrete(values):
        return whole
    size = np.abs(np.asarray(values))
    loud = (size > tolerance * size.max(axis=tuple(range(1, size.ndim)), keepdims=True)).any(axis=0)
    extent = []
    for axis, (n, least) in enumerate(zip(whole, shape)):
        others = tuple(a for a in range(loud.ndim) if a != axis)
        k = np.fft.fftfreq(n, 1 / n).round()[loud.any(axis=others)]
        needed = max(2 * k.max(initial=0) + 1, -2 * k.min(initial=0), 1)
        # An odd number of few frequencies, so that every k has its -k.
        few = int(needed) | 1
        extent.append(few if few < least else min(n, math.ceil(needed / least) * least))
    narrow = len(shape) > 1 and all(
        w <= _NARROW * n and n <= _FEW_SAMPLES for w, n in zip(extent, shape)
    )
    if narrow:
        return tuple(extent)
    return tuple(max(w, n) for w, n in zip(extent, shape))


def _low_pass(bank: FilterBank, periodised: bool, tolerance: float) -> AbstractLowPass:
    """The output atom, as a product of factors along the axes where it is known to be one."""
    atom, ndim = bank.output_atom_hat, bank.grid.ndim
    if not is_concrete(atom):
        if ndim == 1:
            return SpectralLowPass((atom,), periodised)
        return WholeLowPass(atom, periodised)
    values = np.asarray(atom)
    slack = max(64 * float(jnp.finfo(bank.dtype).eps), tolerance) * np.abs(values).max()
    # Filters of other packages are real to single precision; the rest is left out.
    odd = np.abs(reflected(values, ndim) - np.conj(values)).max()
    if odd > max(slack, 1e-6 * np.abs(values).max()):
        raise ValueError("subsampled: the output atom is not real in space.")
    factors = _factors(values, slack) if odd <= slack else None
    if factors is None:
        return WholeLowPass(jnp.asarray(values), periodised)
    spectral = SpectralLowPass(tuple(map(jnp.asarray, factors)), periodised)
    if not periodised:
        return spectral
    taps = []
    for line in factors:
        response = np.fft.ifft(np.asarray(line, np.complex128)).real
        position = np.fft.fftfreq(len(response), 1 / len(response)).round().astype(int)
        loud = np.abs(response) > tolerance * np.abs(response).max()
        half = min(int(np.abs(position[loud]).max()), (len(response) - 1) // 2)
        if half == (len(response) - 1) // 2:
            return spectral
        centred = response[np.arange(-half, half + 1) % len(response)]
        taps.append(jnp.asarray(centred, bank.dtype))
    return SpatialLowPass(tuple(taps))


def _factors(values: np.ndarray, slack: float) -> list[np.ndarray] | None:
    """Arrays along the axes whose product the values are, up to `slack`; `None` if they are none."""
    peak = values[(0,) * values.ndim]
    if values.ndim == 1:
        return [values]
    if not np.abs(peak) > 0:
        return None
    lines = [
        np.moveaxis(values, axis, 0)[(slice(None), *(0,) * (values.ndim - 1))]
        for axis in range(values.ndim)
    ]
    factors = [lines[0], *(line / peak for line in lines[1:])]
    product = factors[0]
    for line in factors[1:]:
        product = product[..., None] * line
    return factors if np.abs(product - values).max() <= slack else None
