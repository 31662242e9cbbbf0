r"""How fast the extractor is on this machine, beside peers measured in the same rounds.

Contenders take turns (A B C A B C ...), so that a busy machine slows all of them alike; ratios are
medians over the rounds of ratios within a round. All in float32, all wait for their results.

Peers: the definition of the features, one path at a time; the Fourier transforms alone that the
extractor needs; kymatio's Scattering2D, which keeps fewer paths and computes other coefficients
(the output says how), hence times per path beside times per call.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from kymatio import Scattering2D
from tqdm import tqdm

import wiatowski as wi
from experiments.transforms import alone, listed, needed
from wiatowski.serialization import write_whole

FEWEST_ROUNDS, QUICK_ROUNDS = 7, 5
SHORTEST_SAMPLE = 0.02  # seconds: shorter calls are repeated, and a sample is their mean
NOT_THE_SAME = (
    "kymatio's coefficients are not ours: it pads by reflection, averages to a coarse grid, thins "
    "out coarse scales and keeps only frequency-decreasing paths; the extractor keeps all paths."
)

Call = Callable[[], Any]
Result = dict[str, Any]
Times = dict[str, list[float]]

once = eqx.filter_jit(lambda phi, f: phi(f))
vmapped = eqx.filter_jit(lambda phi, f: jax.vmap(phi)(f))
mapped = eqx.filter_jit(lambda phi, f: jax.lax.map(phi, f))
defined = eqx.filter_jit(wi.features_by_definition)


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the JSON, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.bench_extractor",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, help="JSON: versions, device, all times, ratios")
    parser.add_argument("--rounds", type=int, default=9, help=f"at least {FEWEST_ROUNDS} (9)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    options = parser.parse_args(arguments)
    if options.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds: at least {FEWEST_ROUNDS}; --quick takes {QUICK_ROUNDS}")
    if options.out is not None and not options.out.absolute().parent.is_dir():
        parser.error(f"--out: no such folder: {options.out.absolute().parent}")
    results = benchmark(QUICK_ROUNDS if options.quick else options.rounds)
    if options.out is not None:
        write_whole(options.out, (json.dumps(results, indent=1) + "\n").encode())
    print(table(results), end="")
    return 0


def benchmark(
    rounds: int,
    side: int = 64,
    batch: int = 8,
    orientations: Sequence[int] = (4, 8, 16),
    peer_orientations: int = 8,
    deep_side: int = 256,
    extractors: Mapping[str, Callable[[wi.Grid], wi.FeatureExtractor]] | None = None,
) -> Result:
    """All sections, on `side` x `side` images of noise; `extractors` meet their definition."""
    before = os.getloadavg()
    f = jax.random.normal(jax.random.key(0), (batch, side, side), jnp.float32)
    grid = wi.Grid((side, side))
    extractors = extractors or {"scattering-like": scattering, "mixed": wi.presets.mixed}
    sections = {
        name: against_definition(build(grid), f, rounds, name) for name, build in extractors.items()
    } | {
        "three layers": against_transforms(curvelets(wi.Grid((deep_side,) * 2)), rounds, "deep"),
        "kymatio": against_kymatio(f, rounds, peer_orientations),
        "compile": compile_times(f[0], orientations, rounds),
    }
    names = ("wiatowski", "jax", "jaxlib", "numpy", "scipy", "equinox", "kymatio")
    return {
        "versions": {name: version(name) for name in names} | {"python": platform.python_version()},
        "device": device(),
        "load_average": {"before": before, "after": os.getloadavg(), "cores": os.cpu_count()},
        "setting": {"rounds": rounds, "side": side, "batch": batch, "dtype": "float32"},
        "sections": sections,
    }


def scattering(grid: wi.Grid, orientations: int = 8, stride: int | None = None):
    """Two layers of Morlet wavelets (2 scales), modulus, sub-sampling by 2."""
    frame = wi.frames.Morlet(scales=2, orientations=orientations)
    layers = [wi.Layer(frame, wi.Modulus(), wi.Decimate(2))] * 2
    return wi.FeatureExtractor(layers, grid, output_stride=stride).admissible()


def curvelets(grid: wi.Grid, scales: int = 2) -> wi.FeatureExtractor:
    """Three layers of curvelets, ReLU, average pooling."""
    layer = wi.Layer(wi.frames.Curvelets(scales), wi.ReLU(), wi.AveragePool(2))
    return wi.FeatureExtractor([layer] * 3, grid).admissible()


def against_definition(phi: wi.FeatureExtractor, f: jax.Array, rounds: int, title: str) -> Result:
    """The extractor beside its definition, its batches and its Fourier transforms alone."""
    vmap, lax_map = f"vmap, batch {len(f)}", f"lax.map, batch {len(f)}"
    counted = needed(phi)
    calls: dict[str, Call] = {
        "extractor": lambda: once(phi, f[0]),
        "definition": lambda: wi.features_by_definition(phi, f[0]),
        "compiled definition": lambda: defined(phi, f[0]),
        "FFTs alone": alone(counted),
        vmap: lambda: vmapped(phi, f),
        lax_map: lambda: mapped(phi, f),
    }
    times = interleaved(calls, rounds, title)
    per_signal = {way: [t / len(f) for t in times[way]] for way in (vmap, lax_map)}
    ours, exact = once(phi, f[0]), wi.features_by_definition(phi, f[0])
    return {
        "paths": [len(a) for a in ours],
        "relative_difference": float((ours - exact).norm() / exact.norm()),
        "transforms": listed(counted),
        "temporary_bytes": {
            "extractor": temporary_bytes(lowered(phi, f[0]).compile()),
            vmap: temporary_bytes(lowered(phi, f, jax.vmap).compile()),
        },
        **summary(times),
        "ratios": {
            "definition / extractor": ratio(times["definition"], times["extractor"]),
            "compiled definition / extractor": ratio(
                times["compiled definition"], times["extractor"]
            ),
            "extractor / FFTs alone": ratio(times["extractor"], times["FFTs alone"]),
        }
        | {
            f"one call / {way}, per signal": ratio(times["extractor"], per_signal[way])
            for way in per_signal
        },
    }


def against_transforms(phi: wi.FeatureExtractor, rounds: int, title: str) -> Result:
    """A deep extractor with many paths beside its Fourier transforms alone."""
    f = jax.random.normal(jax.random.key(0), phi.grid.shape, jnp.float32)
    counted = needed(phi)
    calls: dict[str, Call] = {
        "extractor": lambda: once(phi, f),
        "FFTs alone": alone(counted),
    }
    times = interleaved(calls, rounds, title)
    return {
        "paths": list(phi.path_counts),
        "transforms": listed(counted),
        **summary(times),
        "ratios": {"extractor / FFTs alone": ratio(times["extractor"], times["FFTs alone"])},
    }


def against_kymatio(f: jax.Array, rounds: int, orientations: int) -> Result:
    """A batch through the scattering-like extractor and through kymatio with J = 2."""
    side, images = f.shape[-1], np.asarray(f)
    phi = scattering(
        wi.Grid((side, side)), orientations, stride=4
    )  # kymatio's coarse grid at every depth

    eager, on_numpy = peer(side, orientations), peer(side, orientations, frontend="numpy")
    jitted, padded = jax.jit(eager), jax.jit(peer(side, orientations, margin=8))
    calls: dict[str, Call] = {
        "extractor": lambda: vmapped(phi, f),
        "kymatio numpy": lambda: on_numpy(images),
        "kymatio jax, eager": lambda: eager(f),
        "kymatio jax, jit": lambda: jitted(f),
        "kymatio jax, jit, padded before": lambda: padded(f),
    }
    times = interleaved(calls, rounds, "kymatio")
    ours, theirs = paths_of(phi), jax.eval_shape(jitted, f).shape[-3]
    ratios = {}
    for name in list(calls)[1:]:
        ratios[f"{name} / extractor"] = ratio(times[name], times["extractor"])
        per_path = [t * ours / theirs for t in times[name]]
        ratios[f"{name} / extractor, per path"] = ratio(per_path, times["extractor"])
    return {
        "note": NOT_THE_SAME,
        "paths": {"extractor": ours, "kymatio": theirs},
        "temporary_bytes": {
            "extractor": temporary_bytes(lowered(phi, f, jax.vmap).compile()),
            "kymatio jax, jit": temporary_bytes(jitted.lower(f).compile()),
        },
        **summary(times),
        "ratios": ratios,
    }


def peer(side: int, orientations: int, frontend: str = "jax", margin: int = 0) -> Callable:
    """kymatio, J = 2; with a margin in its images it pads nothing and transforms `side` samples."""
    shape = (side - margin, side - margin)
    return cast(
        Any, Scattering2D(2, shape, orientations, frontend=frontend, pre_pad=margin > 0)
    ).scattering


def compile_times(f: jax.Array, orientations: Sequence[int], rounds: int) -> Result:
    """Tracing and compiling one call, against the number of paths; size is lines of StableHLO."""
    lower: dict[str, Call] = {}
    paths = {}
    for count in orientations:
        phi = scattering(wi.Grid(f.shape), count)
        scatter = peer(f.shape[-1], count)
        ours, theirs = f"extractor, {count} orientations", f"kymatio, {count} orientations"
        lower[ours] = lambda phi=phi: lowered(phi, f)
        lower[theirs] = lambda scatter=scatter: jax.jit(scatter).lower(f)
        paths |= {ours: paths_of(phi), theirs: jax.eval_shape(scatter, f).shape[-3]}
    calls = {name: lambda low=low: low().compile() for name, low in lower.items()}
    times = interleaved(calls, rounds, "compile", fresh=True)
    few, many = min(orientations), max(orientations)
    return {
        "paths": paths,
        "size": {name: low().as_text().count("\n") for name, low in lower.items()},
        "temporary_bytes": {name: temporary_bytes(call()) for name, call in calls.items()},
        **summary(times),
        "ratios": {
            f"{who}, {many} / {few} orientations": ratio(
                times[f"{who}, {many} orientations"], times[f"{who}, {few} orientations"]
            )
            for who in ("extractor", "kymatio")
        }
        | {
            f"kymatio / extractor, {n} orientations": ratio(
                times[f"kymatio, {n} orientations"], times[f"extractor, {n} orientations"]
            )
            for n in (few, many)
        },
    }


def interleaved(calls: Mapping[str, Call], rounds: int, title: str, fresh: bool = False) -> Times:
    """Seconds per call, the contenders in turn; `fresh` forgets what was compiled before each."""
    repeats = dict.fromkeys(calls, 1)
    for name, call in calls.items():
        jax.block_until_ready(call())  # compiles
        if not fresh:
            repeats[name] = max(1, math.ceil(SHORTEST_SAMPLE / seconds(call, 1)))
    times: Times = {name: [] for name in calls}
    for _ in tqdm(range(rounds), desc=title, unit="round", mininterval=0):
        for name, call in calls.items():
            if fresh:
                jax.clear_caches()
            times[name].append(seconds(call, repeats[name]))
    return times


def seconds(call: Call, repeats: int) -> float:
    """Mean time of one call."""
    start = time.perf_counter()
    for _ in range(repeats):
        jax.block_until_ready(call())
    return (time.perf_counter() - start) / repeats


def summary(times: Times) -> Result:
    """All times, and their medians."""
    return {"seconds": times, "medians": {k: statistics.median(t) for k, t in times.items()}}


def ratio(numerator: list[float], denominator: list[float]) -> dict[str, float]:
    """Median, least and largest ratio within a round."""
    each = [a / b for a, b in zip(numerator, denominator, strict=True)]
    return {"median": statistics.median(each), "least": min(each), "largest": max(each)}


def lowered(phi: wi.FeatureExtractor, f: jax.Array, batched: Callable = lambda phi: phi):
    """The forward call, traced and lowered."""
    arrays, static = eqx.partition(phi, eqx.is_array)
    return jax.jit(lambda a, f: batched(eqx.combine(a, static))(f)).lower(arrays, f)


def temporary_bytes(compiled) -> int | None:
    """What the compiler sets aside for intermediate results, where it says so."""
    analysis = compiled.memory_analysis()
    return None if analysis is None else int(analysis.temp_size_in_bytes)


def paths_of(phi: wi.FeatureExtractor) -> int:
    """Paths of all depths, the empty one included."""
    return sum(phi.path_counts)


def version(package: str) -> str:
    """The installed version."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "source tree"


