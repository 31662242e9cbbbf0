"""Translation of a decimating extractor by any shift, with the aliasing term (D3)."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._translation import (
    aim_norm,
    compare,
    depth_zero_ratio,
    first_axis,
    given,
    linear_bound,
    rate,
    searched,
    shifted,
    witness,
)
from proofs_numeric.allpass import allpass_extractor, alternating_signal
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.setting import (
    Setting,
    alone,
    differences,
    norms,
    rounding_budget,
)

__all__ = ["CLAIM"]


class AliasedTranslationClaim(Claim):
    name = "derived_translation_aliased"
    title = "Translation by any shift, with the aliasing term (D3)"
    statement = (
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \frac{2\pi |t| K_n}{S_1 \cdots S_n} \sqrt{W_n(f)} "
        r"+ \|\hat\chi_n\|_\infty \varepsilon_n(f, t)$"
    )
    source = "derived for this package; D3 of the notes"

    def hypotheses(self, setting):
        strides = setting.phi.strides
        return (Hypothesis("samples dropped", strides[-1] > 1, f"{strides}", True),)

    def given(self, setting, key):
        ndim = setting.grid.ndim
        return given(setting, [(1.0,) * ndim, (0.5,) + (0.0,) * (ndim - 1)])

    def searched(self, setting, attempt) -> list[Witness]:
        """Signals that exceed the bound without its aliasing term as far as the search gets."""
        return searched(setting, attempt, first_axis(setting, 1), aim_norm)

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        phi = setting.phi
        signals, moved, shifts = shifted(witnesses)
        measured = differences(setting, signals, moved)["difference"]
        predicted = []
        for f, t in zip(signals, shifts):
            with alone(setting, f"D3 of {f.dtype}"):
                predicted.append(np.asarray(_bound(phi, f, t), float))
        count = len(witnesses)
        rows = [(i, n) for i in range(count) for n in range(phi.depth + 1)]
        return Cases(
            measured,
            np.array(predicted),
            rounding_budget(phi, 4 * np.repeat(norms(signals), phi.depth + 1)),
            [witnesses[i] for i, _ in rows],
            [f"t = {tuple(shifts[i].tolist())}, depth {n}" for i, n in rows],
            [f"depth {n}" for _, n in rows],
        )

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        phi = allpass_extractor(depth=4)
        f = alternating_signal(phi)
        setting = Setting("all-pass", phi, f[None], ("alternating",), band=5)
        known = compare(setting, [witness(f, (1,), None, "alternating")], linear_bound)
        found = searched(setting, Attempt(key), (1,), aim_norm, informed=False)
        return (
            Control("without the aliasing term", "all-pass extractor, its known signal", known),
            Control(
                "without the aliasing term, searched",
                "all-pass extractor, ascent from noise",
                compare(setting, found, _printed_bound),
            ),
        )

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {"depth 0": depth_zero_ratio(setting, 1)}


def _printed_bound(setting: Setting, depth: int, shift, energy: float, features: float) -> float:
    r"""Theorem 1 as printed, for signals of unit norm."""
    return rate(setting, depth, shift)


_bound = eqx.filter_jit(wi.bounds.translation_decimated)


CLAIM = AliasedTranslationClaim()
