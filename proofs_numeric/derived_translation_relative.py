"""The translation bound relative to the features: what is not merely their vanishing."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._translation import (
    aim_features,
    compare,
    first_axis,
    given,
    searched,
    shift_hypotheses,
    unit_shifts,
    witness,
)
from proofs_numeric.allpass import allpass_extractor, alternating_signal
from proofs_numeric.engine.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.engine.setting import Setting, once_per_setting
from proofs_numeric.engine.starts import wave

__all__ = ["CLAIM"]


class RelativeTranslationClaim(Claim):
    name = "derived_translation_relative"
    title = "Translation relative to the features, band-limited output atoms"
    statement = (
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \frac{2\pi |t| \omega_n}{S_1 \cdots S_n} "
        r"|||\Phi^n(f)|||$ if $\hat\chi_n(\omega) = 0$ for $|\omega| > \omega_n$; whole $t$ that "
        r"stay on the grids"
    )
    source = "derived for this package; Theorem 1 with the features in place of the signal"

    def hypotheses(self, setting):
        widest = max(_cutoffs(setting))
        limited = Hypothesis(
            "output atoms are band-limited", widest < np.inf, f"up to {widest:.4g} cycles per unit"
        )
        return (*shift_hypotheses(setting), limited)

    def given(self, setting, key):
        stride = setting.phi.strides[-1]
        return given(setting, unit_shifts(setting.grid.ndim, (stride, 2 * stride)))

    def searched(self, setting, attempt):
        shift = first_axis(setting, setting.phi.strides[-1])
        found = searched(setting, attempt, shift, aim_features)
        if attempt.number == 0:
            found.append(witness(wave(setting, _edge(setting)), shift, 0))
        return found

    def evaluate(self, setting, witnesses) -> Cases:
        return compare(setting, witnesses, _bound)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        phi = allpass_extractor(depth=3)
        f = alternating_signal(phi)
        setting = Setting("all-pass", phi, f[None], ("alternating",), band=5)
        cases = self.evaluate(setting, [witness(np.roll(f, 1), (1,), None, "alternating")])
        text = "all-pass extractor: features appear from nothing as t goes from 0 to 1"
        return (Control("shift not a multiple of the strides", text, cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """At depth 0 a wave at the edge of the output atom's band: sin x / x."""
        x = np.pi * _cutoffs(setting)[0] * setting.grid.spacing * setting.phi.strides[-1]
        along_axis = setting.grid.ndim == 1
        return {"depth 0": float(abs(np.sin(x)) / x)} if along_axis and x > 0 else {}


@once_per_setting
def _cutoffs(setting: Setting) -> tuple[float, ...]:
    """Per depth the largest frequency that its output atom passes, cycles per unit length."""
    return tuple(wi.bounds.output_cutoff(setting.phi, n) for n in range(setting.phi.depth + 1))


def _edge(setting: Setting) -> tuple[int, ...]:
    """The frequency furthest out, along the first axis if possible, that still gets through."""
    bank = setting.phi.banks[0]
    chi = np.abs(np.asarray(bank.output_atom_hat))
    heard = chi > 1e-4 * chi.max()  # what is fainter drowns in rounding
    along = np.abs(np.asarray(bank.grid.frequencies()[0]))
    index = np.unravel_index(int(np.argmax(heard * along)), chi.shape)
    return tuple(int(i) - n if i > n // 2 else int(i) for i, n in zip(index, chi.shape))


def _bound(setting: Setting, depth: int, shift, energy: float, features: float) -> float:
    phi = setting.phi
    length = float(np.linalg.norm(np.asarray(shift))) / phi.strides[depth]
    per_sample = 2 * np.pi * length * phi.grids[depth].spacing * _cutoffs(setting)[depth]
    return per_sample * float(np.sqrt(features))


CLAIM = RelativeTranslationClaim()
