"""What `wiatowski explain` is asked for: a network, a photo, classes, a layer."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wiatowski import data, networks, signals
from wiatowski.networks import Network
from wiatowski.networks.weights.names import imagenet_classes
from wiatowski.report import photo as photos
from wiatowski.report.errors import InputError
from wiatowski.report.photo import Photo

__all__ = ["MOST", "NETWORKS", "Model", "chosen_classes", "chosen_layer", "named_photo", "opened"]

_LABELLED = "imagenet_"  # what the names of labelled photos begin with
_IMAGENET = 1000
#: Classes of a page.
MOST = 10
_ELONGATED = 20  # a side over the other: the network sees a square in the middle


class _Known(NamedTuple):
    """A network with the name of its last bias, which has one number per class."""

    title: str
    build: Callable[..., Network]
    last: str
    trained: Callable[[], Network] | None = None


#: By the names of the functions in `wiatowski.networks`.
NETWORKS = {
    "squeezenet": _Known(
        "SqueezeNet 1.1", networks.squeezenet, "classifier.1.bias", networks.squeezenet_imagenet
    ),
    "efficientnet_lite0": _Known(
        "EfficientNet-Lite0",
        networks.efficientnet_lite0,
        "_fc.bias",
        networks.efficientnet_lite0_imagenet,
    ),
    "vgg16": _Known("VGG-16", networks.vgg16, "classifier.6.bias"),
    "resnet50": _Known("ResNet-50", networks.resnet50, "fc.bias"),
    "googlenet": _Known("GoogLeNet", networks.googlenet, "fc.bias"),
}


class Model(NamedTuple):
    """A network, its title, and in words where its weights come from."""

    network: Network
    title: str
    weights: str


def opened(name: str, weights: str | None) -> Model:
    """A network by name, with trained weights from the package index or those of a file.

    Raises:
        InputError: for an unknown name, or weights that are not there, damaged, or of another network.
    """
    if name not in NETWORKS:
        close = difflib.get_close_matches(name, NETWORKS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise InputError(
            f"there is no network {name!r}; {hint}Choose one of {', '.join(NETWORKS)}."
        )
    known = NETWORKS[name]
    if weights is not None:
        return Model(*_from_file(name, known, Path(weights)))
    if known.trained is None:
        trained = ", ".join(n for n, other in NETWORKS.items() if other.trained)
        raise InputError(
            f"{name} has no weights in the package index; give a file of yours with --weights FILE, such as "
            f"torchvision's state dictionary, or choose {trained}."
        )
    try:
        return Model(known.trained(), known.title, "ImageNet, from the package index")
    except OSError as error:
        raise InputError(str(error)) from None


def _from_file(name: str, known: _Known, path: Path) -> tuple[Network, str, str]:
    try:
        arrays = networks.read_weights(path)
        last = arrays.get(known.last)
        count = len(last) if last is not None and last.ndim else _IMAGENET
        network = known.build(arrays, classes=_names(count))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"--weights {path} cannot be read ({error.strerror or error}).") from None
    except (ValueError, ImportError) as error:
        raise InputError(f"--weights {path.name} does not fit {name}: {error}") from None
    return network, known.title, f"{path.name}, SHA-256 {digest}"


def _names(count: int) -> tuple[str, ...] | int:
    """ImageNet's where there are as many classes; numbers where there are not, or without a connection."""
    try:
        return imagenet_classes() if count == _IMAGENET else count
    except OSError:
        return count


def named_photo(name: str) -> Photo:
    """A file, or else a bundled or labelled photo by its name.

    Raises:
        InputError: for what is missing, no image, too large, or too elongated.
    """
    if name in signals.PHOTOS and not Path(name).exists():
        photo = photos.bundled(name)
    elif name.startswith(_LABELLED) and not Path(name).exists():
        photo = _labelled(name)
    elif not Path(name).exists():
        raise InputError(
            f"there is no file {name}, and no photo of that name; give a file, one of "
            f"{', '.join(signals.PHOTOS)}, or a labelled photo: {_LABELLED}00 to {_LABELLED}19."
        )
    else:
        photo = photos.read(name)
    if max(photo.shape) > _ELONGATED * min(photo.shape):
        raise InputError(
            f"{photo.source} has {photo.shape[0]} x {photo.shape[1]} pixels, and a network sees only a "
            "square in the middle; crop the photo to what is to be explained."
        )
    return photo


def _labelled(name: str) -> Photo:
    try:
        named = {photo.name: photo for photo in data.labelled_photos()}
    except OSError as error:
        raise InputError(str(error)) from None
    if name not in named:
        raise InputError(f"there is no labelled photo {name!r}; they are {', '.join(named)}.")
    channels = np.moveaxis(named[name].pixels, -1, 0).astype(np.float32) / 255
    return Photo(channels, ("red", "green", "blue"), f"the labelled photo {name}", ())


def chosen_classes(network: Network, text: str) -> list[int]:
    """Classes by names or numbers with commas between; case and underscores do not matter.

    Raises:
        InputError: for one that there is not, with the nearest names, or that several classes share.
    """
    asked = [part.strip() for part in text.split(",") if part.strip()]
    found = list(dict.fromkeys(_class(network, part) for part in asked))
    if not 1 <= len(found) <= MOST:
        raise InputError(f"--classes names {len(found)} classes; name 1 to {MOST}.")
    return found


def _class(network: Network, asked: str) -> int:
    if _is_number(asked.removeprefix("-")):
        try:
            return network.class_of(int(asked))
        except ValueError as error:
            raise InputError(f"--classes: {error}") from None
    plain = [name.lower() for name in network.classes]
    wanted = asked.lower().replace("_", " ")
    same = [number for number, name in enumerate(plain) if name == wanted]
    if len(same) == 1:
        return same[0]
    if same:
        numbers = " and ".join(map(str, same))
        raise InputError(f"--classes: {asked!r} names the classes {numbers}; give the number.")
    inside = [name for name in plain if wanted in name]
    near = list(dict.fromkeys([*inside, *difflib.get_close_matches(wanted, plain, n=5)]))[:5]
    hint = ", ".join(f"{network.classes[n]!r} ({n})" for n in map(plain.index, near))
    raise InputError(
        f"--classes: no class is named {asked!r}; "
        + (f"the nearest are {hint}." if hint else f"numbers go from 0 to {len(plain) - 1}.")
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def chosen_layer(network: Network, asked: str | None) -> int:
    """The number of a layer given by name or number; by default the last one whose maps are no scores.

    Where the head only averages the maps, each belongs to one class, and all methods would agree on it.

    Raises:
        InputError: for one that there is not.
    """
    if asked is None:
        return network.depth if network.head.layers else network.depth - 1
    key: Any = int(asked) if _is_number(asked) and asked not in network.names else asked
    try:
        return network.depth_of(key)
    except ValueError as error:
        raise InputError(f"--layer: {str(error).removeprefix('Network: ')}") from None
