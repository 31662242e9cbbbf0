"""Output atoms applied to maps held on coarser samples."""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._filtering import window as frequencies
from wiatowski._fourier import fold, from_spectrum, hermitian_part, spectrum
from wiatowski._types import Array, real_dtype

__all__ = [
    "AbstractLowPass",
    "AbstractProductLowPass",
    "SpatialLowPass",
    "SpectralLowPass",
    "WholeLowPass",
]

Window = tuple[tuple[int, int], ...]

# By measurement: a matrix convolves and decimates while it has at most so many rows, or a band of
# blocks at least so long; FFTs do beyond.
_MOST_ROWS, _SHORTEST_BLOCK = 128, 64
_EXACT = jax.lax.Precision.HIGHEST  # on accelerators, too


class AbstractLowPass(eqx.Module):
    r"""$\hat\chi$ on one grid, real in space."""

    @abc.abstractmethod
    def hat(self, shape: tuple[int, ...]) -> Array:
        """Samples of the transform on the whole grid."""

    @abc.abstractmethod
    def scaled_by(self, factor) -> AbstractLowPass:
        """Times a factor."""

    @abc.abstractmethod
    def __call__(
        self, u: Array, shape: tuple[int, ...], stride: int, keep: int, window: Window | None = None
    ) -> Array:
        """Convolve and keep every `keep`-th sample.

        Args:
            u: (maps, *samples), every `stride`-th sample of a grid of `shape`.
            shape: of the grid.
            stride: of the samples of u.
            keep: stride of the result, a multiple of `stride`.
            window: first and last but one sample of the result to compute, per axis; all by default.

        Returns:
            (maps, *shape / keep), or the window of it.
        """


