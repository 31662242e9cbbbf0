"""Results of long runs by name, in a folder: what was computed is not computed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from wiatowski.serialization import write_whole

Result = dict[str, Any]


class Cells:
    """A folder with a JSON file per cell, written whole.

    Args:
        folder: made where it is missing.
        facts: what the numbers depend on beside their names: settings, and "format", the version of the script. A
            cell of another version counts as missing.
        needed: what every result holds; one without, or under another name than its own, counts as missing.

    Raises:
        SystemExit: for what is no folder, or one with cells of other settings, which would be lost.
    """

    def __init__(self, folder: Path, facts: Result, needed: Collection[str] = ()):
        self.folder, self._facts = folder, json.loads(json.dumps(facts))
        self._needed = tuple(needed)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SystemExit(f"--out: {folder} is no folder ({error.strerror})") from None
        for path in sorted(folder.glob("*.json")):
            self._refuse_other_settings(path)

    def get(self, name: str) -> Result | None:
        """A result that was stored with the same facts."""
        result = _read(self.folder / f"{name}.json")
        if result is None or result.get("name", name) != name:
            return None
        same = all(result.get(key) == value for key, value in self._facts.items())
        return result if same and all(key in result for key in self._needed) else None

    def kept(self, name: str, compute: Callable[[], Result]) -> Result:
        """What is stored; computed and stored first where it is missing."""
        found = self.get(name)
        if found is None:
            found = compute()
            self.put(name, found)
        return found

    def put(self, name: str, result: Result) -> None:
        """Store a result with the facts."""
        content = json.dumps(self._facts | {"name": name} | result, indent=1) + "\n"
        write_whole(self.folder / f"{name}.json", content.encode())

    def _refuse_other_settings(self, path: Path) -> None:
        stored = _read(path)
        if stored is None or stored.get("format") != self._facts.get("format"):
            return
        for fact, own in self._facts.items():
            if fact in stored and stored[fact] != own:
                raise SystemExit(
                    f"--out: {path} was computed with {fact} = {stored[fact]}, not {own}; name another folder"
                )


def _read(path: Path) -> Result | None:
    try:
        result = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) else None
