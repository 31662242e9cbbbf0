"""What a store says about itself, and which stores are ours to continue."""

from __future__ import annotations

import importlib.metadata
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from wiatowski.features import Features
from wiatowski.streaming.extra import zarr

KEY = "wiatowski"
_FORMAT = {"format": "wiatowski features", "version": 1}
_NODE = re.compile(r"(?!__)[\w-][\w.-]*")
# The checksum that follows the bytes of every chunk.
_CHECKSUM_BYTES = 4


class Leaf(NamedTuple):
    """One array of the features: its name in the store, and its shape and type per signal."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype

    def key(self, chunk: int) -> str:
        """Where in the store the signals of one chunk lie."""
        return f"{self.name}/c.{chunk}" + ".0" * len(self.shape)

    def chunk_bytes(self, chunk: int) -> int:
        """Bytes of the file of `chunk` signals: as they are in memory, and a checksum."""
        return chunk * math.prod(self.shape) * self.dtype.itemsize + _CHECKSUM_BYTES


def leaves_of(output) -> list[Leaf]:
    """The arrays of the features of one signal, with names: `depth_n`, or where they stand.

    Raises:
        ValueError: for an array that has no name in a store, or cannot be stored.
    """
    if isinstance(output, Features):
        named = {f"depth_{n}": leaf for n, leaf in enumerate(output.arrays)}
    else:
        paths = jax.tree_util.tree_leaves_with_path(output)
        names = [jax.tree_util.keystr(p, simple=True, separator=".") for p, _ in paths]
        named = dict(zip((name or "features" for name in names), (leaf for _, leaf in paths)))
        if len(named) < len(paths) or not all(map(_NODE.fullmatch, named)):
            raise ValueError(
                f"transform: phi gives arrays at {names}, which are no distinct names of Zarr arrays; "
                "use keys of letters, digits and underscores."
            )
    leaves = [Leaf(name, tuple(leaf.shape), np.dtype(leaf.dtype)) for name, leaf in named.items()]
    if not leaves:
        raise ValueError("transform: phi gives no arrays, so there is nothing to store.")
    for leaf in leaves:
        if leaf.dtype.kind not in "biufc" or 0 in leaf.shape:
            raise ValueError(
                f"transform: phi gives {leaf.name} of shape {leaf.shape} and type {leaf.dtype}; a "
                "store holds arrays of numbers with at least one element."
            )
    return leaves


def leaves_from(content: Mapping[str, Any]) -> list[Leaf]:
    """The arrays that a description lists."""
    rows = content["arrays"].items()
    return [Leaf(name, tuple(shape), np.dtype(dtype)) for name, (shape, dtype) in rows]


def described(
    output, leaves: list[Leaf], identity: Mapping[str, Any], chunk: int
) -> dict[str, Any]:
    """The attributes of a store: everything that decides its bytes, and how to read its rows.

    Args:
        output: the features of one signal, as shapes.
        leaves: its arrays.
        identity: the extractor's digest and the source's facts.
        chunk: signals per chunk.
    """
    content = {
        **_FORMAT,
        "wiatowski": importlib.metadata.version("wiatowski"),
        **identity,
        "chunk": chunk,
        "arrays": {leaf.name: [list(leaf.shape), leaf.dtype.str] for leaf in leaves},
    }
    if isinstance(output, Features):
        content["features"] = {
            "labels": [list(labels) for labels in output.labels],
            "grids": [{"shape": list(g.shape), "spacing": g.spacing} for g in output.grids],
            "mixing_layers": list(output.mixing_layers),
        }
    return content


def read_description(call: str, store: Path) -> dict[str, Any] | None:
    """The attributes of a store of ours; None where nothing lies there yet.

    Raises:
        ValueError: for anything else: a file, another folder, another Zarr store.
    """
    if not store.exists() or (
        store.is_dir() and not any(p for p in store.iterdir() if not is_stray(p))
    ):
        return None
    try:
        metadata = json.loads((store / "zarr.json").read_bytes())
        content = metadata["attributes"][KEY]
        known = {key: content[key] for key in _FORMAT} == _FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        known, content = False, None
    if not known:
        raise ValueError(
            f"{call}: {store} is no store of features of this release, and is not touched; choose "
            "another path, or delete it."
        )
    return content


def refuse_other(store: Path, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Raise unless a store belongs to this very run.

    Raises:
        ValueError: naming what differs.
    """
    there, here = _flat(theirs), _flat(json.loads(json.dumps(ours)))
    differs = [
        f"{key} ({_short(there.get(key))} there, {_short(here.get(key))} here)"
        for key in {**there, **here}
        if there.get(key) != here.get(key)
    ]
    if differs:
        raise ValueError(
            f"transform: {store} belongs to another run, which differs in {'; '.join(differs)}. It is "
            "not touched: choose another path, or delete it."
        )


def metadata_files(content: Mapping[str, Any], leaves: list[Leaf]) -> dict[str, bytes]:
    """The files that make a folder a Zarr group of these arrays, that of the group first."""
    files = {}
    open_in_memory(files, content, leaves)
    return {key: value.to_bytes() for key, value in files.items()}


def open_in_memory(files: dict, content: Mapping[str, Any], leaves: list[Leaf]) -> list:
    """The arrays of a store, encoded into a dictionary of files instead of a folder."""
    group = zarr().create_group(zarr().storage.MemoryStore(files), attributes={KEY: dict(content)})
    signals, chunk = content["source"]["shape"][0], content["chunk"]
    # Uncompressed: features are floating-point numbers of all sizes, and the length of a file then
    # tells whether it is whole. An unfinished chunk reads as NaN; a chunk of such is written too.
    return [
        group.create_array(
            leaf.name,
            shape=(signals, *leaf.shape),
            chunks=(chunk, *leaf.shape),
            dtype=leaf.dtype,
            filters=None,
            compressors=[zarr().codecs.Crc32cCodec()],
            fill_value=np.nan if leaf.dtype.kind in "fc" else 0,
            chunk_key_encoding={"name": "default", "separator": "."},
            config={"write_empty_chunks": True},
        )
        for leaf in leaves
    ]


def is_stray(path: Path) -> bool:
    """Whether it is what a killed process left of a file it was writing."""
    return path.name.startswith((".zarr.json.", ".c."))


def _flat(content: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a source beside the others; what follows from the extractor left out."""
    source = {f"source {key}": value for key, value in content["source"].items()}
    own = {k: v for k, v in content.items() if k not in ("source", "features")}
    return {**own, **source}


def _short(value) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:12]}..."
