r"""Error rates on MNIST and Fashion-MNIST beside the constants of the theory: frames x nonlinearities x poolings.

The experiment of Wiatowski, Tschannen, Stanic, Grohs & Boelcskei (ICML 2016): undecimated wavelets with three
scales, two layers along paths of non-increasing frequency, pooling by 2 x 2 behind the second layer, 990 features
by orthogonal least squares, scaled to [0, 1], a support vector machine with Gaussian kernels. Every cell tunes its C
and gamma on one split of 10,000 training images, and is tested once on 10,000 others; the four best cells, and the
best of each nonlinearity, are trained on all 60,000, too, with the same C and gamma.

Beside the 32 cells: other frames of the package, and the features of kymatio, with the same classifier. Every cell
is a process of its own and a file in --out; a run that was stopped goes on with the cells that are missing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.svm import SVC
from tqdm import tqdm

import wiatowski as wi
from experiments.bench_extractor import version
from experiments.cells import Cells, Result
from wiatowski.explain.measures import proportion_interval
from wiatowski.learn import FeatureTransformer, OrthogonalLeastSquares
from wiatowski.serialization import write_whole

FORMAT = 1  # of the files in --out: those of another are computed again
GRID = wi.Grid((28, 28))
C = tuple(2.0**k for k in (3, 6, 9, 12))
GAMMA = tuple(2.0**k for k in (-12, -9, -6, -3))

FRAMES = {
    "Haar": lambda: wi.frames.Haar(scales=3),
    "bior2.2": lambda: wi.frames.Biorthogonal(3, reconstruction=2, decomposition=2),
}
NONLINEARITIES = {
    "abs": wi.Modulus,
    "ReLU": wi.ReLU,
    "tanh": wi.Tanh,
    "LogSig": wi.ShiftedSigmoid,
}
POOLINGS = {
    "none": wi.NoPooling,
    "sub": lambda: wi.Decimate(2),
    "max": lambda: wi.MaxPool(2),
    "avg": lambda: wi.AveragePool(2),
}
DATA = {"mnist": wi.data.mnist, "fashion_mnist": wi.data.fashion_mnist}


class Sizes(NamedTuple):
    """How many images and features: those of the table, or few for a test."""

    train: int = 10_000
    held_out: int = 2_000
    test: int = 10_000
    all: int = 60_000
    features: int = 990


FULL, SMALL = Sizes(), Sizes(200, 60, 100, 400, 30)


class Cell(NamedTuple):
    """One entry of the table: `frame` is a key of FRAMES or of BESIDE."""

    data: str
    frame: str
    nonlinearity: str
    pooling: str
    images: int

    @property
    def name(self) -> str:
        """Of its file."""
        return "-".join(map(str, self))


def by_scale(path: tuple[str, ...]) -> bool:
    """Whether no atom of a path is finer than the one before it."""
    scales = [int(label.partition(",")[0].removeprefix("scale=")) for label in path]
    return all(a <= b for a, b in pairwise(scales))


def of_the_paper(frame: str, nonlinearity: str, pooling: str) -> wi.FeatureExtractor:
    """Two layers of 9 atoms, 64 paths in all, pooled behind the second; rescaled where it is not admissible."""
    bank, rho = FRAMES[frame](), NONLINEARITIES[nonlinearity]()
    layers = [wi.Layer(bank, rho), wi.Layer(bank, rho, POOLINGS[pooling]())]
    return wi.FeatureExtractor(layers, GRID, paths=by_scale).admissible()


def beside(frame) -> wi.FeatureExtractor:
    """Two layers of another frame and moduli along paths of falling frequency, on every fourth sample."""
    layers = [wi.Layer(frame, wi.Modulus())] * 2
    return wi.FeatureExtractor(layers, GRID, paths="decreasing", output_stride=4).admissible()


BESIDE: dict[str, Callable[[], wi.FeatureExtractor]] = {
    "Curvelets": lambda: beside(wi.frames.Curvelets(scales=2, one_sided=True)),
    "Shearlets": lambda: beside(wi.frames.Shearlets(scales=2, one_sided=True)),
    "Gabor": lambda: beside(wi.frames.Gabor(channels=6)),
    "Morlet": lambda: beside(wi.frames.Morlet(scales=2, orientations=8)),
}
KYMATIO = "kymatio"
_TOGETHER = 500  # images


def table(data: str, sizes: Sizes = FULL) -> list[Cell]:
    """The cells with the fewer images: those of the paper, other frames, kymatio."""
    own = [Cell(data, *names, sizes.train) for names in product(FRAMES, NONLINEARITIES, POOLINGS)]
    others = [Cell(data, frame, "abs", "sub", sizes.train) for frame in (*BESIDE, KYMATIO)]
    return own + others


def best(results: Iterable[Result], sizes: Sizes = FULL) -> list[Cell]:
    """Those to train on all images: the four best, the best of each nonlinearity, and what stands beside."""
    found = sorted(results, key=lambda result: (result["errors"], result["cell"]))
    cells = [Cell(*result["cell"]) for result in found]
    own = [cell for cell in cells if cell.frame in FRAMES]
    of_each = [next(c for c in own if c.nonlinearity == name) for name in NONLINEARITIES]
    others = [cell for cell in cells if cell.frame not in FRAMES]
    chosen = dict.fromkeys([*own[:4], *of_each, *others])
    return [cell._replace(images=sizes.all) for cell in chosen]


def computed(cell: Cell, tuned: Result | None = None, sizes: Sizes = FULL) -> Result:
    """Features, C and gamma, and the error on the test images.

    Args:
        cell: what to compute.
        tuned: the result of the same cell with fewer images, whose C and gamma are taken; by default they are
            chosen on a split of the images.
        sizes: how many images and features.
    """
    begun = time.perf_counter()
    data = DATA[cell.data]()
    chosen = np.random.default_rng(0).permutation(len(data.labels))[: cell.images]
    images, labels = data.images[chosen], data.labels[chosen]
    test, test_labels = data.test_images[: sizes.test], data.test_labels[: sizes.test]
    transformer, constants = features_of(cell, sizes)
    scaler = MinMaxScaler()
    train = scaler.fit_transform(transformer.fit_transform(pixels(images), labels))
    seen = time.perf_counter()
    found = tuned or tuning(train, labels, sizes)
    machine = SVC(C=found["C"], gamma=found["gamma"], cache_size=2_000).fit(train, labels)
    fitted = time.perf_counter()
    answers = machine.predict(scaler.transform(transformer.transform(pixels(test))))
    errors = int(np.sum(answers != test_labels))
    interval = proportion_interval(errors, len(test_labels))
    return {
        "cell": list(cell),
        "errors": errors,
        "error_percent": 100 * errors / len(test_labels),
        "interval_percent": [100 * interval.low, 100 * interval.high],
        "C": found["C"],
        "gamma": found["gamma"],
        "held_out_percent": found["held_out_percent"],
        "support_vectors": len(machine.support_),
        **constants,
        "seconds": {
            "features": seen - begun,
            "classifier": fitted - seen,
            "test": time.perf_counter() - fitted,
        },
        "peak_memory_GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "versions": {name: version(name) for name in ("wiatowski", "jax", "scikit-learn", "numpy")},
        "cores": os.cpu_count(),
    }


def pixels(images: np.ndarray) -> np.ndarray:
    """From 0 to 1."""
    return images.astype(np.float32) / 255


def features_of(cell: Cell, sizes: Sizes) -> tuple[Any, Result]:
    """What chooses features of images, and the constants of the theory."""
    select = OrthogonalLeastSquares(sizes.features)
    if cell.frame == KYMATIO:
        return make_pipeline(FunctionTransformer(of_kymatio), select), {}
    own = (cell.frame, cell.nonlinearity, cell.pooling)
    phi = BESIDE[cell.frame]() if cell.frame in BESIDE else of_the_paper(*own)
    bounds = [[float(b.lower), float(b.upper)] for b in phi.frame_bounds(real=True)]
    constants = {"frame_bounds": bounds, "lipschitz": float(phi.lipschitz_bound())}
    transformer = FeatureTransformer(phi, select=select, select_rows=sizes.train, memory="3GB")
    return transformer, constants


def of_kymatio(images: np.ndarray) -> np.ndarray:
    """The features of the peer with two scales and eight orientations, 81 paths of 7 x 7 samples."""
    from kymatio import Scattering2D

    scattering: Any = Scattering2D(J=2, shape=(28, 28), L=8)
    blocks = (scattering(images[i : i + _TOGETHER]) for i in range(0, len(images), _TOGETHER))
    return np.concatenate([block.reshape(len(block), -1) for block in blocks]).astype(np.float32)


def tuning(train: np.ndarray, labels: np.ndarray, sizes: Sizes) -> Result:
    """C and gamma with the fewest errors on the last images; the smaller ones where they are equal."""
    fitted = slice(None, len(train) - sizes.held_out)
    held_out = slice(len(train) - sizes.held_out, None)
    apart = squared_distances(train[fitted], train[fitted])
    across = squared_distances(train[held_out], train[fitted])

    def errors(setting: tuple[float, float]) -> int:
        own, gamma = setting
        machine = SVC(C=own, kernel="precomputed").fit(np.exp(-gamma * apart), labels[fitted])
        return int(np.sum(machine.predict(np.exp(-gamma * across)) != labels[held_out]))

    settings = list(product(C, GAMMA))
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # libsvm lets other threads run
        counts = list(pool.map(errors, settings))
    fewest = int(np.argmin(counts))
    own, gamma = settings[fewest]
    return {
        "C": own,
        "gamma": gamma,
        "held_out_percent": 100 * counts[fewest] / sizes.held_out,
    }


def squared_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(rows of one, rows of other)."""
    sizes = (one**2).sum(1)[:, None] + (other**2).sum(1)[None, :]
    return np.maximum(sizes - 2 * (one @ other.T), 0)


