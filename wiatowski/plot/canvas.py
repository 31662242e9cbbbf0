"""What all figures share: colours, sizes, one way to draw an array of numbers."""

from __future__ import annotations

from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from wiatowski.frames.filter_bank import FilterBank

__all__ = [
    "COLOURS",
    "MAGNITUDE",
    "central_slice",
    "check_scalar",
    "colour_bar",
    "figure",
    "image",
    "is_signed",
    "legend",
    "line_axes",
    "name_frequencies",
    "symmetric_limit",
]

#: Okabe & Ito's colours, told apart by colour-blind readers; one meaning each throughout.
COLOURS = {
    "measured": "#0072B2",
    "bound": "#D55E00",
    "second bound": "#009E73",
    "invalid bound": "#CC79A7",
    "neutral": "#4D4D4D",
    "lower": "#56B4E9",
    "upper": "#E69F00",
}
#: Magnitudes run through one hue order, signed values around white; both survive colour blindness.
MAGNITUDE, SIGNED = "viridis", "RdBu_r"

_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.labelsize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}


def figure(
    width: float,
    height: float,
    rows: int = 1,
    columns: int = 1,
    layout: Literal["constrained", "compressed"] = "constrained",
    **ratios,
) -> tuple[Figure, np.ndarray]:
    """A figure in inches and its axes, shape (rows, columns), in the package's style.

    "compressed" suits single images, whose sides have a fixed ratio.
    """
    with matplotlib.rc_context(_STYLE):
        canvas = Figure(figsize=(width, height), layout=layout)
        axes = canvas.subplots(rows, columns, squeeze=False, gridspec_kw=ratios or None)
    return canvas, axes


def image(
    axes: Axes,
    values: np.ndarray,
    signed: bool = False,
    extent: tuple[float, float, float, float] | None = None,
    origin: Literal["upper", "lower"] = "upper",
    vmin: float | None = None,
    vmax: float | None = None,
    cmap: Colormap | str | None = None,
) -> AxesImage:
    """An array as an image; signed values are centred on white."""
    if signed and vmax is None:
        vmax = symmetric_limit(values)
        vmin = -vmax
    axes.grid(False)
    return axes.imshow(
        values,
        interpolation="nearest",
        extent=extent,
        origin=origin,
        vmin=vmin,
        vmax=vmax,
        cmap=cmap or (SIGNED if signed else MAGNITUDE),
    )


def is_signed(values: np.ndarray) -> bool:
    """Whether both signs matter: ripples below zero of a map of magnitudes do not."""
    lowest, highest = float(values.min()), float(values.max())
    return min(-lowest, highest) > 0.2 * max(-lowest, highest)


def colour_bar(axes: Axes, mappable, label: str) -> None:
    """A colour bar beside the axes, named."""
    bar = axes.figure.colorbar(mappable, ax=axes, fraction=0.046, pad=0.03)
    bar.set_label(label)
    # Short tick labels: long ones push the axis labels out of a small figure.
    bar.ax.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3), useMathText=True)
    bar.ax.locator_params(axis="y", nbins=6)
    bar.ax.tick_params(labelsize=9)
    bar.outline.set_visible(False)


def symmetric_limit(values: np.ndarray) -> float:
    """The largest modulus, or 1 for zeros."""
    limit = float(np.max(np.abs(values), initial=0.0))
    return limit if limit > 0 else 1.0


def line_axes(axes: Axes, x_label: str, y_label: str) -> None:
    """Name both axes and frame nothing but them."""
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)


def name_frequencies(axes: Axes, ndim: int) -> None:
    """Name both axes of a plane of frequencies: the trailing two of `ndim`."""
    x_label, y_label = (rf"$\omega_{axis}$ (cycles per unit)" for axis in (ndim, ndim - 1))
    line_axes(axes, x_label, y_label)


def legend(axes: Axes, **options) -> None:
    """A legend without a frame."""
    axes.legend(**({"fontsize": 9, "frameon": False, "loc": "best"} | options))


def check_scalar(bank, call: str) -> None:
    """Raise unless the bank's atoms are scalar functions of frequency."""
    if not isinstance(bank, FilterBank):
        raise TypeError(
            f"plot.{call}: expected a FilterBank, not {type(bank).__name__}; see plot.singular_values "
            "for a MatrixBank."
        )


def central_slice(values: np.ndarray, ndim: int) -> np.ndarray:
    """Up to two axes of the trailing `ndim`: a 3-D array is cut in the middle of its first one."""
    if ndim < 3:
        return values
    return np.take(values, values.shape[-3] // 2, axis=-3)
