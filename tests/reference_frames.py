"""The frames' formulas once more, from other expressions: taps, incomplete beta, matrices.

Each function returns the transforms of the atoms, in order, and of the output atom, in double
precision on the frequencies of a torus of the given shape and spacing.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.optimize import minimize_scalar
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
    return tensor(shape, spacing, scales, low, high)


def shannon(shape, spacing, scales):
    """Indicators of |omega| < 2^-j / 2, half the energy on the edge."""

    def inner(omega, j):
        return np.sqrt((1 + np.sign(np.round(0.5 - 2.0**j * np.abs(omega), 9))) / 2)

    def outer(omega, j):
        return np.sqrt(1 - inner(omega, j) ** 2)

    return tensor(shape, spacing, scales, inner, outer)


def simoncelli(shape, spacing, scales):
    """Raised cosine in the logarithm: h^2 = (1 + cos(pi log2(4 |omega|))) / 2 between 1/4 and 1/2."""

    def inner(omega, j):
        octaves = np.log(np.maximum(4 * 2.0**j * np.abs(omega), 1)) / np.log(2)
        return np.sqrt(np.where(octaves < 1, (1 + np.cos(np.pi * octaves)) / 2, 0))

    def outer(omega, j):
        return np.sqrt(1 - inner(omega, j) ** 2)

    return tensor(shape, spacing, scales, inner, outer)


def tensor(shape, spacing, scales, low, high):
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


def wedges(omega, corona, count, distance):
    """Real wedges of a corona from each frequency's distance to each wedge, in wedges."""
    away = [distance(count, index) for index in range(count)]
    return [made_real(corona * np.cos(np.pi / 2 * rise(d)) * (d < 1)) for d in away]


def square_corona(omega, j):
    return product(low(w, j - 1) for w in omega) * union([high(w, j) for w in omega])


def sheared(shape, spacing, scales, orientations, growth):
    """Shearlets (growth 1/2) and ridgelets (growth 1): windows in the slope of either cone."""
    x, y = omega = plane(shape, spacing)
    flat = np.abs(x) >= np.abs(y)

    def distance(count, index):
        steps = count / 4
        over, under = np.where(flat, y, x), np.where(flat, x, y)
        slope = steps * over / np.where(under == 0, 1, under)
        in_flat = np.minimum(np.abs(slope - index), np.abs(slope - index + count))
        return np.where(flat, in_flat, np.abs(slope - (2 * steps - index)))

    atoms = []
    for j in range(1, scales + 1):
        count = orientations * 2 ** int(np.ceil((scales - j) * growth))
        atoms += wedges(omega, square_corona(omega, j), count, distance)
    return with_residual(atoms, omega, scales)


def with_residual(atoms, omega, scales):
    residual = union([high(w, 0) for w in omega])
    if np.any(residual > 0):
        atoms.append(residual)
    return np.array(atoms), product(low(w, scales) for w in omega)


def shearlets_3d(shape, spacing, scales, orientations):
    """All windows of all pyramids, divided by the root of the sum of their squares."""
    omega = plane(shape, spacing)
    atoms = []
    for j in range(1, scales + 1):
        n = orientations // 4 * 2 ** int(np.ceil((scales - j) / 2))
        windows = []
        for a, b, c in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
            some = np.where(omega[a] == 0, 1, omega[a])
            slopes = [np.where(omega[a] == 0, np.inf, omega[i] / some) for i in (b, c)]
            for steps in itertools.product(range(-n, n + 1), repeat=2):
                away = [np.abs(n * s - k) for s, k in zip(slopes, steps)]
                windows.append(product(np.cos(np.pi / 2 * rise(d)) * (d < 1) for d in away))
        total = np.sqrt(np.maximum(np.sum(np.square(windows), axis=0), 1e-300))
        atoms += [made_real(square_corona(omega, j) * w / total) for w in windows]
    return with_residual(atoms, omega, scales)


def directional(shape, spacing, scales, orientations):
    omega = plane(shape, spacing)
    radius = np.hypot(*omega)
    turns = np.arctan2(omega[1], omega[0]) / np.pi % 1.0

    def distance(count, index):
        away = np.abs(turns * count - index)
        return np.minimum(away, count - away)

    atoms = []
    for j in range(1, scales + 1):
        corona = low(radius, j - 1) * high(radius, j)
        atoms += wedges(omega, corona, orientations, distance)
    return with_residual(atoms, [radius], scales)


