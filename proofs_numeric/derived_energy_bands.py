"""Exponential energy decay with a factor that does not know how many bins a filter has."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._energy import energy_settings, given, modulus_hypotheses, searched
from proofs_numeric.derived_energy_decay import decay_cases
from proofs_numeric.engine.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


class BandsClaim(Claim):
    name = "derived_energy_bands"
    title = "Exponential energy decay, factor of the bandwidths"
    statement = (
        r"$W_n(f) \leq W_1(f) \prod_{m=1}^{n-1} \gamma_m$, $\gamma_m = \max_\lambda (1 - \max_q "
        r"\min_{k \in \mathrm{supp}\,\hat g_\lambda} \sum_\nu q_\nu \varphi_\delta[k - \nu]^2)$, $q$ a "
        r"probability on $\mathbb{Z}$, $\varphi_\delta[k] = (1 - |k|/\delta)_+$, $\delta$ the gap of layer $m + 1$"
    )
    source = "derived for this package; sharper than the factor of Getter 2025 for broad filters"

    def hypotheses(self, setting):
        d = setting.grid.ndim
        line = Hypothesis("d = 1", d == 1, f"d = {d}", scope=True)
        return (line, *modulus_hypotheses(setting))

    def given(self, setting, key):
        return given(setting)

    def searched(self, setting, attempt):
        return searched(setting, attempt)

    def evaluate(self, setting, witnesses) -> Cases:
        return decay_cases(setting, witnesses, wi.bounds.energy_decay_bands)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """Without the modulus nothing moves towards frequency zero."""
        grid = wi.Grid((129,))
        bank = energy_settings(key)[1].phi.layers[0].bank
        linear = wi.FeatureExtractor([wi.Layer(bank, wi.Identity())] * 2, grid, bank)
        modulus = wi.FeatureExtractor([wi.Layer(bank, wi.Modulus())] * 2, grid, bank)
        f = np.cos(2 * np.pi * 20 * np.arange(129) / 129)
        setting = Setting("linear", linear, f[None], ("wave",), band=5)
        cases = decay_cases(
            setting, given(setting), lambda _, f: wi.bounds.energy_decay_bands(modulus, f)
        )
        return (Control("modulus", "the identity in place of the modulus", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return energy_settings(key)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """At depth 1 an equality."""
        return {"depth 1": 1.0}


CLAIM = BandsClaim()
