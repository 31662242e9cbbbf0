r"""Error rates on MNIST and Fashion-MNIST beside the constants of the theory: frames x nonlinearities x poolings.

The experiment of Wiatowski, Tschannen, Stanic, Grohs & Boelcskei (ICML 2016): undecimated wavelets with three
scales, two layers along paths of non-increasing frequency, pooling by 2 x 2 behind the second layer, 990 features
by orthogonal least squares, scaled to [0, 1], a support vector machine with Gaussian kernels. Every cell tunes its C
and gamma on one split of 10,000 training images, and is tested once on 10,000 others; the four best cells, and the
best of each nonlinearity, are trained on all 60,000, too, with the same C and gamma.

Beside the 32 cells: other frames of the package, filters learned from the training images, and the features of
kymatio, with the same classifier. What the features of a path are worth is how many per cent more of 2,000 test images
are taken for another class where these features are those of other images. Every cell
is a process of its own and a file in --out; a run that was stopped goes on with the cells that are missing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from tqdm import tqdm

import wiatowski as wi
from experiments.bench_extractor import version
from experiments.cells import Cells, Result
from experiments.children import end_with_parent, run_module
from experiments.digits import GRID, STRIDE, Digits, chosen, learned_filters, pixels, trained
from experiments.gaussian_machine import Machine, Setting, tuned
from experiments.mnist_results import as_text, drawn
from wiatowski.explain.measures import proportion_interval
from wiatowski.learn import FeatureTransformer, OrthogonalLeastSquares
from wiatowski.serialization import write_whole

FORMAT = 2  # of the files in --out: those of another are computed again
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
    shuffled: int = 2_000
    epochs: int = 20


FULL, SMALL = Sizes(), Sizes(200, 60, 100, 400, 30, 50, 2)


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
    return wi.FeatureExtractor(layers, GRID, paths="decreasing", output_stride=STRIDE).admissible()


BESIDE: dict[str, Callable[[], wi.FeatureExtractor]] = {
    "Curvelets": lambda: beside(wi.frames.Curvelets(scales=2, one_sided=True)),
    "Shearlets": lambda: beside(wi.frames.Shearlets(scales=2, one_sided=True)),
    "Gabor": lambda: beside(wi.frames.Gabor(channels=6)),
    "Morlet": lambda: beside(wi.frames.Morlet(scales=2, orientations=8)),
}
KYMATIO, LEARNED = "kymatio", "LearnedFilters"
_TOGETHER = 500  # images


def table(data: str, sizes: Sizes = FULL) -> list[Cell]:
    """The cells with the fewer images: those of the paper, other frames, kymatio."""
    own = [Cell(data, *names, sizes.train) for names in product(FRAMES, NONLINEARITIES, POOLINGS)]
    others = [Cell(data, frame, "abs", "sub", sizes.train) for frame in (*BESIDE, LEARNED, KYMATIO)]
    return own + others


def best(results: Iterable[Result], sizes: Sizes = FULL) -> list[Cell]:
    """Those to train on all images: the four best, the best of each nonlinearity, and what stands beside."""
    found = sorted(results, key=lambda result: (result["errors"], result["cell"]))
    cells = [Cell(*result["cell"]) for result in found]
    own = [cell for cell in cells if cell.frame in FRAMES]
    of_each = [next(c for c in own if c.nonlinearity == name) for name in NONLINEARITIES]
    others = [cell for cell in cells if cell.frame not in FRAMES]
    kept = dict.fromkeys([*own[:4], *of_each, *others])
    return [cell._replace(images=sizes.all) for cell in kept]


def computed(cell: Cell, fewer: Result | None = None, sizes: Sizes = FULL) -> Result:
    """Features, C and gamma, the error on the test images, and what the features of every path are worth.

    Args:
        cell: what to compute.
        fewer: the result of the same cell with fewer images, whose C and gamma are taken; by default they are
            chosen on a split of the images.
        sizes: how many images and features.
    """
    begun = time.perf_counter()
    data = DATA[cell.data]()
    digits = chosen(data, cell.images, seed=0)
    tests = Digits(pixels(data.test_images[: sizes.test]), data.test_labels[: sizes.test])
    transformer, constants = features_of(cell, sizes, digits)
    scaler, first = MinMaxScaler(), Digits(*(part[: sizes.train] for part in digits))
    if cell.images > sizes.train:
        train = transformer.fit(*first).transform(digits.images)
    else:
        train = transformer.fit_transform(*first)
    train = scaler.fit_transform(train)
    seen = time.perf_counter()
    if fewer:
        setting = Setting(*(fewer[name] for name in Setting._fields))
    else:
        setting = tuned(train, digits.labels, sizes.held_out)
    machine = Machine(setting, train, digits.labels)
    fitted = time.perf_counter()
    features = scaler.transform(transformer.transform(tests.images))
    errors = int(np.sum(machine.answers(features) != tests.labels))
    tested = time.perf_counter()
    few = slice(sizes.shuffled)
    groups = columns_by_path(transformer.get_feature_names_out())
    layers = joined_by_depth(groups)
    added = machine.added_errors(features[few], tests.labels[few], groups | layers)
    interval = proportion_interval(errors, len(tests.labels))
    return {
        "cell": list(cell),
        "errors": errors,
        "error_percent": 100 * errors / len(tests.labels),
        "interval_percent": [100 * interval.low, 100 * interval.high],
        **setting._asdict(),
        "support_vectors": len(machine.vectors),
        **constants,
        "layers": {name: [len(columns), added[name]] for name, columns in layers.items()},
        "paths": {name: [len(columns), added[name]] for name, columns in groups.items()},
        "seconds": {
            "features": seen - begun,
            "classifier": fitted - seen,
            "test": tested - fitted,
        },
        "processor_seconds": time.process_time(),
        "peak_memory_GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "versions": {name: version(name) for name in ("wiatowski", "jax", "scikit-learn", "numpy")},
        "cores": os.cpu_count(),
    }


def features_of(cell: Cell, sizes: Sizes, digits: Digits) -> tuple[Any, Result]:
    """What chooses features of the images that it is fitted to, and the constants of the theory."""
    select = OrthogonalLeastSquares(sizes.features)
    if cell.frame == KYMATIO:
        scattering = FunctionTransformer(of_kymatio, feature_names_out=names_of_kymatio)
        return make_pipeline(scattering, select), {}
    phi = extractor_of(cell, sizes, digits)
    bounds = [[float(b.lower), float(b.upper)] for b in phi.frame_bounds(real=True)]
    constants = {"frame_bounds": bounds, "lipschitz": float(phi.lipschitz_bound())}
    return FeatureTransformer(phi, select=select, memory="3GB"), constants


def extractor_of(cell: Cell, sizes: Sizes, digits: Digits) -> wi.FeatureExtractor:
    """That of a cell; filters are learned from as many digits as the cells with fewer images have."""
    if cell.frame == LEARNED:
        first = Digits(*(part[: sizes.train] for part in digits))
        start = learned_filters(8, 2, seed=0)
        model: Any = trained(start, first, held_out=sizes.held_out, rate=0.03, epochs=sizes.epochs)
        return model.extractor
    if cell.frame in BESIDE:
        return BESIDE[cell.frame]()
    return of_the_paper(cell.frame, cell.nonlinearity, cell.pooling)


def columns_by_path(names: Iterable[str]) -> dict[str, np.ndarray]:
    """The columns of every path; a name is the path's, and behind " at " the sample's."""
    found: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        found.setdefault(name.partition(" at ")[0], []).append(column)
    return {path: np.array(columns) for path, columns in found.items()}


def joined_by_depth(paths: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The columns of all paths of a depth."""
    found: dict[str, list[np.ndarray]] = {}
    for name, columns in paths.items():
        found.setdefault(name.partition(" ")[0], []).append(columns)
    return {depth: np.concatenate(parts) for depth, parts in found.items()}


