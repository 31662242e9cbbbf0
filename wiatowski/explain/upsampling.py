"""Maps at the size of the signal, and in the range from 0 to 1."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from wiatowski._types import Array, ArrayLike

__all__ = ["unit_range", "upsampled"]


def upsampled(maps: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Linear interpolation over the trailing axes to a shape; samples lie in the middle of their cells.

    >>> import jax.numpy as jnp
    >>> upsampled(jnp.array([0.0, 4.0]), (4,)).tolist()
    [0.0, 1.0, 3.0, 4.0]
    """
    maps = jnp.asarray(maps)
    lead = maps.shape[: maps.ndim - len(shape)]
    return jax.image.resize(maps, (*lead, *shape), "linear", antialias=False)


def unit_range(heatmap: ArrayLike, ndim: int | None = None) -> Array:
    """Shifted and divided so that the smallest value is 0 and the largest 1; a constant map becomes 0.

    Args:
        heatmap: one map, or with `ndim` maps of so many trailing axes, each on its own.
        ndim: trailing axes; by default all.

    >>> import jax.numpy as jnp
    >>> unit_range(jnp.array([1.0, 3.0, 2.0])).tolist()
    [0.0, 1.0, 0.5]
    """
    heatmap = jnp.asarray(heatmap)
    axes = tuple(range(heatmap.ndim - (heatmap.ndim if ndim is None else ndim), heatmap.ndim))
    low, high = heatmap.min(axes, keepdims=True), heatmap.max(axes, keepdims=True)
    reach = high - low
    return jnp.where(reach > 0, (heatmap - low) / jnp.where(reach > 0, reach, 1), 0)
