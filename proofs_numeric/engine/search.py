"""Adversarial search: gradient ascent with many restarts side by side, on all devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, PartitionSpec

import wiatowski as wi
from proofs_numeric.engine.setting import Setting, alone, pair_energies

__all__ = ["CHUNK", "Target", "ascend", "attack", "target"]

#: Restarts side by side on each device.
CHUNK = 4


class Target(NamedTuple):
    r"""What a search maximises: the squared ratio of the two sides of a statement, as data.

    The signal f is what remains of the searched one inside `mask`; its partner h has the spectrum
    `multiplier` times that of f, plus a direction v, searched too, where `free` is 1. Maximised is

    $$\frac{\sum_n a_n |||\Phi^n(f) - \Phi^n(h)|||^2 + p_n W_n(f)}
           {b \|f - h\|^2 + c \|f\|^2 + \sum_n e_n W_n(f) + r_n |||\Phi^n(f)|||^2} .$$

    All statements on an extractor's response to a shift, to a perturbation or to nothing have this
    form, so that one compiled program searches for the worst case of each.

    Args:
        multiplier, mask: (*grid.shape), complex and real.
        free: 0 or 1.
        difference, propagated: a and p, (D + 1,).
        moved, size: b and c.
        energy, features: e and r, (D + 1,).
    """

    multiplier: np.ndarray
    mask: np.ndarray
    free: np.ndarray
    difference: np.ndarray
    propagated: np.ndarray
    moved: np.ndarray
    size: np.ndarray
    energy: np.ndarray
    features: np.ndarray


def target(
    setting: Setting,
    *,
    shift=None,
    multiplier=None,
    mask=None,
    free: float = 0.0,
    difference: float | np.ndarray = 0.0,
    propagated: float | np.ndarray = 0.0,
    moved: float = 0.0,
    size: float = 0.0,
    energy: float | np.ndarray = 0.0,
    features: float | np.ndarray = 0.0,
) -> Target:
    """A target for a setting; what is left out does not take part.

    Args:
        setting: where.
        shift: t, for $h = T_t f$; otherwise `multiplier`, and h = 0 without one.
        multiplier, mask: spectra on the grid, in the order of FFTs.
        free: 1 for h = f + v with v searched too.
        difference, propagated, moved, size, energy, features: weights; one number means the same
            at every depth.
    """
    grid, depths = setting.grid, setting.phi.depth + 1
    real = setting.real_dtype
    if shift is not None:
        impulse = np.zeros(grid.shape)
        impulse.flat[0] = 1
        multiplier = np.fft.fftn(np.asarray(wi.translate(impulse, shift)))
    if multiplier is None:
        multiplier = np.ones(grid.shape) if free else np.zeros(grid.shape)
    mask = np.ones(grid.shape) if mask is None else mask

    def per_depth(weights):
        return np.broadcast_to(np.asarray(weights, real), (depths,))

    return Target(
        np.asarray(multiplier, np.result_type(real, np.complex64)),
        np.asarray(mask, real),
        np.asarray(free, real),
        per_depth(difference),
        per_depth(propagated),
        np.asarray(moved, real),
        np.asarray(size, real),
        per_depth(energy),
        per_depth(features),
    )


def attack(
    setting: Setting,
    starts: Sequence[np.ndarray],
    targets: Sequence[Target],
    steps: int | None = None,
    directions: Sequence[np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The worst signals found from the starts, one target each, and their partners.

    Args:
        setting: where.
        starts: signals.
        targets: one per start.
        steps: of the ascent; by default fewer the dearer one extraction is.
        directions: first v of targets with `free`.

    Returns:
        f and h, each (len(starts), *grid.shape).
    """
    first = np.stack([np.asarray(f) for f in starts])
    moves = np.roll(first, 1, axis=-1) if directions is None else np.stack(list(directions))
    contexts = jax.tree.map(lambda *leaves: np.stack(leaves), *targets)
    steps = setting.effort(2, 60) if steps is None else steps
    found = ascend(ratio, setting, (first, moves), contexts, steps)[1]
    f, h = _both_sides(jnp.asarray(found[0]), jnp.asarray(found[1]), contexts)
    return np.asarray(f), np.asarray(h)


def ratio(phi: wi.FeatureExtractor, point, context: Target):
    """The squared ratio that a `Target` describes."""
    f, h = _sides(point[0], point[1], context)
    difference, energy, features = pair_energies(phi, f, h)
    above = jnp.sum(context.difference * difference + context.propagated * energy)
    below = context.moved * jnp.sum(jnp.abs(f - h) ** 2) + context.size * jnp.sum(jnp.abs(f) ** 2)
    below = below + jnp.sum(context.energy * energy + context.features * features)
    # Its square, by which the derivative divides, is a number too.
    return above / (below + jnp.finfo(above.dtype).tiny ** 0.45)


