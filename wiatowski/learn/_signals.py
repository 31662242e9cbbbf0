"""What users give as signals, as an array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["as_array"]


def as_array(call: str, signals) -> Any:
    """Lists of signals, and arrays of them, as an array of numbers; whatever has a type of its own as it is.

    Args:
        call: whose argument it is, for the messages.
        signals: of equal shapes.

    Raises:
        TypeError: for what can be read but once.
        ValueError: for signals of several shapes.
    """
    if isinstance(signals, Iterator):
        raise TypeError(
            f"{call}: signals come as an array or a list, not as {type(signals).__name__}; write list(...) around it."
        )
    listed = isinstance(signals, np.ndarray) and signals.dtype == object and signals.ndim == 1
    if not listed and not isinstance(signals, (list, tuple)):
        return signals
    try:
        return np.asarray(list(signals))
    except ValueError:
        shapes = sorted({np.shape(x) for x in signals})[:3]
        raise ValueError(
            f"{call}: the signals have different shapes, {', '.join(map(str, shapes))} among them; "
            "resize or crop them to one, for example with signals.resize."
        ) from None
