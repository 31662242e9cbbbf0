"""Several processes of one run: they agree, or none of them goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

T = TypeVar("T")


def together(
    action: Callable[[], T], call: str = "transform", kind: type[Exception] = RuntimeError
) -> T:
    """Run an action in every process; where it fails in one, all stop here instead of waiting for it.

    Args:
        action: what to do.
        call: named in the error.
        kind: of the error.

    Raises:
        kind: in the processes where it did not fail, naming those where it did; they raise
            their own error.
    """
    result, error = None, None
    try:
        result = action()
    except Exception as caught:
        error = caught
    failed = np.flatnonzero(_gathered(np.uint8(error is not None)))
    if error is not None:
        raise error
    if failed.size:
        raise kind(
            f"{call}: process {_listed(failed)} failed, and its own message says why; "
            "correct that and start all processes again: finished chunks are kept."
        )
    return result  # pyright: ignore[reportReturnType]  # None only if the action returned it


def agree(facts: Mapping[str, Any]) -> None:
    """Raise unless every process has the same facts.

    Args:
        facts: named values that JSON can hold, the same names everywhere.

    Raises:
        ValueError: in every process, naming the facts that differ and the processes.
    """
    digests = [hashlib.sha256(json.dumps(value).encode()).digest() for value in facts.values()]
    rows = _gathered(np.frombuffer(b"".join(digests), np.uint8).reshape(len(facts), -1))
    differs = (rows != rows[:1]).any(axis=2)
    if differs.any():
        names = [name for name, column in zip(facts, differs.T, strict=True) if column.any()]
        raise ValueError(
            f"transform: process {_listed(np.flatnonzero(differs.any(axis=1)))} and process 0 differ "
            f"in {' and '.join(names)}; nothing was written. Make the same call in every process, with "
            "chunk= where their devices differ."
        )


def from_first(action: Callable[[], int]) -> int:
    """A number that process 0 finds out, in every process."""

    def once() -> int:
        return action() if jax.process_index() == 0 else 0

    return int(multihost_utils.broadcast_one_to_all(np.int32(together(once))))


def _gathered(value: np.ndarray | np.generic) -> np.ndarray:
    """One row per process."""
    rows = np.asarray(multihost_utils.process_allgather(value))
    return rows.reshape(jax.process_count(), *np.shape(value))


def _listed(numbers: np.ndarray) -> str:
    return ", ".join(str(n) for n in numbers)