def steerable(shape, spacing, scales, orientations):
    """Powers of cosines of the polar angle, normalised numerically."""
    omega = plane(shape, spacing)
    radius = np.hypot(*omega)
    theta = np.arctan2(omega[1], omega[0])
    powers = [
        np.cos(theta - np.pi * k / orientations) ** (orientations - 1) for k in range(orientations)
    ]
    total = np.sqrt(np.sum(np.square(powers), axis=0))

    def squared_low(j):
        octave = np.log2(np.clip(2.0**j * 4 * radius, 1, 2))
        return (1 + np.cos(np.pi * octave)) / 2

    atoms = []
    for j in range(1, scales + 1):
        corona = np.sqrt(np.maximum(squared_low(j - 1) - squared_low(j), 0))
        own = [corona * power / total for power in powers]
        own = [made_real(a) for a in own] if orientations % 2 else own
        atoms += [(-1j) ** (orientations - 1) * a for a in own]
    if np.any(squared_low(0) < 1):
        atoms.append(np.sqrt(1 - squared_low(0)).astype(complex))
    return np.array(atoms), np.sqrt(squared_low(scales))


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


def over_signs(build):
    """A construction of one-sided atoms: on Nyquist bins the root mean square over both signs."""

    def on_grid(shape, spacing, *parameters):
        lines = plane(shape, spacing)
        choices = []
        for omega, n in zip(lines, shape):
            edge = np.isclose(omega, -0.5 / spacing) & (n % 2 == 0)
            choices.append([omega, np.where(edge, -omega, omega)])
        built = [build(omega, *parameters) for omega in itertools.product(*choices)]
        (atoms, output), squares = built[0], sum(np.abs(a) ** 2 for a, _ in built) / len(built)
        at_edge = sum(np.abs(one - other) for one, other in choices) > 0
        atoms = np.where(at_edge, np.sqrt(squares), atoms)
        return with_cut(atoms, shape, spacing), output

    return on_grid


def a_trous(shape, spacing, scales, *masks):
    """Tensor products of masks, functions of frequency, the low one first."""
    omega = plane(shape, spacing)

    def at(j, k, w):
        return masks[k](2.0 ** (j - 1) * w) * product(masks[0](2.0**i * w) for i in range(j - 1))

    band = inside(shape, spacing)
    atoms = [
        band * product(at(j, k, w) for k, w in zip(kinds, omega))
        for j in range(1, scales + 1)
        for kinds in itertools.product(range(len(masks)), repeat=len(shape))
        if any(kinds)
    ]
    output = band * product(at(scales, 0, w) for w in omega)
    if not np.all(band):
        atoms.append(1.0 - band)
    return np.array(atoms), output


def orthogonal(*taps):
    """Low and high mask of the taps of a scaling function, in the order of Daubechies' table."""

    def low(w):
        return sum(h * delay(w, m) for m, h in enumerate(reversed(taps)))

    def high(w):  # The mirror: the low-pass half a turn away, conjugated and moved.
        return -delay(w, len(taps) - 1) * np.conj(low(w + 0.5))

    return low, high


# The tables in closed form, for the sum one.
DAUBECHIES_2 = np.array([1 + 3**0.5, 3 + 3**0.5, 3 - 3**0.5, 1 - 3**0.5]) / 8
COIFLET_1 = (np.array([1, 5, 14, 14, 1, -3]) + np.array([-1, 1, 2, -2, -1, 1]) * 7**0.5) / 32


def delay(w, samples):
    return np.exp(-2j * np.pi * samples * w)


def le_gall():
    """The 5/3 pair: cos^2 (1 + 2 sin^2), and -sin^2 for the mirrored linear spline."""
    return (
        lambda w: np.cos(np.pi * w) ** 2 * (1 + 2 * np.sin(np.pi * w) ** 2) * delay(w, 2),
        lambda w: -(np.sin(np.pi * w) ** 2) * delay(w, 1),
    )


def spline_framelets(m):
    """i^k binom(m, k)^(1/2) sin^k cos^(m-k), delayed by m / 2 samples."""

    def mask(k):
        scale = 1j**k * math.comb(m, k) ** 0.5
        return lambda w: (
            scale * np.sin(np.pi * w) ** k * np.cos(np.pi * w) ** (m - k) * delay(w, m / 2)
        )

    return [mask(k) for k in range(m + 1)]


