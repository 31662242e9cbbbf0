r"""Grad-CAM and path shares on a three-layer extractor with a trained linear head, where the evidence is known.

The task: which letter was set on a piece of a photo. Letters are set in typefaces that ship with
matplotlib, at a random place, in white or black, whichever stands out, on photos of half their contrast
that ship with matplotlib and PyWavelets; those held out are in other typefaces and on other photos. The
extractor is fixed: curvelets with ReLU, Morlet wavelets with a modulus, Haar wavelets with a leaky ReLU, pooled by
averages, by maxima and by decimation. Only the head is trained: multinomial logistic regression on the
averages of all maps.

A heatmap points right if its largest value lies in the box around the letter. Chance is the share of the
box in the picture. All pictures held out count, classified right or wrong, for the class they are of.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import scipy.optimize
from matplotlib.patches import Rectangle
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

import wiatowski as wi
from wiatowski.explain import measures
from wiatowski.networks import Classifier, Dense, Head
from wiatowski.plot import canvas
from wiatowski.serialization import write_whole

LETTERS = "AHOXZ"
SIDE = 64
SHOWN = 6  # examples in the figure: the first ones held out
PENALTY = 1e-3  # of the weights of standardised features
TYPEFACES = {
    "trained": (
        *(f"DejaVuSans{kind}" for kind in ("", "-Bold", "-Oblique", "-BoldOblique")),
        *(f"DejaVuSerif{kind}" for kind in ("", "-Bold", "-Italic", "-BoldItalic")),
        *("cmr10", "cmb10", "cmss10", "cmti10"),
    ),
    "held out": (
        *(f"STIXGeneral{kind}" for kind in ("", "Bol", "Italic", "BolIta")),
        *(f"DejaVuSansMono{kind}" for kind in ("", "-Bold", "-Oblique", "-BoldOblique")),
        "cmtt10",
    ),
}
PHOTOS = {"trained": ("camera", "ascent"), "held out": ("aero", "grace_hopper")}


class Pictures(NamedTuple):
    """Pictures, (count, 1, side, side), the numbers of their letters, and boxes (top, left, height, width)."""

    f: np.ndarray
    letters: np.ndarray
    boxes: np.ndarray

    def region(self, number: int) -> np.ndarray:
        """Where the letter is: truth values, (side, side)."""
        top, left, height, width = self.boxes[number]
        where = np.zeros(self.f.shape[2:], bool)
        where[top : top + height, left : left + width] = True
        return where


def main(arguments: list[str] | None = None) -> int:
    """Train the head, measure and draw what it explains."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.explained_extractor",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("explained"), help="folder (explained)")
    parser.add_argument("--train", type=int, default=4000, help="pictures to train on (4000)")
    parser.add_argument("--test", type=int, default=500, help="pictures held out (500)")
    options = parser.parse_args(arguments)
    if options.train < len(LETTERS) or options.test < SHOWN:
        parser.error(f"--train: at least {len(LETTERS)}; --test: at least {SHOWN}")
    options.out.mkdir(parents=True, exist_ok=True)
    model = trained(pictures("trained", options.train, seed=0))
    held_out = pictures("held out", options.test, seed=1)
    results, heatmaps = explained(model, held_out)
    content = json.dumps(results, indent=1) + "\n"
    write_whole(options.out / "explained_extractor.json", content.encode())
    draw(model, held_out, heatmaps, options.out / "explained_extractor.png")
    print(table(results), end="")
    return 0


def extractor() -> wi.FeatureExtractor:
    """Three layers, each with a frame, a nonlinearity and a pooling of its own."""
    layers = [
        wi.Layer(wi.frames.Curvelets(scales=2, orientations=8), wi.ReLU(), wi.AveragePool(2)),
        wi.Layer(wi.frames.Morlet(scales=2, orientations=4), wi.Modulus(), wi.MaxPool(2)),
        wi.Layer(wi.frames.Haar(scales=1), wi.LeakyReLU(0.1), wi.Decimate(2)),
    ]
    return wi.FeatureExtractor(layers, wi.Grid((SIDE, SIDE))).admissible()


