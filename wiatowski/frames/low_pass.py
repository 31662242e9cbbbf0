"""Output atoms applied to maps held on coarser samples."""

from __future__ import annotations

import abc
from collections.abc import Callable

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
Average = Callable[[Array], Array]

# By measurement: a matrix convolves and decimates while it has at most so many rows, or a band of
# blocks at least so long; FFTs do beyond.
_MOST_ROWS, _SHORTEST_BLOCK = 128, 64
_EXACT = jax.lax.Precision.HIGHEST  # on accelerators, too


class AbstractLowPass(eqx.Module):
    r"""$\hat\chi$ on one grid, real in space."""

    @abc.abstractmethod
    def hat(self, shape: tuple[int, ...], stride: int = 1) -> Array:
        """The transform on a grid of `shape`, as maps on every `stride`-th of its samples meet it."""

    @abc.abstractmethod
    def scaled_by(self, factor) -> AbstractLowPass:
        """Times a factor."""

    @abc.abstractmethod
    def between(
        self, shape: tuple[int, ...], stride: int, keep: int, window: Window | None = None
    ) -> Average:
        """What convolves maps and keeps every `keep`-th sample; its arrays are computed here.

        Args:
            shape: of the grid.
            stride: of the samples of the maps, (maps, *shape / stride).
            keep: stride of the result, a multiple of `stride`.
            window: first and last but one sample of the result to compute, per axis; all by default.

        Returns:
            A function of maps to (maps, *shape / keep), or the window of it.
        """


class WholeLowPass(AbstractLowPass):
    """Any low-pass by its transform on the grid: applied by Fourier transforms.

    Args:
        values: (*grid.shape); of what they are in space the real part is taken.
        periodised: whether on coarser samples it is folded, or cut at half a cycle per sample.
    """

    values: Array
    periodised: bool = eqx.field(static=True, default=False)

    def hat(self, shape: tuple[int, ...], stride: int = 1) -> Array:
        if stride == 1:
            return self.values
        if self.periodised:
            return stride ** len(shape) * fold(self.values, stride, len(shape))
        return frequencies(self.values, tuple(n // stride for n in shape))

    def scaled_by(self, factor) -> WholeLowPass:
        return WholeLowPass(self.values * factor, self.periodised)

    def between(
        self, shape: tuple[int, ...], stride: int, keep: int, window: Window | None = None
    ) -> Average:
        ndim = len(shape)
        atom_hat = hermitian_part(self.hat(shape, stride), ndim)
        ends = () if window is None else tuple(slice(*own) for own in window)

        def average(u: Array) -> Array:
            product = fold(spectrum(u, ndim) * atom_hat, keep // stride, ndim)
            return from_spectrum(product, ndim, not jnp.iscomplexobj(u))[(slice(None), *ends)]

        return average


class AbstractProductLowPass(AbstractLowPass):
    r"""$\hat\chi(\omega) = \prod_i \hat\chi_i(\omega_i)$: applied axis by axis."""

    def hat(self, shape: tuple[int, ...], stride: int = 1) -> Array:
        return _outer([self.line(axis, size, stride) for axis, size in enumerate(shape)])

    @abc.abstractmethod
    def line(self, axis: int, size: int, stride: int) -> Array:
        """The factor of an axis of `size` samples on every `stride`-th of them: its transform."""

    @abc.abstractmethod
    def reach(self, axis: int, stride: int) -> int | None:
        """Samples, `stride` apart, beyond which the factor of an axis is zero; `None`: all of them."""

    def between(
        self, shape: tuple[int, ...], stride: int, keep: int, window: Window | None = None
    ) -> Average:
        along = []
        for axis, size in enumerate(shape):
            ends = (0, size // keep) if window is None else window[axis]
            line, reach = self.line(axis, size, stride), self.reach(axis, stride)
            along.append(_along(line, reach, keep // stride, ends))

        def average(u: Array) -> Array:
            for axis in reversed(range(-len(shape), 0)):
                u = jnp.moveaxis(along[axis](jnp.moveaxis(u, axis, -1)), -1, axis)
            return u

        return average


def _along(line: Array, reach: int | None, step: int, ends: tuple[int, int]) -> Average:
    """Convolves the last axis with a real response and keeps some of every `step`-th sample."""
    samples = line.shape[0]
    kept, (start, stop) = samples // step, ends
    blocks = kept if reach is None else -(-reach // step)
    banded = 2 * blocks + 1 < kept and step >= _SHORTEST_BLOCK
    if not banded and kept > _MOST_ROWS:

        def by_transforms(u: Array) -> Array:
            product = fold(spectrum(u, 1) * line, step, 1)
            return from_spectrum(product, 1, not jnp.iscomplexobj(u))[..., start:stop]

        return by_transforms

    response = jnp.fft.ifft(line).real
    if not banded:
        rows = np.arange(start, stop)[:, None] * step - np.arange(samples)[None]
        matrix = response[rows % samples].T
        return lambda u: jnp.matmul(u, matrix.astype(real_dtype(u.dtype)), precision=_EXACT)
    offsets = -np.arange(-blocks, blocks + 1)[None] * step - np.arange(step)[:, None]
    band = response[offsets % samples]

    def by_band(u: Array) -> Array:
        # Output i is a sum over blocks i + b of u, |b| <= blocks, each against its part of the response.
        u = u.reshape(*u.shape[:-1], kept, step)
        first, last = start - blocks, stop + blocks
        pieces = [u[..., max(first, 0) : min(last, kept), :]]
        if first < 0:
            pieces.insert(0, u[..., first:, :])
        if last > kept:
            pieces.append(u[..., : last - kept, :])
        u = pieces[0] if len(pieces) == 1 else jnp.concatenate(pieces, axis=-2)
        parts = jnp.matmul(u, band.astype(real_dtype(u.dtype)), precision=_EXACT)
        total = parts[..., : stop - start, 0]
        for b in range(1, 2 * blocks + 1):
            total = total + parts[..., b : b + stop - start, b]
        return total

    return by_band


class SpectralLowPass(AbstractProductLowPass):
    r"""A low-pass by its transforms along each axis.

    Args:
        factors: one array per axis, (samples,), whose product is the transform.
        periodised: whether on coarser samples it is folded, or cut at half a cycle per sample.
    """

    factors: tuple[Array, ...]
    periodised: bool = eqx.field(static=True, default=False)

    def scaled_by(self, factor) -> SpectralLowPass:
        return SpectralLowPass((self.factors[0] * factor, *self.factors[1:]), self.periodised)

    def line(self, axis: int, size: int, stride: int) -> Array:
        if stride == 1:
            return self.factors[axis]
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
