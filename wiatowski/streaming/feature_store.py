"""Features on disk, read as they are asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from wiatowski.features import Features
from wiatowski.grid import Grid
from wiatowski.streaming.extra import zarr
from wiatowski.streaming.layout import leaves_from, read_description
from wiatowski.streaming.writer import Writer


class FeatureStore:
    """The features of a data set: one lazy Zarr array (signals, *shape) per array of features.

    Of a `FeatureExtractor` the arrays are `depth_0`, `depth_1`, ..., each (signals, paths, *grid); of
    another callable they are named for where they stand in what it returns, and a single array is
    `features`. Made by `transform` and `load`.
    """

    def __init__(self, path: Path, content: dict[str, Any]):
        self.path = path
        self._content = content
        group = zarr().open_group(path, mode="r")
        self.arrays: dict[str, Any] = {name: group[name] for name in content["arrays"]}

    def __len__(self) -> int:
        """Number of signals."""
        return self._content["source"]["shape"][0]

    def __getitem__(self, name: str | int):
        """The lazy array of that name, or of that depth."""
        key = name if isinstance(name, str) else f"depth_{name}"
        if key not in self.arrays:
            raise KeyError(
                f"FeatureStore: there is no array {name!r} in {self.path}; it holds "
                f"{', '.join(map(repr, self.arrays))}."
            )
        return self.arrays[key]

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in self.arrays.items())
        return f"FeatureStore({str(self.path)!r}: {shapes})"

    @property
    def finished(self) -> np.ndarray:
        """Per signal whether its features are there; shape (signals,)."""
        chunk = self._content["chunk"]
        done = Writer(self.path, self._content, leaves_from(self._content)).finished(
            range(-(-len(self) // chunk))
        )
        return np.isin(np.arange(len(self)) // chunk, list(done))

    def features(self, signal: int) -> Features:
        """The features of one signal of a `FeatureExtractor`, as it returned them.

        Raises:
            ValueError: if the store is not of a `FeatureExtractor`.
            IndexError: if there is no such signal.
        """
        table = self._content.get("features")
        if table is None:
            raise ValueError(
                f"FeatureStore.features: {self.path} holds no features of a FeatureExtractor; read "
                f"its arrays: {', '.join(self.arrays)}."
            )
        if not -len(self) <= signal < len(self):
            raise IndexError(
                f"FeatureStore.features: there is no signal {signal} among {len(self)}."
            )
        return Features(
            tuple(jnp.asarray(array[signal]) for array in self.arrays.values()),
            tuple(map(tuple, table["labels"])),
            tuple(Grid(**grid) for grid in table["grids"]),
            tuple(table["mixing_layers"]),
        )


def load(store: str | os.PathLike, partial: bool = False) -> FeatureStore:
    """Open what `transform` wrote.

    Args:
        store: the folder.
        partial: whether a store that is not finished will do; its missing features read as NaN (as 0
            in arrays of integers), and `finished` says which are there.

    Raises:
        FileNotFoundError: if nothing lies there.
        ValueError: for anything but a store that `transform` wrote, or one that is not finished.
        ImportError: without zarr.

    Source: utility.
    """
    path = Path(store)
    content = read_description("load", path)
    if content is None:
        raise FileNotFoundError(f"load: there is no store of features at {path}.")
    if not all((path / name / "zarr.json").exists() for name in content["arrays"]):
        raise ValueError(f"load: {path} was only begun; make the call of transform again.")
    opened = FeatureStore(path, content)
    if not partial:
        done = opened.finished
        if not done.all():
            raise ValueError(
                f"load: {path} holds {done.sum()} of {len(opened)} signals; make the call of transform "
                "again to finish it, or pass partial=True."
            )
    return opened
