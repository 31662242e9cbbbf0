"""Deformation of signals that are band-limited up to a small part."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric import _smooth_class as smooth
from proofs_numeric._deformation import displacement, enough_samples
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.setting import Setting, norms
from proofs_numeric.engine.starts import wave

__all__ = ["CLAIM"]


class AlmostLimitedClaim(Claim):
    name = "czajali2019_almost_band_limited"
    title = "Deformation of almost band-limited signals"
    statement = (
        r"$\|F_\tau f - f\| \leq (2\pi c(\kappa) R \|\tau\|_\infty \sqrt{1 - \epsilon^2} + "
        r"(1 + (1 - \kappa)^{-1/2})\,\epsilon)\,\|f\|$ if a share $\epsilon$ of $\|f\|$ lies beyond "
        r"frequency $R$; $L^2$ norm of the torus"
    )
    source = "Czaja & Li (arXiv 1606.08677) for the class (from memory); constants derived"

    def hypotheses(self, setting):
        return enough_samples(setting)

    def given(self, setting, key):
        return [smooth.witness(f, tau, name) for f, tau, name in smooth.given(setting)]

    def searched(self, setting, attempt):
        """Waves at the edge of the band, hardly moved, and beyond it, moved by half a period."""
        found = []
        for index, turns in ((setting.band, 0.002), (smooth.top(setting), 0.5)):
            f, tau = smooth.moved_wave(setting, index, turns)
            found.append(smooth.witness(f, tau, "search"))
        inner = wave(setting, (setting.band,) + (0,) * (setting.grid.ndim - 1))
        outer = found[1].arrays["signal"]
        mixed = inner / np.linalg.norm(inner) + 0.5 * outer
        return [*found, smooth.witness(mixed, displacement(found[1]), "search")]

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, 1.0)

    def simplified(self, setting, witness):
        return smooth.limited(setting, witness)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        grid = wi.Grid((64,))
        phi = wi.FeatureExtractor([], grid, wi.frames.Meyer(scales=1))
        setting = Setting("a line", phi, np.ones((1, 64)), ("constant",), band=5)
        cases = _compare(setting, self.searched(setting, Attempt(key)), 0.1)
        return (Control("the part beyond the band", "a tenth of the true one", cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """A wave beyond the band turned by half a period becomes its negative."""
        return {"": 1.0}


def _compare(setting: Setting, witnesses: Sequence[Witness], share: float) -> Cases:
    moved, spread = smooth.measured(setting, witnesses)
    omega = setting.grid.frequency_norm() * setting.grid.spacing  # cycles per sample
    edge = setting.band / setting.grid.shape[0]
    predicted, texts = [], []
    for w in witnesses:
        f_hat = np.fft.fftn(w.arrays["signal"]) / math.sqrt(setting.grid.size)
        size = float(np.linalg.norm(f_hat))
        beyond = float(np.linalg.norm(f_hat[omega > edge * (1 + 1e-9)])) / size
        field = displacement(w)
        predicted.append(
            size
            * wi.bounds.almost_band_limited(
                edge,
                field.tau_sup,
                field.jacobian_sup,
                setting.grid.ndim,
                min(1.0, share * beyond),
            )
        )
        texts.append(f"epsilon = {beyond:.3g}, {field.text}")
    rounding = setting.eps * 16 * setting.grid.size * norms([w.arrays["signal"] for w in witnesses])
    return Cases(moved, np.array(predicted), rounding + 2 * spread, list(witnesses), texts)


CLAIM = AlmostLimitedClaim()
