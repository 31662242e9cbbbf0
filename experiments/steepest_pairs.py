r"""Pairs of inputs that a map drives apart: lower bounds for Lipschitz constants, beside proved upper ones.

From noise u of several sizes the search takes the top singular direction d of the derivative, ascends the
gradient of $\|F(u + d) - F(u)\| / \|d\|$ in u and d together, and takes the top direction again where that
led. Every step of d counts as a pair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from proofs_numeric.engine.lanczos import tangent, top_singular_pair

__all__ = ["Pair", "quotient", "steepest_pairs"]

#: Of the noise: nonlinearities that saturate are steep at small inputs, biases are lost in large ones.
SIZES = (0.01, 1.0)
_RATE = 0.1
_DIRECTION = 0.1  # ||d|| / ||u|| before an ascent
_SMALL = 1e-3  # and of a direction of the derivative, which single precision still resolves


class Pair(NamedTuple):
    """Two inputs of a map."""

    u: np.ndarray
    v: np.ndarray


def steepest_pairs(
    function: Callable, shape: tuple[int, ...], seed: int, steps: int = 40, rounds: int = 2
) -> list[Pair]:
    """Candidates for the steepest pair, those of every round and start; the same for the same seed.

    Args:
        function: of one array; a pytree, such as a network or `layer.mixed`.
        shape: of the array.
        seed: of the noise.
        steps: of each ascent; half as many products of each search for a direction.
        rounds: of ascent and direction.
    """
    noise = np.random.default_rng(seed).standard_normal((2, len(SIZES), *shape))
    u, d = noise.astype(np.float32)
    found = _search(function, u, d, np.asarray(SIZES, np.float32), steps, rounds)
    u, d = (np.asarray(a).reshape(-1, *shape) for a in found)
    return [Pair(one, one + own) for one, own in zip(u, d)]


@eqx.filter_jit
def quotient(function: Callable, pair: Pair) -> jax.Array:
    r"""$\|F(u) - F(v)\| / \|u - v\|$, in the precision of the pair."""
    return _size(function(pair.u) - function(pair.v)) / _size(pair.u - pair.v)


@eqx.filter_jit
def _search(function, u, d, sizes, steps: int, rounds: int):
    optimiser = optax.adam(_RATE)

    def one(u, d, size):
        def steepness(point):
            u, d = size * point[0], size * point[1]
            moved = jnp.sum((function(u + d) - function(u)) ** 2)
            # Of saturated maps nothing moves.
            return jnp.log(moved + jnp.finfo(moved.dtype).tiny ** 0.45) - jnp.log(jnp.sum(d**2))

        def step(carry, _):
            point, state = carry
            updates, state = optimiser.update(jax.grad(lambda p: -steepness(p))(point), state)
            return (jax.tree.map(jnp.add, point, updates), state), None

        def directed(u, d):
            top = top_singular_pair(*tangent(function, size * u), d, steps // 2)[1]
            return jnp.where(jnp.any(top), top, d / _size(d)) * _size(u)

        found = [(u, _SMALL * directed(u, d))]
        for _ in range(rounds):
            point = (u, found[-1][1] * _DIRECTION / _SMALL)
            (u, d), _ = jax.lax.scan(step, (point, optimiser.init(point)), length=steps)[0]
            found += [(u, d), (u, _SMALL * directed(u, d))]
        return jax.tree.map(lambda *parts: size * jnp.stack(parts), *found)

    return jax.vmap(one)(u, d, sizes)


def _size(a):
    return jnp.sqrt(jnp.sum(a**2))
