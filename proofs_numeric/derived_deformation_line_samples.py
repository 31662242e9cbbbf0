"""Theorem 2 on samples in one dimension: displacements counted, not measured."""

from __future__ import annotations

import wiatowski as wi
from proofs_numeric._deformation import DeformationClaim, bandwidth, everything
from proofs_numeric._displacements import Displacement
from proofs_numeric.engine.hypotheses import on_a_line
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _bound(setting: Setting, field: Displacement) -> float:
    return wi.bounds.deformation_line(
        bandwidth(setting),
        field.tau_sup,
        field.omega_sup,
        monotone=field.lipschitz <= 1,
        samples=True,
    )


CLAIM = DeformationClaim(
    name="derived_deformation_line_samples",
    title="Deformation sensitivity on samples, d = 1, any displacement",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq 2\pi\sqrt{v_0}\,"
        r"(R\sqrt{T m} + \|\omega\|_\infty)\|f\|$, $T = \|\tau\|_\infty$; "
        r"$m = \lceil T \rceil$ if $n - \tau_n$ does not decrease, "
        r"$m = \lceil 2T \rceil$ always"
    ),
    source="derived for this package; Theorem 2 on the line in the notes",
    bound=_bound,
    speaks_of=everything,
    on_torus=False,
    requirements=lambda setting: (on_a_line(setting),),
    ceiling=None,
)
