r"""Cases and search for the translation bound $2\pi|t|K_n/(S_1 \cdots S_n) \sqrt{W_n(f)}$."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._starts import modulated_wave, noise, steepest_wave
from proofs_numeric.claim import Cases, Hypothesis
from proofs_numeric.search import ascend
from proofs_numeric.setting import (
    Setting,
    admissibility,
    differences,
    norms,
    pair_energies,
    rounding_budget,
)


def shift_hypotheses(setting: Setting) -> tuple[Hypothesis, Hypothesis]:
    """What every exact statement on whole shifts asks for: admissible, and M commutes with them."""
    pointwise = all(layer.nonlinearity.pointwise for layer in setting.phi.layers)
    return (
        Hypothesis("admissible", *admissibility(setting.phi)),
        Hypothesis("pointwise nonlinearities", pointwise),
    )


def unit_shifts(ndim: int, *lengths: int) -> list[tuple[int, ...]]:
    """Shifts by each length along the first axis, and by the first along the diagonal."""
    shifts = [(length,) + (0,) * (ndim - 1) for length in lengths]
    return shifts + ([(lengths[0],) * ndim] if ndim > 1 else [])


def rate(phi: wi.FeatureExtractor, depth: int, shift) -> float:
    r"""$2\pi|t|K_n/(S_1 \cdots S_n)$, whether or not a theorem holds for this shift."""
    length = float(np.linalg.norm(np.asarray(shift, float)))
    per_sample = phi.grids[depth].spacing / phi.strides[depth]
    return 2 * np.pi * length * per_sample * float(wi.bounds.output_decay(phi, depth))


def shift_cases(setting: Setting, signals, shifts, origin, depths=None) -> Cases:
    """One case per signal, its shift and depth; `depths` picks one depth per signal."""
    phi = setting.phi
    moved = np.stack([wi.translate(f, t) for f, t in zip(signals, shifts)])
    found = differences(setting, signals, moved)
    rows = [
        (i, n)
        for i in range(len(signals))
        for n in (range(phi.depth + 1) if depths is None else [depths[i]])
    ]
    measured = [found["difference"][i, n] for i, n in rows]
    predicted = [rate(phi, n, shifts[i]) * np.sqrt(found["energy"][i, n]) for i, n in rows]
    sizes = norms(signals)
    return Cases(
        np.array(measured),
        np.array(predicted),
        np.array([rounding_budget(phi, 2 * sizes[i]) for i, _ in rows]),
        [origin[i] for i, _ in rows],
        [f"t = {tuple(shifts[i])}, depth {n}" for i, n in rows],
        lambda j: {
            "signal": np.asarray(signals[rows[j][0]]),
            "other": np.asarray(moved[rows[j][0]]),
        },
        [f"depth {n}" for _, n in rows],
    )


def given_cases(setting: Setting, shifts) -> Cases:
    """The setting's signals, each moved by every shift."""
    pairs = [(i, t) for i in range(len(setting.signals)) for t in shifts]
    signals = np.stack([setting.signals[i] for i, _ in pairs])
    return shift_cases(
        setting, signals, [t for _, t in pairs], [setting.names[i] for i, _ in pairs]
    )


def searched_cases(setting: Setting, key: jax.Array, shift) -> Cases:
    """Ascent at every depth, from the extremal waves of theory and from noise."""
    points, depths = _ascended(shift_ratio, setting, key, shift)
    return shift_cases(setting, points, [tuple(shift)] * len(points), SEARCH * len(points), depths)


def naive_cases(setting: Setting, key: jax.Array, shift) -> Cases:
    r"""The printed Theorem 1, $\dots \|f\|$, for a shift for which it is not claimed: noise only.

    With $\sqrt{W_n(f)}$ in place of the norm the violation would be unbounded: some signals vanish
    on the way while their translates do not.
    """
    points, depths = _ascended(norm_ratio, setting, key, shift, informed=False)
    found = shift_cases(setting, points, [tuple(shift)] * len(points), SEARCH * len(points), depths)
    rates = np.array([rate(setting.phi, n, shift) for n in depths])
    return replace(found, predicted=rates * norms(points))


SEARCH = ["search"]


def _ascended(objective, setting: Setting, key: jax.Array, shift, informed: bool = True):
    """The best signals found, and the depth that each was sought for."""
    phi = setting.phi
    keys = jax.random.split(key, phi.depth + 1)
    starts, depths = [], []
    for n in range(phi.depth + 1):
        if informed:
            wave = steepest_wave(setting, shift) if n == 0 else modulated_wave(setting, n, shift)
            starts.append(wave[None])
        if not informed or setting.effort(1, 4) > 1:  # noise too, where that costs little
            starts.append(noise(setting, keys[n], 1))
        depths += [n] * (len(starts) - len(depths))
    scales = np.asarray([max(rate(phi, n, shift), 1e-300) for n in depths])
    moves = np.tile(np.asarray(shift, float), (len(depths), 1))
    contexts = (moves, np.asarray(depths), scales)
    steps = setting.effort(2, 80)
    _, points = ascend(objective, phi, np.concatenate(starts), contexts, steps, chunk=1)
    return points, depths


def shift_ratio(phi: wi.FeatureExtractor, f, context):
    r"""Squared ratio of the translation difference to the bound with $\sqrt{W_n(f)}$."""
    shift, depth, scale = context
    difference, energy = pair_energies(phi, f, wi.translate(f, shift))
    return difference[depth] / (scale**2 * energy[depth] + 1e-30)


def norm_ratio(phi: wi.FeatureExtractor, f, context):
    r"""Squared ratio of the translation difference to the bound with $\|f\|$."""
    shift, depth, scale = context
    difference, _ = pair_energies(phi, f, wi.translate(f, shift))
    return difference[depth] / (scale**2 * jnp.sum(jnp.abs(f) ** 2))
