"""Second-generation curvelets as an undecimated partition of the frequency plane."""

from __future__ import annotations

import equinox as eqx

from wiatowski._integers import check_integer
from wiatowski.frames.alpha_molecules import Angle, Corona, MoleculeShape, molecules
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame
from wiatowski.frames.ladders import MeyerLadder
from wiatowski.frames.nyquist import Nyquist, checked_nyquist
from wiatowski.grid import Grid

__all__ = ["Curvelets"]


class Curvelets(Frame):
    r"""Curvelets: coronae cut into wedges whose number doubles at every other finer scale.

    $|\hat g_{j,l}(\omega)|^2 = W_j(\omega) V_{j,l}^2(\theta)$ with the square corona
    $W_j = \prod_i H_{j-1}(\omega_i) - \prod_i H_j(\omega_i)$ and $M_j = M_J 2^{\lceil (J-j)/2 \rceil}$
    angular windows over half a turn (each wedge and its mirror image, so the atoms are real).
    Output atom $\prod H_J$, one isotropic residual $1 - \prod H_0$. Parseval on every grid shape.
    `AlphaMolecules` with $\alpha = \frac12$, the polar angle and Meyer's ladder.

    Args:
        scales: J >= 1; scale 1 is the finest.
        orientations: wedges over half a turn at the coarsest scale, $M_J$.
        one_sided: wedges without their mirror images: complex atoms, twice as many.
        nyquist: who covers the highest frequencies, see `Nyquist`.

    Raises:
        ValueError: if a count is no positive integer, the grid is not 2-D, `scales` is too deep, or
            there are more orientations than the grid resolves.

    Source: Candes & Donoho; Candes, Demanet, Donoho & Ying (parabolic scaling); undecimated, so
    not coefficient-compatible with CurveLab (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.Curvelets(scales=3).on(wi.Grid((64, 48)))
    >>> len(bank), abs(float(bank.frame_bounds().upper) - 1) < 1e-5
    (21, True)
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
        self.scales = check_integer("Curvelets", "scales", scales)
        self.orientations = check_integer("Curvelets", "orientations", orientations)
        self.one_sided, self.nyquist = bool(one_sided), checked_nyquist("Curvelets", nyquist)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of two axes."""
        shape = MoleculeShape(
            self.scales,
            self.orientations,
            0.5,
            Angle.POLAR,
            Corona.SQUARE,
            self.one_sided,
            self.nyquist,
        )
        return molecules(self, shape, MeyerLadder(), grid, dtype)
