"""The Lipschitz constant of the features of one depth."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._inadmissible import inadmissible_setting
from proofs_numeric._lipschitz import pair, random_pairs, stacked
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis
from proofs_numeric.engine.search import attack, target
from proofs_numeric.engine.setting import (
    Setting,
    differences,
    norms,
    once_per_setting,
    rounding_budget,
)
from proofs_numeric.engine.starts import loudest_wave, noise

__all__ = ["CLAIM"]


class LocalClaim(Claim):
    name = "wtsgb2016_lipschitz_local"
    title = "Lipschitz constant of one depth"
    statement = (
        r"$|||\Phi^n(f) - \Phi^n(h)||| \leq \|\hat\chi_n\|_\infty \prod_{m \leq n} "
        r"\beta_m^{1/2} L_m R_m\,\|f - h\|$, "
        r"$\beta_m = \sup_\omega \sum_\lambda\,|\hat g_{\lambda_m}(\omega)|^2$"
    )
    source = "Wiatowski et al. 2016, local results (from memory); sharper constant derived"

    def hypotheses(self, setting):
        scalar = all(isinstance(b, wi.FilterBank) for b in setting.phi.banks)
        return (Hypothesis("scalar filters in every layer", scalar, scope=True),)

    def given(self, setting, key):
        return random_pairs(setting, key)

    def searched(self, setting: Setting, attempt: Attempt):
        depths = setting.phi.depth + 1
        count = max(depths, attempt.restarts)
        every = np.eye(depths)
        aims = [
            target(setting, free=1.0, difference=every[i % depths], moved=1.0) for i in range(count)
        ]
        first, second = jax.random.split(attempt.key)
        moves = list(noise(setting, second, count))
        moves[0] = loudest_wave(setting)
        starts = list(noise(setting, first, count))
        f, h = attack(setting, starts, aims, directions=moves)
        return [pair(a, b, "search") for a, b in zip(f, h)]

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, _constants(setting))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = inadmissible_setting()
        found = self.searched(setting, Attempt(key))
        cases = _compare(setting, found, tuple(c / 1.5 for c in _constants(setting)))
        text = "banks with B = 2.25 whose root 1.5 is left out once"
        return (Control("a layer left out", text, cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {"depth 0": 1.0}


@once_per_setting
def _constants(setting: Setting) -> tuple[float, ...]:
    phi = setting.phi
    return tuple(float(wi.bounds.lipschitz_local(phi, n)) for n in range(phi.depth + 1))


def _compare(setting: Setting, witnesses, constants) -> Cases:
    f, h = stacked(witnesses)
    measured = differences(setting, f, h)["difference"]
    distance = norms(f - h)
    depths = len(constants)
    rows = [(i, n) for i in range(len(witnesses)) for n in range(depths)]
    return Cases(
        measured,
        np.outer(distance, constants),
        np.repeat(rounding_budget(setting.phi, norms(f) + norms(h)), depths),
        [witnesses[i] for i, _ in rows],
        [f"||f - h|| = {distance[i]:.4g}, depth {n}" for i, n in rows],
        [f"depth {n}" for _, n in rows],
    )


CLAIM = LocalClaim()
