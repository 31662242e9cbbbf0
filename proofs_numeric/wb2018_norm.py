"""The extractor does not expand norms."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._starts import loudest_wave, noise
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.drawn_settings import inadmissible_setting
from proofs_numeric.search import ascend
from proofs_numeric.setting import Setting, admissibility, differences, norms, rounding_budget

__all__ = ["CLAIM"]


class NormClaim(Claim):
    name = "wb2018_norm"
    title = "Features have at most the energy of the signal"
    statement = r"$|||\Phi_\Omega(f)||| \leq \|f\|$"
    source = "Wiatowski & Bölcskei 2018, well-definedness under the admissibility condition"

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        return (Hypothesis("admissible", *admissibility(setting.phi)),)

    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        return _cases(setting, setting.signals, list(setting.names))

    def search(self, setting: Setting, key: jax.Array) -> Cases:
        starts = np.concatenate([loudest_wave(setting)[None], noise(setting, key, 1)])
        steps = setting.effort(2, 60)
        _, points = ascend(norm_ratio, setting.phi, starts, np.zeros(len(starts)), steps, chunk=1)
        return _cases(setting, points, ["search"] * len(points))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = inadmissible_setting(key)
        found = self.search(setting, key)
        return (Control("not admissible", "banks with B = 2.25 instead of 1", found),)


def norm_ratio(phi: wi.FeatureExtractor, f, _):
    """Squared ratio |||Phi(f)|||^2 / ||f||^2."""
    return jnp.sum(phi(f).energies()) / jnp.sum(jnp.abs(f) ** 2)


def _cases(setting: Setting, signals, origin: list[str]) -> Cases:
    zero = np.zeros_like(signals)
    measured = differences(setting, signals, zero)["total"]
    predicted = norms(signals)
    return Cases(
        measured,
        predicted,
        rounding_budget(setting.phi, predicted),
        origin,
        [f"||f|| = {p:.4g}" for p in predicted],
        lambda i: {"signal": np.asarray(signals[i])},
    )


CLAIM = NormClaim()
