"""From the measures of single photos to intervals, one table and one figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from wiatowski.explain import measures
from wiatowski.plot import canvas

Result = dict[str, Any]
SIMILAR = 0.5  # the rank agreement on whose sides a method passes or fails the sanity check
_ROUNDING = 1e-5  # of scores in float32: CAM and Grad-CAM are one map, and share its points


class Measure(NamedTuple):
    """A measure of single photos or scenes: where it is in their files, and how its axis is called."""

    path: tuple[str, ...]
    title: str
    label: str
    of_scenes: bool = False


MEASURES = {
    "masked": Measure(("masked",), "Masked photo", "score of the class, high is good"),
    "deletion": Measure(("deletion",), "Deletion", "area under the curve, low is good"),
    "insertion": Measure(("insertion",), "Insertion", "area under the curve, high is good"),
    "pointing": Measure(("pointing",), "Pointing at the quarter", "share of scenes", True),
    "energy": Measure(
        ("energy inside",), "Heatmap inside the quarter", "share of the heatmap", True
    ),
    "classifier": Measure(
        ("sanity", "classifier", "modulus"), "Classifier drawn anew", "rank agreement with before"
    ),
    "all": Measure(
        ("sanity", "all", "modulus"), "All weights drawn anew", "rank agreement with before"
    ),
    "classifier, signed": Measure(("sanity", "classifier", "signed"), "", ""),
    "all, signed": Measure(("sanity", "all", "signed"), "", ""),
}


def summary(found: dict[str, list[Result]], margin: float) -> Result:
    """Per network and method the intervals, points and verdicts, and the mean agreement of methods.

    Args:
        found: per network what every photo and scene gave.
        margin: of the second count of points.
    """
    return {
        "margin": margin,
        "networks": {name: _of_network(units, margin) for name, units in found.items()},
    }


def _of_network(units: list[Result], margin: float) -> Result:
    photos = [unit for unit in units if "masked" in unit]
    names = photos[0]["methods"]
    methods = {name: _of_method(units, name) for name in names}
    scores = [[photo["masked"][name] for name in names] for photo in photos]
    counts = zip(measures.points(scores, _ROUNDING), measures.points(scores, margin))
    for name, (best, near) in zip(names, counts, strict=True):
        methods[name] |= {"points": int(best), "points within the margin": int(near)}
    matrix = [[[photo["agreement"][a][b] for b in names] for a in names] for photo in photos]
    return {"methods": methods, "agreement": np.mean(matrix, axis=0).tolist()}


def _of_method(units: list[Result], method: str) -> Result:
    row: Result = {}
    for name, measure in MEASURES.items():
        values = [_value(unit, (*measure.path, method)) for unit in units]
        values = [value for value in values if value is not None]
        if not values:
            continue
        if name == "pointing":
            interval = measures.proportion_interval(sum(values), len(values))
        else:
            interval = measures.mean_interval(values)
        row[name] = {**interval._asdict(), "count": len(values)}
    return row | ({"verdict": verdict(row["classifier"], row["all"])} if "all" in row else {})


def _value(unit: Any, path: Sequence[str]) -> Any:
    for key in path:
        unit = unit.get(key, {})
    return None if unit == {} else unit


def verdict(*agreements: Result) -> str:
    """Of the sanity check, from the intervals of rank agreement after draws of the weights."""
    if any(interval["low"] > SIMILAR for interval in agreements):
        return "fails"
    return "passes" if all(interval["high"] < SIMILAR for interval in agreements) else "undecided"


def table(results: Result) -> str:
    """Markdown, a row per network and method."""
    heads = [
        "network",
        "method",
        "masked score",
        "points",
        f"points within {results['margin']:g}",
        "deletion",
        "insertion",
        "pointing",
        "energy inside",
        "scenes",
        "drawn weights",
        "agreement, classifier drawn anew",
        "signed",
        "agreement, all drawn anew",
        "signed",
        "sanity check",
    ]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for network, found in results["networks"].items():
        for method, row in found["methods"].items():
            cells = [network, method, _cell(row, "masked"), str(row["points"])]
            cells += [str(row["points within the margin"])]
            cells += [_cell(row, k) for k in ("deletion", "insertion", "pointing", "energy")]
            cells += [str(row["pointing"]["count"]), str(row.get("all", {}).get("count", ""))]
            drawn = ("classifier", "classifier, signed", "all", "all, signed")
            cells += [_cell(row, k) for k in drawn] + [row.get("verdict", "sees no weights")]
            lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(row: Result, name: str) -> str:
    if name not in row:
        return ""
    own = row[name]
    return f"{own['mean']:.2f} ({own['low']:.2f} to {own['high']:.2f})"


def draw(results: Result, path: Path) -> None:
    """Intervals of every measure, methods one below the other, and the agreement of methods."""
    networks = results["networks"]
    shown = [name for name, measure in MEASURES.items() if measure.title]
    figure, axes = canvas.figure(17, 10.5, 2, 5)
    panels = list(axes.flat)
    names = list(next(iter(networks.values()))["methods"])
    for panel, name in zip(panels, shown):
        _intervals(panel, networks, names, name)
    for panel in panels[len(shown) + len(networks) :]:
        panel.set_axis_off()
    for panel, (network, found) in zip(panels[len(shown) :], networks.items()):
        canvas.image(panel, np.array(found["agreement"]), vmin=-1, vmax=1, cmap="RdBu_r")
        panel.set_title(f"Agreement, {network}")
        panel.set_xticks(range(len(names)), names, rotation=90)
        panel.set_yticks(range(len(names)), [""] * len(names))
    bar = panels[-1].inset_axes((0.0, 0.1, 0.08, 0.8))
    figure.colorbar(panels[len(shown)].images[0], cax=bar, label="mean rank correlation")
    for row in axes:
        row[0].set_yticks(range(len(names)), names)
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(networks),
        fontsize=10,
        frameon=False,
    )
    figure.savefig(path, dpi=150)


def _intervals(panel: Axes, networks: Result, names: list[str], measure: str) -> None:
    colours = (canvas.COLOURS["measured"], canvas.COLOURS["bound"])
    shift = 0.15 * (len(networks) > 1)
    for (network, found), colour, side in zip(networks.items(), colours, (-shift, shift)):
        rows = found["methods"]
        at = [i for i, name in enumerate(names) if measure in rows[name]]
        own = [rows[names[i]][measure] for i in at]
        mean, low, high = (np.array([r[k] for r in own]) for k in ("mean", "low", "high"))
        panel.errorbar(
            mean,
            np.array(at) + side,
            xerr=np.stack([mean - low, high - mean]),
            fmt="o",
            color=colour,
            label=f"{network}, mean and 95 % interval",
            ms=4,
        )
    chance = {"pointing": 0.25, "energy": 0.25, "classifier": SIMILAR, "all": SIMILAR}
    if measure in chance:
        panel.axvline(chance[measure], color=canvas.COLOURS["neutral"], linestyle="--", linewidth=1)
    panel.set_title(MEASURES[measure].title)
    canvas.line_axes(panel, MEASURES[measure].label, "")
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.set_yticks(range(len(names)), [""] * len(names))