def pictures(part: str, count: int, seed: int) -> Pictures:
    """Letters on pieces of photos, drawn independently.

    Args:
        part: of the typefaces and photos, "trained" or "held out".
        count: how many.
        seed: equal seeds give equal pictures.
    """
    generator = np.random.default_rng(seed)
    photos = [wi.signals.photo(name).mean(axis=0) for name in PHOTOS[part]]
    drawn = [_picture(generator, photos, TYPEFACES[part]) for _ in range(count)]
    f, letters, boxes = zip(*drawn, strict=True)
    return Pictures(np.stack(f)[:, None].astype(np.float32), np.array(letters), np.array(boxes))


def _picture(
    generator: np.random.Generator, photos: Sequence[np.ndarray], typefaces: Sequence[str]
) -> tuple[np.ndarray, int, tuple[int, int, int, int]]:
    photo = photos[int(generator.integers(len(photos)))]
    row, column = (generator.integers(n - SIDE + 1) for n in photo.shape)
    picture = 0.25 + photo[row : row + SIDE, column : column + SIDE] / 2
    letter = int(generator.integers(len(LETTERS)))
    typeface = typefaces[int(generator.integers(len(typefaces)))]
    ink = _ink(LETTERS[letter], typeface, int(generator.integers(24, 37)))
    top, left = (int(generator.integers(SIDE - n + 1)) for n in ink.shape)
    box = (top, left, *ink.shape)
    place = picture[top : top + box[2], left : left + box[3]]
    place += ink * ((place.mean() < 0.5) - place)
    return picture, letter, box


