"""Theorem 2 on samples, through the large sieve (T2a)."""

from __future__ import annotations

import math

import wiatowski as wi
from proofs_numeric._deformation import DeformationClaim
from proofs_numeric._displacements import Displacement
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _speaks_of(setting: Setting, field: Displacement) -> bool:
    return field.lipschitz < 1


def _widths(setting: Setting) -> list[float]:
    return [setting.band / n for n in setting.grid.shape]


def _bound(setting: Setting, field: Displacement) -> float:
    return wi.bounds.deformation_sieve(
        _widths(setting), field.tau_sup, field.omega_sup, field.lipschitz
    )


def _ceiling(setting: Setting) -> float:
    """A constant displacement, L = 0: what the sieve gives away at whole separations."""
    return math.prod((1 + 2 * r) ** -0.5 for r in _widths(setting))


CLAIM = DeformationClaim(
    name="derived_deformation_sieve",
    title="Deformation sensitivity on samples (T2a)",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq \sqrt{v_0}\,"
        r"(2\pi R\|\tau\|_\infty C_d(L, R) + 2\pi\|\omega\|_\infty)\|f\|$, "
        r"$C_d = \int_0^1 \prod_i (2R_i + 1/(1 - sL))^{1/2} ds$, "
        r"$|\tau(n) - \tau(m)|_\infty \leq L|n - m|_\infty$, $L < 1$"
    ),
    source="derived for this package from the large sieve; T2a of the notes",
    bound=_bound,
    speaks_of=_speaks_of,
    on_torus=False,
    ceiling=_ceiling,
)
