"""One-dimensional profiles from which partitions of unity are built."""

from __future__ import annotations

import numpy as np


def meyer_auxiliary(t: np.ndarray) -> np.ndarray:
    r"""$v(t) = t^4 (35 - 84 t + 70 t^2 - 20 t^3)$ on [0, 1], clipped outside; $v(t) + v(1-t) = 1$."""
    t = np.clip(t, 0.0, 1.0)
    return t**4 * (35 - 84 * t + 70 * t**2 - 20 * t**3)


def smooth_low_pass(omega: np.ndarray, passes: float, stops: float) -> np.ndarray:
    r"""Squared Meyer low-pass $\cos^2(\frac{\pi}{2} v(\frac{|\omega| - p}{s - p}))$.

    One for |omega| <= `passes` and exactly zero for |omega| >= `stops`.
    """
    t = (np.abs(omega) - passes) / (stops - passes)
    return np.where(t >= 1, 0.0, np.cos(0.5 * np.pi * meyer_auxiliary(t)) ** 2)


def ladder_low_pass(omega: np.ndarray, scale: int) -> np.ndarray:
    r"""Rung $H_j(\omega) = h^2(2^j \omega)$ of the Meyer ladder: 1 up to $2^{-j}/3$, 0 from $2^{-j}/2$.

    $H_0$ vanishes at half a cycle per unit length, so the finest band ends there.
    """
    return smooth_low_pass(np.asarray(omega) * 2.0**scale, 1 / 3, 1 / 2)


def angular_window(turns: np.ndarray, count: int, index: int) -> np.ndarray:
    r"""Window $V_l = \cos(\frac{\pi}{2} v(|x - l|))$ on a circle of circumference 1.

    $x$ = `count` times `turns`, differences cyclic; the squares of the `count` windows sum to one.
    An amplitude, not its square: the root of a rounded square would lose half the digits.
    """
    if count == 1:
        return np.ones_like(turns)
    x = turns * count - index
    distance = np.abs(x - count * np.round(x / count))
    return np.where(distance >= 1, 0.0, np.cos(0.5 * np.pi * meyer_auxiliary(distance)))
