"""Undecimated Daubechies wavelets and symlets in one to three dimensions."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import equinox as eqx
import numpy as np
from scipy.special import spence

from wiatowski._integers import check_integer
from wiatowski.frames.a_trous import Masks, a_trous_bank, a_trous_taps, check_order, mirrored
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import FiniteTaps, Frame
from wiatowski.frames.half_band import (
    low_pass,
    phase_factor,
    product_of,
    root_groups,
    rounded,
    zeros_inside,
)
from wiatowski.grid import Grid

__all__ = ["Daubechies", "Symlets"]

_MOST_MOMENTS = 20
# A symlet and its reversal are equally symmetric. The tables in use list these with more energy in
# the first half of the analysis low-pass, all others, as Daubechies', with more in the second.
_EARLY = frozenset({4, 5, 6, 8, 9, 10, 13, 18})


class Daubechies(Frame):
    r"""Undecimated tensor Daubechies wavelets: a Parseval frame of real, finite filters.

    The low mask has 2N taps, $|L(\omega)|^2 = \cos^{2N}(\pi\omega) P_N(\sin^2 \pi\omega)$,
    $P_N(y) = \sum_{k<N} \binom{N-1+k}{k} y^k$, and of all such masks extremal phase: the zeros of
    the time-reversed filter lie in the unit disc. High mask $h[m] = (-1)^m l[2N-1-m]$; tensor products,
    cut and residual as for `Haar`, which is N = 1.

    Args:
        scales: J >= 1; scale 1 is the finest.
        moments: N in 1..20, vanishing moments of the atoms.

    Raises:
        ValueError: if a number is out of its range, or `scales` too deep for the grid.

    Source: Daubechies 1988, orthonormal bases of compactly supported wavelets, undecimated. The
    taps are computed in 60 digits; coefficients are those of the stationary wavelet transform "dbN"
    but for a shift and the sign of the details (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> frame = wi.frames.Daubechies(scales=1, moments=2)
    >>> frame.finite_taps(1).output_atom.round(4).tolist()
    [-0.0915, 0.1585, 0.5915, 0.3415]
    """

    scales: int = eqx.field(static=True)
    moments: int = eqx.field(static=True)

    def __init__(self, scales: int, moments: int = 2):
        self.scales = check_integer("Daubechies", "scales", scales)
        check_order("Daubechies", "moments", moments, 1, _MOST_MOMENTS)
        self.moments = int(moments)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        return a_trous_bank(self, _daubechies(self.moments), self.scales, grid, dtype)

    def finite_taps(self, ndim: int) -> FiniteTaps:
        """The taps in `ndim` dimensions."""
        return a_trous_taps(self, _daubechies(self.moments), self.scales, ndim)


class Symlets(Frame):
    r"""Undecimated tensor symlets, the least asymmetric Daubechies wavelets: a Parseval frame.

    $|L|^2$ as for `Daubechies`. Each factor of $P_N$ leaves a choice, its zeros or their inverses;
    taken is the one for which the phase of L deviates least from a linear one, in mean square
    over $\omega$.

    Args:
        scales: J >= 1; scale 1 is the finest.
        moments: N in 2..20, vanishing moments of the atoms.

    Raises:
        ValueError: if a number is out of its range, or `scales` too deep for the grid.

    Source: Daubechies, least asymmetric wavelets, undecimated; coefficients are those of the
    stationary wavelet transform "symN" but for a shift and the sign of the details
    (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> frame = wi.frames.Symlets(scales=1, moments=4)
    >>> frame.finite_taps(1).output_atom.round(4).tolist()
    [-0.0536, -0.021, 0.3519, 0.5683, 0.2106, -0.0702, -0.0089, 0.0228]
    """

    scales: int = eqx.field(static=True)
    moments: int = eqx.field(static=True)

    def __init__(self, scales: int, moments: int = 4):
        self.scales = check_integer("Symlets", "scales", scales)
        check_order("Symlets", "moments", moments, 2, _MOST_MOMENTS)
        self.moments = int(moments)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        return a_trous_bank(self, _symlets(self.moments), self.scales, grid, dtype)

    def finite_taps(self, ndim: int) -> FiniteTaps:
        """The taps in `ndim` dimensions."""
        return a_trous_taps(self, _symlets(self.moments), self.scales, ndim)


def daubechies_low(moments: int) -> list[Any]:
    """Taps of the low mask in extended precision."""
    factors = [phase_factor(zeros_inside(group)) for group in root_groups(moments)]
    return product_of([low_pass(moments), *factors])


def symlet_low(moments: int) -> list[Any]:
    """Taps of the low mask in extended precision."""
    zeros = [zeros_inside(group) for group in root_groups(moments)]
    factors = [
        phase_factor(own) if sign > 0 else phase_factor(own)[::-1]
        for own, sign in zip(zeros, least_asymmetric(zeros))
    ]
    taps = product_of([low_pass(moments), *factors])
    middle = sum((2 * m - len(taps) + 1) * tap**2 for m, tap in enumerate(taps))
    return taps[::-1] if (middle < 0) != (moments in _EARLY) else taps


def least_asymmetric(zeros: list[list[Any]]) -> tuple[int, ...]:
    r"""The sign of each group of zeros with the least mean square deviation of the phase.

    Beyond a linear phase the factor of a group g contributes, for $\theta = 2\pi\omega$,
    $s_g \sum_{z \in g} \arg(1 - z e^{-i\theta}) = s_g \sum_n \sum_z z^n \sin(n\theta) / n$, with $s_g = -1$
    where the inverses of the zeros are taken. So the mean square over the circle is the form
    $\frac12 \sum_{g,g'} s_g s_{g'} \sum_{z \in g, z' \in g'} \mathrm{Li}_2(z z')$.
    """
    points = [np.array([complex(z) for z in own]) for own in zeros]
    # spence(1 - x) is the dilogarithm of x.
    form = np.array(
        [[spence(1 - np.multiply.outer(a, b)).real.sum() for b in points] for a in points]
    )
    # The reversed filter has all signs changed: the first one may be fixed.
    signs = np.array([(1, *s) for s in itertools.product((1, -1), repeat=len(points) - 1)])
    deviations = np.einsum("ci,ij,cj->c", signs, form, signs) / 2
    return tuple(int(s) for s in signs[np.argmin(deviations)])


@functools.cache
def _daubechies(moments: int) -> Masks:
    low = daubechies_low(moments)
    return Masks(rounded(low), (rounded(mirrored(low)),))


@functools.cache
def _symlets(moments: int) -> Masks:
    low = symlet_low(moments)
    return Masks(rounded(low), (rounded(mirrored(low)),))
