"""One compiled call for a chunk of signals, the same on every device."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


class Program:
    """`phi` on many signals at once, the same number on each device.

    Args:
        phi: maps one signal to a pytree of arrays.
        signal: shape and type of one signal.
        devices: `jax.Device`s of this process.
    """

    def __init__(self, phi: Callable, signal: jax.ShapeDtypeStruct, devices: Sequence[Any]):
        self._signal, self._devices = signal, tuple(devices)
        self.output = jax.eval_shape(lambda f: phi(f), signal)
        mesh = Mesh(np.array(self._devices), ("signals",))
        everywhere, split = PartitionSpec(), PartitionSpec("signals")
        self._sharding = NamedSharding(mesh, split)
        # Arrays are arguments: as constants they would be compiled into the program.
        arrays, static = eqx.partition(phi, eqx.is_array)
        self._arrays = jax.device_put(arrays, NamedSharding(mesh, everywhere))
        self._compiled: dict[int, Any] = {}

        def on_one_device(arrays, signals):
            return jax.vmap(eqx.combine(arrays, static))(signals)

        # Not left to the partitioner: it gathers the operands of FFTs onto every device. And each
        # device runs the program of one device, so that the bits do not depend on their number.
        self._call = jax.jit(
            jax.shard_map(
                on_one_device,
                mesh=mesh,
                in_specs=(everywhere, split),
                out_specs=split,
                check_vma=False,
            )
        )

    @property
    def device_count(self) -> int:
        """Number of devices."""
        return len(self._devices)

    def __call__(self, signals: np.ndarray, chunk: int) -> list[jax.Array]:
        """The leaves of the features of at most `chunk` signals, and of zeros behind them.

        Args:
            signals: (at most chunk, *shape).
            chunk: what it is compiled for, so that a last chunk of fewer compiles nothing.
        """
        per_device = self.per_device(chunk)
        missing = per_device * len(self._devices) - len(signals)
        signals = signals.astype(self._signal.dtype, copy=False)
        if missing:
            padding = np.zeros((missing, *signals.shape[1:]), signals.dtype)
            signals = np.concatenate([signals, padding])
        placed = jax.device_put(signals, self._sharding)
        return jax.tree.leaves(self.compiled(per_device)(self._arrays, placed))

    def per_device(self, chunk: int) -> int:
        """Signals that each device computes of a chunk."""
        return -(-chunk // len(self._devices))

    def compiled(self, per_device: int):
        """The program for that many signals on each device."""
        if per_device not in self._compiled:
            shape = (per_device * len(self._devices), *self._signal.shape)
            signals = jax.ShapeDtypeStruct(shape, self._signal.dtype, sharding=self._sharding)
            self._compiled[per_device] = self._call.lower(self._arrays, signals).compile()
        return self._compiled[per_device]

    def memory(self, per_device: int, signal_bytes: int) -> int:
        """Bytes that a chunk needs, on devices and host together.

        On every device the arrays of `phi`, input, output and the compiler's temporaries, and the output
        of the chunk before, which is written meanwhile; on the host the block as it was read, and
        three copies of the largest array of features: brought over, encoded, written.

        Args:
            per_device: signals on each device.
            signal_bytes: of one signal of the source.
        """
        analysis = self.compiled(per_device).memory_analysis()
        device = (
            analysis.argument_size_in_bytes
            + 2 * analysis.output_size_in_bytes
            + analysis.temp_size_in_bytes
        )
        leaves = jax.tree.leaves(self.output)
        largest = max(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in leaves)
        on_host = per_device * (signal_bytes + 3 * largest)
        return len(self._devices) * (device + on_host)
