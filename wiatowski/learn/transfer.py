"""Networks that were trained for something else: a new head, and which layers go on learning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np

from wiatowski.layer import Layer
from wiatowski.networks import Convolution, Dense, Head, Network
from wiatowski.networks.sources import count_of
from wiatowski.nonlinearities import Identity

__all__ = ["from_layer", "head_alone", "with_new_head"]


def with_new_head(network: Network, classes: Sequence[str] | int, seed: int = 0) -> Network:
    """The same network with a last layer for other classes, drawn anew.

    That is the last dense layer of the head; or, where the head has none, the last convolution, whose maps are
    the scores, without the ReLU that may follow it.

    Args:
        network: with or without trained weights.
        classes: names of the classes, or their number.
        seed: of the weights, normal with variance 1 / fan-in.

    Raises:
        ValueError: for fewer than two classes, or a network that ends otherwise.
        TypeError: for what is no network, or no classes.

    Source: utility.

    >>> import wiatowski as wi
    >>> network = wi.networks.lenet5(wi.networks.RandomWeights())
    >>> with_new_head(network, ("cat", "dog")).classes
    ('cat', 'dog')
    """
    if not isinstance(network, Network):
        raise TypeError(f"with_new_head: a Network is needed, not {type(network).__name__}.")
    if isinstance(classes, (str, bool, float)):
        raise TypeError(f"with_new_head: classes must be names or their number, not {classes!r}.")
    count = count_of(classes)
    if count < 2:
        raise ValueError(f"with_new_head: there must be at least two classes, not {count}.")
    draw, layers, dense = np.random.default_rng(seed), list(network.layers), network.head.layers
    named: dict[str, Layer] = dict(zip(network.names, layers))
    if dense:
        fan_in = dense[-1].weights.shape[1]
        new = Dense(draw.standard_normal((count, fan_in)) / np.sqrt(fan_in), np.zeros(count))
        head = Head([*dense[:-1], new], network.head.averages)
    else:
        stage = layers[-1].frame
        if not isinstance(stage, Convolution) or stage.groups > 1:
            raise ValueError(
                "with_new_head: the network ends neither in a dense layer nor in a convolution whose maps are the "
                "scores; build it with a Head of your own."
            )
        shape = (count, *stage.taps.shape[1:])
        taps = draw.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        new = Convolution(taps, np.zeros(count), stage.stride, stage.padding, wraps=stage.wraps)
        named[network.names[-1]] = Layer(new, Identity(), layers[-1].pooling)
        head = network.head
    return Network(
        named,
        network.grid,
        network.channels,
        head,
        classes=classes,
        preprocessing=network.preprocessing,
        dtype=network.dtype,
    )


def from_layer(layer: int | str) -> Callable[[Network], Any]:
    """For `train(trainable=...)`: a layer, those after it, and the head are trained.

    Args:
        layer: by number or name.
    """

    def trained(network: Network) -> Any:
        first = network.depth_of(layer)
        return eqx.tree_at(
            lambda m: (*m.layers[first - 1 :], m.head),
            _filled(network, False),
            tuple(_filled(part, True) for part in (*network.layers[first - 1 :], network.head)),
        )

    return trained


def head_alone(network: Network) -> Any:
    """For `train(trainable=...)`: what `with_new_head` makes anew is trained, and nothing else."""
    if not network.head.layers:
        return from_layer(network.depth)(network)
    last = _filled(network.head.layers[-1], True)
    return eqx.tree_at(lambda m: m.head.layers[-1], _filled(network, False), last)


def _filled(tree, value: bool) -> Any:
    return jax.tree.map(lambda _: value, tree)
