"""Undecimated biorthogonal wavelets of symmetric filters in one to three dimensions."""

from __future__ import annotations

import functools
from typing import Any

import equinox as eqx

from wiatowski._integers import check_integer
from wiatowski.frames.a_trous import Masks, a_trous_bank, a_trous_taps
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import FiniteTaps, Frame
from wiatowski.frames.half_band import (
    half_band,
    in_delays,
    low_pass,
    product_of,
    root_groups,
    rounded,
    symmetric_factor,
    times,
)
from wiatowski.grid import Grid

__all__ = ["Biorthogonal"]

SPLINES = ((1, 1), (1, 3), (1, 5), (2, 2), (2, 4), (2, 6), (2, 8))
SPLINES += ((3, 1), (3, 3), (3, 5), (3, 7), (3, 9))
# Zeros of S and of A at half a cycle, and which groups of roots of P, by rising real part, A takes.
# The pair called 5.5 has filters of odd length 11 and 9, so an even number of zeros on each side.
_FACTORED = {
    (4, 4): ((4, 4), (1,)),
    (5, 5): ((6, 4), (1,)),
    (6, 8): ((6, 8), (0, 2)),
}
PAIRS = (*SPLINES, *_FACTORED)


class Biorthogonal(Frame):
    r"""Undecimated tensor wavelets of symmetric filters: a frame that is not tight.

    Low masks A (decomposition) and S (reconstruction) with
    $A S = (1-y)^K P_K(y)$ up to a delay, $y = \sin^2(\pi\omega)$, K half the number of their zeros at half a
    cycle. Spline pairs give S the zeros alone, $S = \cos^{r}(\pi\omega)$, and A the whole of $P_K$; the
    pairs (4, 4), (5, 5) and (6, 8) share its roots, for lengths 9/7, 9/11 and 17/11. The atoms are
    the decomposition filters: low mask A, high mask $h[m] = (-1)^m s[m]$; tensor products, cut
    and residual as for `Haar`. Bounds are found by `frame_bounds`; `dual` reconstructs.

    Args:
        scales: J >= 1; scale 1 is the finest.
        reconstruction: r, zeros of S at half a cycle: vanishing moments of the atoms
            (6 for the pair called (5, 5)).
        decomposition: zeros of A at half a cycle (4 for the pair called (5, 5)).

    Raises:
        ValueError: for a pair that is not in the family, or `scales` too deep for the grid.

    Source: Cohen, Daubechies & Feauveau 1992, undecimated; coefficients are those of the
    stationary wavelet transform "biorR.D" but for shifts and the sign of the details
    (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> frame = wi.frames.Biorthogonal(scales=1, reconstruction=2, decomposition=2)
    >>> taps = frame.finite_taps(1)
    >>> taps.output_atom.tolist(), taps.atoms["scale=1"].tolist()
    ([-0.125, 0.25, 0.75, 0.25, -0.125], [0.25, -0.5, 0.25])
    """

    scales: int = eqx.field(static=True)
    reconstruction: int = eqx.field(static=True)
    decomposition: int = eqx.field(static=True)

    def __init__(self, scales: int, reconstruction: int = 4, decomposition: int = 4):
        self.scales = check_integer("Biorthogonal", "scales", scales)
        self.reconstruction = check_integer("Biorthogonal", "reconstruction", reconstruction)
        self.decomposition = check_integer("Biorthogonal", "decomposition", decomposition)
        if (reconstruction, decomposition) not in PAIRS:
            known = ", ".join(map(str, PAIRS))
            raise ValueError(
                f"Biorthogonal: no pair (reconstruction, decomposition) = "
                f"{(reconstruction, decomposition)}; choose one of {known}."
            )

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        masks = _masks(self.reconstruction, self.decomposition)
        return a_trous_bank(self, masks, self.scales, grid, dtype)

    def finite_taps(self, ndim: int) -> FiniteTaps:
        """The taps in `ndim` dimensions."""
        masks = _masks(self.reconstruction, self.decomposition)
        return a_trous_taps(self, masks, self.scales, ndim)


def biorthogonal_lows(reconstruction: int, decomposition: int) -> tuple[list[Any], list[Any]]:
    """Taps of the low masks S and A in extended precision; dyadic and exact for splines."""
    pair = (reconstruction, decomposition)
    if pair not in _FACTORED:
        whole = in_delays(half_band(sum(pair) // 2))
        return low_pass(reconstruction), times(low_pass(decomposition), whole)
    zeros, own = _FACTORED[pair]
    groups = [symmetric_factor(group) for group in root_groups(sum(zeros) // 2)]
    synthesis = [factor for k, factor in enumerate(groups) if k not in own]
    analysis = [groups[k] for k in own]
    return product_of([low_pass(zeros[0]), *synthesis]), product_of([low_pass(zeros[1]), *analysis])


@functools.cache
def _masks(reconstruction: int, decomposition: int) -> Masks:
    synthesis, analysis = biorthogonal_lows(reconstruction, decomposition)
    high = [tap if m % 2 == 0 else -tap for m, tap in enumerate(synthesis)]
    return Masks(rounded(analysis), (rounded(high),))
