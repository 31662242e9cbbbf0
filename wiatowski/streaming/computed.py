"""Features of a data set block by block, for whoever keeps or reduces them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from wiatowski.streaming.ceiling import in_bytes
from wiatowski.streaming.chunk import chunk_within
from wiatowski.streaming.program import Program
from wiatowski.streaming.source import Source, open_source

__all__ = ["blocks", "one_ahead"]


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
    for n, computed in one_ahead(program, opened, size, range(-(-len(opened) // size))):
        rows = slice(n * size, min((n + 1) * size, len(opened)))
        yield rows, [np.asarray(leaf)[: rows.stop - rows.start] for leaf in computed]


def one_ahead(
    program: Program, source: Source, size: int, chunks: Iterable[int]
) -> Iterator[tuple[int, list[jax.Array]]]:
    """Numbers of chunks and their features: the devices work on a chunk while the caller has the one before it.

    Args:
        program: for signals of the source.
        source: the signals.
        size: signals per chunk.
        chunks: their numbers.
    """
    previous = None
    for n in chunks:
        signals = source.read(n * size, min((n + 1) * size, len(source)))
        begun = n, program(signals, size)
        if previous is not None:
            yield previous
        previous = begun
    if previous is not None:
        yield previous
