"""Work on many maps in chunks that stay in a core's cache."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

# Temporaries of one chunk of maps; chunks of this size stay in a core's cache.
CHUNK_BYTES = 4 * 2**20


def map_chunks(function: Callable, rows, row_bytes: int):
    """`function` over chunks of the leading axis whose temporaries stay near the cache's size."""
    count = jax.tree.leaves(rows)[0].shape[0]
    chunk = max(1, CHUNK_BYTES // row_bytes)
    if count <= chunk:
        return function(rows)
    blocks, rest = divmod(count, chunk)
    whole = jax.tree.map(lambda a: a[: blocks * chunk].reshape(blocks, chunk, *a.shape[1:]), rows)
    done = jax.lax.map(function, whole)
    done = done.reshape(blocks * chunk, *done.shape[2:])
    if not rest:
        return done
    tail = function(jax.tree.map(lambda a: a[blocks * chunk :], rows))
    return jnp.concatenate([done, tail])
