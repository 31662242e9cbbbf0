"""Chunks of features on their way into a store: each whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from wiatowski._files import write_whole
from wiatowski.streaming.extra import zarr
from wiatowski.streaming.layout import (
    Leaf,
    is_stray,
    metadata_files,
    open_in_memory,
    read_description,
    refuse_other,
)


class Writer:
    """A store that is being filled.

    Zarr encodes into memory, and the files are written under temporary names and renamed. Its own
    local store writes in place in some releases, so that a killed process would leave half a chunk.

    Args:
        folder: of the store.
        content: its description.
        leaves: its arrays.
    """

    def __init__(self, folder: Path, content: Mapping[str, Any], leaves: list[Leaf]):
        self._folder, self._content, self._leaves = folder, content, leaves
        self._chunk: int = content["chunk"]
        self._signals: int = content["source"]["shape"][0]
        self._files: dict = {}
        self._arrays = open_in_memory(self._files, content, leaves)
        self._files.clear()

    def prepare(self) -> None:
        """Make the folder a store of this run, or find that it is one; for one process alone.

        Raises:
            ValueError: if something else lies there.
        """
        there = read_description("transform", self._folder)
        if there is not None:
            refuse_other(self._folder, there, self._content)
        self._folder.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder, *(self._folder / leaf.name for leaf in self._leaves)):
            folder.mkdir(exist_ok=True)
            for path in filter(is_stray, folder.iterdir()):
                path.unlink(missing_ok=True)
        # The group's file comes first: from then on the folder says whose it is.
        for key, value in metadata_files(self._content, self._leaves).items():
            if not (self._folder / key).exists():
                write_whole(self._folder / key, value)

    def check(self) -> None:
        """Raise unless the store that process 0 prepared is seen here.

        Raises:
            ValueError: where the processes do not share the folder.
        """
        if read_description("transform", self._folder) is None:
            raise ValueError(
                f"transform: process {jax.process_index()} does not see the store {self._folder} that "
                "process 0 made; choose a path on a file system that all processes share."
            )

    def finished(self, chunks: Iterable[int], recheck: bool = False) -> set[int]:
        """Those of the chunks whose arrays are all there and whole.

        Args:
            chunks: their numbers.
            recheck: read them, and take a wrong checksum for unfinished.
        """
        done = set(chunks)
        for leaf in self._leaves:
            with os.scandir(self._folder / leaf.name) as entries:
                sizes = {f"{leaf.name}/{entry.name}": entry.stat().st_size for entry in entries}
            whole = leaf.chunk_bytes(self._chunk)
            done = {n for n in done if sizes.get(leaf.key(n)) == whole}
        return {n for n in done if self._readable(n)} if recheck else done

    def write(self, chunk: int, arrays: list[jax.Array]) -> None:
        """Write all arrays of one chunk.

        Args:
            chunk: its number.
            arrays: in the order of the leaves, (signals of the chunk and padding, *shape); the list
                is emptied, so that each is freed when it is written.
        """
        start = chunk * self._chunk
        stop = min(start + self._chunk, self._signals)
        arrays.reverse()
        for array in self._arrays:
            array[start:stop] = np.asarray(arrays.pop())[: stop - start]
            while self._files:
                key, encoded = self._files.popitem()
                write_whole(self._folder / key, encoded.to_bytes())

    def _readable(self, chunk: int) -> bool:
        group = zarr().open_group(self._folder, mode="r")
        try:
            for leaf in self._leaves:
                group[leaf.name].get_block_selection(chunk)
        except ValueError:  # zarr's wrong checksum
            return False
        return True
