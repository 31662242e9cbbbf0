"""The frames' formulas once more, from other expressions: taps, incomplete beta, matrices.

Each function returns the transforms of the atoms, in order, and of the output atom, in double
precision on the frequencies of a torus of the given shape and spacing.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.special import betainc


def line(n: int, spacing: float) -> np.ndarray:
    """Frequencies k / (N spacing), k = 0, 1, ..., wrapped to the centred ones; -1/2 at Nyquist."""
    k = np.arange(n)
    return np.where(2 * k >= n, k - n, k) / (n * spacing)


def plane(shape, spacing):
    return np.meshgrid(*(line(n, spacing) for n in shape), indexing="ij")


def rise(t):
    """140 times the integral of s^3 (1 - s)^3 from 0 to t: the regularised incomplete beta."""
    return betainc(4, 4, np.clip(t, 0, 1))


def low(omega, j: int):
    """Amplitude h(2^j omega): 1 up to 2^-j / 3, 0 from 2^-j / 2."""
    return np.cos(np.pi / 2 * rise((2.0**j * np.abs(omega) - 1 / 3) * 6)) * (
        2.0**j * np.abs(omega) < 1 / 2
    )


def high(omega, j: int):
    """Amplitude of the complement, (1 - h^2)^(1/2)."""
    return np.sin(np.pi / 2 * rise((2.0**j * np.abs(omega) - 1 / 3) * 6))


def product(parts):
    total = 1.0
    for part in parts:
        total = total * part
    return total


def union(parts):
    """(1 - prod (1 - p^2))^(1/2) of amplitudes p, without cancellation."""
    covered = 0.0
    for part in parts:
        covered = covered + (1 - covered) * part**2
    return np.sqrt(covered)


def meyer(shape, spacing, scales):
    omega = plane(shape, spacing)
    atoms = []
    for j in range(1, scales + 1):
        for kinds in itertools.product((0, 1), repeat=len(shape)):
            if any(kinds):
                atoms.append(
                    product(
                        low(w, j - 1) * high(w, j) if kind else low(w, j)
                        for kind, w in zip(kinds, omega)
                    )
                )
    residual = union([high(w, 0) for w in omega])
    if np.any(residual > 0):
        atoms.append(residual)
    return np.array(atoms), product(low(w, scales) for w in omega)


def curvelets(shape, spacing, scales, orientations):
    omega = plane(shape, spacing)
    angle = np.arctan2(omega[1], omega[0]) / np.pi % 1.0  # half turns
    atoms = []
    for j in range(1, scales + 1):
        count = orientations * 2 ** int(np.ceil((scales - j) / 2))
        corona = product(low(w, j - 1) for w in omega) * union([high(w, j) for w in omega])
        for index in range(count):
            away = np.abs(angle * count - index)
            away = np.minimum(away, count - away)
            wedge = np.cos(np.pi / 2 * rise(away)) * (away < 1) if count > 1 else 1.0
            atoms.append(made_real(corona * wedge))
    residual = union([high(w, 0) for w in omega])
    if np.any(residual > 0):
        atoms.append(residual)
    return np.array(atoms), product(low(w, scales) for w in omega)


def made_real(amplitude):
    """The root of the mean of the squares at k and -k mod N."""
    mirrored = amplitude[tuple(np.ix_(*(-np.arange(n) % n for n in amplitude.shape)))]
    return np.sqrt((amplitude**2 + mirrored**2) / 2)


def transform_of_taps(taps, shape, spacing):
    """Sum over positions m of taps[m] exp(-2 pi i <m, omega>), zero beyond half a cycle."""
    omega = plane(shape, spacing)
    total = np.zeros(shape, dtype=complex)
    for position in np.ndindex(taps.shape):
        total += taps[position] * np.exp(-2j * np.pi * sum(m * w for m, w in zip(position, omega)))
    return total * inside(shape, spacing)


def inside(shape, spacing):
    return product(np.abs(w) <= 0.5 + 1e-9 for w in plane(shape, spacing))


def haar(shape, spacing, scales):
    """Taps 2^-j (1, ..., 1) and 2^-j (1, ..., 1, -1, ..., -1) of length 2^j."""
    atoms = []
    for j in range(1, scales + 1):
        mean = np.full(2**j, 2.0**-j)
        step = mean * np.repeat([1, -1], 2 ** (j - 1))
        for kinds in itertools.product((mean, step), repeat=len(shape)):
            if any(kind is step for kind in kinds):
                taps = product(np.ix_(*kinds))
                atoms.append(transform_of_taps(taps, shape, spacing))
    outside = 1 - inside(shape, spacing)
    if np.any(outside):
        atoms.append(outside.astype(complex))
    output = transform_of_taps(product(np.ix_(*[mean] * len(shape))), shape, spacing)
    return np.array(atoms), output


def morlet_1d(shape, spacing, scales, voices):
    (omega,) = plane(shape, spacing)
    ratio = 2.0 ** (1 / voices)
    atoms = []
    for i in range(scales * voices):
        xi = 3 / 8 / ratio**i
        sigma = xi * (ratio - 1) / (ratio + 1) / np.sqrt(np.log(2))
        atoms.append(gabor_minus_mean([omega], [xi], np.array([[1 / sigma**2]])))
    output = np.exp(-(omega**2) / xi**2)
    return with_cut(atoms, shape, spacing), output


def morlet_2d(shape, spacing, scales, orientations):
    omega = plane(shape, spacing)
    atoms = []
    for j in range(scales):
        width = 2 * np.pi * 0.8 * 2**j
        for k in range(orientations):
            c, s = np.cos(np.pi * k / orientations), np.sin(np.pi * k / orientations)
            turn = np.array([[c, s], [-s, c]])  # rows: along, across
            shape_matrix = np.diag([width**2, (width * orientations / 4) ** 2])
            atoms.append(
                gabor_minus_mean(omega, 3 / 8 * 2.0**-j * turn[0], turn.T @ shape_matrix @ turn)
            )
    output = np.exp(-(width**2) * (omega[0] ** 2 + omega[1] ** 2) / 2)
    return with_cut(atoms, shape, spacing), output


def gabor_minus_mean(omega, xi, matrix):
    """exp(-q(omega - xi)/2) - exp(-q(xi)/2) exp(-q(omega)/2)."""

    def bump(*v):
        return np.exp(-sum(matrix[a, b] * v[a] * v[b] for a, b in np.ndindex(matrix.shape)) / 2)

    return bump(*(w - x for w, x in zip(omega, xi))) - bump(*xi) * bump(*omega)


def with_cut(atoms, shape, spacing):
    """The residual takes over between 1/2 and 3/4 of a cycle per unit length."""
    ramps = [rise((np.abs(w) - 1 / 2) * 4) for w in plane(shape, spacing)]
    residual = union([np.sin(np.pi / 2 * ramp) for ramp in ramps])
    return np.array([*atoms, residual] if np.any(residual > 0) else atoms)
