"""Deformation of functions of Sobolev classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import numpy as np
import scipy.optimize

import wiatowski as wi
from proofs_numeric import _smooth_class as smooth
from proofs_numeric._deformation import displacement, enough_samples
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.setting import Setting, norms

__all__ = ["CLAIM"]

_ORDERS = (0.25, 0.5, 0.75, 1.0)


class SobolevClaim(Claim):
    name = "kgmb2018_sobolev"
    title = "Deformation of functions of Sobolev classes"
    statement = (
        r"$\|F_\tau f - f\| \leq (1 + (1 - \kappa)^{-1/2})^{1-s} (2\pi c(\kappa) "
        r"\|\tau\|_\infty)^s\,\||\omega|^s \hat f\|$ for $0 \leq s \leq 1$, $\kappa = d\|D\tau\|_\infty < 1$, "
        r"$L^2$ norm of the torus"
    )
    source = (
        "Koller, Grossmann, Monich & Boche 2018 name the classes (from memory); the inequality and its "
        "constants derived for this package"
    )

    def hypotheses(self, setting):
        return enough_samples(setting)

    def given(self, setting, key):
        return [
            smooth.witness(f, tau, name, order=s)
            for f, tau, name in smooth.given(setting)
            for s in (0.5, 1.0)
        ]

    def searched(self, setting, attempt):
        """A wave, displaced as far as the interpolation likes best."""
        found = []
        for s in _ORDERS:
            turns = _best_angle(s) / math.pi
            f, tau = smooth.moved_wave(setting, smooth.top(setting), turns)
            found.append(smooth.witness(f, tau, "search", order=s))
        return found

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, 1.0)

    def simplified(self, setting, witness):
        return smooth.limited(setting, witness)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        grid = wi.Grid((64,))
        phi = wi.FeatureExtractor([], grid, wi.frames.Meyer(scales=1))
        setting = Setting("a line", phi, np.ones((1, 64)), ("constant",), band=5)
        found = self.searched(setting, Attempt(key))
        cases = _compare(setting, found, 0.5)
        return (Control("the seminorm", "half of the true seminorm", cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """sin x / x^s at its largest, x half the angle by which a wave is turned."""
        return {f"s = {s:g}": math.sin(_best_angle(s)) / _best_angle(s) ** s for s in _ORDERS}


def _best_angle(order: float) -> float:
    """The x in (0, pi) where sin x / x^s is largest: tan x = x / s; small for s = 1."""
    if order == 1:
        return 0.02
    found = scipy.optimize.root_scalar(
        lambda x: x * math.cos(x) - order * math.sin(x), bracket=(0.3, 1.57)
    )
    return float(found.root)


def _compare(setting: Setting, witnesses: Sequence[Witness], share: float) -> Cases:
    moved, spread = smooth.measured(setting, witnesses)
    omega = setting.grid.frequency_norm() * setting.grid.spacing  # cycles per sample
    predicted, texts = [], []
    for w in witnesses:
        s = w.parameters["order"]
        f_hat = np.fft.fftn(w.arrays["signal"]) / math.sqrt(setting.grid.size)
        seminorm = float(np.linalg.norm(np.where(omega > 0, omega, 0) ** s * f_hat))
        field = displacement(w)
        predicted.append(
            wi.bounds.deformation_sobolev(
                field.tau_sup, field.jacobian_sup, setting.grid.ndim, share * seminorm, s
            )
        )
        texts.append(f"s = {s:g}, {field.text}")
    rounding = setting.eps * 16 * setting.grid.size * norms([w.arrays["signal"] for w in witnesses])
    return Cases(
        moved,
        np.array(predicted),
        rounding + 2 * spread,
        list(witnesses),
        texts,
        [f"s = {w.parameters['order']:g}" for w in witnesses],
    )


CLAIM = SobolevClaim()
