"""Ready extractors: admissible, and written down in a few lines each."""

from __future__ import annotations

from collections.abc import Callable

from wiatowski.extractor import FeatureExtractor
from wiatowski.frames import Curvelets, Haar, Meyer, Morlet, RandomFilters
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.nonlinearities import Modulus, ReLU, Tanh
from wiatowski.poolings import AveragePool, Decimate, Dilate, MaxPool

__all__ = ["PRESETS", "curvelets", "learned", "mixed", "scattering"]


def scattering(grid: Grid) -> FeatureExtractor:
    """Two layers of Morlet wavelets (3 scales, 4 orientations), modulus, sub-sampling by 2."""
    layer = Layer(Morlet(scales=3, orientations=4), Modulus(), Decimate(2))
    return FeatureExtractor([layer] * 2, grid).admissible()


def curvelets(grid: Grid) -> FeatureExtractor:
    """Two layers of curvelets, modulus, pooling by dilation: Theorem 1 exact for every whole shift."""
    layer = Layer(Curvelets(scales=2, orientations=4), Modulus(), Dilate(2))
    return FeatureExtractor([layer] * 2, grid).admissible()


def mixed(grid: Grid) -> FeatureExtractor:
    """Curvelets, Meyer, Haar; modulus, ReLU, tanh; decimation, average, maximum: all different."""
    return FeatureExtractor(
        [
            Layer(Curvelets(scales=3), Modulus(), Decimate(2)),
            Layer(Meyer(scales=2), ReLU(), AveragePool(2)),
            Layer(Haar(scales=1), Tanh(), MaxPool(2)),
        ],
        grid,
    ).admissible()


def learned(grid: Grid) -> FeatureExtractor:
    """Unstructured finite filters, ReLU, maximum; random with a fixed seed until trained ones exist."""
    return FeatureExtractor(
        [Layer(RandomFilters(count=8, size=5, seed=n), ReLU(), MaxPool(2)) for n in range(3)],
        grid,
    ).admissible()


PRESETS: dict[str, Callable[[Grid], FeatureExtractor]] = {
    "scattering": scattering,
    "curvelets": curvelets,
    "mixed": mixed,
    "learned": learned,
}
"""By name, as `wiatowski verify --extractor` takes them: the extractor of any grid that the strides divide."""
