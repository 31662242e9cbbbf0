"""Energy decay under modulus layers on the cyclic group, with the factor of the actual supports."""

from __future__ import annotations

import numpy as np

import wiatowski as wi
from proofs_numeric._decay import DecayClaim, decay_cases
from proofs_numeric._energy import modulus_hypotheses
from proofs_numeric._one_sided import blocks
from proofs_numeric.engine.claim import Control, Hypothesis, own_signals
from proofs_numeric.engine.hypotheses import on_a_line
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _requirements(setting: Setting) -> tuple[Hypothesis, ...]:
    return (on_a_line(setting), *modulus_hypotheses(setting))


def _both_sides(claim: DecayClaim) -> tuple[Control, ...]:
    """Real band-pass blocks have a = 1; told the growth of one side, the bound is wrong."""
    grid = wi.Grid((129,))
    sided = blocks(grid, gap=20, width=3)
    pairs = np.asarray(sided.atoms_hat).reshape(-1, 2, 129).sum(axis=1)
    real = wi.FilterBank(pairs, sided.output_atom_hat, grid)
    told = wi.FeatureExtractor([wi.Layer(sided, wi.Modulus())] * 2, grid, sided)
    phi = wi.FeatureExtractor([wi.Layer(real, wi.Modulus())] * 2, grid, real)
    f = np.cos(2 * np.pi * 20 * np.arange(129) / 129)
    setting = Setting("two-sided blocks", phi, f[None], ("wave",), band=5)
    cases = decay_cases(setting, own_signals(setting), lambda _, f: claim.bound(told, f))
    text = "real filters, both sides in one atom, with the factor of one-sided ones"
    return (Control("filters on one side of the spectrum", text, cases),)


CLAIM = DecayClaim(
    name="derived_energy_decay",
    title="Energy decay on the cyclic group (Theorem E)",
    statement=(
        r"$W_n(f) \leq \frac{1}{N} \sum_k |\hat f[k]|^2 (1 - \varphi_{\rho_n}[k]^2)$, "
        r"$\varphi_\rho[k] = (1 - |k|/\rho)_+$, $\rho_n = \delta a^{n-1}$, "
        r"$a = \min_\lambda \max_\nu \min_{k \in \mathrm{supp}\,\hat g_\lambda} |k|/|k - \nu|$; "
        r"layers may differ, pooling by dilation"
    ),
    source="derived for this package, after Wiatowski, Grohs & Bölcskei 2018, Theorems 1 and 2",
    bound=wi.bounds.energy_decay,
    requirements=_requirements,
    broken=_both_sides,
)
