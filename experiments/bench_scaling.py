r"""How the cost of scattering grows with size, batch, paths and depth, beside what its transforms predict.

Every series varies one number and nothing else. Measured exponents are least-squares slopes of
log(median seconds) against log(number), for depth against the number itself (the growth per layer is
their exponential); predicted ones are the same slopes of the operations that the Fourier transforms of
the network take, $5 n \log_2 n$ for n complex samples. kymatio (JAX, jitted) takes turns in the same
rounds wherever it has the transform. All in float32 on one device.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from experiments.bench_extractor import device, interleaved, summary, version
from experiments.bench_scattering import OURS, PEER, Case, arguments_of, checked, kymatio_transform
from experiments.transforms import needed
from wiatowski import scattering
from wiatowski.serialization import write_whole

Result = dict[str, Any]


class Series(NamedTuple):
    """Transforms that differ in one number."""

    axis: str
    values: tuple[int, ...]
    case: Callable[[int], Case]
    options: Callable[[int], dict] = lambda _: {}
    exponential: bool = False  # whether the cost is a power of the base per step
    paths: bool = False  # whether the axis is the number of paths, not the value


SERIES = {
    "size, 2-D": Series(
        "side (samples)",
        (32, 64, 128, 256, 512),
        lambda n: Case("Scattering2D", (3, (n, n), 8), 4),
    ),
    "size, 1-D": Series(
        "length (samples)",
        (2**12, 2**13, 2**14, 2**15, 2**16, 2**17),
        lambda n: Case("Scattering1D", (8, n, 8), 4),
    ),
    "batch": Series(
        "signals of 64 x 64",
        (1, 2, 4, 8, 16, 32, 64),
        lambda n: Case("Scattering2D", (3, (64, 64), 8), n),
    ),
    "paths": Series(
        "paths of orders 0 to 2",
        (2, 4, 8, 16, 24),
        lambda n: Case("Scattering2D", (3, (64, 64), n), 4),
        paths=True,
    ),
    "depth": Series(
        "layers",
        (1, 2, 3, 4),
        lambda _: Case("Scattering2D", (4, (64, 64), 4), 4),
        lambda n: {"max_order": n},
        exponential=True,
    ),
}


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the JSON and the figure, print the exponents."""
    parser = arguments_of("bench_scaling", __doc__)
    parser.add_argument("--series", nargs="*", choices=list(SERIES), default=list(SERIES))
    options = checked(parser, arguments)
    results: Result = {
        "versions": {name: version(name) for name in ("wiatowski", "jax", "numpy", "kymatio")},
        "device": device(),
        "cores": os.cpu_count(),
        "rounds": options.rounds,
        "series": {},
    }
    for name in options.series:
        results["series"][name] = measured(name, SERIES[name], options.rounds)
        if options.out is not None:  # what is measured so far stays, if this is interrupted
            write_whole(options.out, (json.dumps(results, indent=1) + "\n").encode())
    if options.figure is not None:
        draw(results, options.figure)
    print(table(results), end="")
    return 0


def measured(name: str, series: Series, rounds: int) -> Result:
    """Times and exponents of one series."""
    calls, at, operations, theirs = {}, [], [], True
    for value in series.values:
        case, options = series.case(value), series.options(value)
        transform = getattr(scattering, case.kind)(*case.arguments, **options)
        arrays, rest = eqx.partition(transform, eqx.is_array)
        jitted = jax.jit(lambda arrays, x, rest=rest: eqx.combine(arrays, rest)(x))
        x = jnp.asarray(
            np.random.default_rng(0).normal(size=(case.batch, *case.shape)), jnp.float32
        )
        calls[f"{OURS}, {value}"] = lambda f=jitted, a=arrays, x=x: f(a, x)
        theirs = theirs and options.get("max_order", 2) <= 2
        if theirs:
            peer = jax.jit(kymatio_transform(case, "jax", **options))
            calls[f"{PEER}, {value}"] = lambda f=peer, x=x: f(x)
        at.append(sum(transform.network.path_counts) if series.paths else value)
        counted = needed(transform.network, case.batch)
        operations.append(sum(t.operations * number for t, number in counted.items()))
    seconds = summary(interleaved(calls, rounds, name))
    found: Result = {"axis": series.axis, "at": at, "exponential": series.exponential, **seconds}
    curves = {"predicted": operations}
    for who in (OURS, PEER):
        curve = [t for key, t in seconds["medians"].items() if key.startswith(who)]
        curves |= {who: curve} if len(curve) > 2 else {}
    found["curves"] = curves
    found["exponents"] = {
        who: exponent(at, curve, series.exponential) for who, curve in curves.items()
    }
    return found


