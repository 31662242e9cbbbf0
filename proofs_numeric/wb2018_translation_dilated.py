"""Theorem 1 where pooling is dilation: exact for every whole shift (D2)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._translation import (
    given_cases,
    searched_cases,
    shift_cases,
    shift_hypotheses,
    unit_shifts,
)
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.setting import Setting

__all__ = ["CLAIM", "position_dependent_setting"]


class DilatedTranslationClaim(Claim):
    name = "wb2018_translation_dilated"
    title = "Vertical translation invariance, pooling by dilation (D2)"
    statement = (
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \frac{2\pi |t| K_n}{S_1 \cdots S_n} \sqrt{W_n(f)}$ "
        r"for every whole $t$, and $W_n(f) \leq \|f\|^2$"
    )
    source = "Wiatowski & Bölcskei 2018, Theorem 1; on the grid as D2 of the notes"

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        phi = setting.phi
        admissible, pointwise = shift_hypotheses(setting)
        return (
            admissible,
            Hypothesis("no samples dropped", phi.strides[-1] == 1, f"strides {phi.strides}"),
            pointwise,
        )

    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        return given_cases(setting, unit_shifts(setting.grid.ndim, 1, 3))

    def search(self, setting: Setting, key: jax.Array) -> Cases:
        return searched_cases(setting, key, (1,) + (0,) * (setting.grid.ndim - 1))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting, f = position_dependent_setting()
        found = shift_cases(setting, f, [(1,)], ["comb"])
        return (
            Control(
                "M does not commute with shifts",
                "a map that keeps only samples at even places",
                found,
            ),
        )


class KeepEven(wi.AbstractNonlinearity):
    """Zero at odd places: Lipschitz with constant one, but it does not commute with shifts."""

    pointwise = False

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u):
        return u * jnp.asarray(np.resize([1.0, 0.0], u.shape[-1]))


def position_dependent_setting() -> tuple[Setting, np.ndarray]:
    grid = wi.Grid((32,))
    zero = jnp.zeros(grid.shape)
    allpass = wi.FilterBank(jnp.ones((1, *grid.shape)), zero, grid)
    deepest = grid.dilated(2)
    gaussian = jnp.asarray(np.exp(-0.5 * (deepest.frequency_norm() / 0.05) ** 2))
    output = wi.FilterBank(jnp.zeros((0, *grid.shape)), gaussian, deepest)
    phi = wi.FeatureExtractor([wi.Layer(allpass, KeepEven(), wi.Dilate(2))], grid, output)
    comb = np.resize([1.0, 0.0], grid.size)[None]
    return Setting("position-dependent", phi, comb, ("comb",), band=5), comb


CLAIM = DilatedTranslationClaim()
