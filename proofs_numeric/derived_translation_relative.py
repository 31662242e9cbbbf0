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
from proofs_numeric.engine.starts import peak, wave

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
            turned = _heard(setting) * np.abs(np.sin(np.pi * shift[0] * _along(setting)))
            found.append(witness(wave(setting, peak(turned)), shift, 0))
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
        """At depth 0 the wave that the shift turns furthest, of those that are heard."""
        bank, stride = setting.phi.banks[0], setting.phi.strides[-1]
        edge = np.pi * _cutoffs(setting)[0] * bank.grid.spacing * stride
        turned = np.abs(np.sin(np.pi * stride * _along(setting))) * _heard(setting)
        return {"depth 0": float(np.max(turned)) / edge} if edge > 0 else {}


@once_per_setting
def _cutoffs(setting: Setting) -> tuple[float, ...]:
    """Per depth the largest frequency that its output atom passes, cycles per unit length."""
    return tuple(wi.bounds.output_cutoff(setting.phi, n) for n in range(setting.phi.depth + 1))


def _heard(setting: Setting) -> np.ndarray:
    """Where the first output atom passes enough to rise above rounding."""
    chi = np.abs(np.asarray(setting.phi.banks[0].output_atom_hat))
    return chi > 1e-4 * chi.max()


def _along(setting: Setting) -> np.ndarray:
    """Frequency along the first axis, cycles per sample."""
    grid = setting.phi.banks[0].grid
    return np.asarray(grid.frequencies()[0]) * grid.spacing


def _bound(setting: Setting, depth: int, shift, energy: float, features: float) -> float:
    return _rate(setting, depth, tuple(float(t) for t in shift)) * float(np.sqrt(features))


@once_per_setting
def _rate(setting: Setting, depth: int, shift: tuple[float, ...]) -> float:
    return float(wi.bounds.translation_relative(setting.phi, depth, shift, 1.0, checked=False))


CLAIM = RelativeTranslationClaim()
