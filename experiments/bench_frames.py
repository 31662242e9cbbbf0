r"""How long it takes to build the filters of each family, beside one extraction with them.

Building and extracting take turns (B E B E ...), so that a busy machine slows both alike; ratios are
medians over the rounds of ratios within a round. The extraction is one layer (modulus, no pooling)
after compilation: one map per atom, and the features of the output atom. All in float32, all wait
for their results.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import jax
import jax.numpy as jnp

import wiatowski as wi
from experiments.bench_extractor import (
    FEWEST_ROUNDS,
    Result,
    device,
    interleaved,
    once,
    ratio,
    summary,
    table,
    version,
)
from wiatowski import frames
from wiatowski.serialization import write_whole

FAMILIES: dict[str, wi.Frame] = {
    "curvelets, 3 scales": frames.Curvelets(scales=3),
    "curvelets, 4 scales": frames.Curvelets(scales=4),
    "curvelets, 5 scales": frames.Curvelets(scales=5),
    "curvelets, one-sided": frames.Curvelets(scales=3, one_sided=True),
    "shearlets": frames.Shearlets(scales=3),
    "ridgelets": frames.Ridgelets(scales=3),
    "directional wavelets": frames.DirectionalWavelets(scales=3),
    "alpha-molecules, 3/4": frames.AlphaMolecules(scales=3, alpha=0.75),
    "steerable, even": frames.Steerable(scales=3, orientations=3),
    "steerable, odd": frames.Steerable(scales=3, orientations=4),
    "Meyer": frames.Meyer(scales=3),
    "Shannon": frames.Shannon(scales=3),
    "Simoncelli": frames.Simoncelli(scales=3),
    "Haar": frames.Haar(scales=3),
    "Morlet": frames.Morlet(scales=3),
    "log-Gabor": frames.LogGabor(scales=3),
    "Gabor": frames.Gabor(6),
    "Daubechies": frames.Daubechies(scales=3, moments=4),
    "symlets": frames.Symlets(scales=3),
    "coiflets": frames.Coiflets(scales=3),
    "biorthogonal": frames.Biorthogonal(scales=3),
    "B-spline framelets": frames.BSplineFramelets(scales=2),
    "random filters": frames.RandomFilters(count=8, size=5),
}


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the JSON, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.bench_frames",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", type=Path, help="versions, device, all times, ratios")
    parser.add_argument("--rounds", type=int, default=9, help=f"at least {FEWEST_ROUNDS} (9)")
    parser.add_argument("--side", type=int, default=512, help="samples per axis (512)")
    parser.add_argument(
        "--family", action="append", choices=FAMILIES, metavar="NAME", help="only this one; repeat"
    )
    options = parser.parse_args(arguments)
    if options.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds: at least {FEWEST_ROUNDS}")
    if options.json is not None and not options.json.absolute().parent.is_dir():
        parser.error(f"--json: no such folder: {options.json.absolute().parent}")
    chosen = {name: FAMILIES[name] for name in options.family or FAMILIES}
    results = benchmark(options.rounds, options.side, chosen)
    if options.json is not None:
        write_whole(options.json, (json.dumps(results, indent=1) + "\n").encode())
    print(table(results), end="")
    return 0


def benchmark(
    rounds: int, side: int = 512, families: Mapping[str, wi.Frame] | None = None
) -> Result:
    """A section per family, on a `side` x `side` image of noise."""
    before = os.getloadavg()
    grid = wi.Grid((side, side))
    f = jax.random.normal(jax.random.key(0), grid.shape, jnp.float32)
    sections = {
        name: build_and_extract(frame, grid, f, rounds, name)
        for name, frame in (families or FAMILIES).items()
    }
    names = ("wiatowski", "jax", "jaxlib", "numpy", "equinox")
    return {
        "versions": {name: version(name) for name in names} | {"python": platform.python_version()},
        "device": device(),
        "load_average": {"before": before, "after": os.getloadavg(), "cores": os.cpu_count()},
        "setting": {"rounds": rounds, "side": side, "dtype": "float32"},
        "sections": sections,
    }


def build_and_extract(
    frame: wi.Frame, grid: wi.Grid, f: jax.Array, rounds: int, title: str
) -> Result:
    """Building the bank of a frame beside a call of a one-layer extractor that holds it."""
    phi = wi.FeatureExtractor([wi.Layer(frame)], grid)
    calls = {"build": lambda: frame.on(grid), "extraction": lambda: once(phi, f)}
    times = interleaved(calls, rounds, title)
    return {
        "paths": 1 + len(phi.banks[0]),
        **summary(times),
        "ratios": {"build / extraction": ratio(times["build"], times["extraction"])},
    }


if __name__ == "__main__":
    raise SystemExit(main())
