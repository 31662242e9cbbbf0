"""Pairs of signals for statements on |||Phi(f) - Phi(h)|||."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._starts import loudest_wave, noise
from proofs_numeric.claim import Cases
from proofs_numeric.search import ascend, top_singular_vector
from proofs_numeric.setting import (
    Setting,
    differences,
    norms,
    once_per_setting,
    pair_energies,
    rounding_budget,
)


def pair_cases(setting: Setting, f, h, origin: list[str], constant: float) -> Cases:
    r"""$|||\Phi(f) - \Phi(h)||| \le$ `constant` $\|f - h\|$ for a batch of pairs."""
    measured = differences(setting, f, h)["total"]
    distance = norms(np.asarray(f) - np.asarray(h))
    return Cases(
        measured,
        constant * distance,
        rounding_budget(setting.phi, norms(f) + norms(h)),
        origin,
        [f"||f - h|| = {d:.4g}" for d in distance],
        lambda i: {"signal": np.asarray(f[i]), "other": np.asarray(h[i])},
    )


def random_pairs(setting: Setting, key: jax.Array):
    """Each signal with noise added, with its negative, with its neighbour and with zero."""
    f = setting.signals
    sizes = np.asarray(norms(f)).reshape(-1, *(1,) * setting.grid.ndim)
    others = [f + 0.1 * sizes * noise(setting, key, len(f)), -f, np.roll(f, 1, axis=0)]
    kinds = ["plus noise", "against its negative", "against the next signal"]
    origin = [f"{name} {kind}" for kind in kinds for name in setting.names]
    return np.concatenate([f] * len(others)), np.concatenate(others), origin


@once_per_setting
def searched_pairs(setting: Setting):
    """Top singular directions of the Jacobian, and pairs found by ascent; once per setting."""
    keys = jax.random.split(jax.random.key(2, impl="unsafe_rbg"), 3)
    loud = loudest_wave(setting)
    loud = loud / np.linalg.norm(loud)
    points = np.concatenate([setting.signals[:1], noise(setting, keys[0], 1)])
    sizes = norms(points)
    points = points / np.where(sizes > 0, sizes, 1).reshape(-1, *(1,) * setting.grid.ndim)
    directions = np.stack([loud, noise(setting, keys[1], 1)[0]])
    tops = top_singular_vector(setting.phi, points, directions, setting.effort(3, 40))
    starts = (noise(setting, keys[2], 2), np.stack([loud, directions[1]]))
    steps = setting.effort(2, 40)
    _, (first, second) = ascend(pair_ratio, setting.phi, starts, np.zeros(2), steps, chunk=1)
    f = np.concatenate([points, first])
    h = np.concatenate([points + tops, first + second])
    return f, h, ["search"] * len(f)


def pair_ratio(phi: wi.FeatureExtractor, pair, _):
    """Squared ratio for f and h = f + v, the pair being (f, v)."""
    f, v = pair
    difference, _ = pair_energies(phi, f, f + v)
    return jnp.sum(difference) / jnp.sum(jnp.abs(v) ** 2)
