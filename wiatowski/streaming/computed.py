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

__all__ = ["Blocks", "one_ahead"]

_FILLED = 4  # a block may be so many times as large as what it holds


class Blocks:
    """Features of data sets block by block, from a program that is compiled for few sizes of blocks.

    A data set that is smaller than a block that was compiled already is filled up with zeros, where they cost less
    than another compilation. The bits of a signal's features do not depend on its block; those of a network
    may, since how its convolutions and matrices are multiplied depends on the size of a batch.

    Args:
        phi, memory, devices: as `streaming.transform` takes them.
        signal: shape and type of a signal.

    Source: utility.
    """

    def __init__(
        self,
        phi: Callable,
        signal: jax.ShapeDtypeStruct,
        *,
        memory: int | str | None = None,
        devices: Sequence[Any] | None = None,
    ):
        used = tuple(jax.local_devices() if devices is None else devices)
        self._program = Program(phi, signal, used)
        self._ceiling = None if memory is None else in_bytes(memory)
        self._sizes: list[int] = []  # that are compiled
        self._most: int | None = None  # that fits below the ceiling, once that is known

    @property
    def output(self) -> Any:
        """Shapes and types of the features of one signal."""
        return self._program.output

    def __call__(self, source) -> Iterator[tuple[slice, list[np.ndarray]]]:
        """Which signals, and the leaves of their features, in order; devices work one block ahead.

        Args:
            source: signals, as `streaming.transform` takes them.

        Raises:
            ValueError, TypeError, FileNotFoundError: as `streaming.transform` does.
        """
        opened = open_source(source)
        size = self._size_for(opened)
        chunks = range(-(-len(opened) // size))
        for n, computed in one_ahead(self._program, opened, size, chunks):
            rows = slice(n * size, min((n + 1) * size, len(opened)))
            yield rows, [np.asarray(leaf)[: rows.stop - rows.start] for leaf in computed]

    def _size_for(self, source: Source) -> int:
        count = len(source)
        for size in sorted(self._sizes):
            if count <= size <= _FILLED * count:
                return size
        if self._most is not None and count >= self._most:
            return self._most
        size = chunk_within(self._program, source, 0, self._ceiling)
        if size < count:
            self._most = size
        self._sizes.append(size)
        return size


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