def device() -> str:
    """The accelerator's name, or the processor's."""
    kind = jax.devices()[0].device_kind
    cpuinfo = Path("/proc/cpuinfo")
    if kind == "cpu" and cpuinfo.is_file():
        names = [s for s in cpuinfo.read_text().splitlines() if s.startswith("model name")]
        return names[0].partition(":")[2].strip() if names else platform.machine()
    return kind


def table(results: Result) -> str:
    """Ratios with their spread; times, paths and compiler's temporaries of each contender."""
    load = results["load_average"]
    lines = [
        f"{results['device']}, {load['cores']} cores, load {load['before'][0]:.1f} before, "
        f"{load['after'][0]:.1f} after; {results['setting']}"
    ]
    for title, section in results["sections"].items():
        lines += ["", f"{title:<52} {'median':>9}  least..largest of the rounds"]
        for name, r in section["ratios"].items():
            lines.append(f"  {name:<50} {r['median']:>9.2f}  {r['least']:.2f}..{r['largest']:.2f}")
        for name, t in section["medians"].items():
            lines.append(f"  {name:<50} {1e3 * t:>9.2f}  ms")
        for name in ("paths", "size", "temporary_bytes", "relative_difference", "note"):
            if name in section:
                lines.append(f"  {name}: {section[name]}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
