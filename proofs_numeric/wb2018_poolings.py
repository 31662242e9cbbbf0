"""The declared Lipschitz constant of every pooling, on the grid it pools."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.search import ascend
from proofs_numeric.engine.setting import Setting, generator, norms

__all__ = ["CLAIM"]


class PoolingClaim(Claim):
    name = "wb2018_poolings"
    title = "Lipschitz constants of the poolings"
    statement = (
        r"$\|P_n u - P_n v\| \leq R_n \|u - v\|$ for all maps $u, v$ on the grid of layer $n$"
    )
    source = "Wiatowski & Bölcskei 2018 and Wiatowski et al. 2016, with the sharp constants"

    def hypotheses(self, setting):
        return (Hypothesis("a layer", bool(setting.phi.layers), scope=True),)

    def given(self, setting, key):
        """Noise, and what some pooling is known to keep or to gather."""
        found = []
        for n in range(1, setting.phi.depth + 1):
            shape = setting.phi.layers[n - 1].bank.maps_grid.shape
            single = np.zeros(shape)
            single[(0,) * len(shape)] = 1
            known = [single, np.ones(shape), _low_wave(shape)]
            found.append(_noise(setting, key, n))
            found += [_pair(n, 0 * a, a, "known") for a in known]
            found.append(_pair(n, single, -single, "known"))
        return found

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """One layer per attempt: an ascent over pairs."""
        n = 1 + attempt.number % setting.phi.depth
        shape = setting.phi.layers[n - 1].bank.maps_grid.shape
        random = generator(attempt.key)
        starts = tuple(random.standard_normal((attempt.restarts, *shape)) for _ in "uv")
        starts = tuple(a.astype(setting.real_dtype) for a in starts)
        # The number of the layer travels as a shape.
        contexts = np.zeros((attempt.restarts, n))
        _, (u, v) = ascend(pooling_ratio, setting, starts, contexts, 60)
        return [_pair(n, a, a + b, "search") for a, b in zip(u, v)]

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        measured, predicted, budget = [], [], []
        for w in witnesses:
            layer = setting.phi.layers[w.parameters["layer"] - 1]
            grid = layer.bank.maps_grid
            kind = setting.real_dtype
            u, v = (jnp.asarray(w.arrays[k], kind)[None] for k in ("signal", "other"))
            moved = layer.pooling(u, grid) - layer.pooling(v, grid)
            constant = layer.pooling.lipschitz(grid)
            measured.append(norms([moved])[0])
            predicted.append(constant * norms([u - v])[0])
            stages = 64 * np.log2(grid.size) + 16
            budget.append(setting.eps * stages * constant * sum(norms([u, v])))
        return Cases(
            np.array(measured),
            np.array(predicted),
            np.array(budget),
            list(witnesses),
            [f"{setting.phi.layers[w.parameters['layer'] - 1].pooling!r}" for w in witnesses],
            [f"layer {w.parameters['layer']}" for w in witnesses],
        )

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        grid = wi.Grid((30,))
        setting = _setting(_Sum(), "sums over windows", grid)
        cases = self.evaluate(setting, self.searched(setting, Attempt(key)))
        return (Control("R understated", "sums over three samples counted with R = 1", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        """The catalogue, on a line and in the plane."""
        members = [
            wi.Dilate(2),
            wi.Decimate(2),
            wi.LowPassDecimate(2),
            wi.AveragePool(3),
            wi.MaxPool(2),
            wi.LpPool(1.5, 2),
            wi.LpPool(3.0, 2),
        ]
        grids = {1: wi.Grid((36,)), 2: wi.Grid((12, 12))}
        return [
            dataclasses.replace(_setting(m, f"pooling {m!r}, d = {d}", grid), attacked=d == 1)
            for d, grid in grids.items()
            for m in members
        ]

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {"layer 1": 1.0}


class _Sum(wi.AbstractPooling):
    """Sums over disjoint windows of three samples, which understates its constant."""

    def __init__(self):
        self.factor = 3

    def lipschitz(self, grid: wi.Grid) -> float:
        return 1.0

    def __call__(self, u, grid: wi.Grid):
        return u[..., ::3] + u[..., 1::3] + u[..., 2::3]


def pooling_ratio(phi: wi.FeatureExtractor, point, context):
    """Squared ratio for u and u + v at one layer."""
    u, v = point
    layer = phi.layers[len(context) - 1]
    grid = layer.bank.maps_grid
    moved = layer.pooling(u[None], grid) - layer.pooling((u + v)[None], grid)
    return jnp.sum(moved**2) / jnp.sum(v**2)


def _setting(pooling: wi.AbstractPooling, name: str, grid: wi.Grid) -> Setting:
    layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), pooling)
    phi = wi.FeatureExtractor([layer], grid)
    return Setting(name, phi, np.zeros((1, *grid.shape)), ("zero",), band=2)


def _pair(layer: int, u, v, origin: str) -> Witness:
    return Witness({"signal": u, "other": v}, {"layer": layer}, origin)


def _noise(setting: Setting, key: jax.Array, layer: int) -> Witness:
    shape = setting.phi.layers[layer - 1].bank.maps_grid.shape
    u, v = generator(jax.random.fold_in(key, layer)).standard_normal((2, *shape))
    return Witness({"signal": u, "other": v}, {"layer": layer})


def _low_wave(shape) -> np.ndarray:
    """The slowest wave along the first axis, inside every low-pass band."""
    line = np.cos(2 * np.pi * np.arange(shape[0]) / shape[0])
    return np.broadcast_to(line.reshape(-1, *(1,) * (len(shape) - 1)), shape).copy()


CLAIM = PoolingClaim()
