r"""Filters to be learned that keep a frame bound at every step, by construction.

The raw taps are free; the filters are the raw ones divided by $\sqrt{\max(1, \bar B / c)}$ with
$\bar B$ an upper bound of their B over all frequencies (`trigonometric`), rounding included. So
$B \le c$ on every grid, whatever an optimiser does. Below the ceiling nothing is changed.
"""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp

from wiatowski._integers import check_integer
from wiatowski._types import Array
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.finite_filters import FiniteFilters
from wiatowski.frames.frame import FiniteTaps, Frame
from wiatowski.frames.matrix_bank import MatrixBank
from wiatowski.frames.matrix_filters import MatrixFilters
from wiatowski.frames.trigonometric import (
    crest_factor,
    enclosure,
    relative_rounding,
    sampled_extremes,
    sampling_points,
)
from wiatowski.grid import Grid

__all__ = ["LearnedFilters", "LearnedMatrixFilters"]


class LearnedFilters(Frame):
    r"""`FiniteFilters` to be trained, whose upper bound B never passes a ceiling.

    $\sum_\lambda |\hat g_\lambda|^2 + |\hat\chi|^2 \le c$ at all frequencies,
    whatever the raw taps, its leaves, become. A layer is admissible with `bounds.admissible_ceiling` of
    its nonlinearity and pooling. Build the extractor inside the loss.

    Args:
        taps: (atoms, *K), raw.
        output_taps: (*K'), raw; the mean over the first atom's window by default.
        ceiling: c, the largest B.
        oversampling: samples per degree and axis for the bound, at least 3. It exceeds the true B by at
            most the factor $(1 + \cos(\pi/\text{oversampling})^{-d})/2$.

    Raises:
        ValueError: as `FiniteFilters`, and for a ceiling that is no positive number or too little
            oversampling.

    Source: derived for this package (`paper_notes.md`, frames).

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> frame = wi.frames.LearnedFilters(jnp.array([[5.0, -5.0]]))
    >>> bool(frame.on(wi.Grid((16,))).frame_bounds().upper <= 1)
    True
    """

    taps: Array
    output_taps: Array
    ceiling: float = eqx.field(static=True)
    oversampling: int = eqx.field(static=True)

    def __init__(self, taps, output_taps=None, ceiling: float = 1.0, oversampling: int = 16):
        checked = FiniteFilters(taps, output_taps)
        self.taps, self.output_taps = _same_precision(checked.taps, checked.output_taps)
        self.ceiling = _checked_ceiling("LearnedFilters", ceiling)
        self.oversampling = check_integer("LearnedFilters", "oversampling", oversampling, least=3)

    def effective(self) -> FiniteFilters:
        """The plain filters that the raw taps stand for."""
        factor = _factor(self.taps[:, None], self.output_taps, self.ceiling, self.oversampling)
        return FiniteFilters(self.taps * factor, self.output_taps * factor)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Transform the effective taps at the grid's frequencies."""
        return self.effective().on(grid, dtype)

    def finite_taps(self, ndim: int) -> FiniteTaps | None:
        """Those of the effective filters."""
        return self.effective().finite_taps(ndim)


