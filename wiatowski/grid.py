"""The torus Z_N1 x ... x Z_Nd with a sample spacing."""

from __future__ import annotations

import itertools
import math
import operator
from dataclasses import dataclass

import numpy as np

__all__ = ["Grid", "nearest_divisible_shapes"]


@dataclass(frozen=True)
class Grid:
    r"""Sample positions $\{\Delta n : n \in \mathbb{Z}_{N_1} \times \dots \times \mathbb{Z}_{N_d}\}$.

    Frequencies are $\omega_k = k / (N \Delta)$ in cycles per unit length, with $k$ centred.

    Args:
        shape: samples per axis; one to three axes, at least two samples each.
        spacing: distance $\Delta$ between neighbouring samples, in units of length.

    Raises:
        ValueError: if an axis is empty or has one sample, or the spacing is not positive.

    Source: utility; the grid of theory for a period of one torus.

    >>> Grid((4, 6), spacing=0.5).decimated(2)
    Grid(shape=(2, 3), spacing=0.5)
    """

    shape: tuple[int, ...]
    spacing: float = 1.0

    def __post_init__(self):
        try:
            shape = (self.shape,) if isinstance(self.shape, int) else tuple(self.shape)
            shape = tuple(operator.index(n) for n in shape)
        except TypeError:
            raise ValueError(
                f"Grid: shape must be a tuple of integers such as (128, 128), not {self.shape!r}."
            ) from None
        if not 1 <= len(shape) <= 3:
            raise ValueError(f"Grid: one to three axes are supported, but shape is {shape}.")
        if min(shape) < 2:
            raise ValueError(
                f"Grid: every axis needs at least two samples, but shape is {shape}. "
                "A signal with an empty or a 1-sample axis has no frequencies to filter: "
                "drop that axis or use a larger signal."
            )
        try:
            spacing = float(self.spacing)
        except (TypeError, ValueError):
            spacing = math.nan
        if not (math.isfinite(spacing) and spacing > 0):
            raise ValueError(f"Grid: spacing must be positive and finite, not {self.spacing!r}.")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "spacing", spacing)

    @property
    def ndim(self) -> int:
        """Number of axes d."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of samples."""
        return math.prod(self.shape)

    def frequencies(self) -> tuple[np.ndarray, ...]:
        """One float64 array per axis, broadcastable to `shape`, in cycles per unit length."""
        axes = (np.fft.fftfreq(n, d=self.spacing) for n in self.shape)
        return tuple(np.meshgrid(*axes, indexing="ij", sparse=True))

    def frequency_norm(self) -> np.ndarray:
        """Euclidean length |omega| of every frequency, in cycles per unit length."""
        return np.sqrt(sum(w**2 for w in self.frequencies()))

    def decimated(self, factor: int) -> Grid:
        """Every `factor`-th sample: the shape is divided and the spacing kept."""
        if any(n % factor for n in self.shape):
            nearest = " or ".join(map(str, nearest_divisible_shapes(self.shape, factor)))
            raise ValueError(
                f"Grid.decimated: factor {factor} does not divide the shape {self.shape}; "
                f"the nearest shapes it divides are {nearest}."
            )
        return Grid(tuple(n // factor for n in self.shape), self.spacing)

    def dilated(self, factor: float) -> Grid:
        """Same samples, `factor` times closer together."""
        return Grid(self.shape, self.spacing / factor)


def nearest_divisible_shapes(shape: tuple[int, ...], factor: int) -> tuple[tuple[int, ...], ...]:
    """The nearest shapes below and above that `factor` divides.

    >>> nearest_divisible_shapes((65, 100), 4)
    ((64, 100), (68, 100))
    """
    below = tuple(max(factor, n // factor * factor) for n in shape)
    above = tuple(-(-n // factor) * factor for n in shape)
    return tuple(dict.fromkeys(itertools.chain([below], [above])))
