"""The best constant of Theorem 2 in one dimension, on the torus."""

from __future__ import annotations

import math

import numpy as np

import wiatowski as wi
from proofs_numeric._deformation import DeformationClaim, bandwidth, enough_on_a_line
from proofs_numeric._displacements import Displacement
from proofs_numeric._radial import radial_example
from proofs_numeric.engine.claim import Cases, Control, Witness
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _speaks_of(setting: Setting, field: Displacement) -> bool:
    return field.on_torus and field.lipschitz <= 1


def _bound(setting: Setting, field: Displacement) -> float:
    return wi.bounds.deformation_line(bandwidth(setting), field.tau_sup, field.omega_sup)


def _in_many_dimensions(claim: DeformationClaim) -> tuple[Control, ...]:
    """Theorem 2 in d = 40 allows more than 2 pi: the constant of the line is not that of space."""
    example = radial_example(ndim=40, reach=0.04)
    cases = Cases(
        np.array([example.difference]),
        np.array([2 * math.pi * example.reach * example.size]),
        np.array([example.error]),
        [Witness({}, {"ndim": 40, "reach": 0.04}, "radial")],
        ["d = 40, the indicator of a ball in frequency, a radial displacement"],
    )
    return (Control("d = 1", "d = 40, all other hypotheses of Theorem 2 met", cases),)


CLAIM = DeformationClaim(
    name="derived_deformation_line",
    title="Deformation sensitivity, best constant in d = 1",
    statement=(
        r"$|||\Phi(F_{\tau,\omega} f) - \Phi(f)||| \leq "
        r"2\pi\sqrt{v_0}\,(R\|\tau\|_\infty + \|\omega\|_\infty)\|f\|$ "
        r"if $x - \tau(x)$ does not decrease, $d = 1$; no smaller constant will do"
    ),
    source="derived for this package; Theorem 2 on the line in the notes",
    bound=_bound,
    speaks_of=_speaks_of,
    on_torus=True,
    requirements=enough_on_a_line,
    ceiling=lambda _: 1.0,
    further_controls=_in_many_dimensions,
)
