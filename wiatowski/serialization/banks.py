"""Banks and nonlinearities as tables of a file, their arrays beside them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wiatowski._types import Array
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.low_pass import AbstractLowPass, SpatialLowPass, SpectralLowPass, WholeLowPass
from wiatowski.frames.matrix_bank import MatrixBank
from wiatowski.frames.subsampled_bank import Band, SubsampledBank
from wiatowski.grid import Grid
from wiatowski.nonlinearities import Pointwise
from wiatowski.serialization.tables import described, grid_table, has_name, member_from

__all__ = ["restore", "restore_bank", "restore_nonlinearity", "store", "store_bank"]


def store_bank(bank: AbstractBank, name: str, arrays: dict[str, Array]) -> dict[str, Any]:
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
            "values": store(band.values, f"{name}.band{i}", arrays),
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
    names = [store(line, f"{name}.axis{i}", arrays) for i, line in enumerate(lines)]
    return {"kind": type(low_pass).__name__, "lines": names, **rest}


def store(array: Array, name: str, arrays: dict[str, Array]) -> str:
    """The name of an array; one that several layers share is kept once, and shared again by `load`."""
    name = next((known for known, own in arrays.items() if own is array), name)
    arrays[name] = array
    return name


def restore_bank(row: Mapping[str, Any], arrays: Mapping[str, Array]) -> AbstractBank:
    name = row["arrays"]
    frame = None if row["frame"] is None else member_from("frame", row["frame"], name)
    real = (bool(row["real"][0]), bool(row["real"][1]))
    grid, labels = Grid(**row["grid"]), tuple(row["labels"])
    if row.get("kind") == "SubsampledBank":
        bands = tuple(
            Band(restore(band["values"], arrays), tuple(band["rows"]), band["stride"])
            for band in row["bands"]
        )
        low_pass = _restore_low_pass(row["low_pass"], arrays)
        return SubsampledBank(bands, low_pass, grid, labels, real[0], row["periodised"], frame)
    atoms_hat = restore(f"{name}.atoms_hat", arrays)
    output_atom_hat = restore(f"{name}.output_atom_hat", arrays)
    # Files from before there were matrix banks do not name the kind.
    if row.get("kind") == "MatrixBank":
        return MatrixBank(atoms_hat, output_atom_hat, grid, row["stride"], labels, real, frame)
    return FilterBank(atoms_hat, output_atom_hat, grid, labels, real, frame)


def _restore_low_pass(row: Mapping[str, Any], arrays: Mapping[str, Array]) -> AbstractLowPass:
    lines = tuple(restore(name, arrays) for name in row["lines"])
    if row["kind"] == "SpectralLowPass":
        return SpectralLowPass(lines, row["periodised"])
    if row["kind"] == "WholeLowPass":
        return WholeLowPass(lines[0], row["periodised"])
    return SpatialLowPass(lines)


def restore(name: str, arrays: Mapping[str, Array]) -> Array:
    if name not in arrays:
        raise ValueError(
            "load: the file is not an extractor written by wiatowski.save, or it is damaged "
            f"(without the array {name!r})."
        )
    return arrays[name]


def restore_nonlinearity(entry: Mapping[str, Any], functions: Mapping[str, Pointwise]):
    if entry.get("name") != "Pointwise":
        return member_from("nonlinearity", entry, "the file")
    name = entry["function"]
    if name not in functions:
        raise ValueError(
            f"load: the model uses the function {name!r}, which a file cannot hold; pass "
            f"functions={{{name!r}: wi.Pointwise(...)}}."
        )
    return functions[name]
