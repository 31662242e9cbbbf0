"""Which extractor a report is about: a preset or a TOML file, on the image's grid."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from wiatowski.extractor import FeatureExtractor
from wiatowski.grid import Grid
from wiatowski.presets import PRESETS
from wiatowski.report.errors import InputError
from wiatowski.serialization import read_toml

__all__ = ["Choice", "built", "chosen"]

_MAX_SAMPLES = 400_000_000  # of all maps of all channels; beyond this memory runs out

_PRESET_NOTES = {
    "learned": (
        'The filters of the preset "learned" are random numbers with a fixed seed: they stand in '
        "until trained ones exist."
    )
}


class Choice(NamedTuple):
    """An extractor before its grid: name, what divides the sides, spacing, builder, remark."""

    name: str
    stride: int
    spacing: float
    build: Callable[[Grid], FeatureExtractor]
    note: str


def chosen(name: str) -> Choice:
    """The preset of that name, or the TOML file.

    Raises:
        InputError: for an unknown preset (with the nearest), or a file that cannot be read or
            understood.
    """
    if name in PRESETS:
        # Presets fit every grid of reasonable size; a small one tells the strides.
        stride = PRESETS[name](Grid((64, 64))).strides[-1]
        return Choice(name, stride, 1.0, PRESETS[name], _PRESET_NOTES.get(name, ""))
    path = Path(name)
    if path.suffix.lower() != ".toml":
        close = difflib.get_close_matches(name.lower(), PRESETS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise InputError(
            f"there is no extractor preset {name!r}; {hint}Known: {', '.join(PRESETS)}, or the "
            "name of a .toml file with one [[layers]] table per layer."
        )
    try:
        recipe = read_toml(path.read_text(encoding="utf-8"))
        return Choice(path.name, recipe.stride, recipe.spacing, recipe.on, "")
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{name} is not UTF-8 text; save it as UTF-8.") from None
    except (ValueError, TypeError) as error:
        raise InputError(f"{path.name}: {error}") from None


def built(
    choice: Choice, shape: tuple[int, int], channels: int, admissible: bool
) -> FeatureExtractor:
    """The extractor on the image's grid, in the precision of the context.

    Args:
        choice: from `chosen`.
        shape: of the image, in pixels.
        channels: how many signals it will see, for the memory it will take.
        admissible: rescale it so that it is admissible.

    Raises:
        InputError: if it does not fit the grid, has no axes for images, or needs too much memory.
    """
    try:
        phi = choice.build(Grid(shape, choice.spacing))
    except (ValueError, TypeError) as error:
        raise InputError(
            f"the extractor {choice.name!r} does not fit an image of {shape[0]} x {shape[1]} "
            f"pixels: {error}"
        ) from None
    paths = phi.path_counts
    samples = channels * sum(p * g.size for p, g in zip(paths, phi.grids, strict=True))
    if samples > _MAX_SAMPLES:
        raise InputError(
            f"the extractor {choice.name!r} has {sum(paths)} paths, {samples / 1e6:.0f} million "
            f"samples on {channels} channel(s) of {shape[0]} x {shape[1]} pixels, more than the "
            f"limit of {_MAX_SAMPLES / 1e6:.0f} million; use a smaller --size, fewer layers or "
            "atoms, or more pooling."
        )
    return phi.admissible() if admissible else phi
