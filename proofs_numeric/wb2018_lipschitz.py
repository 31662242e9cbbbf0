"""The extractor is Lipschitz with constant one."""

from __future__ import annotations

import jax

from proofs_numeric._inadmissible import inadmissible_setting
from proofs_numeric._lipschitz import pair_cases, random_pairs, searched
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis
from proofs_numeric.engine.setting import Setting, admissibility

__all__ = ["CLAIM"]


class LipschitzClaim(Claim):
    name = "wb2018_lipschitz"
    title = "The extractor is Lipschitz with constant one"
    statement = r"$|||\Phi_\Omega(f) - \Phi_\Omega(h)||| \leq \|f - h\|$"
    source = "Wiatowski & Bölcskei 2018, Lipschitz property under the admissibility condition"

    def hypotheses(self, setting):
        return (Hypothesis("admissible", *admissibility(setting.phi)),)

    def given(self, setting, key):
        return random_pairs(setting, key)

    def searched(self, setting, attempt):
        return searched(setting, attempt)

    def evaluate(self, setting, witnesses) -> Cases:
        return pair_cases(setting, witnesses, constant=1.0)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = inadmissible_setting()
        cases = self.evaluate(setting, self.searched(setting, Attempt(key)))
        return (Control("not admissible", "banks with B = 2.25 instead of 1", cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """1 where the first output atom passes some wave unchanged."""
        return {"": float(abs(setting.phi.banks[0].output_atom_hat).max())}


CLAIM = LipschitzClaim()
