"""A network: layers that mix channels, and a head that scores classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._integers import is_integer
from wiatowski._types import Array, ArrayLike, all_finite, real_dtype, resolve_real_dtype
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.networks.classifier import AbstractClassifier, Tapped, named_classes
from wiatowski.networks.combined import count_maps, grid_after, lipschitz_of
from wiatowski.networks.convolution import Convolution
from wiatowski.networks.head import Head
from wiatowski.networks.preprocessing import Preprocessing
from wiatowski.nonlinearities import Identity
from wiatowski.poolings import NoPooling

__all__ = ["Network", "Scored"]


class Scored(NamedTuple):
    """Scores, and the maps of every depth that they come from.

    `maps[n]` are those of layer n after its nonlinearity (and tap) and before its pooling, (C_n, *grid);
    `maps[0]` is the signal.
    """

    scores: Array
    maps: tuple[Array, ...]


class Network(AbstractClassifier):
    r"""$f \mapsto h(U_D \cdots U_1 f)$: layers that mix all channels, $U_n = P_n M_n H_n$, and a head h.

    Call it on one signal; batches go through `jax.vmap`, compilation through `eqx.filter_jit`.

    Args:
        layers: in order, or by name. Each has a stage (`Convolution`, `Residual`, `Parallel`, `PassThrough`)
            or a matrix-valued frame.
        grid: of the input.
        channels: of the input.
        head: from the last maps to scores.
        classes: names of the scores, or how many; numbers by default.
        preprocessing: from a photo to the input.
        dtype: of the arrays; by default that of the context.

    Raises:
        ValueError: naming the layer that does not fit, or a head or names of classes that do not.

    Source: networks as module-sequences (Wiatowski & Boelcskei 2018) whose layers are matrix-valued and
    affine; `paper_notes.md`, networks.

    >>> import numpy as np, wiatowski as wi
    >>> taps = np.random.default_rng(0).standard_normal((4, 3, 3, 3)) / 6
    >>> layer = wi.Layer(wi.networks.Convolution(taps, padding=1), wi.ReLU(), wi.MaxPool(2))
    >>> head = wi.networks.Head([wi.networks.Dense(np.ones((2, 4)))], averages=True)
    >>> network = wi.networks.Network([layer], wi.Grid((8, 8)), channels=3, head=head)
    >>> network(np.ones((3, 8, 8))).shape
    (2,)
    """

    layers: tuple[Layer, ...]
    head: Head
    grid: Grid = eqx.field(static=True)
    channels: int = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)
    classes: tuple[str, ...] = eqx.field(static=True)
    preprocessing: Preprocessing | None = eqx.field(static=True)

    def __init__(
        self,
        layers: Sequence[Layer] | Mapping[str, Layer],
        grid: Grid,
        channels: int,
        head: Head,
        classes: Sequence[str] | int | None = None,
        preprocessing: Preprocessing | None = None,
        dtype=None,
    ):
        dtype = resolve_real_dtype(dtype, "Network")
        named = layers if isinstance(layers, Mapping) else dict(enumerate(layers, start=1))
        placed, current, maps = [], grid, channels
        for name, layer in named.items():
            if not isinstance(layer, Layer):
                raise TypeError(f"Network: layers must be wiatowski.Layer objects, not {layer!r}.")
            try:
                placed.append(layer.on(current, dtype))
                if not placed[-1].stage.mixes:
                    raise ValueError(
                        "its frame acts on each map, which makes paths; use FeatureExtractor for it, or "
                        "frames.MatrixFilters here."
                    )
                maps = placed[-1].count_maps(maps)
                current = placed[-1].pooled(current)
            except ValueError as error:
                raise ValueError(f"Network, layer {name}: {error}") from None
        count = head.classes(maps, current.size)
        self.layers, self.head = tuple(placed), head.cast(dtype)
        self.grid, self.channels = grid, int(channels)
        self.names = tuple(map(str, named))
        self.classes = named_classes("Network", count, classes)
        self.preprocessing = preprocessing

    @property
    def depth(self) -> int:
        """Number of layers D."""
        return len(self.layers)

    @property
    def dtype(self) -> np.dtype:
        """Of the arrays."""
        arrays = jax.tree.leaves(eqx.filter((self.layers, self.head), eqx.is_inexact_array))
        return real_dtype(jnp.result_type(*arrays)) if arrays else np.dtype(jnp.zeros(()).dtype)

    def depth_of(self, layer: int | str) -> int:
        """The number n = 1..D of a layer, given as number or by its name.

        Raises:
            ValueError: for one that there is not.
        """
        if isinstance(layer, str) and layer in self.names:
            return self.names.index(layer) + 1
        if is_integer(layer) and 1 <= layer <= self.depth:
            return int(layer)
        raise ValueError(
            f"Network: no layer {layer!r}; there are 1 to {self.depth}, named {', '.join(self.names)}."
        )

    def tap_shape(self, layer: int | str) -> tuple[int, ...]:
        """(C_n, *grid) of the maps of a layer before its pooling."""
        n = self.depth_of(layer)
        maps = count_maps(self.layers[:n], self.channels)
        return (maps, *self.layers[n - 1].stage.maps_grid.shape)

    def __call__(self, f: ArrayLike, taps: Mapping[int, Array] | None = None) -> Array:
        """Scores of one signal, (classes,); arguments as `trace`."""
        return self.trace(f, taps).scores

    def tapped(self, f: ArrayLike, layer: int | str, tap: Array) -> Tapped:
        """Scores and maps with an array of `tap_shape` added to the maps of a layer."""
        n = self.depth_of(layer)
        traced = self.trace(f, {n: tap})
        return Tapped(traced.scores, traced.maps[n])

    def trace(self, f: ArrayLike, taps: Mapping[int, Array] | None = None) -> Scored:
        """Scores and the maps of every depth.

        Args:
            f: (channels, *grid.shape), real.
            taps: per layer number n an array of its `tap_shape`, added after its nonlinearity and before
                its pooling. The gradient with respect to a zero tap is the gradient at that layer.

        Raises:
            ValueError: for a wrong shape, NaN or infinite samples, or a wrong tap.
        """
        u, taps = self._checked(f), self._checked_taps(taps)
        before, maps = u, [u]
        for n, layer in enumerate(self.layers, start=1):
            before = u
            maps.append(layer.activated(u, taps.get(n)))
            u = layer.pooling(maps[-1], layer.stage.maps_grid)
        if self.depth not in taps and self._averages_commute():
            # Compiled, the last maps are then made only for whoever uses them.
            means = before.mean(tuple(range(1, before.ndim)), keepdims=True)
            u = self.layers[-1].activated(means)
        return Scored(self.head(u), tuple(maps))

    def _averages_commute(self) -> bool:
        """Whether the last layer makes of the averages of its maps those of its own."""
        if not (self.layers and self.head.averages):
            return False
        last = self.layers[-1]
        plain = type(last.nonlinearity) is Identity and type(last.pooling) is NoPooling
        return plain and isinstance(last.frame, Convolution) and last.frame.sees_own_sample

    def _checked(self, f: ArrayLike) -> Array:
        f = jnp.asarray(f)
        expected = (self.channels, *self.grid.shape)
        if f.shape != expected:
            raise ValueError(
                f"Network: the signal has shape {f.shape}, but the network takes {expected}; use its "
                "preprocessing, and jax.vmap for batches."
            )
        if jnp.iscomplexobj(f):
            raise ValueError("Network: the signal is complex; give real channels.")
        if not all_finite(f):
            raise ValueError(
                "Network: the signal holds NaN or infinite samples; replace them first, for example with "
                "jnp.nan_to_num."
            )
        return f.astype(self.dtype)

    def _checked_taps(self, taps: Mapping[int, Array] | None) -> dict[int, Array]:
        taps = dict(taps or {})
        for n, tap in taps.items():
            expected = self.tap_shape(n)
            if jnp.shape(tap) != expected:
                raise ValueError(
                    f"Network: the tap of layer {n} has shape {jnp.shape(tap)}, but its maps before "
                    f"pooling are {expected}."
                )
        return taps

    def lipschitz_bound(self) -> Array | float:
        r"""$\mathrm{Lip}(h) \prod_n \|H_n\| L_n R_n$: ||scores(f) - scores(g)|| is at most this times ||f - g||.

        Source: composition of Lipschitz maps (`paper_notes.md`, networks).
        """
        samples = grid_after(self.layers, self.grid).size
        return self.head.lipschitz(samples) * lipschitz_of(self.layers)
