"""Why a network decides: every method for several classes of one photo, on one page."""

from __future__ import annotations

import io
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
import scipy.special
from markupsafe import Markup
from matplotlib.figure import Figure

from wiatowski import explain, plot
from wiatowski.certificates.identity import fingerprint
from wiatowski.explain import measures
from wiatowski.networks import Network, Preprocessing
from wiatowski.plot.canvas import COLOURS, figure
from wiatowski.report import methods, subject
from wiatowski.report.errors import InputError
from wiatowski.report.markup import picture
from wiatowski.report.methods import METHODS
from wiatowski.report.output import checked_out, encoded, placed, used_versions
from wiatowski.report.photo import Photo
from wiatowski.report.progress import Progress
from wiatowski.report.templates import rendered

__all__ = ["Explanation", "Question", "explained"]

_FORMAT, _VERSION = "wiatowski explanation", 1
_MAPS = 4  # single maps that are shown
_BARS = 5  # classes of the bar chart, at least
_AS_GOOD = 0.001  # of a score
_DENSITY = 200  # pixels per inch of explanation.png


class Question(NamedTuple):
    """What to explain: the options of `wiatowski explain`."""

    photo: str
    network: str = "squeezenet"
    weights: str | None = None
    classes: str | None = None
    top: int = 3
    layer: str | None = None
    methods: str | None = None
    out: str = "explanation"


class Explanation(NamedTuple):
    """The classes explained, each with its probability, and where the files are."""

    classes: tuple[tuple[str, float], ...]
    html: Path
    json: Path
    png: Path


class _Asked(NamedTuple):
    """Classes of a network's input, and a layer; scores of all classes, likeliest first in `ranked`."""

    network: Network
    pixels: np.ndarray
    f: np.ndarray
    layer: int
    scores: np.ndarray
    probabilities: np.ndarray
    ranked: list[int]
    classes: list[int]


class _Found(NamedTuple):
    """By method its maps, of Grad-CAM also with signs, and the single maps: leading axes are classes."""

    maps: dict[str, np.ndarray]
    signed: np.ndarray
    singles: tuple[np.ndarray, ...]
    masked: list[dict[str, float]]


def explained(question: Question, progress: Progress) -> Explanation:
    """Explain classes of one photo and write explanation.html, explanation.json and explanation.png.

    Args:
        question: what to do.
        progress: told what happens.

    Raises:
        InputError: for bad input.
        OSError: if the files cannot be written.

    Source: utility.
    """
    out = checked_out(question.out)
    if question.top > subject.MOST:
        raise InputError(
            f"--top {question.top} is more than a page holds; use at most {subject.MOST}."
        )
    photo = subject.named_photo(question.photo)
    progress.step(f"{photo.source}: {' x '.join(map(str, photo.shape))} pixels")
    model = subject.opened(question.network, question.weights)
    names = methods.chosen(model.network, question.methods)
    asked = _asked(question, model.network, photo)
    first = asked.ranked[0]
    progress.step(
        f"{model.title}: {model.network.classes[first]}, {asked.probabilities[first]:.1%}"
    )
    found = _found(asked, names, progress)
    document = _document(question, photo, model, asked, found)
    panels = [_panel(asked, found, i) for i in range(len(asked.classes))]
    html = rendered(
        "explanation.html",
        title=f"What {model.title} sees in {photo.source}",
        document=document,
        methods=METHODS,
        command=_command(question),
        photo=_photo(asked.pixels),
        bars=picture(_bars(asked), "probabilities of the top classes"),
        answers=[
            (answer, *_pictures(asked, found, i, panels[i]))
            for i, answer in enumerate(document["classes"])
        ],
    )
    progress.step("figures drawn")
    written = placed(
        out,
        {
            "explanation.html": html.encode(errors="backslashreplace"),
            "explanation.json": encoded(document),
            "explanation.png": _png(panels[0]),
        },
    )
    told = tuple((answer["name"], answer["probability"]) for answer in document["classes"])
    return Explanation(told, *written.values())


def _asked(question: Question, network: Network, photo: Photo) -> _Asked:
    layer = subject.chosen_layer(network, question.layer)
    named = None if question.classes is None else subject.chosen_classes(network, question.classes)
    preprocessing = _preprocessing(network)
    if photo.channels.min() < 0:
        raise InputError(
            f"{photo.source} has values below 0, which no photo has; bring them to the range from 0 to 1."
        )
    samples = np.rint(255 * np.moveaxis(photo.channels, 0, -1))
    samples = samples[..., 0] if samples.shape[-1] == 1 else samples
    pixels = preprocessing.cropped(samples, network.grid.shape[0])
    f = preprocessing.normalised(pixels)
    scores = np.asarray(eqx.filter_jit(network)(f), float)
    if not np.isfinite(scores).all():
        raise InputError(
            "the network's scores are not finite: its weights are damaged, or too large."
        )
    ranked = np.argsort(-scores, kind="stable").tolist()
    classes = ranked[: question.top] if named is None else named
    shares = scipy.special.softmax(scores)
    return _Asked(network, pixels, f, layer, scores, shares, ranked, classes)


