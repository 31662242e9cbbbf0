r"""Daubechies' half-band polynomial and its factors, in 60 digits: where finite wavelets come from.

With $y = \sin^2(\pi\omega)$ the polynomial $P_N(y) = \sum_{k<N} \binom{N-1+k}{k} y^k$ solves
$(1-y)^N P_N(y) + y^N P_N(1-y) = 1$. A wavelet family is a way to split the product into a low-pass
and its partner. Polynomials here are lists of coefficients, the lowest power first; as
filters these are taps.

Source: Daubechies 1988; Cohen, Daubechies & Feauveau 1992 (`paper_notes.md`, frames).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import mpmath
import numpy as np

# A context of our own: the user's mpmath precision is neither read nor changed.
precise = mpmath.mp.clone()
precise.dps = 60
_NEWTON_STEPS = 8  # digits double: from 4 to more than 60 in four


def times(p: Sequence[Any], q: Sequence[Any]) -> list[Any]:
    """Product of two polynomials."""
    total = [precise.mpf(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for k, b in enumerate(q):
            total[i + k] += a * b
    return total


def product_of(factors: Iterable[Sequence[Any]]) -> list[Any]:
    """Product of polynomials; one for no factor."""
    return functools.reduce(times, factors, [precise.mpf(1)])


def low_pass(zeros: int) -> list[Any]:
    r"""$((1 + x)/2)^{n}$, a filter with n zeros at half a cycle."""
    half = precise.mpf(1) / 2
    return product_of([[half, half]] * zeros)


def half_band(order: int) -> list[Any]:
    """Coefficients of P_N in y; integers."""
    return [precise.mpf(math.comb(order - 1 + k, k)) for k in range(order)]


def in_delays(polynomial: Sequence[Any]) -> list[Any]:
    """Taps of a polynomial of degree n in y, delayed by n samples to be causal."""
    quarter = precise.mpf(1) / 4
    y = [-quarter, 2 * quarter, -quarter]
    degree = len(polynomial) - 1
    total = [precise.mpf(0)] * (2 * degree + 1)
    for k, coefficient in enumerate(polynomial):
        for m, tap in enumerate(product_of([y] * k), start=degree - k):
            total[m] += coefficient * tap
    return total


@functools.cache
def root_groups(order: int) -> tuple[tuple[Any, ...], ...]:
    """Roots of P_N in y by rising real part: a real one alone, a pair of conjugates together."""
    polynomial = half_band(order)
    groups = []
    for start in np.roots([float(c) for c in reversed(polynomial)]):
        if start.imag >= 0:  # numpy's roots of real polynomials are real or conjugate exactly
            y = _refined(polynomial, precise.mpc(start))
            groups.append((y, y.conjugate()) if start.imag > 0 else (y.real,))
    return tuple(sorted(groups, key=lambda group: group[0].real))


def _refined(polynomial: Sequence[Any], root: Any) -> Any:
    """The simple root next to an approximate one, by Newton's method."""
    for _ in range(_NEWTON_STEPS):
        value = slope = precise.mpc(0)
        for coefficient in reversed(polynomial):
            slope = slope * root + value
            value = value * root + coefficient
        root -= value / slope
    return root


def symmetric_factor(group: Sequence[Any]) -> list[Any]:
    r"""Taps of $\prod (1 - y / y_k)$ over a group: a symmetric filter with sum one."""
    return in_delays([c.real for c in product_of([1, -1 / y] for y in group)])


def zeros_inside(group: Sequence[Any]) -> list[Any]:
    """The zeros z in the unit disc with y = (2 - z - 1/z)/4, one per y; the others are 1/z."""
    found = []
    for y in group:
        b = 1 - 2 * y
        root = precise.sqrt(b * b - 1)
        # Of two numbers with product one the smaller is computed as the inverse of the larger.
        found.append(1 / max(b - root, b + root, key=abs))
    return found


def phase_factor(zeros: Sequence[Any]) -> list[Any]:
    r"""Taps of $\prod (x - z_k)/(1 - z_k)$: half of a symmetric factor; reversed, the other half."""
    taps = product_of([-z / (1 - z), 1 / (1 - z)] for z in zeros)
    return [tap.real for tap in taps]


def rounded(taps: Iterable[Any]) -> tuple[float, ...]:
    """To double precision, once."""
    return tuple(float(tap) for tap in taps)
