r"""One deformation as an operator on band-limited signals: its exact distance from the identity."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._fourier import exponentials
from wiatowski._types import Array, ArrayLike
from wiatowski.actions import displaced_points

__all__ = ["deformation_operator_norm"]


def deformation_operator_norm(
    tau: ArrayLike, band: int, omega: ArrayLike | None = None
) -> tuple[Array, Array]:
    r"""T2d: $\sup_f \|F_{\tau,\omega}f - f\| / \|f\|$ over $|k_i| \le$ `band`, and an f that attains it.

    The largest singular value of $(E_{\tau,\omega} - E_0)/\sqrt{N^d}$ from the Gram matrix of its
    columns, $E_\tau^* E_\tau - E_{\tau,\omega}^* E_0 - E_0^* E_{\tau,\omega} + N^d I$: the first term
    depends on differences of frequencies only, the others on products along the axes. An allowance
    for the rounding of the cancelling terms, 4 M eps for M frequencies, is added to the eigenvalue, so
    that displacements too small to be resolved are over- and not underestimated.

    Args:
        tau: displacement in samples, (d, N1, ..., Nd).
        band: largest frequency per axis, cycles per period.
        omega: phase in cycles, (N1, ..., Nd).

    Returns:
        The norm, and the coefficients (2 band + 1 per axis) of a unit vector that attains it.

    Source: derived for this package (`paper_notes.md`, T2d).
    """
    tau = jnp.asarray(tau)
    shape = tau.shape[1:]
    if tau.ndim != tau.shape[0] + 1 or not 0 <= band <= (min(shape) - 1) // 2:
        raise ValueError(
            f"deformation_operator_norm: tau has shape {tau.shape} and band is {band}; one "
            "displacement per axis is needed, (d, N1, ..., Nd), and a band below Nyquist, "
            f"at most {(min(shape) - 1) // 2}."
        )
    phase = jnp.ones(shape) if omega is None else jnp.exp(2j * jnp.pi * jnp.asarray(omega))
    return _top_deformation(tau, phase, band)


@functools.partial(jax.jit, static_argnames="band")
def _top_deformation(tau: Array, phase: Array, band: int) -> tuple[Array, Array]:
    ndim, shape, size = tau.shape[0], tau.shape[1:], math.prod(tau.shape[1:])
    modes, wide = np.arange(-band, band + 1), np.arange(-2 * band, 2 * band + 1)
    points = displaced_points(tau)
    index = np.array(list(np.ndindex(*(len(modes),) * ndim)))

    # E^* E: the sum of exp(2 pi i <k' - k, x>) over the displaced points x.
    factors = [exponentials(points[:, i], wide, shape[i]) for i in range(ndim)]
    sums = jnp.einsum(
        *(x for i, e in enumerate(factors) for x in (e, [ndim, i])), list(range(ndim))
    )
    difference = index[None] - index[:, None] + 2 * band
    gram = sums[tuple(np.moveaxis(difference, -1, 0))]

    # E_{tau, omega}^* E_0, a row of frequencies at a time, axis by axis.
    lines = [exponentials(jnp.arange(n, dtype=tau.dtype), modes, n) for n in shape]
    own = [exponentials(points[:, axis], modes, shape[axis]) for axis in range(ndim)]

    def row(k):
        column = jnp.conj(
            jnp.ravel(phase) * functools.reduce(jnp.multiply, (e[:, i] for e, i in zip(own, k)))
        )
        column = column.reshape(shape)
        for line in lines:
            column = jnp.tensordot(column, line, axes=(0, 0))
        return column.reshape(-1)

    cross = jax.lax.map(row, tuple(jnp.asarray(i) for i in index.T), batch_size=16)
    gram = (gram - cross - jnp.conj(cross).T) / size + jnp.eye(len(index))
    values, vectors = jnp.linalg.eigh(gram)
    slack = 4 * len(index) * jnp.finfo(tau.dtype).eps
    return jnp.sqrt(jnp.maximum(values[-1], 0) + slack), vectors[:, -1].reshape(
        (len(modes),) * ndim
    )
