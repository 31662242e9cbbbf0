"""Halving boxes until an enclosure is tight enough, and walking the same boxes again."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from wiatowski.certificates.certificate import Witness

Box = tuple[tuple[float, float], ...]
_MOST_LEAVES = 400_000
_SEEDS = {1: 256, 2: 16}  # points per axis of each first box that are looked at before any halving


class Enclosing(Protocol):
    """A function that can be bounded on boxes."""

    def value(self, point: tuple[float, ...]) -> tuple[float, float]:
        """Bounds of the function at a point."""
        ...

    def enclose(self, box: Box) -> tuple[float, float, Sequence[tuple[float, ...]]]:
        """Bounds on a box, and points where it may be extreme."""
        ...

    def counts(self, box: Box) -> bool:
        """Whether the lower bound is asked for here."""
        ...


@dataclasses.dataclass
class Found:
    """What a search proves: `tree` in preorder, 1 for a box that is halved and 0 for a leaf."""

    tree: str
    lower: float
    upper: float
    lowest: Witness
    highest: Witness


def first_boxes(edges: Sequence[Sequence[float]]) -> list[Box]:
    """The boxes between neighbouring edges of each axis."""
    return list(itertools.product(*(list(itertools.pairwise(e)) for e in edges)))


def halves(box: Box) -> tuple[Box, Box] | None:
    """A box cut in the middle of its longest side; None where floats do not resolve it."""
    axis = max(range(len(box)), key=lambda i: box[i][1] - box[i][0])
    a, b = box[axis]
    middle = a + (b - a) / 2
    if not a < middle < b:
        return None
    return (
        (*box[:axis], (a, middle), *box[axis + 1 :]),
        (*box[:axis], (middle, b), *box[axis + 1 :]),
    )


def search(
    function: Enclosing,
    edges: Sequence[Sequence[float]],
    tolerance: float,
    progress: Callable[[float], None] | None = None,
) -> Found:
    """Bounds of a non-negative function on all boxes, within `tolerance` times its maximum of the truth.

    `progress` is told the settled share of the volume, from time to time.

    Raises:
        ValueError: if floats or memory do not allow that tolerance.
    """
    nowhere = tuple(0.0 for _ in edges)
    found = Found(
        "", math.inf, -math.inf, Witness(nowhere, math.inf, math.inf), Witness(nowhere, -1.0, -1.0)
    )
    boxes = first_boxes(edges)
    for box in boxes:
        counts = function.counts(box)
        for point in itertools.product(*(_seeds(a, b, len(box)) for a, b in box)):
            _look(function, point, counts, found)
    tree, leaves, stack = [], 0, list(reversed(boxes))
    settled, volume = 0.0, sum(map(_volume, boxes))
    while stack:
        box = stack.pop()
        counts = function.counts(box)
        low, high, better = function.enclose(box)
        if not _close(low, high, counts, tolerance, found):
            for point in (tuple(a + (b - a) / 2 for a, b in box), *better):
                _look(function, point, counts, found)
        if _close(low, high, counts, tolerance, found):
            tree.append("0")
            leaves += 1
            settled += _volume(box)
            if progress is not None and leaves % 64 == 0:
                progress(settled / volume)
            found.lower = min(found.lower, low) if counts else found.lower
            found.upper = max(found.upper, high)
            continue
        parts = halves(box)
        if parts is None or leaves > _MOST_LEAVES:
            raise ValueError(
                f"certify: the tolerance {tolerance:g} cannot be reached; use a larger one."
            )
        tree.append("1")
        stack += reversed(parts)
    found.tree = "".join(tree)
    return found


def replay(tree: str, edges: Sequence[Sequence[float]]) -> Iterator[Box]:
    """The leaves of a tree, which cover every box between the edges.

    Raises:
        ValueError: for a text that is no such tree.
    """
    if not isinstance(tree, str) or set(tree) - {"0", "1"}:
        raise ValueError("the tree of boxes is no text of zeros and ones")
    if len(tree) > 4 * _MOST_LEAVES:
        raise ValueError("the tree of boxes is larger than a check should walk")
    marks, stack = iter(tree), list(reversed(first_boxes(edges)))
    while stack:
        box = stack.pop()
        mark = next(marks, None)
        if mark is None:
            raise ValueError("the tree of boxes ends too early")
        if mark == "0":
            yield box
            continue
        parts = halves(box)
        if parts is None:
            raise ValueError("the tree of boxes halves what cannot be halved")
        stack += reversed(parts)
    if next(marks, None) is not None:
        raise ValueError("the tree of boxes goes on after its end")


def _volume(box: Box) -> float:
    return math.prod(b - a for a, b in box)


def _seeds(a: float, b: float, ndim: int) -> list[float]:
    count = _SEEDS[ndim]
    return [a + (b - a) * (i + 0.5) / count for i in range(count)]


def _close(low: float, high: float, counts: bool, tolerance: float, found: Found) -> bool:
    room = tolerance * found.highest.low
    below = not counts or low >= found.lowest.high - room
    return below and high <= found.highest.low + room


def _look(function: Enclosing, point: tuple[float, ...], counts: bool, found: Found) -> None:
    low, high = function.value(point)
    if low > found.highest.low:
        found.highest = Witness(point, low, high)
    if counts and high < found.lowest.high:
        found.lowest = Witness(point, low, high)
