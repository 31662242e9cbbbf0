"""The extractor is Lipschitz with constant one."""

from __future__ import annotations

import jax

from proofs_numeric._lipschitz import pair_cases, random_pairs, searched_pairs
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.drawn_settings import inadmissible_setting
from proofs_numeric.setting import Setting, admissibility

__all__ = ["CLAIM"]


class LipschitzClaim(Claim):
    name = "wb2018_lipschitz"
    title = "The extractor is Lipschitz with constant one"
    statement = r"$|||\Phi_\Omega(f) - \Phi_\Omega(h)||| \leq \|f - h\|$"
    source = "Wiatowski & Bölcskei 2018, Lipschitz property under the admissibility condition"

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        return (Hypothesis("admissible", *admissibility(setting.phi)),)

    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        return pair_cases(setting, *random_pairs(setting, key), constant=1.0)

    def search(self, setting: Setting, key: jax.Array) -> Cases:
        return pair_cases(setting, *searched_pairs(setting), constant=1.0)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        found = self.search(inadmissible_setting(key), key)
        return (Control("not admissible", "banks with B = 2.25 instead of 1", found),)


CLAIM = LipschitzClaim()
