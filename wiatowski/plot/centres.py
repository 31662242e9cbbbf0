"""Where an array on a cyclic grid has its weight."""

from __future__ import annotations

import numpy as np

__all__ = ["cyclic_centre", "cyclic_distance"]

# A mean direction shorter than this is rounding: the weight is spread evenly around the circle.
_NO_DIRECTION = 1e-6


def cyclic_centre(weights: np.ndarray) -> tuple[float, ...]:
    r"""The mean position per axis, in samples, each axis closed to a circle.

    The direction of $\sum_k w_k e^{2\pi i k / N}$; 0 where the weight has no direction.

    Args:
        weights: nonnegative, any number of axes.

    Source: the mean direction of directional statistics.

    >>> import numpy as np
    >>> [round(c, 6) for c in cyclic_centre(np.array([1.0, 0, 0, 0, 0, 1]))]
    [5.5]
    """
    centre = []
    for axis, n in enumerate(weights.shape):
        marginal = weights.sum(axis=tuple(a for a in range(weights.ndim) if a != axis))
        mean = np.sum(marginal * np.exp(2j * np.pi * np.arange(n) / n))
        directed = abs(mean) > _NO_DIRECTION * marginal.sum()
        centre.append(float(np.angle(mean) / (2 * np.pi) * n % n) if directed else 0.0)
    return tuple(centre)


def cyclic_distance(shape: tuple[int, ...], centre: tuple[float, ...]) -> np.ndarray:
    """Euclidean distance of every sample from a position, the short way round, in samples."""
    squares = np.zeros(())
    for axis, (n, c) in enumerate(zip(shape, centre)):
        steps = np.abs(np.arange(n) - c)
        line = np.minimum(steps, n - steps) ** 2
        squares = squares + line.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return np.sqrt(squares)
