"""Figures of features: maps per depth, energy per depth."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from wiatowski.features import Features
from wiatowski.plot.canvas import (
    COLOURS,
    central_slice,
    figure,
    image,
    is_signed,
    legend,
    line_axes,
)

__all__ = ["energies", "feature_maps", "strongest_paths"]


def strongest_paths(features: Features, depth: int, count: int) -> list[int]:
    """Rows of the `count` maps of largest energy at one depth, strongest first."""
    maps = np.asarray(features[depth])
    energy = np.sum(np.abs(maps.reshape(len(maps), -1)) ** 2, axis=1)
    return [int(i) for i in np.argsort(-energy, kind="stable")[:count]]


def feature_maps(features: Features, count: int = 5) -> Figure:
    r"""The strongest feature maps $U[q]f * \chi_n$ of every depth, named by their paths q.

    One row per depth, maps sorted by energy; each map has its own scale, since energies differ
    by orders of magnitude, and says its share of the energy of its depth. 1-D maps are curves,
    3-D ones are cut in the middle; complex maps show their modulus.

    Args:
        features: of one signal.
        count: maps per depth.

    Returns:
        A figure.

    Source: utility.
    """
    depths, ndim = len(features), features.grids[0].ndim
    widest = max(min(count, len(a)) for a in features.arrays)
    lines = [max(1, depth) for depth in range(depths)]
    heights = [1.55 + 0.17 * n for n in lines]
    canvas, axes = figure(
        max(5.0, 1.95 * widest), sum(heights), depths, widest, height_ratios=heights
    )
    for depth, row in enumerate(axes):
        maps = np.asarray(features[depth])
        energy = np.sum(np.abs(maps.reshape(len(maps), -1)) ** 2, axis=1)
        total = float(energy.sum())
        chosen = strongest_paths(features, depth, count)
        for column, plot in enumerate(row):
            if column >= len(chosen):
                plot.set_axis_off()
                continue
            index = chosen[column]
            _draw_map(plot, maps[index], ndim)
            name = "\n".join(features.paths[depth][index]) or "the signal, smoothed"
            share = f"{energy[index] / total:.1%}" if total > 0 else "zero"
            plot.set_title(f"{name}\n{share}", fontsize=8)
        row[0].set_ylabel(
            f"depth {depth}\n{len(maps)} map{'s' * (len(maps) > 1)}",
            rotation=0,
            ha="right",
            va="center",
        )
    return canvas


def energies(
    features: np.ndarray, propagated: np.ndarray, signal_energy: float | None = None
) -> Figure:
    r"""Energy per depth: of the features $|||\Phi^n(f)|||^2$ and of the maps $W_n(f)$, as shares.

    Args:
        features: (D + 1,), `Features.energies()`, summed over channels if there are several.
        propagated: (D + 1,), `Trace.propagated_energies()`.
        signal_energy: ||f||^2; by default $W_0$.

    Returns:
        A figure.

    Source: utility.
    """
    features, propagated = np.asarray(features, float), np.asarray(propagated, float)
    whole = float(propagated[0] if signal_energy is None else signal_energy) or 1.0
    canvas, ((axes,),) = figure(6.5, 3.3)
    depth = np.arange(len(features))
    above = propagated >= features
    for values, over, name, colour, marker in (
        (propagated, above, r"still travelling: $W_n(f)\,/\,\|f\|^2$", COLOURS["bound"], "s"),
        (features, ~above, r"put out: $|||\Phi^n(f)|||^2\,/\,\|f\|^2$", COLOURS["measured"], "o"),
    ):
        shares = np.where(values > 0, values / whole, np.nan)
        axes.plot(depth, shares, color=colour, marker=marker, lw=1.6, ms=6, label=name)
        for x, y, higher in zip(depth, shares, over):
            if np.isfinite(y):
                axes.annotate(
                    f"{y:.2g}",
                    (x, y),
                    xytext=(0, 7 if higher else -14),
                    textcoords="offset points",
                    ha="center",
                    fontsize=9,
                    color=colour,
                )
    axes.set_yscale("log")
    axes.margins(0.08, 0.16)
    axes.set_xticks(depth)
    line_axes(axes, "depth n", r"share of $\|f\|^2$")
    legend(axes, loc="best")
    return canvas


def _draw_map(axes, values: np.ndarray, ndim: int) -> None:
    if np.iscomplexobj(values):
        values = np.abs(values)
    if ndim == 1:
        axes.plot(values, color=COLOURS["measured"], lw=1.2)
        return
    image(axes, central_slice(values, ndim), signed=is_signed(values))
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
