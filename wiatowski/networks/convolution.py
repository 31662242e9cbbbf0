"""The convolution of networks: channels mixed over a window, with bias, stride, zero padding and groups."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._types import Array, all_finite, resolve_real_dtype
from wiatowski.grid import Grid
from wiatowski.networks.operator_norm import operator_norm
from wiatowski.stage import AbstractStage

__all__ = ["Convolution", "same_padding"]

Padding = int | Sequence[tuple[int, int]]


class Convolution(AbstractStage):
    r"""$(Hu)_o[n] = b_o + \sum_{i,m} h_{oi}[m]\, u_i[Sn + m - p]$, zero outside the grid.

    What frameworks call a convolution: the window is not reversed. The bias cancels in differences,
    and zero padding is a compression of the convolution on $\mathbb{Z}^d$, so that `lipschitz` is that
    of the taps on the torus, whatever the grid.

    Args:
        taps: h, (C_out, C_in / groups, *K).
        bias: b, (C_out,); none by default.
        stride: S >= 1.
        padding: p, zeros before and after every axis, or a pair for each.
        groups: channels in so many groups, each of which sees its own.
        wraps: pad with the samples of the other end instead, so that signals are periodic.

    Raises:
        ValueError: for shapes that do not match, taps that are not finite, negative padding, or, on a
            grid, a window that does not fit the padded maps.

    Source: convolution layers of networks; proposition on padding and bias in `paper_notes.md`.

    >>> import numpy as np, wiatowski as wi
    >>> stage = wi.networks.Convolution(np.ones((2, 3, 3, 3)), np.array([0.0, 1.0]), stride=2, padding=1)
    >>> stage.on(wi.Grid((8, 8))).maps_grid.shape
    (4, 4)
    """

    taps: Array | np.ndarray
    bias: Array | np.ndarray | None
    grid: Grid | None = eqx.field(static=True)
    padding: tuple[tuple[int, int], ...] = eqx.field(static=True)
    groups: int = eqx.field(static=True)
    wraps: bool = eqx.field(static=True)
    _stride: int = eqx.field(static=True)

    def __init__(
        self,
        taps,
        bias=None,
        stride: int = 1,
        padding: Padding = 0,
        groups: int = 1,
        wraps: bool = False,
        grid: Grid | None = None,
    ):
        taps = taps if isinstance(taps, jax.Array) else np.asarray(taps)
        if taps.ndim < 3 or 0 in taps.shape:
            raise ValueError(
                f"Convolution: taps must have shape (C_out, C_in / groups, *K), one axis K per axis of the "
                f"grid, not {taps.shape}."
            )
        if not jnp.issubdtype(taps.dtype, np.floating):
            raise ValueError(f"Convolution: taps must be real floating numbers, not {taps.dtype}.")
        if not all_finite(taps):
            raise ValueError("Convolution: the taps hold NaN or infinite numbers.")
        stride = check_integer("Convolution", "stride", stride)
        groups = check_integer("Convolution", "groups", groups)
        if taps.shape[0] % groups:
            raise ValueError(
                f"Convolution: {groups} groups do not divide {taps.shape[0]} channels; their number must "
                "divide C_out."
            )
        if bias is not None:
            bias = bias if isinstance(bias, jax.Array) else np.asarray(bias)
            if bias.shape != taps.shape[:1]:
                raise ValueError(
                    f"Convolution: bias must have shape ({taps.shape[0]},), one number per channel, not "
                    f"{bias.shape}."
                )
            if not all_finite(bias):
                raise ValueError("Convolution: the bias holds NaN or infinite numbers.")
        self.taps, self.bias, self.grid = taps, bias, grid
        self.padding = _pairs(padding, taps.ndim - 2)
        self._stride, self.groups, self.wraps = stride, groups, bool(wraps)

    @property
    def stride(self) -> int:
        """S."""
        return self._stride

    @property
    def channels(self) -> tuple[int, int]:
        """C_out and C_in."""
        return self.taps.shape[0], self.taps.shape[1] * self.groups

    @property
    def window(self) -> tuple[int, ...]:
        """K, per axis."""
        return self.taps.shape[2:]

    def decimated(self, grid: Grid) -> Grid:
        """floor((N + p + p' - K) / S) + 1 samples per axis."""
        shape = [(n - k) // self._stride + 1 for n, k in zip(self._padded(grid), self.window)]
        return Grid(tuple(shape), grid.spacing)

    def _padded(self, grid: Grid) -> list[int]:
        return [n + before + after for n, (before, after) in zip(grid.shape, self.padding)]

    def on(self, grid: Grid, dtype=None) -> Convolution:
        """The same on a grid; raises unless the window fits the padded maps."""
        dtype = resolve_real_dtype(dtype, "Convolution.on")
        if grid.ndim != len(self.window):
            raise ValueError(
                f"Convolution.on: taps of shape {self.taps.shape} have windows of {len(self.window)} axes, "
                f"but the grid has {grid.ndim}."
            )
        if any(n < k for n, k in zip(self._padded(grid), self.window)):
            raise ValueError(
                f"Convolution.on: a window of {self.window} does not fit maps of {grid.shape} samples with "
                f"padding {self.padding}; use larger signals or more padding."
            )
        new = self.decimated(grid).shape
        if self.wraps and any(
            n % self._stride or m * self._stride > n for n, m in zip(grid.shape, new)
        ):
            raise ValueError(
                f"Convolution.on: of maps of {grid.shape} periodic samples a window of {self.window} with "
                f"padding {self.padding} and stride {self._stride} makes {new}, some of them twice; pad by at "
                "most the window less one in all, and let the stride divide the samples."
            )
        taps = jnp.asarray(self.taps, dtype)
        bias = None if self.bias is None else jnp.asarray(self.bias, dtype)
        return Convolution(taps, bias, self._stride, self.padding, self.groups, self.wraps, grid)

    def count_maps(self, maps: int) -> int:
        """C_out new maps of C_in maps."""
        out, into = self.channels
        if maps != into:
            raise ValueError(
                f"Convolution: the taps mix {into} maps into {out}, but the layer gets {maps}; give taps "
                f"of shape ({out}, {maps}, ...)."
            )
        return out

    def lipschitz(self) -> Array:
        r"""$\sup_\omega \|\hat H(\omega)\|$ over the torus, from above: `operator_norm` of the taps."""
        return operator_norm(self.taps, self._stride, self.groups)

    def __call__(self, u: Array) -> Array:
        """(C_in, *grid.shape) -> (C_out, *maps_grid.shape)."""
        ndim, padding = len(self.window), self.padding
        if self.wraps:
            u, padding = jnp.pad(u, ((0, 0), *padding), mode="wrap"), ((0, 0),) * ndim
        if self._sees_own_channel:
            v = self._by_channel(u, padding)
        elif self.sees_own_sample:
            taps = jnp.asarray(self.taps, u.dtype).reshape(self.channels)
            v = jnp.tensordot(taps, u, axes=1, precision="highest")
        else:
            v = self._mixed(u, padding)
        return v if self.bias is None else v + self.bias.reshape(-1, *(1,) * ndim)

    @property
    def _sees_own_channel(self) -> bool:
        out, into = self.taps.shape[:2]
        return out == self.groups and into == 1 and math.prod(self.window) <= _MOST_SHIFTS

    @property
    def sees_own_sample(self) -> bool:
        """Whether it mixes channels alone, sample by sample."""
        plain = self._stride == self.groups == 1 and not np.any(self.padding)
        return plain and math.prod(self.window) == 1

    def _mixed(self, u: Array, padding) -> Array:
        # Channels last, which XLA's convolutions on a CPU ask for; the transposes cost nothing, since
        # they only choose the layout.
        ndim = len(self.window)
        axes = tuple(range(2, 2 + ndim))
        v = jax.lax.conv_general_dilated(
            jnp.moveaxis(u, 0, -1)[None],
            jnp.transpose(jnp.asarray(self.taps, u.dtype), (*axes, 1, 0)),
            (self._stride,) * ndim,
            padding,
            dimension_numbers=_LAYOUTS[ndim],
            feature_group_count=self.groups,
            precision="highest",
        )
        return jnp.moveaxis(v[0], -1, 0)

    def _by_channel(self, u: Array, padding) -> Array:
        # A sum of shifted maps is one loop; XLA's convolutions by groups take 4 to 50 times as long on a CPU.
        wide, ndim = jnp.pad(u, ((0, 0), *padding)), len(self.window)
        taps = jnp.asarray(self.taps, u.dtype).reshape(len(u), *self.window, *(1,) * ndim)
        reach = [
            (n - k) // self._stride * self._stride + 1 for n, k in zip(wide.shape[1:], self.window)
        ]
        shifted = (
            taps[:, *m] * wide[:, *(slice(i, i + n, self._stride) for i, n in zip(m, reach))]
            for m in itertools.product(*map(range, self.window))
        )
        return functools.reduce(jnp.add, shifted)


_MOST_SHIFTS = 64  # larger windows would make long programs
_LAYOUTS = {
    1: ("NWC", "WIO", "NWC"),
    2: ("NHWC", "HWIO", "NHWC"),
    3: ("NDHWC", "DHWIO", "NDHWC"),
}


def same_padding(
    shape: Sequence[int], window: Sequence[int], stride: int = 1
) -> tuple[tuple[int, int], ...]:
    r"""Zeros with which $\lceil N/S\rceil$ samples come out, the odd one behind, as TensorFlow places them.

    >>> same_padding((224, 224), (3, 3), 2)
    ((0, 1), (0, 1))
    """
    missing = [max(0, (-(-n // stride) - 1) * stride + k - n) for n, k in zip(shape, window)]
    return tuple((m // 2, m - m // 2) for m in missing)


def _pairs(padding: Padding, ndim: int) -> tuple[tuple[int, int], ...]:
    pairs = [(padding, padding)] * ndim if isinstance(padding, (int, np.integer)) else padding
    try:
        found = tuple((int(before), int(after)) for before, after in pairs)
    except (TypeError, ValueError):
        found = ()
    if len(found) != ndim or any(p < 0 for pair in found for p in pair):
        raise ValueError(
            f"Convolution: padding must be an integer >= 0, or a pair (before, after) for each of {ndim} "
            f"axes, not {padding!r}."
        )
    return found
