"""Pairs of signals for statements on |||Phi(f) - Phi(h)|||."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import numpy as np

from proofs_numeric.engine.claim import Attempt, Cases, Witness
from proofs_numeric.engine.lanczos import tangent, top_singular_pair
from proofs_numeric.engine.search import attack, target
from proofs_numeric.engine.setting import (
    Setting,
    alone,
    differences,
    norms,
    once_per_setting,
    rounding_budget,
)
from proofs_numeric.engine.starts import loudest_wave, noise


def pair(f, h, origin: str) -> Witness:
    """Two signals."""
    return Witness({"signal": np.asarray(f), "other": np.asarray(h)}, {}, origin)


def pair_cases(setting: Setting, witnesses: Sequence[Witness], constant: float) -> Cases:
    r"""$|||\Phi(f) - \Phi(h)||| \le$ `constant` $\|f - h\|$ for pairs."""
    f, h = stacked(witnesses)
    distance = norms(f - h)
    return Cases(
        differences(setting, f, h)["total"],
        constant * distance,
        rounding_budget(setting.phi, norms(f) + norms(h)),
        list(witnesses),
        [f"||f - h|| = {d:.4g}" for d in distance],
    )


def stacked(witnesses: Sequence[Witness]) -> tuple[np.ndarray, np.ndarray]:
    """All first and all second signals."""
    f = np.stack([w.arrays["signal"] for w in witnesses])
    return f, np.stack([w.arrays["other"] for w in witnesses])


def random_pairs(setting: Setting, key: jax.Array) -> list[Witness]:
    """Each signal with noise added, with its negative, with its neighbour and with zero."""
    f = np.asarray(setting.signals)
    sizes = norms(f).reshape(-1, *(1,) * setting.grid.ndim)
    others = {
        "plus noise": f + 0.1 * sizes * noise(setting, key, len(f)),
        "against its negative": -f,
        "against the next signal": np.roll(f, 1, axis=0),
        "against zero": np.zeros_like(f),
    }
    return [
        pair(f[i], h[i], f"{setting.names[i]} {kind}")
        for kind, h in others.items()
        for i in range(len(f))
    ]


@once_per_setting
def searched_pairs(setting: Setting, number: int, restarts: int) -> tuple[Witness, ...]:
    """Top singular directions of the Jacobian, and pairs found by ascent; once per setting."""
    key = jax.random.fold_in(jax.random.key(2, impl="unsafe_rbg"), number)
    keys = jax.random.split(key, 3)
    loud = loudest_wave(setting)
    loud = loud / np.linalg.norm(loud)
    at_signal = setting.signals[number % len(setting.signals)]
    points = [at_signal if np.any(at_signal) else loud, noise(setting, keys[0], 1)[0]]
    points = [f / np.linalg.norm(f) for f in points]
    directions = [loud if number == 0 else noise(setting, keys[2], 1)[0]]
    directions.append(noise(setting, keys[1], 1)[0])
    found = []
    for point, direction in zip(points, directions):
        with alone(setting, "tangent"):
            _, top = _steepest(setting.phi, point, direction, setting.effort(3, 24))
        found.append(pair(point, point + np.asarray(top), "search"))
    starts = list(noise(setting, keys[1], restarts))
    aims = [target(setting, free=1.0, difference=1.0, moved=1.0)] * restarts
    moves = [loud] * (number == 0) + list(noise(setting, keys[2], restarts))
    f, h = attack(setting, starts, aims, directions=moves[:restarts])
    return tuple(found + [pair(a, b, "search") for a, b in zip(f, h)])


def searched(setting: Setting, attempt: Attempt) -> list[Witness]:
    """The pairs of one attempt."""
    return list(searched_pairs(setting, attempt.number, attempt.restarts))


@eqx.filter_jit
def _steepest(phi, point, direction, steps):
    return top_singular_pair(*tangent(phi, point), direction, steps)
