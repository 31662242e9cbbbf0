"""Poolings: what happens to a map and to its grid between two layers."""

import abc
import functools
import math
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._fourier import fold, from_spectrum, spectrum
from wiatowski._integers import is_integer
from wiatowski._types import Array
from wiatowski.grid import Grid

__all__ = [
    "AbstractPooling",
    "AveragePool",
    "Decimate",
    "Dilate",
    "LowPassDecimate",
    "LpPool",
    "MaxPool",
    "NoPooling",
]


class AbstractPooling(eqx.Module):
    """A map of arrays on a grid to arrays on the pooled grid; zero goes to zero.

    `factor` is W&B's S >= 1. Each periodic pooling commutes with the shifts by multiples of its stride:
    P T_{S m} = T_m P.
    """

    factor: float = eqx.field(static=True)
    drops_samples: ClassVar[bool] = True
    # Whether windows go on at the other end of the grid, as the theory's do.
    periodic: ClassVar[bool] = True

    @property
    def stride(self) -> int:
        """By how much the shape is divided: S where samples are dropped, 1 where they are kept."""
        return int(self.factor) if self.drops_samples else 1

    def pooled(self, grid: Grid) -> Grid:
        """The grid of the result."""
        return grid.decimated(self.stride).dilated(self.factor / self.stride)

    @abc.abstractmethod
    def lipschitz(self, grid: Grid) -> float:
        """Sharp R with ||P u - P v|| <= R ||u - v||, Euclidean norms on samples."""

    @abc.abstractmethod
    def __call__(self, u: Array, grid: Grid) -> Array:
        """Pool over the trailing axes of `u`, which lie on `grid`."""


class NoPooling(AbstractPooling):
    """P = Id, S = 1, R = 1."""

    drops_samples = False

    def __init__(self):
        self.factor = 1.0

    def lipschitz(self, grid: Grid) -> float:
        return 1.0

    def __call__(self, u: Array, grid: Grid) -> Array:
        return u


class Dilate(AbstractPooling):
    r"""W&B's pooling $S^{d/2} u(S \cdot)$: nothing is lost, the spacing becomes spacing / S.

    The identity on arrays (unitary); later frames are sampled at the finer spacing.

    Args:
        factor: real S >= 1.
    """

    drops_samples = False

    def __init__(self, factor: float):
        if not (math.isfinite(factor) and factor >= 1):
            raise ValueError(f"Dilate: factor must be a number >= 1, not {factor!r}.")
        self.factor = float(factor)

    def lipschitz(self, grid: Grid) -> float:
        return 1.0

    def __call__(self, u: Array, grid: Grid) -> Array:
        return u


class Decimate(AbstractPooling):
    r"""$u[S n]$, every S-th sample without the factor $S^{d/2}$; R = 1.

    Args:
        factor: integer S >= 1 that divides every axis.
    """

    def __init__(self, factor: int):
        self.factor = _window("Decimate", factor)

    def lipschitz(self, grid: Grid) -> float:
        return 1.0

    def __call__(self, u: Array, grid: Grid) -> Array:
        return decimate(u, self.stride, grid.ndim)


class LowPassDecimate(AbstractPooling):
    r"""$S^{d/2} (u * \varphi)[S n]$ with the ideal low-pass of width N / S; R = 1.

    Bins on the edge of the band carry $|\hat\varphi|^2 = 1/2$, so real maps stay real. Signals
    inside the band keep their norm.

    Args:
        factor: integer S >= 1 that divides every axis.
    """

    def __init__(self, factor: int):
        self.factor = _window("LowPassDecimate", factor)

    def lipschitz(self, grid: Grid) -> float:
        return 1.0

    def __call__(self, u: Array, grid: Grid) -> Array:
        u_hat = spectrum(u, grid.ndim)
        for axis, n in enumerate(grid.shape):
            k = np.abs(np.fft.fftfreq(n, d=1 / n).round())
            edge = n / self.stride / 2
            passed = np.where(k < edge, 1.0, np.where(k == edge, math.sqrt(0.5), 0.0))
            if self.stride == 1:
                passed = np.ones(n)
            shape = [-1 if a == axis else 1 for a in range(grid.ndim)]
            u_hat = u_hat * passed.astype(jnp.finfo(u_hat.dtype).dtype).reshape(shape)
        folded = fold(u_hat, self.stride, grid.ndim) * self.stride ** (grid.ndim / 2)
        return from_spectrum(folded, grid.ndim, not jnp.iscomplexobj(u))


class AveragePool(AbstractPooling):
    r"""Mean over disjoint windows of S samples per axis; R = $S^{-d/2}$.

    Args:
        factor: integer S >= 1 that divides every axis.
    """

    def __init__(self, factor: int):
        self.factor = _window("AveragePool", factor)

    def lipschitz(self, grid: Grid) -> float:
        return self.stride ** (-grid.ndim / 2)

    def __call__(self, u: Array, grid: Grid) -> Array:
        return _mean(u, self.stride, grid.ndim)


