"""Small formulas that several partitions of unity are built from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def meyer_auxiliary(t: np.ndarray) -> np.ndarray:
    r"""$v(t) = t^4 (35 - 84 t + 70 t^2 - 20 t^3)$ on [0, 1], clipped outside; $v(t) + v(1-t) = 1$."""
    t = np.clip(t, 0.0, 1.0)
    square = t * t
    return square * square * (35 + t * (-84 + t * (70 - 20 * t)))


def product(factors: Iterable[np.ndarray]) -> np.ndarray:
    """Of arrays that broadcast; one for no factor."""
    total = np.ones(())
    for factor in factors:
        total = total * factor
    return total


def union(amplitudes: Iterable[np.ndarray]) -> np.ndarray:
    r"""$(1 - \prod_i (1 - a_i^2))^{1/2}$ of amplitudes $a_i$ in [0, 1], without cancellation."""
    covered = np.zeros(())
    for amplitude in amplitudes:
        covered = covered + (1 - covered) * amplitude**2
    return np.sqrt(covered)
