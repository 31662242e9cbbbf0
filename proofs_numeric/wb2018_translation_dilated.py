"""Theorem 1 where pooling is dilation: exact for every whole shift (D2)."""

from __future__ import annotations

import jax

from proofs_numeric._position_dependent import position_dependent_setting
from proofs_numeric._translation import (
    aim_energy,
    compare,
    depth_zero_ratio,
    first_axis,
    given,
    linear_bound,
    searched,
    shift_hypotheses,
    unit_shifts,
    witness,
)
from proofs_numeric.engine.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


class DilatedTranslationClaim(Claim):
    name = "wb2018_translation_dilated"
    title = "Vertical translation invariance, pooling by dilation (D2)"
    statement = (
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \frac{2\pi |t| K_n}{S_1 \cdots S_n} \sqrt{W_n(f)}$ "
        r"for every whole $t$, and $W_n(f) \leq \|f\|^2$"
    )
    source = "Wiatowski & Bölcskei 2018, Theorem 1; on the grid as D2 of the notes"

    def hypotheses(self, setting):
        strides = setting.phi.strides
        dropped = Hypothesis("no samples dropped", strides[-1] == 1, f"strides {strides}", True)
        return (*shift_hypotheses(setting), dropped)

    def given(self, setting, key):
        return given(setting, unit_shifts(setting.grid.ndim, (1, 3)))

    def searched(self, setting, attempt):
        return searched(setting, attempt, first_axis(setting, 1), aim_energy)

    def evaluate(self, setting, witnesses) -> Cases:
        return compare(setting, witnesses, linear_bound)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting, comb = position_dependent_setting()
        cases = self.evaluate(setting, [witness(comb, (1,), None, "comb")])
        text = "a map that keeps only samples at even places"
        return (Control("M does not commute with shifts", text, cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {"depth 0": depth_zero_ratio(setting, 1)}


CLAIM = DilatedTranslationClaim()
