"""Work dealt out to threads: XLA compiles and runs outside Python's lock."""

from __future__ import annotations

import concurrent.futures
import os
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

import jax
import jax.numpy as jnp

__all__ = ["for_each"]

Item = TypeVar("Item")


def for_each(
    action: Callable[[Item], object], items: Iterable[Item], workers: int | None = None
) -> None:
    """Do `action` on every item, in the caller's precision; after an error nothing more begins.

    Args:
        action: called once per item; its result is dropped.
        items: begun in their order.
        workers: threads; one per core by default.
    """
    double = jnp.zeros(()).dtype == jnp.float64
    stop = threading.Event()

    def one(item: Item) -> None:
        if not stop.is_set():
            with jax.enable_x64(double):  # the context belongs to a thread
                action(item)

    with concurrent.futures.ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        try:
            for done in [pool.submit(one, item) for item in items]:
                done.result()
        except BaseException:
            stop.set()
            raise
