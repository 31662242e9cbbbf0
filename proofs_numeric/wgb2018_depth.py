"""How many layers hold a share of the energy."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._energy import (
    at_most_one,
    energy_rounding,
    energy_settings,
    modulus_hypotheses,
    propagated,
)
from proofs_numeric._one_sided import octaves
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.hypotheses import on_a_line
from proofs_numeric.engine.search import attack, target
from proofs_numeric.engine.setting import Setting, norms, once_per_setting
from proofs_numeric.engine.starts import noise

__all__ = ["CLAIM", "common_growth", "depth_cases", "limited"]


class DepthClaim(Claim):
    name = "wgb2018_depth"
    title = "Depth that holds a share of the energy"
    statement = (
        r"$W_{N+1}(f) \leq \epsilon\|f\|^2$ for "
        r"$N \geq \log_a \frac{L}{(1 - \sqrt{1 - \epsilon})\,\delta}$ and $\hat f = 0$ beyond "
        r"$|k| = L$: depths $0, \ldots, N$ hold a share $1 - \epsilon$"
    )
    source = (
        "Wiatowski, Grohs & Bölcskei 2018, number of layers (formula from memory); on the grid with "
        "the factor $a$ of the actual supports"
    )

    def hypotheses(self, setting):
        line = on_a_line(setting)
        layers = modulus_hypotheses(setting)
        same = all(x.holds for x in layers) and line.holds
        growth = common_growth(setting)[1] if same else 0.0
        return (
            line,
            *layers,
            at_most_one(setting),
            Hypothesis("more than one layer", setting.phi.depth > 1, scope=True),
            Hypothesis("one-sided filters: a > 1", 1 < growth < np.inf, f"a = {growth:.4g}"),
        )

    def given(self, setting, key):
        return [
            limited(setting, f, band, name)
            for f, name in zip(setting.signals, setting.names)
            for band in _bands(setting)
        ]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        found = []
        starts = list(noise(setting, attempt.key, attempt.restarts))
        bands = [_bands(setting)[i % 2] for i in range(len(starts))]
        last = np.eye(setting.phi.depth + 1)[-1]
        aims = [
            target(setting, mask=_inside(setting, band), propagated=last, size=1.0)
            for band in bands
        ]
        points, _ = attack(setting, starts, aims)
        for point, band in zip(points, bands):
            found.append(limited(setting, point, band, "search"))
        return found

    def evaluate(self, setting, witnesses) -> Cases:
        return depth_cases(setting, witnesses, *common_growth(setting))

    def simplified(self, setting, witness):
        return limited(
            setting, witness.arrays["signal"], witness.parameters["band"], witness.origin
        )

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """The formula is told a growth factor that these filters do not have."""
        grid = wi.Grid((129,))
        bank = octaves(grid, gap=8, ratio=2)
        phi = wi.FeatureExtractor([wi.Layer(bank, wi.Identity())] * 3, grid, bank)
        setting = Setting("linear", phi, np.zeros((1, 129)), ("zero",), band=5)
        f = np.cos(2 * np.pi * 24 * np.arange(129) / 129)
        w = Witness({"signal": f}, {"band": 24}, "wave")
        cases = depth_cases(setting, [w], 8.0, wi.bounds.growth_factor(bank))
        return (Control("modulus", "the identity in place of the modulus", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        """Two layers: what is left after three drowns in the rounding of single precision."""
        found = []
        for setting in energy_settings(key)[:2]:
            phi = setting.phi
            short = wi.FeatureExtractor(phi.layers[:2], phi.grid, phi.output_bank)
            name = f"{setting.name}, two layers"
            found.append(dataclasses.replace(setting, name=name, phi=short))
        return found


@once_per_setting
def common_growth(setting: Setting) -> tuple[float, float]:
    """Smallest gap and growth factor of all layers."""
    banks = [layer.bank for layer in setting.phi.layers]
    gap = min(wi.bounds.spectral_gap(b) for b in banks)
    return gap, min(wi.bounds.growth_factor(b) for b in banks)


def _bands(setting: Setting) -> tuple[int, int]:
    gap, _ = common_growth(setting)
    half = setting.grid.shape[0] // 2
    return min(half, int(1.5 * gap)), min(half, int(2.5 * gap))


def _inside(setting: Setting, band: int) -> np.ndarray:
    size = setting.grid.shape[0]
    return np.abs(np.fft.fftfreq(size, 1 / size).round()) <= band


def limited(setting: Setting, f, band: int, origin: str) -> Witness:
    """The part of a signal within a band."""
    inside = np.fft.ifft(np.fft.fft(f) * _inside(setting, band))
    inside = inside.real if setting.real else inside
    return Witness({"signal": inside}, {"band": band}, origin)


def depth_cases(setting: Setting, witnesses, gap: float, growth: float) -> Cases:
    r"""$W_D(f)$ against the smallest $\epsilon$ for which the formula says that D - 1 is enough."""
    depth = setting.phi.depth
    energy = propagated(setting, witnesses)[:, depth]
    sizes = norms([w.arrays["signal"] for w in witnesses])
    shares = []
    for w in witnesses:
        reach = min(1.0, w.parameters["band"] / (gap * growth ** (depth - 1)))
        shares.append(1 - (1 - reach) ** 2)
    return Cases(
        energy,
        np.array(shares) * sizes**2,
        energy_rounding(setting, witnesses),
        list(witnesses),
        [f"L = {w.parameters['band']}, {depth} layers" for w in witnesses],
    )


CLAIM = DepthClaim()