@over_signs
def morlet_1d(frequencies, scales, voices):
    (omega,) = frequencies
    ratio = 2.0 ** (1 / voices)
    atoms = []
    for i in range(scales * voices):
        xi = 3 / 8 / ratio**i
        sigma = xi * (ratio - 1) / (ratio + 1) / np.sqrt(np.log(2))
        atoms.append(gabor_minus_mean([omega], [xi], np.array([[1 / sigma**2]])))
    return np.array(atoms), np.exp(-(omega**2) / xi**2)


@over_signs
def morlet_2d(omega, scales, orientations):
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
    return np.array(atoms), np.exp(-(width**2) * (omega[0] ** 2 + omega[1] ** 2) / 2)


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


def gabor_line(omega, channels, width=None):
    """Kept windows by channel and the sum of squares of all: 1 (Meyer), or by Poisson's formula."""
    x = channels * omega
    outermost = channels // 2 - 1 if channels % 2 == 0 else (channels - 3) // 2
    kept = range(-outermost, outermost + 1)
    if width is None:
        windows = {
            m: np.sqrt(1 - np.sin(np.pi / 2 * rise(np.abs(x - m))) ** 2) * (np.abs(x - m) < 1)
            for m in kept
        }
        return windows, np.ones_like(x)
    harmonics = sum(
        np.exp(-((np.pi * width * k) ** 2)) * np.cos(2 * np.pi * k * x) for k in range(-9, 10)
    )
    return {m: np.exp(-((x - m) ** 2) / (2 * width**2)) for m in kept}, width * np.sqrt(
        np.pi
    ) * harmonics


def gabor(shape, spacing, channels, width=None):
    """Products of windows; the residual is the difference of the whole sum and the kept one."""
    lines = [gabor_line(w, channels, width) for w in plane(shape, spacing)]
    atoms = [
        product(windows[m] for (windows, _), m in zip(lines, ms))
        for ms in itertools.product(lines[0][0], repeat=len(shape))
        if any(ms)
    ]
    whole = product(total for _, total in lines)
    kept = product(sum(np.square(list(windows.values()))) for windows, _ in lines)
    residual = np.sqrt(np.maximum(whole - kept, 0))
    if np.any(residual > 1e-7) or width is not None:
        atoms.append(residual)
    return np.array(atoms), product(windows[0] for windows, _ in lines)


@over_signs
def log_gabor(omega, scales, voices, orientations, bandwidth=0.6, angular_width=0.6):
    """Natural logarithms and complex numbers instead of octaves and rotated axes."""
    radius = omega[0] if len(omega) == 1 else np.hypot(*omega)
    deviation = bandwidth * np.log(2) / voices
    atoms = []
    for i in range(scales * voices):
        xi = 3 / 8 * 2.0 ** (-i / voices)
        ratio = np.where(radius > 0, radius, 1e-300) / xi
        radial = np.exp(-(np.log(ratio) ** 2) / (2 * deviation**2))
        if len(omega) == 1:
            atoms.append(radial)
            continue
        for k in range(orientations):
            turned = (omega[0] + 1j * omega[1]) * np.exp(-1j * np.pi * k / orientations)
            away = np.angle(turned) / (np.pi / orientations)
            atoms.append(radial * np.exp(-(away**2) / (2 * angular_width**2)))
    return np.array(atoms), np.exp(-(radius**2) / xi**2)


@over_signs
def gammatone(frequencies, scales, voices, order):
    """Transform of t^(n-1) exp(-2 pi (b - i xi) t), differentiated, over its largest sample."""
    (omega,) = frequencies
    ratio = 2.0 ** (-1 / voices)
    atoms = []
    for i in range(scales * voices):
        xi = 3 / 8 * ratio**i
        b = xi * (1 - ratio) / (1 + ratio) / np.sqrt(2.0 ** (1 / order) - 1)

        def modulus(w, xi=xi, b=b):
            return w / np.hypot(b, w - xi) ** order

        peak = minimize_scalar(lambda w: -modulus(w), (xi / 2, xi, 2 * xi), tol=1e-12).x
        atoms.append(omega / (b + 1j * (omega - xi)) ** order / modulus(peak))
    return np.array(atoms), np.exp(-(omega**2) / xi**2)