def main(arguments: list[str] | None = None) -> int:
    """Compute what is missing, write the tables, print them."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.mnist",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", default="mnist", choices=list(DATA), help="mnist (default) or fashion_mnist"
    )
    parser.add_argument("--out", type=Path, default=Path("mnist"), help="folder (mnist)")
    parser.add_argument("--small", action="store_true", help="few images: a test of the script")
    parser.add_argument("--cell", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    sizes = SMALL if options.small else FULL
    if options.cell:
        data, frame, nonlinearity, pooling, images = options.cell
        cell = Cell(data, frame, nonlinearity, pooling, int(images))
        write_cell(cell, options.out, sizes)
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    results = completed(table(options.data, sizes), options)
    results += completed(best(results, sizes), options)
    write_whole(
        options.out / f"{options.data}.json", (json.dumps(results, indent=1) + "\n").encode()
    )
    text = as_text(results, sizes)
    write_whole(options.out / f"{options.data}.md", text.encode())
    print(text, end="")
    return 0


def completed(cells: list[Cell], options: argparse.Namespace) -> list[Result]:
    """The results of cells, those that are missing computed one after the other, each in a process of its own."""
    done = stored_in(options.out, SMALL if options.small else FULL)
    for cell in tqdm(cells, desc=options.data, unit="cell"):
        if done.get(cell.name) is None:
            call = ["--cell", *map(str, cell), "--out", str(options.out)]
            small = ["--small"] if options.small else []
            subprocess.run([sys.executable, "-m", "experiments.mnist", *call, *small], check=True)
    found = (done.get(cell.name) for cell in cells)
    return [result for result in found if result is not None]


def stored_in(folder: Path, sizes: Sizes) -> Cells:
    """The results of this version of the script with as many images."""
    return Cells(folder, {"format": FORMAT, "sizes": list(sizes)})


def write_cell(cell: Cell, folder: Path, sizes: Sizes) -> None:
    """Compute a cell and write its file."""
    cells = stored_in(folder, sizes)
    fewer = cells.get(cell._replace(images=sizes.train).name)
    cells.put(cell.name, computed(cell, fewer if cell.images > sizes.train else None, sizes))


def as_text(results: list[Result], sizes: Sizes) -> str:
    """Tables in Markdown."""
    lines = []
    for count in (sizes.train, sizes.all):
        rows = [result for result in results if result["cell"][-1] == count]
        lines += [
            f"Trained on {count:,} images, errors on {sizes.test:,} others:",
            "",
            "| frame | nonlinearity | pooling | error, % | 95 % interval | frame bounds of the layers | Lipschitz "
            "constant | C | gamma | minutes | memory, GB |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
            *(row(result) for result in rows),
            "",
        ]
    return "\n".join(lines)


def row(result: Result) -> str:
    """One line of a table."""
    _, frame, nonlinearity, pooling, _ = result["cell"]
    low, high = result["interval_percent"]
    bounds = ", ".join(f"{a:.3g} to {b:.3g}" for a, b in result.get("frame_bounds", []))
    lipschitz = f"{result['lipschitz']:.3g}" if "lipschitz" in result else ""
    parts = [
        frame,
        nonlinearity,
        pooling,
        f"{result['error_percent']:.2f}",
        f"{low:.2f} to {high:.2f}",
        bounds,
        lipschitz,
        f"2^{np.log2(result['C']):.0f}",
        f"2^{np.log2(result['gamma']):.0f}",
        f"{sum(result['seconds'].values()) / 60:.1f}",
        f"{result['peak_memory_GB']:.1f}",
    ]
    return "| " + " | ".join(parts) + " |"


if __name__ == "__main__":
    sys.exit(main())
