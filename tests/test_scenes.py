"""Scenes with known places, of photos that are plain."""

from __future__ import annotations

import numpy as np
import pytest

from wiatowski.data import LabelledPhoto, composed_scenes

# Two photos of class 4; a photo's red is its class, its green its number.
LABELS = (0, 1, 2, 3, 4, 4)
PHOTOS = tuple(
    LabelledPhoto(f"photo {number}", np.full((10, 14, 3), (label, number, 0), np.uint8), label)
    for number, label in enumerate(LABELS)
)


def scenes(count=300, seed=0):
    return composed_scenes(count, seed, size=8, photos=PHOTOS)


def test_the_region_is_the_quarter_of_the_class():
    for scene in scenes():
        assert scene.region.sum() == 16
        np.testing.assert_array_equal(scene.pixels[..., 0] == scene.label, scene.region)
        at_corners = scene.pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert len(set(at_corners[:, 0].tolist())) == 4
        assert [f"photo {number}" for number in at_corners[:, 1]] == list(scene.photos)


def test_every_class_is_asked_for_and_every_quarter_holds_it():
    found = scenes()
    assert {scene.label for scene in found} == set(LABELS)
    places = np.mean([scene.region for scene in found], axis=0)
    assert 0.15 < places.min() <= places.max() < 0.35


def test_seeds_decide_and_more_scenes_begin_alike():
    one, more, other = scenes(5), scenes(9), scenes(5, seed=1)
    for first, second in zip(one, more[:5], strict=True):
        assert first.photos == second.photos
        np.testing.assert_array_equal(first.pixels, second.pixels)
        np.testing.assert_array_equal(first.region, second.region)
    assert [scene.photos for scene in one] != [scene.photos for scene in other]


def test_what_makes_no_scene_is_refused():
    with pytest.raises(ValueError, match=r"composed_scenes: size must be even"):
        composed_scenes(1, size=7, photos=PHOTOS)
    with pytest.raises(ValueError, match=r"composed_scenes: .*four classes, but the photos have 3"):
        composed_scenes(1, photos=PHOTOS[:3])
