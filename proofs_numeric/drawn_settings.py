"""Settings to evaluate claims on: fixed compositions, and ones drawn from the catalogues."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric.setting import Setting, norms, white_noise

__all__ = ["all_settings", "drawn_signals", "inadmissible_setting"]

F = wi.frames


def drawn_signals(key: jax.Array, grid: wi.Grid, count: int, real: bool = True) -> np.ndarray:
    """White noise, band-limited noise and cartoon functions in turn, each of unit norm."""
    signals = white_noise(key, (count, *grid.shape), real)
    for i in range(count):
        if i % 3 == 1 or (i % 3 == 2 and not real):
            band = max(1, int(0.15 * min(grid.shape)))
            signals[i] = wi.signals.project(signals[i], band)[0]
        elif i % 3 == 2:
            signals[i] = wi.signals.cartoon(key, grid)
    return signals / norms(signals).reshape(-1, *(1,) * grid.ndim)


def all_settings(seed: int, full: bool = False) -> list[Setting]:
    """Every setting of a run without a user's extractor: fixed ones, then drawn ones.

    Args:
        seed: of compositions and signals.
        full: search everywhere, not only on the first three.
    """
    specifications = [*_fixed(), *_drawn(np.random.default_rng(seed))]
    keys = jax.random.split(jax.random.key(seed, impl="unsafe_rbg"), len(specifications))
    settings = []
    for i, (key, (name, layers, grid, real)) in enumerate(zip(keys, specifications)):
        phi = wi.FeatureExtractor(layers, grid)
        phi = phi if name.endswith("not rescaled") else phi.admissible()
        signals = drawn_signals(key, grid, 4, real)
        band = max(1, min(6, (min(grid.shape) - 1) // 4))
        settings.append(Setting(name, phi, signals, ("random",) * 4, band, full or i < 3))
    return settings


def inadmissible_setting(key: jax.Array) -> Setting:
    """A two-layer extractor whose banks have B = 2.25."""
    grid = wi.Grid((48,))
    layer = wi.Layer(F.Scaled(F.Meyer(scales=2), 1.5), wi.Modulus(), wi.Decimate(2))
    phi = wi.FeatureExtractor([layer, layer], grid)
    return Setting("inadmissible", phi, drawn_signals(key, grid, 2), ("random",) * 2, band=5)


def _fixed():
    dilating = wi.Layer(F.Meyer(scales=3), wi.Modulus(), wi.Dilate(2))
    yield "1-D Meyer, modulus, dilation", [dilating] * 3, wi.Grid((256,)), True
    decimating = wi.Layer(F.Meyer(scales=3), wi.Modulus(), wi.Decimate(2))
    yield "1-D Meyer, modulus, decimation", [decimating] * 3, wi.Grid((256,)), True
    mixed = [
        wi.Layer(F.Curvelets(scales=2), wi.Modulus(), wi.Decimate(2)),
        wi.Layer(F.Meyer(scales=2), wi.ReLU(), wi.AveragePool(2)),
        wi.Layer(F.Haar(scales=1), wi.Tanh(), wi.MaxPool(2)),
    ]
    yield "2-D mixed, decimation", mixed, wi.Grid((32, 24)), True
    odd = [
        wi.Layer(F.Curvelets(scales=2), wi.ModReLU(0.01), wi.Dilate(1.5)),
        wi.Layer(F.Haar(scales=1), wi.Modulus()),
    ]
    yield "2-D curvelets on an odd grid, dilation", odd, wi.Grid((15, 21)), True
    undecimated = [
        wi.Layer(F.Haar(scales=2), wi.Modulus()),
        wi.Layer(F.Curvelets(scales=1), wi.Modulus(), wi.Dilate(2)),
    ]
    yield "2-D Haar and curvelets, modulus", undecimated, wi.Grid((17, 24)), True
    solid = [
        wi.Layer(F.Meyer(scales=1), wi.Modulus(), wi.Dilate(2)),
        wi.Layer(F.Haar(scales=1), wi.ReLU(), wi.NoPooling()),
    ]
    yield "3-D Meyer and Haar, dilation", solid, wi.Grid((8, 8, 8)), True
    complex_layers = [
        wi.Layer(F.Morlet(scales=3, voices=2), wi.SoftThreshold(0.01), wi.LpPool(2.0, 2)),
        wi.Layer(F.Meyer(scales=2), wi.SiLU(), wi.LowPassDecimate(2)),
    ]
    yield "1-D Morlet, complex signals, L2 pooling", complex_layers, wi.Grid((64,)), False
    loud = [
        wi.Layer(F.RandomFilters(count=6, size=3), wi.LeakyReLU(0.2), wi.MaxPool(3)),
        wi.Layer(F.Morlet(scales=1), wi.Modulus()),
    ]
    yield "2-D random filters, not rescaled", loud, wi.Grid((18, 12)), True


def _drawn(random: np.random.Generator):
    """One composition per dimension, drawn from all catalogues."""
    shapes = {1: [(60,), (84,)], 2: [(24, 36), (36, 24)], 3: [(12, 12, 12)]}
    nonlinearities = [
        wi.Modulus(),
        wi.ReLU(),
        wi.Tanh(),
        wi.ShiftedSigmoid(),
        wi.Identity(),
        wi.ModReLU(0.02),
        wi.LeakyReLU(0.1),
        wi.SiLU(),
        wi.GELU(),
        wi.SoftThreshold(0.02),
    ]
    for ndim, choices in shapes.items():
        grid = wi.Grid(choices[random.integers(len(choices))])
        deep = 1 if ndim == 3 else 2  # what the coarsest drawn grid still resolves
        families = [F.Meyer(scales=deep), F.Haar(scales=deep), F.RandomFilters(4, size=deep + 1)]
        if ndim < 3:
            families.append(F.Morlet(scales=2, orientations=4))
        if ndim == 2:
            families.append(F.Curvelets(scales=2))
        poolings = [
            wi.NoPooling(),
            wi.Dilate(2),
            wi.Decimate(2),
            wi.AveragePool(2),
            wi.MaxPool(3),
            wi.LpPool(1.5, 2),
            wi.LowPassDecimate(2),
        ]
        layers = []
        for _ in range(2):
            frame = families.pop(random.integers(len(families)))
            nonlinearity = nonlinearities[random.integers(len(nonlinearities))]
            layers.append(
                wi.Layer(frame, nonlinearity, poolings.pop(random.integers(len(poolings))))
            )
        name = "; ".join(
            ", ".join(type(m).__name__ for m in (x.frame, x.nonlinearity, x.pooling))
            for x in layers
        )
        yield f"{ndim}-D drawn: {name}", layers, grid, True
