"""What may stand in the place of a frame in a layer of a network: a map of all maps of a depth."""

from __future__ import annotations

import abc
from typing import ClassVar, Self

import equinox as eqx

from wiatowski._types import Array
from wiatowski.grid import Grid

__all__ = ["AbstractStage"]


class AbstractStage(eqx.Module):
    r"""A Lipschitz map H of C_in maps to C_out maps, with no output atom.

    Convolutions with a bias, residual sums and parallel branches are stages. Unlike a bank it need not
    be linear, nor map zero to zero, nor commute with shifts; what the theory keeps is in `lipschitz`.
    """

    grid: eqx.AbstractVar[Grid | None]
    # All maps of a depth enter each new map.
    mixes: ClassVar[bool] = True

    @abc.abstractmethod
    def on(self, grid: Grid, dtype=None) -> Self:
        """The same stage for maps on `grid`, its arrays in `dtype`.

        Raises:
            ValueError: if it does not fit the grid.
        """

    @property
    @abc.abstractmethod
    def stride(self) -> int:
        """Input samples per sample of the new maps."""

    @abc.abstractmethod
    def decimated(self, grid: Grid) -> Grid:
        """The grid of the new maps for maps on `grid`."""

    @property
    def maps_grid(self) -> Grid:
        """The grid of the new maps; a stage of a placed layer always has one."""
        assert self.grid is not None, "on a grid only"
        return self.decimated(self.grid)

    @abc.abstractmethod
    def count_maps(self, maps: int) -> int:
        """How many maps it makes of `maps` maps; raises if it takes another number."""

    @abc.abstractmethod
    def lipschitz(self) -> Array | float:
        """L with ||H u - H v|| <= L ||u - v||, Euclidean norms on samples, all channels together."""

    @abc.abstractmethod
    def __call__(self, u: Array) -> Array:
        """(C_in, *grid.shape) -> (C_out, *maps_grid.shape)."""
