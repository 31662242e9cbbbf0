"""Theorem 2 on the torus with the explicit constant."""

from __future__ import annotations

import math

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
    # Raises for a displacement outside the theorem; the sharper value itself is another claim.
    wi.bounds.deformation_torus(1.0, 1.0, 0.0, field.jacobian_sup, setting.grid.ndim)
    size = bandwidth(setting) * field.tau_sup + field.omega_sup
    return wi.bounds.DEFORMATION_CONSTANT * size


CLAIM = DeformationClaim(
    name="wb2018_deformation_torus",
    title="Deformation sensitivity (Theorem 2) on the torus",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| "
        r"\leq \sqrt{v_0}\,C (R\|\tau\|_\infty + \|\omega\|_\infty)\|f\|$, "
        r"$C = 2\pi(4 - 2\sqrt{2}) = 7.3612$, $\|D\tau\|_\infty \leq 1/(2d)$, "
        r"$L^2$ norm of the torus; $v_0 \leq 1$ if admissible"
    ),
    source="Wiatowski & Bölcskei 2018, Theorem 2; the constant is derived for this package",
    bound=_bound,
    speaks_of=smooth_slope,
    on_torus=True,
    requirements=enough_samples,
    ceiling=lambda _: 2 * math.pi / wi.bounds.DEFORMATION_CONSTANT,
)
