"""The displacement that changes a given signal most: pointwise, or by dynamic programming."""

from __future__ import annotations

import numpy as np

import wiatowski as wi

__all__ = ["pointwise", "with_slope"]


def pointwise(f: np.ndarray, amplitude: float, steps: int = 8) -> np.ndarray:
    """At every sample the displacement of at most that length that changes the signal most."""
    d = f.ndim
    lattice = np.linspace(-amplitude, amplitude, 2 * steps + 1 if d == 1 else 5)
    candidates = np.array(np.meshgrid(*[lattice] * d)).reshape(d, -1).T
    candidates = candidates[np.linalg.norm(candidates, axis=1) <= amplitude * (1 + 1e-12)]
    changes = np.stack([change(f, vector) for vector in candidates])
    best = np.argmax(changes, axis=0)
    return np.moveaxis(candidates[best], -1, 0)


def with_slope(f: np.ndarray, amplitude: float, slope: float, levels: int = 33) -> np.ndarray:
    r"""In one dimension the $\tau$ with $|\tau_n| \le T$, $|\tau_n - \tau_{n-1}| \le L$ cyclically that changes f most.

    Dynamic programming over a lattice of displacements, for every value of $\tau_0$ at once; the best
    closed trajectory maximises $\sum_n|f(n - \tau_n) - f(n)|^2$ over the lattice exactly.

    Args:
        f: (N,).
        amplitude: T.
        slope: L.
        levels: size of the lattice, odd.

    Returns:
        (1, N).
    """
    lattice = np.linspace(-amplitude, amplitude, levels)
    reach = int(np.floor(slope / (lattice[1] - lattice[0]) + 1e-9))
    gains = np.stack([change(f, [t]) for t in lattice], axis=1)  # (N, levels)
    # value[s, j]: the best sum from sample 0 at level s to the present sample at level j.
    value = np.where(np.eye(levels, dtype=bool), gains[0], -np.inf)
    choices = []
    for gain in gains[1:]:
        windows = _neighbours(value, reach)
        offset = np.argmax(windows, axis=2)
        choices.append(np.arange(levels) + offset - reach)
        value = np.take_along_axis(windows, offset[..., None], axis=2)[..., 0] + gain
    closed = _neighbours(value, reach)  # from the last sample back to level s
    ends = np.diagonal(closed, axis1=0, axis2=1).T  # (start, window)
    start = int(np.argmax(ends.max(axis=1)))
    level = start + int(np.argmax(ends[start])) - reach
    path = [level]
    for choice in reversed(choices):
        level = int(choice[start, level])
        path.append(level)
    return lattice[path[::-1]][None]


def change(f: np.ndarray, vector) -> np.ndarray:
    """|f(n - t) - f(n)|^2."""
    moved = np.asarray(wi.actions.translate_batch(f[None], np.asarray(vector, float)))[0]
    return np.abs(moved - f) ** 2


def _neighbours(value: np.ndarray, reach: int) -> np.ndarray:
    """Per level the values of levels at most `reach` away: (..., levels, 2 reach + 1)."""
    padded = np.pad(value, ((0, 0), (reach, reach)), constant_values=-np.inf)
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=1)
