"""Nicola and Trapasso: rough deformations, linear below the scale of the signal, a power above."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

from proofs_numeric._slopes import fitted
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.hypotheses import on_functions
from proofs_numeric.engine.setting import Continuum, Setting

__all__ = ["CLAIM"]

_SMALL = (0.001, 0.002, 0.004, 0.008)
_LARGE = (64.0, 128.0, 256.0, 512.0)
LINEAR, GROWTH = "exponent for T << s", "exponent for T >> s"


class GrowthClaim(Claim):
    name = "nt2025_growth"
    title = "Rough deformations below and above the scale of the signal, measured exponents"
    statement = (
        r"$\sup_{|\tau| \leq T} \|F_\tau f - f\|$ for a Gaussian of width $s$ grows with exponent 1 in $T/s$ "
        r"for $T \ll s$ and with exponent $d/2$ for $T \gg s$; any measurable $\tau$"
    )
    source = (
        "Nicola & Trapasso 2025 (arXiv 2104.11977: linear regime from the abstract, exponent d/2 from "
        "memory)"
    )
    on_extractors = False

    def hypotheses(self, setting):
        return (on_functions(setting),)

    def given(self, setting, key):
        d = setting.grid.ndim
        return [Witness({}, {"ndim": d, "kind": kind}, "Gaussian") for kind in (LINEAR, GROWTH)]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """The worst displacement is known: towards the top or away from it."""
        return []

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(witnesses, None)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        told = [Witness({}, {"ndim": 2, "kind": GROWTH}, "Gaussian")]
        cases = _compare(told, 1)
        return (Control("the dimension", "d = 2 counted as d = 1", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return [Continuum.of(d) for d in (1, 2, 3)]

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {LINEAR: 1.0, GROWTH: 1.0}


def worst_difference(ndim: int, reach: float) -> float:
    r"""$\sup_{|\tau|\le T}\|F_\tau f - f\|$ for $f(x) = e^{-|x|^2/2}$, up to the area of the sphere."""
    edges = np.linspace(0, reach + 12, 4001)
    x, weights = np.polynomial.legendre.leggauss(6)
    r = ((edges[1:] + edges[:-1]) / 2)[:, None] + np.diff(edges)[:, None] / 2 * x

    def f(radius):
        return np.exp(-0.5 * radius**2)

    # A radial function that falls is changed most towards the centre or away from it.
    change = np.maximum(f(np.maximum(r - reach, 0)) - f(r), f(r) - f(r + reach))
    return float(
        np.sqrt(np.sum(np.diff(edges)[:, None] / 2 * weights * change**2 * r ** (ndim - 1)))
    )


def _compare(witnesses: Sequence[Witness], told: int | None) -> Cases:
    measured, predicted, budget, texts = [], [], [], []
    for w in witnesses:
        d, kind = w.parameters["ndim"], w.parameters["kind"]
        reaches = _SMALL if kind == LINEAR else _LARGE
        found = fitted(reaches, [worst_difference(d, t) for t in reaches])
        expected = 1.0 if kind == LINEAR else (told or d) / 2
        measured.append(found.value)
        predicted.append(expected)
        # Both regimes are limits: the largest displacement of four still differs by its inverse.
        budget.append(found.error + (_SMALL[-1] if kind == LINEAR else d / _LARGE[0]))
        texts.append(f"d = {d}, {kind}: {found.value:.4f}")
    return Cases(
        np.array(measured),
        np.array(predicted),
        np.array(budget),
        list(witnesses),
        texts,
        [w.parameters["kind"] for w in witnesses],
    )


CLAIM = GrowthClaim()
