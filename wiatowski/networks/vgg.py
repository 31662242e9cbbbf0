"""VGG-16 (Simonyan & Zisserman 2015): thirteen 3 x 3 convolutions and three dense layers."""

from __future__ import annotations

from collections.abc import Sequence

from wiatowski.layer import Layer
from wiatowski.networks.head import Head
from wiatowski.networks.network import Network
from wiatowski.networks.preprocessing import TORCHVISION
from wiatowski.networks.sources import Weights, convolution, count_of, dense, opened, square
from wiatowski.nonlinearities import ReLU
from wiatowski.poolings import MaxPool

__all__ = ["vgg16"]

# Channels of each block's convolutions; torchvision counts ReLUs and poolings as layers, too.
_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def vgg16(
    weights: Weights, size: int = 224, classes: Sequence[str] | int = 1000, dtype=None
) -> Network:
    """VGG-16 as torchvision lays it out.

    Args:
        weights: a state dictionary with torchvision's names, or `RandomWeights`.
        size: of the square images, a multiple of 32 from 64 on; torchvision's weights want 224.
        classes: names of the classes, or their number.
        dtype: of the arrays.

    Raises:
        ValueError: for weights of another architecture, or a size too small.

    Source: Simonyan & Zisserman 2015, configuration D.
    """
    grid = square("vgg16", size, least=64, multiple=32)
    source, layers, number, into = opened(weights), {}, 0, 3
    for block, channels in enumerate(_BLOCKS, start=1):
        for i, out in enumerate(channels, start=1):
            stage = convolution(source, f"features.{number}", (into, out), 3, padding=1)
            pooling = MaxPool(2) if i == len(channels) else None
            layers[f"conv{block}_{i}"] = Layer(stage, ReLU(), pooling)
            number, into = number + 2 + (pooling is not None), out
    count = count_of(classes)
    sizes = (into * (size // 32) ** 2, 4096, 4096, count)
    head = [
        dense(source, f"classifier.{place}", (sizes[i], sizes[i + 1]), nonlinearity)
        for i, (place, nonlinearity) in enumerate(((0, ReLU()), (3, ReLU()), (6, None)))
    ]
    source.finish("vgg16")
    return Network(
        layers,
        grid,
        3,
        Head(head, averages=False),
        classes=classes,
        preprocessing=TORCHVISION,
        dtype=dtype,
    )
