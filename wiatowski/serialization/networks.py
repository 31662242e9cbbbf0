"""Networks and heads as tables of a file, their arrays beside them, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array
from wiatowski.frames.matrix_bank import MatrixBank
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.networks import (
    Convolution,
    Dense,
    Head,
    Network,
    Parallel,
    PassThrough,
    Preprocessing,
    Residual,
    SlidingMaxPool,
)
from wiatowski.nonlinearities import Pointwise
from wiatowski.serialization.banks import (
    restore,
    restore_bank,
    restore_nonlinearity,
    store,
    store_bank,
)
from wiatowski.serialization.tables import described, grid_table, member_from

__all__ = ["head_from", "head_table", "network_from", "network_table"]

Arrays = Mapping[str, Array]
Functions = Mapping[str, Pointwise]


def network_table(network: Network, arrays: dict[str, Array]) -> dict[str, Any]:
    """A network as a table; its arrays go to `arrays`."""
    preprocessing = network.preprocessing
    return {
        "grid": grid_table(network.grid),
        "channels": network.channels,
        "names": list(network.names),
        "classes": list(network.classes),
        "preprocessing": None if preprocessing is None else asdict(preprocessing),
        "dtype": network.dtype.name,
        "layers": _layer_tables(network.layers, "layer", arrays),
        "head": head_table(network.head, arrays),
    }


def network_from(table: Mapping[str, Any], arrays: Arrays, functions: Functions) -> Network:
    """The network of a table."""
    layers = _layers_from(table["layers"], arrays, functions)
    given = table["preprocessing"]
    return Network(
        dict(zip(table["names"], layers, strict=True)),
        Grid(**table["grid"]),
        table["channels"],
        head_from(table["head"], arrays, functions),
        classes=tuple(table["classes"]),
        preprocessing=None if given is None else _preprocessing_from(given),
        dtype=table["dtype"],
    )


def head_table(head: Head, arrays: dict[str, Array]) -> dict[str, Any]:
    """A head as a table."""
    rows = [
        {
            "weights": store(jnp.asarray(dense.weights), f"dense{i}.weights", arrays),
            "bias": _stored(dense.bias, f"dense{i}.bias", arrays),
            "nonlinearity": described(dense.nonlinearity),
        }
        for i, dense in enumerate(head.layers)
    ]
    return {"layers": rows, "averages": head.averages}


def head_from(table: Mapping[str, Any], arrays: Arrays, functions: Functions) -> Head:
    """The head of a table."""
    rows = [
        Dense(
            restore(row["weights"], arrays),
            _restored(row["bias"], arrays),
            restore_nonlinearity(row["nonlinearity"], functions),
        )
        for row in table["layers"]
    ]
    return Head(rows, table["averages"])


def _preprocessing_from(table: Mapping[str, Any]) -> Preprocessing:
    return Preprocessing(
        table["share"], tuple(table["mean"]), tuple(table["deviation"]), table["reversed_channels"]
    )


def _layer_tables(
    layers: Sequence[Layer], name: str, arrays: dict[str, Array]
) -> list[dict[str, Any]]:
    return [
        {
            "stage": _stage_table(layer.stage, f"{name}{i}", arrays),
            "nonlinearity": described(layer.nonlinearity),
            "pooling": described(layer.pooling),
        }
        for i, layer in enumerate(layers)
    ]


def _layers_from(
    rows: Sequence[Mapping[str, Any]], arrays: Arrays, functions: Functions
) -> list[Layer]:
    return [
        Layer(
            _stage_from(row["stage"], arrays, functions),
            restore_nonlinearity(row["nonlinearity"], functions),
            _pooling_from(row["pooling"]),
        )
        for row in rows
    ]


def _stage_table(stage: Any, name: str, arrays: dict[str, Array]) -> dict[str, Any]:
    if isinstance(stage, MatrixBank):
        return store_bank(stage, name, arrays)
    row: dict[str, Any] = {"kind": type(stage).__name__}
    if isinstance(stage, Convolution):
        return row | {
            "taps": store(jnp.asarray(stage.taps), f"{name}.taps", arrays),
            "bias": _stored(stage.bias, f"{name}.bias", arrays),
            "stride": stage.stride,
            "padding": [list(pair) for pair in stage.padding],
            "groups": stage.groups,
            "wraps": stage.wraps,
        }
    if isinstance(stage, Residual):
        return row | {
            "layers": _layer_tables(stage.layers, f"{name}.", arrays),
            "shortcut": _layer_tables(stage.shortcut, f"{name}.shortcut", arrays),
        }
    if isinstance(stage, Parallel):
        ways = [_layer_tables(way, f"{name}.{i}.", arrays) for i, way in enumerate(stage.ways)]
        return row | {"ways": ways}
    if isinstance(stage, PassThrough):
        return row
    raise TypeError(
        f"save: a file cannot hold the stage {type(stage).__name__}; use Convolution, Residual, Parallel, "
        "PassThrough, or a matrix-valued frame."
    )


def _stage_from(row: Mapping[str, Any], arrays: Arrays, functions: Functions) -> Any:
    kind = row["kind"]
    if kind == "Convolution":
        return Convolution(
            restore(row["taps"], arrays),
            _restored(row["bias"], arrays),
            row["stride"],
            [(before, after) for before, after in row["padding"]],
            row["groups"],
            row["wraps"],
        )
    if kind == "Residual":
        inner, shortcut = (
            _layers_from(row[name], arrays, functions) for name in ("layers", "shortcut")
        )
        return Residual(inner, shortcut)
    if kind == "Parallel":
        return Parallel([_layers_from(way, arrays, functions) for way in row["ways"]])
    if kind == "PassThrough":
        return PassThrough()
    return restore_bank(row, arrays)


def _pooling_from(entry: Mapping[str, Any]) -> Any:
    if entry.get("name") == "SlidingMaxPool":
        return SlidingMaxPool(entry["factor"], entry["window"], entry["padding"])
    return member_from("pooling", entry, "the file")


def _stored(array: Array | np.ndarray | None, name: str, arrays: dict[str, Array]) -> str | None:
    return None if array is None else store(jnp.asarray(array), name, arrays)


def _restored(name: str | None, arrays: Arrays) -> Array | None:
    return None if name is None else restore(name, arrays)
