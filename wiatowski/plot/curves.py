"""A figure of measured curves and the bounds they must stay below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from wiatowski.plot.canvas import COLOURS, figure, legend, line_axes

__all__ = ["Curve", "curves"]


class Curve(NamedTuple):
    """One curve: `role` is a key of `wiatowski.plot.canvas.COLOURS` and sets its colour.

    `line` is a matplotlib line style; solid curves carry markers, since they were measured.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    role: str = "measured"
    line: str = "-"


def curves(
    panels: Sequence[tuple[str, Sequence[Curve]]],
    x_label: str,
    y_label: str,
    x_log: bool = False,
    y_log: bool = True,
    x_whole: bool = False,
) -> Figure:
    """Curves side by side on shared axes, one panel per title.

    Zeros and values that are not finite are left out on a logarithmic axis.

    Args:
        panels: pairs of a title and its curves.
        x_label: with its unit.
        y_label: with its unit.
        x_log: logarithmic x axis, ticks at the values of x.
        y_log: logarithmic y axis.
        x_whole: ticks only at the values of x.

    Returns:
        A figure.

    Raises:
        ValueError: if there is no panel, or a curve's x and y differ in length.

    Source: utility.
    """
    if not panels:
        raise ValueError("curves: no panel to draw; give at least one pair (title, curves).")
    canvas, (row,) = figure(max(6.2, 4.9 * len(panels)), 3.9, columns=len(panels))
    for axes, (title, group) in zip(row, panels):
        if axes is not row[0]:
            axes.sharey(row[0])
            axes.tick_params(labelleft=False)
        for curve in group:
            x, y = np.asarray(curve.x, float), np.asarray(curve.y, float)
            if x.shape != y.shape:
                raise ValueError(
                    f"curves: {curve.name!r} has {x.size} positions but {y.size} values."
                )
            if y_log:
                y = np.where(y > 0, y, np.nan)
            axes.plot(
                x,
                y,
                color=COLOURS[curve.role],
                marker="o" if curve.line == "-" else None,
                ms=5,
                lw=1.8,
                ls=curve.line,
                label=curve.name,
            )
        if x_log:
            axes.set_xscale("log", base=2)
        if y_log:
            axes.set_yscale("log")
        if x_log or x_whole:
            ticks = sorted({float(v) for curve in group for v in curve.x})
            axes.set_xticks(ticks, [f"{v:g}" for v in ticks])
            axes.minorticks_off()
        if not y_log:
            axes.set_ylim(bottom=0)
        axes.set_title(title)
        line_axes(axes, x_label, y_label if axes is row[0] else "")
        # Below the axes, so that no curve runs through it.
        legend(axes, loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=9)
    return canvas
