"""Functions given by formulas, sampled where a displacement takes them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Cartoon", "Cones"]


class Cones(NamedTuple):
    """A Lipschitz function of compact support: the largest of some cones, never below zero.

    Args:
        centres: (cones, d).
        heights: of the tips.
        slope: of all sides, the Lipschitz constant.
    """

    centres: np.ndarray
    heights: np.ndarray
    slope: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Values at points (d, *shape)."""
        away = x[None] - self.centres.reshape(*self.centres.shape, *(1,) * (x.ndim - 1))
        cones = self.heights.reshape(-1, *(1,) * (x.ndim - 1)) - self.slope * np.linalg.norm(
            away, axis=1
        )
        return np.maximum(0, cones.max(axis=0))

    def support(self, x: np.ndarray, reach: float) -> np.ndarray:
        """Whether a ball of radius `reach` around each point meets the support."""
        away = x[None] - self.centres.reshape(*self.centres.shape, *(1,) * (x.ndim - 1))
        radii = (self.heights / self.slope).reshape(-1, *(1,) * (x.ndim - 1))
        return np.any(np.linalg.norm(away, axis=1) <= radii + reach, axis=0)


class Cartoon(NamedTuple):
    r"""$c = c_1 + 1_{[a, b]} c_2$ on [0, 1], $c_i$ piecewise linear between equidistant knots.

    Args:
        first, second: values of c_1 and c_2 at the knots.
        left, right: a and b.
    """

    first: np.ndarray
    second: np.ndarray
    left: float
    right: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Values at points of [0, 1]."""
        knots = np.linspace(0, 1, len(self.first))
        inside = (self.left <= x) & (x <= self.right)
        return np.interp(x, knots, self.first) + inside * np.interp(x, knots, self.second)

    @property
    def constant(self) -> float:
        """K: Lipschitz constant of both parts and bound of the second."""
        steep = max(np.abs(np.diff(c)).max() * (len(c) - 1) for c in (self.first, self.second))
        return float(max(steep, np.abs(self.second).max()))
