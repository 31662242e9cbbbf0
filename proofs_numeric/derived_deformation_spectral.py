"""The exact input-level constant of a given displacement (T2d)."""

from __future__ import annotations

import wiatowski as wi
from proofs_numeric._deformation import DeformationClaim, everything
from proofs_numeric._displacements import Displacement
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _bound(setting: Setting, field: Displacement) -> float:
    norm, _ = wi.bounds.deformation_operator_norm(field.tau, setting.band, field.omega)
    return float(norm)


CLAIM = DeformationClaim(
    name="derived_deformation_spectral",
    title="Deformation sensitivity, exact for a given displacement (T2d)",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq "
        r"\sqrt{v_0}\,N^{-d/2} \sigma_{\max}(E_{\tau,\omega} - E_0)\,\|f\|$"
    ),
    source="derived for this package; T2d of the notes",
    bound=_bound,
    speaks_of=everything,
    on_torus=False,
    ceiling=lambda _: 1.0,
)
