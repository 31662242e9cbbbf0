"""Stages made of layers: a sum of two ways through them, or several ways side by side."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp

from wiatowski._types import Array
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.stage import AbstractStage

__all__ = ["Parallel", "PassThrough", "Residual"]

Way = tuple[Layer, ...]


class Residual(AbstractStage):
    r"""$u \mapsto F(u) + G(u)$ with F and G sequences of layers, G the identity where it has none.

    $\mathrm{Lip} \le \mathrm{Lip}(F) + \mathrm{Lip}(G)$.

    Args:
        layers: F.
        shortcut: G; the identity by default.

    Raises:
        ValueError: for no layers, layers that act on single maps, or, on a grid, sums of maps of different
            shapes.

    Source: residual networks (He, Zhang, Ren & Sun 2016); proposition in `paper_notes.md`.

    >>> import numpy as np, wiatowski as wi
    >>> inner = wi.Layer(wi.networks.Convolution(np.eye(2)[..., None] / 4), wi.ReLU())
    >>> stage = wi.networks.Residual([inner]).on(wi.Grid((8,)))
    >>> round(float(stage.lipschitz()), 5)
    1.25
    """

    layers: Way
    shortcut: Way
    grid: Grid | None = eqx.field(static=True)

    def __init__(
        self, layers: Sequence[Layer], shortcut: Sequence[Layer] = (), grid: Grid | None = None
    ):
        self.layers = _checked("Residual", layers)
        self.shortcut = _checked("Residual", shortcut) if shortcut else ()
        self.grid = grid

    @property
    def stride(self) -> int:
        """The product of the strides along F."""
        return math.prod(layer.stride for layer in self.layers)

    def decimated(self, grid: Grid) -> Grid:
        """Where F leads."""
        return grid_after(self.layers, grid)

    def on(self, grid: Grid, dtype=None) -> Residual:
        """The same with its layers on their grids; raises unless both ways lead to one grid."""
        placed = Residual(
            _placed(self.layers, grid, dtype), _placed(self.shortcut, grid, dtype), grid
        )
        ends = [grid_after(way, grid).shape for way in (placed.layers, placed.shortcut)]
        if ends[0] != ends[1]:
            raise ValueError(
                f"Residual.on: the layers lead from {grid.shape} to {ends[0]} samples, the shortcut to "
                f"{ends[1]}; give both the same strides."
            )
        return placed

    def count_maps(self, maps: int) -> int:
        """Those of F, which must be those of G."""
        counts = [count_maps(way, maps) for way in (self.layers, self.shortcut)]
        if counts[0] != counts[1]:
            raise ValueError(
                f"Residual: the layers make {counts[0]} maps of {maps}, the shortcut {counts[1]}; their sum "
                "needs equally many."
            )
        return counts[0]

    def lipschitz(self) -> Array | float:
        """Lip F + Lip G."""
        return lipschitz_of(self.layers) + lipschitz_of(self.shortcut)

    def __call__(self, u: Array) -> Array:
        return _through(self.layers, u) + _through(self.shortcut, u)


class Parallel(AbstractStage):
    r"""$u \mapsto (F_1(u), F_2(u), \dots)$, sequences of layers side by side, their maps one after another.

    $\mathrm{Lip}^2 \le \sum_i \mathrm{Lip}(F_i)^2$. An empty sequence is the identity.

    Args:
        ways: the sequences.

    Raises:
        ValueError: for no ways, or, on a grid, ways that lead to different grids.

    Source: Inception and Fire modules; proposition in `paper_notes.md`.

    >>> import numpy as np, wiatowski as wi
    >>> double = wi.Layer(wi.networks.Convolution(2 * np.eye(3)[..., None]), wi.ReLU())
    >>> stage = wi.networks.Parallel([[double], []]).on(wi.Grid((8,)))
    >>> stage.count_maps(3), round(float(stage.lipschitz()) ** 2, 4)
    (6, 5.0)
    """

    ways: tuple[Way, ...]
    grid: Grid | None = eqx.field(static=True)

    def __init__(self, ways: Sequence[Sequence[Layer]], grid: Grid | None = None):
        if not ways:
            raise ValueError("Parallel: no ways; give sequences of layers, [[layer, ...], ...].")
        self.ways = tuple(_checked("Parallel", way) if way else () for way in ways)
        self.grid = grid

    @property
    def stride(self) -> int:
        """The product of the strides along the first way."""
        return math.prod(layer.stride for layer in self.ways[0])

    def decimated(self, grid: Grid) -> Grid:
        """Where all ways lead."""
        return grid_after(self.ways[0], grid)

    def on(self, grid: Grid, dtype=None) -> Parallel:
        """The same with all layers on their grids; raises unless all ways lead to one grid."""
        placed = Parallel([_placed(way, grid, dtype) for way in self.ways], grid)
        ends = [grid_after(way, grid).shape for way in placed.ways]
        if len(set(ends)) > 1:
            raise ValueError(
                f"Parallel.on: the ways lead from {grid.shape} to {ends} samples; give all the same "
                "strides and padding."
            )
        return placed

    def count_maps(self, maps: int) -> int:
        """The maps of all ways together."""
        return sum(count_maps(way, maps) for way in self.ways)

    def lipschitz(self) -> Array | float:
        """The root of the sum of the squares."""
        return sum(lipschitz_of(way) ** 2 for way in self.ways) ** 0.5

    def __call__(self, u: Array) -> Array:
        return jnp.concatenate([_through(way, u) for way in self.ways])


class PassThrough(AbstractStage):
    """The maps as they are: for layers that only pool.

    >>> import wiatowski as wi
    >>> layer = wi.Layer(wi.networks.PassThrough(), wi.Identity(), wi.MaxPool(2))
    >>> layer.on(wi.Grid((8,))).maps_lipschitz()
    1.0
    """

    grid: Grid | None = eqx.field(static=True, default=None)

    @property
    def stride(self) -> int:
        """One."""
        return 1

    def decimated(self, grid: Grid) -> Grid:
        """The same."""
        return grid

    def on(self, grid: Grid, dtype=None) -> PassThrough:
        """Fits every grid."""
        return PassThrough(grid)

    def count_maps(self, maps: int) -> int:
        """As many."""
        return maps

    def lipschitz(self) -> float:
        """One."""
        return 1.0

    def __call__(self, u: Array) -> Array:
        return u


def _checked(name: str, layers: Sequence[Layer]) -> Way:
    layers = tuple(layers) if isinstance(layers, Sequence) else (layers,)
    for layer in layers:
        if not isinstance(layer, Layer):
            raise TypeError(f"{name}: sequences of wiatowski.Layer are needed, not {layer!r}.")
    if not layers:
        raise ValueError(f"{name}: no layers; give at least one wiatowski.Layer.")
    return layers


def _placed(way: Way, grid: Grid, dtype) -> Way:
    layers = []
    for layer in way:
        layers.append(layer.on(grid, dtype))
        grid = layers[-1].pooled(grid)
    return tuple(layers)


def grid_after(way: Way, grid: Grid) -> Grid:
    """Where a sequence of layers leads."""
    return functools.reduce(lambda found, layer: layer.pooled(found), way, grid)


def count_maps(way: Way, maps: int) -> int:
    """How many maps it makes of so many."""
    return functools.reduce(lambda count, layer: layer.count_maps(count), way, maps)


def lipschitz_of(way: Way) -> Array | float:
    """The product of what the layers do to maps."""
    return math.prod(layer.maps_lipschitz() for layer in way)


def _through(way: Way, u: Array) -> Array:
    return functools.reduce(lambda maps, layer: layer.mixed(maps), way, u)
