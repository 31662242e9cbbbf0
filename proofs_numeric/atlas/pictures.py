"""Pictures of a claim's worst case beside its smallest example, and figures of findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from wiatowski.plot.canvas import COLOURS, figure, legend, line_axes
from wiatowski.report.markup import picture
from wiatowski.report.panels import worst_case

__all__ = ["Pair", "pairs", "series"]

_ROLES = {"signal": "the signal", "other": "the second signal", "displacement": "the displacement"}
_TONES = ("measured", "bound", "second bound", "invalid bound", "neutral", "upper", "lower")
_MARKERS = "osD^vPX"
_LINES = ("-", "--", "-.", ":")
#: More points than this make a line by themselves.
_MARKED = 40
#: A figure whose values span more than this factor is read on a logarithmic axis.
_SPAN = 300.0


class Pair(NamedTuple):
    """One array of the worst case: as it was found, and simplified."""

    given: Markup | None
    smallest: Markup | None


def pairs(worst: dict[str, Any] | None, arrays: dict[str, np.ndarray]) -> list[Pair]:
    """Signal, other signal and displacement of a worst case; what cannot be drawn is left out."""
    if worst is None:
        return []
    given = worst.get("arrays") or {}
    smallest = (worst.get("smallest") or {}).get("arrays") or {}
    found = []
    for role in _ROLES:
        own, simple = arrays.get(given.get(role, "")), arrays.get(smallest.get(role, ""))
        if own is not None and simple is not None and np.array_equal(own, simple):
            simple = None
        pair = Pair(_drawn(role, own), _drawn(role, simple))
        if pair.given or pair.smallest:
            found.append(pair)
    return found


def series(content: dict[str, Any]) -> Markup:
    """The figure of a finding.

    Args:
        content: `x_label`, `y_label`, `title`, `x_log`, `y_log` (by default where positive values
            span orders of magnitude), and `curves` with `label`, `x`, `y`.
    """
    canvas, ((axes,),) = figure(7.4, 3.9)
    curves: Sequence[dict[str, Any]] = content["curves"]
    for i, curve in enumerate(curves):
        many = len(curve["x"]) > _MARKED
        axes.plot(
            np.asarray(curve["x"], float),
            np.asarray(curve["y"], float),
            color=COLOURS[_TONES[i % len(_TONES)]],
            marker=None if many else _MARKERS[i % len(_MARKERS)],
            ls=_LINES[i % len(_LINES)],
            ms=5,
            lw=1.7,
            label=curve["label"],
        )
    values = [v for curve in curves for v in curve["y"] if np.isfinite(v)]
    if content.get("x_log"):
        axes.set_xscale("log")
    wide = bool(values) and min(values) > 0 and max(values) > _SPAN * min(values)
    if content.get("y_log", wide):
        axes.set_yscale("log")
    axes.set_title(content.get("title", ""))
    line_axes(axes, content["x_label"], content["y_label"])
    if len(curves) > 1 or curves[0]["label"]:
        legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return picture(canvas, content.get("title") or content["y_label"])


def _drawn(role: str, values: np.ndarray | None) -> Markup | None:
    if values is None:
        return None
    panels = worst_case({"worst": {"arrays": {role: role}}}, {role: values})
    return picture(panels[0].figure, _ROLES[role]) if panels else None
