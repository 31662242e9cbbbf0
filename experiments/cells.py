"""Results of long runs by name, in a folder: what was computed is not computed again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wiatowski.serialization import write_whole

Result = dict[str, Any]


class Cells:
    """A folder with a JSON file per cell, written whole.

    Args:
        folder: made where it is missing.
        facts: what the numbers depend on beside their names, such as a version and sizes; a cell with other
            facts counts as missing.
    """

    def __init__(self, folder: Path, facts: Result):
        self.folder, self._facts = folder, json.loads(json.dumps(facts))

    def get(self, name: str) -> Result | None:
        """A result that was stored with the same facts."""
        try:
            result = json.loads((self.folder / f"{name}.json").read_text())
        except (OSError, ValueError):
            return None
        same = isinstance(result, dict) and all(result.get(k) == v for k, v in self._facts.items())
        return result if same else None

    def kept(self, name: str, compute: Callable[[], Result]) -> Result:
        """What is stored; computed and stored first where it is missing."""
        found = self.get(name)
        if found is None:
            found = compute()
            self.put(name, found)
        return found

    def put(self, name: str, result: Result) -> None:
        """Store a result with the facts."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps(self._facts | result, indent=1) + "\n"
        write_whole(self.folder / f"{name}.json", content.encode())
