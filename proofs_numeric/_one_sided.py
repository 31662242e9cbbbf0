"""Filters on one side of the spectrum: what the decay of energy under a modulus needs."""

from __future__ import annotations

import itertools

import numpy as np

import wiatowski as wi

__all__ = ["blocks", "octaves", "one_sided"]


def one_sided(bank: wi.FilterBank) -> wi.FilterBank:
    """A one-dimensional bank with each atom split at frequency zero: the same Littlewood-Paley sum.

    Args:
        bank: on a grid of odd size, which has no Nyquist bin.
    """
    (size,) = bank.grid.shape
    k = np.fft.fftfreq(size)
    atoms = np.asarray(bank.atoms_hat)
    halves = [atom * side for atom in atoms for side in (k > 0, k < 0)]
    kept = np.stack([half for half in halves if np.any(half)])
    return wi.FilterBank(kept, np.asarray(bank.output_atom_hat), bank.grid)


def blocks(grid: wi.Grid, gap: int, width: int) -> wi.FilterBank:
    """Weyl-Heisenberg filters: blocks of `width` bins beyond a low-pass of the bins |k| < gap."""
    (size,) = grid.shape
    edges = [*list(range(gap, size // 2 + 1, width)), size // 2 + 1]
    return _intervals(grid, gap, edges)


def octaves(grid: wi.Grid, gap: int, ratio: float) -> wi.FilterBank:
    """Wavelets: intervals whose ends have that ratio, beyond a low-pass of the bins |k| < gap."""
    (size,) = grid.shape
    edges = [gap]
    while edges[-1] < size // 2 + 1:
        edges.append(min(max(edges[-1] + 1, round(edges[-1] * ratio)), size // 2 + 1))
    return _intervals(grid, gap, edges)


def _intervals(grid: wi.Grid, gap: int, edges: list[int]) -> wi.FilterBank:
    k = np.fft.fftfreq(grid.shape[0], 1 / grid.shape[0]).round()
    atoms = [
        (low <= side * k) & (side * k < high)
        for low, high in itertools.pairwise(edges)
        for side in (1, -1)
    ]
    return wi.FilterBank(np.array(atoms, float), (np.abs(k) < gap) * 1.0, grid)
