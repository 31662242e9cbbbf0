"""Several processes of one run, which meet in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

import proofs_numeric
import wiatowski
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.units import Store
from wiatowski.streaming.identity import digest as described
from wiatowski.streaming.processes import together as all_of

__all__ = ["code_digest", "digest", "join", "opened", "together"]


def join(description: str | None) -> None:
    """Become one of several processes.

    Args:
        description: address of the first, how many, and which this is, with commas between; none for
            a run of one process.

    Raises:
        ValueError: for another form.
    """
    if description is None:
        return
    try:
        address, count, index = description.split(",")
        number, total = int(index), int(count)
    except ValueError:
        raise ValueError(
            f"--processes takes ADDRESS,COUNT,INDEX, for example localhost:9876,2,0, not "
            f"{description!r}."
        ) from None
    if total < 1 or not 0 <= number < total:
        raise ValueError(
            f"--processes: indices count from 0 to COUNT - 1; index {number} of {total} is none of them."
        )
    jax.distributed.initialize(address, num_processes=total, process_id=number)


def opened(folder: Path | None, identity: Mapping[str, Any]) -> Store:
    """The store of a run: the first process makes it, the others find it."""
    if jax.process_count() == 1:
        return Store(folder, identity)
    first = together(lambda: Store(folder, identity) if jax.process_index() == 0 else None)
    return together(lambda: first or Store(folder, identity))


def together(action: Callable[[], Any]) -> Any:
    """Do something in every process; where it fails in one, all stop here instead of waiting.

    Raises:
        ValueError: in the processes where it did not fail; the others raise their own error.
    """
    return action() if jax.process_count() == 1 else all_of(action, "run", ValueError)


def digest(settings: Sequence[Setting]) -> str:
    """Of extractors and classifiers with all their members, of signals and bands."""
    found = hashlib.sha256()
    for setting in {id(s): s for s in settings}.values():
        found.update(f"{setting.name} {setting.band} {described(setting.subject)}".encode())
        found.update(np.ascontiguousarray(setting.signals).tobytes())
    return found.hexdigest()


def code_digest() -> str:
    """Of the sources of claims and package: results of other code are not gone on with."""
    found = hashlib.sha256()
    for package in (proofs_numeric, wiatowski):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            found.update(f"{path.relative_to(root)}".encode())
            found.update(path.read_bytes())
    return found.hexdigest()
