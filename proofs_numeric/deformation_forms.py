"""The deformation claims: one class, its forms in the files named after them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._deformation import (
    Form,
    Trial,
    compare,
    given_measured,
    measure,
    searched_measured,
)
from proofs_numeric._displacements import constant
from proofs_numeric._starts import wave
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.drawn_settings import drawn_signals
from proofs_numeric.setting import Setting

__all__ = ["DeformationClaim"]


@dataclass(frozen=True)
class DeformationClaim(Claim):
    """A bound on ||F f - f|| for band-limited f, and through the network by its Lipschitz constant.

    Args:
        name, title, statement, source: as of every claim.
        form: the right-hand side.
        requirements: hypotheses beyond a band-limited signal, of a setting.
    """

    name: str
    title: str
    statement: str
    source: str
    form: Form
    requirements: Callable[[Setting], tuple[Hypothesis, ...]]

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        largest = (min(setting.grid.shape) - 1) // 2
        limited = Hypothesis(
            "band-limited signals", setting.band <= largest, f"|k_i| <= {setting.band}"
        )
        return (limited, *self.requirements(setting))

    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        return compare(setting, given_measured(setting), self.form)

    def search(self, setting: Setting, key: jax.Array) -> Cases:
        return compare(setting, searched_measured(setting), self.form)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting, trial = _out_of_band(key)
        wide = dataclasses.replace(setting, band=24)
        told = self.form._replace(bound=lambda _, field: self.form.bound(setting, field))
        return (
            Control(
                "signal not in the band",
                "a wave of frequency 24 where the bound is told |k| <= 8",
                compare(wide, measure(wide, [trial]), told),
            ),
        )


def _out_of_band(key: jax.Array) -> tuple[Setting, Trial]:
    grid = wi.Grid((96,))
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Meyer(scales=2))], grid)
    setting = Setting("band exceeded", phi, drawn_signals(key, grid, 1), ("random",), band=8)
    f = wave(setting, (24,))
    return setting, Trial(f / np.linalg.norm(f), constant(grid, [0.1]), "wave")
