"""Signals and displacements for statements on functions that are not band-limited."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric import _displacements as fields
from proofs_numeric._deformation import displacement, torus_difference
from proofs_numeric.engine.claim import Witness
from proofs_numeric.engine.setting import Setting, once_per_setting
from proofs_numeric.engine.starts import wave

__all__ = ["given", "limited", "measured", "moved_wave", "top", "witness"]


def top(setting: Setting) -> int:
    """Frequencies per axis that are evaluated: twice the band, which is what the grid can pay."""
    return min((min(setting.grid.shape) - 1) // 2, 2 * setting.band + 1)


def witness(f, field: fields.Displacement, origin: str, **parameters) -> Witness:
    """A signal of any band and a displacement."""
    arrays = {"signal": np.asarray(f), "displacement": np.asarray(field.tau)}
    return Witness(arrays, field.parameters() | parameters, origin)


def limited(setting: Setting, w: Witness) -> Witness:
    """With the signal on the frequencies that are evaluated."""
    f = np.asarray(wi.signals.project(w.arrays["signal"], top(setting))[0])
    return dataclasses.replace(w, arrays={**w.arrays, "signal": f})


@once_per_setting
def given(setting: Setting) -> tuple[tuple[np.ndarray, fields.Displacement, str], ...]:
    """Two of the signals under a constant and under smooth displacements; once per setting."""
    grid, d = setting.grid, setting.grid.ndim
    keys = jax.random.split(jax.random.key(4, impl="unsafe_rbg"), 2)
    made = [
        fields.constant(grid, [0.3] + [0.0] * (d - 1)),
        fields.smooth(keys[0], grid, 0.5, 0.9 / (2 * d)),
        fields.smooth(keys[1], grid, 2.0, 0.9 / (2 * d)),
    ]
    few = 1 if setting.large else 2
    signals = [np.asarray(wi.signals.project(f, top(setting))[0]) for f in setting.signals[:few]]
    return tuple(
        (f, tau, name)
        for tau in made[: few + 1]
        for f, name in zip(signals, setting.names)
        if np.any(f)
    )


def moved_wave(setting: Setting, index: int, turns: float):
    """A wave along the first axis and the constant displacement that turns it so far."""
    n = setting.grid.shape[0]
    shift = [turns * n / index] + [0.0] * (setting.grid.ndim - 1)
    f = wave(setting, (index,) + (0,) * (setting.grid.ndim - 1))
    return f / np.linalg.norm(f), fields.constant(setting.grid, shift)


def measured(setting: Setting, witnesses: Sequence[Witness]) -> tuple[np.ndarray, np.ndarray]:
    r"""$\|F_\tau f - f\|$ over the torus, and how far two quadratures are apart."""
    found = [
        _measured_once(setting, _Pair(w.arrays["signal"], w.arrays["displacement"], w))
        for w in witnesses
    ]
    coarse, fine = np.array(found).T
    return fine, np.abs(fine - coarse)


class _Pair:
    """A signal and a displacement, the same if they are the same arrays."""

    def __init__(self, signal, tau, w: Witness):
        self.arrays, self.w = (signal, tau), w

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.arrays)))

    def __eq__(self, other) -> bool:
        return all(a is b for a, b in zip(self.arrays, other.arrays))


@once_per_setting
def _measured_once(setting: Setting, pair: _Pair) -> tuple[float, float]:
    signal = np.asarray(pair.w.arrays["signal"])
    return torus_difference(signal, displacement(pair.w), top(setting))
