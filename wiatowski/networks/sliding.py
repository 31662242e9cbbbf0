"""Max-pooling over windows that overlap, as networks have it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp

from wiatowski._integers import check_integer
from wiatowski._types import Array
from wiatowski.grid import Grid
from wiatowski.poolings import AbstractPooling

__all__ = ["SlidingMaxPool"]


class SlidingMaxPool(AbstractPooling):
    r"""$\max_{0 \le m_i < K} u[Sn + m - p]$ over the samples that there are; R = $\lceil K/S\rceil^{d/2}$.

    R is the root of the number of windows that a sample lies in. Windows end with the grid, so that a
    shift is not a shift of the result there: for networks, not for a `FeatureExtractor`, whose `MaxPool`
    has disjoint windows.

    Args:
        factor: S, an integer >= 1.
        window: K >= S samples per axis.
        padding: p, how far windows reach over the beginning and the end of each axis.

    Raises:
        ValueError: for another factor, window or padding; on a grid, for one that no window fits.

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> pool = wi.networks.SlidingMaxPool(2, window=3, padding=(1, 1))
    >>> pool(jnp.arange(6.0), wi.Grid((6,))).tolist(), pool.lipschitz(wi.Grid((6, 6)))
    ([1.0, 3.0, 5.0], 2.0)
    """

    window: int = eqx.field(static=True)
    padding: tuple[int, int] = eqx.field(static=True)
    periodic = False

    def __init__(self, factor: int, window: int, padding: Sequence[int] = (0, 0)):
        self.factor = check_integer("SlidingMaxPool", "factor", factor)
        self.window = check_integer("SlidingMaxPool", "window", window, least=self.factor)
        if len(padding) != 2 or not 0 <= min(padding) <= max(padding) < window:
            raise ValueError(
                f"SlidingMaxPool: padding must be a pair (before, after) of numbers from 0 to less than the "
                f"window of {window}, not {padding!r}."
            )
        self.padding = (int(padding[0]), int(padding[1]))

    def pooled(self, grid: Grid) -> Grid:
        """floor((N + p + p' - K) / S) + 1 samples per axis."""
        longer = sum(self.padding) - self.window
        if any(n + longer < 0 for n in grid.shape):
            raise ValueError(
                f"SlidingMaxPool: no window of {self.window} samples fits maps of {grid.shape}; use a "
                "smaller window or larger signals."
            )
        return Grid(tuple((n + longer) // self.stride + 1 for n in grid.shape), grid.spacing)

    def lipschitz(self, grid: Grid) -> float:
        return (-(-self.window // self.stride)) ** (grid.ndim / 2)

    def __call__(self, u: Array, grid: Grid) -> Array:
        # The largest along one axis after the other, of shifted maps: XLA's windows do not vectorise on a CPU.
        u, new = jnp.asarray(u), self.pooled(grid)
        for axis, length in enumerate(new.shape, start=u.ndim - grid.ndim):
            ends = [(0, 0)] * u.ndim
            ends[axis] = self.padding
            wide = jnp.pad(u, ends, constant_values=-jnp.inf)
            reach = (length - 1) * self.stride + 1
            shifted = (
                jax.lax.slice_in_dim(wide, m, m + reach, self.stride, axis)
                for m in range(self.window)
            )
            u = functools.reduce(jnp.maximum, shifted)
        return u
