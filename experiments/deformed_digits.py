r"""Errors on digits that are moved and deformed: does the order of what is proved foretell the order of the errors?

Classifiers learn from upright digits alone: extractors of two layers of Meyer wavelets or curvelets and moduli, with
output atoms of three widths and ridge regression behind them; admissible filters that are learned; LeNet-5. Test
digits are then translated by t samples in a random direction, or deformed by random fields of at most two waves with
$\|\tau\|_\infty$ = t. Proved of the features is, relative to $\|f\|$ and per sample of translation,
$2\pi\max_n\omega_n$ (`bounds.translation_all_depths`). For deformations the Lipschitz constant decides, which is one
for all extractors here: that bound has no order. Every contender and seed is a file in --out; a run that was stopped
goes on with those that are missing.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats
from matplotlib.figure import Figure
from tqdm import tqdm

import wiatowski as wi
from experiments import digits
from experiments.cells import Cells, Result
from experiments.digits import learned_filters, pixels
from experiments.mnist import beside
from experiments.small_samples import Fit, interval, lenet, linear, network
from wiatowski.learn.augmentation import Deformed
from wiatowski.plot.canvas import COLOURS, figure, line_axes
from wiatowski.serialization import write_whole

FORMAT = 1
SIZES = (0.5, 1.0, 2.0, 3.0, 4.0)  # samples
KINDS = ("translation", "deformation")
SEEDS = 5
MEASURED = 500  # digits whose features are followed


class Contender(NamedTuple):
    """A way to learn, and the extractor in it where that does not depend on the digits."""

    title: str
    colour: str
    line: str
    fit: Fit
    features: Callable[[], wi.FeatureExtractor] | None = None


LINES = {1: ":", 2: "--", 3: "-"}  # by the number of scales


def fixed(kind: str, scales: int, colour: str, frame) -> Contender:
    """Features of a frame, and ridge regression."""
    title = f"{kind}, {scales} scale{'s' if scales > 1 else ''}"
    build = functools.partial(beside, frame)
    return Contender(title, COLOURS[colour], LINES[scales], linear(build), build)


CONTENDERS = {
    **{f"meyer{n}": fixed("Meyer", n, "measured", wi.frames.Meyer(n)) for n in LINES},
    **{f"curvelets{n}": fixed("curvelets", n, "bound", wi.frames.Curvelets(n)) for n in LINES},
    "learned": Contender(
        "admissible learned filters",
        COLOURS["second bound"],
        "-",
        network(lambda seed: learned_filters(16, 1, seed), 0.03),
    ),
    "lenet5": Contender("LeNet-5", COLOURS["neutral"], "-", network(lenet, 1e-3)),
}


def main(arguments: list[str] | None = None) -> int:
    """Compute what is missing, write the figure and the tables, print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.deformed_digits",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("deformed_digits"), help="folder")
    parser.add_argument("--train", type=int, default=5_000, help="training digits (5,000)")
    parser.add_argument("--test", type=int, default=2_000, help="test digits (2,000)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="draws of digits and fields (5)")
    options = parser.parse_args(arguments)
    if options.seeds < 2 or not 10 <= options.train <= 60_000 or not 1 <= options.test <= 10_000:
        parser.error("--seeds must be at least 2, --train from 10 to 60000, --test from 1 to 10000")
    results = measured(options.out, options.train, options.test, options.seeds)
    text = as_text(results)
    write_whole(options.out / "deformed_digits.md", text.encode())
    drawn(results).savefig(options.out / "deformed_digits.png", dpi=150, bbox_inches="tight")
    print(text, end="")
    return 0


def measured(out: Path, train: int, test: int, seeds: int) -> dict[str, list[Result]]:
    """Per contender the results of all seeds."""
    facts = {"format": FORMAT, "train": train, "test": test, "sizes": list(SIZES)}
    done = Cells(out, facts, ["upright", *KINDS])
    jobs = [(name, seed) for seed in range(seeds) for name in CONTENDERS]
    found: dict[str, list[Result]] = {name: [] for name in CONTENDERS}
    for name, seed in tqdm(jobs, desc="contenders", unit="run"):
        compute = functools.partial(computed, CONTENDERS[name], train, test, seed)
        found[name].append(done.kept(f"{name}-{seed}", compute))
    return found


def computed(contender: Contender, train: int, test: int, seed: int) -> Result:
    """Errors in per cent, and how far features move, for every kind and size."""
    data = wi.data.mnist()
    name = contender.fit(digits.chosen(data, train, seed), seed)
    labels = data.test_labels[:test]

    def errors(images: np.ndarray) -> float:
        return 100 * float(np.mean(name(images) != labels))

    result: Result = {"upright": errors(upright(test))}
    for kind in KINDS:
        result[kind] = [errors(changed(kind, size, test, seed)) for size in SIZES]
    if contender.features:
        phi = contender.features()
        result["bound"] = float(wi.bounds.translation_all_depths(phi, (1, 0), 1.0, checked=False))
        for kind in KINDS:
            result[f"{kind} of features"] = [
                median_change(phi, upright(test), changed(kind, size, test, seed)) for size in SIZES
            ]
    return result


@functools.cache
def upright(test: int) -> np.ndarray:
    """The first test digits as they are."""
    return pixels(wi.data.mnist().test_images[:test])


@functools.lru_cache(2 * len(SIZES))
def changed(kind: str, size: float, test: int, seed: int) -> np.ndarray:
    """The first test digits, each moved or deformed by a draw of its own, exactly between the samples."""
    keys = jax.random.split(jax.random.key(1_000 + seed), test)
    return np.asarray(_changed(MOVES[kind], upright(test), keys, size))


@functools.partial(jax.jit, static_argnums=0)
def _changed(move: Callable, images, keys, size):
    return jax.lax.map(lambda pair: move(*pair, size), (images, keys), batch_size=50)


def translated(f, key, size):
    """By so many samples in a random direction."""
    angle = jax.random.uniform(key, maxval=2 * jnp.pi)
    return wi.translate(f, size * jnp.stack([jnp.cos(angle), jnp.sin(angle)]))


def deformed(f, key, size):
    """By a random field whose longest vector has so many samples."""
    tau = Deformed(1.0).field(key, f.shape)
    return wi.deform(f, size * tau / jnp.sqrt(jnp.sum(tau**2, axis=0)).max())


MOVES: dict[str, Callable] = dict(zip(KINDS, (translated, deformed), strict=True))


def median_change(phi: wi.FeatureExtractor, before: np.ndarray, after: np.ndarray) -> float:
    r"""Of $|||\Phi(g) - \Phi(f)||| / \|f\|$ over the first digits."""
    return float(np.median(_changes(phi, before[:MEASURED], after[:MEASURED])))


@eqx.filter_jit
def _changes(phi: wi.FeatureExtractor, before, after):
    def change(pair):
        f, g = pair
        return (phi(g) - phi(f)).norm() / jnp.linalg.norm(f)

    return jax.lax.map(change, (jnp.asarray(before), jnp.asarray(after)), batch_size=50)


def rise(results: Sequence[Result], kind: str) -> np.ndarray:
    """By how many per cent more digits are taken for others than when upright, (seeds, sizes)."""
    return np.array([np.array(result[kind]) - result["upright"] for result in results])


def order(results: dict[str, list[Result]], kind: str, what: str) -> np.ndarray:
    """Rank correlation of the bounds with errors or with changes of features, (seeds, sizes)."""
    fixed = [own for own in results.values() if "bound" in own[0]]
    bounds = [own[0]["bound"] for own in fixed]
    if what == "rise of errors":
        values = np.array([rise(own, kind) for own in fixed])
    else:
        values = np.array([[result[f"{kind} of features"] for result in own] for own in fixed])
    seeds, sizes = values.shape[1:]

    def rank(own) -> float:
        found: Any = scipy.stats.spearmanr(bounds, own)
        return found.statistic

    ranks = [[rank(values[:, s, t]) for t in range(sizes)] for s in range(seeds)]
    return np.nan_to_num(np.array(ranks))


def as_text(results: dict[str, list[Result]]) -> str:
    """Tables in Markdown."""
    sizes = " | ".join(f"{size:g}" for size in SIZES)
    lines = ["# Moved and deformed digits", ""]
    for kind in KINDS:
        lines += [
            f"Errors in per cent after a {kind} of so many samples:",
            "",
            f"| | bound per sample | upright | {sizes} |",
            "|---" * (3 + len(SIZES)) + "|",
        ]
        for name, own in results.items():
            columns = np.array([[result["upright"], *result[kind]] for result in own]).T
            cells = " | ".join("{:.1f} ± {:.1f}".format(*interval(list(c))) for c in columns)
            bound = f"{own[0]['bound']:.2f}" if "bound" in own[0] else ""
            lines.append(f"| {CONTENDERS[name].title} | {bound} | {cells} |")
        for what in ("changes of features", "rise of errors"):
            ranks = order(results, kind, what)
            cells = " | ".join("{:.2f} ± {:.2f}".format(*interval(list(c))) for c in ranks.T)
            lines.append(f"| rank correlation of bounds and {what} | | | {cells} |")
        lines.append("")
    return "\n".join(lines)


def drawn(results: dict[str, list[Result]]) -> Figure:
    """Errors against size, a panel per kind."""
    canvas, axes_of = figure(10.4, 4.8, 1, 2)
    panels = list(axes_of[0])
    for axes, kind in zip(panels, KINDS, strict=True):
        for place, (name, own) in enumerate(results.items()):
            contender = CONTENDERS[name]
            aside = 0.03 * (place - (len(results) - 1) / 2)  # so that no bar hides another
            columns = np.array([[result["upright"], *result[kind]] for result in own]).T
            means, halves = zip(*(interval(list(c)) for c in columns), strict=True)
            axes.errorbar(
                np.array([0.0, *SIZES]) + aside,
                means,
                yerr=halves,
                color=contender.colour,
                ls=contender.line,
                lw=1.2,
                capsize=2,
                label=contender.title,
            )
        axes.set_yscale("log")
        axes.set_ylim(2, 90)
        axes.set_yticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
        axes.minorticks_off()
        axes.set_xticks(range(5))
        axes.set_title(kind)
        line_axes(axes, f"size of the {kind} (samples)", "error on test digits, %")
    lines, titles = panels[0].get_legend_handles_labels()
    canvas.legend(lines, titles, loc="outside upper center", ncols=3, fontsize=8, frameon=False)
    return canvas


if __name__ == "__main__":
    sys.exit(main())
