"""How much XLA optimises the programs of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import jax

__all__ = ["compiled_quickly"]


@contextlib.contextmanager
def compiled_quickly(wanted: bool) -> Iterator[None]:
    """Programs that run a few times on small grids cost more to optimise than to run.

    Args:
        wanted: whether to spare the optimisation; accelerators keep theirs.
    """
    option = "jax_disable_most_optimizations"
    before = jax.config.read(option)
    jax.config.update(option, before or (wanted and jax.default_backend() == "cpu"))
    try:
        yield
    finally:
        jax.config.update(option, before)
