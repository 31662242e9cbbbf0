"""What a run is made of: units of work that are done once, in any order, and kept."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wiatowski.serialization import is_left_over, read_arrays, write_whole

__all__ = ["Store"]

_FILE, _FORMAT = "run.json", "wiatowski claims, unfinished"


class Store:
    """Results of units by name, in memory or in a folder; a unit appears there whole or not at all.

    Args:
        folder: where to keep units, or none.
        identity: everything that the results depend on; a folder of another run is refused.

    Raises:
        ValueError: for a folder that holds another run.
    """

    def __init__(self, folder: Path | None, identity: Mapping[str, Any]):
        self._known: dict[str, tuple[dict, dict]] = {}
        self._folder = None if folder is None else folder / "units"
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        described = {"format": _FORMAT} | dict(identity)
        note = folder / _FILE
        if note.exists():
            _require_same(note, described)
        else:
            if not all(is_left_over(path, _FILE) for path in folder.iterdir()):
                raise ValueError(
                    f"the folder {folder} holds something else than a run of the claims; choose another "
                    "with --out, or empty it."
                )
            write_whole(note, json.dumps(described, indent=1).encode())
        (folder / "units").mkdir(exist_ok=True)

    def get(self, name: str) -> tuple[dict, dict[str, np.ndarray]] | None:
        """Result and arrays of a unit, or none if it has not been done."""
        if self._folder is None:
            return self._known.get(name)
        path = self._path(name)
        try:
            arrays = read_arrays(path)
            return json.loads(str(arrays.pop("result"))), arrays
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(
                f"the unit {path} of an earlier run cannot be read ({error}); delete that file, and the "
                "same call does it again."
            ) from None

    def once(self, name: str, make: Callable[[], tuple[dict, Mapping[str, np.ndarray]]]):
        """Result and arrays of a unit, made only if it has not been done."""
        kept = self.get(name)
        if kept is None:
            self.put(name, *make())
            kept = self.done(name)
        return kept

    def done(self, name: str) -> tuple[dict, dict[str, np.ndarray]]:
        """Result and arrays of a unit.

        Raises:
            ValueError: if it has not been done.
        """
        kept = self.get(name)
        if kept is None:
            raise ValueError(f"the unit {name!r} has not been done yet; run the rest first.")
        return kept

    def put(self, name: str, result: dict, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep a result that JSON holds, and arrays."""
        if self._folder is None:
            self._known[name] = (result, dict(arrays))
            return
        buffer = io.BytesIO()
        np.savez_compressed(buffer, result=np.array(json.dumps(result)), **arrays)  # pyright: ignore[reportArgumentType]
        write_whole(self._path(name), buffer.getvalue())

    def _path(self, name: str) -> Path:
        assert self._folder is not None
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        readable = "".join(c if c.isalnum() else "-" for c in name)[:80]
        return self._folder / f"{readable}-{digest}.npz"


def _require_same(note: Path, described: Mapping[str, Any]) -> None:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(
            f"the file {note}, which says what run the folder holds, is damaged; delete the folder, or "
            "choose another with --out."
        )
    # A tuple is a list in JSON.
    differing = [k for k, v in described.items() if found.get(k) != json.loads(json.dumps(v))]
    if differing:
        raise ValueError(
            f"the folder {note.parent} holds another run, which differs in {', '.join(differing)}; repeat "
            "that call to go on with it, choose another folder with --out, or delete it."
        )
