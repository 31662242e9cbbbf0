"""Exponential energy decay on finite groups, with the factor of the spectral support."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._energy import (
    at_most_one,
    energy_settings,
    given,
    modulus_hypotheses,
    no_mean,
    searched,
)
from proofs_numeric.derived_energy_decay import decay_cases
from proofs_numeric.engine.claim import Cases, Claim, Control
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


class GroupDecayClaim(Claim):
    name = "getter2025_energy_decay"
    title = "Exponential energy decay on finite groups"
    statement = (
        r"$W_n(f) \leq W_1(f) \prod_{m=1}^{n-1} (1 - 1/S_m)$, "
        r"$S_m = \max_\lambda |\mathrm{supp}\,\hat g_{\lambda_m}|$; "
        r"$W_1(f) = \|f\|^2 - \|f \ast \chi_0\|^2$ for Parseval frames"
    )
    source = "Getter 2025 (form of the abstract); proof on the torus in the notes"

    def hypotheses(self, setting):
        return (*modulus_hypotheses(setting), no_mean(setting, 2), at_most_one(setting))

    def given(self, setting, key):
        return given(setting)

    def searched(self, setting, attempt):
        return searched(setting, attempt)

    def evaluate(self, setting, witnesses) -> Cases:
        return decay_cases(setting, witnesses, wi.bounds.energy_decay_groups)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """Without the modulus nothing moves towards frequency zero."""
        grid = wi.Grid((129,))
        bank = energy_settings(key)[1].phi.layers[0].bank
        linear = wi.FeatureExtractor([wi.Layer(bank, wi.Identity())] * 2, grid, bank)
        modulus = wi.FeatureExtractor([wi.Layer(bank, wi.Modulus())] * 2, grid, bank)
        f = np.cos(2 * np.pi * 20 * np.arange(129) / 129)
        setting = Setting("linear", linear, f[None], ("wave",), band=5)
        cases = decay_cases(
            setting, given(setting), lambda _, f: wi.bounds.energy_decay_groups(modulus, f)
        )
        return (Control("modulus", "the identity in place of the modulus", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return energy_settings(key)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """At depth 1 an equality."""
        return {"depth 1": 1.0}


CLAIM = GroupDecayClaim()
