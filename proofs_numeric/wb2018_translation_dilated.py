"""Theorem 1 where pooling is dilation: exact for every whole shift (D2)."""

from __future__ import annotations

from proofs_numeric._position_dependent import position_dependent_setting
from proofs_numeric._translation import LinearShiftClaim, witness
from proofs_numeric.engine.claim import Control

__all__ = ["CLAIM"]


def _position_dependent(claim: LinearShiftClaim) -> tuple[Control, ...]:
    setting, comb = position_dependent_setting()
    cases = claim.evaluate(setting, [witness(comb, (1,), None, "comb")])
    text = "a map that keeps only samples at even places"
    return (Control("M does not commute with shifts", text, cases),)


CLAIM = LinearShiftClaim(
    name="wb2018_translation_dilated",
    title="Vertical translation invariance, pooling by dilation (D2)",
    statement=(
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \frac{2\pi |t| K_n}{S_1 \cdots S_n} \sqrt{W_n(f)}$ "
        r"for every whole $t$, and $W_n(f) \leq \|f\|^2$"
    ),
    source="Wiatowski & Bölcskei 2018, Theorem 1; on the grid as D2 of the notes",
    drops=False,
    lengths=(1, 3),
    broken=_position_dependent,
)
