"""Theorem 2 in one dimension by the paper's own route: a kernel and Schur's lemma."""

from __future__ import annotations

import math

import wiatowski as wi
from proofs_numeric._deformation import (
    DeformationClaim,
    bandwidth,
    enough_on_a_line,
    smooth_slope,
)
from proofs_numeric._displacements import Displacement
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _bound(setting: Setting, field: Displacement) -> float:
    return wi.bounds.deformation_schur(bandwidth(setting), field.tau_sup, field.omega_sup)


CLAIM = DeformationClaim(
    name="wb2018_deformation_schur",
    title="Deformation sensitivity by Schur's lemma, d = 1",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq "
        r"\sqrt{v_0}\,C_\eta (R\|\tau\|_\infty + \|\omega\|_\infty)\|f\|$, "
        r"$C_\eta = \sqrt{2\ln 2}\,\max\{\|\eta'\|_1, 2\pi\|\eta\|_1\} < 11.069$, "
        r"$|\tau'| \leq 1/2$"
    ),
    source="the method of Wiatowski & Bölcskei 2018, Theorem 2 (from memory), made explicit",
    bound=_bound,
    speaks_of=smooth_slope,
    on_torus=True,
    requirements=enough_on_a_line,
    ceiling=lambda _: 2 * math.pi / wi.bounds.SCHUR_CONSTANT,
)
