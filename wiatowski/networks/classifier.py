"""What can be explained: a network, or a feature extractor with a head."""

from __future__ import annotations

import abc
import difflib
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._integers import is_integer
from wiatowski._types import Array, ArrayLike, all_finite, is_concrete
from wiatowski.extractor import FeatureExtractor
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.networks.head import Head

__all__ = ["AbstractClassifier", "Classifier", "Tapped"]


class Tapped(NamedTuple):
    """Scores, (classes,), and the maps of one layer before its pooling, (maps, *grid)."""

    scores: Array
    maps: Array


class AbstractClassifier(eqx.Module):
    """Scores of classes, and the maps of every layer with taps: all that an explanation asks for."""

    classes: eqx.AbstractVar[tuple[str, ...]]
    grid: eqx.AbstractVar[Grid]
    channels: eqx.AbstractVar[int]

    @property
    @abc.abstractmethod
    def depth(self) -> int:
        """Number of layers D."""

    @abc.abstractmethod
    def depth_of(self, layer: int | str) -> int:
        """The number n = 1..D of a layer; raises for one that there is not."""

    @abc.abstractmethod
    def tap_shape(self, layer: int | str) -> tuple[int, ...]:
        """(maps, *grid) of a layer before its pooling."""

    @abc.abstractmethod
    def __call__(self, f: ArrayLike) -> Array:
        """Scores of one signal (channels, *grid.shape): (classes,)."""

    @abc.abstractmethod
    def tapped(self, f: ArrayLike, layer: int | str, tap: Array) -> Tapped:
        """Scores and maps with an array of `tap_shape` added to the maps of a layer."""

    def class_of(self, target: int | str) -> int:
        """The number of a class, given as number or by its name.

        Raises:
            ValueError: for one that there is not.
        """
        if isinstance(target, str):
            return self._named(target)
        if isinstance(target, jax.Array) and target.ndim == 0 and is_concrete(target):
            target = target.item()
        if not is_integer(target):
            raise TypeError(f"a class is a number or a name, not {target!r}.")
        if not 0 <= target < len(self.classes):
            raise ValueError(
                f"class {target} does not exist; classes are numbered 0 to {len(self.classes) - 1}."
            )
        return int(target)

    def _named(self, name: str) -> int:
        found = [number for number, own in enumerate(self.classes) if own == name]
        if len(found) > 1:
            numbers = " and ".join(map(str, found))
            raise ValueError(f"{name!r} is the name of the classes {numbers}; give a number.")
        if not found:
            near = difflib.get_close_matches(name, self.classes, n=3) or self.classes
            raise ValueError(f"no class is named {name!r}; there are {_some(near)}.")
        return found[0]


def named_classes(call: str, count: int, classes: Sequence[str] | int | None) -> tuple[str, ...]:
    """A name per score, numbers by default; raises unless there are as many as scores."""
    classes = count if classes is None else classes
    names = tuple(map(str, range(classes)) if isinstance(classes, (int, np.integer)) else classes)
    if len(names) != count:
        raise ValueError(
            f"{call}: the head gives {count} scores, but there are {len(names)} names of classes."
        )
    return names


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f", ... ({len(names)})" if len(names) > 5 else "")


