"""Writes steerable.npz: coefficients of plenoptic's steerable pyramid, undecimated and tight.

Needs plenoptic and torch, which the package and its tests do not. From the repository's root, in an
environment of its own (the committed file came from these versions):

    pip install plenoptic==2.1.1 torch==2.13.0
    python tests/golden/make_steerable.py

`shipped` comes from the library as it is. It reads its masks off tables (256 entries per octave,
1024 per half turn) by linear interpolation and rounds them to single precision, so that its
coefficients are off by some 1e-5 of the image's largest sample. The others come from the same code
with tables 64 times as fine and masks in double precision, which shows that nothing but the tables
separates it from the formula.

Images are transposed on the way in and out: the library counts angles from the second axis.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from plenoptic.process import SteerablePyramidFreq, signal, steerable_pyramid_freq

FINER = 64
# name -> (shape, scales, orientations)
SETTINGS = {"square": ((32, 32), 2, 4), "rectangle": ((24, 36), 2, 3)}


class Refined(SteerablePyramidFreq):
    """The library's pyramid with a finer table of angles, its masks left in double precision."""

    @property
    def lutsize(self) -> int:
        """Entries per half turn."""
        return 1024 * FINER

    @lutsize.setter
    def lutsize(self, value: int):
        pass

    def to(self, *args, **kwargs):
        """Not to single precision."""
        return self


def finer_raised_cosine():
    """The library's function with a finer table of radii."""
    source = inspect.getsource(signal._raised_cosine)
    assert source.count("sz = 256") == 1
    scope = dict(vars(signal))
    exec(source.replace("sz = 256", f"sz = {256 * FINER}"), scope)
    return scope["_raised_cosine"]


def coefficients(kind, image: np.ndarray, scales: int, orientations: int) -> np.ndarray:
    """Maps (residual, scale 1, ..., low-pass), shape (maps, *image.shape)."""
    pyramid = kind(
        image.T.shape, height=scales, order=orientations - 1, downsample=False, tight_frame=True
    )
    dtype = pyramid.hi0mask.dtype
    maps = pyramid(torch.as_tensor(image.T[None, None]).to(dtype))
    rows = [np.atleast_3d(maps[key][0, 0].numpy().T).T for key in maps]
    return np.concatenate([row.reshape(-1, *row.shape[-2:]) for row in rows]).transpose(0, 2, 1)


def main() -> None:
    """Noise through the pyramids."""
    arrays = {}
    with mock.patch.object(steerable_pyramid_freq, "_raised_cosine", finer_raised_cosine()):
        for name, (shape, scales, orientations) in SETTINGS.items():
            arrays[name] = coefficients(Refined, noise(shape), scales, orientations)
    shape, scales, orientations = SETTINGS["square"]
    arrays["shipped"] = coefficients(SteerablePyramidFreq, noise(shape), scales, orientations)
    np.savez_compressed(Path(__file__).with_name("steerable.npz"), **arrays)


def noise(shape: tuple[int, ...]) -> np.ndarray:
    """The image of each setting."""
    return np.random.default_rng(0).standard_normal(shape)


if __name__ == "__main__":
    main()
