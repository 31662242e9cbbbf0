"""Theorem 2 on samples for any displacement, without smoothness (T2b)."""

from __future__ import annotations

import math

import wiatowski as wi
from proofs_numeric._deformation import DeformationClaim, bandwidth, everything
from proofs_numeric._displacements import Displacement
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _bound(setting: Setting, field: Displacement) -> float:
    return wi.bounds.deformation_rough(
        bandwidth(setting), field.tau_sup, field.omega_sup, setting.grid.ndim
    )


def _ceiling(setting: Setting) -> float:
    """A small constant displacement."""
    return (1 + 4 * math.pi * bandwidth(setting)) ** (-setting.grid.ndim / 2)


CLAIM = DeformationClaim(
    name="derived_deformation_rough",
    title="Deformation sensitivity on samples, any displacement (T2b)",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq \sqrt{v_0}\,"
        r"(2\pi R T (1 + 4\pi R(\lfloor 2T \rfloor + 1))^{d/2} + 2\pi\|\omega\|_\infty)\|f\|$, "
        r"$T = \|\tau\|_\infty$"
    ),
    source="derived for this package; T2b of the notes",
    bound=_bound,
    speaks_of=everything,
    on_torus=False,
    ceiling=_ceiling,
)
