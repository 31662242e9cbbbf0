"""Theorem 2 on the torus for every displacement that folds nothing."""

from __future__ import annotations

import wiatowski as wi
from proofs_numeric._deformation import DeformationClaim, bandwidth, enough_samples
from proofs_numeric._displacements import Displacement
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _speaks_of(setting: Setting, field: Displacement) -> bool:
    return field.on_torus and field.operator_sup < 1


def _bound(setting: Setting, field: Displacement) -> float:
    return wi.bounds.deformation_expansion(
        bandwidth(setting), field.tau_sup, field.omega_sup, field.operator_sup, setting.grid.ndim
    )


CLAIM = DeformationClaim(
    name="derived_deformation_expansion",
    title="Deformation sensitivity on the torus, steep displacements",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq 2\pi\sqrt{v_0}\,"
        r"(R\|\tau\|_\infty \int_0^1 (1 - s\rho)^{-d/2} ds + \|\omega\|_\infty)\|f\|$, "
        r"$\rho = \sup\|D\tau\|_{op} < 1$"
    ),
    source="derived for this package; part B of the proof of Theorem 2 with the operator norm",
    bound=_bound,
    speaks_of=_speaks_of,
    on_torus=True,
    requirements=enough_samples,
    ceiling=lambda _: 1.0,
)
