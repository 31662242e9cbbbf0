r"""Error on MNIST against the number of training digits: what is known beforehand, and what is learned.

Scattering (Morlet wavelets) and curvelets with a linear classifier (ridge regression on the classes), an extractor of
admissible learned filters with a linear head, and LeNet-5, the last two trained with Adam and stopped early. Every
number of digits and seed draws its own training digits from the 60,000; a fifth of them choose the penalty or the
epoch. All are tested on the same 10,000 others. Curves are means over the seeds, with the 95 % interval of the mean
(Student). Every cell is a file in --out; a run that was stopped goes on with those that are missing.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.stats
from matplotlib.figure import Figure
from tqdm import tqdm

import wiatowski as wi
from experiments import digits
from experiments.cells import Cells, Result
from experiments.digits import Digits, learned_filters, pixels, trained
from experiments.mnist import BESIDE
from experiments.ridge import RidgeClassifier
from wiatowski.learn import FeatureTransformer
from wiatowski.plot.canvas import COLOURS, figure, legend, line_axes
from wiatowski.serialization import write_whole

FORMAT = 1
COUNTS = (100, 300, 1_000, 3_000, 10_000, 30_000, 60_000)
SEEDS = 5
HELD_OUT = 0.2  # of the training digits
PENALTIES = tuple(10.0**k for k in range(-2, 6))
PLACES = 600_000  # digits that a training run sees at least, in epochs of its own
MOST_EPOCHS = 100


Classifier = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[Digits, int], Classifier]


class Contender(NamedTuple):
    """A way to learn: `fit(train, seed)` gives what names images."""

    title: str
    colour: str
    fit: Fit


def linear(build: Callable[[], wi.FeatureExtractor], *, keep: bool = False) -> Fit:
    """Ridge regression on features, the penalty chosen on a fifth of the digits; `keep` is that of `features_of`."""
    features = features_of(build, keep=keep)

    def fit(train: Digits, seed: int) -> Classifier:
        known = features(train.images)
        classifier = RidgeClassifier(known, train.labels, PENALTIES, held_out(train))
        return lambda images: classifier.predict(features(images))

    return fit


def features_of(
    build: Callable[[], wi.FeatureExtractor], *, keep: bool
) -> Callable[[np.ndarray], np.ndarray]:
    """What an extractor gives of images; with `keep` those of an image are computed once, and stay in memory."""

    @functools.cache
    def transformer() -> FeatureTransformer:
        blank = np.zeros((1, *digits.GRID.shape), np.float32)
        return FeatureTransformer(build(), memory="3GB").fit(blank)

    if not keep:
        return lambda images: transformer().transform(images)
    kept: dict[bytes, np.ndarray] = {}

    def looked_up(images: np.ndarray) -> np.ndarray:
        names = [hashlib.sha256(image).digest() for image in images]
        missing = {name: place for place, name in enumerate(names) if name not in kept}
        if missing:
            kept.update(
                zip(missing, transformer().transform(images[[*missing.values()]]), strict=True)
            )
        return np.stack([kept[name] for name in names])

    return looked_up


def held_out(train: Digits) -> int:
    """How many of the digits choose a penalty or an epoch."""
    return len(train.labels) - round((1 - HELD_OUT) * len(train.labels))


def lenet(seed: int) -> wi.networks.Network:
    """LeNet-5 with weights drawn anew."""
    return wi.networks.lenet5(wi.networks.RandomWeights(seed))


def network(start: Callable[[int], Any], rate: float) -> Fit:
    """Adam, stopped early on a fifth of the digits."""

    def fit(train: Digits, seed: int) -> Classifier:
        few = held_out(train)
        epochs = int(np.clip(PLACES // (len(train.labels) - few), 1, MOST_EPOCHS))
        settings = {"rate": rate, "epochs": epochs, "seed": seed, "patience": 10}
        model = trained(start(seed), train, held_out=few, **settings)
        scores = FeatureTransformer(model)
        return lambda images: scores.fit_transform(images).argmax(axis=1)

    return fit


CONTENDERS = {
    "scattering": Contender(
        "scattering, linear classifier",
        COLOURS["measured"],
        linear(BESIDE["Morlet"], keep=True),
    ),
    "curvelets": Contender(
        "curvelets, linear classifier",
        COLOURS["second bound"],
        linear(BESIDE["Curvelets"], keep=True),
    ),
    "learned": Contender(
        "admissible learned filters",
        COLOURS["upper"],
        network(lambda seed: learned_filters(16, 1, seed), 0.03),
    ),
    "lenet5": Contender("LeNet-5", COLOURS["neutral"], network(lenet, 1e-3)),
}


def main(arguments: list[str] | None = None) -> int:
    """Compute what is missing, write the figure and the table, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.small_samples",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("small_samples"), help="folder")
    parser.add_argument("--most", type=int, default=COUNTS[-1], help="training digits (60,000)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="draws of each number (5)")
    parser.add_argument("--test", type=int, default=10_000, help="test digits (10,000)")
    options = parser.parse_args(arguments)
    counts = [count for count in COUNTS if count <= options.most]
    if not counts or options.seeds < 2 or not 1 <= options.test <= 10_000:
        parser.error(f"--most must be at least {COUNTS[0]}, --seeds 2, and --test from 1 to 10000")
    done = Cells(options.out, {"format": FORMAT, "test": options.test}, ["errors"])
    rates = measured(done, counts, options.seeds, options.test)
    write_whole(options.out / "small_samples.md", as_text(rates, counts).encode())
    drawn(rates, counts).savefig(options.out / "small_samples.png", dpi=150, bbox_inches="tight")
    print(as_text(rates, counts), end="")
    return 0


def measured(
    done: Cells, counts: Sequence[int], seeds: int, test: int
) -> dict[str, list[list[float]]]:
    """Per contender and number of digits the error in per cent of every seed."""
    data = wi.data.mnist()
    others = Digits(pixels(data.test_images[:test]), data.test_labels[:test])
    jobs = [(name, n, seed) for n in counts for name in CONTENDERS for seed in range(seeds)]
    for name, count, seed in tqdm(jobs, desc="cells", unit="cell"):

        def compute(name=name, count=count, seed=seed) -> Result:
            begun = time.perf_counter()
            train = digits.chosen(data, count, (seed, count))
            answers = CONTENDERS[name].fit(train, seed)(others.images)
            errors = int(np.sum(answers != others.labels))
            return {"errors": errors, "seconds": time.perf_counter() - begun}

        done.kept(f"{name}-{count}-{seed}", compute)

    def rate(name: str, count: int, seed: int) -> float:
        result = done.get(f"{name}-{count}-{seed}")
        assert result is not None
        return 100 * result["errors"] / test

    return {
        name: [[rate(name, count, seed) for seed in range(seeds)] for count in counts]
        for name in CONTENDERS
    }


def interval(rates: Sequence[float]) -> tuple[float, float]:
    """Mean, and half of the 95 % interval of the mean (Student)."""
    half = scipy.stats.t.ppf(0.975, len(rates) - 1) * np.std(rates, ddof=1) / np.sqrt(len(rates))
    return float(np.mean(rates)), float(half)


def as_text(rates: dict[str, list[list[float]]], counts: Sequence[int]) -> str:
    """A table in Markdown: errors in per cent."""
    lines = [
        "# Errors against the number of training digits",
        "",
        "In per cent, means and halves of their 95 % intervals:",
        "",
        "| digits | " + " | ".join(CONTENDERS[name].title for name in rates) + " |",
        "|---" * (1 + len(rates)) + "|",
    ]
    for place, count in enumerate(counts):
        cells = [
            "{:.2f} ± {:.2f}".format(*interval(rates_of[place])) for rates_of in rates.values()
        ]
        lines.append(f"| {count:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def drawn(rates: dict[str, list[list[float]]], counts: Sequence[int]) -> Figure:
    """Error against the number of digits, both on logarithmic axes."""
    canvas, ((axes,),) = figure(7.2, 4.6)
    for place, (name, of_counts) in enumerate(rates.items()):
        means, halves = zip(*(interval(seeds) for seeds in of_counts), strict=True)
        axes.errorbar(
            np.array(counts) * 1.03 ** (place - 1.5),  # so that no bar hides another
            means,
            yerr=halves,
            color=CONTENDERS[name].colour,
            marker="o",
            ms=4,
            lw=1.8,
            capsize=3,
            label=CONTENDERS[name].title,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    ticks = [t for t in (0.5, 1, 2, 5, 10, 20, 50) if axes.get_ylim()[0] < t < axes.get_ylim()[1]]
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    line_axes(axes, "training digits", "error on test digits, %")
    legend(axes, fontsize=9)
    return canvas


if __name__ == "__main__":
    sys.exit(main())
