"""Any extractor in one file, arrays included: a zip of JSON and .npy, without pickle."""

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
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.low_pass import AbstractLowPass, SpatialLowPass, SpectralLowPass, WholeLowPass
from wiatowski.frames.matrix_bank import MatrixBank
from wiatowski.frames.subsampled_bank import Band, SubsampledBank
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.nonlinearities import Pointwise
from wiatowski.serialization.tables import (
    check_extractor,
    described,
    grid_table,
    has_name,
    member_from,
    paths_entry,
)

__all__ = ["load", "save"]

_FORMAT = "wiatowski extractor"
_VERSION, _READABLE = 2, (1, 2)  # 1 had no bands, and no rules for paths
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def save(phi: FeatureExtractor, path: str | os.PathLike) -> None:
    """Write the whole extractor, arrays included, into one file (a zip of JSON and .npy, no pickle).

    The file appears whole or not at all; the same extractor makes the same bytes. Of a scattering
    transform S, save `S.network`; `eqx.tree_at(lambda s: s.network, S, load(path))` puts it back into
    one of the same arguments.

    Args:
        phi: any extractor.
        path: where to; the suffix is yours.

    Raises:
        TypeError: for what is no extractor.

    Source: utility.

    >>> import tempfile, pathlib, wiatowski as wi
    >>> phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wi.save(phi, pathlib.Path(folder) / "phi")
    ...     wi.load(pathlib.Path(folder) / "phi").path_counts
    (1, 1)
    """
    check_extractor("save", phi)
    arrays: dict[str, Array] = {}
    header = {
        "format": _FORMAT,
        "version": _VERSION,
        "grid": grid_table(phi.grid),
        "output_stride": phi.output_stride,
        "paths": paths_entry(phi),
        "memory": phi.memory,
        "layers": [
            {
                "bank": _store_bank(layer.bank, f"layer{i}", arrays),
                "nonlinearity": described(layer.nonlinearity),
                "pooling": described(layer.pooling),
            }
            for i, layer in enumerate(phi.layers)
        ],
        "output_bank": _store_bank(phi.output_bank, "output", arrays),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("extractor.json", "w") as member:  # writestr would note the time
            member.write(json.dumps(header, indent=1).encode())
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
    write_whole(path, buffer.getvalue())


def load(
    path: str | os.PathLike, functions: Mapping[str, Pointwise] | None = None
) -> FeatureExtractor:
    """Read what `save` wrote, bit for bit.

    Args:
        path: the file.
        functions: for extractors with a user's own nonlinearity: its name and the `Pointwise`.

    Raises:
        ValueError: for a file that `save` did not write, of another version, damaged, of 64-bit
            arrays outside `jax.enable_x64(True)`, or with a function that was not given.

    Source: utility.
    """
    header, arrays = _read(Path(path))
    layers = [
        Layer(
            _restore_bank(row["bank"], arrays),
            _restore_nonlinearity(row["nonlinearity"], functions or {}),
            member_from("pooling", row["pooling"], "the file"),
        )
        for row in header["layers"]
    ]
    return FeatureExtractor(
        layers,
        Grid(**header["grid"]),
        _restore_bank(header["output_bank"], arrays),
        header["output_stride"],
        paths=header.get("paths", "all"),
        memory=header.get("memory"),
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
    if header.get("format") != _FORMAT or header.get("version") not in _READABLE:
        raise ValueError(
            f"load: {path.name} has format {header.get('format')!r}, version "
            f"{header.get('version')!r}, but this release reads {_FORMAT!r}, version "
            f"{' or '.join(map(str, _READABLE))}; load it with the release that wrote it."
        )
    arrays = {name: jnp.asarray(array) for name, array in stored.items()}
    if any(arrays[name].dtype != array.dtype for name, array in stored.items()):
        raise ValueError(
            "load: the file holds 64-bit arrays; put `with jax.enable_x64(True):` around the whole "
            "computation."
        )
    return header, arrays


def _store_bank(bank: AbstractBank, name: str, arrays: dict[str, Array]) -> dict[str, Any]:
    """A bank as a table; its arrays go to `arrays`."""
    row = {
        "kind": type(bank).__name__,
        "arrays": name,
        "grid": grid_table(bank.grid),
        "labels": list(bank.labels),
        "real": [bank.atoms_real, bank.output_real],
        "frame": described(bank.frame) if has_name(bank.frame) else None,
    }
    if not isinstance(bank, SubsampledBank):
        arrays[f"{name}.atoms_hat"] = bank.atoms_hat
        arrays[f"{name}.output_atom_hat"] = bank.output_atom_hat
        return row | {"stride": bank.stride}
    bands = [
        {
            "values": _store(band.values, f"{name}.band{i}", arrays),
            "rows": list(band.rows),
            "stride": band.stride,
        }
        for i, band in enumerate(bank.bands)
    ]
    low_pass = _store_low_pass(bank.low_pass, f"{name}.low_pass", arrays)
    return row | {"periodised": bank.periodised, "bands": bands, "low_pass": low_pass}


def _store_low_pass(
    low_pass: AbstractLowPass, name: str, arrays: dict[str, Array]
) -> dict[str, Any]:
    if isinstance(low_pass, SpectralLowPass):
        lines, rest = low_pass.factors, {"periodised": low_pass.periodised}
    elif isinstance(low_pass, WholeLowPass):
        lines, rest = (low_pass.values,), {"periodised": low_pass.periodised}
    else:
        assert isinstance(low_pass, SpatialLowPass)
        lines, rest = low_pass.taps, {}
    names = [_store(line, f"{name}.axis{i}", arrays) for i, line in enumerate(lines)]
    return {"kind": type(low_pass).__name__, "lines": names, **rest}


def _store(array: Array, name: str, arrays: dict[str, Array]) -> str:
    """The name of an array; one that several layers share is kept once, and shared again by `load`."""
    name = next((known for known, own in arrays.items() if own is array), name)
    arrays[name] = array
    return name


def _restore_bank(row: Mapping[str, Any], arrays: Mapping[str, Array]) -> AbstractBank:
    name = row["arrays"]
    frame = None if row["frame"] is None else member_from("frame", row["frame"], name)
    real = (bool(row["real"][0]), bool(row["real"][1]))
    grid, labels = Grid(**row["grid"]), tuple(row["labels"])
    if row.get("kind") == "SubsampledBank":
        bands = tuple(
            Band(_restore(band["values"], arrays), tuple(band["rows"]), band["stride"])
            for band in row["bands"]
        )
        low_pass = _restore_low_pass(row["low_pass"], arrays)
        return SubsampledBank(bands, low_pass, grid, labels, real[0], row["periodised"], frame)
    atoms_hat = _restore(f"{name}.atoms_hat", arrays)
    output_atom_hat = _restore(f"{name}.output_atom_hat", arrays)
    # Files from before there were matrix banks do not name the kind.
    if row.get("kind") == "MatrixBank":
        return MatrixBank(atoms_hat, output_atom_hat, grid, row["stride"], labels, real, frame)
    return FilterBank(atoms_hat, output_atom_hat, grid, labels, real, frame)


def _restore_low_pass(row: Mapping[str, Any], arrays: Mapping[str, Array]) -> AbstractLowPass:
    lines = tuple(_restore(name, arrays) for name in row["lines"])
    if row["kind"] == "SpectralLowPass":
        return SpectralLowPass(lines, row["periodised"])
    if row["kind"] == "WholeLowPass":
        return WholeLowPass(lines[0], row["periodised"])
    return SpatialLowPass(lines)


def _restore(name: str, arrays: Mapping[str, Array]) -> Array:
    if name not in arrays:
        raise ValueError(
            "load: the file is not an extractor written by wiatowski.save, or it is damaged "
            f"(without the array {name!r})."
        )
    return arrays[name]


def _restore_nonlinearity(entry: Mapping[str, Any], functions: Mapping[str, Pointwise]):
    if entry.get("name") != "Pointwise":
        return member_from("nonlinearity", entry, "the file")
    name = entry["function"]
    if name not in functions:
        raise ValueError(
            f"load: the extractor uses the function {name!r}, which a file cannot hold; pass "
            f"functions={{{name!r}: wi.Pointwise(...)}}."
        )
    return functions[name]