class Classifier(AbstractClassifier):
    r"""A feature extractor with a head: scores $h(\Phi(f_1), \dots, \Phi(f_C))$ of C channels.

    Args:
        extractor: acts on every channel.
        head: of the features of all channels: with `averages` of the mean of every map, otherwise of all
            samples, channel by channel, depth by depth.
        channels: C.
        classes: names of the scores; numbers by default.

    Raises:
        ValueError: for complex features, or a head or names that do not fit.

    Source: Wiatowski & Boelcskei 2018, feature extraction and classification.

    >>> import numpy as np, wiatowski as wi
    >>> phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8, 8)))
    >>> head = wi.networks.Head([wi.networks.Dense(np.ones((3, 4)))], averages=True)
    >>> wi.networks.Classifier(phi, head)(np.ones((1, 8, 8))).shape
    (3,)
    """

    extractor: FeatureExtractor
    head: Head
    grid: Grid = eqx.field(static=True)
    channels: int = eqx.field(static=True)
    classes: tuple[str, ...] = eqx.field(static=True)

    def __init__(
        self,
        extractor: FeatureExtractor,
        head: Head,
        channels: int = 1,
        classes: Sequence[str] | None = None,
    ):
        if not isinstance(extractor, FeatureExtractor):
            raise TypeError(
                f"Classifier: a FeatureExtractor is needed, not {type(extractor).__name__}; networks "
                "classify themselves."
            )
        self.extractor, self.grid, self.channels = extractor, extractor.grid, int(channels)
        self.head = head.cast(extractor.banks[0].dtype)
        one = jax.ShapeDtypeStruct(extractor.grid.shape, extractor.banks[0].dtype)
        arrays = jax.eval_shape(lambda f: extractor(f).arrays, one)
        if any(jnp.issubdtype(a.dtype, jnp.complexfloating) for a in arrays):
            raise ValueError(
                "Classifier: the features are complex, and so would be the scores; use Modulus() where a "
                "frame has complex atoms."
            )
        shapes = [a.shape for a in arrays]
        maps = self.channels * sum(shape[0] for shape in shapes)
        samples = self.channels * sum(math.prod(shape) for shape in shapes)
        count = head.classes(maps, 1) if head.averages else head.classes(samples, 1)
        self.classes = named_classes("Classifier", count, classes)

    @property
    def depth(self) -> int:
        """Number of layers D."""
        return self.extractor.depth

    def depth_of(self, layer: int | str) -> int:
        """The number n = 1..D of a layer; raises for one that there is not."""
        if is_integer(layer) and 1 <= layer <= self.depth:
            return int(layer)
        raise ValueError(f"Classifier: no layer {layer!r}; there are 1 to {self.depth}.")

    def tap_shape(self, layer: int | str) -> tuple[int, ...]:
        """(channels times paths, *grid) of the maps of a layer before its pooling."""
        n = self.depth_of(layer)
        paths = self.extractor.path_counts[n]
        return (self.channels * paths, *self.extractor.layers[n - 1].bank.maps_grid.shape)

    def features(self, f: ArrayLike, taps: Mapping[int, Array] | None = None) -> Array:
        """What the head takes of one signal (channels, *grid.shape), in the order of `Classifier`."""
        f = jnp.asarray(f)
        if jnp.iscomplexobj(f) or not all_finite(f):
            raise ValueError("Classifier: the signal is complex, or holds NaN or infinite samples.")
        if f.shape != (self.channels, *self.grid.shape):
            raise ValueError(
                f"Classifier: the signal has shape {f.shape}, but {(self.channels, *self.grid.shape)} is "
                "needed; use jax.vmap for batches."
            )
        split = {
            n: jnp.reshape(tap, (self.channels, len(tap) // self.channels, *tap.shape[1:]))
            for n, tap in (taps or {}).items()
            if len(tap)
        }
        arrays = jax.vmap(lambda u, own: self.extractor(u, own).arrays)(f, split)
        if self.head.averages:
            axes = tuple(range(2, 2 + self.grid.ndim))
            return jnp.concatenate([a.mean(axis=axes) for a in arrays], axis=1).reshape(-1)
        return jnp.concatenate(
            [a.reshape(len(a), math.prod(a.shape[1:])) for a in arrays], axis=1
        ).reshape(-1)

    def __call__(self, f: ArrayLike) -> Array:
        """Scores of one signal (channels, *grid.shape): (classes,)."""
        return self.head.scores(self.features(f))

    def tapped(self, f: ArrayLike, layer: int | str, tap: Array) -> Tapped:
        """Scores and maps with an array of `tap_shape` added to the maps of a layer."""
        n = self.depth_of(layer)
        scores = self.head.scores(self.features(f, {n: tap}))
        layers = self.extractor.layers
        last = Layer(layers[n - 1].frame, layers[n - 1].nonlinearity)  # before its pooling
        upper = FeatureExtractor(
            [*layers[: n - 1], last], self.grid, last.bank, paths=self._paths(n)
        )
        maps = jax.vmap(lambda u: upper.trace(u).maps[n])(jnp.asarray(f))
        return Tapped(scores, maps.reshape(-1, *maps.shape[2:]) + tap)

    def _paths(self, depth: int):
        rows = self.extractor.rows
        if rows is None:
            return "all"
        labels = [layer.labels for layer in self.extractor.layers]
        return [
            tuple(own[i] for own, i in zip(labels, row))
            for below in rows[: depth + 1]
            for row in below
        ]
