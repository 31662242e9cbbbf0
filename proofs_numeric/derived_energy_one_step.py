"""What one layer keeps at most, read off the maps before it."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._decay import DecayClaim, decay_cases
from proofs_numeric._energy import at_most_one, no_mean, samples_kept
from proofs_numeric.engine.claim import Control, Hypothesis, own_signals
from proofs_numeric.engine.hypotheses import scalar_filters
from proofs_numeric.engine.setting import Setting

__all__ = ["CLAIM"]


def _requirements(setting: Setting) -> tuple[Hypothesis, ...]:
    layers = setting.phi.layers
    kept = all(isinstance(x.nonlinearity, (wi.Modulus, wi.Identity)) for x in layers)
    return (
        scalar_filters(setting),
        Hypothesis("nonlinearities keep the modulus", kept, scope=True),
        samples_kept(setting),
        no_mean(setting, 1),
        at_most_one(setting),
    )


def _with_a_mean(claim: DecayClaim) -> tuple[Control, ...]:
    grid = wi.Grid((64,))
    layer = wi.Layer(wi.frames.RandomFilters(4, size=3), wi.Modulus())
    phi = wi.FeatureExtractor([layer, layer], grid).admissible()
    setting = Setting("atoms with a mean", phi, np.ones((1, 64)), ("constant",), band=5)

    def told(phi: wi.FeatureExtractor, f: np.ndarray) -> np.ndarray:
        """The right-hand side whether or not the atoms vanish at frequency zero."""
        maps = phi.trace(jnp.asarray(f)).maps[:-1]
        means = [np.mean(u, axis=1, keepdims=True) for u in maps]
        return np.array([float(np.sum(np.abs(u - m) ** 2)) for u, m in zip(maps, means)])

    cases = decay_cases(setting, own_signals(setting), told)
    text = "random filters, a constant signal"
    return (Control("atoms vanish at frequency zero", text, cases),)


CLAIM = DecayClaim(
    name="derived_energy_one_step",
    title="Energy decay of one layer, a posteriori",
    statement=(
        r"$W_{n+1}(f) \leq \sum_{|q|=n} (\|U[q]f\|^2 - |\widehat{U[q]f}[0]|^2/N)$ for "
        r"nonlinearities that keep moduli; $|\widehat{U[q]f}[0]| = \|U[q]f\|_1$ after a modulus"
    ),
    source="derived for this package, the a-posteriori form of Getter 2025",
    bound=wi.bounds.energy_one_step,
    requirements=_requirements,
    broken=_with_a_mean,
    settings=lambda _: [],
    first=1,
)
