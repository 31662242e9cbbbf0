"""Alpha-molecules: one engine for directional wavelets, curvelets, shearlets and ridgelets."""

from __future__ import annotations

import enum
import itertools
import math
from typing import NamedTuple

import equinox as eqx
import jax
import numpy as np

from wiatowski._fourier import reflected, spatial_axes
from wiatowski._integers import check_integer
from wiatowski._profiles import meyer_auxiliary, product, union
from wiatowski._types import resolve_real_dtype
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, check_dimension, check_scales, check_size
from wiatowski.frames.ladders import AbstractLadder, MeyerLadder, checked_ladder
from wiatowski.frames.nyquist import Nyquist, checked_nyquist
from wiatowski.grid import Grid

__all__ = ["AlphaMolecules", "Angle", "Corona"]

_ALIGNMENT = 64  # bytes: jax copies arrays that start elsewhere
_NO_ENERGY = 1e-12  # sum of squares of a wedge's samples, whose peak is about 1 elsewhere


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
    r"""Alpha-molecules: coronae cut into wedges, from directional wavelets to ridgelets.

    $M_j = M_J 2^{\lceil (1 - \alpha)(J - j) \rceil}$ wedges at scale j.
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
    (21, True)
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
        self.scales = check_integer("AlphaMolecules", "scales", scales)
        self.orientations = check_integer("AlphaMolecules", "orientations", orientations)
        if not (isinstance(alpha, (int, float)) and 0 <= alpha <= 1):
            raise ValueError(f"AlphaMolecules: alpha must lie in [0, 1], not {alpha!r}.")
        self.alpha = float(alpha)
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

    Everything is computed for non-negative frequencies and written to its mirror images. Each
    frequency lies in two neighbouring wedges: their amplitudes are a cosine and a sine of one angle.
    So the work is that of a few quarter planes per scale, whatever the number of wedges.
    """
    check_dimension(frame, grid, (2,))
    check_scales(frame, shape.scales, grid)
    counts = [shape.wedges(j) for j in range(1, shape.scales + 1)]
    check_size(frame, sum(counts), grid)
    dtype = resolve_real_dtype(dtype, f"{type(frame).__name__}.on")
    axes = moduli(grid)
    fills = shape.nyquist is not Nyquist.RESIDUAL
    residual = np.zeros(()) if fills else _high(ladder, shape.corona, axes, 0)
    has_residual = bool(residual.any())
    labels, row = [], 0
    stack = aligned_zeros((sum(counts) + has_residual, *grid.shape), dtype)
    for j, count in enumerate(counts, start=1):
        own = stack[row : row + count]
        unlimited = j == 1 and fills
        window = axes if unlimited else [w[w <= 2.0**-j] for w in axes]
        corona = _high(ladder, shape.corona, window, j)
        if not unlimited:
            corona = corona * _low(ladder, shape.corona, window, j - 1)
        if count == 1:
            mirror_images(corona, own[0])
        else:
            _cut_into_wedges(frame, j, own, corona, _quarter_turns(shape.angle, window), shape)
            if not shape.one_sided:
                make_real(own)
        name = "direction" if shape.one_sided else "wedge"
        labels += [f"scale={j},{name}={i}" for i in range(count)]
        row += count
    if has_residual:
        mirror_images(residual, stack[row])
        labels.append("residual")
    output_atom = aligned_zeros(grid.shape, dtype)
    mirror_images(_low(ladder, shape.corona, axes, shape.scales), output_atom)
    return FilterBank(
        jax.device_put(stack),
        jax.device_put(output_atom),
        grid,
        labels=tuple(labels),
        real=(not shape.one_sided or max(counts) == 1, True),
        frame=frame,
    )


