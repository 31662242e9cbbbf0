"""The backward recursion bounds the Lipschitz constant of every extractor."""

from __future__ import annotations

import jax
import jax.numpy as jnp

import wiatowski as wi
from proofs_numeric._lipschitz import pair_cases, random_pairs, searched
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.settings import drawn_signals

__all__ = ["CLAIM"]


class RecursionClaim(Claim):
    name = "derived_lipschitz_recursion"
    title = "Backward recursion for the Lipschitz constant"
    statement = (
        r"$|||\Phi(f) - \Phi(h)||| \leq \sqrt{v_0}\,\|f - h\|$, "
        r"$v_n = \sup_\omega(|\hat\chi_n|^2 "
        r"+ v_{n+1} L_{n+1}^2 R_{n+1}^2 \sum_\lambda\,|\hat g_\lambda|^2)$"
    )
    source = "derived for this package; sharpens the products of Balan, Singh & Zou"

    def hypotheses(self, setting):
        value = float(setting.phi.lipschitz_bound())
        finite = value < float("inf")
        return (Hypothesis("finite frame and Lipschitz bounds", finite, f"{value:.6g}"),)

    def given(self, setting, key):
        return random_pairs(setting, key)

    def searched(self, setting, attempt):
        return searched(setting, attempt)

    def evaluate(self, setting, witnesses) -> Cases:
        return pair_cases(setting, witnesses, float(setting.phi.lipschitz_bound()))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        grid = wi.Grid((48,))
        frame = wi.frames.Meyer(scales=2)
        doubling = wi.Layer(frame, wi.Pointwise(_double, 2.0, "2z"))
        phi = wi.FeatureExtractor([doubling], grid)
        plain = wi.FeatureExtractor([wi.Layer(frame, wi.Identity())], grid)
        setting = Setting("doubling", phi, drawn_signals(key, grid, 2), ("random",) * 2, band=5)
        understated = float(plain.lipschitz_bound())
        cases = pair_cases(setting, searched(setting, Attempt(key)), understated)
        return (Control("L understated", "M(z) = 2z counted with L = 1", cases),)


def _double(u: jax.Array) -> jax.Array:
    return jnp.asarray(2) * u


CLAIM = RecursionClaim()
