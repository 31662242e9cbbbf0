"""What counts as an integer argument."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np


def is_integer(value: object) -> TypeGuard[int]:
    """Whether a value is an integer of Python or NumPy, and no bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def check_integer(call: str, name: str, value: object, least: int = 1) -> int:
    """The argument `name` as an integer.

    Raises:
        ValueError: naming the call, unless it is one of at least `least`.
    """
    if not is_integer(value) or value < least:
        raise ValueError(f"{call}: {name} must be an integer >= {least}, not {value!r}.")
    return int(value)
