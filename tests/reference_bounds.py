r"""Every right-hand side once more, from its mathematical statement.

Plain numbers and arrays in, numbers out; nothing of the package is imported. Integrals are integrals
(`mpmath.quad` in 30 digits), suprema over bins are loops, counts are counted, programs are solved,
operators are matrices. Frequencies are centred, $-N/2 \le k < N/2$; norms are Euclidean on samples.
Bounds of networks are in `reference_network_bounds`.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import mpmath
import numpy as np

mp: Any = mpmath.mp.clone()
mp.dps = 30


# Integrals of one variable.


def stretch(kappa):
    r"""$\int_0^1 (1 - s\kappa)^{-1/2} ds$."""
    return mp.quad(lambda s: 1 / mp.sqrt(1 - s * mp.mpf(kappa)), [0, 1])


def contraction(kappa):
    r"""$\int_0^1 (1 - s\kappa)^{-1} ds$."""
    return mp.quad(lambda s: 1 / (1 - s * mp.mpf(kappa)), [0, 1])


def expansion(slope, ndim):
    r"""$\int_0^1 (1 - s\rho)^{-d/2} ds$."""
    return mp.quad(lambda s: (1 - s * mp.mpf(slope)) ** (-mp.mpf(ndim) / 2), [0, 1])


def sieve(slope, bandwidths):
    r"""$\int_0^1 \prod_i (2R_i + 1/(1 - sL))^{1/2} ds$."""
    widths = [mp.mpf(float(w)) for w in np.atleast_1d(bandwidths)]

    def integrand(s):
        return mp.fprod(mp.sqrt(2 * w + 1 / (1 - s * mp.mpf(slope))) for w in widths)

    return mp.quad(integrand, [0, 1])


def decay_integral(ndim):
    r"""$(\int_{\mathbb R^d}(1 + |x|^2)^{-d} dx)^{1/2}$ in polar coordinates."""
    sphere = {1: 2, 2: 2 * mp.pi, 3: 4 * mp.pi}[ndim]
    radial = mp.quad(lambda r: r ** (ndim - 1) * (1 + r * r) ** (-ndim), [0, 1, mp.inf])
    return mp.sqrt(sphere * radial)


def deformation_constant():
    r"""$2\pi\sup_{\kappa\le1/2}c(\kappa)$; c increases."""
    return 2 * mp.pi * stretch(0.5)


def schur_kernel(x):
    r"""$\eta = \int\hat\eta(\xi)e^{2\pi ix\xi}d\xi$, $\hat\eta$ 1 up to 1, then $\cos^2\frac\pi2(|\xi|-1)$ up to 2."""
    taper = mp.quad(lambda w: mp.cospi((w - 1) / 2) ** 2 * mp.cospi(2 * x * w), [1, 2])
    return 2 * (mp.quad(lambda w: mp.cospi(2 * x * w), [0, 1]) + taper)


def schur_kernel_closed(x):
    r"""$\eta(x) = \frac{\sin3\pi x\cos\pi x}{\pi x(1-4x^2)}$, its removable singularities removed."""
    half = mp.mpf(1) / 2
    return 3 * mp.pi / 4 * mp.sincpi(3 * x) * (mp.sincpi(x + half) + mp.sincpi(x - half))


@functools.cache
def schur_constant(reach: int = 40):
    r"""Two numbers that enclose $\sqrt{2\ln2}\max\{\|\eta'\|_1, 2\pi\|\eta\|_1\}$.

    $\|\eta\|_1$ is a sum of integrals between the zeros, $\|\eta'\|_1$ the sum of rises and falls between
    the turning points. Beyond `reach` (40 at least) $|\eta| \le h$, $h = 1/(\pi x(4x^2-1))$, and $|\eta'| \le
    3\pi h + |h'| \le 3.1\pi h$; h has the integral $-\ln(1 - 1/4X^2)/2\pi$ from X on.
    """
    eta = schur_kernel_closed
    zeros = {mp.mpf(k) / 3 for k in range(3 * reach + 1)}
    zeros |= {k + mp.mpf(1) / 2 for k in range(1, reach)}
    with mp.workdps(15):
        pieces = itertools.pairwise(sorted(zeros))
        size = 2 * sum(abs(mp.quad(eta, piece)) for piece in pieces)
        points = [mp.mpf(k) / 64 for k in range(64 * reach + 1)]
        values = [eta(x) for x in points]
        peaks = [
            mp.findroot(lambda x: mp.diff(eta, x), points[i], tol=1e-12)
            for i in range(1, len(points) - 1)
            if (values[i] - values[i - 1]) * (values[i + 1] - values[i]) < 0
        ]
        turns = [eta(mp.mpf(0)), *(eta(x) for x in peaks), eta(mp.mpf(reach))]
        variation = 2 * sum(abs(a - b) for a, b in itertools.pairwise(turns))
        tail = -mp.log(1 - mp.mpf(1) / (2 * reach) ** 2) / mp.pi
        column = mp.sqrt(contraction(0.5))
        lower = column * max(variation, 2 * mp.pi * size)
        upper = column * max(variation + mp.mpf("3.1") * mp.pi * tail, 2 * mp.pi * (size + tail))
    return lower, upper


# Deformations of band-limited signals, ||f|| = 1.


def deformation_torus(bandwidth, tau_sup, omega_sup, jacobian_sup, ndim):
    r"""$2\pi(c(\kappa)R\|\tau\|_\infty + \|\omega\|_\infty)$, $\kappa = d\|D\tau\|_\infty$."""
    factor = stretch(ndim * jacobian_sup)
    return 2 * mp.pi * (factor * mp.mpf(bandwidth) * mp.mpf(tau_sup) + mp.mpf(omega_sup))


def deformation_expansion(bandwidth, tau_sup, omega_sup, slope, ndim):
    r"""The same with $\int_0^1(1 - s\rho)^{-d/2}ds$."""
    factor = expansion(slope, ndim)
    return 2 * mp.pi * (factor * mp.mpf(bandwidth) * mp.mpf(tau_sup) + mp.mpf(omega_sup))


def deformation_sieve(bandwidths, tau_sup, omega_sup, slope):
    r"""The same with the sieve's factor; $R^2 = \sum_i R_i^2$."""
    radius = mp.sqrt(sum(mp.mpf(float(w)) ** 2 for w in np.atleast_1d(bandwidths)))
    factor = sieve(slope, bandwidths)
    return 2 * mp.pi * (radius * mp.mpf(tau_sup) * factor + mp.mpf(omega_sup))


def most_whole_numbers(length, closed):
    """The largest number of n with y < n <= y + length over y; of y <= n <= y + length if `closed`.

    Most lie in an interval that starts at a whole number or, half open, just below one: then n counts
    while it is less than the length.
    """
    length, count = mp.mpf(length), 0
    while count < length or (closed and count == length):
        count += 1
    return count


def deformation_line(bandwidth, tau_sup, omega_sup, monotone=True, samples=False):
    r"""$2\pi(R(T m)^{1/2} + \|\omega\|_\infty)$: every point is crossed from an interval of length m.

    For samples m is the number of samples in such an interval, half open.
    """
    length = mp.mpf(tau_sup) if monotone else mp.mpf(tau_sup) + mp.mpf(tau_sup)
    crossed = most_whole_numbers(length, closed=False) if samples else length
    reach = mp.mpf(bandwidth) * mp.sqrt(mp.mpf(tau_sup) * crossed)
    return 2 * mp.pi * (reach + mp.mpf(omega_sup))


def deformation_schur(bandwidth, tau_sup, omega_sup, constant):
    r"""$C_\eta(R\|\tau\|_\infty + \|\omega\|_\infty)$."""
    return mp.mpf(constant) * (mp.mpf(bandwidth) * mp.mpf(tau_sup) + mp.mpf(omega_sup))


def deformation_rough_torus(bandwidth, tau_sup, omega_sup, ndim):
    r"""$2\pi RT(1 + 8\pi RT)^{d/2} + 2\pi\|\omega\|_\infty$."""
    reach = mp.mpf(bandwidth) * mp.mpf(tau_sup)
    growth = mp.fprod(mp.sqrt(1 + 8 * mp.pi * reach) for _ in range(ndim))
    return 2 * mp.pi * reach * growth + 2 * mp.pi * mp.mpf(omega_sup)


def deformation_rough(bandwidth, tau_sup, omega_sup, ndim):
    r"""$2\pi RT(1 + 4\pi R\mu)^{d/2} + 2\pi\|\omega\|_\infty$, $\mu$ samples at most in [y - T, y + T]."""
    inside = most_whole_numbers(mp.mpf(tau_sup) + mp.mpf(tau_sup), closed=True)
    growth = mp.fprod(mp.sqrt(1 + 4 * mp.pi * mp.mpf(bandwidth) * inside) for _ in range(ndim))
    reach = mp.mpf(bandwidth) * mp.mpf(tau_sup)
    return 2 * mp.pi * reach * growth + 2 * mp.pi * mp.mpf(omega_sup)


def deformation_operator_norm(tau, band, omega):
    r"""$\sigma_{\max}(E_{\tau,\omega} - E_0)/N^{d/2}$ of the explicit matrix."""
    return np.linalg.svd(deformation_matrix(tau, band, omega), compute_uv=False)[0]


def deformation_matrix(tau, band, omega):
    """A row per sample n: exp(2 pi i (omega_n + <k, (n - tau_n) / N>)) - exp(2 pi i <k, n / N>)."""
    shape = tau.shape[1:]
    modes = list(itertools.product(range(-band, band + 1), repeat=len(shape)))
    matrix = np.empty((int(np.prod(shape)), len(modes)), complex)
    for row, n in enumerate(np.ndindex(shape)):
        for column, k in enumerate(modes):
            still = sum(k_i * n_i / size for k_i, n_i, size in zip(k, n, shape))
            moved = sum(
                k_i * (n_i - t_i) / size for k_i, n_i, t_i, size in zip(k, n, tau[:, *n], shape)
            )
            matrix[row, column] = np.exp(2j * np.pi * (moved + omega[n]))
            matrix[row, column] -= np.exp(2j * np.pi * still)
    return matrix / np.sqrt(len(matrix))


def deformation_sobolev(tau_sup, jacobian_sup, ndim, seminorm, order=1.0):
    r"""$m_0^{1-s}(2\pi c(\kappa)\|\tau\|_\infty)^s\||\omega|^s\hat f\|$, $m_0 = 1 + (1-\kappa)^{-1/2}$."""
    kappa, s = mp.mpf(ndim * jacobian_sup), mp.mpf(order)
    linear = 2 * mp.pi * stretch(kappa) * mp.mpf(tau_sup)
    crude = 1 + (1 - kappa) ** mp.mpf("-0.5")
    return crude ** (1 - s) * linear**s * mp.mpf(seminorm)


def almost_band_limited(bandwidth, tau_sup, jacobian_sup, ndim, outside):
    r"""$2\pi c(\kappa)R\|\tau\|_\infty(1-\epsilon^2)^{1/2} + (1 + (1-\kappa)^{-1/2})\epsilon$."""
    kappa, share = mp.mpf(ndim * jacobian_sup), mp.mpf(outside)
    linear = 2 * mp.pi * stretch(kappa) * mp.mpf(bandwidth) * mp.mpf(tau_sup)
    return linear * mp.sqrt(1 - share**2) + (1 + (1 - kappa) ** mp.mpf("-0.5")) * share


# Functions that are not band-limited.


def lipschitz_class(constant, tau_sup, support):
    r"""The root of $\int_{\Omega}(C\|\tau\|_\infty)^2$."""
    return mp.sqrt((mp.mpf(constant) * mp.mpf(tau_sup)) ** 2 * mp.mpf(support))


def cartoon(constant, tau_sup, perimeter, ndim, jacobian_sup):
    r"""$2c(\kappa)K\iota_dT + K(\lambda(\kappa)T\,\mathrm{Per}(B))^{1/2}$, $\lambda = 1$ in one dimension."""
    kappa, bound = ndim * jacobian_sup, mp.mpf(constant)
    smooth = 2 * stretch(kappa) * bound * decay_integral(ndim) * mp.mpf(tau_sup)
    crossing = contraction(kappa) if ndim > 1 else mp.mpf(1)
    return smooth + bound * mp.sqrt(crossing * mp.mpf(tau_sup) * mp.mpf(perimeter))


def cartoon_samples(constant, count, tau_sup, jumps=2):
    r"""Smooth parts $2KT$ at N samples, and K at 2NT + 1 samples around each jump."""
    width = mp.mpf(tau_sup)
    smooth = mp.sqrt(sum((2 * mp.mpf(constant) * width) ** 2 for _ in range(count)))
    around = sum((2 * count * width + 1) * mp.mpf(constant) ** 2 for _ in range(jumps))
    return smooth + mp.sqrt(around)


# Depths.


def band_growth(low, high):
    r"""$\max_\nu\min_{l\le\omega\le h}\omega/|\omega-\nu|$, attained where both ends agree, $\nu = 2lh/(l+h)$."""
    low, high = mp.mpf(low), mp.mpf(high)
    shift = 2 * low * high / (low + high)
    return min(low / abs(low - shift), high / abs(high - shift))


def depth_for_share(lost, bandwidth, gap, growth):
    r"""The first N with $1 - (1 - L/(\delta a^N))_+^2 \le \epsilon$."""
    depth, reach = 0, mp.mpf(gap)
    while 1 - max(0, 1 - mp.mpf(bandwidth) / reach) ** 2 > mp.mpf(lost):
        depth, reach = depth + 1, reach * mp.mpf(growth)
    return depth


# Constants of nonlinearities and poolings: attained values of difference quotients.


def nonlinearity_constant(name, **parameters):
    """The largest slope of the function, at the places where slopes can be largest."""
    half = mp.mpf(1) / 2
    slopes = {
        "LeakyReLU": lambda slope: max(mp.mpf(1), abs(mp.mpf(slope))),
        "ShiftedSigmoid": lambda: mp.diff(lambda x: 1 / (1 + mp.exp(-x)) - half, 0),
        "Tanh": lambda: mp.diff(mp.tanh, 0),
        "SiLU": lambda: steepest(lambda x: x / (1 + mp.exp(-x)), 2.4),
        "GELU": lambda: steepest(lambda x: x * mp.ncdf(x), 1.4),
        "Pointwise": lambda declared: mp.mpf(declared),
    }
    return slopes.get(name, lambda **_: mp.mpf(1))(**parameters)


def steepest(function, start):
    """The slope where the curvature vanishes."""
    return mp.diff(function, mp.findroot(lambda x: mp.diff(function, x, 2), start, tol=1e-25))


def pooling_constant(name, shape, factor=1, p=2):
    """The norm of a row or a window where it is attained."""
    window = factor ** len(shape)
    if name == "AveragePool":
        return mp.sqrt(sum((mp.mpf(1) / window) ** 2 for _ in range(window)))
    if name == "LpPool":
        spike, flat = [1] + [0] * (window - 1), [1] * window
        return max(mp.norm(mp.matrix(w), p) / mp.norm(mp.matrix(w), 2) for w in (spike, flat))
    if name == "LowPassDecimate":
        return mp.fprod(mp.sqrt(loudest_alias_class(n, factor)) for n in shape)
    return mp.mpf(1)


def loudest_alias_class(size, factor):
    r"""$\max_{k'}\sum_j|\hat\varphi[k' + jN/S]|^2$ of the ideal low-pass, 1/2 on its edges."""
    coarse = size // factor
    power = {}
    for k in range(size):
        twice = 2 * abs(k - size if 2 * k >= size else k)
        inside = mp.mpf(1) if twice < coarse or factor == 1 else mp.mpf(0)
        power[k] = mp.mpf(1) / 2 if twice == coarse and factor > 1 else inside
    return max(sum(power[k + j * coarse] for j in range(factor)) for k in range(coarse))
