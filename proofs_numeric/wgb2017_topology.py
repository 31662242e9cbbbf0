"""Depth against the width of the filters and against pooling."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._decay import decay_cases
from proofs_numeric._energy import at_most_one, modulus_hypotheses
from proofs_numeric._one_sided import octaves
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.hypotheses import on_a_line
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.settings import drawn_signals
from proofs_numeric.wgb2018_depth import CLAIM as DEPTH
from proofs_numeric.wgb2018_depth import common_growth

__all__ = ["CLAIM"]


class TopologyClaim(Claim):
    name = "wgb2017_topology"
    title = "Depth against bandwidth and pooling"
    statement = (
        r"$W_{n}(f) \leq \frac{1}{N} \sum_k |\hat f[k]|^2 (1 - \varphi_\rho[k]^2)$, $\rho = "
        r"\delta (a/S)^{n-1}$: narrower filters ($a = (r^2 + 1)/(r^2 - 1)$ for octaves of ratio "
        r"$r^2$) need fewer layers, pooling by $S$ costs as many as it divides $a$"
    )
    source = (
        "Wiatowski, Grohs & Bölcskei 2017, topology reduction (any a > 1 by choice of the prototype, "
        "abstract); the interplay with pooling derived for this package"
    )

    def hypotheses(self, setting):
        line = on_a_line(setting)
        layers = modulus_hypotheses(setting)
        applies = all(x.holds for x in layers) and line.holds
        factors = {layer.factor for layer in setting.phi.layers}
        growth = common_growth(setting)[1] / max(factors) if applies and factors else 0.0
        return (
            line,
            *layers,
            at_most_one(setting),
            Hypothesis("one-sided filters: a > S", 1 < growth < np.inf, f"a/S = {growth:.4g}"),
        )

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        found = DEPTH.searched(setting, attempt)
        return [dataclasses.replace(w, parameters={}) for w in found]

    def evaluate(self, setting, witnesses) -> Cases:
        factors = max(layer.factor for layer in setting.phi.layers)
        gap, growth = common_growth(setting)
        return decay_cases(setting, witnesses, _bound(gap, growth, factors))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """Decimation divides frequencies by S no more, it folds them."""
        grid = wi.Grid((129,))
        bank = octaves(grid, gap=8, ratio=2)
        phi = wi.FeatureExtractor([wi.Layer(bank, wi.Identity())] * 3, grid, bank)
        f = np.cos(2 * np.pi * 12 * np.arange(129) / 129)
        setting = Setting("linear", phi, f[None], ("wave",), band=5)
        told = _bound(8.0, wi.bounds.growth_factor(bank), 1.0)
        cases = decay_cases(setting, [Witness({"signal": f}, {}, "wave")], told)
        return (Control("modulus", "the identity in place of the modulus", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        """Wider filters without pooling, narrower ones with it."""
        grid = wi.Grid((257,))
        found = []
        for ratio, factor in ((1.5, 1.0), (1.3, 2.0)):
            pooling = wi.Dilate(factor) if factor > 1 else wi.NoPooling()
            layers = [
                wi.Layer(_sampled(grid, ratio, factor**n), wi.Modulus(), pooling) for n in range(2)
            ]
            last = octaves(grid, gap=8, ratio=ratio)
            output = wi.FilterBank(last.atoms_hat, last.output_atom_hat, grid.dilated(factor**2))
            phi = wi.FeatureExtractor(layers, grid, output)
            name = f"octaves of ratio {ratio}, pooling by {factor:g}"
            signals = drawn_signals(key, grid, 3)
            found.append(Setting(name, phi, signals, ("random",) * 3, band=5))
        return found


def _sampled(grid: wi.Grid, ratio: float, dilation: float) -> wi.FilterBank:
    """Octaves beyond 8 bins of the undilated grid, on a dilated one: the gap shrinks in bins."""
    bank = octaves(grid, gap=max(1, round(8 / dilation)), ratio=ratio)
    return wi.FilterBank(bank.atoms_hat, bank.output_atom_hat, grid.dilated(dilation))


def _bound(gap: float, growth: float, factor: float):
    r"""The right-hand side for n = 1..D with the smallest gap and factor of all layers.

    The gap of the deepest layer in bins is already the first one's divided by the pooling before it.
    """

    def bound(phi: wi.FeatureExtractor, f) -> np.ndarray:
        first = gap * factor ** (phi.depth - 1)
        reaches = [first * (growth / factor) ** n for n in range(phi.depth)]
        return np.array([float(wi.bounds.energy_beyond(f, reach)) for reach in reaches])

    return bound


CLAIM = TopologyClaim()
