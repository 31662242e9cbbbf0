"""Top singular vectors of maps that are known by their products only."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

__all__ = ["tangent", "top_singular_pair"]


def tangent(function: Callable, point) -> tuple[Callable, Callable]:
    r"""The derivative of a function at a point and its adjoint in $\mathrm{Re}\langle u, v\rangle$.

    Args:
        function: of one array; its result may be any pytree.
        point: where; for a linear function any point gives the function itself.

    Returns:
        `forward(v)` and `adjoint(w)`.
    """
    _, forward = jax.linearize(function, point)
    _, pull = jax.vjp(function, point)

    def adjoint(w):
        # vjp is complex linear in JAX's sense: conjugate in and out for the real adjoint.
        (back,) = pull(jax.tree.map(jnp.conj, w))
        return jnp.conj(back)

    return forward, adjoint


def top_singular_pair(forward: Callable, adjoint: Callable, start, steps: int):
    r"""Largest singular value of a real-linear map J and a unit vector that attains it.

    Lanczos' method on $J^T J$ with full reorthogonalisation. The value is $\|Jv\|$ of the returned
    v, so that it is attained however few the steps.

    Args:
        forward, adjoint: $v \mapsto Jv$ (any pytree) and $w \mapsto J^T w$, see `tangent`.
        start: first vector.
        steps: products with J and its adjoint; no more than the dimension are made.

    Source: utility (Lanczos; Golub & Van Loan, Matrix Computations).
    """
    start = jnp.asarray(start)
    count = min(steps, start.size * (2 if jnp.iscomplexobj(start) else 1))

    def inner(basis, v):
        return jnp.real(jnp.tensordot(jnp.conj(basis), v, axes=v.ndim))

    def step(carry, i):
        basis, v = carry
        basis = basis.at[i].set(v)
        w = adjoint(forward(v))
        column = inner(basis, w)
        for _ in range(2):  # twice is enough
            w = w - jnp.tensordot(inner(basis, w).astype(w.dtype), basis, axes=1)
        size = _norm(w)
        # An invariant subspace ends the iteration: what follows are zero vectors.
        goes_on = size > 100 * jnp.finfo(size.dtype).eps * jnp.max(jnp.abs(column))
        v = jnp.where(goes_on, w / jnp.where(size > 0, size, 1), 0)
        return (basis, v), column

    first = start / jnp.where(_norm(start) > 0, _norm(start), 1)
    empty = jnp.zeros((count, *start.shape), start.dtype)
    (basis, _), columns = jax.lax.scan(step, (empty, first), jnp.arange(count))
    upper = jnp.triu(columns.T)
    _, vectors = jnp.linalg.eigh(upper + jnp.triu(upper, 1).T)
    top = jnp.tensordot(vectors[:, -1].astype(start.dtype), basis, axes=1)
    top = top / jnp.where(_norm(top) > 0, _norm(top), 1)
    squares = [jnp.sum(jnp.abs(a) ** 2) for a in jax.tree.leaves(forward(top))]
    return jnp.sqrt(sum(squares)), top


def _norm(v):
    return jnp.sqrt(jnp.sum(jnp.abs(v) ** 2))
