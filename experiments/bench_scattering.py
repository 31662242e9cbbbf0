r"""Scattering transforms beside kymatio's, in the same rounds on the same machine.

Every case runs in a process of its own, in which the contenders take turns (A B C A B C ...); ratios are
medians over the rounds of ratios within a round. Memory and compile time are measured in one fresh
process per contender: the largest resident size above that after the imports, what the compiled program
sets aside for intermediate results, and the seconds to trace and compile. All in float32, all wait.

kymatio runs with every back end that is installed: numpy, jax as shipped (eager), jax under `jax.jit`,
torch with one thread and with all. 1-D coefficients are compared in the scaling of kymatio's main branch.
The FFT floor is what the transforms alone cost that no sub-sampled scattering network can do without,
each measured on the spot in blocks that stay in the cache.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from experiments.bench_extractor import (
    FEWEST_ROUNDS,
    device,
    interleaved,
    ratio,
    summary,
    temporary_bytes,
    version,
)
from experiments.transforms import alone, needed
from wiatowski import scattering
from wiatowski.serialization import write_whole

Call = Callable[[], Any]
Result = dict[str, Any]


class Case(NamedTuple):
    """A transform, its arguments, and a batch."""

    kind: str
    arguments: tuple
    batch: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one signal."""
        shape = self.arguments[1]
        return shape if isinstance(shape, tuple) else (shape,)


