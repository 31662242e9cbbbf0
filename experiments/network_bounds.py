r"""Proved Lipschitz bounds of the layers of six networks, beside what a search finds that they reach.

Proved is $\mathrm{Lip}(H_n)L_nR_n$ of each layer on maps of any size, every rounding counted. Searched is
$\|U_nu-U_nv\|/\|u-v\|$ of a pair on maps of `--side` samples, any real numbers, evaluated in float64. The
"network" is all of it on its inputs (28 x 28 for LeNet-5, 64 x 64 for the others), up to the scores: the product
of all bounds, and a pair of inputs. SqueezeNet and EfficientNet-Lite0 have weights trained on ImageNet, the others
random ones. A run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import wiatowski as wi
from experiments.cells import Cells, Result
from experiments.steepest_pairs import Pair, quotient, steepest_pairs
from wiatowski import networks
from wiatowski.networks import LayerBound, Network, NetworkBounds, RandomWeights
from wiatowski.plot.canvas import COLOURS, figure, legend, line_axes
from wiatowski.serialization import write_whole

SIZE = 64
NETWORKS: dict[str, tuple[str, Callable[[], Network]]] = {
    "lenet5": ("LeNet-5, random", lambda: networks.lenet5(RandomWeights(0))),
    "vgg16": ("VGG-16, random", lambda: networks.vgg16(RandomWeights(0), SIZE)),
    "resnet50": ("ResNet-50, random", lambda: networks.resnet50(RandomWeights(0), SIZE)),
    "googlenet": ("GoogLeNet, random", lambda: networks.googlenet(RandomWeights(0), SIZE)),
    "squeezenet": (
        "SqueezeNet 1.1, ImageNet",
        lambda: resized(networks.squeezenet_imagenet()),
    ),
    "efficientnet_lite0": (
        "EfficientNet-Lite0, ImageNet",
        lambda: resized(networks.efficientnet_lite0_imagenet()),
    ),
}
HEAD, WHOLE = "network head", "network"  # no layer is called so


class Part(NamedTuple):
    """A layer, the head or all of a network: its map, the shape it takes, and what is proved of it."""

    function: Callable
    shape: tuple[int, ...]
    proved: Callable[[], Result]


def main(arguments: list[str] | None = None) -> int:
    """Prove and search part by part, write the JSON and the figure, print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.network_bounds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--networks",
        default=",".join(NETWORKS),
        help="names with commas between (all)",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("network_bounds"), help="folder (network_bounds)"
    )
    parser.add_argument("--side", type=int, default=12, help="samples per axis of maps (12)")
    parser.add_argument("--steps", type=int, default=40, help="of each ascent (40)")
    parser.add_argument("--seed", type=int, default=0, help="of the search (0)")
    options = parser.parse_args(arguments)
    chosen = options.networks.split(",")
    unknown = [name for name in chosen if name not in NETWORKS]
    if unknown:
        parser.error(f"--networks: no {unknown[0]!r}; there are {', '.join(NETWORKS)}")
    if options.out.exists() and not options.out.is_dir():
        parser.error(f"--out {options.out} is a file; name a folder")
    with threadpool_limits(1, "blas"):  # more threads wait for each other on matrices so small
        results = measured(chosen, options.out, options.side, options.steps, options.seed)
    write_whole(
        options.out / "network_bounds.json", (json.dumps(results, indent=1) + "\n").encode()
    )
    drawn(results["networks"]).savefig(options.out / "network_bounds.png", dpi=150)
    print("\n\n".join(table(name, found) for name, found in results["networks"].items()))
    return 0


def measured(chosen: list[str], out: Path, side: int, steps: int, seed: int) -> Result:
    """The parts of all networks that are chosen; those that lie in the folder are not done again."""
    setting = {"side": side, "steps": steps, "seed": seed}
    found: dict[str, Result] = {}
    for name in chosen:
        cut = parts(NETWORKS[name][1](), side)
        cells = Cells(out / "parts" / name, {"setting": setting})
        own = found[name] = {}
        for label, part in tqdm(cut.items(), desc=name, unit="part", disable=None):
            compute = partial(examined, part, steps, seed)
            own[label] = cells.kept(label.replace("/", "."), lambda c=compute: {"found": c()})[
                "found"
            ]
        compose(own)
    return {"setting": setting, "networks": found}


