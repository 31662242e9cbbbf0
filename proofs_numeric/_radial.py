r"""Theorem 2 in many dimensions: a radial displacement that beats the constant $2\pi$.

$\hat f$ is the indicator of the unit ball of $\mathbb R^d$, so that R = 1 and f is a multiple of $r^{-d/2}
J_{d/2}(2\pi r)$; the displacement points outward, $\tau(x) = T\min(|x|/(2dT), 1)x/|x|$. The entries of its Jacobian are
at most 1/(2d). Everything is an integral over the radius.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import scipy.special

__all__ = ["RadialExample", "certified_constant", "radial_example"]


class RadialExample(NamedTuple):
    r"""Norms with weight $r^{d-1}$.

    Args:
        reach: R ||tau||.
        difference: ||F f - f||, from below.
        size: ||f||.
        error: of the quadrature, estimated.
    """

    reach: float
    difference: float
    size: float
    error: float

    @property
    def constant(self) -> float:
        """||F f - f|| / (R ||tau|| ||f||): Theorem 2 holds with no smaller constant."""
        return self.difference / (self.reach * self.size)


def radial_example(ndim: int, reach: float, furthest: float | None = None) -> RadialExample:
    r"""Evaluate the example in `ndim` dimensions with $R\|\tau\|_\infty$ = `reach`.

    With $u(r) = J_{d/2}(2\pi r) r^{-1/2}$, the square of $\|f\|$ is $\int u^2 dr = 1/d$, and that of the
    difference at least $\int_0^X (s^{-1} u(r - g) - u(r))^2 dr$, $g = \min(r/(2d), T)$, where s carries the
    weights from r - g to r.

    Args:
        ndim: d.
        reach: T, in units of 1/R.
        furthest: X; what lies beyond is left out.
    """
    furthest = 4.0 * ndim if furthest is None else furthest
    found = [_difference(ndim, reach, furthest, nodes) for nodes in (24, 32)]
    return RadialExample(reach, found[1], ndim**-0.5, abs(found[1] - found[0]) + 1e-12)


def _difference(ndim: int, reach: float, furthest: float, nodes: int) -> float:
    x, weights = np.polynomial.legendre.leggauss(nodes)
    # The displacement has a kink at 2dT.
    kink = 2 * ndim * reach
    edges = np.concatenate(
        [np.linspace(0, kink, 41), np.linspace(kink, furthest, int(4 * furthest) + 1)[1:]]
    )
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    r = (middle[:, None] + half[:, None] * x).ravel()
    moved = r - np.minimum(r / (2 * ndim), reach)
    order = ndim / 2
    own = scipy.special.jv(order, 2 * np.pi * r) / np.sqrt(r)
    other = scipy.special.jv(order, 2 * np.pi * moved) / np.sqrt(moved)
    other = other * (r / moved) ** ((ndim - 1) / 2)
    return float(np.sqrt(np.sum((half[:, None] * weights).ravel() * (other - own) ** 2)))


def certified_constant(ndim: int, reach: float, furthest: float | None = None) -> float:
    r"""A number proved to lie below $\|F_\tau f - f\| / (R\|\tau\|_\infty\|f\|)$ of the example, even d.

    The square of the difference is at least $\int_a^X r^{d-1}(J_{d/2}(2\pi m)m^{-d/2} - J_{d/2}(2\pi r)
    r^{-d/2})^2 dr$, $m = r - g$, whose integrand is analytic between the kinks; Arb encloses it.

    Args:
        ndim: d, even.
        reach: T, in units of 1/R; taken as the double it is.
        furthest: X.

    Raises:
        ValueError: for odd d.
        ImportError: without python-flint (extra `certify`).
    """
    import flint

    if ndim % 2:
        raise ValueError(f"certified_constant: d must be even, not {ndim!r}.")
    half, turn = ndim // 2, 2 * flint.acb.pi()
    displacement = flint.acb(reach)

    def integrand(moved):
        def square(r, _):
            m = moved(r)
            other = (turn * m).bessel_j(half) / m**half
            return r ** (ndim - 1) * (other - (turn * r).bessel_j(half) / r**half) ** 2

        return square

    kink = flint.acb(2 * ndim) * displacement
    end = flint.acb(furthest if furthest is not None else 2.0 * ndim)
    start = kink / 8  # what lies further inside is left out: the integrand is not negative
    inner = integrand(lambda r: r * (1 - flint.acb(1) / (2 * ndim)))
    outer = integrand(lambda r: r - displacement)
    square = flint.acb.integral(inner, start, kink, rel_tol=flint.arb(1e-10))
    pieces = max(1, int(float(end.real.mid()) - float(kink.real.mid())))
    edges = [kink + (end - kink) * i / pieces for i in range(pieces + 1)]
    for low, high in itertools.pairwise(edges):
        square += flint.acb.integral(outer, low, high, rel_tol=flint.arb(1e-10))
    constant = (square.real * ndim).sqrt() / displacement.real
    return float(constant.lower())
