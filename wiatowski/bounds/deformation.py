r"""Deformation of band-limited signals: right-hand sides of Theorem 2 in its explicit forms.

Displacements $\tau$ and bandwidths R go together: samples and cycles per sample, or any other unit
of length; phases $\omega$ are in cycles. Bounds are for $\|f\| = 1$. Negative, infinite or undefined
numbers raise a ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.integrate

from wiatowski.bounds._arguments import require_dimension, require_sizes

__all__ = [
    "DEFORMATION_CONSTANT",
    "SCHUR_CONSTANT",
    "almost_band_limited",
    "deformation_expansion",
    "deformation_line",
    "deformation_rough",
    "deformation_rough_torus",
    "deformation_schur",
    "deformation_sieve",
    "deformation_sobolev",
    "deformation_torus",
    "expansion_factor",
    "sieve_factor",
    "stretch_factor",
]

DEFORMATION_CONSTANT = 2 * math.pi * (4 - 2 * math.sqrt(2))
r"""$C = 2\pi(4 - 2\sqrt2)$: Theorem 2 holds with it in every dimension, see `deformation_torus`."""

SCHUR_CONSTANT = 11.069
r"""$\sqrt{2\ln2}\max\{\|\eta'\|_1, 2\pi\|\eta\|_1\}$, rounded up, see `deformation_schur`."""


def stretch_factor(kappa: float) -> float:
    r"""$c(\kappa) = \int_0^1 (1 - s\kappa)^{-1/2} ds = 2(1 - \sqrt{1-\kappa})/\kappa$, $c(0) = 1$.

    Raises:
        ValueError: outside 0 <= kappa < 1.
    """
    if not 0 <= kappa < 1:
        raise ValueError(f"stretch_factor: kappa = d ||D tau|| must lie in [0, 1), not {kappa!r}.")
    return 2 / (1 + math.sqrt(1 - kappa))


def deformation_torus(
    bandwidth: float, tau_sup: float, omega_sup: float, jacobian_sup: float, ndim: int
) -> float:
    r"""Theorem 2 on the torus: $\|F_{\tau,\omega}f - f\| \le 2\pi(c(\kappa)R\|\tau\|_\infty + \|\omega\|_\infty)\|f\|$.

    $\kappa = d\|D\tau\|_\infty \le \frac12$, so the factor is at most $C = 2\pi(4 - 2\sqrt2)$ times
    $R\|\tau\|_\infty + \|\omega\|_\infty$. Norms are those of $L^2$ of the torus, not of samples.

    Args:
        bandwidth: R, with f^ supported in the ball of radius R.
        tau_sup: sup of |tau(x)|, in the unit of length that R counts cycles per.
        omega_sup: sup of |omega(x)|, in cycles.
        jacobian_sup: sup of the largest entry of |D tau|.
        ndim: d.

    Returns:
        The bound for ||f|| = 1.

    Raises:
        ValueError: if ||D tau|| > 1/(2d), where Theorem 2 makes no claim.

    Source: Wiatowski & Boelcskei 2018, Theorem 2; the explicit constant is derived
    (`paper_notes.md`).
    """
    require_sizes(
        "deformation_torus",
        bandwidth=bandwidth,
        tau_sup=tau_sup,
        omega_sup=omega_sup,
        jacobian_sup=jacobian_sup,
    )
    require_dimension("deformation_torus", ndim)
    kappa = ndim * jacobian_sup
    if not kappa <= 0.5:
        raise ValueError(
            f"deformation_torus: ||D tau|| = {jacobian_sup:g} exceeds 1/(2d) = {0.5 / ndim:g}; use a "
            "smoother displacement, or deformation_rough, which needs no smoothness."
        )
    return 2 * math.pi * (stretch_factor(kappa) * bandwidth * tau_sup + omega_sup)


def expansion_factor(slope: float, ndim: int) -> float:
    r"""$\int_0^1 (1 - s\rho)^{-d/2} ds$: what a change of variables costs, $\rho = \sup\|D\tau\|_{op}$.

    Raises:
        ValueError: outside 0 <= rho < 1.
    """
    if not 0 <= slope < 1:
        raise ValueError(
            f"expansion_factor: rho = sup ||D tau||_op must lie in [0, 1), not {slope!r}."
        )
    require_dimension("expansion_factor", ndim)
    if slope < 1e-8:  # to second order; the closed forms below cancel
        return 1 + ndim * slope / 4
    if ndim == 2:
        return -math.log1p(-slope) / slope
    power = 1 - ndim / 2
    return -math.expm1(power * math.log1p(-slope)) / (power * slope)


def deformation_expansion(
    bandwidth: float, tau_sup: float, omega_sup: float, slope: float, ndim: int
) -> float:
    r"""$\|F_{\tau,\omega}f - f\| \le 2\pi(R\|\tau\|_\infty\int_0^1(1-s\rho)^{-d/2}ds + \|\omega\|_\infty)\|f\|$.

    Norms of $L^2$.

    For every displacement with $\rho = \sup\|D\tau\|_{op} < 1$, twice as steep as Theorem 2 allows
    and more.

    Args:
        bandwidth: R.
        tau_sup, omega_sup: suprema.
        slope: rho.
        ndim: d.

    Raises:
        ValueError: outside 0 <= rho < 1.

    Source: derived for this package (`paper_notes.md`, Theorem 2, part B with the operator norm).
    """
    require_sizes(
        "deformation_expansion", bandwidth=bandwidth, tau_sup=tau_sup, omega_sup=omega_sup
    )
    return 2 * math.pi * (expansion_factor(slope, ndim) * bandwidth * tau_sup + omega_sup)


def deformation_line(
    bandwidth: float,
    tau_sup: float,
    omega_sup: float,
    *,
    monotone: bool = True,
    samples: bool = False,
) -> float:
    r"""d = 1: $\|F_{\tau,\omega}f - f\| \le 2\pi(R\|\tau\|_\infty + \|\omega\|_\infty)\|f\|$, the best constant.

    If $x - \tau(x)$ does not decrease, every point is crossed by displacements from an interval no
    longer than $T = \|\tau\|_\infty$, which gives the factor T; any displacement at all is crossed from
    at most 2T, which gives $\sqrt2\,T$. For sums over samples count whole numbers instead of lengths:
    $\sqrt{T\lceil T\rceil}$ and $\sqrt{T\lceil 2T\rceil}$.

    Args:
        bandwidth: R.
        tau_sup: T.
        omega_sup: in cycles.
        monotone: whether x - tau(x) is non-decreasing.
        samples: for norms of samples, with R and T per sample; of $L^2$ otherwise.

    Source: derived for this package (`paper_notes.md`, Theorem 2 on the line).

    >>> round(deformation_line(0.1, 0.5, 0.0) / (0.1 * 0.5), 6) == round(2 * math.pi, 6)
    True
    """
    require_sizes("deformation_line", bandwidth=bandwidth, tau_sup=tau_sup, omega_sup=omega_sup)
    crossed = tau_sup if monotone else 2 * tau_sup
    if samples:
        crossed = math.ceil(crossed)
    return 2 * math.pi * (bandwidth * math.sqrt(tau_sup * crossed) + omega_sup)


def deformation_schur(bandwidth: float, tau_sup: float, omega_sup: float) -> float:
    r"""d = 1: $\|F_{\tau,\omega}f - f\| \le C_\eta(R\|\tau\|_\infty + \|\omega\|_\infty)\|f\|$.

    $C_\eta = \sqrt{2\ln2}\max\{\|\eta'\|_1, 2\pi\|\eta\|_1\}$, the route of W&B's own proof: $f = f * \eta_R$
    with $\hat\eta = 1$ on [-1, 1], and Schur's lemma for the kernel. Here $\hat\eta$ falls to 0 at 2 like
    $\cos^2$, $\eta(x) = \frac{\sin3\pi x\cos\pi x}{\pi x(1-4x^2)}$, with $\|\eta\|_1 < 1.4962$ and $\|\eta'\|_1 <
    9.306$. Kept for comparison: `deformation_line` is sharper by 1.76.

    Args:
        bandwidth: R.
        tau_sup, omega_sup: suprema; $\|D\tau\|_\infty \le \frac12$.

    Source: the method of Wiatowski & Boelcskei 2018 (from memory), made explicit.
    """
    require_sizes("deformation_schur", bandwidth=bandwidth, tau_sup=tau_sup, omega_sup=omega_sup)
    return SCHUR_CONSTANT * (bandwidth * tau_sup + omega_sup)


def deformation_rough_torus(bandwidth: float, tau_sup: float, omega_sup: float, ndim: int) -> float:
    r"""$(2\pi RT(1 + 8\pi RT)^{d/2} + 2\pi\|\omega\|_\infty)\|f\|$ for any measurable displacement.

    Norms of $L^2$; $T = \|\tau\|_\infty$; no regularity at all.

    Args:
        bandwidth: R.
        tau_sup: T.
        omega_sup: in cycles.
        ndim: d.

    Source: derived (`paper_notes.md`, part C of Theorem 2); the regime $RT \ll 1$ is that of Nicola &
    Trapasso (arXiv 2104.11977, abstract).
    """
    require_sizes(
        "deformation_rough_torus", bandwidth=bandwidth, tau_sup=tau_sup, omega_sup=omega_sup
    )
    require_dimension("deformation_rough_torus", ndim)
    reach = bandwidth * tau_sup
    return 2 * math.pi * (reach * (1 + 8 * math.pi * reach) ** (ndim / 2) + omega_sup)


def sieve_factor(slope: float, bandwidths: float | Sequence[float]) -> float:
    r"""$\int_0^1 \prod_i\sqrt{2R_i + 1/(1 - sL)}\, ds$.

    Args:
        slope: L, Lipschitz constant of the displacement in the maximum norm.
        bandwidths: R_i per axis, cycles per sample; one number for d = 1.

    Raises:
        ValueError: outside 0 <= L < 1 and 0 <= R_i < 1/2.
    """
    if not 0 <= slope < 1:
        raise ValueError(
            f"sieve_factor: the displacement's Lipschitz constant must lie in [0, 1), not "
            f"{slope!r}; use deformation_rough, which needs no smoothness."
        )
    widths = np.atleast_1d(np.asarray(bandwidths, float))
    if not (widths.size and np.all((widths >= 0) & (widths < 0.5))):
        raise ValueError(
            "sieve_factor: bandwidths need one number per axis, in cycles per sample and so in [0, 1/2), "
            f"not {bandwidths!r}."
        )

    def factor(stretch: float) -> float:
        return math.sqrt(np.prod(2 * widths + stretch))

    if slope == 0:
        return math.nextafter(factor(1.0), math.inf)
    # With e^u = 1 / (1 - sL) the integrand is smooth up to L = 1.
    value, error = scipy.integrate.quad(
        lambda u: factor(math.exp(u)) * math.exp(-u),
        0,
        -math.log1p(-slope),
        epsabs=0,
        epsrel=1e-12,
        limit=200,
    )
    return (value + error) / slope


def deformation_sieve(
    bandwidths: float | Sequence[float], tau_sup: float, omega_sup: float, slope: float
) -> float:
    r"""T2a: $\|F_{\tau,\omega}f - f\| \le 2\pi(R\|\tau\|_\infty C_d(L, R) + \|\omega\|_\infty)\|f\|$.

    $C_d = \int_0^1\prod_i\sqrt{2R_i + 1/(1-sL)}\,ds$ is the `sieve_factor`. Euclidean norms on samples,
    any d; $R^2 = \sum_i R_i^2$.

    Args:
        bandwidths: R_i = K_i/N_i per axis, cycles per sample; one number for d = 1.
        tau_sup: in samples, Euclidean.
        omega_sup: in cycles.
        slope: L < 1 with $|\tau(n) - \tau(m)|_\infty \le L|n - m|_\infty$ cyclically.

    Raises:
        ValueError: as `sieve_factor`.

    Source: derived from the large sieve inequality (`paper_notes.md`, T2a).
    """
    require_sizes("deformation_sieve", tau_sup=tau_sup, omega_sup=omega_sup)
    reach = float(np.linalg.norm(np.atleast_1d(bandwidths))) * tau_sup
    return 2 * math.pi * (reach * sieve_factor(slope, bandwidths) + omega_sup)


def deformation_rough(bandwidth: float, tau_sup: float, omega_sup: float, ndim: int) -> float:
    r"""T2b: $(2\pi RT (1 + 4\pi R(\lfloor 2T\rfloor + 1))^{d/2} + 2\pi\|\omega\|_\infty)\|f\|$ for any displacement.

    Euclidean norms on samples; $T = \|\tau\|_\infty$; no smoothness at all.

    Args:
        bandwidth: R = max |k|/N (Euclidean), cycles per sample.
        tau_sup: T in samples.
        omega_sup: in cycles.
        ndim: d.

    Raises:
        ValueError: if R is not below $\sqrt d/2$, the corner of the Nyquist cube.

    Source: derived for this package (`paper_notes.md`, T2b).
    """
    require_sizes("deformation_rough", bandwidth=bandwidth, tau_sup=tau_sup, omega_sup=omega_sup)
    require_dimension("deformation_rough", ndim)
    if not bandwidth < math.sqrt(ndim) / 2:
        raise ValueError(
            f"deformation_rough: bandwidth {bandwidth:g} must lie below Nyquist, |k_i|/N < 1/2 on every "
            f"axis and so R < {math.sqrt(ndim) / 2:g}; it counts cycles per sample."
        )
    growth = 1 + 4 * math.pi * bandwidth * (math.floor(2 * tau_sup) + 1)
    return 2 * math.pi * (bandwidth * tau_sup * growth ** (ndim / 2) + omega_sup)


def deformation_sobolev(
    tau_sup: float, jacobian_sup: float, ndim: int, seminorm: float, order: float = 1.0
) -> float:
    r"""$\|F_\tau f - f\| \le m_0^{1-s} (2\pi c(\kappa)\|\tau\|_\infty)^s \||\omega|^s\hat f\|$, $0 \le s \le 1$.

    $m_0 = 1 + (1 - \kappa)^{-1/2}$ bounds $F_\tau - I$ on $L^2$; between s = 0 and s = 1 by
    interpolation. No band limit; norms of $L^2$.

    Args:
        tau_sup: sup of |tau|.
        jacobian_sup: sup of the largest entry of |D tau|; kappa = d times it, below 1.
        ndim: d.
        seminorm: $\||\omega|^s \hat f\|$, frequencies in cycles per unit length.
        order: s.

    Raises:
        ValueError: for s outside [0, 1] or kappa outside [0, 1).

    Source: derived (`paper_notes.md`, Sobolev classes); the class is that of Koller, Grossmann, Monich
    & Boche 2018 (from memory).
    """
    require_sizes(
        "deformation_sobolev", tau_sup=tau_sup, jacobian_sup=jacobian_sup, seminorm=seminorm
    )
    require_dimension("deformation_sobolev", ndim)
    if not 0 <= order <= 1:
        raise ValueError(f"deformation_sobolev: order s must lie in [0, 1], not {order!r}.")
    kappa = ndim * jacobian_sup
    linear = 2 * math.pi * stretch_factor(kappa) * tau_sup
    crude = 1 + 1 / math.sqrt(1 - kappa)
    return crude ** (1 - order) * linear**order * seminorm


def almost_band_limited(
    bandwidth: float, tau_sup: float, jacobian_sup: float, ndim: int, outside: float
) -> float:
    r"""$2\pi c(\kappa)R\|\tau\|_\infty \sqrt{1-\epsilon^2} + (1 + (1-\kappa)^{-1/2})\epsilon$ for $\|f\| = 1$.

    Norms of $L^2$.

    Args:
        bandwidth: R.
        tau_sup, jacobian_sup, ndim: as for `deformation_sobolev`.
        outside: $\epsilon$, norm of the part of f at frequencies above R.

    Raises:
        ValueError: for epsilon outside [0, 1].

    Source: the class of Czaja & Li (arXiv 1606.08677, from memory); constants derived.
    """
    require_sizes(
        "almost_band_limited", bandwidth=bandwidth, tau_sup=tau_sup, jacobian_sup=jacobian_sup
    )
    require_dimension("almost_band_limited", ndim)
    if not 0 <= outside <= 1:
        raise ValueError(f"almost_band_limited: epsilon must lie in [0, 1], not {outside!r}.")
    kappa = ndim * jacobian_sup
    inside = math.sqrt(1 - outside**2)
    linear = 2 * math.pi * stretch_factor(kappa) * bandwidth * tau_sup
    return linear * inside + (1 + 1 / math.sqrt(1 - kappa)) * outside
