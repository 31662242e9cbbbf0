"""Translation of all depths at once, for output atoms of bounded band."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._translation import (
    first_axis,
    given,
    shift_hypotheses,
    shifted,
    unit_shifts,
    witness,
)
from proofs_numeric.allpass import allpass_extractor, alternating_signal
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.search import attack, target
from proofs_numeric.engine.setting import (
    Setting,
    differences,
    norms,
    once_per_setting,
    rounding_budget,
)
from proofs_numeric.engine.starts import noise, steepest_wave

__all__ = ["CLAIM"]


class AllDepthsTranslationClaim(Claim):
    name = "ckk2024_translation"
    title = "Translation of all depths together"
    statement = (
        r"$|||\Phi(T_t f) - \Phi(f)||| \leq 2\pi |t| \Omega \|f\|$, "
        r"$\Omega = \max_n \omega_n/(S_1 \cdots S_n)$, $\omega_n$ the edge of the band of "
        r"$\hat\chi_n$; whole $t$ that stay on the grids"
    )
    source = (
        "Czaja, Kolstoe & Koralov 2024 for networks without pooling, in the form of their "
        "abstract; with pooling derived for this package"
    )

    def hypotheses(self, setting):
        return shift_hypotheses(setting)

    def given(self, setting, key):
        stride = setting.phi.strides[-1]
        return given(setting, unit_shifts(setting.grid.ndim, (stride, 2 * stride)))

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        shift = first_axis(setting, setting.phi.strides[-1])
        starts = list(noise(setting, attempt.key, attempt.restarts))
        if attempt.number == 0:
            starts[0] = steepest_wave(setting, shift)
        aims = [target(setting, shift=shift, difference=1.0, size=1.0)] * len(starts)
        f, _ = attack(setting, starts, aims)
        return [witness(point, shift) for point in f]

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        signals, moved, shifts = shifted(witnesses)
        sizes = norms(signals)
        rates = np.array([_rate(setting, tuple(t.tolist())) for t in shifts])
        return Cases(
            differences(setting, signals, moved)["total"],
            rates * sizes,
            rounding_budget(setting.phi, 2 * sizes),
            list(witnesses),
            [f"t = {tuple(t.tolist())}" for t in shifts],
        )

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        phi = allpass_extractor(depth=4, width=0.004)
        f = alternating_signal(phi)
        setting = Setting("all-pass", phi, f[None], ("alternating",), band=5)
        cases = self.evaluate(setting, [witness(f, (1,), None, "alternating")])
        text = "all-pass extractor with a very narrow output atom, t = 1"
        return (Control("shift not a multiple of the strides", text, cases),)


@once_per_setting
def _rate(setting: Setting, shift: tuple[float, ...]) -> float:
    return float(wi.bounds.translation_all_depths(setting.phi, shift, 1.0, checked=False))


CLAIM = AllDepthsTranslationClaim()
