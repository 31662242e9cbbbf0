"""Energy decay under modulus layers on the cyclic group, with the factor of the actual supports."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._energy import (
    energy_rounding,
    energy_settings,
    given,
    modulus_hypotheses,
    propagated,
    searched,
)
from proofs_numeric._one_sided import blocks
from proofs_numeric.engine.claim import Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.setting import Setting, alone

__all__ = ["CLAIM", "decay_cases"]


class DecayClaim(Claim):
    name = "derived_energy_decay"
    title = "Energy decay on the cyclic group (Theorem E)"
    statement = (
        r"$W_n(f) \leq \frac{1}{N} \sum_k |\hat f[k]|^2 (1 - \varphi_{\rho_n}[k]^2)$, "
        r"$\varphi_\rho[k] = (1 - |k|/\rho)_+$, $\rho_n = \delta a^{n-1}$, "
        r"$a = \min_\lambda \max_\nu \min_{k \in \mathrm{supp}\,\hat g_\lambda} |k|/|k - \nu|$; "
        r"layers may differ, pooling by dilation"
    )
    source = "derived for this package, after Wiatowski, Grohs & Bölcskei 2018, Theorems 1 and 2"

    def hypotheses(self, setting):
        d = setting.grid.ndim
        line = Hypothesis("d = 1", d == 1, f"d = {d}", scope=True)
        return (line, *modulus_hypotheses(setting))

    def given(self, setting, key):
        return given(setting)

    def searched(self, setting, attempt):
        return searched(setting, attempt)

    def evaluate(self, setting, witnesses) -> Cases:
        return decay_cases(setting, witnesses, wi.bounds.energy_decay)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """Real band-pass blocks have a = 1; told the growth of one side, the bound is wrong."""
        grid = wi.Grid((129,))
        sided = blocks(grid, gap=20, width=3)
        pairs = np.asarray(sided.atoms_hat).reshape(-1, 2, 129).sum(axis=1)
        real = wi.FilterBank(pairs, sided.output_atom_hat, grid)
        told = wi.FeatureExtractor([wi.Layer(sided, wi.Modulus())] * 2, grid, sided)
        phi = wi.FeatureExtractor([wi.Layer(real, wi.Modulus())] * 2, grid, real)
        f = np.cos(2 * np.pi * 20 * np.arange(129) / 129)
        setting = Setting("two-sided blocks", phi, f[None], ("wave",), band=5)
        cases = decay_cases(setting, given(setting), lambda _, f: wi.bounds.energy_decay(told, f))
        text = "real filters, both sides in one atom, with the factor of one-sided ones"
        return (Control("filters on one side of the spectrum", text, cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return energy_settings(key)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """At depth 1 an equality."""
        return {"depth 1": 1.0}


def decay_cases(setting: Setting, witnesses: Sequence[Witness], bound) -> Cases:
    r"""$W_n(f)$ against `bound(phi, f)`, a value for each n = 1..D."""
    energy = propagated(setting, witnesses)[:, 1:]
    predicted = []
    for w in witnesses:
        with alone(setting, f"bound {bound}"):
            signal = np.asarray(w.arrays["signal"], setting.signals.dtype)
            predicted.append(np.asarray(bound(setting.phi, signal), float))
    depths = range(1, setting.phi.depth + 1)
    return Cases(
        energy,
        np.array(predicted),
        np.repeat(energy_rounding(setting, witnesses), len(depths)),
        [w for w in witnesses for _ in depths],
        [f"depth {n}" for _ in witnesses for n in depths],
        [f"depth {n}" for _ in witnesses for n in depths],
    )


CLAIM = DecayClaim()
