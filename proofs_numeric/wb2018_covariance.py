"""Corollary 1: how far features are from moving along with the signal."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._position_dependent import position_dependent_setting
from proofs_numeric._translation import first_axis, shift_hypotheses
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.search import ascend
from proofs_numeric.engine.setting import Setting, alone, norms, once_per_setting, rounding_budget
from proofs_numeric.engine.starts import noise, steepest_wave

__all__ = ["CLAIM"]


class CovarianceClaim(Claim):
    name = "wb2018_covariance"
    title = "Translation covariance (Corollary 1)"
    statement = (
        r"$|||\Phi^n(T_t f) - T_t \Phi^n(f)||| \leq 2\pi |t| K_n "
        r"|\frac{1}{S_1 \cdots S_n} - 1| \sqrt{W_n(f)}$"
    )
    source = "Wiatowski & Bölcskei 2018, Corollary 1; on the grid for shifts that stay on it"

    def hypotheses(self, setting):
        phi = setting.phi
        pooled = any(factor != 1 for factor in phi.pooling_factors)
        shift = whole_shift(phi)
        return (
            *shift_hypotheses(setting),
            Hypothesis("some shift stays on every grid", shift is not None, f"t = {shift}"),
            Hypothesis("pooling, without which both sides vanish", pooled, scope=True),
        )

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        shift = np.asarray(_shift(setting))
        pooled = [n for n, p in enumerate(setting.phi.pooling_factors) if p != 1]
        count = max(len(pooled), attempt.restarts)
        starts = noise(setting, attempt.key, count)
        if attempt.number == 0:
            starts[0] = steepest_wave(setting, shift)
        depths = np.array([pooled[i % len(pooled)] for i in range(count)])
        contexts = (np.tile(shift, (count, 1)), depths, np.tile(_rates(setting), (count, 1)))
        _, points = ascend(covariance_ratio, setting, starts, contexts, setting.effort(2, 60))
        return [Witness({"signal": point}, {}, "search") for point in points]

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        phi = setting.phi
        shift = _shift(setting)
        measured, predicted = [], []
        rates = _rates(setting).astype(float)
        for w in witnesses:
            signal = np.asarray(w.arrays["signal"], setting.signals.dtype)
            with alone(setting, "covariance"):
                still = phi.trace(jnp.asarray(signal))
            moved = phi.trace(wi.translate(signal, shift))
            for n, (p, s) in enumerate(zip(phi.pooling_factors, phi.strides)):
                along = _moved(still.features[n], np.asarray(shift) * p / s)
                measured.append(np.linalg.norm(np.asarray(moved.features[n]) - along))
                predicted.append(rates[n] * np.linalg.norm(still.maps[n]))
        sizes = norms([w.arrays["signal"] for w in witnesses])
        depths = range(phi.depth + 1)
        return Cases(
            np.array(measured),
            np.array(predicted),
            rounding_budget(phi, 2 * np.repeat(sizes, phi.depth + 1)),
            [w for w in witnesses for _ in depths],
            [f"t = {shift}, depth {n}" for _ in witnesses for n in depths],
            [f"depth {n}" for _ in witnesses for n in depths],
        )

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting, comb = position_dependent_setting()
        cases = self.evaluate(setting, [Witness({"signal": comb}, {}, "comb")])
        text = "a map that keeps only samples at even places"
        return (Control("M does not commute with shifts", text, cases),)


def _shift(setting: Setting) -> tuple[float, ...]:
    return tuple(float(t) for t in first_axis(setting, whole_shift(setting.phi) or 1))


def whole_shift(phi: wi.FeatureExtractor) -> int | None:
    """The least t for which t and t S_1...S_n / strides are whole samples at every depth."""
    for t in range(phi.strides[-1], 64 * phi.strides[-1] + 1, phi.strides[-1]):
        moved = [t * p / s for p, s in zip(phi.pooling_factors, phi.strides)]
        if all(abs(m - round(m)) < 1e-9 for m in moved):
            return t
    return None


def _moved(maps, steps: np.ndarray) -> np.ndarray:
    """Rows moved by whole samples: nothing but their order changes."""
    whole = np.round(steps).astype(int)
    return np.roll(np.asarray(maps), whole, tuple(range(1, np.ndim(maps))))


@once_per_setting
def _rates(setting: Setting) -> np.ndarray:
    """Per depth what the bound multiplies the root of the propagated energy by."""
    phi, shift = setting.phi, _shift(setting)
    depths = range(phi.depth + 1)
    rates = [wi.bounds.covariance(phi, n, shift, 1.0, checked=False) for n in depths]
    return np.asarray(rates, setting.real_dtype)


def covariance_ratio(phi: wi.FeatureExtractor, f, context):
    """Squared ratio at one depth; depths without pooling, where both sides vanish, give zero."""
    shift, depth, rates = context
    traces = jax.vmap(phi.trace)(jnp.stack([f, wi.translate(f, shift)]))
    measured, energy = [], []
    for n, (product, stride) in enumerate(zip(phi.pooling_factors, phi.strides)):
        still, moved = traces.features[n]
        along = wi.actions.translate_batch(still, shift * product / stride)
        measured.append(jnp.sum(jnp.abs(moved - along) ** 2))
        energy.append(jnp.sum(jnp.abs(traces.maps[n][0]) ** 2))
    measured, predicted = jnp.stack(measured), rates**2 * jnp.stack(energy)
    floor = 1e-10 * jnp.sum(jnp.abs(f) ** 2)
    return measured[depth] / (predicted[depth] + floor)


CLAIM = CovarianceClaim()
