r"""Grad-CAM and Score-CAM beside pytorch-grad-cam: same network, weights, photo, class and layer.

SqueezeNet 1.1 with weights trained on ImageNet, at the maps of its last fire module. Each call goes from the
photo to a heatmap at its size in the range from 0 to 1; both heatmaps are compared before anything is
timed. Contenders take turns; torch runs with one thread and with all, the faster one counts. All in float32.

Needs torch and pytorch-grad-cam, beside the package:

    pip install torch==2.13.0 opencv-python-headless ttach scikit-learn && pip install --no-deps grad-cam==1.5.5
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import types
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np

import wiatowski as wi
from experiments.bench_extractor import (
    FEWEST_ROUNDS,
    Call,
    Result,
    device,
    interleaved,
    ratio,
    summary,
    version,
)
from wiatowski.networks import Convolution, Network, Parallel, SlidingMaxPool
from wiatowski.serialization import write_whole

LAYER = "fire9"
# pytorch-grad-cam brings maps to the photo's size with the corners kept before it masks with them.
METHODS = {
    "Grad-CAM": ("GradCAM", wi.explain.grad_cam, {}),
    "Score-CAM": ("ScoreCAM", wi.explain.score_cam, {"corners": True}),
}
LARGEST_DIFFERENCE = 1e-4


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the JSON, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.bench_explain",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, help="JSON: versions, device, all times, ratios")
    parser.add_argument("--rounds", type=int, default=9, help=f"at least {FEWEST_ROUNDS} (9)")
    options = parser.parse_args(arguments)
    if options.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds: at least {FEWEST_ROUNDS}")
    if options.out is not None and not options.out.absolute().parent.is_dir():
        parser.error(f"--out: no such folder: {options.out.absolute().parent}")
    network = wi.networks.squeezenet_imagenet()
    photo = wi.data.labelled_photos()[0]
    assert network.preprocessing is not None
    f = network.preprocessing(photo.pixels, network.grid.shape[0])
    names = ("wiatowski", "jax", "jaxlib", "numpy", "torch", "grad-cam")
    results: Result = {
        "versions": {name: version(name) for name in names},
        "device": device(),
        "cores": os.cpu_count(),
        "rounds": options.rounds,
        "methods": {
            name: compared(name, network, f, photo.label, options.rounds) for name in METHODS
        },
    }
    if options.out is not None:
        write_whole(options.out, (json.dumps(results, indent=1) + "\n").encode())
    print(table(results), end="")
    return 0


def compared(name: str, network: Network, f: np.ndarray, target: int, rounds: int) -> Result:
    """Times of one method, its compilation, and the difference of the heatmaps."""
    _, method, options = METHODS[name]

    @eqx.filter_jit
    def explained(network, f):
        heatmap = method(network, f, target, LAYER, **options)
        return wi.explain.unit_range(wi.explain.upsampled(heatmap, network.grid.shape))

    begun = time.perf_counter()
    ours = np.asarray(explained(network, f))
    first = time.perf_counter() - begun
    peers = peer(name, network, f, target)
    difference = max(float(np.abs(ours - call()).max()) for call in peers.values())
    if difference > LARGEST_DIFFERENCE:
        raise RuntimeError(f"bench_explain: the heatmaps of {name} differ by {difference:.1e}.")
    times = interleaved({"wiatowski": lambda: explained(network, f)} | peers, rounds, name)
    fastest = min(peers, key=lambda peer: statistics.median(times[peer]))
    return {
        "difference": difference,
        "first_call_seconds": first,
        **summary(times),
        "ratios": {f"{peer} / wiatowski": ratio(times[peer], times["wiatowski"]) for peer in peers},
        "fastest peer": fastest,
    }


def peer(name: str, network: Network, f: np.ndarray, target: int) -> dict[str, Call]:
    """pytorch-grad-cam with one thread and with all."""
    torch, grad_cam = imported()
    from pytorch_grad_cam.utils.model_targets import (  # pyright: ignore[reportMissingImports]
        ClassifierOutputTarget,
    )

    model = on_torch(torch, network)
    place = network.names.index(LAYER)
    explain = getattr(grad_cam, METHODS[name][0])(model=model, target_layers=[model[place]])
    explain_photo, aim = torch.from_numpy(f)[None], [ClassifierOutputTarget(target)]

    def call(threads: int):
        torch.set_num_threads(threads)
        return explain(input_tensor=explain_photo, targets=aim)[0]

    return {
        "torch, 1 thread": lambda: call(1),
        "torch, all threads": lambda: call(os.cpu_count() or 1),
    }


def imported() -> tuple[Any, Any]:
    """torch and pytorch-grad-cam, which imports torchvision for photos only: a stub stands in for it."""
    stub: Any = types.ModuleType("torchvision")
    stub.transforms = types.ModuleType("torchvision.transforms")
    for name in ("Compose", "Normalize", "ToTensor"):
        setattr(stub.transforms, name, object)
    stub.models = types.ModuleType("torchvision.models")
    own = {f"torchvision.{name}": getattr(stub, name) for name in ("transforms", "models")}
    sys.modules |= {"torchvision": stub} | own
    try:
        import pytorch_grad_cam  # pyright: ignore[reportMissingImports]
        import torch  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise SystemExit(f"bench_explain: {error}. To install it:\n{__doc__}") from None
    return torch, pytorch_grad_cam


def on_torch(torch, network: Network):
    """The network in torch: convolutions, parallel ways, ReLU, maximum over sliding windows, an average."""
    nn = torch.nn

    class Side(nn.Module):
        def __init__(self, ways):
            super().__init__()
            self.ways = nn.ModuleList(ways)

        def forward(self, x):
            return torch.cat([way(x) for way in self.ways], dim=1)

    def stage_of(stage):
        if isinstance(stage, Parallel):
            return Side([nn.Sequential(*map(module, way)) for way in stage.ways])
        assert isinstance(stage, Convolution)
        (top, bottom), (left, right) = stage.padding
        into, out = stage.channels[1], stage.channels[0]
        conv = nn.Conv2d(into, out, stage.window, stage.stride, (top, left))
        conv.weight.data, conv.bias.data = (
            torch.tensor(np.asarray(a)) for a in (stage.taps, stage.bias)
        )
        if (top, left) == (bottom, right):
            return conv
        conv.padding = (0, 0)
        return nn.Sequential(nn.ZeroPad2d((left, right, top, bottom)), conv)

    def module(layer):
        parts = [stage_of(layer.stage)]
        if isinstance(layer.nonlinearity, wi.ReLU):
            parts.append(nn.ReLU(inplace=True))
        if isinstance(layer.pooling, SlidingMaxPool):
            parts.append(nn.MaxPool2d(layer.pooling.window, layer.pooling.stride))
        return nn.Sequential(*parts)

    layers = [module(layer) for layer in network.layers]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()


def table(results: Result) -> str:
    """Medians, ratios with their spread, compilation and agreement."""
    lines = [f"{results['device']}, {results['cores']} cores, {results['rounds']} rounds"]
    for name, found in results["methods"].items():
        lines.append(f"\n{name}: heatmaps differ by {found['difference']:.1e} at most")
        for contender, seconds in found["medians"].items():
            lines.append(f"  {contender:<36} {1e3 * seconds:>9.1f}  ms")
        lines.append(
            f"  {'first call, compiled':<36} {1e3 * found['first_call_seconds']:>9.1f}  ms"
        )
        for what, r in found["ratios"].items():
            mark = "  <- the faster" if what.startswith(found["fastest peer"]) else ""
            spread = f"{r['least']:.2f}..{r['largest']:.2f}"
            lines.append(f"  {what:<36} {r['median']:>9.2f}  {spread}{mark}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
