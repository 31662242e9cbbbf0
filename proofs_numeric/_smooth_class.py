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
from proofs_numeric.engine.setting import Setting
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


def given(setting: Setting, key: jax.Array) -> list[tuple[np.ndarray, fields.Displacement, str]]:
    """Two of the signals under a constant and under smooth displacements."""
    grid, d = setting.grid, setting.grid.ndim
    keys = jax.random.split(key, 2)
    made = [
        fields.constant(grid, [0.3] + [0.0] * (d - 1)),
        fields.smooth(keys[0], grid, 0.5, 0.9 / (2 * d)),
        fields.smooth(keys[1], grid, 2.0, 0.9 / (2 * d)),
    ]
    signals = [np.asarray(wi.signals.project(f, top(setting))[0]) for f in setting.signals[:2]]
    return [(f, tau, name) for tau in made for f, name in zip(signals, setting.names) if np.any(f)]


def moved_wave(setting: Setting, index: int, turns: float):
    """A wave along the first axis and the constant displacement that turns it so far."""
    n = setting.grid.shape[0]
    shift = [turns * n / index] + [0.0] * (setting.grid.ndim - 1)
    f = wave(setting, (index,) + (0,) * (setting.grid.ndim - 1))
    return f / np.linalg.norm(f), fields.constant(setting.grid, shift)


def measured(setting: Setting, witnesses: Sequence[Witness]) -> tuple[np.ndarray, np.ndarray]:
    r"""$\|F_\tau f - f\|$ over the torus, and how far two quadratures are apart."""
    found = [
        torus_difference(np.asarray(w.arrays["signal"]), displacement(w), top(setting))
        for w in witnesses
    ]
    coarse, fine = np.array(found).T
    return fine, np.abs(fine - coarse)