CASES = {
    "2-D J2 L8 32^2 x128": Case("Scattering2D", (2, (32, 32), 8), 128),
    "2-D J3 L8 64^2 x32": Case("Scattering2D", (3, (64, 64), 8), 32),
    "2-D J4 L8 256^2 x4": Case("Scattering2D", (4, (256, 256), 8), 4),
    "1-D J8 Q8 2^13 x64": Case("Scattering1D", (8, 2**13, 8), 64),
    "1-D J10 Q12 2^16 x4": Case("Scattering1D", (10, 2**16, 12), 4),
    "3-D J2 L2 32^3 x4": Case("HarmonicScattering3D", (2, (32, 32, 32), 2), 4),
    "3-D J2 L3 32^3 x4": Case("HarmonicScattering3D", (2, (32, 32, 32), 3), 4),
}
OURS, PEER = "wiatowski", "kymatio"


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the JSON, print the table."""
    parser = arguments_of("bench_scattering", __doc__)
    parser.add_argument("--cases", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--devices", type=int, default=os.cpu_count() or 1, help="host devices")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = checked(parser, arguments)
    if options.child:
        print(json.dumps(_child(json.loads(options.child))))
        return 0
    names = ("wiatowski", "jax", "jaxlib", "numpy", "scipy", "kymatio", "torch")
    results: Result = {
        "versions": {name: version(name) for name in names},
        "device": device(),
        "cores": os.cpu_count(),
        "devices": options.devices,
        "rounds": options.rounds,
        "cases": {},
    }
    for name in options.cases:
        print(f"{name} ...", file=sys.stderr, flush=True)
        results["cases"][name] = one_case(name, options.rounds, options.devices)
        if options.out is not None:  # what is measured so far stays, if this is interrupted
            write_whole(options.out, (json.dumps(results, indent=1) + "\n").encode())
    if options.figure is not None:
        draw(results, options.figure)
    print(table(results), end="")
    return 0


def arguments_of(script: str, description: str | None) -> argparse.ArgumentParser:
    """What benchmarks with a figure ask for."""
    parser = argparse.ArgumentParser(
        prog=f"python -m experiments.{script}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, help="JSON: versions, device, all times, what follows")
    parser.add_argument("--figure", type=Path, help="PNG or SVG")
    parser.add_argument("--rounds", type=int, default=9, help=f"at least {FEWEST_ROUNDS} (9)")
    return parser


def checked(parser: argparse.ArgumentParser, arguments: list[str] | None) -> argparse.Namespace:
    """The options, before hours are spent on what cannot be written."""
    options = parser.parse_args(arguments)
    if options.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds: at least {FEWEST_ROUNDS}")
    for path in (options.out, options.figure):
        if path is not None and not path.absolute().parent.is_dir():
            parser.error(f"no such folder: {path.absolute().parent}")
    return options


def one_case(name: str, rounds: int, devices: int) -> Result:
    """Times in one process; memory and compile time of each contender in processes of their own."""
    load = os.getloadavg()
    asked = {"case": name, "rounds": rounds, "devices": devices}
    found = _run({**asked, "what": "times"})
    found["load_average"] = {"before": load, "after": os.getloadavg()}
    found["fresh"] = {
        contender: {
            mode: _run({**asked, "what": "fresh", "contender": contender, "mode": mode})
            for mode in ("forward", "gradient")
        }
        for contender in (OURS, f"{PEER} jax, jit")
    }
    return found


def _run(request: Result) -> Result:
    command = [sys.executable, "-m", "experiments.bench_scattering", "--child", json.dumps(request)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _child(request: Result) -> Result:
    case = CASES[request["case"]]
    if request["what"] == "fresh":
        return fresh(case, request["contender"], request["mode"])
    jax.config.update("jax_num_cpu_devices", request["devices"])
    return times(case, request["rounds"], request["devices"])


def times(case: Case, rounds: int, devices: int) -> Result:
    """Forward and gradient of every contender, parity, and the FFT floor."""
    x = np.random.default_rng(0).normal(size=(case.batch, *case.shape)).astype(np.float32)
    ours = getattr(scattering, case.kind)(*case.arguments)
    forward = _ours(ours, x, devices)
    peers = _peers(case, x, gradient=False)
    both = forward | peers
    exact = np.asarray(peers[f"{PEER} jax, jit"]()) * _correction(case, ours)
    error = np.linalg.norm(np.asarray(forward[f"{OURS}, 1 device"]()) - exact) / np.linalg.norm(
        exact
    )
    floor = "FFTs alone, 1 core"
    seconds = interleaved(
        both | {floor: alone(needed(ours.network, case.batch))}, rounds, "forward"
    )
    gradients = interleaved(
        _ours(ours, x, devices, gradient=True) | _peers(case, x, gradient=True), rounds, "gradient"
    )
    return {
        "relative_difference": float(error),
        "forward": {**summary(seconds), "ratios": _ratios(seconds, devices)},
        "gradient": {**summary(gradients), "ratios": _ratios(gradients, devices)},
        "floor": {
            f"{OURS}, 1 device / {floor}": ratio(seconds[f"{OURS}, 1 device"], seconds[floor])
        },
    }


def _best(devices: int) -> str:
    return f"{OURS}, {devices} devices" if devices > 1 else f"{OURS}, 1 device"


def _ratios(seconds: dict[str, list[float]], devices: int) -> Result:
    """Each peer over ours on all devices, and the fastest peer of all."""
    peers = [name for name in seconds if name.startswith(PEER)]
    fastest = min(peers, key=lambda name: statistics.median(seconds[name]))
    found: Result = {
        f"{name} / ours": ratio(seconds[name], seconds[_best(devices)]) for name in peers
    }
    found["fastest peer"] = fastest
    found["fastest peer / ours"] = found[f"{fastest} / ours"]
    found["fastest peer / ours, 1 device"] = ratio(seconds[fastest], seconds[f"{OURS}, 1 device"])
    return found


def _ours(transform, x: np.ndarray, devices: int, gradient: bool = False) -> dict[str, Call]:
    """On one device, and with the batch sharded over several."""
    arrays, rest = eqx.partition(transform, eqx.is_array)

    def coefficients(arrays, x):
        return eqx.combine(arrays, rest)(x)

    def energy_gradient(arrays, x):
        return jax.grad(lambda x: jnp.sum(coefficients(arrays, x) ** 2))(x)

    function = energy_gradient if gradient else coefficients
    one, signals = jax.jit(function), jnp.asarray(x)
    calls: dict[str, Call] = {f"{OURS}, 1 device": lambda: one(arrays, signals)}
    if devices > 1 and len(x) % devices == 0:
        mesh = jax.make_mesh((devices,), ("batch",))
        everywhere, split = PartitionSpec(), PartitionSpec("batch")
        many = jax.jit(
            jax.shard_map(
                function, mesh=mesh, in_specs=(everywhere, split), out_specs=split, check_vma=False
            )
        )
        copied = jax.device_put(arrays, NamedSharding(mesh, everywhere))
        sharded = jax.device_put(signals, NamedSharding(mesh, split))
        calls[f"{OURS}, {devices} devices"] = lambda: many(copied, sharded)
    return calls


def _peers(case: Case, x: np.ndarray, gradient: bool) -> dict[str, Call]:
    """kymatio's back ends."""
    signals = jnp.asarray(x)
    on_jax = kymatio_transform(case, "jax")
    calls: dict[str, Call] = {}
    if gradient:
        jitted = jax.jit(jax.grad(lambda x: jnp.sum(on_jax(x) ** 2)))
        calls[f"{PEER} jax, jit"] = lambda: jitted(signals)
    else:
        jitted, on_numpy = jax.jit(on_jax), kymatio_transform(case, "numpy")
        calls[f"{PEER} numpy"] = lambda: on_numpy(x)
        calls[f"{PEER} jax, eager"] = lambda: on_jax(signals)
        calls[f"{PEER} jax, jit"] = lambda: jitted(signals)
    try:
        import torch  # pyright: ignore[reportMissingImports]
    except ImportError:
        return calls
    on_torch = kymatio_transform(case, "torch")

    def with_torch(threads: int):
        torch.set_num_threads(threads)
        leaf = torch.from_numpy(x).requires_grad_(gradient)
        coefficients = on_torch(leaf)
        if not gradient:
            return coefficients
        (coefficients**2).sum().backward()
        return leaf.grad

    calls[f"{PEER} torch, 1 thread"] = lambda: with_torch(1)
    calls[f"{PEER} torch, all threads"] = lambda: with_torch(os.cpu_count() or 1)
    return calls


