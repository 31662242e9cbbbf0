"""Extractors on disk: TOML for members with names, one file without pickle for everything."""

from __future__ import annotations

import ast
import difflib
import inspect
import io
import json
import math
import os
import tomllib
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import tomli_w

from wiatowski import frames, nonlinearities, poolings
from wiatowski._description import describe, has_text_form, parameters
from wiatowski._files import write_whole
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame
from wiatowski.frames.matrix_bank import MatrixBank
from wiatowski.frames.subsampled_bank import SubsampledBank
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.nonlinearities import AbstractNonlinearity, Pointwise
from wiatowski.poolings import AbstractPooling

__all__ = ["Recipe", "frame_from_text", "from_toml", "load", "read_toml", "save", "to_toml"]

_FORMAT = "wiatowski extractor"
_VERSION = 1


def _members(module, base: type) -> dict[str, type]:
    """The concrete members of a catalogue, by class name."""
    return {
        name: member
        for name, member in vars(module).items()
        if inspect.isclass(member) and issubclass(member, base) and not inspect.isabstract(member)
        if not eqx.is_array(member) and member is not base
    }


FRAMES = _members(frames, Frame)
NONLINEARITIES = _members(nonlinearities, AbstractNonlinearity)
POOLINGS = _members(poolings, AbstractPooling)
_ROLES = {"frame": FRAMES, "nonlinearity": NONLINEARITIES, "pooling": POOLINGS}
# Parts of frames that are members themselves: the parameter has the name of the role.
_CATALOGUES = {
    **_ROLES,
    "ladder": _members(frames, frames.AbstractLadder),
    "window": _members(frames, frames.AbstractWindow),
}
_PARTS = set(_CATALOGUES) - set(_ROLES) | {"frame"}
# These hold arrays or functions: they are saved, but have no text form.
_UNNAMED = {
    "FiniteFilters",
    "Ladder",
    "LearnedFilters",
    "LearnedMatrixFilters",
    "MatrixFilters",
    "Pointwise",
    "Window",
}


def to_toml(phi: FeatureExtractor) -> str:
    """The extractor as TOML text; `from_toml` gives it back bit for bit.

    Raises:
        ValueError: if a member has no text form (arrays, a user's function), or the filters were
            changed since they were built (trained): then use `save`.

    Source: utility.
    """
    text = tomli_w.dumps(_table(phi))
    rebuilt = from_toml(text, dtype=phi.banks[0].dtype)
    if not _same_arrays(phi, rebuilt):
        raise ValueError(
            "to_toml: the filters differ from those that their names build (trained or edited?); "
            "use wiatowski.save(phi, path), which keeps the arrays."
        )
    return text


def from_toml(text: str, grid: Grid | None = None, dtype=None) -> FeatureExtractor:
    """Build an extractor from TOML text.

    Args:
        text: a `[grid]` table with `shape` and `spacing` (both optional where `grid` is given), one
            `[[layers]]` table per layer with `frame`, `nonlinearity`, `pooling` (a name, or a table
            with `name` and its parameters), and optionally `output_frame` and `output_stride`.
        grid: used instead of the one in the text.
        dtype: of the filters.

    Raises:
        ValueError: for text that is no TOML, an unknown key or name (with the nearest valid one),
            missing parameters, or members that do not fit together.

    Source: utility.

    >>> phi = from_toml('''
    ... grid = { shape = [32, 32] }
    ... [[layers]]
    ... frame = { name = "Meyer", scales = 2 }
    ... nonlinearity = "ReLU"
    ... pooling = { name = "Decimate", factor = 2 }
    ... ''')
    >>> phi.depth, phi.grids[1].shape
    (1, (16, 16))
    """
    recipe = read_toml(text)
    if grid is None:
        grid = _grid(recipe.grid_table)
    return recipe.on(grid, dtype)


