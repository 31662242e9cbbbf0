"""Work on many maps in chunks: as many as stay in a core's cache, or under a ceiling."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

# Temporaries of one chunk of maps. On a CPU such chunks stay in a core's cache; an accelerator wants
# large ones, and has the memory.
CACHE_BYTES = 2 * 2**20
_ACCELERATOR_BYTES = 256 * 2**20


def chunk_bytes() -> int:
    """What the temporaries of one chunk may take on the default device."""
    return CACHE_BYTES if jax.default_backend() == "cpu" else _ACCELERATOR_BYTES


def rows_per_chunk(count: int, most: int) -> int:
    """At most `most` rows per chunk; fewer, down to half, where that leaves no rest."""
    most = max(1, min(count, most))
    return next((c for c in range(most, most // 2, -1) if count % c == 0), most)


def map_chunks(function: Callable, rows, chunk: int):
    """`function` on chunks of the leading axis, one after the other; derivatives recompute them.

    Args:
        function: of a tree of arrays to a tree of arrays, whose leading axes are rows.
        rows: a tree of arrays.
        chunk: rows per call.
    """
    leaves = jax.tree.leaves(rows)
    count = leaves[0].shape[0]
    if count <= chunk:
        return function(rows)
    function = jax.checkpoint(function, prevent_cse=False)
    blocks, rest = divmod(count, chunk)
    whole = jax.tree.map(lambda a: a[: blocks * chunk].reshape(blocks, chunk, *a.shape[1:]), rows)
    done = jax.lax.map(function, whole)
    done = jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), done)
    if not rest:
        return done
    tail = function(jax.tree.map(lambda a: a[blocks * chunk :], rows))
    return jax.tree.map(lambda a, b: jnp.concatenate([a, b]), done, tail)
