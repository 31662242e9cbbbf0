"""Inception v1 (GoogLeNet, Szegedy et al. 2015), with batch normalisation as torchvision has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from wiatowski.layer import Layer
from wiatowski.networks.combined import Parallel, PassThrough
from wiatowski.networks.head import Head
from wiatowski.networks.network import Network
from wiatowski.networks.preprocessing import Preprocessing
from wiatowski.networks.sliding import SlidingMaxPool
from wiatowski.networks.sources import (
    AbstractSource,
    Weights,
    convolution,
    count_of,
    dense,
    opened,
    pooled,
    square,
)
from wiatowski.nonlinearities import Identity, ReLU
from wiatowski.poolings import MaxPool

__all__ = ["googlenet"]

_EPSILON = 1e-3
# torchvision's weights come with a network that undoes ImageNet's mean and deviation for these.
_PREPROCESSING = Preprocessing(0.875, (127.5, 127.5, 127.5), (127.5, 127.5, 127.5))


class _Module(NamedTuple):
    """Channels of the four ways: 1 x 1; 1 x 1 and 3 x 3; 1 x 1 and 3 x 3; pooled and 1 x 1."""

    one: int
    three: tuple[int, int]
    five: tuple[int, int]
    pooled: int

    @property
    def out(self) -> int:
        return self.one + self.three[1] + self.five[1] + self.pooled


_MODULES = {
    "inception3a": _Module(64, (96, 128), (16, 32), 32),
    "inception3b": _Module(128, (128, 192), (32, 96), 64),
    "inception4a": _Module(192, (96, 208), (16, 48), 64),
    "inception4b": _Module(160, (112, 224), (24, 64), 64),
    "inception4c": _Module(128, (128, 256), (24, 64), 64),
    "inception4d": _Module(112, (144, 288), (32, 64), 64),
    "inception4e": _Module(256, (160, 320), (32, 128), 128),
    "inception5a": _Module(256, (160, 320), (32, 128), 128),
    "inception5b": _Module(384, (192, 384), (48, 128), 128),
}


def googlenet(
    weights: Weights, size: int = 224, classes: Sequence[str] | int = 1000, dtype=None
) -> Network:
    """GoogLeNet as torchvision lays it out, whose third way has 3 x 3 windows where the paper has 5 x 5.

    Args:
        weights: a state dictionary with torchvision's names, or `RandomWeights`. Those of the auxiliary
            classifiers are left out.
        size: of the square images, at least 63, such as a multiple of 32.
        classes: names of the classes, or their number.
        dtype: of the arrays.

    Raises:
        ValueError: for weights of another architecture, or a size too small.

    Source: Szegedy et al. 2015; normalisation and windows as in torchvision.
    """
    grid = square("googlenet", size, least=63)
    if isinstance(weights, Mapping):
        weights = {name: a for name, a in weights.items() if not name.startswith("aux")}
    source = opened(weights)
    ends = SlidingMaxPool(2, window=3, padding=(0, 1))  # torchvision rounds lengths up
    layers = {
        "conv1": Layer(_normed(source, "conv1", (3, 64), 7, 2), ReLU(), ends),
        "conv2": Layer(_normed(source, "conv2", (64, 64), 1), ReLU()),
        "conv3": Layer(_normed(source, "conv3", (64, 192), 3), ReLU(), ends),
    }
    into = 192
    for name, module in _MODULES.items():
        layers[name], into = _inception(source, name, into, module), module.out
    layers["inception3b"] = pooled(layers["inception3b"], ends)
    layers["inception4e"] = pooled(layers["inception4e"], MaxPool(2))
    count = count_of(classes)
    head = Head([dense(source, "fc", (into, count))], averages=True)
    source.finish("googlenet")
    return Network(
        layers,
        grid,
        3,
        head,
        classes=classes,
        preprocessing=_PREPROCESSING,
        dtype=dtype,
    )


def _normed(source: AbstractSource, name: str, channels: tuple[int, int], window: int, stride=1):
    norm = (f"{name}.bn", _EPSILON)
    return convolution(
        source, f"{name}.conv", channels, window, stride, window // 2, bias=False, norm=norm
    )


def _inception(source: AbstractSource, name: str, into: int, module: _Module) -> Layer:
    def layer(place: str, channels: tuple[int, int], window: int) -> Layer:
        return Layer(_normed(source, f"{name}.{place}", channels, window), ReLU())

    (three_in, three_out), (five_in, five_out) = module.three, module.five
    pooling = Layer(PassThrough(), Identity(), SlidingMaxPool(1, window=3, padding=(1, 1)))
    ways = [
        [layer("branch1", (into, module.one), 1)],
        [layer("branch2.0", (into, three_in), 1), layer("branch2.1", (three_in, three_out), 3)],
        [layer("branch3.0", (into, five_in), 1), layer("branch3.1", (five_in, five_out), 3)],
        [pooling, layer("branch4.1", (into, module.pooled), 1)],
    ]
    return Layer(Parallel(ways), Identity())
