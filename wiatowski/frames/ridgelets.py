"""Ridgelets as an undecimated partition of the frequency plane."""

from __future__ import annotations

import equinox as eqx

from wiatowski._integers import check_integer
from wiatowski.frames.alpha_molecules import Angle, Corona, MoleculeShape, molecules
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame
from wiatowski.frames.ladders import MeyerLadder
from wiatowski.frames.nyquist import Nyquist, checked_nyquist
from wiatowski.grid import Grid

__all__ = ["Ridgelets"]


class Ridgelets(Frame):
    r"""Ridgelets: wedges whose number doubles at every finer scale, so that all are equally wide.

    $|\hat g_{j,l}(\omega)|^2 = W_j(\omega) V_{j,l}^2(x(\omega))$ with the square corona
    $W_j = \prod_i H_{j-1}(\omega_i) - \prod_i H_j(\omega_i)$ and $M_j = M_J 2^{J-j}$ windows
    $V_{j,l} = \cos(\frac{\pi}{2} v(|x - l|))$ in the slope $x$: every wedge is about $2^{-J}$ wide,
    so an atom of scale j is a ridge about $2^j$ thick and $2^J$ long. Output atom $\prod H_J$, one
    residual $1 - \prod H_0$. Parseval on every grid shape; real unless one-sided.
    `AlphaMolecules` with $\alpha = 0$, the slope and Meyer's ladder.

    Args:
        scales: J >= 1; scale 1 is the finest.
        orientations: wedges over half a turn at the coarsest scale, $M_J$.
        one_sided: wedges without their mirror images: complex atoms, twice as many.
        nyquist: who covers the highest frequencies, see `Nyquist`.

    Raises:
        ValueError: if a count is no positive integer, the grid is not 2-D, `scales` is too deep, or
            there are more orientations than the grid resolves.

    Source: Candes & Donoho's ridgelets as the Parseval frame of Grohs 2012 (windows in the slope,
    square coronae); undecimated (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.Ridgelets(scales=3).on(wi.Grid((64, 48)))
    >>> len(bank), bank.real
    (29, True)
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
        self.scales = check_integer("Ridgelets", "scales", scales)
        self.orientations = check_integer("Ridgelets", "orientations", orientations)
        self.one_sided, self.nyquist = bool(one_sided), checked_nyquist("Ridgelets", nyquist)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of two axes."""
        shape = MoleculeShape(
            self.scales,
            self.orientations,
            0.0,
            Angle.SLOPE,
            Corona.SQUARE,
            self.one_sided,
            self.nyquist,
        )
        return molecules(self, shape, MeyerLadder(), grid, dtype)
