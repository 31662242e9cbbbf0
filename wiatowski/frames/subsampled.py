"""A frame whose maps are kept on as few samples as their bands need."""

from __future__ import annotations

import math

import equinox as eqx
import jax

from wiatowski._integers import check_integer
from wiatowski._types import is_concrete
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame
from wiatowski.frames.subsampled_bank import SubsampledBank, band_strides, subsampled
from wiatowski.grid import Grid

__all__ = ["Subsampled"]


class Subsampled(Frame):
    r"""The frame, each map on every s-th sample, s the largest power of two that its atom's band allows.

    s is such that at most a share `tolerance` of $\int |\hat g_\lambda|^2$ lies outside of
    $|\omega_i| \le 1/(2s)$; it folds in. Later layers see the same signal on fewer samples, and all depths
    need a common `output_stride`. Frame bounds are those of the frame.

    Args:
        frame: with an output atom that is real and a product over the axes, such as a Gaussian.
        most: largest stride, a power of two.
        tolerance: share of an atom's energy, between 0 and 1.

    Raises:
        ValueError: for a stride that is no power of two, a tolerance out of range, or a frame whose output
            atom is no product.

    Source: sub-sampling of scattering networks, Bruna & Mallat 2013.

    >>> import wiatowski as wi
    >>> frame = wi.frames.Subsampled(wi.frames.Morlet(scales=3, orientations=4), most=4)
    >>> frame.on(wi.Grid((32, 32))).strides
    (1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2)
    """

    frame: Frame = eqx.field(static=True)
    most: int = eqx.field(static=True)
    tolerance: float = eqx.field(static=True)

    def __init__(self, frame: Frame, most: int, tolerance: float = 1e-2):
        if not isinstance(frame, Frame) or any(map(eqx.is_array, jax.tree.leaves(frame))):
            raise TypeError(
                f"Subsampled: frame must be a named frame without arrays, not {frame!r}; for a bank "
                "write frames.subsampled(bank, strides)."
            )
        self.most = check_integer("Subsampled", "most", most)
        if most & (most - 1):
            raise ValueError(f"Subsampled: most must be a power of two, not {most!r}.")
        if not (math.isfinite(tolerance) and 0 <= tolerance < 1):
            raise ValueError(
                f"Subsampled: tolerance must be at least 0 and below 1, not {tolerance!r}."
            )
        self.frame, self.tolerance = frame, float(tolerance)

    def on(self, grid: Grid, dtype=None) -> SubsampledBank:
        """The inner frame's bank, on its bands."""
        bank = self.frame.on(grid, dtype)
        if not isinstance(bank, FilterBank) or not is_concrete(bank):
            raise ValueError(
                f"Subsampled: {type(self.frame).__name__} makes no bank of atoms that act on each map."
            )
        strides = band_strides(bank, self.tolerance, self.most)
        return subsampled(bank, strides, frame=self)
