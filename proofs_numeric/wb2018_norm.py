"""The extractor does not expand norms."""

from __future__ import annotations

import jax
import numpy as np

from proofs_numeric._inadmissible import inadmissible_setting
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.hypotheses import zero_to_zero
from proofs_numeric.engine.search import attack, target
from proofs_numeric.engine.setting import (
    Setting,
    admissibility,
    differences,
    norms,
    rounding_budget,
)
from proofs_numeric.engine.starts import loudest_wave, noise

__all__ = ["CLAIM"]


class NormClaim(Claim):
    name = "wb2018_norm"
    title = "Features have at most the energy of the signal"
    statement = r"$|||\Phi_\Omega(f)||| \leq \|f\|$"
    source = "Wiatowski & Bölcskei 2018, well-definedness under the admissibility condition"

    def hypotheses(self, setting):
        admissible = Hypothesis("admissible", *admissibility(setting.phi))
        return (admissible, zero_to_zero(setting))

    def searched(self, setting, attempt):
        starts = list(noise(setting, attempt.key, attempt.restarts))
        if attempt.number == 0:
            starts[0] = loudest_wave(setting)
        aim = target(setting, difference=1.0, size=1.0)  # h = 0
        f, _ = attack(setting, starts, [aim] * len(starts))
        return [Witness({"signal": point}, {}, "search") for point in f]

    def evaluate(self, setting, witnesses) -> Cases:
        signals = np.stack([w.arrays["signal"] for w in witnesses])
        sizes = norms(signals)
        features = differences(setting, signals, np.zeros_like(signals))["features"]
        return Cases(
            np.sqrt(features.sum(axis=1)),
            sizes,
            rounding_budget(setting.phi, sizes),
            list(witnesses),
            [f"||f|| = {p:.4g}" for p in sizes],
        )

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = inadmissible_setting()
        cases = self.evaluate(setting, self.searched(setting, Attempt(key)))
        return (Control("not admissible", "banks with B = 2.25 instead of 1", cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """1 where the first output atom passes some wave unchanged."""
        return {"": float(abs(setting.phi.banks[0].output_atom_hat).max())}


CLAIM = NormClaim()
