"""Undecimated Haar wavelets in one to three dimensions."""

from __future__ import annotations

import itertools

import equinox as eqx
import numpy as np

from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, check_count, check_scales, sampled_bank
from wiatowski.grid import Grid

__all__ = ["Haar"]


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
        check_count("Haar", "scales", scales)
        self.scales = int(scales)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        check_scales(self, self.scales, grid)
        omega = grid.frequencies()
        inside = np.ones(())
        for w in omega:
            inside = inside * (np.abs(w) <= 0.5 * (1 + 1e-12))
        low = [np.ones_like(w, dtype=complex) for w in omega]
        atoms = {}
        for j in range(1, self.scales + 1):
            phases = [_unit_phase(w * 2.0 ** (j - 1)) for w in omega]
            high = [a * (1 - z) / 2 for a, z in zip(low, phases)]
            low = [a * (1 + z) / 2 for a, z in zip(low, phases)]
            for kinds in itertools.product("LH", repeat=grid.ndim):
                if "H" in kinds:
                    atom = inside
                    for axis, kind in enumerate(kinds):
                        atom = atom * (low[axis] if kind == "L" else high[axis])
                    label = f"scale={j}" + (f",axes={''.join(kinds)}" if grid.ndim > 1 else "")
                    atoms[label] = atom
        output_atom = inside
        for factor in low:
            output_atom = output_atom * factor
        return sampled_bank(self, grid, atoms, output_atom, 1.0 - inside, dtype=dtype)


def _unit_phase(turns: np.ndarray) -> np.ndarray:
    """exp(-2 pi i turns), exact at multiples of a quarter turn."""
    turns = turns - np.round(turns)
    z = np.exp(-2j * np.pi * turns)
    quarters = np.round(4 * turns)
    exact = (1.0 + 0j, -1j, -1.0 + 0j, 1j)
    for q, value in enumerate(exact):
        z = np.where((4 * turns == quarters) & (quarters % 4 == q), value, z)
    return z
