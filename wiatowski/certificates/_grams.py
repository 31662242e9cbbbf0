r"""Gram matrices of matrix-valued filters per frequency, in double precision, with a bound on their error.

Rows of $X$ are the coefficients that one class of frequencies gives, columns its frequencies (or
polyphase components) and input channels; $G = X^* X$ is off by at most $\gamma_{4 m + 8} \|X\|_F^2$ for m
rows, in the spectral norm, besides what the error of X itself contributes.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from wiatowski._fourier import reflected
from wiatowski.certificates._rounding import gamma, up
from wiatowski.certificates._sampling import sampling_slack, transform
from wiatowski.frames import MatrixBank


def bank_grams(bank: MatrixBank, real: bool) -> tuple[np.ndarray, float]:
    """One matrix per alias class of the bank's grid: (classes, C_in S^d, C_in S^d)."""
    atoms = np.asarray(bank.atoms_hat).astype(np.complex128)
    chi = np.asarray(bank.output_atom_hat).astype(np.complex128)
    grams, error = _alias_grams(atoms, chi, bank.stride)
    if real and not bank.real:
        # Real signals see the mean of the bank and its complex conjugate, whose transform is
        # conj(g^(-omega)).
        ndim = bank.grid.ndim
        other, more = _alias_grams(
            np.conj(reflected(atoms, ndim)), np.conj(reflected(chi, ndim)), bank.stride
        )
        grams, error = (grams + other) / 2, up((error + more) / 2 + 1e-15 * _size(grams, other))
    return grams, error


def taps_grams(
    taps: np.ndarray, output_taps: np.ndarray, stride: int, points: tuple[int, ...]
) -> tuple[np.ndarray, float]:
    """One matrix per point k / M of the torus of the strided operator: (points, C_in S^d, C_in S^d).

    For real taps only half of the torus, the first axis up to M / 2: the other matrices are complex
    conjugates.

    The polyphase matrix of stride S is an ordinary filter matrix of S^d times as many inputs; the
    output atom, which keeps every sample, is S^d filters that are shifts of each other.
    """
    first = sampled_shape(taps, output_taps, points)[0]
    if stride == 1:  # the output atom adds |chi|^2 to every eigenvalue
        rows = taps
        chi = transform(output_taps, points, first=first).ravel()
        own = sampling_slack(output_taps)
        added = np.abs(chi) ** 2
        more = up(2 * own * float(np.abs(chi).max()) + own**2 + 1e-15 * float(added.max()))
    else:
        rows, added, more = polyphase(taps, output_taps, stride), np.zeros(1), 0.0
    values = transform(rows, points, first=first)
    values = np.moveaxis(values, (0, 1), (-2, -1)).reshape(-1, *rows.shape[:2])
    squares = sum(sampling_slack(filter_taps) ** 2 for row in rows for filter_taps in row)
    grams, error = squared(values, math.sqrt(squares) * (1 + 1e-10))
    index = np.arange(grams.shape[1])
    grams[:, index, index] += added[:, None]
    return grams, up(error + more + 2.0**-51 * float(np.max(np.abs(grams[:, index, index]))))


def sampled_shape(taps, output_taps, points: tuple[int, ...]) -> tuple[int, ...]:
    """How many of the points are looked at per axis."""
    real = not (np.iscomplexobj(taps) or np.iscomplexobj(output_taps))
    return (points[0] // 2 + 1, *points[1:]) if real else points


def polyphase(taps: np.ndarray, output_taps: np.ndarray, stride: int) -> np.ndarray:
    """Taps of an unstrided filter matrix with the same singular values: (rows, C_in S^d, *window)."""
    out, into, ndim = *taps.shape[:2], taps.ndim - 2
    phases = list(itertools.product(range(stride), repeat=ndim))
    extended = tuple(
        max(a, b + stride - 1) for a, b in zip(taps.shape[2:], output_taps.shape, strict=True)
    )
    window = tuple(-(-n // stride) for n in extended)
    filters = np.zeros((out + into * len(phases), into, *(stride * n for n in window)), complex)
    filters[(slice(out), slice(None), *(slice(n) for n in taps.shape[2:]))] = taps
    row = out
    for phase in phases:
        place = tuple(slice(p, p + n) for p, n in zip(phase, output_taps.shape))
        for channel in range(into):
            filters[(row, channel, *place)] = output_taps
            row += 1
    parts = [
        filters[(slice(None), slice(None), *(slice(p, None, stride) for p in phase))]
        for phase in phases
    ]
    return np.concatenate(parts, axis=1)


def _alias_grams(atoms, chi, stride: int) -> tuple[np.ndarray, float]:
    ndim = chi.ndim
    rows = _classes(atoms, stride, ndim) / stride ** (ndim / 2)  # (classes, out, in, members)
    count, out, into, members = rows.shape
    grams, error = squared(rows.reshape(count, out, into * members), 0.0)
    weights = np.abs(_classes(chi, stride, ndim)) ** 2  # (classes, members)
    index = np.arange(into * members)
    grams[:, index, index] += np.tile(weights, (1, into))
    # The division by the root of S^d and the added squares: a few roundings of each entry.
    return grams, up(error + 8 * 2.0**-52 * (_size(grams) + float(weights.max(initial=0.0))))


def _classes(values: np.ndarray, stride: int, ndim: int) -> np.ndarray:
    """Frequencies grouped by what decimation folds together: (classes, ..., members)."""
    lead = values.shape[: values.ndim - ndim]
    split = [part for n in values.shape[values.ndim - ndim :] for part in (stride, n // stride)]
    values = values.reshape(*lead, *split)
    first = len(lead)
    members = [first + 2 * i for i in range(ndim)]
    classes = [first + 2 * i + 1 for i in range(ndim)]
    values = values.transpose(*classes, *range(first), *members)
    return values.reshape(-1, *lead, stride**ndim)


def squared(rows: np.ndarray, row_error: float) -> tuple[np.ndarray, float]:
    """X* X for every matrix of a stack, `row_error` bounding the Frobenius error of each."""
    rows = np.ascontiguousarray(rows)
    grams = np.conj(np.swapaxes(rows, 1, 2)) @ rows
    grams = (grams + np.conj(np.swapaxes(grams, 1, 2))) / 2
    largest = math.sqrt(float(np.max(np.sum(np.abs(rows) ** 2, axis=(1, 2))))) * (1 + 1e-10)
    error = gamma(4 * rows.shape[1] + 12) * largest**2 + 2 * largest * row_error + row_error**2
    return grams, up(error)


def _size(*grams: np.ndarray) -> float:
    """Bound on the Frobenius norm of any matrix."""
    return max(
        math.sqrt(float(np.max(np.sum(np.abs(g) ** 2, axis=(1, 2))))) * (1 + 1e-10) for g in grams
    )
