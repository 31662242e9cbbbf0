r"""Matrices over classes of frequencies that a stride folds together.

Keeping every S-th sample adds the $S^d$ frequencies $k' + jN/S$ up. A convolution with a matrix
$\hat H[k]$ of shape (C_out, C_in), followed by a stride, is therefore one (C_out, C_in S^d) matrix per
class $k' \in \mathbb{Z}_{N/S}$: the matrices of its members side by side.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._fourier import reflected, squared_modulus
from wiatowski._types import Array


def stacked(array: Array, stride: int, ndim: int) -> Array:
    """Members of a class side by side: (..., C, N1, ...) -> (N1/S, ..., ..., C S^d)."""
    lead, shape = array.shape[: array.ndim - ndim], array.shape[array.ndim - ndim :]
    split = [part for n in shape for part in (stride, n // stride)]
    first = len(lead)
    members = [first + 2 * i for i in range(ndim)]
    classes = [first + 2 * i + 1 for i in range(ndim)]
    moved = array.reshape(*lead, *split).transpose(*classes, *range(first), *members)
    coarse = tuple(n // stride for n in shape)
    return moved.reshape(*coarse, *lead[:-1], lead[-1] * stride**ndim)


def unstacked(array: Array, stride: int, ndim: int) -> Array:
    """Inverse of `stacked`."""
    coarse, lead = array.shape[:ndim], array.shape[ndim:]
    split = array.reshape(*coarse, *lead[:-1], lead[-1] // stride**ndim, *(stride,) * ndim)
    rest = len(lead)
    axes = [axis for i in range(ndim) for axis in (ndim + rest + i, i)]
    moved = split.transpose(*range(ndim, ndim + rest), *axes)
    return moved.reshape(*lead[:-1], lead[-1] // stride**ndim, *(n * stride for n in coarse))


def polyphase(taps: Any, stride: int, ndim: int) -> Any:
    """Finite filters without a stride, with the same singular values: (..., C_in, *K) -> (..., C_in S^d, *ceil(K / S)).

    Args:
        taps: numpy or jax; the result is what was given.
    """
    xp = np if isinstance(taps, np.ndarray) else jnp
    lead, window = taps.shape[: taps.ndim - ndim], taps.shape[taps.ndim - ndim :]
    longer = [-(-k // stride) for k in window]
    padded = xp.pad(
        taps, [(0, 0)] * len(lead) + [(0, n * stride - k) for n, k in zip(longer, window)]
    )
    split = padded.reshape(*lead, *(part for n in longer for part in (n, stride)))
    first = len(lead)
    outer, inner = [first + 2 * i for i in range(ndim)], [first + 2 * i + 1 for i in range(ndim)]
    parts = split.transpose(*range(first), *inner, *outer)
    return parts.reshape(*lead[:-1], -1, *longer)


def mirrored(array: Array, ndim: int) -> Array:
    """Transform of the complex conjugate: conj(a[-k])."""
    return jnp.conj(reflected(array, ndim))


def with_conjugate(rows: Array, ndim: int) -> Array:
    """Rows above those of the complex conjugate in space, over the root of 2."""
    return jnp.concatenate([rows, mirrored(rows, ndim)]) * 0.5**0.5


def half_of(values: Array, ndim: int) -> Array:
    """Frequencies of one sign along the last axis: for real atoms the others repeat them."""
    kept = values.shape[ndim - 1] // 2 + 1
    return values[(*(slice(None),) * (ndim - 1), slice(kept))]


def with_diagonal(rows: Array, diagonal: Array) -> Array:
    """The matrices `rows` above diagonal matrices, (..., p, q) and (..., q) -> (..., p + q, q)."""
    eye = jnp.eye(diagonal.shape[-1], dtype=diagonal.dtype)
    return jnp.concatenate([rows, eye * diagonal[..., None, :]], axis=-2)


def squared_singular_values(matrices: Array) -> Array:
    """Largest first, as many as columns, zeros included: (..., p, q) -> (..., q)."""
    p, q = matrices.shape[-2:]
    if min(p, q) == 1:
        squares = jnp.sum(squared_modulus(matrices), axis=(-2, -1))[..., None]
    else:
        squares = jnp.linalg.svd(matrices, compute_uv=False) ** 2
    return jnp.pad(squares, [(0, 0)] * (squares.ndim - 1) + [(0, max(0, q - p))])


def adjoint(matrices: Array) -> Array:
    """Conjugate transposes of the last two axes."""
    return jnp.conj(jnp.swapaxes(matrices, -1, -2))


@jax.custom_jvp
def polar_factor(matrices: Array) -> Array:
    r"""$U V^*$ of singular value decompositions $U \Sigma V^*$: the nearest isometries.

    Its derivative divides by sums of singular values, where that of U and V alone divides by
    differences: equal singular values, as a tight frame has them, do no harm.
    """
    u, _, v_adjoint = jnp.linalg.svd(matrices, full_matrices=False)
    return jnp.matmul(u, v_adjoint, precision="highest")


@polar_factor.defjvp
def _polar_factor_jvp(primals, tangents):
    (matrices,), (change,) = primals, tangents
    u, sigma, v_adjoint = jnp.linalg.svd(matrices, full_matrices=False)
    v = adjoint(v_adjoint)
    along = adjoint(u) @ change @ v
    sums = sigma[..., :, None] + sigma[..., None, :]
    turn = (along - adjoint(along)) / jnp.where(sums > 0, sums, 1)
    inverse = jnp.where(sigma > 0, 1 / jnp.where(sigma > 0, sigma, 1), 0)
    across = change @ v - u @ along  # what leaves the range; zero for square matrices
    derivative = u @ turn @ v_adjoint + (across * inverse[..., None, :]) @ v_adjoint
    return jnp.matmul(u, v_adjoint, precision="highest"), derivative