class LearnedMatrixFilters(Frame):
    r"""`MatrixFilters` to be trained, whose upper bound B never passes a ceiling.

    $\hat H^* \hat H + |\hat\chi|^2 I \le c I$ at all frequencies,
    whatever the raw taps, its leaves, become. A layer is admissible with `bounds.admissible_ceiling` of
    its nonlinearity and pooling. Build the extractor inside the loss.

    Args:
        taps: (C_out, C_in, *K), raw.
        output_taps: (*K'), raw; the mean over the window by default.
        stride: S, an integer that divides the grid; the bound is that of stride 1, which is larger.
        ceiling: c, the largest B.
        oversampling: samples per degree and axis for the bound, at least 3. It exceeds the true B by at
            most the factor $(1 + \cos(\pi/\text{oversampling})^{-d})/2$.

    Raises:
        ValueError: as `MatrixFilters`, and for a ceiling that is no positive number or too little
            oversampling.

    Source: derived for this package (`paper_notes.md`, frames).

    >>> import jax, wiatowski as wi
    >>> taps = jax.random.normal(jax.random.key(0), (4, 3, 5))
    >>> bank = wi.frames.LearnedMatrixFilters(taps, stride=2).on(wi.Grid((16,)))
    >>> bool(bank.frame_bounds().upper <= 1)
    True
    """

    taps: Array
    output_taps: Array
    _stride: int = eqx.field(static=True)
    ceiling: float = eqx.field(static=True)
    oversampling: int = eqx.field(static=True)

    def __init__(
        self,
        taps,
        output_taps=None,
        stride: int = 1,
        ceiling: float = 1.0,
        oversampling: int = 16,
    ):
        checked = MatrixFilters(taps, output_taps, stride)
        self.taps, self.output_taps = _same_precision(checked.taps, checked.output_taps)
        self._stride = check_integer("LearnedMatrixFilters", "stride", stride)
        self.ceiling = _checked_ceiling("LearnedMatrixFilters", ceiling)
        self.oversampling = check_integer(
            "LearnedMatrixFilters", "oversampling", oversampling, least=3
        )

    @property
    def stride(self) -> int:
        """S."""
        return self._stride

    def effective(self) -> MatrixFilters:
        """The plain filters that the raw taps stand for."""
        factor = _factor(self.taps, self.output_taps, self.ceiling, self.oversampling)
        return MatrixFilters(self.taps * factor, self.output_taps * factor, self.stride)

    def on(self, grid: Grid, dtype=None) -> MatrixBank:
        """Transform the effective taps at the grid's frequencies."""
        return self.effective().on(grid, dtype)

    def output_on(self, grid: Grid, dtype=None) -> FilterBank:
        """Transform the effective taps of the output atom only."""
        return self.effective().output_on(grid, dtype)


def _factor(taps: Array, output_taps: Array, ceiling: float, oversampling: int) -> Array:
    r"""$1 / \sqrt{\max(1, \bar B (1 + \text{slack}) / c)}$; taps with channels."""
    window = [max(a, b) for a, b in zip(taps.shape[2:], output_taps.shape)]
    degrees = [k - 1 for k in window]
    points = sampling_points(degrees, oversampling)
    # Divided by a power of two above the largest tap, so that no square overflows: nothing is rounded.
    largest = jnp.maximum(jnp.max(jnp.abs(taps)), jnp.max(jnp.abs(output_taps)))
    exponent = jnp.maximum(jnp.frexp(jax.lax.stop_gradient(largest))[1], 0)
    unit = jnp.ldexp(jnp.ones_like(largest), exponent)
    samples = sampled_extremes(taps / unit, output_taps / unit, points)
    bound = enclosure(*samples, degrees, points).upper
    # The enclosure amplifies errors of its samples by at most the crest factor.
    slack = relative_rounding(taps, output_taps) * crest_factor(degrees, points)
    return 1 / (unit * jnp.sqrt(jnp.maximum(unit**-2, bound * ((1 + slack) / ceiling))))


def _same_precision(taps, output_taps) -> tuple[Array, Array]:
    """Taps and output taps as arrays that an optimiser may change, of the precision of the taps."""
    taps, output_taps = jnp.asarray(taps), jnp.asarray(output_taps)
    if not jnp.issubdtype(taps.dtype, jnp.inexact):
        taps = taps.astype(float)
    eps = jnp.finfo(taps.dtype)
    kind = jnp.result_type(eps.dtype, jnp.complex64) if jnp.iscomplexobj(output_taps) else eps.dtype
    return taps, output_taps.astype(kind)


def _checked_ceiling(name: str, ceiling) -> float:
    try:
        value = float(ceiling)
    except (TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ValueError(
            f"{name}: ceiling must be a positive number, not {ceiling!r}; for a layer it is "
            "bounds.admissible_ceiling(nonlinearity, pooling, grid)."
        )
    return value
