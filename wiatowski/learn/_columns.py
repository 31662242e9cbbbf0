"""The features of a row of numbers as one row, and the names of its columns."""

from __future__ import annotations

import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array
from wiatowski.features import Features
from wiatowski.networks.classifier import AbstractClassifier

__all__ = ["Chosen", "Whole", "whole"]


def _names_of(output) -> list[str]:
    """Of the numbers of one signal's features, in the order of `Whole`."""
    leaves = jax.tree.leaves(output)
    if isinstance(output, Features):
        titles = [
            [f"depth={n}" + "".join(f" {label}" for label in path) for path in paths]
            for n, paths in enumerate(output.paths)
        ]
    else:
        titles = [[f"array={n}"] for n in range(len(leaves))]
    names = []
    for leaf, rows in zip(leaves, titles, strict=True):
        inner = leaf.shape[1:] if isinstance(output, Features) else leaf.shape
        places = [",".join(map(str, at)) for at in itertools.product(*map(range, inner))]
        parts = ("", ".imag") if np.issubdtype(leaf.dtype, np.complexfloating) else ("",)
        names += [f"{row} at {at}{part}" for part in parts for row in rows for at in places]
    return names


def whole(call: str, extractor: Any, channels: int, shape: tuple[int, ...]) -> Whole:
    """All features of a row; raises for a network of another number of channels."""
    joint = isinstance(extractor, AbstractClassifier)
    if joint and (extractor.channels, *extractor.grid.shape) != (channels, *shape):
        raise ValueError(
            f"{call}: a {type(extractor).__name__} of signals of shape "
            f"{(extractor.channels, *extractor.grid.shape)} cannot take those of shape {(channels, *shape)}."
        )
    return Whole(extractor, channels, shape, joint)


class Whole(eqx.Module):
    """A row to all its features: channel by channel unless a network joins them, real parts before imaginary ones."""

    extractor: Any
    channels: int = eqx.field(static=True)
    shape: tuple[int, ...] = eqx.field(static=True)
    joint: bool = eqx.field(static=True)

    def __call__(self, row: Array) -> Array:
        signals = row.reshape(self.channels, *self.shape)
        if self.joint:
            return self._of_one(signals)
        return jax.vmap(self._of_one)(signals).reshape(-1)

    def names(self) -> list[str]:
        """What each number is."""
        if self.joint:
            classes = enumerate(self.extractor.classes)
            return [f"class={n}" + (f" {name}" if name != str(n) else "") for n, name in classes]
        one = jax.eval_shape(self.extractor, jax.ShapeDtypeStruct(self.shape, np.float32))
        own = _names_of(one)
        if self.channels == 1:
            return own
        return [f"channel={c} {name}" for c in range(self.channels) for name in own]

    def _of_one(self, signal: Array) -> Array:
        flat = []
        for leaf in jax.tree.leaves(self.extractor(signal)):
            leaf = jnp.asarray(leaf).reshape(-1)
            flat += [leaf.real, leaf.imag] if jnp.iscomplexobj(leaf) else [leaf]
        return jnp.concatenate(flat)


class Chosen(eqx.Module):
    """Some of the features of a row."""

    whole: Whole
    columns: Array

    def __init__(self, whole: Whole, columns):
        self.whole, self.columns = whole, jnp.asarray(columns)

    def __call__(self, row: Array) -> Array:
        return self.whole(row)[self.columns]
