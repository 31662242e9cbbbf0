"""A figure of a bank whose atoms are matrices."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from wiatowski.frames.matrix_bank import MatrixBank
from wiatowski.plot.canvas import COLOURS, MAGNITUDE, figure, legend, line_axes

__all__ = ["singular_values"]


def singular_values(bank: MatrixBank) -> Figure:
    r"""Singular values of a convolution layer, output atom included, over the classes of frequencies.

    Per rank (largest first) their range on each ring $|\omega|$ = const; the squares lie between A
    and B. With a stride S and spacing h, a class is $\{\omega + j / (Sh)\}$, drawn at its $\omega$ nearest to 0.

    Args:
        bank: a matrix-valued bank.

    Returns:
        A figure.

    Raises:
        TypeError: for a bank of scalar atoms, see `littlewood_paley`.

    Source: utility.

    >>> import numpy as np, wiatowski as wi
    >>> taps = np.random.default_rng(0).standard_normal((4, 2, 3, 3))
    >>> bank = wi.frames.MatrixFilters(taps).on(wi.Grid((16, 16)))
    >>> wi.plot.singular_values(bank).axes[0].get_ylabel()
    'singular value'
    """
    if not isinstance(bank, MatrixBank):
        raise TypeError(
            f"plot.singular_values: expected a MatrixBank, not {type(bank).__name__}; see "
            "plot.littlewood_paley."
        )
    values = np.asarray(bank.singular_values())
    count = values.shape[-1]
    values = values.reshape(-1, count)
    # Samples of the maps lie `stride` samples of the signal apart.
    coarse, spacing = bank.maps_grid, bank.grid.spacing * bank.stride
    width = 1.0 / (min(coarse.shape) * spacing)
    norm = coarse.frequency_norm().ravel() / bank.stride
    _, ring = np.unique(np.rint(norm / width).astype(int), return_inverse=True)
    radius = np.bincount(ring, norm) / np.bincount(ring)
    smallest = np.full((len(radius), count), np.inf)
    largest = np.zeros((len(radius), count))
    np.minimum.at(smallest, ring, values)
    np.maximum.at(largest, ring, values)
    canvas, ((axes,),) = figure(6.4, 3.4)
    tones = colormaps[MAGNITUDE](np.linspace(0, 0.85, count))
    for i, colour in enumerate(tones):
        label = {0: "largest", count - 1: "smallest"}.get(i) if count > 1 else "the only one"
        axes.fill_between(radius, smallest[:, i], largest[:, i], color=colour, alpha=0.3, lw=0)
        axes.plot(radius, largest[:, i], color=colour, lw=1.4, label=label)
    for name, bound, role in (("B", values.max(), "upper"), ("A", values.min(), "neutral")):
        label = rf"$\sqrt{{{name}}}$ = {bound:.4g}"
        axes.axhline(bound, color=COLOURS[role], lw=1.4, ls="--", label=label)
    axes.set_ylim(0, 1.12 * float(values.max()) or 1.0)
    classes = f" modulo {1 / spacing:.3g}" if bank.stride > 1 else ""
    line_axes(axes, rf"$|\omega|${classes} (cycles per unit length)", "singular value")
    legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return canvas