def _found(asked: _Asked, names: Sequence[str], progress: Progress) -> _Found:
    network, f, classes, layer = asked.network, asked.f, asked.classes, asked.layer
    maps = methods.computed(network, f, classes, layer, names, progress)
    signed = np.asarray(explain.grad_cam(network, f, classes, layer, signed=True))
    count = min(_MAPS, network.tap_shape(layer)[0])
    singles = explain.top_maps(network, f, classes, count, layer)
    progress.step("evidence for and against, single maps")
    masked = [
        {
            name: measures.masked_score(network, f, c, methods.heat(values[i]))
            for name, values in maps.items()
        }
        for i, c in enumerate(classes)
    ]
    progress.step("photo masked by every map")
    return _Found(maps, signed, tuple(map(np.asarray, singles)), masked)


def _document(
    question: Question, photo: Photo, model: subject.Model, asked: _Asked, found: _Found
) -> dict[str, Any]:
    """All numbers, and what is needed to find them again."""
    network = model.network
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "settings": question._asdict(),
        "versions": used_versions(),
        "photo": {
            "source": photo.source,
            "shape": list(photo.shape),
            "notes": list(photo.notes),
            "seen": list(asked.pixels.shape),
            "seen_sha256": fingerprint(asked.pixels),
        },
        "network": {
            "name": question.network,
            "title": model.title,
            "weights": model.weights,
            "arrays_sha256": fingerprint(*jax.tree.leaves(eqx.filter(network, eqx.is_array))),
            "layer": network.names[asked.layer - 1],
            "maps": list(network.tap_shape(asked.layer)),
        },
        "methods": list(found.maps),
        "top": [_scored(asked, c) for c in asked.ranked[:_BARS]],
        "classes": [
            _scored(asked, c)
            | {
                "masked": found.masked[i],
                "best": _best(found.masked[i]),
                "top_maps": [
                    {"map": int(k), "share": float(share)}
                    for k, share in zip(found.singles[0][i], found.singles[1][i])
                ],
            }
            for i, c in enumerate(asked.classes)
        ],
    }


def _best(masked: dict[str, float]) -> list[str]:
    """The methods that leave most of the score, and those as good but for rounding."""
    least = (1 - _AS_GOOD) * max(masked.values())
    return [name for name, score in masked.items() if score >= least]


def _scored(asked: _Asked, c: int) -> dict[str, Any]:
    return {
        "number": c,
        "name": asked.network.classes[c],
        "score": float(asked.scores[c]),
        "probability": float(asked.probabilities[c]),
    }


def _preprocessing(network: Network) -> Preprocessing:
    assert network.preprocessing is not None  # each of subject.NETWORKS has one
    return network.preprocessing


def _command(question: Question) -> str:
    """That asks the same question."""
    given = {k: v for k, v in question._asdict().items() if v != Question._field_defaults.get(k)}
    photo = given.pop("photo")
    options = [f"--{name} {shlex.quote(str(value))}" for name, value in given.items()]
    return " ".join(["wiatowski explain", shlex.quote(photo), *options])


def _panel(asked: _Asked, found: _Found, i: int) -> Figure:
    order = slice(None, None, -1 if _preprocessing(asked.network).reversed_channels else 1)
    shown = {
        METHODS[name].title: values[i][order] if values[i].ndim == 3 else values[i]
        for name, values in found.maps.items()
    }
    return plot.panel(asked.pixels, shown, asked.network.classes[asked.classes[i]])


def _pictures(asked: _Asked, found: _Found, i: int, panel: Figure) -> tuple[Markup, ...]:
    """All methods, evidence for and against, and the single maps of one class."""
    name = asked.network.classes[asked.classes[i]]
    numbers, shares, maps = (array[i] for array in found.singles)
    titles = [f"map {k}: {share:+.3g}" for k, share in zip(numbers, shares)]
    singles = plot.panel(asked.pixels, dict(zip(titles, maps)))
    return (
        picture(panel, f"all methods for {name}"),
        picture(plot.overlay(asked.pixels, found.signed[i]), f"evidence for and against {name}"),
        picture(singles, f"single maps for {name}"),
    )


def _photo(pixels: np.ndarray) -> Markup:
    canvas, ((axes,),) = figure(3.0, 3.0, layout="compressed")
    axes.imshow(pixels / 255)
    axes.set_axis_off()
    return picture(canvas, "the photo as the network sees it")


def _bars(asked: _Asked) -> Figure:
    """The likeliest classes and those explained, these in colour."""
    further = [c for c in asked.classes if c not in asked.ranked[:_BARS]]
    shown = [*asked.ranked[:_BARS], *sorted(further, key=asked.ranked.index)]
    canvas, ((axes,),) = figure(5.6, 0.9 + 0.36 * len(shown))
    colours = [COLOURS["measured" if c in asked.classes else "neutral"] for c in shown]
    bars = axes.barh(range(len(shown)), asked.probabilities[shown], color=colours, height=0.62)
    axes.bar_label(bars, [_percent(asked.probabilities[c]) for c in shown], padding=4, fontsize=9)
    axes.set_yticks(range(len(shown)), [asked.network.classes[c] for c in shown])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.grid(False, axis="y")
    axes.set_xlabel("probability")
    return canvas


def _percent(probability: float) -> str:
    return f"{probability:.1%}" if probability >= 0.0005 else "< 0.1%"


def _png(canvas: Figure) -> bytes:
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="png", dpi=_DENSITY)
    return buffer.getvalue()
