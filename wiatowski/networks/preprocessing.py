"""From a photo to the array that a network takes."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np

from wiatowski._types import Array

__all__ = ["TORCHVISION", "Preprocessing"]


@dataclass(frozen=True)
class Preprocessing:
    r"""Resize the shorter side (bicubic, to whole numbers), crop the middle, $(x - \mu) / \sigma$ per channel.

    Args:
        share: of the resized image's side that the crop keeps: it is resized to size / share.
        mean: $\mu$, red, green, blue.
        deviation: $\sigma$.
        reversed_channels: whether the network takes blue, green, red.
    """

    share: float
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    reversed_channels: bool = False

    def cropped(self, photo: Array | np.ndarray, size: int) -> np.ndarray:
        """The part of a photo that the network sees: (size, size, 3), from 0 to 255.

        Args:
            photo: (H, W, 3) from 0 to 255, or grey, (H, W).
            size: of the crop.

        Raises:
            ValueError: for another shape, or values that are not between 0 and 255, or all between 0 and 1.
        """
        photo = np.asarray(photo, np.float32)
        low, high = photo.min(initial=0.0), photo.max(initial=0.0)
        if not (low >= 0 and high <= 255) or (high <= 1 and np.any(photo % 1)):
            raise ValueError(
                f"Preprocessing: a photo's values lie between 0 and 255, but these between {low:g} and {high:g}; "
                "multiply those from 0 to 1 by 255, and divide those of 16 bits by 257."
            )
        if photo.ndim == 2:
            photo = np.repeat(photo[..., None], 3, axis=-1)
        if photo.ndim != 3 or photo.shape[2] != 3 or 0 in photo.shape:
            raise ValueError(
                f"Preprocessing: a photo has shape (H, W, 3), or (H, W) if it is grey, not {photo.shape}; "
                "lay one with an alpha channel on a background first."
            )
        height, width = photo.shape[:2]
        scale = size / self.share / min(height, width)
        shape = tuple(max(size, round(n * scale)) for n in (height, width))
        with jax.enable_x64(False):
            resized = np.asarray(jax.image.resize(photo, (*shape, 3), "cubic"))
        top, left = ((n - size) // 2 for n in shape)
        return np.clip(np.rint(resized[top : top + size, left : left + size]), 0, 255)

    def __call__(self, photo: Array | np.ndarray, size: int) -> np.ndarray:
        """(H, W, 3) or (H, W), from 0 to 255 -> (3, size, size), float32."""
        return self.normalised(self.cropped(photo, size))

    def normalised(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, 3) from 0 to 255 -> (3, H, W), without resizing."""
        values = (pixels - np.asarray(self.mean)) / np.asarray(self.deviation)
        values = values[..., ::-1] if self.reversed_channels else values
        return np.moveaxis(values, -1, 0).astype(np.float32)


TORCHVISION = Preprocessing(
    0.875,
    (0.485 * 255, 0.456 * 255, 0.406 * 255),
    (0.229 * 255, 0.224 * 255, 0.225 * 255),
)
"""Of torchvision's ImageNet weights."""