def of_kymatio(images: np.ndarray) -> np.ndarray:
    """The features of the peer with two scales and eight orientations, 81 paths of 7 x 7 samples."""
    from kymatio import Scattering2D

    scattering: Any = Scattering2D(J=2, shape=(28, 28), L=8)
    blocks = (scattering(images[i : i + _TOGETHER]) for i in range(0, len(images), _TOGETHER))
    return np.concatenate([block.reshape(len(block), -1) for block in blocks]).astype(np.float32)


def names_of_kymatio(*_unused) -> np.ndarray:
    """Of the same columns as ours: depth and path, and the sample."""
    depths = [0] + [1] * 16 + [2] * 64
    paths = [f"depth={depth} path={place}" for place, depth in enumerate(depths)]
    return np.array([f"{path} at {n // 7},{n % 7}" for path in paths for n in range(49)], object)


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
        end_with_parent()
        write_cell(cell, options.out, sizes)
        return 0
    results = completed(table(options.data, sizes), options)
    results += completed(best(results, sizes), options)
    write_whole(
        options.out / f"{options.data}.json", (json.dumps(results, indent=1) + "\n").encode()
    )
    text = as_text(results)
    write_whole(options.out / f"{options.data}.md", text.encode())
    drawn(results).savefig(options.out / f"{options.data}.png", dpi=150, bbox_inches="tight")
    print(text, end="")
    return 0


def completed(cells: list[Cell], options: argparse.Namespace) -> list[Result]:
    """The results of cells, those that are missing computed one after the other, each in a process of its own."""
    done = stored_in(options.out, SMALL if options.small else FULL)
    for cell in tqdm(cells, desc=options.data, unit="cell"):
        if done.get(cell.name) is None:
            small = ["--small"] if options.small else []
            call = ["--cell", *map(str, cell), "--out", str(options.out), *small]
            run_module("experiments.mnist", call)
    found = (done.get(cell.name) for cell in cells)
    return [result for result in found if result is not None]


def stored_in(folder: Path, sizes: Sizes) -> Cells:
    """The results of this version of the script with as many images."""
    needed = ("cell", "errors", "layers", "paths", *Setting._fields)
    return Cells(folder, {"format": FORMAT, "sizes": list(sizes)}, needed)


def write_cell(cell: Cell, folder: Path, sizes: Sizes) -> None:
    """Compute a cell and write its file."""
    cells = stored_in(folder, sizes)
    fewer = cells.get(cell._replace(images=sizes.train).name)
    cells.put(cell.name, computed(cell, fewer if cell.images > sizes.train else None, sizes))


if __name__ == "__main__":
    sys.exit(main())
