"""Figures of single arrays: a signal, a displacement field."""

from __future__ import annotations

import math

import matplotlib
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from wiatowski.plot.canvas import (
    COLOURS,
    central_slice,
    colour_bar,
    figure,
    image,
    is_signed,
    legend,
    line_axes,
    symmetric_limit,
)

__all__ = ["displacement", "signal"]

_ARROWS_PER_AXIS = 16


def signal(values: np.ndarray, title: str = "") -> Figure:
    """A signal in one to three dimensions: curve, image, or central slice.

    Real and imaginary part of a complex curve; the modulus of a complex image. Real images that
    have both signs are drawn around white, others in one hue order.

    Args:
        values: real or complex, one to three axes.
        title: of the figure.

    Returns:
        A figure.

    Raises:
        ValueError: for an array of no or more than three axes.

    Source: utility.
    """
    values = np.asarray(values)
    if not 1 <= values.ndim <= 3:
        raise ValueError(
            f"signal: one to three axes can be drawn, but the shape is {values.shape}."
        )
    if values.ndim == 1:
        canvas, ((axes,),) = figure(5.2, 2.7)
        if np.iscomplexobj(values):
            axes.plot(np.real(values), color=COLOURS["measured"], lw=1.3, label="real part")
            axes.plot(np.imag(values), color=COLOURS["bound"], lw=1.3, label="imaginary part")
            legend(axes, loc="best")
        else:
            axes.plot(values, color=COLOURS["measured"], lw=1.3)
        line_axes(axes, "sample", "value")
    else:
        shown = central_slice(values, values.ndim)
        complex_values = np.iscomplexobj(shown)
        shown = np.abs(shown) if complex_values else shown
        signed = not complex_values and is_signed(shown)
        canvas, ((axes,),) = figure(3.2, 2.75, layout="compressed")
        drawn = image(axes, shown, signed=signed)
        colour_bar(axes, drawn, "modulus" if complex_values else "value")
        line_axes(axes, "column (samples)", "row (samples)")
    axes.set_title(title)
    return canvas


def displacement(tau: np.ndarray, title: str = "") -> Figure:
    r"""A displacement field $\tau$ in samples: a curve in 1-D, arrows over its length else.

    Arrows point along $\tau$, so they show where the sample at their foot is fetched *against*:
    $f(x - \tau(x))$. They are scaled for sight; the colour gives the length. In 3-D the in-plane
    components of the central slice.

    Args:
        tau: (d, N1, ..., Nd), d = 1, 2 or 3.
        title: of the figure.

    Returns:
        A figure.

    Raises:
        ValueError: if the leading axis is not the number of other axes.

    Source: utility.
    """
    tau = np.asarray(tau, float)
    if tau.ndim < 2 or tau.shape[0] != tau.ndim - 1 or tau.ndim > 4:
        raise ValueError(f"displacement: tau must have shape (d, N1, ..., Nd), not {tau.shape}.")
    ndim = tau.shape[0]
    if ndim == 1:
        canvas, ((axes,),) = figure(5.2, 2.7)
        axes.plot(tau[0], color=COLOURS["bound"], lw=1.3)
        line_axes(axes, "sample", r"displacement $\tau$ (samples)")
    else:
        length = central_slice(np.sqrt(np.sum(tau**2, axis=0)), ndim)
        plane = central_slice(tau[-2:], ndim)
        canvas, ((axes,),) = figure(3.2, 2.75, layout="compressed")
        # Only the light part of the map, so that arrows stand out.
        light = ListedColormap(matplotlib.colormaps["Blues"](np.linspace(0, 0.55, 128)))
        drawn = image(axes, length, cmap=light, vmin=0)
        colour_bar(axes, drawn, r"length $|\tau|$ (samples)")
        step = math.ceil(max(length.shape) / _ARROWS_PER_AXIS)
        rows, columns = (np.arange(step // 2, n, step) for n in length.shape)
        # Image rows run downwards, and so does the first component.
        axes.quiver(
            columns,
            rows,
            plane[1][np.ix_(rows, columns)],
            plane[0][np.ix_(rows, columns)],
            angles="xy",
            scale_units="xy",
            scale=symmetric_limit(length) / (0.9 * step),
            color=COLOURS["bound"],
            width=0.006,
        )
        line_axes(axes, "column (samples)", "row (samples)")
    axes.set_title(title)
    return canvas