class Recipe(NamedTuple):
    """What a TOML text says, before any grid: layers that fit every grid they divide.

    `grid_table` is the text's `[grid]` table as it stands, `None` if there is none.
    """

    layers: tuple[Layer, ...]
    output_frame: Frame | None
    output_stride: int | None
    grid_table: Any

    @property
    def stride(self) -> int:
        """What every side of a grid must be a multiple of."""
        total = math.prod(layer.stride for layer in self.layers)
        output = self.output_stride
        return math.lcm(total, output) if isinstance(output, int) and output > 0 else total

    @property
    def spacing(self) -> float:
        """The text's sample spacing, 1 if it names none."""
        if self.grid_table is None:
            return 1.0
        return Grid((2,), _grid_keys(self.grid_table).get("spacing", 1.0)).spacing

    def on(self, grid: Grid, dtype=None) -> FeatureExtractor:
        """The extractor on a grid."""
        return FeatureExtractor(self.layers, grid, self.output_frame, self.output_stride, dtype)


def read_toml(text: str) -> Recipe:
    """The members that a TOML text names; arguments and errors as in `from_toml`.

    Raises:
        ValueError: for text that is no TOML, an unknown key or name, or missing parameters.

    Source: utility.
    """
    try:
        table = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"from_toml: the text is not TOML: {error}.") from None
    _check_keys(table, {"grid", "layers", "output_frame", "output_stride"}, "top level")
    rows = table.get("layers", [])
    if not isinstance(rows, list):
        raise ValueError("from_toml: layers must be written as [[layers]] tables, one per layer.")
    layers = []
    for number, row in enumerate(rows, start=1):
        where = f"layer {number}"
        if not isinstance(row, Mapping):
            raise ValueError(f"from_toml: {where} must be a table such as [[layers]].")
        _check_keys(row, set(_ROLES), where)
        if "frame" not in row:
            raise ValueError(
                f'from_toml: {where} names no frame; add frame = {{ name = "Meyer", scales = 2 }}.'
            )
        layers.append(
            Layer(**{role: _member(role, row[role], where) for role in _ROLES if role in row})
        )
    output = table.get("output_frame")
    output = None if output is None else _member("frame", output, "output_frame")
    return Recipe(tuple(layers), output, table.get("output_stride"), table.get("grid"))


def frame_from_text(text: str) -> Frame:
    """A frame as it is written in Python, with plain numbers and texts only.

    Args:
        text: for example `Morlet(scales=6, voices=8)`, or with a part,
            `TensorWavelets(scales=2, ladder=MeyerLadder(passes=0.3))`.

    Raises:
        ValueError: for anything but one such call, an unknown name or key (with the nearest valid one),
            or missing parameters.

    Source: utility.

    >>> frame_from_text("Haar(scales=2)").scales
    2
    """
    try:
        call = ast.parse(text.strip(), mode="eval").body
        table = _call_table(call)
    except (SyntaxError, ValueError):
        raise ValueError(
            f"frame_from_text: {text!r} is not a frame with named plain parameters, such as "
            "'Morlet(scales=6, voices=8)'."
        ) from None
    return _member("frame", table, "the text")


def _call_table(call: ast.expr) -> dict[str, Any]:
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        raise ValueError
    table: dict[str, Any] = {"name": call.func.id}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise ValueError
        nested = isinstance(keyword.value, ast.Call)
        table[keyword.arg] = (
            _call_table(keyword.value) if nested else ast.literal_eval(keyword.value)
        )
    return table


