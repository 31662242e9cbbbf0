"""Exponential energy decay with a factor that does not know how many bins a filter has."""

from __future__ import annotations

import wiatowski as wi
from proofs_numeric._decay import DecayClaim, without_modulus
from proofs_numeric._energy import modulus_hypotheses
from proofs_numeric.engine.claim import Hypothesis
from proofs_numeric.engine.hypotheses import on_a_line
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _requirements(setting: Setting) -> tuple[Hypothesis, ...]:
    return (on_a_line(setting), *modulus_hypotheses(setting))


CLAIM = DecayClaim(
    name="derived_energy_bands",
    title="Exponential energy decay, factor of the bandwidths",
    statement=(
        r"$W_n(f) \leq W_1(f) \prod_{m=1}^{n-1} \gamma_m$, $\gamma_m = \max_\lambda (1 - \max_q "
        r"\min_{k \in \mathrm{supp}\,\hat g_\lambda} \sum_\nu q_\nu \varphi_\delta[k - \nu]^2)$, $q$ a "
        r"probability on $\mathbb{Z}$, $\varphi_\delta[k] = (1 - |k|/\delta)_+$, $\delta$ the gap of "
        r"layer $m + 1$"
    ),
    source="derived for this package; sharper than the factor of Getter 2025 for broad filters",
    bound=wi.bounds.energy_decay_bands,
    requirements=_requirements,
    broken=without_modulus,
)
