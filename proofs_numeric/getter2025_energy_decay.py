"""Exponential energy decay on finite groups, with the factor of the spectral support."""

from __future__ import annotations

import wiatowski as wi
from proofs_numeric._decay import DecayClaim, without_modulus
from proofs_numeric._energy import at_most_one, modulus_hypotheses, no_mean
from proofs_numeric.engine.claim import Hypothesis
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _requirements(setting: Setting) -> tuple[Hypothesis, ...]:
    return (*modulus_hypotheses(setting), no_mean(setting, 2), at_most_one(setting))


CLAIM = DecayClaim(
    name="getter2025_energy_decay",
    title="Exponential energy decay on finite groups",
    statement=(
        r"$W_n(f) \leq W_1(f) \prod_{m=1}^{n-1} (1 - 1/S_m)$, "
        r"$S_m = \max_\lambda |\mathrm{supp}\,\hat g_{\lambda_m}|$; "
        r"$W_1(f) = \|f\|^2 - \|f \ast \chi_0\|^2$ for Parseval frames"
    ),
    source="Getter 2025 (form of the abstract); proof on the torus in the notes",
    bound=wi.bounds.energy_decay_groups,
    requirements=_requirements,
    broken=without_modulus,
)
