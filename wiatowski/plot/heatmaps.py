"""Figures of explanations: heatmaps over a photo, gradients of a signal around grey."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

from wiatowski.plot.canvas import SIGNED, colour_bar, figure, symmetric_limit

__all__ = ["overlay", "panel"]

_SIDE = 2.0  # inches of one picture of a panel
_HARDLY_ANY = 0.5  # per cent of a gradient's values, which are cut off so that the others are seen


def overlay(photo: Any, heatmap: Any, title: str = "") -> Figure:
    """A heatmap over a grey photo: red for the class, blue against it, clear where the map vanishes.

    Args:
        photo: (H, W, 3) or (H, W), from 0 to 255, as the network sees it: `Preprocessing.cropped`.
        heatmap: on any grid over the photo, such as `explain.grad_cam(..., signed=True)`.
        title: such as the method and the class.

    Returns:
        A figure, whose colour bar has the heatmap's own values.

    Raises:
        ValueError: for other shapes, or NaN or infinite values.

    Source: utility.
    """
    photo, heatmap = _photo("overlay", photo), _map("overlay", title, heatmap)
    if heatmap.ndim != 2:
        raise ValueError(
            f"plot.overlay: a heatmap has shape (rows, columns), not {heatmap.shape}; plot.panel draws "
            "gradients of a signal, and several maps."
        )
    canvas, ((axes,),) = figure(4.3, 3.5, layout="compressed")
    colour_bar(axes, _heatmap(axes, photo, heatmap), "evidence for the class")
    axes.set_title(title)
    return canvas


def panel(photo: Any, maps: Mapping[str, Any], title: str = "", columns: int = 5) -> Figure:
    """A photo and what every method says of it, each map over its own largest modulus.

    Args:
        photo: (H, W, 3) or (H, W), from 0 to 255, as the network sees it: `Preprocessing.cropped`.
        maps: by title, a heatmap (rows, columns), drawn as `overlay` does, or a gradient of the signal,
            (channels, H, W), red first: grey where it vanishes, three channels in colour, others summed.
        title: of the figure.
        columns: pictures in a row.

    Returns:
        A figure.

    Raises:
        ValueError: for other shapes, NaN or infinite values, or no map.

    Source: utility.
    """
    photo = _photo("panel", photo)
    checked = {name: _map("panel", name, values) for name, values in maps.items()}
    for name, values in checked.items():
        if values.ndim == 3 and values.shape[1:] != photo.shape[:2]:
            raise ValueError(
                f"plot.panel: the map {name!r} has shape {values.shape}, but a gradient is (channels, H, W) as the "
                f"photo of {photo.shape[:2]}; give one class at a time."
            )
    if not checked or columns < 1:
        raise ValueError("plot.panel: at least one map and one column are needed.")
    columns = min(columns, 1 + len(checked))
    rows = math.ceil((1 + len(checked)) / columns)
    size = (_SIDE * columns + 0.8, (_SIDE + 0.32) * rows + 0.35 * bool(title))
    canvas, axes = figure(*size, rows, columns, layout="compressed")
    for unused in axes.flat:
        unused.set_axis_off()
    first, *others = axes.flat
    _picture(first, photo)
    first.set_title("photo")
    for place, (name, values) in zip(others, checked.items()):
        if values.ndim == 2:
            _heatmap(place, photo, values / symmetric_limit(values))
        else:
            _picture(place, _around_grey(values))
        place.set_title(name)
    if any(values.ndim == 2 for values in checked.values()):
        lowest = (
            -1 if any(values.ndim == 2 and values.min() < 0 for values in checked.values()) else 0
        )
        _shared_bar(canvas, axes, lowest)
    canvas.suptitle(title)
    return canvas


def _clear_in_the_middle() -> ListedColormap:
    """The map for signed values, the clearer the nearer to zero."""
    share = np.linspace(-1, 1, 511)
    table = matplotlib.colormaps[SIGNED]((1 + share) / 2)
    table[:, 3] = 0.85 * np.abs(share) ** 0.7
    return ListedColormap(table)


_EVIDENCE = _clear_in_the_middle()


def _heatmap(axes: Axes, photo: np.ndarray, values: np.ndarray):
    """Over the luminance of the photo, lightened; every sample lies in the middle of its cell."""
    grey = photo if photo.ndim == 2 else photo @ np.array([0.299, 0.587, 0.114])
    _picture(axes, 0.3 + 0.7 * grey)
    height, width = photo.shape[:2]
    limit = symmetric_limit(values)
    return axes.imshow(
        values,
        cmap=_EVIDENCE,
        vmin=-limit,
        vmax=limit,
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
        interpolation="bilinear",
        interpolation_stage="data",
    )


def _picture(axes: Axes, pixels: np.ndarray) -> None:
    axes.set_axis_off()
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="antialiased")


def _around_grey(gradient: np.ndarray) -> np.ndarray:
    values = np.moveaxis(gradient, 0, -1) if len(gradient) == 3 else gradient.sum(axis=0)
    limit = symmetric_limit(np.percentile(np.abs(values), 100 - _HARDLY_ANY))
    return np.clip((1 + values / limit) / 2, 0, 1)


def _shared_bar(canvas: Figure, axes: np.ndarray, lowest: int) -> None:
    """From the lowest share on: half of the map would mean nothing where no map is negative."""
    shown = ListedColormap(_EVIDENCE(np.linspace((1 + lowest) / 2, 1, 256)))
    scale = ScalarMappable(Normalize(lowest, 1), shown)
    bar = canvas.colorbar(scale, ax=axes, fraction=0.02, pad=0.015, aspect=30)
    bar.set_label("relative evidence")
    bar.outline.set_visible(False)


def _photo(call: str, photo: Any) -> np.ndarray:
    """From 0 to 1."""
    pixels = np.asarray(photo, float)
    if 0 in pixels.shape or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)):
        raise ValueError(
            f"plot.{call}: a photo has shape (H, W, 3), or (H, W) if it is grey, not {pixels.shape}; give "
            "the pixels, from 0 to 255, and not the network's input."
        )
    if not (np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 255):
        raise ValueError(
            f"plot.{call}: a photo's values lie between 0 and 255; give the pixels (for one of a network's "
            "input, `network.preprocessing.cropped(photo, size)`)."
        )
    if pixels.max() <= 1 and np.any(pixels % 1):
        raise ValueError(
            f"plot.{call}: a photo's values lie between 0 and 255, but these between 0 and 1; give 255 * photo."
        )
    return pixels / 255


def _map(call: str, name: str, values: Any) -> np.ndarray:
    values = np.asarray(values, float)
    if values.ndim not in (2, 3) or 0 in values.shape:
        raise ValueError(
            f"plot.{call}: the map {name!r} has shape {values.shape}, but a heatmap is (rows, columns) and a "
            "gradient (channels, H, W); give one signal and one class at a time."
        )
    if not np.isfinite(values).all():
        raise ValueError(f"plot.{call}: the map {name!r} holds NaN or infinite values.")
    return values