class WholeLowPass(AbstractLowPass):
    """Any low-pass by its transform on the grid: applied by Fourier transforms.

    Args:
        values: (*grid.shape); of what they are in space the real part is taken.
        periodised: whether on coarser samples it is folded, or cut at half a cycle per sample.
    """

    values: Array
    periodised: bool = eqx.field(static=True, default=False)

    def hat(self, shape: tuple[int, ...]) -> Array:
        return self.values

    def scaled_by(self, factor) -> WholeLowPass:
        return WholeLowPass(self.values * factor, self.periodised)

    def __call__(
        self, u: Array, shape: tuple[int, ...], stride: int, keep: int, window: Window | None = None
    ) -> Array:
        ndim = len(shape)
        if self.periodised:
            atom_hat = stride**ndim * fold(self.values, stride, ndim)
        else:
            atom_hat = frequencies(self.values, tuple(n // stride for n in shape))
        product = spectrum(u, ndim) * hermitian_part(atom_hat, ndim)
        product = fold(product, keep // stride, ndim)
        output = from_spectrum(product, ndim, not jnp.iscomplexobj(u))
        ends = () if window is None else window
        return output[(slice(None), *(slice(*own) for own in ends))]


class AbstractProductLowPass(AbstractLowPass):
    r"""$\hat\chi(\omega) = \prod_i \hat\chi_i(\omega_i)$: applied axis by axis."""

    @abc.abstractmethod
    def line(self, axis: int, size: int, stride: int) -> Array:
        """The factor of an axis of `size` samples on every `stride`-th of them: its transform."""

    @abc.abstractmethod
    def reach(self, axis: int, stride: int) -> int | None:
        """Samples, `stride` apart, beyond which the factor of an axis is zero; `None`: all of them."""

    def __call__(
        self, u: Array, shape: tuple[int, ...], stride: int, keep: int, window: Window | None = None
    ) -> Array:
        for axis in reversed(range(len(shape))):
            kept = shape[axis] // keep
            ends = (0, kept) if window is None else window[axis]
            line, at = self.line(axis, shape[axis], stride), axis - len(shape)
            u = jnp.moveaxis(u, at, -1)
            u = _filtered(u, line, self.reach(axis, stride), keep // stride, ends)
            u = jnp.moveaxis(u, -1, at)
        return u


def _filtered(u: Array, line: Array, reach: int | None, step: int, ends: tuple[int, int]) -> Array:
    """Convolve the last axis with a real response and keep some of every `step`-th sample."""
    samples = u.shape[-1]
    kept, (start, stop) = samples // step, ends
    blocks = kept if reach is None else -(-reach // step)
    banded = 2 * blocks + 1 < kept and step >= _SHORTEST_BLOCK
    if not banded and kept > _MOST_ROWS:
        product = fold(spectrum(u, 1) * line, step, 1)
        return from_spectrum(product, 1, not jnp.iscomplexobj(u))[..., start:stop]
    response = jnp.fft.ifft(line).real.astype(real_dtype(u.dtype))
    if not banded:
        rows = np.arange(start, stop)[:, None] * step - np.arange(samples)[None]
        return jnp.matmul(u, response[rows % samples].T, precision=_EXACT)
    # Output i is a sum over blocks i + b of u, |b| <= blocks, each against its part of the response.
    u = u.reshape(*u.shape[:-1], kept, step)
    first, last = start - blocks, stop + blocks
    pieces = [u[..., max(first, 0) : min(last, kept), :]]
    if first < 0:
        pieces.insert(0, u[..., first:, :])
    if last > kept:
        pieces.append(u[..., : last - kept, :])
    u = pieces[0] if len(pieces) == 1 else jnp.concatenate(pieces, axis=-2)
    offsets = -np.arange(-blocks, blocks + 1)[None] * step - np.arange(step)[:, None]
    parts = jnp.matmul(u, response[offsets % samples], precision=_EXACT)
    total = parts[..., : stop - start, 0]
    for b in range(1, 2 * blocks + 1):
        total = total + parts[..., b : b + stop - start, b]
    return total


class SpectralLowPass(AbstractProductLowPass):
    r"""A low-pass by its transforms along each axis.

    Args:
        factors: one array per axis, (samples,), whose product is the transform.
        periodised: whether on coarser samples it is folded, or cut at half a cycle per sample.
    """

    factors: tuple[Array, ...]
    periodised: bool = eqx.field(static=True, default=False)

    def hat(self, shape: tuple[int, ...]) -> Array:
        return _outer(self.factors)

    def scaled_by(self, factor) -> SpectralLowPass:
        return SpectralLowPass((self.factors[0] * factor, *self.factors[1:]), self.periodised)

    def line(self, axis: int, size: int, stride: int) -> Array:
        if self.periodised:
            return stride * fold(self.factors[axis], stride, 1)
        return frequencies(self.factors[axis], (size // stride,))

    def reach(self, axis: int, stride: int) -> int | None:
        return None


class SpatialLowPass(AbstractProductLowPass):
    r"""A low-pass by finitely many samples along each axis; on coarser samples every S-th of them.

    Args:
        taps: one array of odd length per axis, the middle one at the origin.
    """

    taps: tuple[Array, ...]

    def hat(self, shape: tuple[int, ...]) -> Array:
        return _outer([self.line(axis, size, 1) for axis, size in enumerate(shape)])

    def scaled_by(self, factor) -> SpatialLowPass:
        return SpatialLowPass((self.taps[0] * factor, *self.taps[1:]))

    def line(self, axis: int, size: int, stride: int) -> Array:
        taps = self.taps[axis]
        half = len(taps) // 2
        positions = np.arange(-half, half + 1)
        kept = positions % stride == 0
        samples = size // stride
        at = (positions[kept] // stride) % samples
        response = jnp.zeros(samples, taps.dtype).at[at].add(stride * taps[kept])
        return jnp.fft.fft(response)

    def reach(self, axis: int, stride: int) -> int | None:
        return len(self.taps[axis]) // 2 // stride


def _outer(lines) -> Array:
    total = lines[0]
    for line in lines[1:]:
        total = total[..., None] * line
    return total
