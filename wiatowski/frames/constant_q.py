"""What wavelets with geometric centres and one bandwidth in octaves share."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from wiatowski._profiles import union
from wiatowski._types import Array, is_concrete
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import (
    Frame,
    array_module,
    check_positive,
    check_scales,
    check_size,
    sampled_bank,
)
from wiatowski.frames.ladders import MeyerLadder
from wiatowski.grid import Grid

FINEST_CENTRE = 0.375  # cycles per unit length: 3/4 of the half cycle where the finest band ends
LOW_PASS = 2.0**-0.5
_LOWEST_BIN = 0.75  # what `check_scales` leaves of the finest centre above


def positive(name: str, parameter: str, value) -> float | Array:
    """A continuous parameter: a plain number, or as it is while traced.

    Raises:
        ValueError: unless it is positive and finite.
    """
    check_positive(name, parameter, value)
    return float(value) if is_concrete(value) else value


def centres(scales: int, voices: int, centre) -> dict[str, float | Array]:
    r"""$\xi_i = \xi \, 2^{-i/Q}$ for `scales * voices` atoms, by their labels; the last one is lowest."""
    ratio = 2.0 ** (-1 / voices)
    return {
        f"scale={i // voices},voice={i % voices}": centre * ratio**i for i in range(scales * voices)
    }


def half_step(voices: int) -> float:
    r"""$\frac{1-r}{1+r}$, $r = 2^{-1/Q}$: where an atom meets its finer neighbour, in units of its centre."""
    ratio = 2.0 ** (-1 / voices)
    return (1 - ratio) / (1 + ratio)


def check_lowest_centre(frame: Frame, centre, scales: int, grid: Grid) -> None:
    """Raise if the coarsest octave lies below the grid's first bin; traced centres pass."""
    if not is_concrete(centre):
        return
    length = min(grid.shape) * grid.spacing
    lowest = float(centre) * 2.0 ** (1 - scales)
    if lowest * length < _LOWEST_BIN * (1 - 1e-12):
        name = type(frame).__name__
        raise ValueError(
            f"{name}(scales={scales}).on: the coarsest octave is centred at {lowest:.3g} cycles per "
            f"unit length, below the first bin, 1/{length:g}, of a grid of shape {grid.shape}; use "
            f"centre >= {_LOWEST_BIN * 2.0 ** (scales - 1) / length:.3g}, fewer scales, or a larger "
            "signal."
        )


def wavelet_bank(
    frame,
    grid: Grid,
    dtype,
    sample: Callable[[tuple[np.ndarray, ...]], dict[str, Any]],
    per_scale: int,
    low_pass: Callable[[Grid], Any] | None = None,
) -> FilterBank:
    """The bank of one-sided wavelets: atoms over both signs, output atom, residual.

    Args:
        frame: with `scales` and `centre`.
        grid: where to.
        dtype: of the bank.
        sample: the atoms at frequencies, one array per axis.
        per_scale: number of atoms per scale, checked before any is sampled.
        low_pass: the output atom on a grid; `gaussian_low_pass` by default.
    """
    check_scales(frame, frame.scales, grid)
    check_lowest_centre(frame, frame.centre, frame.scales, grid)
    check_size(frame, frame.scales * per_scale, grid)
    output_atom = gaussian_low_pass(frame, grid) if low_pass is None else low_pass(grid)
    atoms = over_both_signs(sample, grid)
    return sampled_bank(
        frame, grid, atoms, output_atom, residual(grid), dtype=dtype, real=(False, True)
    )


def over_both_signs(
    sample: Callable[[tuple[np.ndarray, ...]], dict[str, Any]], grid: Grid
) -> dict[str, Any]:
    """Atoms on a grid; on Nyquist bins the root mean square over the signs that a bin stands for.

    The bin of half a cycle per sample, which even axes have, is called negative, and one-sided atoms
    would miss it: no atom would cover it for real signals. With means the sum of squares at such a bin
    is that of the frame on R^d, averaged over the signs.

    Args:
        sample: atoms at frequencies, one array per axis.
        grid: where to.
    """
    omega = grid.frequencies()
    atoms = {label: _full(atom, grid.shape) for label, atom in sample(omega).items()}
    even = [axis for axis, n in enumerate(grid.shape) if n % 2 == 0]
    for axis in even:
        middle = grid.shape[axis] // 2
        squares = dict.fromkeys(atoms, 0.0)
        for signs in itertools.product((1.0, -1.0), repeat=len(even)):
            line = list(omega)
            for other, sign in zip(even, signs):
                nyquist = np.arange(grid.shape[other]) == grid.shape[other] // 2
                line[other] = omega[other] * np.where(nyquist, sign, 1.0).reshape(
                    omega[other].shape
                )
            line[axis] = np.take(line[axis], [middle], axis)
            for label, atom in sample(tuple(line)).items():
                squares[label] = squares[label] + abs(atom) ** 2 / 2.0 ** len(even)
        place = tuple(
            slice(middle, middle + 1) if a == axis else slice(None) for a in range(grid.ndim)
        )
        for label, square in squares.items():
            xp = array_module(square)
            root = xp.where(square > 0, xp.sqrt(xp.where(square > 0, square, 1.0)), 0.0)
            atoms[label] = _replaced(atoms[label], place, root)
    return atoms


def _replaced(atom: Any, place, values) -> Any:
    """The atom with other values at a place; arrays of numpy change in place."""
    if not is_concrete(atom, values):
        return atom.at[place].set(values)
    atom[place] = values
    return atom


def _full(atom, shape: tuple[int, ...]):
    """Its own copy of an array on the whole grid."""
    if is_concrete(atom):
        return np.array(np.broadcast_to(atom, shape))
    return jnp.broadcast_to(atom, shape)


def gaussian_low_pass(frame, grid: Grid) -> Any:
    r"""$e^{-|\omega|^2 / (2 \rho^2 \xi_{\min}^2)}$ of a frame with these parameters."""
    *_, lowest = centres(frame.scales, frame.voices, frame.centre).values()
    xp = array_module(frame.centre, frame.low_pass)
    return xp.exp(-0.5 * (grid.frequency_norm() / (lowest * frame.low_pass)) ** 2)


def residual(grid: Grid) -> np.ndarray:
    """What covers the frequencies of a finer grid: 0 up to 1/2, 1 from 3/4 cycle per unit length on."""
    return union(MeyerLadder().high(w / 1.5) for w in grid.frequencies())
