"""The Littlewood-Paley sum bounds what a bank does to every signal."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.setting import Setting, generator, norms, once_per_setting

__all__ = ["CLAIM"]


class FrameBoundsClaim(Claim):
    name = "wb2018_frame_bounds"
    title = "Frame bounds are the extremes of the Littlewood-Paley sum"
    statement = (
        r"$A\|u\|^2 \leq \sum_\lambda\,\|u \ast g_\lambda\|^2 + \|u \ast \chi\|^2 \leq B\|u\|^2$, "
        r"$A, B$ the extremes of $\sum_\lambda\,|\hat g_\lambda|^2 + |\hat\chi|^2$; both attained"
    )
    source = "Wiatowski & Bölcskei 2018, semi-discrete frames; proof in the notes"

    def hypotheses(self, setting):
        scalar = any(isinstance(layer.bank, wi.FilterBank) for layer in setting.phi.layers)
        return (Hypothesis("a layer with scalar filters", scalar, scope=True),)

    def given(self, setting, key):
        random = generator(key)
        found = []
        for n, layer in _scalar(setting):
            shape = layer.bank.grid.shape
            noise = random.standard_normal((2, *shape)) + 1j * random.standard_normal((2, *shape))
            found += [Witness({"signal": u}, {"layer": n}) for u in noise]
        return found

    def searched(self, setting, attempt):
        """The worst signals are known: waves where the sum is largest and smallest."""
        return [
            Witness({"signal": _wave(layer.bank.grid.shape, index)}, {"layer": n}, "search")
            for n, layer in _scalar(setting)
            for index in _extremes(setting, n)
        ]

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, real=False)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        grid = wi.Grid((64,))
        bank = wi.frames.Morlet(scales=3).on(grid)
        phi = wi.FeatureExtractor([wi.Layer(bank)], grid, bank)
        setting = Setting("one-sided filters", phi, np.zeros((1, 64)), ("zero",), band=5)
        cases = _compare(setting, self.searched(setting, Attempt(key)), real=True)
        text = "filters on one side of the spectrum, with the bounds that hold for real input"
        return (Control("complex input against real bounds", text, cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {"from above": 1.0}


def _scalar(setting: Setting):
    layers = enumerate(setting.phi.layers, start=1)
    return [(n, layer) for n, layer in layers if isinstance(layer.bank, wi.FilterBank)]


@once_per_setting
def _extremes(setting: Setting, layer: int) -> tuple[tuple[int, ...], ...]:
    total = np.asarray(setting.phi.layers[layer - 1].bank.singular_values()[..., 0])
    ends = (int(total.argmax()), int(total.argmin()))
    return tuple(tuple(int(k) for k in np.unravel_index(i, total.shape)) for i in ends)


def _wave(shape, index) -> np.ndarray:
    positions = np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij")
    return np.exp(2j * np.pi * sum(k * x for k, x in zip(index, positions)))


def _compare(setting: Setting, witnesses: Sequence[Witness], real: bool) -> Cases:
    rows, budget = [], []
    for w in witnesses:
        bank = setting.phi.layers[w.parameters["layer"] - 1].bank
        u = np.asarray(w.arrays["signal"], np.result_type(setting.signals.dtype, np.complex64))
        parts = bank.analysis(u)
        energy = sum(float(np.sum(np.abs(np.asarray(p)) ** 2)) for p in jax.tree.leaves(parts))
        lower, upper = (float(b) for b in bank.frame_bounds(real))
        size = norms([u])[0] ** 2
        rows += [(energy, upper * size), (lower * size, energy)]
        stages = 64 * np.log2(bank.grid.size) + 4 * len(bank)
        budget += [setting.eps * stages * upper * size] * 2
    sides = np.array(rows)
    groups = ["from above", "from below"]
    return Cases(
        sides[:, 0],
        sides[:, 1],
        np.array(budget),
        [w for w in witnesses for _ in groups],
        [f"layer {w.parameters['layer']}, {group}" for w in witnesses for group in groups],
        groups * len(witnesses),
    )


CLAIM = FrameBoundsClaim()