def save(phi: FeatureExtractor, path: str | os.PathLike) -> None:
    """Write the whole extractor, arrays included, into one file (a zip of JSON and .npy, no pickle).

    The file appears whole or not at all.

    Args:
        phi: any extractor.
        path: where to; the suffix is yours.

    Source: utility.
    """
    _check_written("save", phi)
    arrays: dict[str, np.ndarray] = {}
    header = {
        "format": _FORMAT,
        "version": _VERSION,
        "grid": _grid_table(phi.grid),
        "output_stride": phi.output_stride,
        "layers": [
            {
                "bank": _store_bank(layer.bank, f"layer{i}", arrays),
                "nonlinearity": _describe(layer.nonlinearity),
                "pooling": _describe(layer.pooling),
            }
            for i, layer in enumerate(phi.layers)
        ],
        "output_bank": _store_bank(phi.output_bank, "output", arrays),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("extractor.json", json.dumps(header, indent=1))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
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
    path = Path(path)
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            header = json.loads(archive.read("extractor.json"))
            arrays = {}
            for name in archive.namelist():
                if name.endswith(".npy"):
                    with archive.open(name) as member:
                        array = np.lib.format.read_array(member, allow_pickle=False)
                    arrays[name.removesuffix(".npy")] = array
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, RuntimeError) as error:
        raise ValueError(
            f"load: {path.name} is not an extractor written by wiatowski.save, or it is damaged "
            f"({error})."
        ) from None
    if header.get("format") != _FORMAT or header.get("version") != _VERSION:
        raise ValueError(
            f"load: {path.name} has format {header.get('format')!r}, version "
            f"{header.get('version')!r}, but this is {_FORMAT!r}, version {_VERSION}; "
            "save it again with this release."
        )
    layers = [
        Layer(
            _restore_bank(row["bank"], arrays),
            _restore("nonlinearity", row["nonlinearity"], functions or {}),
            _member("pooling", row["pooling"], path.name),
        )
        for row in header["layers"]
    ]
    output = _restore_bank(header["output_bank"], arrays)
    return FeatureExtractor(layers, Grid(**header["grid"]), output, header["output_stride"])


def _check_written(call: str, phi: FeatureExtractor) -> None:
    """Raise for what neither text nor file holds, so that nothing is lost in silence."""
    if phi.paths != "all" or phi.memory is not None:
        raise ValueError(
            f"{call}: the arguments paths and memory are not kept; build the extractor without them, and "
            "pass them again in Python."
        )
    if any(isinstance(bank, SubsampledBank) for bank in phi.banks):
        raise ValueError(f"{call}: Subsampled frames are not kept; build the extractor in Python.")


def _table(phi: FeatureExtractor) -> dict[str, Any]:
    _check_written("to_toml", phi)
    table: dict[str, Any] = {"grid": _grid_table(phi.grid)}
    if phi.output_stride is not None:
        table["output_stride"] = phi.output_stride
    table["output_frame"] = _named(phi.output_bank.frame, "output_frame")
    table["layers"] = [
        {
            "frame": _named(layer.bank.frame, f"the frame of layer {number}"),
            "nonlinearity": _named(layer.nonlinearity, f"the nonlinearity of layer {number}"),
            "pooling": _named(layer.pooling, f"the pooling of layer {number}"),
        }
        for number, layer in enumerate(phi.layers, start=1)
    ]
    return table


def _grid_table(grid: Grid) -> dict[str, Any]:
    return {"shape": list(grid.shape), "spacing": grid.spacing}


def _named(member, where: str) -> dict[str, Any]:
    if member is None or not has_text_form(member, _UNNAMED):
        raise ValueError(
            f"to_toml: {where} has no text form (arrays or a user's function); use "
            "wiatowski.save(phi, path)."
        )
    return _describe(member)


def _describe(member) -> dict[str, Any]:
    """A member as a table; a user's function by its name."""
    if isinstance(member, Pointwise):
        return {"name": "Pointwise", "function": member.name}
    return describe(member)


def _has_name(frame: Frame | None) -> bool:
    return frame is not None and has_text_form(frame, _UNNAMED)


def _member(role: str, entry, where: str):
    """A member from its name or table; unknown names and keys are refused with the nearest one."""
    entry = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise ValueError(
            f'from_toml: the {role} of {where} must be a name or a table {{ name = "...", ... }}, '
            f"not {entry!r}."
        )
    catalogue = {k: v for k, v in _CATALOGUES[role].items() if k not in _UNNAMED}
    name = entry["name"]
    if name in _UNNAMED:
        raise ValueError(
            f"from_toml: {where} asks for the {role} {name}, which holds arrays or a function and "
            "has no text form; build the extractor in Python and keep it with wiatowski.save."
        )
    if name not in catalogue:
        raise ValueError(
            f"from_toml: {where} asks for the {role} {name!r}, which does not exist; "
            f"{_nearest(name, catalogue)}."
        )
    member, arguments = catalogue[name], {k: v for k, v in entry.items() if k != "name"}
    known = parameters(member)
    _check_keys(arguments, set(known), f"{name} in {where}")
    missing = [k for k, p in known.items() if p.default is p.empty and k not in arguments]
    if missing:
        raise ValueError(
            f"from_toml: {name} in {where} needs {' and '.join(missing)}; write "
            f'{{ name = "{name}", {", ".join(f"{k} = ..." for k in missing)} }}.'
        )
    for part in _PARTS & set(arguments):
        arguments[part] = _member(part, arguments[part], f"{name} in {where}")
    try:
        return member(**arguments)
    except ValueError as error:
        raise ValueError(f"from_toml, {where}: {error}") from None
    except (TypeError, OverflowError) as error:
        given = ", ".join(f"{k} = {v!r:.40}" for k, v in arguments.items())
        raise ValueError(
            f"from_toml, {where}: {name} cannot be built with {given}: {error}; give plain numbers."
        ) from None


