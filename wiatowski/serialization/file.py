"""Any extractor, network or classifier in one file, arrays included: a zip of JSON and .npy, without pickle."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from wiatowski._files import write_whole
from wiatowski._types import Array
from wiatowski.extractor import FeatureExtractor
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.networks import Classifier, Network
from wiatowski.nonlinearities import Pointwise
from wiatowski.serialization.banks import restore_bank, restore_nonlinearity, store_bank
from wiatowski.serialization.networks import head_from, head_table, network_from, network_table
from wiatowski.serialization.tables import (
    check_extractor,
    described,
    grid_table,
    member_from,
    paths_entry,
)

__all__ = ["load", "save"]

Model = FeatureExtractor | Network | Classifier

_EXTRACTOR, _NETWORK, _CLASSIFIER = "extractor", "network", "classifier"
_VERSION = 2  # of what is written
# What is read: extractors of version 1 had no bands, and no rules for paths.
_READABLE = {_EXTRACTOR: (1, 2), _NETWORK: (2,), _CLASSIFIER: (2,)}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def save(phi: Model, path: str | os.PathLike) -> None:
    """Write an extractor, network or classifier, arrays included, into one file (a zip of JSON and .npy, no pickle).

    The file appears whole or not at all; equal ones make the same bytes. Of a scattering
    transform S, save `S.network`; `eqx.tree_at(lambda s: s.network, S, load(path))` puts it back into
    one of the same arguments.

    Args:
        phi: any extractor, network, or classifier of an extractor.
        path: where to; the suffix is yours.

    Raises:
        TypeError: for what is none of these, or a network with a stage of your own.

    Source: utility.

    >>> import tempfile, pathlib, wiatowski as wi
    >>> phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wi.save(phi, pathlib.Path(folder) / "phi")
    ...     wi.load(pathlib.Path(folder) / "phi").path_counts
    (1, 1)
    """
    arrays: dict[str, Array] = {}
    if isinstance(phi, Network):
        kind, table = _NETWORK, network_table(phi, arrays)
    elif isinstance(phi, Classifier):
        kind, table = _CLASSIFIER, _classifier_table(phi, arrays)
    else:
        check_extractor("save", phi, ", Network or Classifier")
        kind, table = _EXTRACTOR, _extractor_table(phi, arrays)
    header = {"format": f"wiatowski {kind}", "version": _VERSION, **table}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("extractor.json", "w") as member:  # writestr would note the time
            member.write(json.dumps(header, indent=1).encode())
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
    write_whole(path, buffer.getvalue())


def load(path: str | os.PathLike, functions: Mapping[str, Pointwise] | None = None) -> Any:
    """Read what `save` wrote, bit for bit.

    Args:
        path: the file.
        functions: for models with a user's own nonlinearity: its name and the `Pointwise`.

    Returns:
        A `FeatureExtractor`, `Network` or `Classifier`, whichever was saved.

    Raises:
        ValueError: for a file that `save` did not write, of another version, damaged, of 64-bit
            arrays outside `jax.enable_x64(True)`, or with a function that was not given.

    Source: utility.
    """
    header, arrays = _read(Path(path))
    functions = functions or {}
    kind = header["format"].removeprefix("wiatowski ")
    if kind == _NETWORK:
        return network_from(header, arrays, functions)
    if kind == _CLASSIFIER:
        phi = _extractor_from(header["extractor"], arrays, functions)
        head = head_from(header["head"], arrays, functions)
        return Classifier(phi, head, header["channels"], tuple(header["classes"]))
    return _extractor_from(header, arrays, functions)


def _classifier_table(model: Classifier, arrays: dict[str, Array]) -> dict[str, Any]:
    return {
        "extractor": _extractor_table(model.extractor, arrays),
        "head": head_table(model.head, arrays),
        "channels": model.channels,
        "classes": list(model.classes),
    }


def _extractor_table(phi: FeatureExtractor, arrays: dict[str, Array]) -> dict[str, Any]:
    return {
        "grid": grid_table(phi.grid),
        "output_stride": phi.output_stride,
        "paths": paths_entry(phi),
        "memory": phi.memory,
        "layers": [
            {
                "bank": store_bank(layer.bank, f"layer{i}", arrays),
                "nonlinearity": described(layer.nonlinearity),
                "pooling": described(layer.pooling),
            }
            for i, layer in enumerate(phi.layers)
        ],
        "output_bank": store_bank(phi.output_bank, "output", arrays),
    }


def _extractor_from(
    table: Mapping[str, Any], arrays: Mapping[str, Array], functions: Mapping[str, Pointwise]
) -> FeatureExtractor:
    layers = [
        Layer(
            restore_bank(row["bank"], arrays),
            restore_nonlinearity(row["nonlinearity"], functions),
            member_from("pooling", row["pooling"], "the file"),
        )
        for row in table["layers"]
    ]
    return FeatureExtractor(
        layers,
        Grid(**table["grid"]),
        restore_bank(table["output_bank"], arrays),
        table["output_stride"],
        paths=table.get("paths", "all"),
        memory=table.get("memory"),
    )


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The header and the arrays of a file, both checked."""
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # One damaged bit makes zipfile try a method that fails with errors of its own.
            if any(info.compress_type not in _METHODS for info in archive.infolist()):
                raise zipfile.BadZipFile("compressed by another method")
            header = json.loads(archive.read("extractor.json"))
            stored = {}
            for name in archive.namelist():
                if name.endswith(".npy"):
                    with archive.open(name) as member:
                        array = np.lib.format.read_array(member, allow_pickle=False)
                    stored[name.removesuffix(".npy")] = array
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, RuntimeError) as error:
        raise ValueError(
            f"load: {path.name} is not an extractor written by wiatowski.save, or it is damaged "
            f"({error})."
        ) from None
    readable = _READABLE.get(str(header.get("format")).removeprefix("wiatowski "), ())
    if header.get("version") not in readable:
        raise ValueError(
            f"load: {path.name} has format {header.get('format')!r}, version {header.get('version')!r}, but this "
            f"release reads {', '.join(f'wiatowski {kind}' for kind in _READABLE)}, up to version {_VERSION}; load "
            "it with the release that wrote it."
        )
    arrays = {name: jnp.asarray(array) for name, array in stored.items()}
    if any(arrays[name].dtype != array.dtype for name, array in stored.items()):
        raise ValueError(
            "load: the file holds 64-bit arrays; put `with jax.enable_x64(True):` around the whole "
            "computation."
        )
    return header, arrays