class MaxPool(AbstractPooling):
    r"""Maximum over disjoint windows of S samples per axis; R = 1.

    The ordinary maximum on real maps, the largest modulus on complex ones (as in the code of the
    ICML 2016 paper).

    Args:
        factor: integer S >= 1 that divides every axis.
    """

    def __init__(self, factor: int):
        self.factor = _window("MaxPool", factor)

    def lipschitz(self, grid: Grid) -> float:
        return 1.0

    def __call__(self, u: Array, grid: Grid) -> Array:
        values = jnp.abs(u) if jnp.iscomplexobj(u) else u
        return _largest(values, self.stride, grid.ndim)


class LpPool(AbstractPooling):
    r"""$(\sum |u|^p)^{1/p}$ over disjoint windows; R = $\max(1, S^{d(1/p - 1/2)})$.

    Args:
        p: exponent, 1 <= p < infinity (for infinity: `Modulus` and `MaxPool`).
        factor: integer S >= 1 that divides every axis.
    """

    p: float = eqx.field(static=True)

    def __init__(self, p: float, factor: int):
        if not (math.isfinite(p) and p >= 1):
            raise ValueError(
                f"LpPool: p must be a finite number >= 1, not {p!r}; "
                "for p = infinity use MaxPool on complex maps or after a Modulus."
            )
        self.p, self.factor = float(p), _window("LpPool", factor)

    def lipschitz(self, grid: Grid) -> float:
        return max(1.0, self.stride ** (grid.ndim * (1 / self.p - 0.5)))

    def __call__(self, u: Array, grid: Grid) -> Array:
        size = jnp.abs(_windows(u, self.stride, grid.ndim))
        # Divided by the largest, so that no power over- or underflows; zero windows stay zero.
        peak = jax.lax.stop_gradient(size.max(axis=-1, keepdims=True))
        safe = jnp.where(peak > 0, peak, 1)
        relative = jnp.where(peak > 0, size / safe, 1)
        total = jnp.sum(_power(relative, self.p), axis=-1) ** (1 / self.p)
        return jnp.where(peak[..., 0] > 0, total * safe[..., 0], 0)


def _over_windows(combined: Callable, u: Array, window: int, ndim: int) -> Array:
    """An associative function of two arrays over disjoint windows, one axis after the other.

    Written out: XLA's reductions over short axes do not vectorise.
    """
    for axis in range(u.ndim - ndim, u.ndim):
        split = u.reshape(*u.shape[:axis], -1, window, *u.shape[axis + 1 :])
        rows = (jax.lax.index_in_dim(split, i, axis + 1, False) for i in range(window))
        u = functools.reduce(combined, rows)
    return u


# Derivatives are written with reductions, which transpose to broadcasts.
@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _mean(u: Array, window: int, ndim: int) -> Array:
    return _over_windows(jnp.add, u, window, ndim) / window**ndim


@_mean.defjvp
def _mean_jvp(window: int, ndim: int, primals, tangents):
    return _mean(*primals, window, ndim), _windows(tangents[0], window, ndim).mean(axis=-1)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _largest(u: Array, window: int, ndim: int) -> Array:
    return _over_windows(jnp.maximum, u, window, ndim)


@_largest.defjvp
def _largest_jvp(window: int, ndim: int, primals, tangents):
    (u,), (du,) = primals, tangents
    largest = _largest(u, window, ndim)
    windows = _windows(u, window, ndim)
    # A compiler may compute u once for its maximum and once more, rounded otherwise, for the comparison.
    first = jnp.argmax(windows, axis=-1, keepdims=True) == jnp.arange(windows.shape[-1])
    there = first | (windows == largest[..., None])
    weights = there / there.sum(axis=-1, keepdims=True, dtype=u.dtype)  # equal ones share
    return largest, (weights * _windows(du, window, ndim)).sum(axis=-1)


def decimate(u: Array, factor: int, ndim: int) -> Array:
    """Every `factor`-th sample along the trailing axes."""
    return u[(..., *(slice(None, None, factor),) * ndim)]


def _power(size: Array, p: float) -> Array:
    """size ** p with a finite derivative at zero."""
    safe = jnp.where(size > 0, size, 1)
    return jnp.where(size > 0, safe**p, 0)


def _window(name: str, factor) -> int:
    if not is_integer(factor) or factor < 1:
        raise ValueError(
            f"{name}: factor must be an integer >= 1, not {factor!r}; "
            "Dilate takes any real factor >= 1."
        )
    return int(factor)


def _windows(u: Array, window: int, ndim: int) -> Array:
    """(..., N1, ..., Nd) -> (..., N1/S, ..., Nd/S, S^d)."""
    batch, shape = u.shape[: u.ndim - ndim], u.shape[u.ndim - ndim :]
    split = [part for n in shape for part in (n // window, window)]
    blocks = u.reshape(*batch, *split)
    first = len(batch)
    outer = [first + 2 * i for i in range(ndim)]
    inner = [first + 2 * i + 1 for i in range(ndim)]
    blocks = blocks.transpose(*range(first), *outer, *inner)
    return blocks.reshape(*batch, *(n // window for n in shape), window**ndim)
