"""How many signals are computed together under a ceiling."""

from __future__ import annotations

import math

import jax

from wiatowski.streaming.ceiling import DEFAULT_MEMORY, largest_within
from wiatowski.streaming.program import Program
from wiatowski.streaming.source import Source


def chunk_within(program: Program, source: Source, chunk: int, memory: int | None) -> int:
    """The given chunk if it fits the ceiling; without one, the largest that fits.

    Args:
        program: for signals of the source.
        source: the signals.
        chunk: signals that are computed together; 0 for the most that fit.
        memory: the ceiling in bytes.

    Raises:
        ValueError: naming the bytes that one signal per device needs, or the largest chunk that fits.
    """
    count = program.device_count

    def needed(per_device: int) -> int:
        return program.memory(per_device, source.signal_bytes)

    share = math.ceil(len(source) / jax.process_count())
    if not chunk:
        per_device = largest_within(memory or DEFAULT_MEMORY, needed, program.per_device(share))
        if per_device == 0 and memory is not None:
            raise ValueError(_too_little(memory, needed(1), count))
        return min(max(per_device, 1) * count, len(source))
    if memory is not None and needed(program.per_device(chunk)) > memory:
        fits = largest_within(memory, needed, program.per_device(chunk) - 1)
        if fits == 0:
            raise ValueError(_too_little(memory, needed(1), count))
        raise ValueError(
            f"transform: a chunk of {chunk} signals needs {needed(program.per_device(chunk)):,} bytes, "
            f"but memory is {memory:,}; the largest chunk that fits is {fits * count}."
        )
    return chunk


def _too_little(memory: int, needed: int, devices: int) -> str:
    where, fewer = (
        (f" on each of {devices} devices", ", or use fewer devices") if devices > 1 else ("", "")
    )
    return f"transform: memory is {memory:,} bytes, but one signal{where} needs {needed:,}; allow that much{fewer}."
