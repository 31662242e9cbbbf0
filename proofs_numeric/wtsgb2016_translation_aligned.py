"""Translation where pooling drops samples: exact for shifts by multiples of the strides (D1)."""

from __future__ import annotations

import jax

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
from proofs_numeric.allpass import allpass_extractor, alternating_signal
from proofs_numeric.engine.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


class AlignedTranslationClaim(Claim):
    name = "wtsgb2016_translation_aligned"
    title = "Translation by multiples of the strides, pooling that drops samples (D1)"
    statement = (
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \frac{2\pi |t| K_n}{S_1 \cdots S_n} \sqrt{W_n(f)}$ "
        r"for $t \in S_1 \cdots S_n \mathbb{Z}^d$"
    )
    source = "Wiatowski et al. 2016, covariance with sub-sampling; D1 of the notes"

    def hypotheses(self, setting):
        strides = setting.phi.strides
        dropped = Hypothesis("samples dropped", strides[-1] > 1, f"strides {strides}", True)
        return (*shift_hypotheses(setting), dropped)

    def given(self, setting, key):
        stride = setting.phi.strides[-1]
        return given(setting, unit_shifts(setting.grid.ndim, (stride, 2 * stride)))

    def searched(self, setting, attempt):
        return searched(setting, attempt, first_axis(setting, setting.phi.strides[-1]), aim_energy)

    def evaluate(self, setting, witnesses) -> Cases:
        return compare(setting, witnesses, linear_bound)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        phi = allpass_extractor(depth=3)
        f = alternating_signal(phi)
        setting = Setting("all-pass", phi, f[None], ("alternating",), band=5)
        cases = self.evaluate(setting, [witness(f, (1,), None, "alternating")])
        text = "all-pass extractor, t = 1"
        return (Control("shift not a multiple of the strides", text, cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """Nothing is pooled yet at depth 0."""
        return {"depth 0": depth_zero_ratio(setting, setting.phi.strides[-1])}


CLAIM = AlignedTranslationClaim()
