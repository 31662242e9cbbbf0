"""Extractors as TOML texts, for members with names; frames as they are written in Python."""

from __future__ import annotations

import ast
import math
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import tomli_w

from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.frame import Frame
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.serialization.tables import (
    ROLES,
    check_extractor,
    check_keys,
    described,
    grid_table,
    has_name,
    member_from,
    paths_entry,
)

__all__ = ["Recipe", "frame_from_text", "from_toml", "read_toml", "to_toml"]

_KEYS = {"grid", "layers", "memory", "output_frame", "output_stride", "paths"}


def to_toml(phi: FeatureExtractor) -> str:
    """The extractor as TOML text; `from_toml` gives it back bit for bit.

    Paths that no named rule follows are listed by their labels.

    Raises:
        TypeError: for what is no extractor.
        ValueError: if a member has no text form (arrays, a user's function), or the filters were
            changed since they were built (trained): then use `save`.

    Source: utility.
    """
    check_extractor("to_toml", phi)
    text = tomli_w.dumps(_table(phi))
    rebuilt = from_toml(text, dtype=phi.banks[0].dtype)
    if not eqx.tree_equal((phi.layers, phi.output_bank), (rebuilt.layers, rebuilt.output_bank)):
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
            with `name` and its parameters), and optionally `output_frame`, `output_stride`, `memory`
            and `paths` ("all", "decreasing", or a list of paths, each a list of labels).
        grid: used instead of the one in the text.
        dtype: of the filters.

    Raises:
        ValueError: for text that is no TOML, an unknown key or name (with the nearest valid one),
            missing parameters, or members that do not fit together.

    Source: utility.

    >>> phi = from_toml('''
    ... grid = { shape = [32, 32] }
    ... paths = "decreasing"
    ... [[layers]]
    ... frame = { name = "Meyer", scales = 2 }
    ... nonlinearity = "ReLU"
    ... pooling = { name = "Decimate", factor = 2 }
    ... ''')
    >>> phi.depth, phi.paths, phi.grids[1].shape
    (1, 'decreasing', (16, 16))
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
    paths: str | list[tuple[str, ...]] = "all"
    memory: int | None = None

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
        return FeatureExtractor(
            self.layers,
            grid,
            self.output_frame,
            self.output_stride,
            dtype,
            paths=self.paths,
            memory=self.memory,
        )


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
    check_keys(table, _KEYS, "top level")
    rows = table.get("layers", [])
    if not isinstance(rows, list):
        raise ValueError("from_toml: layers must be written as [[layers]] tables, one per layer.")
    layers = []
    for number, row in enumerate(rows, start=1):
        where = f"layer {number}"
        if not isinstance(row, Mapping):
            raise ValueError(f"from_toml: {where} must be a table such as [[layers]].")
        check_keys(row, ROLES, where)
        if "frame" not in row:
            raise ValueError(
                f'from_toml: {where} names no frame; add frame = {{ name = "Meyer", scales = 2 }}.'
            )
        layers.append(
            Layer(**{role: member_from(role, row[role], where) for role in ROLES if role in row})
        )
    output = table.get("output_frame")
    return Recipe(
        tuple(layers),
        None if output is None else member_from("frame", output, "output_frame"),
        table.get("output_stride"),
        table.get("grid"),
        _paths(table.get("paths", "all")),
        table.get("memory"),
    )


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
    return member_from("frame", table, "the text")


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


def _table(phi: FeatureExtractor) -> dict[str, Any]:
    table: dict[str, Any] = {"grid": grid_table(phi.grid)}
    if phi.output_stride is not None:
        table["output_stride"] = phi.output_stride
    if phi.paths != "all":
        table["paths"] = paths_entry(phi)
    if phi.memory is not None:
        table["memory"] = phi.memory
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


def _named(member, where: str) -> dict[str, Any]:
    if not has_name(member):
        raise ValueError(
            f"to_toml: {where} has no text form (arrays or a user's function); use "
            "wiatowski.save(phi, path)."
        )
    return described(member)


def _paths(entry) -> str | list[tuple[str, ...]]:
    """A rule by its name, or a list of paths."""
    if isinstance(entry, str):
        return entry
    lists = isinstance(entry, list) and all(isinstance(path, list) for path in entry)
    if not lists or not all(isinstance(label, str) for path in entry for label in path):
        raise ValueError(
            'from_toml: paths must be "all", "decreasing", or a list of paths, each a list of labels such '
            f'as [["scale=0", "scale=1"]], not {entry!r:.80}.'
        )
    return [tuple(path) for path in entry]


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
    check_keys(table, {"shape", "spacing"}, "grid")
    return table
