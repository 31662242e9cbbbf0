r"""Bounds on $W_n(f)$ for n = 1..D: one class, its right-hand sides in the files named after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._energy import (
    energy_rounding,
    energy_settings,
    propagated,
    searched,
)
from proofs_numeric._one_sided import blocks
from proofs_numeric.engine.claim import (
    Attempt,
    Cases,
    Claim,
    Control,
    Hypothesis,
    Witness,
    own_signals,
)
from proofs_numeric.engine.setting import Setting

#: Of an extractor and a signal: one value for each n.
Bound = Callable[[wi.FeatureExtractor, Any], Any]


@dataclass(frozen=True)
class DecayClaim(Claim):
    r"""A bound on the energy that is propagated to each depth.

    Args:
        name, title, statement, source: as of every claim.
        bound: the right-hand side.
        requirements: hypotheses, of a setting.
        broken: the controls, of the claim.
        settings: beside those that all claims share.
        first: the least n with something to say: at n = 1 most bounds are equalities by definition.
    """

    name: str
    title: str
    statement: str
    source: str
    bound: Bound
    requirements: Callable[[Setting], tuple[Hypothesis, ...]]
    broken: Callable[[DecayClaim], tuple[Control, ...]]
    settings: Callable[[jax.Array], list[Setting]] = energy_settings
    first: int = 2

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        deep = setting.phi.depth >= self.first
        enough = Hypothesis(f"at least {self.first} layers", deep, f"{setting.phi.depth}", True)
        return (enough, *self.requirements(setting))

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        return searched(setting, attempt)

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        return decay_cases(setting, witnesses, self.bound, self.first)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        return self.broken(self)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return self.settings(key)


def decay_cases(
    setting: Setting, witnesses: Sequence[Witness], bound: Bound, first: int = 1
) -> Cases:
    r"""$W_n(f)$ against `bound(phi, f)`, a value for each n = 1..D; cases from n = `first` on."""
    predicted = []
    for w in witnesses:
        signal = np.asarray(w.arrays["signal"], setting.signals.dtype)
        predicted.append(np.asarray(bound(setting.phi, signal), float)[first - 1 :])
    depths = range(first, setting.phi.depth + 1)
    return Cases(
        propagated(setting, witnesses)[:, first:],
        np.array(predicted),
        np.repeat(energy_rounding(setting, witnesses), len(depths)),
        [w for w in witnesses for _ in depths],
        [f"depth {n}" for _ in witnesses for n in depths],
        [f"depth {n}" for _ in witnesses for n in depths],
    )


def without_modulus(claim: DecayClaim) -> tuple[Control, ...]:
    """Without the modulus nothing moves towards frequency zero."""
    grid = wi.Grid((129,))
    bank = blocks(grid, gap=16, width=12)
    linear = wi.FeatureExtractor([wi.Layer(bank, wi.Identity())] * 2, grid, bank)
    modulus = wi.FeatureExtractor([wi.Layer(bank, wi.Modulus())] * 2, grid, bank)
    f = np.cos(2 * np.pi * 20 * np.arange(129) / 129)
    setting = Setting("linear", linear, f[None], ("wave",), band=5)
    cases = decay_cases(setting, own_signals(setting), lambda _, f: claim.bound(modulus, f))
    return (Control("modulus", "the identity in place of the modulus", cases),)
