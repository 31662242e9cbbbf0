"""Values of finite filters at equispaced frequencies, with a bound on their rounding."""

from __future__ import annotations

import numpy as np

from wiatowski.certificates._rounding import gamma, up


def sampling_slack(taps: np.ndarray) -> float:
    r"""Bound on the error of `transform`: $2\gamma_n\|r\|_1$, n a count of the roundings on the way.

    Per axis of K terms: angles off by 25 u, cosines and sines within 4 units in the last place,
    complex products, K additions; and the rounding of the taps themselves.
    """
    n = sum(4 * k + 24 for k in np.shape(taps))
    return up(2 * gamma(n) * float(np.abs(taps).sum()))


def transform(taps: np.ndarray, points: tuple[int, ...], origin=None, first=None) -> np.ndarray:
    r"""$\sum_m r[m] e^{-2\pi i\langle m, k/M\rangle}$ at all k, one matrix product per axis.

    `origin` is the index of lag zero; with `first`, only k = 0, ..., first - 1 on the first axis.
    Axes before the last ones stay as they are.

    Matrix products, not an FFT: their error has a bound without unknown constants.
    """
    origin = (0,) * len(points) if origin is None else origin
    values = np.asarray(taps).astype(complex)
    for i, (m, start) in enumerate(zip(points, origin, strict=True)):
        axis = i - len(points)
        lags = np.arange(values.shape[axis]) - start
        k = np.arange(m if i or first is None else first)
        turns = np.outer(k, lags) % m  # reduced as integers: exact
        angle = 2 * np.pi * turns / m
        kernel = np.cos(angle) - 1j * np.sin(angle)
        values = np.moveaxis(np.moveaxis(values, axis, -1) @ kernel.T, -1, axis)
    return values


def transform_at(taps, frequency: tuple[float, ...], origin=None) -> np.ndarray:
    r"""$\sum_m r[m] e^{-2\pi i\langle m, \omega\rangle}$ over the trailing axes at one frequency."""
    values = np.asarray(taps)
    origin = (0,) * len(frequency) if origin is None else origin
    for w, start in reversed(list(zip(frequency, origin, strict=True))):
        values = values @ np.exp(-2j * np.pi * w * (np.arange(values.shape[-1]) - start))
    return values


def frequency_at(
    index: int, shape: tuple[int, ...], points: tuple[int, ...], spacing: float = 1.0
) -> tuple[float, ...]:
    """Centred frequency of a flat index into `shape`, the leading part of `points` per axis."""
    place = np.unravel_index(index, shape)
    return tuple(float(np.fft.fftfreq(m, spacing)[i]) for m, i in zip(points, place, strict=True))
