"""Undecimated coiflets in one to three dimensions."""

from __future__ import annotations

import functools
from typing import Any

import equinox as eqx

from wiatowski._integers import check_integer
from wiatowski.frames.a_trous import Masks, a_trous_bank, a_trous_taps, check_order, mirrored
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import FiniteTaps, Frame
from wiatowski.frames.half_band import half_band, in_delays, low_pass, precise, rounded, times
from wiatowski.grid import Grid

__all__ = ["Coiflets"]

# Where Newton's method starts: Daubechies' f_0, ..., f_{2N-1}. The equations have several real
# solutions; these four digits pick the nearly symmetric one that is called coiflet.
_STARTS = {
    1: (0.8229, 0.1771),
    2: (2.966, 0.494, -0.33, -0.1304),
    3: (10.99, 1.459, -2.003, -0.749, 0.2056, 0.1002),
    4: (41.35, 4.488, -9.623, -3.448, 1.68, 0.7855, -0.1511, -0.08272),
    5: (157.2, 14.13, -42.62, -14.75, 9.745, 4.404, -1.54, -0.8162, 0.1204, 0.07121),
}
_NEWTON_STEPS = 7  # digits double from 3 to more than 50 in five


class Coiflets(Frame):
    r"""Undecimated tensor coiflets: a Parseval frame of real, nearly symmetric finite filters.

    The low mask has 6N taps, an orthogonal one with
    $\cos^{2N}(\pi\omega) \left(P_N(y) + y^N \sum_{n<2N} f_n e^{2\pi i n\omega}\right)$,
    $y = \sin^2(\pi\omega)$, so that both the high mask and, but for its mean, the low mask have 2N
    vanishing moments. Tensor products, cut and residual as for `Haar`.

    Args:
        scales: J >= 1; scale 1 is the finest.
        order: N in 1..5; the atoms have 2N vanishing moments.

    Raises:
        ValueError: if a number is out of its range, or `scales` too deep for the grid.

    Source: Daubechies, coiflets, undecimated. The taps are found by Newton's method in 60 digits;
    coefficients are those of the stationary wavelet transform "coifN" but for a shift and the
    sign of the details (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> frame = wi.frames.Coiflets(scales=1, order=1)
    >>> frame.finite_taps(1).output_atom.round(4).tolist()
    [-0.0111, -0.0514, 0.2721, 0.6029, 0.2389, -0.0514]
    """

    scales: int = eqx.field(static=True)
    order: int = eqx.field(static=True)

    def __init__(self, scales: int, order: int = 1):
        self.scales = check_integer("Coiflets", "scales", scales)
        check_order("Coiflets", "order", order, 1, max(_STARTS))
        self.order = int(order)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        return a_trous_bank(self, _masks(self.order), self.scales, grid, dtype)

    def finite_taps(self, ndim: int) -> FiniteTaps:
        """The taps in `ndim` dimensions."""
        return a_trous_taps(self, _masks(self.order), self.scales, ndim)


def coiflet_low(order: int) -> list[Any]:
    r"""Taps of the low mask in extended precision.

    Gauss-Newton in f on the 3N equations of orthogonality,
    $\sum_m l[m] l[m + 2k] = \frac12 \delta_{k0}$; the moments hold for every f.
    """
    moved, fixed = _affine(order)
    f = precise.matrix([precise.mpf(start) for start in _STARTS[order]])
    for _ in range(_NEWTON_STEPS):
        taps = _taps(moved, fixed, f)
        lags = range(0, len(taps), 2)
        defects = [_correlation(taps, taps, lag) for lag in lags]
        defects[0] -= precise.mpf(1) / 2
        slopes = [
            [_correlation(row, taps, lag) + _correlation(taps, row, lag) for row in moved]
            for lag in lags
        ]
        f -= precise.lu_solve(precise.matrix(slopes), precise.matrix(defects))
    # The formula advances; analysis filters of the tables in use are its reversal.
    return _taps(moved, fixed, f)[::-1]


def _affine(order: int) -> tuple[list[list[Any]], list[Any]]:
    """Taps are sum_n f_n moved[n] + fixed, on the 6N samples from -2N to 4N-1."""
    cosine, length = low_pass(2 * order), 6 * order
    sine = in_delays([0] * order + [1])
    factor = times(cosine, sine)
    zero = precise.mpf(0)
    moved = [[zero] * n + factor + [zero] * (length - n - len(factor)) for n in range(2 * order)]
    inner = times(cosine, in_delays(half_band(order)))  # starts one sample later
    return moved, [zero, *inner, *[zero] * (length - 1 - len(inner))]


def _taps(moved: list[list[Any]], fixed: list[Any], f) -> list[Any]:
    return [b + sum(c * row[m] for c, row in zip(f, moved)) for m, b in enumerate(fixed)]


def _correlation(p: list[Any], q: list[Any], lag: int) -> Any:
    return sum(a * b for a, b in zip(p, q[lag:]))


@functools.cache
def _masks(order: int) -> Masks:
    low = coiflet_low(order)
    return Masks(rounded(low), (rounded(mirrored(low)),))
