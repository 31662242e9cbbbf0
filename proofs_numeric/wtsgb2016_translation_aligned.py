"""Theorem 1 where samples are dropped: exact for shifts by multiples of the strides (D1)."""

from __future__ import annotations

import jax

from proofs_numeric._translation import (
    given_cases,
    searched_cases,
    shift_cases,
    shift_hypotheses,
    unit_shifts,
)
from proofs_numeric.allpass import allpass_extractor, alternating_signal
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.setting import Setting

__all__ = ["CLAIM"]


class AlignedTranslationClaim(Claim):
    name = "wtsgb2016_translation_aligned"
    title = "Translation by multiples of the strides, pooling that drops samples (D1)"
    statement = (
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \frac{2\pi |t| K_n}{S_1 \cdots S_n} \sqrt{W_n(f)}$ "
        r"for $t \in S_1 \cdots S_n \mathbb{Z}^d$"
    )
    source = "Wiatowski et al. 2016, covariance with sub-sampling; D1 of the notes"

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        phi = setting.phi
        admissible, pointwise = shift_hypotheses(setting)
        return (
            admissible,
            Hypothesis("samples dropped", phi.strides[-1] > 1, f"strides {phi.strides}"),
            pointwise,
        )

    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        stride = setting.phi.strides[-1]
        return given_cases(setting, unit_shifts(setting.grid.ndim, stride, 2 * stride))

    def search(self, setting: Setting, key: jax.Array) -> Cases:
        stride = setting.phi.strides[-1]
        return searched_cases(setting, key, (stride,) + (0,) * (setting.grid.ndim - 1))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        phi = allpass_extractor(depth=3)
        f = alternating_signal(phi)[None]
        setting = Setting("all-pass", phi, f, ("alternating",), band=5)
        found = shift_cases(setting, f, [(1,)], ["alternating"])
        return (Control("shift not a multiple of the strides", "all-pass extractor, t = 1", found),)


CLAIM = AlignedTranslationClaim()
