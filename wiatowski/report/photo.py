"""Any image file as signals: channels of real numbers, and a list of what was done to them."""

from __future__ import annotations

import difflib
import warnings
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from wiatowski import signals
from wiatowski.report.errors import InputError

__all__ = ["MAX_PIXELS", "Photo", "bundled", "fitted", "read"]

#: Images beyond this are refused before they are decoded.
MAX_PIXELS = 64_000_000

_FORMATS = "use a PNG, JPEG, TIFF, WebP or BMP file, or a .npy array of shape (H, W) or (H, W, 3)"
_CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}


class Photo(NamedTuple):
    """Channels (C, H, W), float32; their names; where they come from; what was done to them."""

    channels: np.ndarray
    names: tuple[str, ...]
    source: str
    notes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.channels.shape[1], self.channels.shape[2]


def bundled(name: str) -> Photo:
    """A photo that ships inside a dependency.

    Raises:
        InputError: for an unknown name, with the nearest one.
    """
    if name not in signals.PHOTOS:
        close = difflib.get_close_matches(name, signals.PHOTOS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise InputError(
            f"there is no bundled photo {name!r}; {hint}Choose one of "
            f"{', '.join(signals.PHOTOS)}, or give a file of your own with --image FILE."
        )
    channels = signals.photo(name)
    return Photo(channels, _CHANNELS[len(channels)], f"the bundled photo {name}", ())


def read(path: str | Path) -> Photo:
    """Read an image file or a .npy array.

    Alpha is composited on white; EXIF rotation is applied; palettes become colours; a colour image
    whose three channels are equal becomes one grey channel; samples are divided by the largest
    value of their type (255, 65535), floating ones only if they leave [-1, 1].

    Raises:
        InputError: for what is missing, empty, no image, too large, too small, or not finite.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; give one image file: {_FORMATS}.")
        if not path.exists():
            raise InputError(f"there is no file {path}; check the name, or use --photo NAME.")
        if path.stat().st_size == 0:
            raise InputError(f"{path} is empty (0 bytes); {_FORMATS}.")
        is_array = path.suffix.lower() == ".npy"
        samples, notes = _read_array(path) if is_array else _read_image(path)
    except PermissionError:
        raise InputError(f"{path} cannot be read: permission denied.") from None
    if min(samples.shape[1:]) < 2:
        raise InputError(
            f"{path.name} has {_size(samples.shape[1:])} pixels; a side of a single pixel has no "
            "frequencies to filter: use an image with at least a few dozen pixels on each side."
        )
    channels, scaling = _scaled(samples, path.name)
    if len(channels) == 3 and np.ptp(channels, axis=0).max() == 0:
        channels, scaling = channels[:1], [*scaling, "three equal channels: taken as one grey one"]
    return Photo(channels, _CHANNELS[len(channels)], path.name, (*notes, *scaling))


def fitted(photo: Photo, size: int, stride: int) -> Photo:
    """Shrunk so that the longer side is at most `size`, then cropped to multiples of `stride`.

    Never enlarges. Both steps are added to the notes.

    Raises:
        InputError: if a side keeps fewer than two samples at the deepest layer.
    """
    before, notes, channels = photo.shape, list(photo.notes), photo.channels
    longer, shape = max(before), before
    if longer > size:
        shape = tuple(max(1, round(n * size / longer)) for n in before)
        channels = np.stack([np.asarray(signals.resize(jnp.asarray(c), shape)) for c in channels])
        notes.append(f"resized from {_size(before)} to {_size(shape)} pixels, aspect ratio kept")
    else:
        notes.append(f"not resized: {_size(before)} pixels, the longer side is at most {size}")
    if min(shape) < 2 * stride:
        raise InputError(
            f"{photo.source} has {_size(shape)} pixels after resizing to --size {size}, but the "
            f"extractor keeps every {stride}th sample at its deepest layer and needs at least "
            f"{2 * stride} pixels on each side; use a larger --size, a larger or less elongated "
            "image, or an extractor that pools less."
        )
    cropped = np.array(signals.crop_to_multiple(jnp.asarray(channels), stride))
    if cropped.shape[1:] == shape:
        notes.append(f"not cropped: the extractor's total stride {stride} divides both sides")
    else:
        notes.append(
            f"cropped centrally to {_size(cropped.shape[1:])}: multiples of the extractor's total "
            f"stride {stride}"
        )
    return Photo(cropped.astype(np.float32), photo.names, photo.source, tuple(notes))


def _read_image(path: Path) -> tuple[np.ndarray, list[str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                _check_pixels(image.size[::-1], path.name)
                return _decoded(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(_too_large(path.name, "far more")) from None
    except UnidentifiedImageError:
        raise InputError(f"{path.name} is not an image that can be read; {_FORMATS}.") from None
    except InputError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise InputError(
            f"{path.name} is damaged or of an unsupported kind ({error}); {_FORMATS}."
        ) from None


def _decoded(image: Image.Image) -> tuple[np.ndarray, list[str]]:
    notes = []
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        notes.append(f"first of {frames} frames or pages")
        image.seek(0)
    image.load()
    if image.getexif().get(0x0112, 1) != 1:
        image = ImageOps.exif_transpose(image)
        notes.append("turned upright as its EXIF tag asks")
    mode = image.mode
    if mode in ("F", "I") or mode.startswith("I;16"):
        samples = np.asarray(image)
        if mode != "F":
            fits = samples.min() >= 0 and samples.max() <= 65535
            samples = samples.astype(np.uint16) if fits else samples
        return samples[None], notes
    if "A" in mode or "a" in mode or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        notes.append("transparency composited on white")
    elif mode in ("1", "L"):
        return np.asarray(image.convert("L"))[None], notes
    else:
        image = image.convert("RGB")
        if mode != "RGB":
            notes.append(f"converted from {mode} to red, green, blue")
    return np.moveaxis(np.asarray(image), -1, 0), notes


def _read_array(path: Path) -> tuple[np.ndarray, list[str]]:
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(
            f"{path.name} is not an array written by numpy.save without pickle ({error})."
        ) from None
    if not (np.issubdtype(stored.dtype, np.number) or stored.dtype == bool) or np.iscomplexobj(
        stored
    ):
        raise InputError(
            f"{path.name} holds {stored.dtype} samples; save real numbers, for example "
            "numpy.save(path, abs(array))."
        )
    if stored.ndim == 3 and stored.shape[-1] == 1:
        stored = stored[..., 0]
    if stored.ndim not in (2, 3) or (stored.ndim == 3 and stored.shape[-1] != 3):
        raise InputError(
            f"{path.name} has shape {stored.shape}; an image is (H, W) for grey or (H, W, 3) for "
            "colour (numpy.moveaxis(array, 0, -1) moves channels to the end)."
        )
    if 0 in stored.shape:
        raise InputError(f"{path.name} is empty: its shape is {stored.shape}.")
    _check_pixels(stored.shape[:2], path.name)
    samples = np.array(stored)
    return (samples[None] if samples.ndim == 2 else np.moveaxis(samples, -1, 0)), []


def _scaled(samples: np.ndarray, name: str) -> tuple[np.ndarray, list[str]]:
    """Samples over the largest value of their type, or over their own if they leave [-1, 1]."""
    if samples.dtype == bool or samples.dtype in (np.uint8, np.uint16):
        top = 1 if samples.dtype == bool else np.iinfo(samples.dtype).max
        bits = [f"{samples.dtype.itemsize * 8}-bit samples"] if top > 255 else []
        return samples.astype(np.float32) / np.float32(top), bits
    values = samples.astype(np.float64)
    bad = int(np.size(values) - np.count_nonzero(np.isfinite(values)))
    if bad:
        raise InputError(
            f"{name} holds {bad} samples that are NaN or infinite; replace them first, for example "
            "numpy.save(path, numpy.nan_to_num(array))."
        )
    largest = float(np.abs(values).max())
    if largest <= 1:
        return values.astype(np.float32), []
    return (values / largest).astype(np.float32), [
        f"values from {values.min():g} to {values.max():g}, divided by {largest:g}"
    ]


def _check_pixels(shape: tuple[int, ...], name: str) -> None:
    if shape[0] * shape[1] > MAX_PIXELS:
        raise InputError(_too_large(name, _size(shape)))


def _too_large(name: str, pixels: str) -> str:
    return (
        f"{name} has {pixels} pixels, more than the limit of {MAX_PIXELS / 1e6:g} million; it "
        "would be shrunk anyway: resize it first, a longer side of 1024 is plenty."
    )


def _size(shape) -> str:
    return f"{shape[0]} x {shape[1]}"
