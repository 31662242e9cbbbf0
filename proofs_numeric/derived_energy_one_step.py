"""What one layer keeps at most, read off the maps before it."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._energy import at_most_one, given, no_mean, samples_kept, searched
from proofs_numeric.derived_energy_decay import decay_cases
from proofs_numeric.engine.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


class OneStepClaim(Claim):
    name = "derived_energy_one_step"
    title = "Energy decay of one layer, a posteriori"
    statement = (
        r"$W_{n+1}(f) \leq \sum_{|q|=n} (\|U[q]f\|^2 - |\widehat{U[q]f}[0]|^2/N)$ for "
        r"nonlinearities that keep moduli; $|\widehat{U[q]f}[0]| = \|U[q]f\|_1$ after a modulus"
    )
    source = "derived for this package, the a-posteriori form of Getter 2025"

    def hypotheses(self, setting):
        layers = setting.phi.layers
        kept = all(isinstance(x.nonlinearity, (wi.Modulus, wi.Identity)) for x in layers)
        scalar = bool(layers) and all(isinstance(x.bank, wi.FilterBank) for x in layers)
        return (
            Hypothesis("layers with scalar filters", scalar, scope=True),
            Hypothesis("nonlinearities keep the modulus", kept, scope=True),
            samples_kept(setting),
            no_mean(setting, 1),
            at_most_one(setting),
        )

    def given(self, setting, key):
        return given(setting)

    def searched(self, setting, attempt):
        return searched(setting, attempt)

    def evaluate(self, setting, witnesses) -> Cases:
        return decay_cases(setting, witnesses, wi.bounds.energy_one_step)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        grid = wi.Grid((64,))
        layer = wi.Layer(wi.frames.RandomFilters(4, size=3), wi.Modulus())
        phi = wi.FeatureExtractor([layer, layer], grid).admissible()
        setting = Setting("atoms with a mean", phi, np.ones((1, 64)), ("constant",), band=5)
        cases = decay_cases(setting, given(setting), _without_mean)
        return (
            Control("atoms vanish at frequency zero", "random filters, a constant signal", cases),
        )

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """A wave where the atoms pass everything keeps all, unless it is the mean."""
        return {"depth 1": 1.0}


def _without_mean(phi: wi.FeatureExtractor, f):
    """The right-hand side whether or not the atoms vanish at frequency zero."""
    maps = phi.trace(f).maps[:-1]
    return np.array(
        [float(np.sum(np.abs(u - np.mean(u, axis=1, keepdims=True)) ** 2)) for u in maps]
    )


CLAIM = OneStepClaim()