def exponent(at: Sequence[float], cost: Sequence[float], exponential: bool) -> float:
    """Slope of the logarithm of the cost, against that of the number or the number itself."""
    x = np.asarray(at, float) if exponential else np.log(at)
    return float(np.polyfit(x[: len(cost)], np.log(cost), 1)[0])


def draw(results: Result, path: Path) -> None:
    """One panel per series: measured medians, and the prediction through the largest one."""
    from matplotlib.ticker import LogLocator

    from wiatowski.plot import canvas

    columns = min(3, len(results["series"]))
    rows = math.ceil(len(results["series"]) / columns)
    figure, axes = canvas.figure(3.5 * columns, 3.2 * rows, rows, columns)
    panels = list(axes.flat)
    for unused in panels[len(results["series"]) :]:
        unused.remove()
    colours = {OURS: canvas.COLOURS["measured"], PEER: canvas.COLOURS["bound"]}
    for panel, (name, series) in zip(panels, results["series"].items()):
        at, curves = series["at"], series["curves"]
        scale = 1e3 * curves[OURS][-1] / curves["predicted"][-1]
        panel.plot(
            at,
            [scale * p for p in curves["predicted"]],
            "--",
            color=canvas.COLOURS["neutral"],
            label=_label("its FFTs' operations", series, "predicted"),
        )
        for who in (PEER, OURS):
            if who in curves:
                times = [1e3 * t for t in curves[who]]
                label = _label(who, series, who)
                panel.plot(at[: len(times)], times, "o-", color=colours[who], label=label)
        panel.set_yscale("log")
        if not series["exponential"]:
            panel.set_xscale("log")
        panel.set_xticks(at, [str(value) for value in at], rotation=45 if max(at) > 1000 else 0)
        panel.minorticks_off()
        panel.set_title(name)
        canvas.line_axes(panel, series["axis"], "time (ms)")
        low, high = panel.get_ylim()
        if high < 30 * low:  # or else one tick alone
            panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.yaxis.set_major_formatter("{x:g}")
        panel.set_ylim(low, high * (high / low) ** 0.35)  # room for the legend
        canvas.legend(panel, loc="upper left")
    figure.savefig(path, dpi=150)


def _label(text: str, series: Result, who: str) -> str:
    slope = series["exponents"][who]
    return (
        f"{text}: x{np.exp(slope):.1f} a layer" if series["exponential"] else f"{text}: {slope:.2f}"
    )


def table(results: Result) -> str:
    """One line per series."""
    lines = [f"{results['device']}, {results['cores']} cores; median of {results['rounds']} rounds"]
    for name, series in results["series"].items():
        slopes = series["exponents"]
        if series["exponential"]:
            words = [f"{who} x{np.exp(slope):.2f} per layer" for who, slope in slopes.items()]
        else:
            words = [f"{who} {slope:.2f}" for who, slope in slopes.items()]
        lines.append(f"{name:<10} exponents: {', '.join(words)}")
        for key, t in series["medians"].items():
            lines.append(f"    {key:<24} {1e3 * t:9.2f} ms")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
