"""Rows that come block by block, in memory or in a file."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
import weakref
from pathlib import Path
from typing import IO

import numpy as np

__all__ = ["Rows"]


class Rows:
    """Rows that come one block after the other: an array, or beyond the ceiling a file.

    Args:
        call: whose rows they are, for the message.
        shape, dtype: of all of them.
        ceiling: in bytes.
        folder: of the file.
    """

    def __init__(self, call: str, shape: tuple[int, ...], dtype, ceiling: int, folder):
        self._call = call
        self._shape, self._dtype, self._place = shape, np.dtype(dtype), 0
        self._file: IO[bytes] | None = None
        size = math.prod(shape) * self._dtype.itemsize
        if size <= ceiling:
            self._array = np.empty(shape, self._dtype)
        else:
            self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115, it outlives this call as a map
                dir=folder, prefix="wiatowski-features-", delete=False
            )

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, kind, *_unused) -> None:
        if self._file is not None:
            self._file.close()
            if kind is not None:
                os.unlink(self._file.name)

    def append(self, block: np.ndarray) -> None:
        """The next rows."""
        if self._file is None:
            self._array[self._place : self._place + len(block)] = block
        else:
            try:
                self._file.write(np.ascontiguousarray(block).data)
                self._file.flush()
            except OSError as error:
                raise OSError(
                    error.errno,
                    f"{self._call}: features of shape {self._shape} could not be written to "
                    f"{Path(self._file.name).parent} ({error.strerror}); give a `folder` with more room, or "
                    "`select` columns.",
                ) from None
        self._place += len(block)

    def array(self) -> np.ndarray:
        """All rows."""
        if self._file is None:
            return self._array
        mapped = np.memmap(self._file.name, self._dtype, "r", shape=self._shape)
        weakref.finalize(mapped, _removed, self._file.name)  # its slices keep it
        return mapped


def _removed(name: str) -> None:
    with contextlib.suppress(OSError):  # where an open file cannot go, the system's folder keeps it
        os.unlink(name)
