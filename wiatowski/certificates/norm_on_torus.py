r"""The norm of a large filter matrix on the whole torus, proved: for layers of networks.

`matrix_on_torus` encloses both ends of the spectrum and keeps every Gram matrix; here only the norm is
wanted, of matrices with hundreds of channels, one batch of frequencies at a time. Up to a phase $\langle x,
\hat H(\omega)y\rangle$ has frequencies up to n = (K-1)/2 per axis, so that for M > 2n points per axis
$\sup\|\hat H\| \le \max_k\|\hat H(k/M)\| / \prod_i\cos(\pi n_i/M_i)$ (Riesz' lemma): 1.0049 per axis for M =
16 (K-1), 1.0197 for M = 8 (K-1). That every Gram matrix lies below a bound is proved by Cholesky
factorisations (`_definite`); only batches that refute the bound found so far are decomposed to raise it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wiatowski.certificates._definite import proved_range, quotient
from wiatowski.certificates._grams import squared
from wiatowski.certificates._rounding import down, gamma, up
from wiatowski.frames.alias_classes import polyphase

__all__ = ["ProvedNorm", "certified_norm"]

_ENTRIES = 2**22  # of all matrices that are looked at together
_LARGE = 64  # from here on half as many points per axis


class ProvedNorm(NamedTuple):
    """lower <= the norm on $\\ell^2(\\mathbb{Z}^d)$ <= upper."""

    lower: float
    upper: float


def certified_norm(taps: np.ndarray, stride: int = 1, groups: int = 1) -> ProvedNorm:
    r"""The norm of a convolution with a stride, every rounding counted.

    In two dimensions the enclosure is 1 % wide, or 4 % where more than 64 channels go in and out; for windows
    of one sample it is as narrow as rounding.

    Args:
        taps: (C_out, C_in / groups, *K), real; taken as they are.
        stride: S.
        groups: of channels; the norm is the largest of theirs.

    Raises:
        ValueError: for taps that are not real and finite.

    Source: `paper_notes.md`, certificates T3 and networks.

    >>> import numpy as np
    >>> norm = certified_norm(np.array([[[3.0]], [[4.0]]]))
    >>> norm.lower <= 5 <= norm.upper, norm.upper - norm.lower < 1e-7
    (True, True)
    """
    taps = np.asarray(taps, np.float64)
    if not np.isfinite(taps).all():
        raise ValueError("certified_norm: the taps hold NaN or infinite numbers.")
    if not taps.any():
        return ProvedNorm(0.0, 0.0)
    rows = _filter_matrices(taps.reshape(groups, -1, *taps.shape[1:]), stride)
    windows = rows.shape[3:]
    per_degree = 8 if rows.shape[2] > _LARGE else 16
    points = tuple(max(1, per_degree * (k - 1)) for k in windows)
    bound, below = 0.0, 0.0  # of the Gram matrices
    for frequencies in _batches(points, math.prod(rows.shape[:3])):
        grams, error = _grams_at(rows, frequencies, points)
        if proved_range(grams, error, 0.0, bound):
            continue
        values = _largest_eigenvalues(grams)
        place = int(values.argmax())
        below = max(below, quotient(grams[place], -1, error)[0])
        bound = max(bound, up(float(values[place]) * (1 + 1e-9)))
        while not proved_range(grams, error, 0.0, bound):
            bound = up(bound * 1.002 + error)
    shrink = 1.0
    for k, m in zip(windows, points):
        angle = up(up(math.pi * (k - 1) / 2 / m))
        shrink = down(shrink * down(down(math.cos(up(angle)))))
    return ProvedNorm(max(0.0, down(math.sqrt(below))), up(up(math.sqrt(bound)) / shrink))


def _filter_matrices(parts: np.ndarray, stride: int) -> np.ndarray:
    """Of every group, with the same norms and no stride: (groups, rows, columns <= rows, *window)."""
    rows = polyphase(parts, stride, parts.ndim - 3)
    # Phases that a window shorter than the stride never meets.
    rows = rows[:, :, rows.any(axis=(0, 1, *range(3, rows.ndim)))]
    return np.swapaxes(rows, 1, 2) if rows.shape[1] < rows.shape[2] else rows


def _batches(points: tuple[int, ...], entries: int) -> Iterator[np.ndarray]:
    """Whole numbers k on half of the torus (the other half is conjugate), (count, d), a few at a time.

    Each batch is spread over the torus, so that the first ones come near the largest norm.
    """
    axes = [np.arange(m) for m in points]
    axes[0] = axes[0][: points[0] // 2 + 1]
    every = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=-1)
    batches = -(-len(every) // max(1, _ENTRIES // entries))
    for first in range(batches):
        yield every[first::batches]


def _grams_at(
    rows: np.ndarray, frequencies: np.ndarray, points: tuple[int, ...]
) -> tuple[np.ndarray, float]:
    """Gram matrices of all groups at k / M, and a bound on the error of each in the spectral norm."""
    out, into, *windows = rows.shape[1:]
    places = np.stack(
        [a.ravel() for a in np.meshgrid(*map(np.arange, windows), indexing="ij")], axis=-1
    )
    # Whole turns drop out exactly; angles are off by 25 u per axis, and K^d products are added.
    turns = sum((np.outer(frequencies[:, i], places[:, i]) % m) / m for i, m in enumerate(points))
    angle = 2 * np.pi * np.asarray(turns)
    phases = np.cos(angle) - 1j * np.sin(angle) if angle.any() else np.ones(angle.shape)
    values = phases @ rows.reshape(-1, len(places)).T
    count = 4 * len(places) + 48 * len(points)
    slack = 2 * gamma(count) * np.abs(rows).sum(axis=tuple(range(3, rows.ndim)))
    row_error = up(float(np.max(np.linalg.norm(slack, axis=(1, 2)))) * (1 + 1e-10))
    return squared(values.reshape(-1, out, into), row_error)


def _largest_eigenvalues(grams: np.ndarray) -> np.ndarray:
    """As floating point finds them, of each matrix; nothing is assumed of them."""
    return np.linalg.eigvalsh(grams)[:, -1]
