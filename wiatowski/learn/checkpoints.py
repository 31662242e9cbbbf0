"""Checkpoints of a training run, which orbax writes whole."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

__all__ = ["Checkpoints"]

_KEPT = 2
_PARTS = ("facts", "state", "_CHECKPOINT_METADATA")  # of a checkpoint, as orbax lays it down


class Checkpoints:
    """The last epochs of one run in a folder.

    Args:
        folder: new, empty, or of this run.
        facts: what tells this run from another.

    Raises:
        ValueError: for a folder of another run, with what differs, or of something else.
        OSError: for one that cannot be made.
        ImportError: without orbax.
    """

    def __init__(self, folder: str | os.PathLike, facts: dict[str, Any]):
        self._orbax, self._facts = _orbax(), facts
        self._folder = Path(folder).expanduser().absolute()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OSError(
                error.errno, f"train: {folder} is no folder for checkpoints ({error.strerror})"
            ) from None
        foreign = [path.name for path in self._folder.iterdir() if not _is_ours(path)]
        if foreign:
            raise ValueError(
                f"train: {self._folder.name} holds {min(foreign)}, which is no checkpoint; give a new folder."
            )
        options = self._orbax.CheckpointManagerOptions(max_to_keep=_KEPT)
        self._manager = self._orbax.CheckpointManager(self._folder, options=options)

    def last(self, state: Any) -> tuple[Any, list[list[float]]]:
        """The newest whole checkpoint, or the state that is given and no history."""
        step = self._manager.latest_step()
        if step is None:
            return state, []
        args = self._orbax.args
        told = self._read(step, "facts", args.JsonRestore())
        differ = [name for name, own in self._facts.items() if told["facts"].get(name) != own]
        if differ:
            raise ValueError(
                f"train: {self._folder.name} holds a checkpoint of another run: {', '.join(differ)} differ; give a "
                "new folder, or the call that it is of."
            )
        numbered = _numbered(state)
        restored = self._read(step, "state", args.StandardRestore(numbered))
        values = [jax.numpy.asarray(restored[name]) for name in numbered]
        return jax.tree.unflatten(jax.tree.structure(state), values), told["epochs"]

    def _read(self, step: int, name: str, how: Any) -> Any:
        try:
            return self._manager.restore(step, args=self._orbax.args.Composite(**{name: how}))[name]
        except Exception as error:  # of many kinds, from orbax and what it stores with
            raise ValueError(
                f"train: checkpoint {step} in {self._folder.name} cannot be read ({str(error).strip():.120}); delete "
                f"the folder {step} to go on from the one before it."
            ) from None

    def write(self, state: Any, history: Sequence[Any]) -> None:
        """A checkpoint after the last epoch; the older ones but one go."""
        args = self._orbax.args
        told = {"facts": self._facts, "epochs": [list(epoch) for epoch in history]}
        composite = args.Composite(
            state=args.StandardSave(_numbered(state)), facts=args.JsonSave(told)
        )
        try:
            self._manager.save(len(history), args=composite)
            self._manager.wait_until_finished()
        except Exception as error:  # of many kinds; a full disk is a ValueError from below orbax
            raise OSError(
                f"train: the checkpoint after epoch {len(history)} could not be written to {self._folder.name} "
                f"({_last_words(error)}); mend that, and the same call goes on after the last whole one."
            ) from None


def _numbered(tree: Any) -> dict[str, np.ndarray]:
    """The arrays of a tree by their place in it."""
    return {str(n): np.asarray(leaf) for n, leaf in enumerate(jax.tree.leaves(tree))}


def _is_ours(path: Path) -> bool:
    """Whether a run made it, whole or not; hidden files are nobody's."""
    if path.name.startswith(".") or ".orbax-checkpoint-tmp" in path.name:
        return True
    return path.name.isdigit() and any((path / part).exists() for part in _PARTS)


def _last_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).strip().rpartition(": ")[2][:120]


def _orbax():
    try:
        import orbax.checkpoint as orbax
    except ImportError:
        raise ImportError(
            'train: checkpoints need orbax-checkpoint: pip install "wiatowski[learn]".'
        ) from None
    logging.getLogger("absl").setLevel(logging.ERROR)  # a line per file otherwise
    return orbax
