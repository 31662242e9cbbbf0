"""Where the signals come from: arrays, files, or anything that can be sliced."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from wiatowski.certificates.identity import fingerprint
from wiatowski.streaming.extra import zarr


class Source(NamedTuple):
    """Signals along the first axis of `array`, read block by block."""

    array: Any
    shape: tuple[int, ...]
    dtype: np.dtype

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def signal(self) -> jax.ShapeDtypeStruct:
        """One signal as the devices see it: in their byte order, 64 bits only where those are on."""
        dtype = jax.dtypes.canonicalize_dtype(self.dtype.newbyteorder("="))
        return jax.ShapeDtypeStruct(self.shape[1:], dtype)

    @property
    def signal_bytes(self) -> int:
        """Bytes of one signal as it is read."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    def read(self, start: int, stop: int) -> np.ndarray:
        """The signals `start` to `stop - 1`.

        Raises:
            ValueError: if one of them holds NaN or infinite samples, or the source gives others.
        """
        block = np.asarray(self.array[start:stop])
        expected = (stop - start, *self.shape[1:])
        if block.shape != expected:
            raise ValueError(
                f"transform: the source has shape {self.shape}, but its slice {start}:{stop} has shape "
                f"{block.shape} instead of {expected}; a source must give what its shape says."
            )
        if not np.isfinite(block).all():
            axes = tuple(range(1, block.ndim))
            bad = start + int(np.argmin(np.isfinite(block).all(axis=axes)))
            raise ValueError(
                f"transform: signal {bad} holds NaN or infinite samples; replace them in the source, "
                "then make the same call again: it goes on where it stopped."
            )
        return block

    def facts(self) -> dict[str, Any]:
        """What tells this source from another: shape, type, and digests of its first and last signal.

        What lies between the two is not read: a data set may be larger than memory.

        Raises:
            ValueError: as `read` does, before there is a store that knows the source by them.
        """
        return {
            "shape": list(self.shape),
            "dtype": self.dtype.str,
            "first": fingerprint(self.read(0, 1)),
            "last": fingerprint(self.read(len(self) - 1, len(self))),
        }


class _NpyFile:
    """A .npy file that is mapped anew for each block.

    The pages of an open map count as memory of the process, and would add up to the whole file.
    """

    def __init__(self, path: Path):
        self._path = path.absolute()
        array = self._mapped()
        if not isinstance(array, np.ndarray):
            raise ValueError("an archive of several arrays")
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, block: slice) -> np.ndarray:
        return np.array(self._mapped()[block])

    def _mapped(self) -> np.ndarray:
        return np.load(self._path, mmap_mode="r", allow_pickle=False)


def open_source(source) -> Source:
    """An array, a path of a .npy file or Zarr array, or anything with `shape`, `dtype` and slices.

    Raises:
        FileNotFoundError: for a path that does not exist.
        TypeError: for anything without a shape, a type or slices.
        ValueError: for a file that holds no such array, no signals, or no numbers.
    """
    array = _opened(Path(source)) if isinstance(source, (str, os.PathLike)) else source
    if not all(hasattr(array, name) for name in ("shape", "dtype", "__getitem__")):
        raise TypeError(
            f"transform: a source needs `shape`, `dtype` and slices, which {type(array).__name__} "
            "lacks; pass an array, or the path of a .npy file or of a Zarr array."
        )
    shape, dtype = tuple(map(int, array.shape)), np.dtype(array.dtype)
    if not shape or 0 in shape:
        raise ValueError(
            f"transform: the source has shape {shape}, so it holds no signals; its first axis "
            "counts them: array[None] is a data set of one."
        )
    if dtype.kind not in "biufc":
        raise ValueError(f"transform: the source holds {dtype}, not real or complex numbers.")
    return Source(array, shape, dtype)


def _opened(path: Path):
    if not path.exists():
        raise FileNotFoundError(f"transform: there is no source {path}.")
    if path.is_file():
        try:
            return _NpyFile(path)
        except (ValueError, EOFError) as error:
            raise ValueError(
                f"transform: {path} is no .npy file of numbers ({error}); write it with np.save."
            ) from None
    try:
        return zarr().open_array(path, mode="r")
    except (FileNotFoundError, ValueError, TypeError) as error:
        raise ValueError(
            f"transform: the folder {path} is no Zarr array ({error}); of a group, give the path of "
            "one of its arrays."
        ) from None
