"""Measured exponents: straight lines through logarithms."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

__all__ = ["Exponent", "fitted"]


class Exponent(NamedTuple):
    """A slope of log y against log x.

    Args:
        value: the slope by least squares.
        error: three standard errors of it, and by how much it changes from one end of the range to
            the other: an exponent is a limit, which no range reaches.
    """

    value: float
    error: float


def fitted(x, y) -> Exponent:
    """The exponent p of y = c x^p; minus infinity where some y vanishes."""
    x, y = np.log(np.asarray(x, float)), np.asarray(y, float)
    if not np.all(y > 0):
        return Exponent(-math.inf, 0.0)
    y = np.log(y)
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    residual = y - y.mean() - slope * centred
    freedom = max(1, len(x) - 2)
    spread = math.sqrt(float(residual @ residual) / freedom / float(centred @ centred))
    ends = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in (0, len(x) - 2)]
    return Exponent(slope, 3 * spread + abs(float(ends[1] - ends[0])))
