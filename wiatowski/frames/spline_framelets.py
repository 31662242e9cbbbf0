"""Undecimated B-spline framelets in one to three dimensions."""

from __future__ import annotations

import functools
import math

import equinox as eqx

from wiatowski._integers import check_integer
from wiatowski.frames.a_trous import Masks, a_trous_bank, a_trous_taps, check_order
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import FiniteTaps, Frame
from wiatowski.frames.half_band import low_pass, precise, product_of, rounded
from wiatowski.grid import Grid

__all__ = ["BSplineFramelets"]

_MOST_ORDER = 20


class BSplineFramelets(Frame):
    r"""Undecimated tensor B-spline framelets: a Parseval frame of symmetric and antisymmetric filters.

    Low mask $\left(\frac{1+z}{2}\right)^m$, $z = e^{-2\pi i\omega}$, and m high masks
    $\binom{m}{k}^{1/2} \left(\frac{1-z}{2}\right)^k \left(\frac{1+z}{2}\right)^{m-k}$. Up to a phase they are
    $\binom{m}{k}^{1/2} \sin^k(\pi\omega) \cos^{m-k}(\pi\omega)$, k = 0..m, whose squares sum to
    $(\cos^2 + \sin^2)^m = 1$. Scale j has $(m+1)^d - 1$ atoms, with high masks numbered as in
    "axes=LH2"; cut and residual as for `Haar`, which is m = 1.

    Args:
        scales: J >= 1; scale 1 is the finest.
        order: m in 1..20, of the B-spline: 2 is piecewise linear, 4 cubic. High mask k has k
            vanishing moments.

    Raises:
        ValueError: if a number is out of its range, or `scales` too deep for the grid.

    Source: Ron & Shen 1997, the unitary extension principle for B-splines, undecimated
    (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.BSplineFramelets(scales=1, order=2).on(wi.Grid((9,)))
    >>> bank.labels
    ('scale=1,axes=H1', 'scale=1,axes=H2')
    """

    scales: int = eqx.field(static=True)
    order: int = eqx.field(static=True)

    def __init__(self, scales: int, order: int = 2):
        self.scales = check_integer("BSplineFramelets", "scales", scales)
        check_order("BSplineFramelets", "order", order, 1, _MOST_ORDER)
        self.order = int(order)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        return a_trous_bank(self, _masks(self.order), self.scales, grid, dtype)

    def finite_taps(self, ndim: int) -> FiniteTaps:
        """The taps in `ndim` dimensions."""
        return a_trous_taps(self, _masks(self.order), self.scales, ndim)


@functools.cache
def _masks(order: int) -> Masks:
    half = precise.mpf(1) / 2
    low, *highs = (
        rounded(
            precise.sqrt(math.comb(order, k)) * tap
            for tap in product_of([low_pass(order - k), *[[half, -half]] * k])
        )
        for k in range(order + 1)
    )
    return Masks(low, tuple(highs))
