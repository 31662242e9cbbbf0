"""Finite matrix-valued filters: the ordinary convolution layer as a frame."""

from __future__ import annotations

import equinox as eqx
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._types import Array, is_concrete, resolve_real_dtype
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.finite_filters import check_window, transform_of_taps
from wiatowski.frames.frame import Frame, check_size
from wiatowski.frames.matrix_bank import MatrixBank
from wiatowski.grid import Grid

__all__ = ["MatrixFilters"]


class MatrixFilters(Frame):
    r"""An ordinary convolution layer: finite filters that mix C_in maps into C_out.

    $\hat H_{oi}(\omega) = \sum_m h_{oi}[m] e^{-2\pi i \langle m, \omega\rangle}$.
    A layer with it takes all maps of its depth together and keeps every `stride`-th sample of the
    result, before nonlinearity and pooling. The taps sit at unit spacing, the first one at the
    origin; frequencies above half a cycle per unit length are cut off. Differentiable in the
    taps: build the extractor inside the loss.

    Args:
        taps: (C_out, C_in, *K) with d axes K after the channels.
        output_taps: (*K',): taps of the output atom, which acts on each input map; the mean over
            the window by default.
        stride: S, an integer that divides the grid.

    Raises:
        ValueError: for empty or non-finite taps, a wrong number of axes or a stride that is no
            positive integer; on a grid, for taps longer than it or a stride that does not divide it.

    Source: convolutional networks as the learned filters of Wiatowski & Boelcskei 2018, with
    matrices in place of columns (`paper_notes.md`, frames).

    >>> import numpy as np, wiatowski as wi
    >>> taps = np.zeros((2, 2, 3))
    >>> taps[0, 1, 0] = taps[1, 0, 2] = 0.5
    >>> bank = wi.frames.MatrixFilters(taps, np.zeros(1), stride=2).on(wi.Grid((16,)))
    >>> bank.maps_grid.shape, [round(float(bound), 6) for bound in bank.frame_bounds()]
    ((8,), [0.0, 0.25])
    """

    taps: Array | np.ndarray
    output_taps: Array | np.ndarray
    _stride: int = eqx.field(static=True)

    def __init__(self, taps, output_taps=None, stride: int = 1):
        self.taps, self.output_taps = checked_matrix_taps("MatrixFilters", taps, output_taps)
        self._stride = check_integer("MatrixFilters", "stride", stride)

    @property
    def stride(self) -> int:
        """S."""
        return self._stride

    def on(self, grid: Grid, dtype=None) -> MatrixBank:
        """Transform the taps at the grid's frequencies."""
        dtype = self._checked(grid, dtype)
        check_size(self, self.taps.shape[0] * self.taps.shape[1], grid)
        atoms = transform_of_taps(self.taps, grid, dtype)
        output = transform_of_taps(self.output_taps, grid, dtype)
        return MatrixBank(atoms, output, grid, self.stride, real=_real_on(grid, self))

    def output_on(self, grid: Grid, dtype=None) -> FilterBank:
        """Transform the taps of the output atom only; the stride need not divide the grid."""
        dtype = self._checked(grid, dtype)
        none = np.zeros((0, *grid.shape), dtype)
        output = transform_of_taps(self.output_taps, grid, dtype)
        return FilterBank(none, output, grid, (), (True, _real_on(grid, self)))

    def _checked(self, grid: Grid, dtype) -> np.dtype:
        """The dtype to build in; raises unless the windows fit the grid."""
        dtype = resolve_real_dtype(dtype, "MatrixFilters.on")
        window = self.taps.shape[2:]
        if len(window) != grid.ndim:
            raise ValueError(
                f"MatrixFilters.on: the taps have {len(window)} axes after the channels, but the grid "
                f"has {grid.ndim}."
            )
        check_window(self, [max(a, b) for a, b in zip(window, self.output_taps.shape)], grid)
        return dtype


def checked_matrix_taps(name: str, taps, output_taps):
    """Taps (C_out, C_in, *K) and output taps (*K') as arrays; raises unless they fit and are finite."""
    taps = _as_array(taps)
    if taps.ndim < 3 or 0 in taps.shape:
        raise ValueError(
            f"{name}: taps must have shape (C_out, C_in, K1, ..., Kd), not {taps.shape}; "
            "one filter per map without mixing is FiniteFilters."
        )
    if output_taps is None:
        output_taps = np.full(taps.shape[2:], 1.0 / np.prod(taps.shape[2:]))
    output_taps = _as_array(output_taps)
    if output_taps.ndim != taps.ndim - 2:
        raise ValueError(
            f"{name}: output_taps has {output_taps.ndim} axes, but the atoms have {taps.ndim - 2} "
            "after the channels."
        )
    if is_concrete(taps, output_taps) and not (
        np.isfinite(np.asarray(taps)).all() and np.isfinite(np.asarray(output_taps)).all()
    ):
        raise ValueError(f"{name}: taps hold NaN or infinite values; replace them.")
    return taps, output_taps


def _as_array(values) -> Array | np.ndarray:
    """Arrays and tracers as they are; nested lists as arrays of numpy."""
    return values if hasattr(values, "dtype") else np.asarray(values)


def _real_on(grid: Grid, frame: MatrixFilters) -> bool:
    """Real taps; on a coarser grid the Nyquist bin of an even axis has no mirror inside the band."""
    paired = grid.spacing <= 1 or all(n % 2 for n in grid.shape)
    return paired and not (np.iscomplexobj(frame.taps) or np.iscomplexobj(frame.output_taps))
