"""Tensor wavelets in one to three dimensions, from any ladder."""

from __future__ import annotations

import itertools

import equinox as eqx

from wiatowski._integers import check_integer
from wiatowski._profiles import product, union
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, check_scales, sampled_bank
from wiatowski.frames.ladders import (
    AbstractLadder,
    MeyerLadder,
    ShannonLadder,
    SimoncelliLadder,
    checked_ladder,
    rungs,
)
from wiatowski.frames.nyquist import Nyquist, checked_nyquist
from wiatowski.grid import Grid

__all__ = ["Meyer", "Shannon", "Simoncelli", "TensorWavelets"]


class TensorWavelets(Frame):
    r"""Undecimated tensor wavelets of a ladder: a Parseval frame of real, band-limited atoms.

    With $H_j(\omega) = h^2(2^j \omega)$ and $W_j = H_{j-1} - H_j$, scale $j$ has the $2^d - 1$ atoms
    $|\hat g|^2 = \prod_{i \in e} W_j(\omega_i) \prod_{i \notin e} H_j(\omega_i)$ over the non-empty
    sets of axes $e$. Output atom $\prod H_J(\omega_i)$, residual $1 - \prod H_0(\omega_i)$.

    Args:
        scales: J >= 1; scale 1 is the finest.
        ladder: the profile h, by default Meyer's.
        nyquist: who covers the highest frequencies, see `Nyquist`.

    Raises:
        ValueError: if `scales` is no positive integer, or too deep for the grid.

    Source: Meyer, Shannon and Simoncelli wavelets as one undecimated partition of unity
    (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> frame = wi.frames.TensorWavelets(scales=2, ladder=wi.frames.MeyerLadder(passes=0.3))
    >>> len(frame.on(wi.Grid((33, 47))))
    7
    """

    scales: int = eqx.field(static=True)
    ladder: AbstractLadder = eqx.field(static=True)
    nyquist: Nyquist = eqx.field(static=True)

    def __init__(
        self,
        scales: int,
        ladder: AbstractLadder | None = None,
        nyquist: Nyquist | str = Nyquist.RESIDUAL,
    ):
        self.scales = check_integer("TensorWavelets", "scales", scales)
        self.ladder = checked_ladder("TensorWavelets", MeyerLadder() if ladder is None else ladder)
        self.nyquist = checked_nyquist("TensorWavelets", nyquist)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        return _tensor_bank(self, self.ladder, grid, dtype)


class Meyer(Frame):
    r"""Tensor Meyer wavelets: `TensorWavelets` with `MeyerLadder()`, smooth in frequency.

    Args:
        scales: J >= 1; scale 1 is the finest.
        nyquist: who covers the highest frequencies, see `Nyquist`.

    Raises:
        ValueError: if `scales` is no positive integer, or too deep for the grid.

    Source: Meyer's wavelet with Daubechies' auxiliary polynomial, undecimated
    (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.Meyer(scales=2).on(wi.Grid((32, 32)))
    >>> len(bank), bank.real
    (7, True)
    """

    scales: int = eqx.field(static=True)
    nyquist: Nyquist = eqx.field(static=True)

    def __init__(self, scales: int, nyquist: Nyquist | str = Nyquist.RESIDUAL):
        self.scales = check_integer("Meyer", "scales", scales)
        self.nyquist = checked_nyquist("Meyer", nyquist)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        return _tensor_bank(self, MeyerLadder(), grid, dtype)


class Shannon(Frame):
    r"""Tensor Shannon wavelets: `TensorWavelets` with `ShannonLadder()`, indicators of bands.

    Args:
        scales: J >= 1; scale 1 is the finest.
        nyquist: who covers the highest frequencies, see `Nyquist`.

    Raises:
        ValueError: if `scales` is no positive integer, or too deep for the grid.

    Source: Shannon (Littlewood-Paley) wavelets, undecimated (`paper_notes.md`, frames).
    """

    scales: int = eqx.field(static=True)
    nyquist: Nyquist = eqx.field(static=True)

    def __init__(self, scales: int, nyquist: Nyquist | str = Nyquist.RESIDUAL):
        self.scales = check_integer("Shannon", "scales", scales)
        self.nyquist = checked_nyquist("Shannon", nyquist)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        return _tensor_bank(self, ShannonLadder(), grid, dtype)


class Simoncelli(Frame):
    r"""Tensor wavelets of Simoncelli's ladder, a cosine in log frequency.

    Args:
        scales: J >= 1; scale 1 is the finest.
        nyquist: who covers the highest frequencies, see `Nyquist`.

    Raises:
        ValueError: if `scales` is no positive integer, or too deep for the grid.

    Source: the radial profile of Portilla & Simoncelli 2000, as tensor wavelets
    (`paper_notes.md`, frames).
    """

    scales: int = eqx.field(static=True)
    nyquist: Nyquist = eqx.field(static=True)

    def __init__(self, scales: int, nyquist: Nyquist | str = Nyquist.RESIDUAL):
        self.scales = check_integer("Simoncelli", "scales", scales)
        self.nyquist = checked_nyquist("Simoncelli", nyquist)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        return _tensor_bank(self, SimoncelliLadder(), grid, dtype)


def _tensor_bank(frame, ladder: AbstractLadder, grid: Grid, dtype) -> FilterBank:
    check_scales(frame, frame.scales, grid)
    low, high = rungs(ladder, grid.frequencies(), frame.scales, frame.nyquist)
    atoms = {}
    for j in range(1, frame.scales + 1):
        if j == 1 and frame.nyquist is Nyquist.ISOTROPIC:
            atoms["scale=1"] = union(high[1])
            continue
        for kinds in itertools.product("LH", repeat=grid.ndim):
            if "H" in kinds:
                label = f"scale={j}" + (f",axes={''.join(kinds)}" if grid.ndim > 1 else "")
                atoms[label] = product(
                    low[j - 1][i] * high[j][i] if kind == "H" else low[j][i]
                    for i, kind in enumerate(kinds)
                )
    return sampled_bank(
        frame, grid, atoms, product(low[-1]), union(high[0]), dtype=dtype, real=True
    )
