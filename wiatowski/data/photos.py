"""Twenty photos with their ImageNet classes."""

from __future__ import annotations

import importlib.util
import io
import re
import zipfile
from typing import NamedTuple

import numpy as np

from wiatowski._archives import Archive

__all__ = ["LabelledPhoto", "labelled_photos"]

_ARCHIVE = Archive(
    "foolbox",
    "foolbox-3.3.4-py3-none-any.whl",
    "11049d515d38e765e206a73ace9cc648b81a0d6d1da9ad9057e149ee117989cb",
    1.7,
)
_NAME = re.compile(r"foolbox/data/(imagenet_\d+)_(\d+)\.jpg")


class LabelledPhoto(NamedTuple):
    """A photo, (H, W, 3) from 0 to 255, with the number of its class among the 1,000 of ImageNet."""

    name: str
    pixels: np.ndarray
    label: int


def labelled_photos() -> tuple[LabelledPhoto, ...]:
    """Twenty photos of twenty classes; the archive (1.7 MB) is fetched once from the package index.

    They say whether weights, order of layers and preprocessing are right; twenty are no measure of accuracy.

    Raises:
        OSError: if the archive is not there and cannot be fetched.
        ImportError: without pillow.

    Source: the archive foolbox 3.3.4 (MIT; it says nothing about the photos themselves).
    """
    if importlib.util.find_spec("PIL") is None:
        raise ImportError('labelled_photos: needs pillow: pip install "wiatowski[verify]".')
    from PIL import Image

    photos = []
    with zipfile.ZipFile(_ARCHIVE.path()) as archive:
        for member in sorted(archive.namelist()):
            found = _NAME.fullmatch(member)
            if found:
                image = Image.open(io.BytesIO(archive.read(member))).convert("RGB")
                photos.append(LabelledPhoto(found[1], np.asarray(image), int(found[2])))
    return tuple(photos)
