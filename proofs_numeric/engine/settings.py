"""Settings to evaluate claims on: fixed compositions, and ones drawn from the catalogues."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.setting import Setting, norms, resolved_band, white_noise

__all__ = ["all_settings", "drawn_signals", "on_drawn_signals"]

F = wi.frames


def drawn_signals(key: jax.Array, grid: wi.Grid, count: int, real: bool = True) -> np.ndarray:
    """White noise, band-limited noise and cartoon functions in turn, each of unit norm."""
    signals = white_noise(key, (count, *grid.shape), real)
    for i in range(count):
        if i % 3 == 1 or (i % 3 == 2 and not real):
            least = min(grid.shape)
            band = min(max(1, int(0.15 * least)), (least - 1) // 2)
            signals[i] = wi.signals.project(signals[i], band)[0]
        elif i % 3 == 2:
            signals[i] = wi.signals.cartoon(key, grid)
    return signals / norms(signals).reshape(-1, *(1,) * grid.ndim)


def all_settings(seed: int, full: bool = False) -> list[Setting]:
    """Every setting of a run without a user's extractor: fixed ones, then drawn ones.

    Args:
        seed: of compositions and signals.
        full: search everywhere, not only on the first three, and draw four times as many.
    """
    random = np.random.default_rng(seed)
    specifications: list[tuple[str, wi.FeatureExtractor, bool]] = [*_fixed()]
    for _ in range(4 if full else 1):
        specifications += _drawn(random)
    keys = jax.random.split(jax.random.key(seed, impl="unsafe_rbg"), len(specifications))
    settings: list[Setting] = []
    for i, (key, (name, phi, real)) in enumerate(zip(keys, specifications)):
        known = {setting.name for setting in settings}
        name = name if name not in known else f"{name} ({i})"
        settings.append(on_drawn_signals(name, phi, key, real, attacked=full or i < 3))
    return settings


def on_drawn_signals(
    name: str, phi: wi.FeatureExtractor, key: jax.Array, real: bool = True, attacked: bool = True
) -> Setting:
    """An extractor with four drawn signals and a band that its grid resolves well."""
    signals = drawn_signals(key, phi.grid, 4, real)
    return Setting(name, phi, signals, ("random",) * 4, resolved_band(phi.grid), attacked)


def _fixed():
    """Name, extractor, whether its signals are real; the first three are searched in quick runs."""
    for name, layers, grid, real in _compositions():
        phi = wi.FeatureExtractor(layers, grid)
        yield name, phi if name.endswith("not rescaled") else phi.admissible(), real


def _compositions():
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
    """One composition per dimension, drawn from the catalogues; unresolved ones are drawn again."""
    for ndim in (1, 2, 3):
        for _ in range(100):
            try:
                name, phi = _draw(random, ndim)
            except ValueError:  # a frame that the drawn grid does not resolve
                continue
            yield name, phi.admissible(), True
            break


def _draw(random: np.random.Generator, ndim: int) -> tuple[str, wi.FeatureExtractor]:
    shapes = {1: [(60,), (84,)], 2: [(24, 36), (36, 24)], 3: [(12, 12, 12)]}[ndim]
    deep = 1 if ndim == 3 else 2  # what the coarsest drawn grid still resolves
    frames = [
        F.Meyer(scales=deep),
        F.Haar(scales=deep),
        F.RandomFilters(4, size=deep + 1),
        F.Shannon(scales=deep),
        F.Simoncelli(scales=deep),
        F.Daubechies(scales=1, moments=2),
        F.BSplineFramelets(scales=1),
        F.Gabor(4),
    ]
    if ndim < 3:
        frames += [F.Morlet(scales=2, orientations=4), F.LogGabor(scales=2)]
    if ndim == 2:
        frames += [F.Curvelets(scales=1), F.Shearlets(scales=1), F.Steerable(scales=1)]
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
    poolings = [
        wi.NoPooling(),
        wi.Dilate(2),
        wi.Decimate(2),
        wi.AveragePool(2),
        wi.MaxPool(3),
        wi.LpPool(1.5, 2),
        wi.LowPassDecimate(2),
    ]
    choose = random.integers
    layers = [
        wi.Layer(
            frames.pop(choose(len(frames))),
            nonlinearities[choose(len(nonlinearities))],
            poolings.pop(choose(len(poolings))),
        )
        for _ in range(2)
    ]
    phi = wi.FeatureExtractor(layers, wi.Grid(shapes[choose(len(shapes))]))
    cost = sum(count * grid.size for count, grid in zip(phi.path_counts, phi.grids))
    if cost > 100_000:
        raise ValueError("too many paths for a quick draw")
    members = [(x.frame, x.nonlinearity, x.pooling) for x in layers]
    texts = [", ".join(type(m).__name__ for m in layer) for layer in members]
    return f"{ndim}-D drawn: {'; '.join(texts)}", phi
