r"""Proved Lipschitz bounds of a network's layers: those of `lipschitz_bound` or better, every rounding counted.

The norm of a convolution is that on $\ell^2(\mathbb{Z}^d)$ (`certified_norm`), which zero padding only
compresses; sums, branches and sequences of layers are composed of it, each step rounded upward. Sequences of
convolutions inside a layer are `balanced` first, where that helps.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from wiatowski.certificates import certified_norm, certify_bank
from wiatowski.certificates._rounding import up
from wiatowski.frames import MatrixBank
from wiatowski.layer import Layer
from wiatowski.networks.balanced import balanced
from wiatowski.networks.combined import Parallel, PassThrough, Residual, Way, grid_after
from wiatowski.networks.convolution import Convolution
from wiatowski.networks.head import Head
from wiatowski.networks.network import Network

__all__ = ["LayerBound", "NetworkBounds", "certified_bounds", "certified_head", "certified_layer"]

_FEW = 2.0**-50  # how far L and R, products and powers of short numbers, are rounded at most


class LayerBound(NamedTuple):
    r"""Proved: $\mathrm{Lip}(H_n)$ is at most `stage`, $L_n R_n$ of nonlinearity and pooling at most `factor`.

    Source: Wiatowski & Boelcskei 2018, admissibility, with $B_n = \mathrm{Lip}(H_n)^2$.
    """

    stage: float
    factor: float

    @property
    def lipschitz(self) -> float:
        r"""$\mathrm{Lip}(H_n) L_n R_n$, of the whole layer."""
        return up(self.stage * self.factor)

    @property
    def gain(self) -> float:
        r"""$\max\{B_n, B_n L_n^2 R_n^2\}$."""
        largest = max(self.stage, self.lipschitz)
        return up(largest * largest)

    @property
    def admissible(self) -> bool:
        """Whether the gain is at most one, but for the rounding of L and R themselves."""
        return max(self.stage, self.lipschitz) <= 1 + 2 * _FEW


class NetworkBounds(NamedTuple):
    """Proved bounds of all layers by their names, and of the head, from maps to scores."""

    layers: dict[str, LayerBound]
    head: float

    @property
    def lipschitz(self) -> float:
        r"""$\mathrm{Lip}(h)\prod_n \mathrm{Lip}(H_n) L_n R_n$, of the scores."""
        return _product([*(layer.lipschitz for layer in self.layers.values()), self.head])

    @property
    def admissible(self) -> bool:
        """Whether every layer is, as the theory asks of a module-sequence."""
        return all(layer.admissible for layer in self.layers.values())


def certified_bounds(network: Network) -> NetworkBounds:
    """The bounds of a network's layers and head as its arrays are, proved.

    Seconds for networks of small filter matrices, minutes where hundreds of channels are mixed over windows;
    `certified_layer` does one layer.

    Args:
        network: of arrays in either precision; their values are taken as they are.

    Raises:
        TypeError: as `certified_layer`.

    Source: composition of Lipschitz maps (`paper_notes.md`, networks).

    >>> import numpy as np, wiatowski as wi
    >>> layer = wi.Layer(wi.networks.Convolution(np.eye(2)[..., None] / 2), wi.ReLU())
    >>> head = wi.networks.Head([], averages=True)
    >>> bounds = wi.networks.certified_bounds(wi.networks.Network([layer], wi.Grid((4,)), 2, head))
    >>> bounds.admissible, round(bounds.layers["1"].lipschitz, 6), round(bounds.lipschitz, 6)
    (True, 0.5, 0.25)
    """
    layers = {
        name: certified_layer(layer)
        for name, layer in zip(network.names, network.layers, strict=True)
    }
    samples = grid_after(network.layers, network.grid).size
    return NetworkBounds(layers, certified_head(network.head, samples))


def certified_layer(layer: Layer) -> LayerBound:
    """The bound of one layer on its grid, proved; `network.layers` are on theirs.

    Raises:
        TypeError: for a stage of another kind than those of `wiatowski.networks`.

    Source: `paper_notes.md`, networks.

    >>> import numpy as np, wiatowski as wi
    >>> stage = wi.networks.Convolution(np.full((1, 1, 3), 0.5), padding=1)
    >>> bound = wi.networks.certified_layer(wi.Layer(stage, wi.ReLU()).on(wi.Grid((8,))))
    >>> bound.admissible, 1.5 <= bound.lipschitz < 1.51
    (False, True)
    """
    return LayerBound(_norm(layer.stage), _above(layer.lipschitz()))


def certified_head(head: Head, samples: int) -> float:
    r"""The bound of a head, proved: $N^{-1/2}$ of averages over N samples, times that of its dense layers.

    Args:
        head: from maps to scores.
        samples: N, of every map.

    Source: `paper_notes.md`, networks.

    >>> import wiatowski as wi
    >>> round(wi.networks.certified_head(wi.networks.Head([], averages=True), 16), 9)
    0.25
    """
    factors = [_above(samples**-0.5)] if head.averages else []
    for dense in head.layers:
        factors.append(certified_norm(np.asarray(dense.weights)[..., None]).upper)
        factors.append(_above(dense.nonlinearity.lipschitz))
    return _product(factors)


@functools.singledispatch
def _norm(stage) -> float:
    """A proved Lipschitz constant of a stage on its grid."""
    raise TypeError(
        f"certified_layer: nothing is proved of {type(stage).__name__}; build the layer of "
        "networks.Convolution, Residual, Parallel and PassThrough, or a matrix-valued frame."
    )


@_norm.register
def _(stage: Convolution) -> float:
    return certified_norm(np.asarray(stage.taps), stage.stride, stage.groups).upper


@_norm.register
def _(stage: Residual) -> float:
    return up(_of_way(stage.layers) + _of_way(stage.shortcut))


@_norm.register
def _(stage: Parallel) -> float:
    total = 0.0
    for way in stage.ways:
        total = up(total + up(_of_way(way) ** 2))
    return up(math.sqrt(total))


@_norm.register
def _(stage: PassThrough) -> float:
    return 1.0


@_norm.register
def _(stage: MatrixBank) -> float:
    return up(math.sqrt(certify_bank(stage).upper))


def _of_way(way: Way) -> float:
    """Of layers in sequence: the product of their bounds, or that of the balanced ones."""
    product = _product([certified_layer(layer).lipschitz for layer in way])
    scaled = balanced(way)
    if scaled is way:
        return product
    bounds = [certified_layer(layer) for layer in scaled]
    factors = [
        up(up(bound.stage + _scaling_error(layer)) * bound.factor)
        for bound, layer in zip(bounds, scaled)
    ]
    return min(product, _product(factors))


def _scaling_error(layer: Layer) -> float:
    r"""On the norm, of taps that were multiplied and divided: $3u\,(\sum_{oi}(\sum_m|h_{oi}[m]|)^2)^{1/2}$."""
    assert isinstance(layer.frame, Convolution)  # nothing else is balanced
    taps = np.abs(np.asarray(layer.frame.taps))
    return up(float(np.linalg.norm(taps.sum(axis=tuple(range(2, taps.ndim))))) * 3.01 * 2.0**-53)


def _above(constant: float) -> float:
    return up(constant * (1 + _FEW))


def _product(factors: list[float]) -> float:
    """Rounded upward after every step."""
    return functools.reduce(lambda product, factor: up(product * factor), factors, 1.0)