def kymatio_transform(case: Case, frontend: str, **options) -> Callable:
    """A transform of kymatio; its 3-D module asks for a function that scipy has renamed."""
    import scipy.special

    if not hasattr(scipy.special, "sph_harm"):
        setattr(  # noqa: B010
            scipy.special,
            "sph_harm",
            lambda m, n, azimuth, polar: scipy.special.sph_harm_y(n, m, polar, azimuth),
        )
    import kymatio

    return getattr(kymatio, case.kind)(*case.arguments, frontend=frontend, **options).scattering


def _correction(case: Case, transform) -> np.ndarray | float:
    """What kymatio 0.3.0 leaves out of 1-D coefficients."""
    if case.kind != "Scattering1D":
        return 1.0
    return 2.0 ** np.nansum(transform.meta()["j"], axis=1)[:, None]


def fresh(case: Case, contender: str, mode: str) -> Result:
    """Memory above that after the imports, and the time to compile, in this fresh process."""
    x = np.random.default_rng(0).normal(size=(case.batch, *case.shape)).astype(np.float32)
    jnp.zeros(1).block_until_ready()
    start = _memory("VmRSS")
    begun = time.perf_counter()
    mine = contender == OURS
    transform = (
        getattr(scattering, case.kind)(*case.arguments) if mine else kymatio_transform(case, "jax")
    )
    built = time.perf_counter() - begun
    arrays, rest = eqx.partition(transform, eqx.is_array)  # kymatio's filters are constants

    def coefficients(x, arrays):
        return eqx.combine(arrays, rest)(x)

    def energy(x, arrays):
        return jnp.sum(coefficients(x, arrays) ** 2)

    function = jax.jit(jax.grad(energy) if mode == "gradient" else coefficients)
    signals = jnp.asarray(x)
    begun = time.perf_counter()
    compiled = function.lower(signals, arrays).compile()
    seconds = time.perf_counter() - begun
    for _ in range(2):
        jax.block_until_ready(compiled(signals, arrays))
    return {
        "peak_bytes": None if start is None else (_memory("VmHWM") or 0) - start,
        "temporary_bytes": temporary_bytes(compiled),
        "compile_seconds": seconds,
        "build_seconds": built,
    }


