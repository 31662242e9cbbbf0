"""What the three transforms ask of their arguments, with errors that name the call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from wiatowski._integers import is_integer
from wiatowski._types import Array, all_finite

__all__ = [
    "PADDINGS",
    "as_signals",
    "check_choice",
    "check_integers",
]

# How `jnp.pad` calls them.
PADDINGS = {"reflect": "reflect", "symmetric": "symmetric", "periodic": "wrap", "zero": "constant"}


def check_integers(call: str, example: str, shape) -> tuple[int, ...]:
    """The shape as a tuple of as many positive integers as the example has; raises otherwise."""
    given = tuple(shape) if isinstance(shape, Sequence) and not isinstance(shape, str) else ()
    whole = all(is_integer(n) for n in given)
    if not whole or len(given) != example.count(",") + 1 or min(given) < 1:
        raise ValueError(f"{call}: shape must be like {example}, not {shape!r}.")
    return tuple(int(n) for n in given)


def check_choice(call: str, name: str, value, allowed: Sequence[str]) -> str:
    """The value, one of those allowed; raises otherwise."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{call}: {name} must be one of {tuple(allowed)}, not {value!r}.")
    return value


def as_signals(call: str, x: Any, shape: tuple[int, ...], dtype) -> tuple[Array, tuple[int, ...]]:
    """The signals as one batch axis, and the batch axes they came with.

    Integers, and numbers of less than the filters' precision, are cast to `dtype`.

    Raises:
        TypeError: for what is no array of numbers.
        ValueError: for another shape, or samples that are not finite.
    """
    try:
        x = jnp.asarray(x)
    except (TypeError, ValueError):
        raise TypeError(f"{call}: expects an array of numbers, not {type(x).__name__}.") from None
    ndim = len(shape)
    if x.ndim < ndim or x.shape[x.ndim - ndim :] != shape:
        raise ValueError(
            f"{call}: the signals must have shape (..., {', '.join(map(str, shape))}), but the array has "
            f"{x.shape}; build the transform for that shape, or crop the signals with signals.crop."
        )
    x = x.astype(jnp.result_type(x.dtype, dtype))
    if not all_finite(x):
        raise ValueError(
            f"{call}: the signals hold NaN or infinite samples; replace them first, for example "
            "with jnp.nan_to_num."
        )
    batch = x.shape[: x.ndim - ndim]
    return x.reshape(math.prod(batch), *shape), batch
