"""Mallat's stability to deformations: linear in the gradient, whatever the frequency."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._slopes import fitted
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.hypotheses import on_own_line
from proofs_numeric.engine.setting import Continuum, Setting, differences, once_per_setting

__all__ = ["CLAIM"]

_SIZE = 4096
_WIDTH = 256
_STRAINS = (1e-5, 2e-5, 4e-5, 8e-5)
_OCTAVES = (64, 128, 256, 512)
GRADIENT, FREQUENCY = "exponent in the gradient", "exponent in the frequency"


class DeformationScalingClaim(Claim):
    name = "mallat2012_deformation"
    title = "Stability to deformations, measured exponents"
    statement = (
        r"$\|S_J F_\tau f - S_J f\| \leq C\|f\|\,\|\nabla\tau\|_\infty$ for $\|\tau\|_\infty \ll 2^J$: "
        r"exponent at least 1 in $\|\nabla\tau\|_\infty$, and at most 0.1 in the frequency of $f$, a wave "
        r"packet; the worst frequency of each octave"
    )
    source = "Mallat 2012, stability to the action of diffeomorphisms (from memory; C not explicit)"
    on_extractors = False

    def hypotheses(self, setting):
        return (on_own_line(setting),)

    def given(self, setting, key):
        rows = [Witness({}, {"kind": GRADIENT, "octave": k}, "waves") for k in _OCTAVES]
        return [*rows, *(Witness({}, {"kind": FREQUENCY, "strain": s}, "waves") for s in _STRAINS)]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """Every octave is searched for its worst frequency already."""
        return []

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, _scattering)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        where = Continuum.of(1)
        worst = [Witness({}, {"kind": FREQUENCY, "strain": 0.0005}, "waves")]
        cases = _compare(where, worst, _fourier_modulus)
        text = "the modulus of the Fourier transform, invariant to translations too"
        return (Control("wavelets", text, cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return [Continuum.of(1)]


def _packet(frequency: float, strain: float) -> np.ndarray:
    r"""A Gaussian packet under $\tau(x) = \epsilon\frac{N}{2\pi}\sin(2\pi x/N)$, from its formula.

    Analytic: the modulus of a real packet oscillates and aliases.
    """
    x = np.arange(_SIZE) - _SIZE / 2
    moved = x - strain * _SIZE / (2 * np.pi) * np.sin(2 * np.pi * x / _SIZE)
    return np.exp(-0.5 * (moved / _WIDTH) ** 2) * np.exp(2j * np.pi * frequency * moved / _SIZE)


@once_per_setting
def _extractor(setting: Setting) -> Setting:
    grid = wi.Grid((_SIZE,))
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Meyer(scales=8), wi.Modulus())], grid)
    return Setting("scattering", phi, np.zeros((1, _SIZE), complex), ("zero",), 5)


def _scattering(setting: Setting, f: np.ndarray, h: np.ndarray) -> np.ndarray:
    return differences(_extractor(setting), f, h)["total"]


def _fourier_modulus(setting: Setting, f: np.ndarray, h: np.ndarray) -> np.ndarray:
    apart = np.abs(np.fft.fft(f)) - np.abs(np.fft.fft(h))
    return np.linalg.norm(apart, axis=1) / np.sqrt(_SIZE)


def _worst(setting: Setting, transform: Callable, octave: int, strain: float) -> float:
    r"""Largest $\|S F_\tau f - S f\|/\|f\|$ over six frequencies of an octave."""
    frequencies = [octave * 2 ** (i / 6) for i in range(6)]
    still = np.stack([_packet(k, 0.0) for k in frequencies])
    moved = np.stack([_packet(k, strain) for k in frequencies])
    return float(np.max(transform(setting, still, moved) / np.linalg.norm(still, axis=1)))


def _compare(setting: Setting, witnesses: Sequence[Witness], transform: Callable) -> Cases:
    measured, predicted, budget, texts, groups = [], [], [], [], []
    for w in witnesses:
        kind = w.parameters["kind"]
        if kind == GRADIENT:
            octave = w.parameters["octave"]
            sizes = [_worst(setting, transform, octave, strain) for strain in _STRAINS]
            found = fitted(_STRAINS, sizes)
        else:
            sizes = [_worst(setting, transform, k, w.parameters["strain"]) for k in _OCTAVES]
            found = fitted(_OCTAVES, sizes)
        measured.append(1.0 if kind == GRADIENT else found.value)
        predicted.append(found.value if kind == GRADIENT else 0.1)
        budget.append(found.error)
        texts.append(f"{kind} {found.value:.3f}")
        groups.append(kind)
    return Cases(
        np.array(measured), np.array(predicted), np.array(budget), list(witnesses), texts, groups
    )


CLAIM = DeformationScalingClaim()
