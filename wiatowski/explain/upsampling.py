"""Maps at the size of the signal, and in the range from 0 to 1."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from wiatowski._types import Array, ArrayLike

__all__ = ["unit_range", "upsampled"]


def upsampled(maps: ArrayLike, shape: tuple[int, ...], *, corners: bool = False) -> Array:
    """Linear interpolation over the trailing axes to a shape.

    Args:
        maps: (..., *samples).
        shape: of the result's trailing axes.
        corners: whether first and last samples stay where they are ("align corners"); by default samples
            lie in the middle of their cells.

    >>> import jax.numpy as jnp
    >>> upsampled(jnp.array([0.0, 4.0]), (4,)).tolist()
    [0.0, 1.0, 3.0, 4.0]
    >>> upsampled(jnp.array([0.0, 6.0]), (4,), corners=True).round(4).tolist()
    [0.0, 2.0, 4.0, 6.0]
    """
    maps = jnp.asarray(maps)
    first = maps.ndim - len(shape)
    wanted = (*maps.shape[:first], *shape)
    if not corners:
        return jax.image.resize(maps, wanted, "linear", antialias=False)
    scale = [
        (new - 1) / (old - 1) if old > 1 else 1.0 for old, new in zip(maps.shape[first:], shape)
    ]
    axes = [first + i for i, old in enumerate(maps.shape[first:]) if old > 1]
    kept = jnp.asarray([scale[axis - first] for axis in axes], maps.dtype)
    target = [new if old > 1 else 1 for old, new in zip(maps.shape[first:], shape)]
    found = jax.image.scale_and_translate(
        maps, (*maps.shape[:first], *target), axes, kept, (1 - kept) / 2, "linear", antialias=False
    )
    return jnp.broadcast_to(found, wanted)


def unit_range(heatmap: ArrayLike, ndim: int | None = None) -> Array:
    """Shifted and divided so that the smallest value is 0 and the largest 1; a constant map becomes 0.

    Args:
        heatmap: one map, or with `ndim` maps of so many trailing axes, each on its own.
        ndim: trailing axes; by default all.

    >>> import jax.numpy as jnp
    >>> unit_range(jnp.array([1.0, 3.0, 2.0])).tolist()
    [0.0, 1.0, 0.5]
    """
    heatmap = jnp.asarray(heatmap, jnp.result_type(heatmap, jnp.float32))
    axes = tuple(range(heatmap.ndim - (heatmap.ndim if ndim is None else ndim), heatmap.ndim))
    low, high = heatmap.min(axes, keepdims=True), heatmap.max(axes, keepdims=True)
    reach = high - low
    return jnp.where(reach == 0, 0, (heatmap - low) / jnp.where(reach == 0, 1, reach))
