"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np


def write_whole(path: str | os.PathLike, content: bytes) -> None:
    """Write a file under a temporary name beside its place, then rename it."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def is_left_over(path: Path, name: str) -> bool:
    """Whether a file is what a killed `write_whole` of a file called `name` leaves."""
    return path.name.startswith(f".{name}.")


def read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Every array of an .npz file; of an .npy file the one array, under an empty name.

    Raises:
        ValueError: for a file that holds no arrays, or is damaged.
        OSError: for one that cannot be read at all.
    """
    try:
        stored = np.load(path, allow_pickle=False)
        if isinstance(stored, np.ndarray):
            return {"": stored}
        with stored:
            return {name: stored[name] for name in stored.files}
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        # NumPy takes every other file for a pickle, and says how to load one.
        reason = "is no .npy or .npz file" if "pickle" in str(error) else f"is damaged ({error})"
        raise ValueError(f"{path} {reason}.") from None
