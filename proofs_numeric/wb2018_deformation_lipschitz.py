"""Deformation of Lipschitz functions, any displacement."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._functions import Cones
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.setting import Setting, differences, generator, rounding_budget

__all__ = ["CLAIM"]

INPUT, NETWORK = "at the input", "through the network"


class LipschitzClassClaim(Claim):
    name = "wb2018_deformation_lipschitz"
    title = "Deformation of Lipschitz functions"
    statement = (
        r"$|||\Phi(F_\tau f) - \Phi(f)||| \leq \sqrt{v_0}\,C\,\|\tau\|_\infty\,n^{1/2}$ for samples "
        r"of a $C$-Lipschitz function, $n$ the number of samples within $\|\tau\|_\infty$ of its "
        r"support; any $\tau$"
    )
    source = "Wiatowski & Bölcskei 2018 name the class (from memory); the inequality is elementary"

    def hypotheses(self, setting):
        return (Hypothesis("a grid", True),)

    def given(self, setting, key):
        random = generator(key)
        return [_drawn(setting, random, reach) for reach in (0.1, 1.0, 3.0)]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """One cone over the whole grid, pulled down its sides everywhere."""
        shape = np.array(setting.grid.shape, float)
        centre = generator(attempt.key).uniform(0.4, 0.6, len(shape)) * shape
        height = 2 * float(np.linalg.norm(shape))
        cone = Cones(centre[None], np.array([height]), 1.0)
        away = _positions(setting) - centre.reshape(-1, *(1,) * len(shape))
        length = np.linalg.norm(away, axis=0)
        outward = away / np.where(length > 0, length, 1)
        return [_witness(setting, cone, -reach * outward, "search") for reach in (0.5, 2.0)]

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, 1.0)

    def simplified(self, setting, witness) -> None:
        """The samples are those of a formula."""
        return

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        grid = wi.Grid((48,))
        phi = wi.FeatureExtractor([wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus())], grid)
        setting = Setting("cones", phi, np.zeros((1, 48)), ("zero",), band=5)
        cases = _compare(setting, self.searched(setting, Attempt(key)), 0.5)
        return (Control("C-Lipschitz", "cones of slope 1, the bound told 1/2", cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {INPUT: 1.0}


def _positions(setting: Setting) -> np.ndarray:
    axes = (np.arange(n, dtype=float) for n in setting.grid.shape)
    return np.array(np.meshgrid(*axes, indexing="ij"))


def _drawn(setting: Setting, random: np.random.Generator, reach: float) -> Witness:
    shape = np.array(setting.grid.shape, float)
    d = len(shape)
    centres = (0.2 + 0.6 * random.uniform(size=(3, d))) * shape
    cones = Cones(centres, random.uniform(0.05, 0.3, 3) * shape.min(), random.uniform(0.3, 2))
    direction = random.standard_normal((d, *setting.grid.shape))
    length = np.linalg.norm(direction, axis=0)
    tau = reach * random.uniform(size=setting.grid.shape) * direction / length
    return _witness(setting, cones, tau, "random")


def _witness(setting: Setting, cones: Cones, tau: np.ndarray, origin: str) -> Witness:
    x = _positions(setting)
    arrays = {
        "signal": cones(x),
        "other": cones(x - tau),
        "displacement": tau,
        "centres": cones.centres,
        "heights": cones.heights,
    }
    return Witness(arrays, {"slope": cones.slope}, origin)


def _compare(setting: Setting, witnesses: Sequence[Witness], told: float) -> Cases:
    f = np.stack([w.arrays["signal"] for w in witnesses])
    h = np.stack([w.arrays["other"] for w in witnesses])
    predicted, texts = [], []
    for w in witnesses:
        slope = w.parameters["slope"]
        cones = Cones(w.arrays["centres"], w.arrays["heights"], slope)
        sup = float(np.linalg.norm(w.arrays["displacement"], axis=0).max())
        support = int(cones.support(_positions(setting), sup).sum())
        predicted.append(wi.bounds.lipschitz_class(told * slope, sup, support))
        texts.append(f"||tau|| = {sup:.3g}, {support} samples")
    predicted = np.array(predicted)
    through = float(setting.phi.lipschitz_bound())
    axes = tuple(range(1, f.ndim))
    moved = np.sqrt(np.sum((h - f) ** 2, axis=axes))
    scale = np.sqrt(np.sum(f**2, axis=axes)) + np.sqrt(np.sum(h**2, axis=axes))
    return Cases(
        np.concatenate([moved, differences(setting, f, h)["total"]]),
        np.concatenate([predicted, through * predicted]),
        np.concatenate([16 * setting.eps * scale, rounding_budget(setting.phi, scale)]),
        [*witnesses, *witnesses],
        [f"{text}, {level}" for level in (INPUT, NETWORK) for text in texts],
        [level for level in (INPUT, NETWORK) for _ in witnesses],
    )


CLAIM = LipschitzClassClaim()
