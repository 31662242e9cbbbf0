"""Alpha-molecules: one engine for directional wavelets, curvelets, shearlets and ridgelets."""

from __future__ import annotations

import enum
from typing import NamedTuple

import equinox as eqx
import numpy as np

from wiatowski._fourier import spatial_axes
from wiatowski._profiles import meyer_auxiliary, product, union
from wiatowski._types import resolve_real_dtype
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, check_count, check_dimension, check_scales, check_size
from wiatowski.frames.ladders import AbstractLadder, MeyerLadder, checked_ladder, rungs
from wiatowski.frames.nyquist import Nyquist, checked_nyquist
from wiatowski.grid import Grid

__all__ = ["AlphaMolecules", "Angle", "Corona"]


class Angle(enum.StrEnum):
    """Where a frequency lies around the origin.

    - `POLAR`: the polar angle; wedges are rotations of each other.
    - `SLOPE`: the pseudo-angle $\\omega_2 / \\omega_1$ in one pair of cones and
      $\\omega_1 / \\omega_2$ in the other, on a circle of length 8; wedges are shears of each other.

    Source: utility.
    """

    POLAR = "polar"
    SLOPE = "slope"


class Corona(enum.StrEnum):
    """The shape of a scale's frequencies: `ROUND` (|omega|) or `SQUARE` (a product over the axes).

    Source: utility.
    """

    ROUND = "round"
    SQUARE = "square"


