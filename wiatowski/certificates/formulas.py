"""Littlewood-Paley sums of frames as formulas that ball arithmetic can evaluate, on all of R^d.

Parameters are the frame's own floats, taken as exact; everything derived from them is a ball.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Protocol

from wiatowski.certificates._subdivision import Box
from wiatowski.frames import Frame

__all__ = ["NEGLIGIBLE", "NEGLIGIBLE_EXPONENT", "Formula", "formula"]

#: A term this small on a box is left out, and its size added to the ball.
NEGLIGIBLE = 2.0**-200
#: exp(-150) < 2^-216: the margin covers the rounding of the float that is compared.
NEGLIGIBLE_EXPONENT = 150.0


class Formula(Protocol):
    """A sum of squared moduli, output atom and residual included.

    Along each axis `edges` divides an interval [-W, W] where a term changes its formula.
    """

    @property
    def edges(self) -> Sequence[tuple[float, ...]]:
        """Per axis, increasing, from -W to W."""
        ...

    def value(self, point: tuple[float, ...], real: bool) -> tuple[float, float]:
        """Bounds of the sum at a point; with `real`, of its mean with that at the opposite point."""
        ...

    def enclose(self, box: Box, real: bool) -> tuple[float, float, Sequence[tuple[float, ...]]]:
        """Bounds of the sum on a box between edges, and points where it may be extreme."""
        ...

    def beyond(self) -> tuple[float, float]:
        """Bounds of the sum where a frequency leaves [-W, W] along some axis."""
        ...

    def scaled(self, factor: float) -> Formula:
        """The formula of the frame whose atoms are multiplied by `factor`."""
        ...


@functools.singledispatch
def formula(frame: Frame, ndim: int) -> Formula | None:
    """The sum of a frame in `ndim` dimensions, or None if no formula is known here."""
    return None
