"""Theorem 2 on the torus with the factor that depends on the slope."""

from __future__ import annotations

import wiatowski as wi
from proofs_numeric._deformation import (
    DeformationClaim,
    bandwidth,
    enough_samples,
    smooth_slope,
)
from proofs_numeric._displacements import Displacement
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _bound(setting: Setting, field: Displacement) -> float:
    return wi.bounds.deformation_torus(
        bandwidth(setting), field.tau_sup, field.omega_sup, field.jacobian_sup, setting.grid.ndim
    )


CLAIM = DeformationClaim(
    name="derived_deformation_stretch",
    title="Deformation sensitivity on the torus, factor of the slope",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq "
        r"2\pi\sqrt{v_0}\,(c(\kappa) R\|\tau\|_\infty + \|\omega\|_\infty)\|f\|$, "
        r"$c(\kappa) = 2(1 - \sqrt{1 - \kappa})/\kappa$, $\kappa = d\|D\tau\|_\infty$"
    ),
    source="derived for this package; part B of the proof of Theorem 2 in the notes",
    bound=_bound,
    speaks_of=smooth_slope,
    on_torus=True,
    requirements=enough_samples,
    ceiling=lambda _: 1.0,
)