def moduli(grid: Grid) -> list[np.ndarray]:
    """The moduli of each axis's frequencies: those of bins 0..N // 2."""
    return [np.abs(w.ravel()[: w.size // 2 + 1]) for w in grid.frequencies()]


def images(size: int, window: int, sign: int) -> tuple[slice, slice]:
    """Which of an axis's first `window` moduli occur with a sign, and on which of its bins.

    Frequency 0 counts as positive, half a cycle per sample as negative.
    """
    if sign > 0:
        taken = slice(0, min(window, (size + 1) // 2))
        return taken, taken
    return slice(1, window), slice(size - 1, size - window, -1)


def mirror_images(values: np.ndarray, whole: np.ndarray) -> None:
    """Write an even function's values at non-negative frequencies to all signs of them."""
    for signs in itertools.product((1, -1), repeat=whole.ndim):
        taken, bins = zip(*map(images, whole.shape, values.shape, signs))
        whole[bins] = values[taken]


def aligned_zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeros that `jax.device_put` takes over without a copy where arrays live in main memory.

    The caller must not write to them afterwards.
    """
    wanted = math.prod(shape) * dtype.itemsize
    raw = np.zeros(wanted + _ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + wanted].view(dtype).reshape(shape)


def make_real(atoms: np.ndarray) -> None:
    """Average the squares of even amplitudes at k and -k mod N on the Nyquist bins, in place.

    There -k mod N is not -k, so an even formula alone does not give a real atom. The sum over the
    atoms of a partition does not change. Each atom's samples have one sign.
    """
    axes = spatial_axes(atoms.ndim - 1)
    for axis in axes:
        n = atoms.shape[axis]
        if n % 2:
            continue
        line = np.take(atoms, n // 2, axis=axis)
        if not line.any():
            continue
        opposite = reflected(line, line.ndim - 1)
        index = [slice(None)] * atoms.ndim
        index[axis] = n // 2
        mean = (line.astype(float) ** 2 + opposite.astype(float) ** 2) / 2
        atoms[tuple(index)] = np.copysign(np.sqrt(mean), line + opposite)


def check_resolved(frame: Frame, scale: int, energies: np.ndarray) -> None:
    """Raise unless every wedge of a scale has energy on the grid."""
    empty = np.count_nonzero(energies <= _NO_ENERGY)
    if empty:
        raise ValueError(
            f"{type(frame).__name__}.on: the grid does not resolve {len(energies)} orientations at "
            f"scale {scale}: {empty} of its wedges hold no frequency of the grid; use fewer "
            "orientations, fewer scales, or a larger signal."
        )


def _cut_into_wedges(
    frame: Frame,
    scale: int,
    atoms: np.ndarray,
    corona: np.ndarray,
    quarters: np.ndarray,
    shape: MoleculeShape,
) -> None:
    """Write the wedges of one corona, given for non-negative frequencies."""
    count, *sides = atoms.shape
    half = count // 2 if shape.one_sided else count  # wedges over half a turn
    position = quarters * (half / 2)
    first = np.floor(position)
    angle = 0.5 * np.pi * meyer_auxiliary(position - first)
    first = first.astype(np.intp)
    parts = (corona * np.cos(angle), corona * np.sin(angle))
    flat, energies = atoms.reshape(-1), np.zeros(count)
    # Reflecting one axis reverses the angle; for real wedges half a turn is a whole round.
    for signs, start in (((1, 1), 0), ((-1, 1), half), ((-1, -1), half), ((1, -1), 2 * half)):
        taken, bins = zip(*map(images, sides, corona.shape, signs))
        places = np.arange(sides[0] * sides[1]).reshape(sides)[bins]
        wedges = (start + signs[0] * signs[1] * np.arange(half // 2 + 2)) % count
        for neighbour, part in enumerate(parts):
            amplitude, wedge = part[taken], wedges[first[taken] + neighbour]
            flat[wedge * (sides[0] * sides[1]) + places] = amplitude
            energies += np.bincount(wedge.ravel(), amplitude.ravel() ** 2, count)
    check_resolved(frame, scale, energies)


def _low(ladder: AbstractLadder, corona: Corona, axes: list[np.ndarray], j: int) -> np.ndarray:
    """Amplitude of rung j on the product of the axes."""
    if corona is Corona.ROUND:
        return ladder.low(_norm(axes) * 2.0**j)
    return product(np.ix_(*(ladder.low(w * 2.0**j) for w in axes)))


def _high(ladder: AbstractLadder, corona: Corona, axes: list[np.ndarray], j: int) -> np.ndarray:
    """Amplitude of the complement of rung j."""
    if corona is Corona.ROUND:
        return ladder.high(_norm(axes) * 2.0**j)
    return union(np.ix_(*(ladder.high(w * 2.0**j) for w in axes)))


def _norm(axes: list[np.ndarray]) -> np.ndarray:
    return np.sqrt(axes[0][:, None] ** 2 + axes[1] ** 2)


def _quarter_turns(angle: Angle, axes: list[np.ndarray]) -> np.ndarray:
    """Position in [0, 1] between the first axis and the second."""
    x, y = np.broadcast_arrays(*np.ix_(*axes))
    if angle is Angle.POLAR:
        return np.arctan2(y, x) * (2 / np.pi)
    larger = np.maximum(x, y)
    slope = np.minimum(x, y) / np.where(larger > 0, larger, 1.0)
    return np.where(x >= y, slope, 2 - slope) / 2


def _choice(kind, parameter: str, value):
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(f'"{member}"' for member in kind)
        raise ValueError(
            f"AlphaMolecules: {parameter} must be one of {known}, not {value!r}."
        ) from None
