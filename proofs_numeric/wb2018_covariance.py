"""Corollary 1: how far features are from moving along with the signal."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._starts import noise, steepest_wave
from proofs_numeric._translation import shift_hypotheses
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.search import ascend
from proofs_numeric.setting import Setting, norms, rounding_budget
from proofs_numeric.wb2018_translation_dilated import position_dependent_setting

__all__ = ["CLAIM"]


class CovarianceClaim(Claim):
    name = "wb2018_covariance"
    title = "Translation covariance (Corollary 1)"
    statement = (
        r"$|||\Phi^n(T_t f) - T_t \Phi^n(f)||| \leq 2\pi |t| K_n "
        r"|\frac{1}{S_1 \cdots S_n} - 1| \sqrt{W_n(f)}$"
    )
    source = "Wiatowski & Bölcskei 2018, Corollary 1; on the grid for shifts that stay on it"

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        phi = setting.phi
        admissible, pointwise = shift_hypotheses(setting)
        shift = whole_shift(phi)
        return (
            admissible,
            Hypothesis("some shift stays on every grid", shift is not None, f"t = {shift}"),
            pointwise,
        )

    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        return _cases(setting, setting.signals, list(setting.names))

    def search(self, setting: Setting, key: jax.Array) -> Cases:
        length = whole_shift(setting.phi) or 1
        shift = np.eye(setting.grid.ndim)[0] * length
        depths = np.arange(setting.phi.depth + 1)
        starts = np.concatenate(
            [steepest_wave(setting, shift)[None], noise(setting, key, setting.phi.depth)]
        )
        contexts = (np.tile(shift, (len(depths), 1)), depths, np.ones(len(depths)))
        _, points = ascend(
            covariance_ratio, setting.phi, starts, contexts, setting.effort(2, 60), chunk=1
        )
        return _cases(setting, points, ["search"] * len(points))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting, f = position_dependent_setting()
        found = _cases(setting, f, ["comb"])
        return (
            Control(
                "M does not commute with shifts",
                "a map that keeps only samples at even places",
                found,
            ),
        )


def whole_shift(phi: wi.FeatureExtractor) -> int | None:
    """The least t for which t and t S_1...S_n / strides are whole samples at every depth."""
    for t in range(phi.strides[-1], 64 * phi.strides[-1] + 1, phi.strides[-1]):
        moved = [t * p / s for p, s in zip(phi.pooling_factors, phi.strides)]
        if all(abs(m - round(m)) < 1e-9 for m in moved):
            return t
    return None


@eqx.filter_jit
def _sides(phi: wi.FeatureExtractor, f, shift):
    """Per depth the squared difference, and the squared bound."""
    traces = jax.vmap(phi.trace)(jnp.stack([f, wi.translate(f, shift)]))
    length = jnp.linalg.norm(shift) * phi.grid.spacing
    measured, predicted = [], []
    for n, (product, stride) in enumerate(zip(phi.pooling_factors, phi.strides)):
        still, moved = traces.features[n]
        along = wi.actions.translate_batch(still, shift * product / stride)
        measured.append(jnp.sum(jnp.abs(moved - along) ** 2))
        rate = 2 * np.pi * length * abs(1 / product - 1) * wi.bounds.output_decay(phi, n)
        predicted.append(rate**2 * jnp.sum(jnp.abs(traces.maps[n][0]) ** 2))
    return jnp.stack(measured), jnp.stack(predicted)


def covariance_ratio(phi: wi.FeatureExtractor, f, context):
    """Squared ratio at one depth; depths without pooling, where both sides vanish, give zero."""
    shift, depth, _ = context
    measured, predicted = _sides(phi, f, shift)
    floor = 1e-20 * jnp.sum(jnp.abs(f) ** 2)
    return measured[depth] / (predicted[depth] + floor)


def _cases(setting: Setting, signals, origin: list[str]) -> Cases:
    phi = setting.phi
    length = whole_shift(phi) or 1
    shift = (length,) + (0,) * (setting.grid.ndim - 1)
    sides = [_sides(phi, f, np.asarray(shift, float)) for f in signals]
    measured, predicted = (np.array(part) for part in zip(*sides, strict=True))
    rows = [(i, n) for i in range(len(signals)) for n in range(phi.depth + 1)]
    return Cases(
        np.sqrt(np.asarray(measured)),
        np.sqrt(np.asarray(predicted)),
        rounding_budget(phi, 2 * np.repeat(norms(signals), phi.depth + 1)),
        [origin[i] for i, _ in rows],
        [f"t = {shift}, depth {n}" for _, n in rows],
        lambda j: {"signal": np.asarray(signals[rows[j][0]])},
        [f"depth {n}" for _, n in rows],
    )


CLAIM = CovarianceClaim()
