"""Nicola and Trapasso: how smooth a deformation has to be for scattering to be stable."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._slopes import fitted
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.hypotheses import on_own_line
from proofs_numeric.engine.setting import Continuum, Setting, differences, once_per_setting

__all__ = ["CLAIM"]

_SIZE = 1024
_RIPPLES = (8, 16, 32, 64)
_AMPLITUDE = 0.02


class HolderClaim(Claim):
    name = "nt2023_holder"
    title = "Smoothness that stability needs, measured exponent"
    statement = (
        r"$\sup_\xi \|S F_\tau e_\xi - S e_\xi\|/\|e_\xi\|$, $e_\xi$ waves, $\tau(x) = A \cos(2\pi m x/N)$ "
        r"with fixed small $A$, grows with exponent at most 1 in $m$: it is bounded by the norm of "
        r"$\tau$ in $C^\alpha$ for $\alpha \geq 1$ and by none with $\alpha < 1$"
    )
    source = (
        "Nicola & Trapasso 2023 (arXiv 2205.11142, abstract: stable for $\\alpha > 1$, unstable for "
        "$0 \\leq \\alpha < 1$), as an exponent"
    )
    on_extractors = False

    def hypotheses(self, setting):
        return (on_own_line(setting),)

    def given(self, setting, key):
        return [Witness({}, {"amplitude": a}, "waves") for a in (_AMPLITUDE, _AMPLITUDE / 2)]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """All frequencies are tried already."""
        return []

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, 1.0)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        where = Continuum.of(1)
        cases = _compare(where, self.given(where, key)[:1], 0.5)
        text = "the bound by the norm in C^(1/2), which would need exponent 1/2"
        return (Control("alpha at least 1", text, cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return [Continuum.of(1)]

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {"": 1.0}


@once_per_setting
def _extractor(setting: Setting) -> Setting:
    grid = wi.Grid((_SIZE,))
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Meyer(scales=6), wi.Modulus())], grid)
    return Setting("scattering", phi, np.zeros((1, _SIZE), complex), ("zero",), 5)


def _compare(setting: Setting, witnesses: Sequence[Witness], exponent: float) -> Cases:
    x = np.arange(_SIZE)
    frequencies = np.arange(4, _SIZE // 2 - 80, 6)
    found = []
    for w in witnesses:
        largest = []
        for ripples in _RIPPLES:
            moved = x - w.parameters["amplitude"] * np.cos(2 * np.pi * ripples * x / _SIZE)
            still = np.exp(2j * np.pi * np.outer(frequencies, x) / _SIZE)
            other = np.exp(2j * np.pi * np.outer(frequencies, moved) / _SIZE)
            total = differences(_extractor(setting), still, other)["total"]
            largest.append(float(total.max()) / np.sqrt(_SIZE))
        found.append(fitted(_RIPPLES, largest))
    return Cases(
        np.array([p.value for p in found]),
        np.full(len(found), exponent),
        np.array([p.error for p in found]),
        list(witnesses),
        [
            f"A = {w.parameters['amplitude']:g}: exponent {p.value:.3f}"
            for w, p in zip(witnesses, found)
        ],
    )


CLAIM = HolderClaim()
