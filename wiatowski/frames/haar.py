"""Undecimated Haar wavelets in one to three dimensions."""

from __future__ import annotations

import equinox as eqx

from wiatowski._integers import check_integer
from wiatowski.frames.a_trous import Masks, a_trous_bank, a_trous_taps
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import FiniteTaps, Frame
from wiatowski.grid import Grid

__all__ = ["Haar"]

_MASKS = Masks(low=(0.5, 0.5), highs=((0.5, -0.5),))


class Haar(Frame):
    r"""Undecimated (a trous) tensor Haar wavelets: a Parseval frame of real, finite filters.

    One axis: $\hat h_j(\omega) = \prod_{i<j} \frac{1 + e^{-2\pi i 2^i \omega}}{2}$ and
    $\hat g_j(\omega) = \frac{1 - e^{-2\pi i 2^{j-1}\omega}}{2} \hat h_{j-1}(\omega)$; scale $j$ has
    the $2^d - 1$ tensor products with at least one $g_j$. Band-limited to
    $|\omega_i| \le 1/2$; a finer grid adds the indicator of the rest as residual atom.
    On a grid of unit spacing the atoms are exactly the taps $2^{-j}(\pm 1, \dots)$.

    Args:
        scales: J >= 1; scale 1 is the finest.

    Raises:
        ValueError: if `scales` is no positive integer, or too deep for the grid.

    Source: the stationary wavelet transform with taps (1, 1)/2 and (1, -1)/2, the filters of the
    ICML 2016 experiments (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> len(wi.frames.Haar(scales=1).on(wi.Grid((8, 8))))
    3
    """

    scales: int = eqx.field(static=True)

    def __init__(self, scales: int):
        self.scales = check_integer("Haar", "scales", scales)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        return a_trous_bank(self, _MASKS, self.scales, grid, dtype)

    def finite_taps(self, ndim: int) -> FiniteTaps:
        """The taps in `ndim` dimensions."""
        return a_trous_taps(self, _MASKS, self.scales, ndim)