def _check_keys(table: Mapping, known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"from_toml: unknown key {key!r} in {where}; {_nearest(key, known)}.")


def _nearest(word: str, known) -> str:
    folded = {k.lower(): k for k in sorted(known)}
    close = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.5)
    if close:
        return f"did you mean {folded[close[0]]!r}?  Known: {', '.join(sorted(known))}"
    return f"known: {', '.join(sorted(known)) or 'none'}"


def _grid(table) -> Grid:
    if not isinstance(table, Mapping) or "shape" not in table:
        raise ValueError(
            "from_toml: no grid; write grid = { shape = [256, 256] } or pass grid=Grid(...)."
        )
    keys = _grid_keys(table)
    return Grid(keys["shape"], keys.get("spacing", 1.0))


def _grid_keys(table) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise ValueError(f"from_toml: grid must be a table, not {table!r}.")
    _check_keys(table, {"shape", "spacing"}, "grid")
    return table


def _store_bank(bank: AbstractBank, name: str, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    arrays[f"{name}.atoms_hat"] = np.asarray(bank.atoms_hat)
    arrays[f"{name}.output_atom_hat"] = np.asarray(bank.output_atom_hat)
    return {
        "kind": type(bank).__name__,
        "stride": bank.stride,
        "arrays": name,
        "grid": _grid_table(bank.grid),
        "labels": list(bank.labels),
        "real": [bank.atoms_real, bank.output_real],
        "frame": _describe(bank.frame) if _has_name(bank.frame) else None,
    }


def _restore_bank(row: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> AbstractBank:
    name = row["arrays"]
    keys = (f"{name}.atoms_hat", f"{name}.output_atom_hat")
    missing = [key for key in keys if key not in arrays]
    if missing:
        raise ValueError(
            "load: the file is not an extractor written by wiatowski.save, or it is damaged "
            f"(without the array {missing[0]!r})."
        )
    stored = [arrays[key] for key in keys]
    kept = [jnp.asarray(a) for a in stored]
    if any(a.dtype != b.dtype for a, b in zip(stored, kept, strict=True)):
        raise ValueError(
            "load: the file holds 64-bit arrays; put `with jax.enable_x64(True):` around the whole "
            "computation."
        )
    frame = None if row["frame"] is None else _member("frame", row["frame"], name)
    real = (bool(row["real"][0]), bool(row["real"][1]))
    grid, labels = Grid(**row["grid"]), tuple(row["labels"])
    # Files from before there were matrix banks do not name the kind.
    if row.get("kind") == "MatrixBank":
        return MatrixBank(kept[0], kept[1], grid, row["stride"], labels, real, frame)
    return FilterBank(kept[0], kept[1], grid, labels, real, frame)


def _restore(role: str, entry: Mapping[str, Any], functions: Mapping[str, Pointwise]):
    if entry.get("name") != "Pointwise":
        return _member(role, entry, "the file")
    name = entry["function"]
    if name not in functions:
        raise ValueError(
            f"load: the extractor uses the function {name!r}, which a file cannot hold; pass "
            f"functions={{{name!r}: wi.Pointwise(...)}}."
        )
    return functions[name]


def _same_arrays(one: FeatureExtractor, other: FeatureExtractor) -> bool:
    return all(
        np.array_equal(np.asarray(a), np.asarray(b))
        for p, q in zip(one.banks, other.banks, strict=True)
        for a, b in ((p.atoms_hat, q.atoms_hat), (p.output_atom_hat, q.output_atom_hat))
    )
