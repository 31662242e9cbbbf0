"""How much energy the layers of a scattering transform keep, frequency by frequency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wiatowski._types import Array, is_concrete
from wiatowski.grid import Grid

__all__ = ["LayerReport", "LittlewoodPaleyReport"]


class LayerReport(NamedTuple):
    """Frame bounds of a layer for real maps, and frequencies (cycles per sample) that attain them."""

    lower: float
    upper: float
    lowest_at: tuple[float, ...]
    highest_at: tuple[float, ...]


class LittlewoodPaleyReport(NamedTuple):
    r"""Extremes A and B of each layer's sum $|\hat\phi|^2 + \sum_\lambda |\hat\psi_\lambda|^2$, symmetrised.

    $A \|u\|^2 \le \|u * \phi\|^2 + \sum_\lambda \|u * \psi_\lambda\|^2 \le B \|u\|^2$ for real maps u on all
    samples of the padded grid. Printed, it is a table.

    Source: utility; the Littlewood-Paley condition of Mallat 2012.

    >>> from wiatowski.scattering import Scattering1D
    >>> report = Scattering1D(J=3, shape=64).report()
    >>> len(report.layers), round(report.layers[0].upper, 3), report.layers[0].highest_at
    (2, 1.0, (0.0,))
    """

    layers: tuple[LayerReport, ...]

    def __str__(self) -> str:
        lines = ["layer  A         at                        B         at (cycles per sample)"]
        for number, layer in enumerate(self.layers, start=1):
            lowest, highest = _text(layer.lowest_at), _text(layer.highest_at)
            lines.append(
                f"{number:<5}  {layer.lower:<8.4g}  {lowest:<24}  {layer.upper:<8.4g}  {highest}"
            )
        return "\n".join(lines)


def report_of(call: str, sums: Sequence[Array], grid: Grid) -> LittlewoodPaleyReport:
    """The report of the sums of all layers, for real maps.

    Args:
        call: named in the message.
        sums: one per layer, of the grid's shape.
        grid: of the padded signals.

    Raises:
        ValueError: while the filters are traced.
    """
    if not is_concrete(*sums):
        raise ValueError(
            f"{call}.report: the filters are being traced; ask for the report outside of jit and "
            "grad, or use littlewood_paley(), which can be traced."
        )
    return LittlewoodPaleyReport(tuple(_layer(np.asarray(total), grid) for total in sums))


def _layer(total: np.ndarray, grid: Grid) -> LayerReport:
    places = []
    for flat in (total.argmin(), total.argmax()):
        index = np.unravel_index(flat, total.shape)
        axes = (np.fft.fftfreq(n, grid.spacing) for n in grid.shape)
        places.append(tuple(float(omega[i]) for omega, i in zip(axes, index)))
    return LayerReport(float(total.min()), float(total.max()), *places)


def _text(frequency: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{omega:.4g}" for omega in frequency) + ")"
