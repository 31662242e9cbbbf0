"""Theorem 2 on samples in one dimension, through the large sieve (T2a)."""

from __future__ import annotations

import wiatowski as wi
from proofs_numeric._deformation import Form, bandwidth
from proofs_numeric._displacements import Displacement
from proofs_numeric.claim import Hypothesis
from proofs_numeric.deformation_forms import DeformationClaim
from proofs_numeric.setting import Setting

__all__ = ["CLAIM"]


def _bound(setting: Setting, field: Displacement) -> float:
    return wi.bounds.deformation_sieve(
        bandwidth(setting), field.tau_sup, field.omega_sup, field.jacobian_sup
    )


def _requirements(setting: Setting) -> tuple[Hypothesis, ...]:
    return (
        Hypothesis("d = 1", setting.grid.ndim == 1, f"d = {setting.grid.ndim}"),
        Hypothesis("displacement of slope below one", min(setting.grid.shape) > 4),
    )


CLAIM = DeformationClaim(
    name="derived_deformation_sieve",
    title="Deformation sensitivity on samples, d = 1 (T2a)",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq \sqrt{v_0}\,"
        r"(2\pi R\|\tau\|_\infty C_1(L, R) + 2\pi\|\omega\|_\infty)\|f\|$, "
        r"$C_1 = \int_0^1 \sqrt{2R + 1/(1 - sL)}\,ds$"
    ),
    source="derived for this package from the large sieve; T2a of the notes",
    form=Form(_bound, on_torus=False, kinds=("constant", "smooth")),
    requirements=_requirements,
)
