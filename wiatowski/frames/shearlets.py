"""Shearlets in two and three dimensions."""

from __future__ import annotations

import equinox as eqx

from wiatowski._integers import check_integer
from wiatowski.frames.alpha_molecules import Angle, Corona, MoleculeShape, molecules
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, check_dimension
from wiatowski.frames.ladders import MeyerLadder
from wiatowski.frames.nyquist import Nyquist, checked_nyquist
from wiatowski.frames.shearlets_3d import pyramid_shearlets
from wiatowski.grid import Grid

__all__ = ["Shearlets"]


class Shearlets(Frame):
    r"""Shearlets: coronae cut by windows in the slope, which are shears of each other.

    $|\hat g_{j,l}(\omega)|^2 = W_j(\omega) V_{j,l}^2(\omega)$ with the square corona
    $W_j = \prod_i H_{j-1}(\omega_i) - \prod_i H_j(\omega_i)$; output atom $\prod H_J$, one residual
    $1 - \prod H_0$. With $M_j = M_J 2^{\lceil (J-j)/2 \rceil}$ and $n_j = M_j / 4$:

    2-D: $V_{j,l} = \cos(\frac{\pi}{2} v(|n_j s - l|))$, $s = \omega_2 / \omega_1$, in the cone
    $|s| \le 1$ and the same with the axes exchanged in the other one, M_j windows in all; the one
    on each seam is made of its halves. `AlphaMolecules` with $\alpha = \frac12$, the slope and
    Meyer's ladder.

    3-D: around each axis a pyramid with $(2 n_j + 1)^2$ windows
    $\cos(\frac{\pi}{2} v(|n_j s_1 - k_1|)) \cos(\frac{\pi}{2} v(|n_j s_2 - k_2|))$, $|k_i| \le n_j$, in
    the two slopes over that axis, all divided by the root of the sum of their squares over the
    three pyramids (which overlap next to their seams only).

    Parseval on every grid shape; real unless one-sided.

    Args:
        scales: J >= 1; scale 1 is the finest.
        orientations: $M_J$, a multiple of 4: wedges over half a turn at the coarsest scale in each
            plane of two axes.
        one_sided: wedges without their mirror images: complex atoms, twice as many (2-D).
        nyquist: who covers the highest frequencies, see `Nyquist`.

    Raises:
        ValueError: if a count is no positive integer, `orientations` no multiple of 4, the grid
            1-D, `one_sided` asked for in 3-D, `scales` too deep, or more orientations wanted than
            the grid resolves.

    Source: Guo & Labate's smooth Parseval shearlets (2-D, and pyramid-based 3-D); Haeuser & Steidl
    for the finite transform; undecimated (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> frame = wi.frames.Shearlets(scales=2)
    >>> len(frame.on(wi.Grid((64, 48)))), len(frame.on(wi.Grid((16, 15, 18))))
    (13, 103)
    """

    scales: int = eqx.field(static=True)
    orientations: int = eqx.field(static=True)
    one_sided: bool = eqx.field(static=True)
    nyquist: Nyquist = eqx.field(static=True)

    def __init__(
        self,
        scales: int,
        orientations: int = 4,
        one_sided: bool = False,
        nyquist: Nyquist | str = Nyquist.RESIDUAL,
    ):
        self.scales = check_integer("Shearlets", "scales", scales)
        self.orientations = check_integer("Shearlets", "orientations", orientations)
        if orientations % 4:
            nearest = max(4, 4 * round(orientations / 4))
            raise ValueError(
                f"Shearlets: orientations must be a multiple of 4, not {orientations}, so that each "
                f"seam between two cones is the centre of a wedge; use {nearest}, or "
                "AlphaMolecules for any number."
            )
        self.one_sided, self.nyquist = bool(one_sided), checked_nyquist("Shearlets", nyquist)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of two or three axes."""
        check_dimension(self, grid, (2, 3))
        shape = MoleculeShape(
            self.scales,
            self.orientations,
            0.5,
            Angle.SLOPE,
            Corona.SQUARE,
            self.one_sided,
            self.nyquist,
        )
        if grid.ndim == 2:
            return molecules(self, shape, MeyerLadder(), grid, dtype)
        if self.one_sided:
            raise ValueError(
                "Shearlets.on: one-sided shearlets exist in 2-D; leave out one_sided for a 3-D grid."
            )
        return pyramid_shearlets(self, shape, MeyerLadder(), grid, dtype)
