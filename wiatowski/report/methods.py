"""The methods of an explanation: what each computes, in one sentence, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from wiatowski import explain
from wiatowski.explain.cam import has_weights_of_maps
from wiatowski.explain.guided import times
from wiatowski.networks import Network
from wiatowski.report.errors import InputError
from wiatowski.report.progress import Progress

__all__ = ["METHODS", "Method", "chosen", "computed", "heat"]

Call = Callable[[Network, np.ndarray, Sequence[int], int], object]


class Method(NamedTuple):
    """A method, or the product of a heatmap's with guided backpropagation."""

    title: str
    sentence: str
    source: str
    call: Call | None = None
    factor: str = ""


#: By the names of the functions in `wiatowski.explain`.
METHODS = {
    "cam": Method(
        "CAM",
        "Adds up the maps of the last layer with the weights that the class gives to their averages.",
        "Zhou et al. 2016",
        lambda model, f, classes, _: explain.cam(model, f, classes),
    ),
    "grad_cam": Method(
        "Grad-CAM",
        "Adds up the maps of a layer, each with the average slope of the class's score along it.",
        "Selvaraju et al. 2017",
        explain.grad_cam,
    ),
    "grad_cam_plus_plus": Method(
        "Grad-CAM++",
        "As Grad-CAM, but counts positive slopes only, and those most that stand out in their map.",
        "Chattopadhay et al. 2018",
        explain.grad_cam_plus_plus,
    ),
    "score_cam": Method(
        "Score-CAM",
        "Adds up the maps, each with the score of the photo masked by it; needs no gradient.",
        "Wang et al. 2020",
        explain.score_cam,
    ),
    "guided_backpropagation": Method(
        "Guided backprop.",
        "Goes back from the score to the pixels, and drops at every ReLU what is negative.",
        "Springenberg et al. 2015",
        lambda model, f, classes, _: explain.guided_backpropagation(model, f, classes),
    ),
    "guided_grad_cam": Method(
        "Guided Grad-CAM",
        "Guided backpropagation times Grad-CAM: fine detail where the class is.",
        "Selvaraju et al. 2017",
        factor="grad_cam",
    ),
    "guided_grad_cam_plus_plus": Method(
        "Guided Grad-CAM++",
        "Guided backpropagation times Grad-CAM++.",
        "Chattopadhay et al. 2018",
        factor="grad_cam_plus_plus",
    ),
    "guided_score_cam": Method(
        "Guided Score-CAM",
        "Guided backpropagation times Score-CAM.",
        "Wang et al. 2020, with guided backpropagation",
        factor="score_cam",
    ),
    "saliency": Method(
        "Saliency",
        "The gradient itself: how the score changes with each pixel.",
        "Simonyan et al. 2014",
        lambda model, f, classes, _: explain.saliency(model, f, classes),
    ),
}


def chosen(model: Network, names: str | None) -> tuple[str, ...]:
    """Methods by name, in the order of `METHODS`; by default all that the network can carry.

    Raises:
        InputError: for a name that there is not, or CAM on a network that cannot carry it.
    """
    able = [name for name in METHODS if name != "cam" or has_weights_of_maps(model)]
    if names is None:
        return tuple(able)
    wanted = [name.strip().lower().replace("-", "_") for name in names.split(",")]
    unknown = [name for name in wanted if name not in METHODS]
    if unknown:
        raise InputError(f"there is no method {unknown[0]!r}; choose from {', '.join(METHODS)}.")
    if "cam" in wanted and "cam" not in able:
        raise InputError(
            "CAM needs a network that ends in global average pooling and at most one dense layer; this one "
            "does not: use --methods grad_cam, which is the same where CAM exists."
        )
    return tuple(name for name in METHODS if name in wanted)


def computed(
    model: Network,
    f: np.ndarray,
    classes: Sequence[int],
    layer: int,
    names: Sequence[str],
    progress: Progress,
) -> dict[str, np.ndarray]:
    """What the methods say of several classes at once: each array has a leading axis of classes.

    Args:
        model, f, classes, layer: as for `explain.grad_cam`.
        names: keys of `METHODS`; each is computed once, also where a product needs it.
        progress: told of each method.
    """
    found: dict[str, np.ndarray] = {}

    def of(name: str) -> np.ndarray:
        if name not in found:
            call = METHODS[name].call
            if call is None:
                pair = of(METHODS[name].factor), of("guided_backpropagation")
                found[name] = np.asarray(times(*pair, model.grid.ndim))
            else:
                found[name] = np.asarray(call(model, f, classes, layer))
                progress.step(METHODS[name].title)
        return found[name]

    return {name: of(name) for name in names}


def heat(values: np.ndarray) -> np.ndarray:
    """A map as a mask: of a gradient the sum of its channels' moduli."""
    return np.abs(values).sum(axis=0) if values.ndim > 2 else values
