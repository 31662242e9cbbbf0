"""One module of the theory: frame, nonlinearity, pooling."""

from __future__ import annotations

import math
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp

from wiatowski._fourier import fold, from_spectrum
from wiatowski._types import Array, complex_dtype, is_concrete
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame
from wiatowski.frames.scaled import Scaled
from wiatowski.grid import Grid
from wiatowski.nonlinearities import AbstractNonlinearity, Modulus
from wiatowski.poolings import AbstractPooling, Decimate, NoPooling, decimate

__all__ = ["Layer"]

# Temporaries of one chunk of maps; chunks of this size stay in a core's cache.
_CHUNK_BYTES = 4 * 2**20


class Layer(eqx.Module):
    r"""The module $(\Psi_n, M_n, P_n)$: $u \mapsto \{P(M(u * g_\lambda))\}_\lambda$.

    Args:
        frame: a `Frame`, sampled on whichever grid the layer meets, or a `FilterBank`, which must
            be on that grid.
        nonlinearity: M, default `Modulus()`.
        pooling: P, default `NoPooling()`.

    Raises:
        TypeError: naming the argument that is no frame, nonlinearity or pooling.

    Source: Wiatowski & Boelcskei 2018, module-sequence.

    >>> import wiatowski as wi
    >>> layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.Decimate(2))
    >>> layer.pooling.pooled(wi.Grid((8, 8))).shape
    (4, 4)
    """

    frame: Frame | FilterBank
    nonlinearity: AbstractNonlinearity
    pooling: AbstractPooling

    def __init__(
        self,
        frame: Frame | FilterBank,
        nonlinearity: AbstractNonlinearity | None = None,
        pooling: AbstractPooling | None = None,
    ):
        nonlinearity = Modulus() if nonlinearity is None else nonlinearity
        pooling = NoPooling() if pooling is None else pooling
        for role, value, kinds, example in (
            ("frame", frame, (Frame, FilterBank), "wi.frames.Meyer(scales=2)"),
            ("nonlinearity", nonlinearity, AbstractNonlinearity, "wi.Modulus()"),
            ("pooling", pooling, AbstractPooling, "wi.Decimate(2)"),
        ):
            if not isinstance(value, kinds):
                raise TypeError(f"Layer: {role} must be one like {example}, not {value!r}.")
        self.frame, self.nonlinearity, self.pooling = frame, nonlinearity, pooling

    @property
    def bank(self) -> FilterBank:
        """The layer's filter bank; a layer of an extractor always has one."""
        if not isinstance(self.frame, FilterBank):
            raise ValueError(
                "Layer.bank: the layer is not on a grid yet; use layer.on(grid), or the layers of "
                "a FeatureExtractor."
            )
        return self.frame

    def on(self, grid: Grid, dtype=None) -> Layer:
        """The same layer with its frame sampled on `grid`.

        Raises:
            ValueError: for a filter bank that lives on another grid.
        """
        if isinstance(self.frame, Frame):
            return Layer(self.frame.on(grid, dtype), self.nonlinearity, self.pooling)
        if self.frame.grid != grid:
            raise ValueError(
                f"Layer.on: the FilterBank lives on {self.frame.grid}, but this layer's grid is "
                f"{grid}; build the bank there, or use frames.FiniteFilters(taps), which fits "
                "any grid."
            )
        return self

    def gain(self) -> Array:
        """max{B, B L^2 R^2}: admissible when at most one."""
        upper = self.bank.frame_bounds().upper
        return jnp.maximum(upper, upper * self.lipschitz() ** 2)

    def lipschitz(self) -> float:
        """L R of nonlinearity and pooling on this grid."""
        return self.nonlinearity.lipschitz * self.pooling.lipschitz(self.bank.grid)

    def scaled_by(self, factor) -> Layer:
        """The same layer, its atoms and its output atom times `factor`."""
        return Layer(scaled_bank(self.bank, factor), self.nonlinearity, self.pooling)

    def propagate(self, u_hat: Array, real: bool, tap: Array | None = None) -> Array:
        """U_n: spectra of maps to maps after pooling.

        Args:
            u_hat: (paths, *grid.shape), full spectra.
            real: whether the maps are real.
            tap: (paths * atoms, *grid.shape), added after the nonlinearity, before the pooling.

        Returns:
            (paths * atoms, *pooled grid.shape), atoms varying fastest.
        """
        bank, grid = self.bank, self.bank.grid
        real = real and bank.atoms_real
        stride = self.pooling.stride
        # Plain decimation commutes with a pointwise map: fold the spectrum, skip the samples.
        folds = isinstance(self.pooling, Decimate) and self.nonlinearity.pointwise

        def one_chunk(chunk):
            parents, taps = chunk
            product = parents[:, None] * bank.atoms_hat[None]
            if folds:
                product = fold(product, stride, grid.ndim)
            maps = self.nonlinearity(from_spectrum(product, grid.ndim, real))
            if taps is not None:
                maps = maps + taps
            return maps if folds else self.pooling(maps, grid)

        taps = None
        if tap is not None:
            taps = jnp.asarray(tap).reshape(u_hat.shape[0], len(bank), *grid.shape)
            taps = decimate(taps, stride, grid.ndim) if folds else taps
        parent_bytes = max(1, len(bank)) * grid.size * complex_dtype(bank.dtype).itemsize
        children = map_chunks(one_chunk, (u_hat, taps), parent_bytes)
        return children.reshape(-1, *children.shape[2:])


def scaled_bank(bank: FilterBank, factor) -> FilterBank:
    """The bank times a factor; a named frame stays named, as `Scaled`."""
    factor = jnp.asarray(factor, dtype=bank.dtype)
    if bank.frame is None or not is_concrete(factor):
        return bank.scaled_by(factor)
    return bank.scaled_by(factor, Scaled(bank.frame, float(factor)))


def map_chunks(function: Callable, rows, row_bytes: int):
    """`function` over chunks of the leading axis whose temporaries stay near the cache's size."""
    count = jax.tree.leaves(rows)[0].shape[0]
    chunk = max(1, _CHUNK_BYTES // row_bytes)
    if count <= chunk:
        return function(rows)
    blocks, rest = divmod(count, chunk)
    whole = jax.tree.map(lambda a: a[: blocks * chunk].reshape(blocks, chunk, *a.shape[1:]), rows)
    done = jax.lax.map(function, whole)
    done = done.reshape(blocks * chunk, *done.shape[2:])
    if not rest:
        return done
    tail = function(jax.tree.map(lambda a: a[blocks * chunk :], rows))
    return jnp.concatenate([done, tail])


def output_maps(
    u_hat: Array, output_atom_hat: Array, grid: Grid, real: bool, stride: int = 1
) -> Array:
    """Maps convolved with the output atom, every `stride`-th sample."""
    row_bytes = math.prod(grid.shape) * u_hat.dtype.itemsize

    def one_chunk(parents):
        return from_spectrum(fold(parents * output_atom_hat, stride, grid.ndim), grid.ndim, real)

    return map_chunks(one_chunk, u_hat, row_bytes)
