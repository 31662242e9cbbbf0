"""Theorem 2 on the torus without any regularity of the displacement."""

from __future__ import annotations

import math

import wiatowski as wi
from proofs_numeric._deformation import (
    DeformationClaim,
    bandwidth,
    enough_samples,
    known_between,
)
from proofs_numeric._displacements import Displacement
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _bound(setting: Setting, field: Displacement) -> float:
    return wi.bounds.deformation_rough_torus(
        bandwidth(setting), field.tau_sup, field.omega_sup, setting.grid.ndim
    )


def _ceiling(setting: Setting) -> float:
    """The searched constant displacement of RT = 0.002."""
    return (
        math.sin(0.002 * math.pi)
        / (0.002 * math.pi)
        / (1 + 0.016 * math.pi) ** (setting.grid.ndim / 2)
    )


CLAIM = DeformationClaim(
    name="derived_deformation_rough_torus",
    title="Deformation sensitivity on the torus, any displacement",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq 2\pi\sqrt{v_0}\,"
        r"(RT(1 + 8\pi RT)^{d/2} + \|\omega\|_\infty)\|f\|$, $T = \|\tau\|_\infty$"
    ),
    source="derived for this package; the regime $RT \\ll 1$ is that of Nicola & Trapasso 2025",
    bound=_bound,
    speaks_of=known_between,
    on_torus=True,
    requirements=enough_samples,
    ceiling=_ceiling,
)
