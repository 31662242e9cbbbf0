"""Tensor Meyer wavelets in one to three dimensions."""

from __future__ import annotations

import itertools

import equinox as eqx
import numpy as np

from wiatowski._profiles import ladder_low_pass
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, check_count, check_scales, sampled_bank
from wiatowski.grid import Grid

__all__ = ["Meyer"]


class Meyer(Frame):
    r"""Undecimated tensor Meyer wavelets: a Parseval frame of real, band-limited atoms.

    With $H_j(\omega) = h^2(2^j \omega)$ (one up to $2^{-j}/3$, zero from $2^{-j}/2$) and
    $W_j = H_{j-1} - H_j$, scale $j$ has the $2^d - 1$ atoms
    $|\hat g|^2 = \prod_{i \in e} W_j(\omega_i) \prod_{i \notin e} H_j(\omega_i)$ over the non-empty
    sets of axes $e$. Output atom $\prod H_J(\omega_i)$, residual $1 - \prod H_0(\omega_i)$.

    Args:
        scales: J >= 1; scale 1 is the finest.

    Raises:
        ValueError: if `scales` is no positive integer, or too deep for the grid.

    Source: Meyer's wavelet with Daubechies' auxiliary polynomial, as an undecimated partition of
    unity (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.Meyer(scales=2).on(wi.Grid((32, 32)))
    >>> len(bank), bank.real
    (7, True)
    """

    scales: int = eqx.field(static=True)

    def __init__(self, scales: int):
        check_count("Meyer", "scales", scales)
        self.scales = int(scales)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        check_scales(self, self.scales, grid)
        omega = grid.frequencies()
        rungs = [[ladder_low_pass(w, j) for w in omega] for j in range(self.scales + 1)]
        atoms = {}
        for j in range(1, self.scales + 1):
            for kinds in itertools.product("LH", repeat=grid.ndim):
                if "H" in kinds:
                    parts = (
                        rungs[j][i] if kind == "L" else rungs[j - 1][i] - rungs[j][i]
                        for i, kind in enumerate(kinds)
                    )
                    label = f"scale={j}" + (f",axes={''.join(kinds)}" if grid.ndim > 1 else "")
                    atoms[label] = np.sqrt(_product(parts))
        low_pass = np.sqrt(_product(rungs[self.scales]))
        residual = np.sqrt(1 - _product(rungs[0]))
        return sampled_bank(self, grid, atoms, low_pass, residual, dtype)


def _product(factors) -> np.ndarray:
    total = np.ones(())
    for factor in factors:
        total = total * factor
    return total
