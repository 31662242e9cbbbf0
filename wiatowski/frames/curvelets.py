"""Second-generation curvelets as an undecimated partition of the frequency plane."""

from __future__ import annotations

import equinox as eqx
import numpy as np

from wiatowski._profiles import angular_window, ladder_low_pass
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import (
    Frame,
    check_count,
    check_dimension,
    check_scales,
    check_size,
    sampled_bank,
)
from wiatowski.grid import Grid

__all__ = ["Curvelets"]


class Curvelets(Frame):
    r"""Curvelets: coronae cut into wedges whose number doubles at every other finer scale.

    $|\hat g_{j,l}(\omega)|^2 = W_j(\omega) V_{j,l}^2(\theta)$ with the square corona
    $W_j = \prod_i H_{j-1}(\omega_i) - \prod_i H_j(\omega_i)$ and $M_j = M_J 2^{\lceil (J-j)/2 \rceil}$
    angular windows over half a turn (each wedge and its mirror image, so the atoms are real).
    Output atom $\prod H_J$, one isotropic residual $1 - \prod H_0$. Parseval on every grid shape.

    Args:
        scales: J >= 1; scale 1 is the finest.
        orientations: wedges at the coarsest scale, $M_J$.

    Raises:
        ValueError: if a count is no positive integer, the grid is not 2-D, or `scales` too deep.

    Source: Candes & Donoho; Candes, Demanet, Donoho & Ying (parabolic scaling); undecimated, so
    not coefficient-compatible with CurveLab (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.Curvelets(scales=3).on(wi.Grid((64, 48)))
    >>> len(bank), abs(float(bank.frame_bounds().upper) - 1) < 1e-5
    (21, True)
    """

    scales: int = eqx.field(static=True)
    orientations: int = eqx.field(static=True)

    def __init__(self, scales: int, orientations: int = 4):
        check_count("Curvelets", "scales", scales)
        check_count("Curvelets", "orientations", orientations)
        self.scales, self.orientations = int(scales), int(orientations)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of two axes."""
        check_dimension(self, grid, (2,))
        check_scales(self, self.scales, grid)
        check_size(self, self.orientations * self.scales, grid)
        x, y = grid.frequencies()
        lower = (y < 0) | ((y == 0) & (x < 0))  # opposite frequencies get the same angle, exactly
        half_turns = np.arctan2(np.where(lower, -y, y), np.where(lower, -x, x)) / np.pi
        rungs = [ladder_low_pass(x, j) * ladder_low_pass(y, j) for j in range(self.scales + 1)]
        atoms = {}
        for j in range(1, self.scales + 1):
            wedges = self.orientations * 2 ** (-(-(self.scales - j) // 2))
            corona = np.sqrt(rungs[j - 1] - rungs[j])
            for index in range(wedges):
                window = angular_window(half_turns, wedges, index)
                atoms[f"scale={j},wedge={index}"] = corona * window
        return sampled_bank(self, grid, atoms, np.sqrt(rungs[-1]), np.sqrt(1 - rungs[0]), dtype)
