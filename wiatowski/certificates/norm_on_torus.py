r"""The norm of a large filter matrix on the whole torus, proved: for layers of networks.

`matrix_on_torus` encloses both ends of the spectrum and keeps every Gram matrix; here only the norm is
wanted, of matrices with hundreds of channels, one batch of frequencies at a time. Up to a phase $\langle x,
\hat H(\omega)y\rangle$ has frequencies up to n = (K-1)/2 per axis, so that for M > 2n points per axis
$\sup\|\hat H\| \le \max_k\|\hat H(k/M)\| / \prod_i\cos(\pi n_i/M_i)$ (Riesz' lemma); that every Gram matrix lies
below a bound is proved by Cholesky factorisations (`_definite`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wiatowski.certificates._definite import proved_range
from wiatowski.certificates._grams import squared
from wiatowski.certificates._rounding import down, gamma, up
from wiatowski.frames.alias_classes import polyphase

__all__ = ["ProvedNorm", "certified_norm"]

_ENTRIES = 2**22
_POINTS = 16  # per degree of the Gram matrix, K - 1, and axis


class ProvedNorm(NamedTuple):
    """lower <= the norm on $\\ell^2(\\mathbb{Z}^d)$ <= upper."""

    lower: float
    upper: float


def certified_norm(taps: np.ndarray, stride: int = 1, groups: int = 1) -> ProvedNorm:
    r"""The norm of a convolution with a stride, every rounding counted.

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
    parts = taps.reshape(groups, -1, *taps.shape[1:])
    found = [_group_norm(part, stride) for part in parts]
    return ProvedNorm(max(norm.lower for norm in found), max(norm.upper for norm in found))


def _group_norm(taps: np.ndarray, stride: int) -> ProvedNorm:
    rows = polyphase(taps, stride, taps.ndim - 2)
    if rows.shape[0] < rows.shape[1]:
        rows = np.swapaxes(rows, 0, 1)  # transposed: the same norms
    windows = rows.shape[2:]
    points = tuple(max(1, _POINTS * (k - 1)) for k in windows)
    batches = list(_batches(points, math.prod(rows.shape[:2])))
    highest, below = 0.0, 0.0
    for frequencies in batches:
        grams, error = _grams_at(rows, frequencies, points)
        value, n = _largest_from_below(grams), grams.shape[1]
        slack = 4 * gamma(8 * n + 16) * n * float(np.max(np.abs(grams))) + error
        highest, below = max(highest, value), max(below, down(value - slack))
    bound = up(highest * (1 + 1e-9))
    for frequencies in batches:
        grams, error = _grams_at(rows, frequencies, points)
        while not proved_range(grams, error, 0.0, bound):
            bound = up(bound * 1.002 + error)
    shrink = 1.0
    for k, m in zip(windows, points):
        angle = up(up(math.pi * (k - 1) / 2 / m))
        shrink = down(shrink * down(down(math.cos(up(angle)))))
    return ProvedNorm(max(0.0, down(math.sqrt(below))), up(up(math.sqrt(bound)) / shrink))


def _batches(points: tuple[int, ...], entries: int) -> Iterator[np.ndarray]:
    """Whole numbers k on half of the torus (the other half is conjugate), (count, d), a few at a time."""
    axes = [np.arange(m) for m in points]
    axes[0] = axes[0][: points[0] // 2 + 1]
    every = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=-1)
    count = max(1, _ENTRIES // entries)
    for first in range(0, len(every), count):
        yield every[first : first + count]


def _grams_at(
    rows: np.ndarray, frequencies: np.ndarray, points: tuple[int, ...]
) -> tuple[np.ndarray, float]:
    """Gram matrices at k / M, and a bound on the error of each in the spectral norm."""
    places = np.stack(
        [a.ravel() for a in np.meshgrid(*map(np.arange, rows.shape[2:]), indexing="ij")], axis=-1
    )
    # Whole turns drop out exactly; angles are off by 25 u per axis, and K^d products are added.
    turns = sum((np.outer(frequencies[:, i], places[:, i]) % m) / m for i, m in enumerate(points))
    angle = 2 * np.pi * np.asarray(turns)
    phases = np.cos(angle) - 1j * np.sin(angle)
    flat = rows.reshape(-1, len(places))
    values = np.moveaxis((flat @ phases.T).reshape(*rows.shape[:2], -1), -1, 0)
    count = 4 * len(places) + 48 * len(points)
    slack = 2 * gamma(count) * np.abs(rows).sum(axis=tuple(range(2, rows.ndim)))
    return squared(values, up(float(np.linalg.norm(slack)) * (1 + 1e-10)))


def _largest_from_below(grams: np.ndarray, steps: int = 24) -> float:
    """The largest Rayleigh quotient that a power iteration finds."""
    vectors = np.ones((*grams.shape[:2], 1), grams.dtype)
    vectors += 0.1 * np.sin(np.arange(grams.shape[1]))[:, None]
    quotient = np.zeros(len(grams))
    for _ in range(steps):
        images = grams @ vectors
        sizes = np.linalg.norm(vectors, axis=1, keepdims=True)
        safe = np.where(sizes > 0, sizes, 1)
        quotient = np.real(np.sum(np.conj(vectors) * images, axis=(1, 2)) / safe[:, 0, 0] ** 2)
        lengths = np.linalg.norm(images, axis=1, keepdims=True)
        vectors = images / np.where(lengths > 0, lengths, 1)
    return float(np.max(quotient))
