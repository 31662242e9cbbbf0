"""The linear program of Balan, Singh & Zou lies between the recursion and the product."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._inadmissible import inadmissible_setting
from proofs_numeric._lipschitz import pair_cases, random_pairs, searched
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness

__all__ = ["CLAIM"]


class ProgramClaim(Claim):
    name = "bsz2017_lipschitz_program"
    title = "Lipschitz bounds: measured, recursion, linear program, product"
    statement = (
        r"$\sup \frac{|||\Phi(f) - \Phi(h)|||^2}{\|f - h\|^2} \leq v_0 \leq w_0 \leq "
        r"\prod_m \max\{1, \beta_m\}$, $w_0 = \max \sum_m z_m$ over $y_0 = 1$, "
        r"$y_{m+1} + z_m \leq \beta_m y_m$, $y_{m+1} \leq \beta'_m y_m$, $z_m \leq \beta''_m y_m$"
    )
    source = (
        "Balan, Singh & Zou 2017 (the program from memory); its place between the two others "
        "derived for this package"
    )

    def hypotheses(self, setting):
        scalar = all(isinstance(b, wi.FilterBank) for b in setting.phi.banks)
        return (Hypothesis("scalar filters in every layer", scalar, scope=True),)

    def given(self, setting, key):
        return [*random_pairs(setting, key)[:4], *_chain()]

    def searched(self, setting, attempt):
        return searched(setting, attempt)

    def evaluate(self, setting, witnesses) -> Cases:
        phi = setting.phi
        recursion, program, product = (float(bound) for bound in _bounds(phi))
        order = {_TOP: (recursion, program), _BOTTOM: (program, product)}
        chosen = [w for w in witnesses if not w.arrays]
        sides = np.array([order[w.parameters["chain"]] for w in chosen]).reshape(-1, 2)
        chain = Cases(
            sides[:, 0],
            sides[:, 1],
            16 * setting.eps * sides[:, 1],
            chosen,
            [f"{m:.6g} against {p:.6g}" for m, p in sides],
            [w.parameters["chain"] for w in chosen],
        )
        pairs = [w for w in witnesses if w.arrays]
        if not pairs:
            return chain
        measured = pair_cases(setting, pairs, program)
        measured = dataclasses.replace(measured, groups=["measured / program"] * len(measured))
        return Cases.joined([measured, chain])

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = inadmissible_setting()
        pairs = searched(setting, Attempt(key))
        halved = wi.FeatureExtractor(setting.phi.layers[:1], setting.grid)
        _, program, _ = _bounds(halved)
        cases = pair_cases(setting, pairs, float(program))
        return (Control("a layer left out", "two layers, the program of the first", cases),)


@eqx.filter_jit
def _bounds(phi: wi.FeatureExtractor):
    program, product = wi.bounds.lipschitz_program(phi), wi.bounds.lipschitz_product(phi)
    return phi.lipschitz_bound(), program, product


_TOP, _BOTTOM = "recursion / program", "program / product"


def _chain() -> list[Witness]:
    return [Witness({}, {"chain": name}, "bounds") for name in (_TOP, _BOTTOM)]


CLAIM = ProgramClaim()
