"""ResNet-50 (He, Zhang, Ren & Sun 2016): sixteen bottlenecks with shortcuts."""

from __future__ import annotations

from collections.abc import Sequence

from wiatowski.layer import Layer
from wiatowski.networks.combined import Residual
from wiatowski.networks.head import Head
from wiatowski.networks.network import Network
from wiatowski.networks.preprocessing import TORCHVISION
from wiatowski.networks.sliding import SlidingMaxPool
from wiatowski.networks.sources import (
    AbstractSource,
    Weights,
    convolution,
    count_of,
    dense,
    linear,
    opened,
    square,
)
from wiatowski.nonlinearities import ReLU

__all__ = ["resnet50"]

_BLOCKS = (3, 4, 6, 3)
_WIDTHS = (64, 128, 256, 512)
_EPSILON = 1e-5


def resnet50(
    weights: Weights, size: int = 224, classes: Sequence[str] | int = 1000, dtype=None
) -> Network:
    """ResNet-50 as torchvision lays it out: strides in the 3 x 3 convolutions, normalisations folded.

    Args:
        weights: a state dictionary with torchvision's names, or `RandomWeights`.
        size: of the square images, at least 33.
        classes: names of the classes, or their number.
        dtype: of the arrays.

    Raises:
        ValueError: for weights of another architecture, or a size too small.

    Source: He, Zhang, Ren & Sun 2016, with torchvision's strides.
    """
    grid = square("resnet50", size, least=33)
    source = opened(weights)
    stem = convolution(source, "conv1", (3, 64), 7, 2, 3, bias=False, norm=("bn1", _EPSILON))
    layers = {"conv1": Layer(stem, ReLU(), SlidingMaxPool(2, window=3, padding=(1, 1)))}
    into = 64
    for stage, (blocks, width) in enumerate(zip(_BLOCKS, _WIDTHS, strict=True), start=1):
        for block in range(blocks):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            layers[name] = _bottleneck(source, name, into, width, stride)
            into = 4 * width
    count = count_of(classes)
    head = Head([dense(source, "fc", (into, count))], averages=True)
    source.finish("resnet50")
    return Network(
        layers,
        grid,
        3,
        head,
        classes=classes,
        preprocessing=TORCHVISION,
        dtype=dtype,
    )


def _bottleneck(source: AbstractSource, name: str, into: int, width: int, stride: int) -> Layer:
    def normed(i: int, channels: tuple[int, int], window: int, step: int = 1):
        norm = (f"{name}.bn{i}", _EPSILON)
        padding = window // 2
        return convolution(
            source, f"{name}.conv{i}", channels, window, step, padding, bias=False, norm=norm
        )

    out = 4 * width
    inner = [
        Layer(normed(1, (into, width), 1), ReLU()),
        Layer(normed(2, (width, width), 3, stride), ReLU()),
        linear(normed(3, (width, out), 1)),
    ]
    shortcut = []
    if into != out or stride > 1:
        norm = (f"{name}.downsample.1", _EPSILON)
        shortcut = [
            linear(
                convolution(
                    source, f"{name}.downsample.0", (into, out), 1, stride, bias=False, norm=norm
                )
            )
        ]
    return Layer(Residual(inner, shortcut), ReLU())
