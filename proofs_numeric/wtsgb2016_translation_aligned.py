"""Translation where pooling drops samples: exact for shifts by multiples of the strides (D1)."""

from __future__ import annotations

from proofs_numeric._translation import LinearShiftClaim, witness
from proofs_numeric.allpass import allpass_extractor, alternating_signal
from proofs_numeric.engine.claim import Control
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _not_aligned(claim: LinearShiftClaim) -> tuple[Control, ...]:
    phi = allpass_extractor(depth=3)
    f = alternating_signal(phi)
    setting = Setting("all-pass", phi, f[None], ("alternating",), band=5)
    cases = claim.evaluate(setting, [witness(f, (1,), None, "alternating")])
    return (Control("shift not a multiple of the strides", "all-pass extractor, t = 1", cases),)


CLAIM = LinearShiftClaim(
    name="wtsgb2016_translation_aligned",
    title="Translation by multiples of the strides, pooling that drops samples (D1)",
    statement=(
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \frac{2\pi |t| K_n}{S_1 \cdots S_n} \sqrt{W_n(f)}$ "
        r"for $t \in S_1 \cdots S_n \mathbb{Z}^d$"
    ),
    source="Wiatowski et al. 2016, covariance with sub-sampling; D1 of the notes",
    drops=True,
    lengths=(1, 2),
    broken=_not_aligned,
)
