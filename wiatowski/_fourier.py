r"""The Fourier convention, and every FFT call of the package.

$\hat f(\omega) = \int f(x) e^{-2\pi i \langle x, \omega\rangle} dx$ with $\omega$ in cycles per unit
length; on a grid $\hat u[k] = \sum_n u[n] e^{-2\pi i \langle k, n / N\rangle}$ and
$\|u\|^2 = \frac{1}{N}\sum_k |\hat u[k]|^2$. Spatial axes are always the trailing ones.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from wiatowski._types import Array


def squared_modulus(u: Array) -> Array:
    """|u|^2 without the root that the modulus takes."""
    return jnp.real(u) ** 2 + jnp.imag(u) ** 2


def spatial_axes(ndim: int) -> tuple[int, ...]:
    """The trailing `ndim` axes."""
    return tuple(range(-ndim, 0))


def spectrum(u: Array, ndim: int) -> Array:
    """Full discrete Fourier transform over the trailing axes; real arrays take the real FFT."""
    axes = spatial_axes(ndim)
    if jnp.iscomplexobj(u):
        return jnp.fft.fftn(u, axes=axes)
    half = jnp.fft.rfftn(u, axes=axes)
    mirrored = jnp.conj(half[..., 1 : (u.shape[-1] + 1) // 2][..., ::-1])
    for axis in axes[:-1]:  # index k -> -k mod N on the full axes
        mirrored = jnp.roll(jnp.flip(mirrored, axis), 1, axis)
    return jnp.concatenate([half, mirrored], axis=-1)


def from_spectrum(u_hat: Array, ndim: int, real: bool) -> Array:
    """Inverse of `spectrum`; with `real`, the (Hermitian) spectrum of a real array is expected."""
    axes = spatial_axes(ndim)
    if not real and ndim == 1 and _is_long(u_hat.shape[-1]):
        return _long_ifft.bind(u_hat)
    if not real:
        return jnp.fft.ifftn(u_hat, axes=axes)
    last = u_hat.shape[-1]
    return jnp.fft.irfftn(u_hat[..., : last // 2 + 1], s=u_hat.shape[-ndim:], axes=axes)


def _is_long(length: int) -> bool:
    """Whether XLA's transform of one line falls out of a core's cache; by measurement on CPUs."""
    return length >= _LONG and length % _RADIX == 0 and jax.default_backend() == "cpu"


def _in_four_parts(u_hat: Array) -> Array:
    r"""Inverse transform of lines of length N = 4M: one radix-4 step, then transforms of length M.

    $u[4m + r] = \frac{1}{N} \sum_k e^{2\pi i km/M} e^{2\pi i kr/N} \sum_q i^{qr}\, \hat u[k + qM]$.
    """
    length = u_hat.shape[-1]
    part = length // _RADIX
    a, b, c, d = (u_hat[..., q * part : (q + 1) * part] for q in range(_RADIX))
    even, odd, plus, minus = a + c, a - c, b + d, b - d
    turned = jax.lax.complex(-minus.imag, minus.real)  # i (b - d)
    rows = [even + plus, odd + turned, even - plus, odd - turned]
    phases = np.outer(np.arange(_RADIX), np.arange(part)) / length
    twiddles = np.exp(2j * np.pi * phases).astype(u_hat.dtype) / _RADIX
    parts = jnp.fft.ifft(jnp.stack(rows, axis=-2) * twiddles)
    return jnp.swapaxes(parts, -1, -2).reshape(u_hat.shape)


_EXACT = jax.lax.Precision.HIGHEST  # on accelerators, too

# A primitive for its derivative: a Fourier matrix is symmetric, so that its transpose is itself.
_LONG, _RADIX = 2**17, 4
_long_ifft = Primitive("long_ifft")
_long_ifft.def_impl(jax.jit(_in_four_parts))
_long_ifft.def_abstract_eval(lambda u_hat: ShapedArray(u_hat.shape, u_hat.dtype))
mlir.register_lowering(_long_ifft, mlir.lower_fun(_in_four_parts, multiple_results=False))
ad.deflinear2(_long_ifft, lambda cotangent, _: [_long_ifft.bind(cotangent)])
batching.primitive_batchers[_long_ifft] = lambda operands, axes: (
    _long_ifft.bind(jnp.moveaxis(operands[0], axes[0], 0)),
    0,
)


def half_spectrum(u: Array, ndim: int) -> Array:
    """The transform of real arrays for the frequencies k >= 0 of the last axis."""
    return _half_spectrum.bind(u, ndim=ndim)


def _rfftn(u: Array, *, ndim: int) -> Array:
    return jnp.fft.rfftn(u, axes=spatial_axes(ndim))


def _half_spectrum_shape(u, *, ndim: int):
    half = (*u.shape[:-1], u.shape[-1] // 2 + 1)
    return ShapedArray(half, jnp.promote_types(u.dtype, jnp.complex64))


def _half_spectrum_transposed(cotangent, u, *, ndim: int):
    r"""$\Re \sum_k c_k e^{-2\pi ikn/N}$ over the half, by an inverse transform to real arrays.

    That transform counts frequencies which have a mirror image outside of the half twice. (JAX's own
    rule takes a transform of complex arrays, twice the work.)
    """
    shape = u.aval.shape[u.aval.ndim - ndim :]
    k = np.arange(shape[-1] // 2 + 1)
    weights = np.where((k == 0) | (2 * k == shape[-1]), 1.0, 0.5) * math.prod(shape)
    weighted = jnp.conj(cotangent) * weights.astype(u.aval.dtype)
    return [from_half_spectrum(weighted, shape, ndim)]


_half_spectrum = Primitive("half_spectrum")
_half_spectrum.def_impl(jax.jit(_rfftn, static_argnames="ndim"))
_half_spectrum.def_abstract_eval(_half_spectrum_shape)
mlir.register_lowering(_half_spectrum, mlir.lower_fun(_rfftn, multiple_results=False))
ad.deflinear2(_half_spectrum, _half_spectrum_transposed)
batching.primitive_batchers[_half_spectrum] = lambda operands, axes, *, ndim: (
    half_spectrum(jnp.moveaxis(operands[0], axes[0], 0), ndim),
    0,
)


def from_half_spectrum(half: Array, shape: tuple[int, ...], ndim: int) -> Array:
    """Inverse of `half_spectrum`: real arrays of the shape."""
    return jnp.fft.irfftn(half, s=shape, axes=spatial_axes(ndim))


def window_frequencies(width: int, centred: bool) -> np.ndarray:
    """k of a window: from the lowest on, or in the order of the FFT, negative ones as such."""
    if centred:
        return np.arange(width) - width // 2
    return np.fft.fftfreq(width, 1 / width).round().astype(int)


def from_narrow_spectrum(
    u_hat: Array, shape: tuple[int, ...], real: bool, centred: bool = False
) -> Array:
    r"""Arrays on many samples from few frequencies: one small matrix per axis.

    Args:
        u_hat: (..., *window), in the order of the FFT or centred; with `real` only k >= 0 of the last axis.
        shape: samples per axis, more than frequencies.
        real: whether the arrays are real.
        centred: the order.
    """
    ndim = len(shape)
    parts = jnp.stack([u_hat.real, u_hat.imag], axis=-ndim - 1)  # (..., 2, *window)
    batch = parts.ndim - ndim - 1
    for axis in reversed(range(ndim)):
        last = axis == ndim - 1
        if last and real:
            continue
        k = window_frequencies(u_hat.shape[axis - ndim], centred)
        matrix = _parts_of_exponentials(k, shape[axis], parts.dtype)
        at = batch + 1 + axis
        parts = jnp.tensordot(parts, matrix, ((batch, at), (0, 1)), precision=_EXACT)
        parts = jnp.moveaxis(parts, (-2, -1), (batch, at))
    if not real:
        both = jnp.moveaxis(parts, batch, 0)
        return jax.lax.complex(both[0], both[1])
    k, n = np.arange(u_hat.shape[-1]), shape[-1]
    weights = np.where((k == 0) | (2 * k == n), 1.0, 2.0)  # the others stand for -k, too
    matrix = _parts_of_exponentials(k, n, parts.dtype)[:, :, 0] * weights[None, :, None].astype(
        parts.dtype
    )
    return jnp.tensordot(parts, matrix, ((batch, parts.ndim - 1), (0, 1)), precision=_EXACT)


def _parts_of_exponentials(k: np.ndarray, samples: int, dtype) -> np.ndarray:
    r"""$e^{2\pi i kn/N} / N$ as a matrix from real and imaginary parts to such: (2, k, 2, samples)."""
    phases = 2 * np.pi * (np.outer(k, np.arange(samples)) % samples) / samples
    cosines, sines = np.cos(phases) / samples, np.sin(phases) / samples
    rows = [np.stack([cosines, sines], axis=1), np.stack([-sines, cosines], axis=1)]
    return np.stack(rows).astype(dtype)


def fold(u_hat: Array, factor: int, ndim: int) -> Array:
    r"""Spectrum of every `factor`-th sample: the mean $\frac{1}{S^d} \sum_j \hat u[k' + j N / S]$."""
    if factor == 1:
        return u_hat
    for axis in spatial_axes(ndim):
        n = u_hat.shape[axis]
        split = (*u_hat.shape[:axis], factor, n // factor, *u_hat.shape[u_hat.ndim + axis + 1 :])
        folded = u_hat.reshape(split)
        u_hat = folded.mean(axis=u_hat.ndim + axis)
    return u_hat


def circular_convolve(u: Array, atom_hat: Array) -> Array:
    """Circular convolution of one signal with one atom given by its transform; complex result."""
    return jnp.fft.ifftn(jnp.fft.fftn(u) * atom_hat)


def reflected(values: Any, ndim: int) -> Any:
    """Values at -k mod N over the trailing axes; arrays of numpy stay such."""
    module: Any = np if isinstance(values, np.ndarray) else jnp
    axes = spatial_axes(ndim)
    return module.roll(module.flip(values, axes), (1,) * ndim, axes)


def hermitian_part(atom_hat: Array, ndim: int) -> Array:
    """The transform of the real part in space. (A window holds one sign of its Nyquist bins.)"""
    return (atom_hat + jnp.conj(reflected(atom_hat, ndim))) / 2


def is_hermitian(atom_hat: np.ndarray, ndim: int) -> bool:
    """Whether the atom is a real array in space, up to rounding: a[-k] = conj(a[k])."""
    atom_hat = np.asarray(atom_hat)
    scale = float(np.max(np.abs(atom_hat), initial=0.0))
    defect = float(np.max(np.abs(reflected(atom_hat, ndim) - np.conj(atom_hat)), initial=0.0))
    return bool(defect <= 8 * np.finfo(np.abs(atom_hat).dtype).eps * scale)


def translation_multiplier(shape: tuple[int, ...], shift: Array) -> tuple[Array, ...]:
    r"""One factor per axis of the transform of $T_t$: $e^{-2\pi i t k / N}$.

    The Nyquist bin of an even axis stands for both signs and gets their mean, $\cos \pi t$, so
    that real arrays stay real.
    """
    factors = []
    for axis, n in enumerate(shape):
        k = np.fft.fftfreq(n, d=1 / n).round()
        factor = jnp.exp(-2j * jnp.pi * _fraction(shift[axis] * k / n))
        if n % 2 == 0:
            factor = factor.at[n // 2].set(jnp.cos(jnp.pi * shift[axis]))
        factors.append(factor.reshape([-1 if a == axis else 1 for a in range(len(shape))]))
    return tuple(factors)


def _fraction(phase: Array) -> Array:
    """Phase in cycles, reduced to (-1/2, 1/2] to keep the digits of the exponential."""
    return phase - jnp.round(phase)


def trigonometric_coefficients(f: Array, band: int | None) -> tuple[Array, tuple[np.ndarray, ...]]:
    r"""Coefficients $c_k$ with $f[n] = \sum_k c_k e^{2\pi i \langle k, n / N\rangle}$.

    With `band`, only $|k_i| \le$ `band`; without it all of them, the Nyquist bin of an even axis
    shared equally by its two signs.

    Returns:
        The coefficients (an array with one axis per axis of `f`) and the integer frequencies.
    """
    coefficients = jnp.fft.fftn(f) / f.size
    modes = []
    for axis, n in enumerate(f.shape):
        half = n // 2 if band is None else band
        k = np.arange(-half, half + 1)
        coefficients = jnp.take(coefficients, k % n, axis=axis)
        if n % 2 == 0 and half == n // 2:
            weights = np.where(np.abs(k) == half, 0.5, 1.0)
            weights = weights.astype(jnp.finfo(coefficients.dtype).dtype)
            coefficients *= weights.reshape([-1 if a == axis else 1 for a in range(f.ndim)])
        modes.append(k)
    return coefficients, tuple(modes)


def exponentials(points: Array, modes: np.ndarray, period: int) -> Array:
    r"""Matrix $e^{2\pi i k x / N}$ of shape (points, modes), phases reduced before the exponential."""
    k = jnp.asarray(modes, dtype=points.dtype)
    return jnp.exp(2j * jnp.pi * _fraction(points[:, None] * (k / period)))


def evaluate_trigonometric(
    coefficients: Array,
    modes: tuple[np.ndarray, ...],
    shape: tuple[int, ...],
    points: Array,
    chunk_bytes: int = 64 * 2**20,
) -> Array:
    r"""Exact values $\sum_k c_k e^{2\pi i \langle k, x / N\rangle}$ at arbitrary points.

    Args:
        coefficients: one axis per dimension.
        modes: integer frequencies of each axis of `coefficients`.
        shape: period N per axis, in samples.
        points: (points, d), in samples.
        chunk_bytes: points are taken in chunks whose temporaries stay below this.
    """
    ndim = len(shape)
    itemsize = jnp.result_type(coefficients, jnp.complex64).itemsize
    per_point = itemsize * max(math.prod(coefficients.shape[1:]), *coefficients.shape)
    chunk = max(1, chunk_bytes // per_point)

    def values(x):  # (chunk, d)
        first = exponentials(x[:, 0], modes[0], shape[0])
        partial = jnp.tensordot(first, coefficients, axes=1)
        for axis in range(1, ndim):
            factor = exponentials(x[:, axis], modes[axis], shape[axis])
            partial = jnp.einsum("pk,pk...->p...", factor, partial)
        return partial

    if points.shape[0] <= chunk:
        return values(points)
    count = -(-points.shape[0] // chunk)
    padded = jnp.pad(points, ((0, count * chunk - points.shape[0]), (0, 0)))
    blocks = jax.lax.map(values, padded.reshape(count, chunk, ndim))
    return blocks.reshape(-1)[: points.shape[0]]
