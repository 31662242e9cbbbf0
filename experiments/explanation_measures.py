r"""How good heatmaps are: every method on labelled photos and on scenes with known places, one table, one figure.

Photos, for the class that the network predicts: the score of the masked photo, areas under the deletion and
the insertion curve, rank agreement between methods, and agreement of a heatmap with that of the same
network after its weights were drawn anew: everything behind the layer explained ("classifier"), or all.
Scenes, for the class of one quarter: whether the heatmap's largest value lies there, and what share of
the heatmap. Beside the methods stand a map of random numbers on the layer's grid and a Gaussian bump in
the middle of the photo (of a quarter of its side), which know nothing of the network.

A heatmap is the positive part of a class activation map at the size of the photo, and of gradients the sum
over channels of the modulus. Rank agreement is Spearman's, at the size of the photo.

The sanity check, as fixed before anything was measured: a method fails if the 95 % interval of its
agreement, a mean over draws for every photo, lies above 0.5 for either kind of draw, passes if both lie
below, and is undecided otherwise. (With one draw a photo, not five, Grad-CAM on SqueezeNet was undecided.)

Score-CAM takes a forward pass per map: it sees all photos, but drawn weights only on the first few, once
each, and the first few scenes.

Each photo and scene is a file in the folder; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

import wiatowski as wi
from experiments.cells import Cells
from experiments.explanation_results import draw, summary, table
from wiatowski.explain import measures
from wiatowski.networks import Network
from wiatowski.serialization import write_whole

FORMAT = 1  # of the files in --out: those of another are measured again
SIZE, DRAWS = 224, 5
Maps = dict[str, np.ndarray]


class Subject(NamedTuple):
    """A network, and the layer whose maps are weighted: the last one before the classes have their own."""

    build: Callable[[], Network]
    layer: str


SUBJECTS = {
    "SqueezeNet": Subject(wi.networks.squeezenet_imagenet, "fire9"),
    "EfficientNet-Lite0": Subject(wi.networks.efficientnet_lite0_imagenet, "head"),
}
ACTIVATION_MAPS: dict[str, Callable[..., Any]] = {
    "Grad-CAM": wi.explain.grad_cam,
    "Grad-CAM++": wi.explain.grad_cam_plus_plus,
    "Score-CAM": wi.explain.score_cam,
}


class Sample(NamedTuple):
    """A photo or a scene as a network takes it; the region is that of a scene."""

    name: str
    number: int
    f: np.ndarray
    target: int
    region: np.ndarray | None


def main(arguments: list[str] | None = None) -> int:
    """Measure what is missing in the folder, write the table and the figure."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.explanation_measures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("explanations"), help="folder")
    parser.add_argument("--photos", type=int, default=20, help="how many, 2 to 20 (20)")
    parser.add_argument("--scenes", type=int, default=200, help="how many, at least 2 (200)")
    parser.add_argument("--networks", nargs="*", choices=list(SUBJECTS), default=list(SUBJECTS))
    parser.add_argument(
        "--score-cam",
        type=int,
        default=20,
        help="so many scenes, and photos with drawn weights (20)",
    )
    parser.add_argument("--margin", type=float, default=0.05, help="of the second count (0.05)")
    options = parser.parse_args(arguments)
    if not 2 <= options.photos <= 20 or options.scenes < 2 or options.score_cam < 2:
        parser.error("--photos: 2 to 20; --scenes and --score-cam: at least 2")
    found = {}
    for name in options.networks:
        found[name] = measured(
            SUBJECTS[name], options.out / name, options.photos, options.scenes, options.score_cam
        )
    results = summary(found, options.margin)
    printed = table(results)
    write_whole(options.out / "measures.json", (json.dumps(results, indent=1) + "\n").encode())
    write_whole(options.out / "measures.md", printed.encode())
    draw(results, options.out / "measures.png")
    print(printed, end="")
    return 0


def measured(
    subject: Subject, folder: Path, photos: int, scenes: int, scored: int
) -> list[dict[str, Any]]:
    """What every photo and scene gave, from the folder where it is there already."""
    network = subject.build()
    done = Cells(folder, {"format": FORMAT})
    found = []
    with tqdm(total=photos + scenes, desc=folder.name, unit="image", disable=None) as bar:
        for sample in samples(network, photos, scenes):
            whole = sample.number < scored
            unit = done.get(sample.name)
            if unit is None or (whole and not unit["whole"]):
                unit = one(network, subject.layer, sample, whole)
                done.put(sample.name, unit)
            found.append(unit)
            bar.update()
    return found


