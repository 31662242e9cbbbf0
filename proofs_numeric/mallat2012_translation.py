"""Mallat's horizontal invariance: scattering forgets translations as its scale grows."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._slopes import fitted
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.hypotheses import on_own_line
from proofs_numeric.engine.setting import Continuum, Setting, differences, generator, white_noise

__all__ = ["CLAIM"]

_SCALES = range(4, 10)
_SIZE = 8192


class TranslationLimitClaim(Claim):
    name = "mallat2012_translation"
    title = "Translation invariance in the limit of large scales, measured exponent"
    statement = (
        r"$\|S_J T_t f - S_J f\| = O(2^{-J})$: the exponent of the difference in $2^{-J}$ is at least 1 "
        r"(wavelet scattering, two layers)"
    )
    source = (
        "Mallat 2012 (limit; from memory); the rate for output atoms of fixed shape follows from Theorem "
        "1 with $S = 1$"
    )
    on_extractors = False

    def hypotheses(self, setting):
        return (on_own_line(setting),)

    def given(self, setting, key):
        signals = white_noise(key, (2, _SIZE), True)
        return [Witness({"signal": f}, {"shift": t}) for f in signals for t in (1, 2)]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """Signals that are far from noise: an impulse, a pair of steps, impulses here and there."""
        n = np.arange(_SIZE)
        sparse = generator(attempt.key).standard_normal(_SIZE) * (n % 389 == 0)
        signals = [n == 0, (n > 300) & (n < 304), sparse]
        return [Witness({"signal": 1.0 * f}, {"shift": 2}, "search") for f in signals]

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(witnesses, averaged=True)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        cases = _compare(self.given(Continuum.of(1), key)[:1], averaged=False)
        return (Control("averaging over the scale", "output atoms that pass everything", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return [Continuum.of(1)]


def _network(scales: int, averaged: bool) -> wi.FeatureExtractor:
    grid = wi.Grid((_SIZE,))
    frame = wi.frames.Meyer(scales=scales)
    if averaged:
        return wi.FeatureExtractor([wi.Layer(frame, wi.Modulus())], grid)
    bank = frame.on(grid)
    through = wi.FilterBank(bank.atoms_hat, np.ones(grid.shape), grid)
    return wi.FeatureExtractor([wi.Layer(through, wi.Modulus())], grid, through)


def _compare(witnesses: Sequence[Witness], averaged: bool) -> Cases:
    signals = np.stack([w.arrays["signal"] for w in witnesses])
    moved = np.stack([np.roll(w.arrays["signal"], w.parameters["shift"]) for w in witnesses])
    rows = []
    for scales in _SCALES:
        phi = _network(scales, averaged)
        where = Setting(f"J = {scales}", phi, signals, ("",) * len(signals), 5)
        rows.append(differences(where, signals, moved)["total"])
    found = [fitted([2.0**-j for j in _SCALES], column) for column in np.array(rows).T]
    return Cases(
        np.ones(len(witnesses)),
        np.array([p.value for p in found]),
        np.array([p.error for p in found]),
        list(witnesses),
        [f"t = {w.parameters['shift']}: exponent {p.value:.3f}" for w, p in zip(witnesses, found)],
    )


CLAIM = TranslationLimitClaim()
