r"""Theorem 2 in many dimensions: a radial displacement that beats the constant $2\pi$.

$\hat f$ is the indicator of the unit ball of $\mathbb R^d$, so that R = 1 and f is a multiple of $r^{-d/2}
J_{d/2}(2\pi r)$; the displacement points outward, $\tau(x) = T\min(|x|/(2dT), 1)x/|x|$. The entries of its Jacobian are
at most 1/(2d). Everything is an integral over the radius.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.special

__all__ = ["RadialExample", "radial_example"]


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
