"""Directional wavelets: rotations of one band-limited wedge, the same number at every scale."""

from __future__ import annotations

import equinox as eqx

from wiatowski._integers import check_integer
from wiatowski.frames.alpha_molecules import Angle, Corona, MoleculeShape, molecules
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame
from wiatowski.frames.ladders import MeyerLadder
from wiatowski.frames.nyquist import Nyquist, checked_nyquist
from wiatowski.grid import Grid

__all__ = ["DirectionalWavelets"]


class DirectionalWavelets(Frame):
    r"""Directional wavelets: round coronae cut into the same number of wedges at every scale.

    $|\hat g_{j,l}(\omega)|^2 = W_j(\omega) V_l^2(\theta)$ with the round corona
    $W_j = H_{j-1}(|\omega|) - H_j(|\omega|)$ and M windows
    $V_l = \cos(\frac{\pi}{2} v(|\frac{M}{\pi} \theta - l|))$ over half a turn: on the plane, atoms are
    rotations and dilations of one. Output atom $H_J(|\omega|)$, one isotropic residual
    $1 - H_0(|\omega|)$. Parseval on every grid shape; real unless one-sided.
    `AlphaMolecules` with $\alpha = 1$, the polar angle, round coronae and Meyer's ladder.

    Args:
        scales: J >= 1; scale 1 is the finest.
        orientations: wedges M over half a turn at every scale.
        one_sided: wedges without their mirror images: complex atoms, twice as many.
        nyquist: who covers the highest frequencies, see `Nyquist`.

    Raises:
        ValueError: if a count is no positive integer, the grid is not 2-D, `scales` is too deep, or
            there are more orientations than the grid resolves.

    Source: Antoine, Murenzi & Vandergheynst's directional wavelets, here as a Parseval partition
    with Meyer's profiles (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.DirectionalWavelets(scales=2, orientations=6).on(wi.Grid((64, 48)))
    >>> len(bank), bank.real
    (13, True)
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
        self.scales = check_integer("DirectionalWavelets", "scales", scales)
        self.orientations = check_integer("DirectionalWavelets", "orientations", orientations)
        self.one_sided = bool(one_sided)
        self.nyquist = checked_nyquist("DirectionalWavelets", nyquist)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of two axes."""
        shape = MoleculeShape(
            self.scales,
            self.orientations,
            1.0,
            Angle.POLAR,
            Corona.ROUND,
            self.one_sided,
            self.nyquist,
        )
        return molecules(self, shape, MeyerLadder(), grid, dtype)
