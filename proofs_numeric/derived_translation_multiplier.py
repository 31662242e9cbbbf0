"""The smallest constant of the translation bound, for every shift (D1 and D2)."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._position_dependent import position_dependent_setting
from proofs_numeric._translation import (
    at_depth,
    compare,
    first_axis,
    given,
    searched,
    shift_hypotheses,
    witness,
)
from proofs_numeric.engine.claim import Cases, Claim, Control
from proofs_numeric.engine.setting import Setting, once_per_setting
from proofs_numeric.engine.starts import steepest_wave

__all__ = ["CLAIM"]


class MultiplierClaim(Claim):
    name = "derived_translation_multiplier"
    title = "Translation over all shifts, sharp at each (D1, D2)"
    statement = (
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \kappa_n(m) \sqrt{W_n(f)}$, "
        r"$\kappa_n(m) = \max_k 2|\sin \pi\langle m, k/N_n\rangle|\,|\hat\chi_n[k]|$, "
        r"$m = t$ divided by the strides before depth $n$"
    )
    source = "derived for this package; D1 and D2 of the notes, before sin is replaced by its slope"

    def hypotheses(self, setting):
        return shift_hypotheses(setting)

    def given(self, setting, key):
        return given(setting, _shifts(setting)[::2])

    def searched(self, setting, attempt):
        """At depth 0 the worst wave of each shift; below it an ascent, a shift per attempt."""
        shifts = _shifts(setting)
        shift = shifts[attempt.number % len(shifts)]
        found = searched(setting, attempt, shift, _aim)
        if attempt.number == 0:
            found += [witness(steepest_wave(setting, t), t, 0) for t in shifts]
        return found

    def evaluate(self, setting, witnesses) -> Cases:
        return compare(setting, witnesses, _bound)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting, comb = position_dependent_setting()
        cases = self.evaluate(setting, [witness(comb, (1,), None, "comb")])
        text = "a map that keeps only samples at even places"
        return (Control("M does not commute with shifts", text, cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {"depth 0": 1.0}


def _shifts(setting: Setting) -> list[tuple[int, ...]]:
    """Shifts that every grid takes, from one step to half a period."""
    stride, half = setting.phi.strides[-1], setting.grid.shape[0] // 2
    lengths = sorted({stride * m for m in (1, 2, 3, 5, 8, 13, 21)} | {half // stride * stride})
    return [first_axis(setting, t) for t in lengths if 0 < t <= half]


@once_per_setting
def _kappa(setting: Setting, depth: int, shift: tuple) -> float:
    samples = np.asarray(shift) / setting.phi.strides[depth]
    return float(wi.bounds.translation_multiplier_norm(setting.phi, depth, samples))


def _bound(setting: Setting, depth: int, shift, energy: float, features: float) -> float:
    return _kappa(setting, depth, tuple(np.asarray(shift).tolist())) * float(np.sqrt(energy))


def _aim(setting: Setting, depth: int, shift):
    return at_depth(setting, depth, shift, energy=1.0)


CLAIM = MultiplierClaim()
