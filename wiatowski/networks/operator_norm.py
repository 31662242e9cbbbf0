r"""The norm of a convolution with a window, on $\ell^2(\mathbb{Z}^d)$ and so with any zero padding.

Transforms $\hat H(\omega)$ of real taps are sampled at M points per axis. Up to a phase, $\langle x, \hat
H(\omega) y\rangle$ is a trigonometric polynomial of degree $n = (K-1)/2$ per axis for all unit vectors, so

$$\sup_\omega\|\hat H(\omega)\| \le \max_k\|\hat H(k/M)\| \prod_i \frac{1}{\cos(\pi n_i/M_i)} .$$

The norm at a point is at most $\|G^{2^k}\|_F^{2^{-(k+1)}}$, G the Gram matrix of the smaller side, which exceeds
it by a factor of at most $r^{2^{-(k+2)}}$ for rank r: 1.000001 for r = 16 and k = 20, 1.0003 for 64 and 12,
1.0062 for 512 and 8.
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array, complex_dtype
from wiatowski.frames.alias_classes import polyphase

__all__ = ["operator_norm"]

_ENTRIES = 2**22  # of all matrices that are looked at together
_LARGE = 64  # columns, beyond which there are fewer points
_SQUARINGS = ((16, 20), (_LARGE, 12), (math.inf, 8))  # for matrices of up to so many columns


@functools.partial(jax.jit, static_argnames=("stride", "groups"))
def operator_norm(taps: Array, stride: int = 1, groups: int = 1) -> Array:
    r"""A bound on $\sup_\omega\|\hat H(\omega)\|$, at most a few per cent above it.

    Args:
        taps: (C_out, C_in / groups, *K), real.
        stride: S, of the samples that are kept.
        groups: of channels, each of which sees its own; the norm is the largest of theirs.

    Source: Riesz' lemma (`paper_notes.md`, certificates); singular values of convolutions: Sedghi, Gupta &
    Long 2019; squared Gram matrices: Delattre, Barthelemy, Araujo & Allauzen 2023.

    >>> import numpy as np
    >>> round(float(operator_norm(np.array([[[3.0]], [[4.0]]]))), 5)  # two maps of one, 3u and 4u
    5.0
    """
    taps = jnp.asarray(taps)
    # By a power of two, which rounds nothing: squares of very large and small taps leave the range of numbers.
    _, exponent = jnp.frexp(jnp.max(jnp.abs(jax.lax.stop_gradient(taps))))
    scale = jnp.ldexp(jnp.ones((), taps.dtype), exponent - 1)
    taps = taps / scale
    rows = polyphase(taps.reshape(groups, -1, *taps.shape[1:]), stride, taps.ndim - 2)
    if rows.shape[1] < rows.shape[2]:
        rows = jnp.swapaxes(rows, 1, 2)  # transposed: the same norms
    windows = rows.shape[3:]
    small = rows.shape[2]
    points = tuple(max(1, (8 if small > _LARGE else 16) * (k - 1)) for k in windows)
    frequencies = _half_torus(points)
    chunk = max(1, _ENTRIES // math.prod(rows.shape[:3]))
    norms = jax.lax.map(
        lambda omega: _norms_at(rows, omega), frequencies, batch_size=min(chunk, len(frequencies))
    )
    beyond = math.prod(math.cos(math.pi * (k - 1) / 2 / m) for k, m in zip(windows, points))
    return scale * jnp.max(norms) / beyond


def _half_torus(points: tuple[int, ...]) -> np.ndarray:
    """k / M on half of the torus: real taps have conjugate transforms on the other; (count, d)."""
    axes = [np.arange(m) / m for m in points]
    axes[0] = axes[0][: points[0] // 2 + 1]
    return np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=-1)


def _norms_at(rows: Array, omega: Array) -> Array:
    """The largest norm of the groups' matrices at one frequency."""
    values = rows.astype(complex_dtype(rows.dtype))
    for axis in reversed(range(rows.ndim - 3)):
        turns = jnp.exp(-2j * jnp.pi * omega[axis] * jnp.arange(rows.shape[3 + axis]))
        values = jnp.matmul(values, turns.astype(values.dtype), precision="highest")
    small = values.shape[2]
    if small == 1:
        size, positive = _sizes(values)
        return jnp.max(jnp.where(positive, size, 0))
    grams = jnp.matmul(jnp.conj(jnp.swapaxes(values, 1, 2)), values, precision="highest")
    # Not decomposed: on CPUs a batch of decompositions behind a product waits inside the pool of threads for
    # work that it puts there, so that a few such programs at once wait forever.
    # Scaled to norm one before each squaring, so that nothing over- or underflows.
    positive = _sizes(grams)[1]
    logarithm = jnp.zeros(len(grams), rows.dtype)
    squarings = next(k for columns, k in _SQUARINGS if small <= columns)
    for k in range(squarings + 1):
        size, _ = _sizes(grams)
        logarithm = logarithm + jnp.log(size) * 2.0**-k
        if k < squarings:
            grams = grams / size[:, None, None]
            grams = jnp.matmul(grams, grams, precision="highest")
    return jnp.exp(jnp.max(jnp.where(positive, logarithm, -jnp.inf)) / 2)


def _sizes(matrices: Array) -> tuple[Array, Array]:
    """Frobenius norms, one in place of zero, whose root has no derivative; and which are positive."""
    totals = jnp.sum(jnp.real(matrices) ** 2 + jnp.imag(matrices) ** 2, axis=(1, 2))
    positive = totals > 0
    return jnp.sqrt(jnp.where(positive, totals, 1)), positive
