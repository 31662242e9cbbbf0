r"""Outward rounding, and how far a sum computed in float64 can be from the true one.

With u = 2^-53, a sum of n products of floats, added in any order, with or without fused
operations, is off by at most $\gamma_n \sum |a_i b_i|$, $\gamma_n = n u / (1 - n u)$. For
non-negative terms that is a relative error. Underflow adds less than n 2^-1074.
"""

from __future__ import annotations

import math

_U = 2.0**-53


def gamma(count: int) -> float:
    r"""$\gamma_n$, rounded up."""
    return up(count * _U / (1 - count * _U))


def down(value: float) -> float:
    """The next float64 below."""
    return math.nextafter(value, -math.inf)


def up(value: float) -> float:
    """The next float64 above."""
    return math.nextafter(value, math.inf)


def arb_below(value) -> float:
    """A float64 not above a ball's lower end."""
    return down(down(float(value.lower())))


def arb_above(value) -> float:
    """A float64 not below a ball's upper end."""
    return up(up(float(value.upper())))