def _ink(letter: str, typeface: str, size: int) -> np.ndarray:
    """The letter alone, from 0 to 1, without margins."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{typeface}.ttf")
    sheet = Image.new("L", (2 * size, 2 * size))
    ImageDraw.Draw(sheet).text(
        (size // 2, size // 4), letter, 255, ImageFont.truetype(str(path), size)
    )
    return np.asarray(sheet.crop(sheet.getbbox())) / 255


def trained(given: Pictures) -> Classifier:
    """The extractor with logistic regression on its averages, which L-BFGS solves."""
    phi = extractor()
    count = sum(phi.path_counts)
    blank = Head([Dense(np.zeros((len(LETTERS), count)), np.zeros(len(LETTERS)))], averages=True)
    model = Classifier(phi, blank, classes=tuple(LETTERS))
    features = in_parts(eqx.filter_jit(eqx.filter_vmap(model.features)), given.f)
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    standard = jnp.asarray((features - mean) / deviation)

    @jax.jit
    def loss(flat):
        weights, bias = flat[: -len(LETTERS)].reshape(len(LETTERS), count), flat[-len(LETTERS) :]
        chosen = jax.nn.log_softmax(standard @ weights.T + bias)[
            jnp.arange(len(standard)), given.letters
        ]
        return PENALTY * jnp.sum(weights**2) - jnp.mean(chosen)

    def both(flat):
        value, gradient = jax.value_and_grad(loss)(jnp.asarray(flat, jnp.float32))
        return float(value), np.asarray(gradient, float)

    start = np.zeros((count + 1) * len(LETTERS))
    found = scipy.optimize.minimize(
        both, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}
    ).x
    weights = found[: -len(LETTERS)].reshape(len(LETTERS), count) / deviation
    bias = found[-len(LETTERS) :] - weights @ mean
    return Classifier(phi, Head([Dense(weights, bias)], averages=True), classes=tuple(LETTERS))


def in_parts(function, f: np.ndarray, size: int = 100) -> np.ndarray:
    """A function of batches, a part of the pictures at a time."""
    parts = np.array_split(f, max(1, len(f) // size))
    return np.concatenate(
        [np.asarray(function(part)) for part in tqdm(parts, desc="pictures", disable=None)]
    )


def explained(model: Classifier, given: Pictures) -> tuple[dict[str, Any], dict[int, np.ndarray]]:
    """Accuracy, where heatmaps of each layer point, shares of paths; and the heatmaps, for the true class."""
    scores = in_parts(eqx.filter_jit(eqx.filter_vmap(model)), given.f)
    right = scores.argmax(axis=1) == given.letters
    regions = [given.region(number) for number in range(len(given.f))]
    heatmaps = {
        layer: np.stack(
            [
                np.asarray(wi.explain.grad_cam(model, f, int(letter), layer))
                for f, letter in zip(given.f, given.letters, strict=True)
            ]
        )
        for layer in range(1, model.depth + 1)
    }
    layers = {}
    for layer, own in heatmaps.items():
        hits = [measures.points_at(h, where) for h, where in zip(own, regions, strict=True)]
        energy = [measures.energy_inside(h, where) for h, where in zip(own, regions, strict=True)]
        layers[layer] = {
            "pointing": measures.proportion_interval(sum(hits), len(hits))._asdict(),
            "energy inside": measures.mean_interval(energy)._asdict(),
            "empty": float(np.mean(own.max(axis=(1, 2)) == 0)),
        }
    return {
        "accuracy": measures.proportion_interval(int(right.sum()), len(right))._asdict(),
        "chance of the class": 1 / len(LETTERS),
        "chance of the place": float(np.mean(regions)),
        "paths": list(model.extractor.path_counts),
        "layers": layers,
        "shares": shares(model, given, scores),
    }, heatmaps


def shares(model: Classifier, given: Pictures, scores: np.ndarray) -> dict[str, Any]:
    """Mean share of paths in the score of the true class, by depth and by the field of the last label."""
    found = [
        wi.explain.path_shares(model, f, int(letter))
        for f, letter in zip(given.f, given.letters, strict=True)
    ]
    own_scores = scores[np.arange(len(scores)), given.letters]
    sums = [sum(map(np.sum, own.depths)) + own.bias for own in found]
    size = [sum(np.abs(d).sum() for d in own.depths) + abs(own.bias) for own in found]
    error = np.abs(np.subtract(sums, own_scores)) / size
    depths = [{str(n): float(d.sum()) for n, d in enumerate(own.depths)} for own in found]
    by = {field: _means([own.by(field) for own in found]) for field in ("scale", "orientation")}
    return {"depth": _means(depths)} | by | {"largest completeness error": float(error.max())}


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def draw(model: Classifier, given: Pictures, heatmaps: dict[int, np.ndarray], path: Path) -> None:
    """The first pictures held out with the box around the letter, and the heatmap of every layer on each."""
    rows = 1 + len(heatmaps)
    figure, axes = canvas.figure(1.9 * SHOWN + 0.6, 1.9 * rows + 0.4, rows, SHOWN, "compressed")
    for number, column in enumerate(axes.T):
        f, letter = given.f[number], int(given.letters[number])
        seen = jax.nn.softmax(model(f))
        said = int(seen.argmax())
        column[0].set_title(f"{LETTERS[letter]} read as {LETTERS[said]}, {float(seen[said]):.0%}")
        for panel in column:
            canvas.image(panel, f[0], vmin=0, vmax=1, cmap="gray")
            panel.set_xticks([])
            panel.set_yticks([])
        for panel, own in zip(column[1:], heatmaps.values(), strict=True):
            wide = wi.explain.unit_range(wi.explain.upsampled(own[number], f.shape[1:]))
            panel.images[0].set_alpha(0.4)
            panel.imshow(wide, cmap=canvas.MAGNITUDE, alpha=0.7, vmin=0, vmax=1)
        top, left, height, width = given.boxes[number]
        for panel in column:
            panel.add_patch(
                Rectangle(
                    (left - 0.5, top - 0.5),
                    width,
                    height,
                    fill=False,
                    color=canvas.COLOURS["bound"],
                    linewidth=1.5,
                )
            )
    for panel, name in zip(axes[:, 0], ("picture", *(f"layer {n}" for n in heatmaps)), strict=True):
        panel.set_ylabel(name)
    figure.savefig(path, dpi=150)


def table(results: dict[str, Any]) -> str:
    """Accuracy, pointing and shares beside chance."""
    lines = [
        f"paths by depth {results['paths']}",
        f"accuracy held out {_interval(results['accuracy'])}, "
        f"chance {results['chance of the class']:.2f}",
    ]
    for layer, found in results["layers"].items():
        lines.append(
            f"layer {layer}: points at the letter {_interval(found['pointing'])}, heatmap inside "
            f"{_interval(found['energy inside'])}, chance {results['chance of the place']:.2f}; "
            f"{found['empty']:.0%} have no positive evidence there"
        )
    for field in ("depth", "scale", "orientation"):
        own = ", ".join(f"{k or 'none'}: {v:+.2f}" for k, v in results["shares"][field].items())
        lines.append(f"mean share by {field}: {own}")
    error = results["shares"]["largest completeness error"]
    return (
        "\n".join([*lines, f"shares and score differ by {error:.1e} of the shares' modulus"]) + "\n"
    )


def _interval(found: dict[str, float]) -> str:
    return f"{found['mean']:.2f} ({found['low']:.2f} to {found['high']:.2f})"


if __name__ == "__main__":
    raise SystemExit(main())