def parts(network: Network, side: int) -> dict[str, Part]:
    """The layers of a network on maps of `side` samples per axis, its head, and all of it."""
    found, maps = {}, network.channels
    grid = wi.Grid((side,) * network.grid.ndim)
    for name, layer in zip(network.names, network.layers, strict=True):
        placed = layer.on(grid)
        found[name] = Part(placed.mixed, (maps, *grid.shape), lambda own=placed: of_layer(own))
        maps = layer.count_maps(maps)
    last = network.layers[-1]
    ends = last.pooling.pooled(last.stage.maps_grid)
    found[HEAD] = Part(
        network.head,
        (maps, *ends.shape),
        lambda: {"lipschitz": networks.certified_head(network.head, ends.size)},
    )
    found[WHOLE] = Part(network, (network.channels, *network.grid.shape), dict)
    return found


def of_layer(layer: wi.Layer) -> Result:
    """What is proved of a layer."""
    bound = networks.certified_layer(layer)
    return bound._asdict() | {"lipschitz": bound.lipschitz, "admissible": bound.admissible}


def examined(part: Part, steps: int, seed: int) -> Result:
    """What is proved of a part, and the steepest pair that was found, evaluated in float64."""
    pairs = steepest_pairs(part.function, part.shape, seed, steps)
    with jax.enable_x64(True):
        function = jax.tree.map(
            lambda a: np.asarray(a, np.float64) if eqx.is_inexact_array(a) else a, part.function
        )
        reached = max(
            float(quotient(function, Pair(*(a.astype(np.float64) for a in pair)))) for pair in pairs
        )
    return part.proved() | {"searched": reached}


def compose(found: Result) -> None:
    """The bound of the whole network from those of its layers and head, and the gaps."""
    layers = {
        name: LayerBound(own["stage"], own["factor"])
        for name, own in found.items()
        if name not in (HEAD, WHOLE)
    }
    found[WHOLE]["lipschitz"] = NetworkBounds(layers, found[HEAD]["lipschitz"]).lipschitz
    for own in found.values():
        own["gap"] = own["lipschitz"] / own["searched"] if own["searched"] else math.inf


def table(name: str, found: Result) -> str:
    """A line per part."""
    lines = [f"{NETWORKS[name][0]:<30}{'proved <=':>12}{'searched >=':>13}{'gap':>10}  admissible"]
    for label, own in found.items():
        verdict = {True: "yes", False: "no", None: "-"}[own.get("admissible")]
        lines.append(
            f"{label:<30}{own['lipschitz']:>12.4g}{own['searched']:>13.4g}{own['gap']:>10.4g}  {verdict}"
        )
    gaps = {label: own["gap"] for label, own in found.items() if "admissible" in own}
    worst = max(gaps, key=lambda label: gaps[label])
    lines.append(
        f"gap of the layers: median {statistics.median(gaps.values()):.3g}, "
        f"worst {gaps[worst]:.3g} ({worst})"
    )
    return "\n".join(lines)


def drawn(results: Result) -> Figure:
    """Both bounds of every layer and the head, a panel per network."""
    columns = min(2, len(results))
    rows = -(-len(results) // columns)
    canvas, axes = figure(6.2 * columns, 3.7 * rows, rows, columns)
    for panel in axes.flat[len(results) :]:
        panel.remove()
    for panel, (name, found) in zip(axes.flat, results.items()):
        labels = [label for label in found if label != WHOLE]
        places = np.arange(len(labels))
        proved, searched = (
            [found[label][side] for label in labels] for side in ("lipschitz", "searched")
        )
        panel.vlines(places, searched, proved, color=COLOURS["neutral"], linewidth=1)
        panel.plot(places, proved, "v", color=COLOURS["bound"], label="proved, from above")
        panel.plot(places, searched, "o", color=COLOURS["measured"], label="searched, from below")
        panel.axhline(1, color=COLOURS["neutral"], linewidth=1, linestyle=":", label="admissible")
        panel.set_yscale("log")
        panel.set_xticks(places, labels, rotation=90, fontsize=8)
        line_axes(panel, "", "Lipschitz constant")
        whole = found[WHOLE]
        low, high = (power(whole[side]) for side in ("searched", "lipschitz"))
        panel.set_title(f"{NETWORKS[name][0]}\nnetwork: between {low} and {high}")
    legend(axes.flat[0], loc="upper left")
    return canvas


def power(value: float) -> str:
    """A few digits, with a power of ten where the number is large or small."""
    exponent = math.floor(math.log10(value))
    if -2 <= exponent < 3:
        return f"{value:.3g}"
    return rf"${value / 10.0**exponent:.1f}\cdot 10^{{{exponent}}}$"


def resized(network: Network) -> Network:
    """The same for images of `SIZE` samples a side."""
    layers = dict(zip(network.names, network.layers, strict=True))
    return Network(layers, wi.Grid((SIZE, SIZE)), network.channels, network.head, network.classes)


if __name__ == "__main__":
    raise SystemExit(main())
