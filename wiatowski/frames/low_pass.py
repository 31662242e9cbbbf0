"""Output atoms that are products over the axes, applied to maps held on coarser samples."""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._filtering import window
from wiatowski._fourier import fold, from_spectrum, spectrum
from wiatowski._types import Array, real_dtype

__all__ = ["AbstractLowPass", "SpatialLowPass", "SpectralLowPass"]

# Convolve and decimate by a matrix while it has at most so many rows; by FFT beyond.
_MOST_ROWS = 128


class AbstractLowPass(eqx.Module):
    r"""$\hat\chi(\omega) = \prod_i \hat\chi_i(\omega_i)$ on one grid, real in space."""

    @abc.abstractmethod
    def hat(self, shape: tuple[int, ...]) -> Array:
        """Samples of the transform on the whole grid."""

    @abc.abstractmethod
    def scaled_by(self, factor) -> AbstractLowPass:
        """Times a factor."""

    @abc.abstractmethod
    def line(self, axis: int, size: int, stride: int) -> Array:
        """The factor of an axis of `size` samples on every `stride`-th of them: its transform."""

    @abc.abstractmethod
    def reach(self, axis: int, stride: int) -> int | None:
        """Samples, `stride` apart, beyond which the factor of an axis is zero; `None`: all of them."""

    def __call__(self, u: Array, shape: tuple[int, ...], stride: int, keep: int) -> Array:
        """Convolve and keep every `keep`-th sample.

        Args:
            u: (maps, *samples), every `stride`-th sample of a grid of `shape`.
            shape: of the grid.
            stride: of the samples of u.
            keep: stride of the result, a multiple of `stride`.

        Returns:
            (maps, *shape / keep).
        """
        for axis in reversed(range(len(shape))):
            u = self._along(u, axis, axis - len(shape), shape[axis], stride, keep // stride)
        return u

    def _along(self, u: Array, axis: int, at: int, size: int, stride: int, step: int) -> Array:
        line = self.line(axis, size, stride)
        samples = u.shape[at]
        kept = samples // step
        reach = self.reach(axis, stride)
        blocks = kept if reach is None else -(-reach // step)
        if kept > _MOST_ROWS and (2 * blocks + 1 >= kept or step < 4):
            return _by_spectrum(jnp.moveaxis(u, at, -1), line, step, at)
        response = jnp.fft.ifft(line).real.astype(real_dtype(u.dtype))
        if 2 * blocks + 1 >= kept:
            rows = np.arange(kept)[:, None] * step - np.arange(samples)[None]
            matrix = response[rows % samples]
            return jnp.moveaxis(_product(jnp.moveaxis(u, at, -1), matrix.T), -1, at)
        offsets = -np.arange(-blocks, blocks + 1)[None] * step - np.arange(step)[:, None]
        band = response[offsets % samples]  # (step, 2 blocks + 1)
        parts = _product(jnp.moveaxis(u, at, -1).reshape(*_moved(u, at), kept, step), band)
        total = parts[..., blocks]
        for b in range(1, blocks + 1):
            total = total + jnp.roll(parts[..., blocks + b], -b, axis=-1)
            total = total + jnp.roll(parts[..., blocks - b], b, axis=-1)
        return jnp.moveaxis(total, -1, at)


def _moved(u: Array, at: int) -> tuple[int, ...]:
    shape = list(u.shape)
    del shape[at]
    return tuple(shape)


def _product(u: Array, matrix: Array) -> Array:
    # In full precision on accelerators, too.
    return jnp.matmul(u, matrix, precision=jax.lax.Precision.HIGHEST)


def _by_spectrum(u: Array, line: Array, step: int, at: int) -> Array:
    real = not jnp.iscomplexobj(u)
    product = spectrum(u, 1) * line
    return jnp.moveaxis(from_spectrum(fold(product, step, 1), 1, real), -1, at)


class SpectralLowPass(AbstractLowPass):
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
        return window(self.factors[axis], (size // stride,))

    def reach(self, axis: int, stride: int) -> int | None:
        return None


class SpatialLowPass(AbstractLowPass):
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
