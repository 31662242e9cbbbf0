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


def vmapped_as(one: Callable, many: Callable) -> Callable:
    """`one`, which `jax.vmap` over its second and third argument alone turns into `many`.

    Plain batching would give every chunk the whole batch, and with it fall out of the cache. Derivatives
    are those of `one`, batched in the plain way.

    Args:
        one: (arrays, signal, extras) -> tree of arrays.
        many: the same of (arrays, signals, extras), with a leading axis on every array of the result.
    """
    # Custom rules trace even without jit; who looks for an error wants values.
    if jax.config.jax_disable_jit:  # pyright: ignore[reportAttributeAccessIssue]
        return one

    @jax.custom_batching.custom_vmap
    def batched(arrays, signal, extras):
        return one(arrays, signal, extras)

    @batched.def_vmap
    def rule(size, in_batched, arrays, signal, extras):
        flags = [jax.tree.leaves(part) for part in in_batched]
        if any(flags[0]) or not all(flags[1] + flags[2]):
            axes = jax.tree.map(lambda mapped: 0 if mapped else None, tuple(in_batched))
            done = jax.vmap(one, axes, axis_size=size)(arrays, signal, extras)
        else:
            done = many(arrays, signal, extras)
        return done, jax.tree.map(lambda _: True, done)

    @jax.custom_jvp
    def differentiable(arrays, signal, extras):
        return batched(arrays, signal, extras)

    @differentiable.defjvp
    def derivative(primals, tangents):
        return jax.jvp(one, primals, tangents)

    return differentiable
