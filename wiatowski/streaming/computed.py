"""Features of a data set block by block, for whoever keeps or reduces them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from wiatowski.streaming.ceiling import in_bytes
from wiatowski.streaming.chunk import chunk_within
from wiatowski.streaming.program import Program
from wiatowski.streaming.source import open_source

__all__ = ["blocks"]


def blocks(
    phi: Callable,
    source,
    *,
    memory: int | str | None = None,
    devices: Sequence[Any] | None = None,
) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Which signals, and the leaves of their features, one block after the other, in order.

    The devices compute a block while the caller has the one before it. The bits of a signal's features do
    not depend on its block.

    Args:
        phi, source, memory, devices: as `streaming.transform` takes them.

    Raises:
        ValueError, TypeError, FileNotFoundError: as `streaming.transform` does.

    Source: utility.
    """
    opened = open_source(source)
    used = tuple(jax.local_devices() if devices is None else devices)
    program = Program(phi, opened.signal, used)
    ceiling = None if memory is None else in_bytes(memory)
    size = chunk_within(program, opened, 0, ceiling)
    previous = None
    for start in range(0, len(opened), size):
        rows = slice(start, min(start + size, len(opened)))
        computed = program(opened.read(rows.start, rows.stop), size)
        if previous is not None:
            yield _on_host(*previous)
        previous = (rows, computed)
    if previous is not None:
        yield _on_host(*previous)


def _on_host(rows: slice, computed: list[jax.Array]) -> tuple[slice, list[np.ndarray]]:
    return rows, [np.asarray(leaf)[: rows.stop - rows.start] for leaf in computed]
