"""Adversarial search: projected gradient ascent with many restarts, and power iteration."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

import wiatowski as wi

__all__ = ["ascend", "top_singular_vector"]


def ascend(
    objective: Callable,
    phi: wi.FeatureExtractor,
    starts,
    contexts,
    steps: int,
    learning_rate: float = 0.05,
    chunk: int = 4,
):
    r"""Maximise `objective(phi, point, context)` from every start, restarts side by side.

    Adam on the gradient of the real objective. For complex arrays `jax.grad` gives the conjugate
    of the ascent direction, which is undone here. The best point of each trajectory is kept.

    Args:
        objective: module-level function (it keys the compilation); a scale-free ratio.
        phi: extractor passed through.
        starts: pytree with leading axis `restarts`; leaves of norm about one per sample.
        contexts: pytree with the same leading axis: fixed parameters of each restart.
        steps: ascent steps.
        learning_rate: step of Adam relative to the root mean square of the start.
        chunk: restarts side by side.

    Returns:
        The best value (restarts,) and the best point of each restart.
    """
    count = jax.tree.leaves(starts)[0].shape[0]
    short = -count % chunk
    starts, contexts = jax.tree.map(
        lambda a: np.concatenate([a, np.repeat(a[:1], short, axis=0)]), (starts, contexts)
    )
    found = _ascend(objective, phi, starts, contexts, learning_rate, steps, chunk)
    return jax.tree.map(lambda a: np.asarray(a)[:count], found)


@eqx.filter_jit
def _ascend(objective, phi, starts, contexts, learning_rate, steps, chunk):
    optimiser = optax.adam(learning_rate)

    def one(args):
        start, context = args
        start = jax.tree.map(lambda a: a / _rms(a), start)

        def step(carry, _):
            point, state, best_value, best_point = carry
            value, gradient = jax.value_and_grad(lambda p: objective(phi, p, context))(point)
            better = value > best_value
            best_point = jax.tree.map(lambda a, b: jnp.where(better, a, b), point, best_point)
            best_value = jnp.where(better, value, best_value)
            ascent = jax.tree.map(lambda g: -jnp.conj(jnp.nan_to_num(g)), gradient)
            updates, state = optimiser.update(ascent, state)
            return (optax.apply_updates(point, updates), state, best_value, best_point), None

        first = (start, optimiser.init(start), jnp.array(-jnp.inf), start)
        (point, _, best_value, best_point), _ = jax.lax.scan(step, first, None, length=steps)
        value = objective(phi, point, context)
        better = value > best_value
        best_point = jax.tree.map(lambda a, b: jnp.where(better, a, b), point, best_point)
        return jnp.where(better, value, best_value), best_point

    blocks = jax.tree.map(lambda a: a.reshape(-1, chunk, *a.shape[1:]), (starts, contexts))
    values, points = jax.lax.map(jax.vmap(one), blocks)
    return values.reshape(-1), jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), points)


def top_singular_vector(phi: wi.FeatureExtractor, points, starts, steps: int):
    r"""Power iteration on $J^T J$ at each point, J the real Jacobian of $\Phi$.

    Args:
        phi: extractor.
        points: (restarts, *grid.shape), where to linearise.
        starts: (restarts, *grid.shape), first directions.
        steps: iterations.

    Returns:
        Unit directions of the same shape.
    """
    return np.asarray(_power_iteration(phi, points, starts, steps))


@eqx.filter_jit
def _power_iteration(phi, points, starts, steps):
    def one(args):
        point, start = args
        _, pull = jax.vjp(phi, point)

        def step(v, _):
            _, pushed = jax.jvp(phi, (point,), (v,))
            # vjp is complex linear in JAX's sense: conjugate in and out for the real adjoint.
            (back,) = pull(jax.tree.map(jnp.conj, pushed))
            back = jnp.conj(back)
            return back / jnp.maximum(jnp.linalg.norm(back), 1e-300), None

        direction, _ = jax.lax.scan(step, start / jnp.linalg.norm(start), None, length=steps)
        return direction

    return jax.lax.map(one, (points, starts))


def _rms(a):
    size = jnp.sqrt(jnp.mean(jnp.abs(a) ** 2))
    return jnp.where(size > 0, size, 1)