def _sides(f, v, context: Target):
    f_hat = context.mask * jnp.fft.fftn(f)
    f_masked, h = jnp.fft.ifftn(f_hat), jnp.fft.ifftn(context.multiplier * f_hat)
    if not jnp.iscomplexobj(f):
        f_masked, h = jnp.real(f_masked), jnp.real(h)
    return f_masked, h + context.free * v


_both_sides = jax.jit(jax.vmap(_sides))


def ascend(
    objective: Callable,
    setting: Setting,
    starts,
    contexts,
    steps: int,
    learning_rate: float = 0.05,
    chunk: int = CHUNK,
):
    r"""Maximise `objective(subject, point, context)` from every start, restarts side by side.

    Adam on the gradient of the real objective. For complex arrays `jax.grad` gives the conjugate
    of the ascent direction, which is undone here. The best point of each trajectory is kept. The
    restarts are dealt out to the local devices.

    Args:
        objective: module-level function (it keys the compilation); a scale-free ratio.
        setting: gives the extractor or classifier, which is passed through.
        starts: pytree with leading axis `restarts`; leaves of norm about one per sample.
        contexts: pytree with the same leading axis: fixed parameters of each restart.
        steps: ascent steps.
        learning_rate: step of Adam relative to the root mean square of the start.
        chunk: restarts side by side on one device; smaller where one extraction is large.

    Returns:
        The best value (restarts,) and the best point of each restart.

    Raises:
        FloatingPointError: if a gradient is not finite, so that nothing would be searched.
    """
    count = jax.tree.leaves(starts)[0].shape[0]
    chunk = int(np.clip(2_000_000 // setting.paths(), 1, chunk))
    devices = jax.local_devices()
    width = chunk * len(devices)
    short = -count % width
    starts, contexts = jax.tree.map(
        lambda a: np.concatenate([a, np.repeat(a[:1], short, axis=0)]), (starts, contexts)
    )
    mesh = Mesh(np.array(devices), ("restarts",))
    found = []
    for first in range(0, count, width):
        block = jax.tree.map(lambda a, i=first: a[i : i + width], (starts, contexts))
        with alone(setting, f"{objective.__name__} {steps}"):
            result = _ascend(
                objective, setting.subject, block[0], block[1], learning_rate, steps, mesh
            )
            found.append(jax.tree.map(np.asarray, result))
    value, best, sound = jax.tree.map(lambda *parts: np.concatenate(parts)[:count], *found)
    if not np.all(sound):
        raise FloatingPointError(
            f"the gradient of the search's objective, {objective.__name__}, is not finite on "
            f"{setting.name}: {int(np.sum(~sound))} of {count} restarts were lost."
        )
    return value, best


@eqx.filter_jit
def _ascend(objective, subject, starts, contexts, learning_rate, steps, mesh):
    optimiser = optax.adam(learning_rate)
    arrays, static = eqx.partition(subject, eqx.is_array)

    def one(arrays, start, context):
        subject = eqx.combine(arrays, static)
        start = jax.tree.map(lambda a: a / _rms(a), start)

        def step(carry, _):
            point, state, best_value, best_point = carry
            value, gradient = jax.value_and_grad(lambda p: objective(subject, p, context))(point)
            better = value > best_value
            best_point = jax.tree.map(lambda a, b: jnp.where(better, a, b), point, best_point)
            best_value = jnp.where(better, value, best_value)
            ascent = jax.tree.map(lambda g: -jnp.conj(g), gradient)
            updates, state = optimiser.update(ascent, state)
            return (optax.apply_updates(point, updates), state, best_value, best_point), None

        # One step more than asked for, so that the last point is evaluated too.
        first = (start, optimiser.init(start), jnp.full((), -jnp.inf), start)
        (last, _, value, best), _ = jax.lax.scan(step, first, None, length=steps + 1)
        # A gradient that once is not finite leaves no finite point behind.
        sound = [jnp.all(jnp.isfinite(a)) for a in jax.tree.leaves(last)]
        return value, best, jnp.all(jnp.stack(sound))

    def many(arrays, starts, contexts):
        return jax.vmap(one, in_axes=(None, 0, 0))(arrays, starts, contexts)

    if mesh.size > 1:
        whole, dealt = PartitionSpec(), PartitionSpec("restarts")
        many = jax.shard_map(
            many, mesh=mesh, in_specs=(whole, dealt, dealt), out_specs=dealt, check_vma=False
        )
    return many(arrays, starts, contexts)


def _rms(a):
    size = jnp.sqrt(jnp.mean(jnp.abs(a) ** 2))
    return jnp.where(size > 0, size, 1)