def _memory(field: str) -> int | None:
    """Of this process in bytes, where the system tells."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    (line,) = (s for s in status.read_text().splitlines() if s.startswith(field + ":"))
    return int(line.split()[1]) * 1024


def draw(results: Result, path: Path) -> None:
    """Every back end's time over ours, forward and gradient, one row per case."""
    from wiatowski.plot import canvas

    cases = list(results["cases"])
    figure, axes = canvas.figure(10.5, 1.8 + 0.5 * len(cases), columns=2)
    kinds = ("upper", "lower", "bound", "second bound", "neutral")
    names = dict.fromkeys(
        key.removesuffix(" / ours")
        for case in results["cases"].values()
        for key in case["forward"]["ratios"]
        if key.startswith(PEER)
    )
    colours = dict(zip(names, (canvas.COLOURS[kind] for kind in kinds)))
    names_of_rows = [case.replace("^2 ", "² ").replace("^3 ", "³ ") for case in cases]
    for panel, mode in zip(axes[0], ("forward", "gradient"), strict=True):
        for name, colour in colours.items():
            own = [results["cases"][c][mode]["ratios"].get(f"{name} / ours") for c in cases]
            at = [row for row, r in enumerate(own) if r]
            if not at:
                continue
            middle, low, high = (
                np.array([r[k] for r in own if r]) for k in ("median", "least", "largest")
            )
            spread = np.stack([middle - low, high - middle])
            panel.errorbar(middle, at, xerr=spread, fmt="o", color=colour, label=name, ms=5)
        panel.axvline(1, color=canvas.COLOURS["measured"])
        panel.set_xscale("log")
        ticks = [1, 2, 3, 4, 6, 10, 20]
        panel.set_xticks(ticks, [str(t) for t in ticks])
        panel.minorticks_off()
        panel.set_yticks(
            range(len(cases)), names_of_rows if mode == "forward" else [""] * len(cases)
        )
        panel.invert_yaxis()
        panel.set_title(mode)
        canvas.line_axes(panel, "time / time of wiatowski (median, least to largest round)", "")
    figure.legend(
        *axes[0][0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=5,
        fontsize=9,
        frameon=False,
    )
    figure.savefig(path, dpi=150)


def table(results: Result) -> str:
    """One line per case and figure."""
    lines = [
        f"{results['device']}, {results['cores']} cores, {results['devices']} host devices; "
        + ", ".join(f"{k} {v}" for k, v in results["versions"].items())
    ]
    for name, case in results["cases"].items():
        lines += ["", f"{name}: relative difference {case['relative_difference']:.1e}"]
        for what in ("forward", "gradient"):
            own = case[what]["ratios"]
            lines.append(
                f"  {what:<9} {own['fastest peer']} / ours {own['fastest peer / ours']['median']:.2f}"
                f"  (one device {own['fastest peer / ours, 1 device']['median']:.2f})"
            )
            lines += [f"    {k:<28} {1e3 * t:9.1f} ms" for k, t in case[what]["medians"].items()]
        lines += [f"  {name} {r['median']:.2f}" for name, r in case["floor"].items()]
        for mode in ("forward", "gradient"):
            mine, theirs = (case["fresh"][who][mode] for who in (OURS, f"{PEER} jax, jit"))
            memory = ""
            for key, text in (("peak_bytes", "peak memory"), ("temporary_bytes", "temporaries")):
                if mine[key] and theirs[key]:
                    memory += (
                        f"{text} {mine[key] / 2**20:.0f} of {theirs[key] / 2**20:.0f} MiB "
                        f"({theirs[key] / mine[key]:.1f}x), "
                    )
            lines.append(
                f"  {mode}: {memory}compile {mine['compile_seconds']:.1f} s of "
                f"{theirs['compile_seconds']:.1f} s, filters {mine['build_seconds']:.2f} of "
                f"{theirs['build_seconds']:.2f} s"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
