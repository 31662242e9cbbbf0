"""The tables of `experiments.mnist` as text and figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from experiments.cells import Result
from wiatowski.plot.canvas import COLOURS, figure, legend, line_axes

SPARSE = "none, every 4th sample"  # what stands beside the paper's cells keeps fewer samples, and pools nothing
MARKS = {"none": "o", "sub": "s", "max": "^", "avg": "D", SPARSE: "P"}
OWN = ("Haar", "bior2.2")
_NOTE = (
    "Intervals are Wilson's, over the test images. Frame bounds, for real signals, and Lipschitz constants, for all, "
    "are those of extractors that were scaled to be admissible. C and gamma are the best of four each (2^3 to 2^12, "
    "2^-12 to 2^-3) on a split of the 10,000 training images. Minutes are those of two shared cores."
)


def as_text(results: Sequence[Result]) -> str:
    """Tables in Markdown, one for each number of training images."""
    data = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}[results[0]["cell"][0]]
    lines = [f"# Errors on {data}", "", _NOTE, ""]
    for count in sorted({result["cell"][-1] for result in results}):
        rows = [result for result in results if result["cell"][-1] == count]
        lines += [
            f"## Trained on {count:,} images, errors on {rows[0]['sizes'][2]:,} others",
            "",
            "| frame | nonlinearity | pooling | error, % | 95 % interval | frame bounds of the layers | Lipschitz "
            "constant | C | gamma | minutes | minutes of processors | memory, GB |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|",
            *(row(result) for result in rows),
            "",
        ]
    return "\n".join([*lines, *worth(results)])


def row(result: Result) -> str:
    """One line of a table."""
    low, high = result["interval_percent"]
    bounds = ", ".join(f"{a:.3g} to {b:.3g}" for a, b in result.get("frame_bounds", []))
    lipschitz = f"{result['lipschitz']:.3g}" if "lipschitz" in result else ""
    parts = [
        *names(result),
        f"{result['error_percent']:.2f}",
        f"{low:.2f} to {high:.2f}",
        bounds,
        lipschitz,
        f"2^{np.log2(result['C']):.0f}",
        f"2^{np.log2(result['gamma']):.0f}",
        f"{sum(result['seconds'].values()) / 60:.1f}",
        f"{result['processor_seconds'] / 60:.1f}",
        f"{result['peak_memory_GB']:.1f}",
    ]
    return "| " + " | ".join(parts) + " |"


def names(result: Result) -> tuple[str, str, str]:
    """Frame, nonlinearity and pooling."""
    _, frame, nonlinearity, pooling, _ = result["cell"]
    return frame, nonlinearity, pooling if frame in OWN else SPARSE


def worth(results: Sequence[Result]) -> list[str]:
    """What the features of each depth are worth, and the three paths that are worth most."""
    lines = [
        "## What the features are worth",
        "",
        "Features by depth: how many were chosen, and how many per cent more answers are wrong where they are those of "
        "other images; and the three paths that are worth most, likewise:",
        "",
        "| frame | nonlinearity | pooling | trained on | depth 0 | depth 1 | depth 2 | paths |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        if "layers" in result:
            count = result["cell"][-1]
            layers = [told(result["layers"].get(f"depth={depth}", [0, 0.0])) for depth in range(3)]
            paths = {k: v for k, v in result["paths"].items() if k != "depth=0"}
            best = sorted(paths, key=lambda path: -paths[path][1])[:3]
            told_best = "; ".join(f"`{path}` {told(paths[path])}" for path in best)
            lines.append(
                "| " + " | ".join([*names(result), f"{count:,}", *layers, told_best]) + " |"
            )
    return [*lines, ""]


def told(pair: Sequence[float]) -> str:
    """A number of features and what they are worth."""
    return f"{pair[0]:.0f}: {pair[1]:+.2f}"


def drawn(results: Sequence[Result]) -> Figure:
    """Errors with their intervals: cells of the paper by nonlinearity, others beside them."""
    counts = sorted({result["cell"][-1] for result in results})
    colours = dict(zip(counts, (COLOURS["measured"], COLOURS["bound"]), strict=False))
    named = sorted({name_of(result) for result in results}, key=lambda n: (n[0] not in OWN, n))
    places = {name: place for place, name in enumerate(named)}
    canvas, ((axes,),) = figure(9.6, 5.0)
    for result in results:
        frame, _, pooling = names(result)
        count = result["cell"][-1]
        shift = 0.18 * (list(MARKS).index(pooling) - 1.5) if frame in OWN else 0.0
        shift += 0.06 * (count == counts[-1])  # no bar on another
        low, high = result["interval_percent"]
        error = result["error_percent"]
        axes.errorbar(
            places[name_of(result)] + shift,
            error,
            yerr=[[error - low], [high - error]],
            fmt=MARKS[pooling],
            color=colours[count],
            ms=5,
            lw=1,
        )
    for count, colour in colours.items():
        axes.plot([], [], color=colour, lw=2, label=f"{count:,} training images")
    for pooling, mark in MARKS.items():
        axes.plot([], [], mark, color=COLOURS["neutral"], ms=5, label=f"pooling: {pooling}")
    axes.set_xticks(range(len(named)), ["\n".join(part for part in name if part) for name in named])
    axes.tick_params(axis="x", labelsize=8)
    axes.set_yscale("log")
    lowest, highest = axes.get_ylim()
    marked = (0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 20, 30, 50, 70)
    ticks = [t for t in marked if lowest < t < highest]
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    line_axes(axes, "frame, and nonlinearity where it varies", "error on test images, %")
    legend(axes, fontsize=8, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
    return canvas


def name_of(result: Result) -> tuple[str, str]:
    """What stands below the axis: the frame, and the nonlinearity where cells differ in it."""
    _, frame, nonlinearity, *_ = result["cell"]
    if frame in OWN:
        return frame, nonlinearity
    return ("Learned", "filters") if frame == "LearnedFilters" else (frame, "")
