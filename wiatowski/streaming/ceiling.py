"""A ceiling on memory: as it is written down, and what fits below it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

# For whoever states none: below any machine's memory, far above what one call costs.
DEFAULT_MEMORY = 2**30
# Compilations spent on the search for a chunk; three are enough where memory grows in proportion.
_MOST_EVALUATIONS = 8
_TEXT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt]?)(i?)b)?", re.IGNORECASE)


def in_bytes(memory: int | str, call: str = "transform") -> int:
    """A ceiling as a number of bytes.

    Args:
        memory: the number, or a text such as "500MB", "1.5 GB" or "2GiB": kB, MB, GB, TB by thousands, KiB,
            MiB, GiB, TiB by 1024.
        call: whose argument it is, for the message.

    Raises:
        ValueError: for anything else, or less than one byte.

    >>> in_bytes("2GB"), in_bytes("1.5 MiB")
    (2000000000, 1572864)
    """
    count = 0
    if isinstance(memory, str):
        match = _TEXT.fullmatch(memory.strip())
        if match is not None:
            number, prefix, binary = match.groups()
            power = " kmgt".index((prefix or " ").lower())
            count = int(float(number) * (1024 if binary else 1000) ** power)
    else:
        count = whole(memory)
    if count < 1:
        raise ValueError(
            f'{call}: memory must be a number of bytes >= 1 or a text like "2GB" or "500 MiB", not {memory!r}.'
        )
    return count


def whole(value: Any) -> int:
    """The value as an integer; 0 if it is none."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, float):
        return int(value) if value.is_integer() else 0
    try:
        return operator.index(value)
    except TypeError:
        return 0


def largest_within(memory: int, needed: Callable[[int], int], most: int) -> int:
    """The largest count up to `most` whose need stays within `memory`, found by few evaluations.

    Args:
        memory: the ceiling.
        needed: grows with the count, in proportion or nearly so.
        most: what is never exceeded.

    Returns:
        0 if not even one fits.

    >>> largest_within(100, lambda count: 10 + 7 * count, most=50)
    12
    """
    low, other, too_many = (0, 0), (0, 0), most + 1
    guess = 1
    for _ in range(_MOST_EVALUATIONS):
        point = (guess, needed(guess))
        if point[1] <= memory:
            low, other = point, low
        else:
            other, too_many = point, guess
        if too_many == 1:
            break
        slope = (other[1] - low[1]) / (other[0] - low[0])
        room = int((memory - low[1]) / slope) if slope > 0 else most
        guess = min(low[0] + room, too_many - 1)
        if guess == low[0]:
            break
    return low[0]