def samples(network: Network, photos: int, scenes: int) -> Iterator[Sample]:
    """Photos with the class that the network predicts, then scenes with the class of a quarter."""
    assert network.preprocessing is not None
    for number, photo in enumerate(wi.data.labelled_photos()[:photos]):
        f = network.preprocessing(photo.pixels, SIZE)
        yield Sample(photo.name, number, f, int(jnp.argmax(network(jnp.asarray(f)))), None)
    for number, scene in enumerate(wi.data.composed_scenes(scenes, size=SIZE)):
        f = network.preprocessing.normalised(scene.pixels.astype(np.float32))
        yield Sample(f"scene_{number:03}", number, f, scene.label, scene.region)


def one(network: Network, layer: str, sample: Sample, whole: bool) -> dict[str, Any]:
    """All measures of one photo or scene; unless `whole`, without those of Score-CAM that take long."""
    maps = explanations(network, layer, sample, whole or sample.region is None)
    heats = {name: heat(own) for name, own in maps.items()}
    heats |= controls(network, layer, sample.number)
    unit: dict[str, Any] = {
        "whole": whole,
        "methods": list(heats),
        "target": network.classes[sample.target],
    }
    if sample.region is not None:
        return unit | {
            "pointing": {k: measures.points_at(h, sample.region) for k, h in heats.items()},
            "energy inside": {
                k: measures.energy_inside(h, sample.region) for k, h in heats.items()
            },
        }
    asked = (network, sample.f, sample.target)
    kept = {"classifier": network.depth_of(layer), "all": 0}
    return unit | {
        "masked": {k: measures.masked_score(*asked, h) for k, h in heats.items()},
        "deletion": {k: area(measures.deletion_curve(*asked, h)) for k, h in heats.items()},
        "insertion": {k: area(measures.insertion_curve(*asked, h)) for k, h in heats.items()},
        "agreement": {k: agreements(h, heats) for k, h in heats.items()},
        "sanity": {
            part: sanity(network, layer, sample, maps, n, whole) for part, n in kept.items()
        },
    }


def explanations(network: Network, layer: str, sample: Sample, score_cam: bool) -> Maps:
    """Signed maps at the size of the photo: (H, W), or (channels, H, W) of gradients."""
    f, target = sample.f, sample.target
    maps = {"CAM": wide(wi.explain.cam(network, f, target, signed=True))}
    for name, method in ACTIVATION_MAPS.items():
        if name != "Score-CAM" or score_cam:
            maps[name] = wide(method(network, f, target, layer, signed=True))
    guided = np.asarray(wi.explain.guided_backpropagation(network, f, target))
    products = {f"Guided {k}": heat(maps[k]) * guided for k in ACTIVATION_MAPS if k in maps}
    saliency = np.asarray(wi.explain.saliency(network, f, target))
    return maps | {"Guided backpropagation": guided} | products | {"Saliency": saliency}


def controls(network: Network, layer: str, number: int) -> Maps:
    """Heatmaps that do not look at the photo."""
    noise = np.random.default_rng(number).random(network.tap_shape(layer)[1:])
    x = np.linspace(-2, 2, SIZE)
    bump = np.exp(-(x**2) / 2)
    return {"Random map": wide(noise), "Centred bump": np.outer(bump, bump)}


def sanity(
    network: Network, layer: str, sample: Sample, maps: Maps, kept: int, score_cam: bool
) -> dict[str, dict[str, float]]:
    """Mean agreement of heatmaps, and of signed maps, with those of the network with weights drawn anew."""
    found: dict[str, dict[str, list[float]]] = {"modulus": {}, "signed": {}}
    for number in range(DRAWS):
        key = jax.random.key(1000 * number + sample.number)
        other = measures.randomised(network, key, kept)
        drawn = explanations(other, layer, sample, score_cam and number == 0)
        for name, own in drawn.items():
            pairs = {"modulus": (heat(maps[name]), heat(own)), "signed": (maps[name], own)}
            for form, pair in pairs.items():
                found[form].setdefault(name, []).append(measures.rank_agreement(*pair))
    return {
        form: {name: float(np.mean(values)) for name, values in own.items()}
        for form, own in found.items()
    }


def agreements(heatmap: np.ndarray, others: Mapping[str, np.ndarray]) -> dict[str, float]:
    """With every other heatmap."""
    return {k: measures.rank_agreement(heatmap, other) for k, other in others.items()}


def wide(heatmap) -> np.ndarray:
    """At the size of the photo."""
    return np.asarray(wi.explain.upsampled(heatmap, (SIZE, SIZE)))


def heat(values: np.ndarray) -> np.ndarray:
    """Without signs: what speaks for the class, or how much a channel matters."""
    return np.abs(values).sum(axis=0) if values.ndim > 2 else np.maximum(values, 0)


def area(curve: np.ndarray) -> float:
    """Under a curve over the unit interval."""
    return float(np.trapezoid(curve, dx=1 / (len(curve) - 1)))


if __name__ == "__main__":
    raise SystemExit(main())