class AlphaMolecules(Frame):
    r"""Coronae cut into wedges, $M_j = M_J 2^{\lceil (1 - \alpha)(J - j) \rceil}$ of them at scale j.

    $|\hat g_{j,l}|^2 = W_j V_{j,l}^2$: the corona $W_j = H_{j-1} - H_j$ of a ladder, cut by angular
    windows $V_{j,l} = \cos(\frac{\pi}{2} v(|x - l|))$, whose squares sum to one over $l$. Output atom
    $H_J$, residual $1 - H_0$. Parseval on every grid shape. $\alpha = 1$ gives directional wavelets,
    $\frac12$ curvelets and shearlets, 0 ridgelets.

    Args:
        scales: J >= 1; scale 1 is the finest.
        orientations: $M_J$, wedges over half a turn at the coarsest scale, each with its mirror
            image, so that atoms are real.
        alpha: anisotropy in [0, 1]: wedges are about $2^j$ long and $2^{\alpha j}$ wide.
        angle: coordinate around the origin, see `Angle`.
        corona: shape of a scale, see `Corona`.
        one_sided: each wedge without its mirror image: complex atoms, twice as many.
        ladder: the profile of the coronae, by default Meyer's.
        nyquist: who covers the highest frequencies, see `Nyquist`.

    Raises:
        ValueError: for counts that are no positive integers, alpha outside [0, 1], a grid that is
            not 2-D, `scales` too deep for it, or more orientations than it resolves.

    Source: Grohs, Keiper, Kutyniok & Schaefer, alpha-molecules; undecimated
    (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> frame = wi.frames.AlphaMolecules(scales=3, alpha=0.75)
    >>> bank = frame.on(wi.Grid((65, 100)))
    >>> len(bank), bank.real
    (16, True)
    """

    scales: int = eqx.field(static=True)
    orientations: int = eqx.field(static=True)
    alpha: float = eqx.field(static=True)
    angle: Angle = eqx.field(static=True)
    corona: Corona = eqx.field(static=True)
    one_sided: bool = eqx.field(static=True)
    ladder: AbstractLadder = eqx.field(static=True)
    nyquist: Nyquist = eqx.field(static=True)

    def __init__(
        self,
        scales: int,
        orientations: int = 4,
        alpha: float = 0.5,
        angle: Angle | str = Angle.POLAR,
        corona: Corona | str = Corona.SQUARE,
        one_sided: bool = False,
        ladder: AbstractLadder | None = None,
        nyquist: Nyquist | str = Nyquist.RESIDUAL,
    ):
        check_count("AlphaMolecules", "scales", scales)
        check_count("AlphaMolecules", "orientations", orientations)
        if not (isinstance(alpha, (int, float)) and 0 <= alpha <= 1):
            raise ValueError(f"AlphaMolecules: alpha must lie in [0, 1], not {alpha!r}.")
        self.scales, self.orientations, self.alpha = int(scales), int(orientations), float(alpha)
        self.angle = _choice(Angle, "angle", angle)
        self.corona = _choice(Corona, "corona", corona)
        self.one_sided = bool(one_sided)
        self.ladder = checked_ladder("AlphaMolecules", MeyerLadder() if ladder is None else ladder)
        self.nyquist = checked_nyquist("AlphaMolecules", nyquist)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of two axes."""
        shape = MoleculeShape(
            self.scales,
            self.orientations,
            self.alpha,
            self.angle,
            self.corona,
            self.one_sided,
            self.nyquist,
        )
        return molecules(self, shape, self.ladder, grid, dtype)


class MoleculeShape(NamedTuple):
    """What the engine needs to know; the members of `AlphaMolecules` mean the same."""

    scales: int
    orientations: int
    alpha: float
    angle: Angle
    corona: Corona
    one_sided: bool
    nyquist: Nyquist

    def wedges(self, scale: int) -> int:
        """Number of atoms at a scale."""
        if scale == 1 and self.nyquist is Nyquist.ISOTROPIC:
            return 1
        octaves = int(np.ceil((1 - self.alpha) * (self.scales - scale) - 1e-12))
        return self.orientations * 2**octaves * (2 if self.one_sided else 1)


def molecules(
    frame: Frame, shape: MoleculeShape, ladder: AbstractLadder, grid: Grid, dtype
) -> FilterBank:
    """The bank of any family of this file's kind.

    Each frequency lies in two neighbouring wedges: their amplitudes are a cosine and a sine of one
    angle, written to their places. So the work is that of a few arrays per scale, whatever the
    number of wedges.
    """
    check_dimension(frame, grid, (2,))
    check_scales(frame, shape.scales, grid)
    counts = [shape.wedges(j) for j in range(1, shape.scales + 1)]
    check_size(frame, sum(counts), grid)
    dtype = resolve_real_dtype(dtype, f"{type(frame).__name__}.on")
    low, high = _coronae(shape, ladder, grid)
    turns = _turns(shape, grid).ravel()
    residual = np.broadcast_to(high[0], grid.shape)
    labels, row = [], 0
    stack = np.zeros((sum(counts) + bool(residual.any()), grid.size), dtype)
    for j, count in enumerate(counts, start=1):
        corona = np.ascontiguousarray(np.broadcast_to(low[j - 1] * high[j], grid.shape)).ravel()
        if count == 1:
            stack[row] = corona
        else:
            own = stack[row : row + count]
            _cut_into_wedges(frame, j, own, corona, turns)
            if not shape.one_sided:
                make_real(own.reshape(count, *grid.shape))
        name = "direction" if shape.one_sided else "wedge"
        labels += [f"scale={j},{name}={i}" for i in range(count)]
        row += count
    if residual.any():
        stack[row] = residual.ravel()
        labels.append("residual")
    return FilterBank(
        stack.reshape(-1, *grid.shape),
        np.broadcast_to(low[-1], grid.shape).astype(dtype),
        grid,
        labels=tuple(labels),
        real=(not shape.one_sided or max(counts) == 1, True),
        frame=frame,
    )


def make_real(atoms: np.ndarray) -> None:
    """Average the squares of even amplitudes at k and -k mod N on the Nyquist bins, in place.

    There -k mod N is not -k, so an even formula alone does not give a real atom. The sum over the
    atoms of a partition does not change.
    """
    axes = spatial_axes(atoms.ndim - 1)
    for axis in axes:
        n = atoms.shape[axis]
        if n % 2:
            continue
        line = np.take(atoms, n // 2, axis=axis)
        if not line.any():
            continue
        mirrored = line
        for other in range(1, line.ndim):
            mirrored = np.roll(np.flip(mirrored, other), 1, other)
        index = [slice(None)] * atoms.ndim
        index[axis] = n // 2
        atoms[tuple(index)] = np.sqrt((line.astype(float) ** 2 + mirrored.astype(float) ** 2) / 2)


def _cut_into_wedges(frame, scale: int, rows: np.ndarray, corona: np.ndarray, turns: np.ndarray):
    """Write the atoms of one scale into `rows`, shape (wedges, samples)."""
    count = len(rows)
    places = np.flatnonzero(corona)
    position = turns[places] * count
    first = np.floor(position)
    angle = 0.5 * np.pi * meyer_auxiliary(position - first)
    first = first.astype(int) % count
    amplitude = corona[places]
    rows[first, places] = amplitude * np.cos(angle)
    rows[(first + 1) % count, places] = amplitude * np.sin(angle)
    empty = np.flatnonzero(~rows.any(axis=1))
    if len(empty):
        raise ValueError(
            f"{type(frame).__name__}.on: the grid does not resolve {count} orientations at scale "
            f"{scale}: {len(empty)} of its wedges hold no frequency of the grid; use fewer "
            "orientations, fewer scales, or a larger signal."
        )


def _coronae(shape: MoleculeShape, ladder: AbstractLadder, grid: Grid):
    """Amplitudes of rungs 0..J (low) and of their complements (high) on the whole grid."""
    if shape.corona is Corona.ROUND:
        low, high = rungs(ladder, [grid.frequency_norm()], shape.scales, shape.nyquist)
        return [rung[0] for rung in low], [rung[0] for rung in high]
    low, high = rungs(ladder, grid.frequencies(), shape.scales, shape.nyquist)
    return [product(rung) for rung in low], [union(rung) for rung in high]


def _turns(shape: MoleculeShape, grid: Grid) -> np.ndarray:
    """Position around the origin in [0, 1); opposite frequencies share it unless one-sided."""
    x, y = np.broadcast_arrays(*grid.frequencies())
    if not shape.one_sided:
        lower = (y < 0) | ((y == 0) & (x < 0))  # opposite frequencies get the same angle, exactly
        x, y = np.where(lower, -x, x), np.where(lower, -y, y)
    full = 2.0 if shape.one_sided else 1.0
    if shape.angle is Angle.POLAR:
        return np.arctan2(y, x) / (full * np.pi) % 1.0
    flat = np.abs(x) >= np.abs(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(flat, y / x, -x / y)
    quarter = np.where(flat, np.where(x >= 0, 0.0, 4.0), np.where(y >= 0, 2.0, 6.0))
    return np.nan_to_num(quarter + slope) / (4.0 * full) % 1.0


def _choice(kind, parameter: str, value):
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(f'"{member}"' for member in kind)
        raise ValueError(
            f"AlphaMolecules: {parameter} must be one of {known}, not {value!r}."
        ) from None
