"""A data set through an extractor, chunk by chunk, from disk to disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax

from wiatowski.streaming import processes
from wiatowski.streaming.ceiling import in_bytes, whole
from wiatowski.streaming.chunk import chunk_within
from wiatowski.streaming.computed import one_ahead
from wiatowski.streaming.extra import tqdm, zarr
from wiatowski.streaming.feature_store import FeatureStore, load
from wiatowski.streaming.identity import digest
from wiatowski.streaming.layout import Leaf, described, leaves_of, read_description
from wiatowski.streaming.program import Program
from wiatowski.streaming.source import Source, open_source
from wiatowski.streaming.writer import Writer

__all__ = ["transform"]


def transform(
    phi: Callable,
    source,
    store: str | os.PathLike,
    *,
    chunk: int | None = None,
    memory: int | str | None = None,
    devices: Sequence[Any] | None = None,
    progress: bool = True,
    recheck: bool = False,
) -> FeatureStore:
    r"""$\{\Phi(f_i)\}_i$ of a data set that need not fit into memory, into a Zarr store.

    It reads a chunk of signals, computes it on all devices of the process, and writes it. Stopped at
    any moment, killed too, the same call goes on after the last finished chunk and ends with the
    same bytes. A store of another run is refused and never overwritten.

    After `jax.distributed.initialize(...)`, make the same call in every process: process p of P
    takes every P-th chunk, and all must see the same file system. The bytes do not depend on the
    number of processes, nor, with the same number of signals on each device, on that of devices.

    Args:
        phi: a `FeatureExtractor`, or anything that maps one signal to arrays.
        source: (signals, *shape): an array, the path of a .npy file (read through a memory map) or of
            a Zarr array, or anything with `shape`, `dtype` and slices. A store knows its source by
            shape, type, first and last signal; what lies between is not compared.
        store: a folder: new, empty, or of this very run.
        chunk: signals that are computed and written together. By default that of the store, or the
            most that fit `memory`.
        memory: ceiling in bytes, or a text such as "2GB", for the arrays of one chunk on host and
            devices together: signals, features, the compiler's temporaries, the filters, and the copies
            being written. What Python, JAX and compilation take comes on top. By default 1 GiB where
            there is no `chunk`.
        devices: `jax.Device`s of this process; by default all of them.
        progress: show a bar of this process's chunks, in process 0.
        recheck: read finished chunks first, and compute those again whose checksum is wrong. Otherwise
            those whose files have the right size count as finished.

    Returns:
        The opened store.

    Raises:
        ValueError: for a ceiling below one signal per device or below the given chunk, a source
            without signals or with NaN or infinite samples, a store of another run, or
            processes that differ.
        TypeError: for what is no source or function.
        FileNotFoundError: if the source does not exist.
        RuntimeError: if another process failed.
        ImportError: without zarr or tqdm.

    Source: utility.

    >>> import numpy as np, tempfile, wiatowski as wi
    >>> phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(1))], wi.Grid((8,)))
    >>> signals = np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = transform(phi, signals, f"{folder}/features.zarr", chunk=2, progress=False)
    ...     done[1].shape, done.features(4).paths[1]
    ((5, 1, 8), (('scale=1',),))
    """
    folder = Path(store)
    used = tuple(jax.local_devices() if devices is None else devices)

    def begin() -> tuple[Source, dict[str, Any], Program, list[Leaf], int | None]:
        for needed in (zarr, tqdm):
            needed()
        _check(phi, chunk, used)
        ceiling = None if memory is None else in_bytes(memory)
        opened = open_source(source)
        identity = {"extractor": digest(phi), "source": opened.facts()}
        program = Program(phi, opened.signal, used)
        return opened, identity, program, leaves_of(program.output), ceiling

    opened, identity, program, leaves, ceiling = processes.together(begin)
    processes.agree(identity)
    begun = processes.from_first(lambda: _chunk_of(folder, identity))
    size = processes.together(lambda: chunk_within(program, opened, chunk or begun, ceiling))
    content = described(program.output, leaves, identity, size)
    processes.agree({"arrays": content["arrays"], "chunk": size})

    writer = Writer(folder, content, leaves)
    first, every = jax.process_index(), jax.process_count()
    processes.together(writer.prepare if first == 0 else lambda: None)
    processes.together(writer.check)
    own = range(first, -(-len(opened) // size), every)
    done = writer.finished(own, recheck)

    def compute() -> None:
        bar = tqdm().tqdm(
            total=len(own),
            initial=len(done),
            unit="chunk",
            desc="transform",
            disable=not progress or first != 0,
        )
        with bar:
            for n, computed in one_ahead(program, opened, size, [n for n in own if n not in done]):
                writer.write(n, computed)
                bar.update()

    try:
        processes.together(compute)
    except KeyboardInterrupt:
        finished = len(writer.finished(own))
        raise KeyboardInterrupt(
            f"transform: stopped with {finished} of {len(own)} chunks in {folder}; the same call goes on "
            "from there."
        ) from None
    return load(folder)


def _check(phi, chunk, devices: tuple) -> None:
    if not callable(phi):
        raise TypeError(
            f"transform: phi must map one signal to arrays, as a FeatureExtractor does, but it is "
            f"{phi!r:.60}."
        )
    if chunk is not None and whole(chunk) < 1:
        raise ValueError(f"transform: chunk must be a number of signals >= 1, not {chunk!r}.")
    here = set(jax.local_devices())
    if not devices or len(set(devices)) < len(devices) or not set(devices) <= here:
        raise ValueError(
            f"transform: devices must be distinct devices of this process, such as "
            f"jax.local_devices(), not {devices!r:.100}."
        )


def _chunk_of(folder: Path, identity: dict[str, Any]) -> int:
    """Signals per chunk of this run's store; 0 where it is not begun, or belongs to another run."""
    content = read_description("transform", folder)
    if content is None or any(content[key] != value for key, value in identity.items()):
        return 0
    return content["chunk"]
