"""How figures tell the atoms of a bank apart: by scale where there are scales, else one by one."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from wiatowski.frames.filter_bank import FilterBank
from wiatowski.plot.canvas import COLOURS, MAGNITUDE, legend

__all__ = ["RESIDUAL", "by_scale", "each_or_by_scale", "legend_beside", "readable", "shades"]

RESIDUAL = "residual"
_MOST_IN_LEGEND = 6
# The lightest end of the colour map vanishes on white.
_LIGHTEST = 0.85


def by_scale(bank: FilterBank) -> list[str]:
    """The scale of each atom, read off its label; atoms without one form a single group."""
    return [_scale(label) or "atoms" for label in bank.labels]


def each_or_by_scale(bank: FilterBank) -> list[str]:
    """The scale of each atom; an atom without one is a group of its own."""
    return [_scale(label) or label for label in bank.labels]


def shades(groups: Iterable[str]) -> dict[str, tuple]:
    """One colour per group, dark for the first; none for the residual, which is drawn in grey."""
    names = [group for group in dict.fromkeys(groups) if group != RESIDUAL]
    steps = max(len(names) - 1, 1)
    tones = colormaps[MAGNITUDE]
    return {name: tones(_LIGHTEST * i / steps) for i, name in enumerate(names)}


def readable(group: str) -> str:
    """The group's name without the label's punctuation."""
    return group.replace("=", " ")


def legend_beside(axes: Axes, colours: dict[str, tuple], residual: bool, total: bool) -> None:
    """A legend at the right: groups (of many the first and the last), the atoms that stand alone."""
    handles = [Line2D([], [], color=c, lw=3, label=readable(g)) for g, c in colours.items()]
    if len(handles) > _MOST_IN_LEGEND:
        handles = [handles[0], Line2D([], [], lw=0, label="..."), handles[-1]]
    grey = COLOURS["neutral"]
    handles.append(Line2D([], [], color=grey, lw=1.5, label="output atom"))
    if residual:
        handles.append(Line2D([], [], color=grey, lw=1.5, ls="--", label=RESIDUAL))
    if total:
        handles.append(Line2D([], [], color=COLOURS["bound"], lw=1.8, label="sum"))
    legend(axes, handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _scale(label: str) -> str | None:
    head = label.split(",")[0]
    return head if head.startswith("scale") or head == RESIDUAL else None
