"""LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998), for digits."""

from __future__ import annotations

from collections.abc import Sequence

from wiatowski.layer import Layer
from wiatowski.networks.head import Head
from wiatowski.networks.network import Network
from wiatowski.networks.sources import Weights, convolution, count_of, dense, opened, square
from wiatowski.nonlinearities import Tanh
from wiatowski.poolings import AveragePool

__all__ = ["lenet5"]


def lenet5(
    weights: Weights, size: int = 28, classes: Sequence[str] | int = 10, dtype=None
) -> Network:
    """LeNet-5 as it is used today: tanh, means over 2 x 2 samples, all maps joined in the second layer.

    Args:
        weights: a state dictionary with conv1, conv2, fc1, fc2, fc3, or `RandomWeights`.
        size: of the square images of one channel, 28 or another multiple of 4 from 16 on.
        classes: names of the classes, or their number.
        dtype: of the arrays.

    Raises:
        ValueError: for weights of another architecture, or a size too small.

    Source: LeCun, Bottou, Bengio & Haffner 1998 (from memory), without its radial basis functions.
    """
    grid = square("lenet5", size, least=16, multiple=4)
    source = opened(weights)
    layers = {
        "conv1": Layer(convolution(source, "conv1", (1, 6), 5, padding=2), Tanh(), AveragePool(2)),
        "conv2": Layer(convolution(source, "conv2", (6, 16), 5), Tanh(), AveragePool(2)),
    }
    count = count_of(classes)
    side = (size // 2 - 4) // 2
    head = [
        dense(source, "fc1", (16 * side**2, 120), Tanh()),
        dense(source, "fc2", (120, 84), Tanh()),
        dense(source, "fc3", (84, count)),
    ]
    source.finish("lenet5")
    return Network(layers, grid, 1, Head(head, False), classes=classes, dtype=dtype)
