r"""Deformation of functions that are not band-limited: Lipschitz and cartoon functions.

Negative, infinite or undefined numbers raise a ValueError.
"""

from __future__ import annotations

import math

from wiatowski.bounds._arguments import require_dimension, require_sizes
from wiatowski.bounds.deformation import stretch_factor

__all__ = [
    "cartoon",
    "cartoon_samples",
    "contraction_factor",
    "decay_integral",
    "lipschitz_class",
]


def lipschitz_class(constant: float, tau_sup: float, support: float) -> float:
    r"""$\|F_\tau f - f\| \le C\|\tau\|_\infty\,\mathrm{vol}(\Omega_f + B_{\|\tau\|})^{1/2}$ for C-Lipschitz f.

    The same for samples, with the number of samples at which $F_\tau f - f$ may differ from zero in
    place of the volume.

    Args:
        constant: C.
        tau_sup: sup of |tau|; no regularity.
        support: volume (or number of samples) of the support of f, enlarged by tau_sup.

    Source: Wiatowski & Boelcskei 2018 name the class (from memory); the inequality is elementary.
    """
    require_sizes("lipschitz_class", constant=constant, tau_sup=tau_sup, support=support)
    return constant * tau_sup * math.sqrt(support)


def decay_integral(ndim: int) -> float:
    r"""$\iota_d = \bigl(\int(1+|x|^2)^{-d}dx\bigr)^{1/2} = \bigl(\pi^{d/2}\Gamma(d/2)/\Gamma(d)\bigr)^{1/2}$."""
    require_dimension("decay_integral", ndim)
    half = ndim / 2
    return math.exp((half * math.log(math.pi) + math.lgamma(half) - math.lgamma(ndim)) / 2)


def contraction_factor(kappa: float) -> float:
    r"""$\lambda(\kappa) = \int_0^1 (1 - s\kappa)^{-1}ds = -\ln(1-\kappa)/\kappa$, $\lambda(0) = 1$.

    Raises:
        ValueError: outside 0 <= kappa < 1.
    """
    if not 0 <= kappa < 1:
        raise ValueError(f"contraction_factor: kappa must lie in [0, 1), not {kappa!r}.")
    return -math.log1p(-kappa) / kappa if kappa > 1e-12 else 1 + kappa / 2


def cartoon(
    constant: float, tau_sup: float, perimeter: float, ndim: int, jacobian_sup: float
) -> float:
    r"""$\|F_\tau f - f\| \le 2c(\kappa)K\iota_dT + K(\lambda(\kappa)T\,\mathrm{Per}(B))^{1/2}$, $T = \|\tau\|_\infty$.

    For $f = f_1 + 1_B f_2$ on $\mathbb R^d$ with $|\nabla f_i(x)| \le K(1+|x|^2)^{-d/2}$ and $|f_2| \le
    K$. Only the perimeter of B counts, not its curvature. In d = 1 $\lambda$ is 1: the perimeter is the
    number of jumps, and each is crossed from an interval no longer than T.

    Args:
        constant: K.
        tau_sup: sup of |tau|.
        perimeter: of B; in d = 1 its number of end points.
        ndim: d.
        jacobian_sup: sup of the largest entry of |D tau|; kappa = d times it.

    Source: the class of Grohs, Wiatowski & Boelcskei 2016 (arXiv 1605.00031, from memory;
    exponent 1/2 from its abstract); constants derived (`paper_notes.md`, cartoon functions).
    """
    require_sizes(
        "cartoon",
        constant=constant,
        tau_sup=tau_sup,
        perimeter=perimeter,
        jacobian_sup=jacobian_sup,
    )
    require_dimension("cartoon", ndim)
    kappa = ndim * jacobian_sup
    crossing = 1.0 if ndim == 1 else contraction_factor(kappa)
    smooth = 2 * stretch_factor(kappa) * constant * decay_integral(ndim) * tau_sup
    return smooth + constant * math.sqrt(crossing * tau_sup * perimeter)


def cartoon_samples(constant: float, count: int, tau_sup: float, jumps: int = 2) -> float:
    r"""$\|F_\tau f - f\| \le K(2\sqrt N\,T + \sqrt{j(2NT + 1)})$ for N samples of a cartoon function on [0, 1].

    $f[n] = c(n/N)$, $c = c_1 + 1_{[a,b]}c_2$ with K-Lipschitz $c_i$ and $|c_2| \le K$;
    $(F_\tau f)[n] = c(n/N - \tau(n/N))$ with $n/N - \tau(n/N) \in [0, 1]$. Any displacement.

    Args:
        constant: K.
        count: N.
        tau_sup: T, in units of the interval.
        jumps: j, the number of end points of [a, b] inside the interval.

    Source: derived (`paper_notes.md`, cartoon functions); the form remembered from ICML 2016,
    $4K\sqrt{NT}$, fails below one sample.
    """
    require_sizes("cartoon_samples", constant=constant, count=count, tau_sup=tau_sup, jumps=jumps)
    flips = jumps * (2 * count * tau_sup + 1)
    return constant * (2 * math.sqrt(count) * tau_sup + math.sqrt(flips))
