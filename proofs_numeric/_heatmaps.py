"""Models whose heatmaps are spoken of, and equalities of maps as two sides."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._networks import drawn
from proofs_numeric.engine.setting import ClassifierSetting, Setting, generator

__all__ = [
    "averaging_extractor",
    "equality",
    "extractor_with_head",
    "model_of",
    "periodic_network",
    "with_hidden_layer",
]

N = wi.networks


def periodic_network(key: jax.Array) -> ClassifierSetting:
    """Convolutions that wrap around, averages, one dense layer: every hypothesis holds."""
    random = generator(key)
    layers = {
        "first": wi.Layer(_convolution(random, 2, 8), wi.ReLU(), wi.MaxPool(2)),
        "second": wi.Layer(_convolution(random, 8, 6), wi.Tanh()),
    }
    network = N.Network(layers, wi.Grid((16, 12)), 2, N.Head([_dense(random, 6, 4)], averages=True))
    return ClassifierSetting.of("periodic network", network, key)


def with_hidden_layer(key: jax.Array) -> ClassifierSetting:
    """A hidden dense layer with a ReLU, behind which weights depend on the signal."""
    random = generator(key)
    layers = [
        wi.Layer(_convolution(random, 2, 6, stride=2), wi.ReLU()),
        wi.Layer(_convolution(random, 6, 6), wi.ReLU(), wi.AveragePool(2)),
    ]
    head = N.Head([_dense(random, 6, 5, wi.ReLU()), _dense(random, 5, 3)], averages=True)
    network = N.Network(layers, wi.Grid((12, 16)), 2, head)
    return ClassifierSetting.of("periodic network, hidden dense layer", network, key)


def extractor_with_head(key: jax.Array, averages: bool) -> ClassifierSetting:
    """A feature extractor of two different layers with a linear head, of averages or of all samples."""
    layers = [
        wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Decimate(2)),
        wi.Layer(wi.frames.Haar(scales=1), wi.ReLU()),
    ]
    phi = wi.FeatureExtractor(layers, wi.Grid((16, 12)))
    shapes = [a.shape for a in jax.eval_shape(phi, np.zeros(phi.grid.shape)).arrays]
    numbers = sum(s[0] if averages else int(np.prod(s)) for s in shapes)
    random = generator(key)
    head = N.Head([_dense(random, 2 * numbers, 3)], averages=averages)
    name = "extractor, linear head of " + ("averages" if averages else "all samples")
    return ClassifierSetting.of(name, N.Classifier(phi, head, channels=2), key)


def averaging_extractor(key: jax.Array) -> ClassifierSetting:
    """The same with averages, which heatmaps move along with."""
    return extractor_with_head(key, averages=True)


def model_of(setting: Setting) -> N.AbstractClassifier:
    """The model of a setting that has one."""
    assert isinstance(setting, ClassifierSetting)
    return setting.model


def equality(found: np.ndarray, expected: np.ndarray) -> tuple[float, float]:
    r"""$\|v\| + \|u - v\| \le \|v\|$, which is u = v: two sides that say something."""
    size = float(np.linalg.norm(expected))
    return size + float(np.linalg.norm(found - expected)), size


def _convolution(random, into: int, out: int, stride: int = 1) -> N.Convolution:
    return drawn(random, (out, into, 3, 3), bias=0.1, stride=stride, padding=1, wraps=True)


def _dense(random, into: int, out: int, nonlinearity=None) -> N.Dense:
    weights = random.standard_normal((out, into)) / np.sqrt(into)
    return N.Dense(weights, 0.1 * random.standard_normal(out), nonlinearity)
