"""Photos in which the place of every class is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wiatowski.data.photos import LabelledPhoto, labelled_photos
from wiatowski.networks import Preprocessing

__all__ = ["ComposedScene", "composed_scenes"]

_WHOLE = Preprocessing(share=1.0, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0))


class ComposedScene(NamedTuple):
    """Four photos of four classes, one to a quarter, and where one of the classes is.

    Args:
        photos: names, the upper row first.
        pixels: (size, size, 3) from 0 to 255.
        label: the class asked for.
        region: (size, size) of truth values, its quarter.
    """

    photos: tuple[str, ...]
    pixels: np.ndarray
    label: int
    region: np.ndarray


def composed_scenes(
    count: int, seed: int = 0, size: int = 224, photos: Sequence[LabelledPhoto] | None = None
) -> tuple[ComposedScene, ...]:
    """Mosaics of four photos of different classes, drawn independently (the grid pointing game).

    A mosaic needs no outlines of objects, no quarter is a background on which a network may decide, the
    other classes compete in the same photo, and chance is exactly a quarter.

    Args:
        count: how many.
        seed: equal seeds give equal scenes, of which the first do not depend on `count`.
        size: of the square scenes, even: that of the network, for `Preprocessing.normalised`.
        photos: to draw from, the middle square of each; by default `labelled_photos`.

    Raises:
        ValueError: for an odd size, or photos of fewer than four classes.
        OSError: if the photos are not there and cannot be fetched.

    Source: Boehle, Fritz & Schiele 2021.

    >>> import numpy as np
    >>> plain = [LabelledPhoto(str(i), np.full((8, 8, 3), i), i) for i in range(4)]
    >>> (scene,) = composed_scenes(1, size=4, photos=plain)
    >>> bool(np.all(scene.pixels[scene.region] == scene.label)), scene.region.mean().item()
    (True, 0.25)
    """
    if size < 2 or size % 2:
        raise ValueError(f"composed_scenes: size must be even, two photos a side, not {size!r}.")
    photos = labelled_photos() if photos is None else tuple(photos)
    classes = len({photo.label for photo in photos})
    if classes < 4:
        raise ValueError(
            f"composed_scenes: a scene has four classes, but the photos have {classes}; give more."
        )
    tiles = [_WHOLE.cropped(photo.pixels, size // 2).astype(np.uint8) for photo in photos]
    draw = np.random.default_rng(seed)
    return tuple(_scene(draw, photos, tiles) for _ in range(count))


def _scene(draw: np.random.Generator, photos, tiles: list[np.ndarray]) -> ComposedScene:
    chosen: list[int] = []
    for number in draw.permutation(len(photos)):
        if photos[number].label not in {photos[other].label for other in chosen}:
            chosen.append(int(number))
    chosen = chosen[:4]
    asked = int(draw.integers(4))
    one, two, three, four = (tiles[number] for number in chosen)
    quarters = np.arange(4).reshape(2, 2).repeat(len(one), axis=0).repeat(len(one), axis=1)
    return ComposedScene(
        tuple(photos[number].name for number in chosen),
        np.block([[[one], [two]], [[three], [four]]]),
        photos[chosen[asked]].label,
        quarters == asked,
    )
