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
from proofs_numeric.engine.setting import Setting, generator, norms, once_per_setting

__all__ = ["CLAIM"]

# A constant that is wrong for quiet or for loud maps alone is wrong.
_AMPLITUDES = (1.0, 1e-6, 1e-3, 1e3, 1e6)


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
            u, v = _noise(setting, generator(jax.random.fold_in(key, n)), 2, n)
            found += [_pair(n, size * u, size * v, "random") for size in _AMPLITUDES]
            found += [_pair(n, 0 * a, a, "known") for a in known]
            found.append(_pair(n, single, -single, "known"))
        return found

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """One layer per attempt: an ascent over pairs."""
        n = 1 + attempt.number % setting.phi.depth
        random = generator(attempt.key)
        starts = tuple(_noise(setting, random, attempt.restarts, n) for _ in "uv")
        # The number of the layer travels as a shape.
        contexts = np.zeros((attempt.restarts, n))
        _, (u, v) = ascend(pooling_ratio, setting, starts, contexts, 60)
        return [_pair(n, a, a + b, "search") for a, b in zip(u, v)]

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        measured, predicted, budget = [], [], []
        for w in witnesses:
            layer = setting.phi.layers[w.parameters["layer"] - 1]
            grid = layer.bank.maps_grid
            pair = (np.asarray(w.arrays[k]) for k in ("signal", "other"))
            u, v = (jnp.asarray(a.astype(_type(setting, np.iscomplexobj(a))))[None] for a in pair)
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
    return jnp.sum(jnp.abs(moved) ** 2) / jnp.sum(jnp.abs(v) ** 2)


def _setting(pooling: wi.AbstractPooling, name: str, grid: wi.Grid) -> Setting:
    layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), pooling)
    phi = wi.FeatureExtractor([layer], grid)
    return Setting(name, phi, np.zeros((1, *grid.shape)), ("zero",), band=2)


def _pair(layer: int, u, v, origin: str) -> Witness:
    return Witness({"signal": u, "other": v}, {"layer": layer}, origin)


def _noise(setting: Setting, random: np.random.Generator, count: int, layer: int) -> np.ndarray:
    """Maps of the kind that the layer pools, real or complex: (count, *grid.shape)."""
    shape = (count, *setting.phi.layers[layer - 1].bank.maps_grid.shape)
    noise = random.standard_normal(shape)
    is_complex = _complex_maps(setting)[layer]
    if is_complex:
        noise = noise + 1j * random.standard_normal(shape)
    return noise.astype(_type(setting, is_complex))


@once_per_setting
def _complex_maps(setting: Setting) -> tuple[bool, ...]:
    """Per depth whether the maps of the setting's signals are complex."""
    signal = jax.ShapeDtypeStruct(setting.grid.shape, setting.signals.dtype)
    maps = jax.eval_shape(lambda f: setting.phi.trace(f).maps, signal)
    return tuple(jnp.issubdtype(u.dtype, jnp.complexfloating) for u in maps)


def _type(setting: Setting, is_complex: bool) -> np.dtype:
    real = setting.real_dtype
    return np.result_type(real, np.complex64) if is_complex else real


def _low_wave(shape) -> np.ndarray:
    """The slowest wave along the first axis, inside every low-pass band."""
    line = np.cos(2 * np.pi * np.arange(shape[0]) / shape[0])
    return np.broadcast_to(line.reshape(-1, *(1,) * (len(shape) - 1)), shape).copy()


CLAIM = PoolingClaim()
