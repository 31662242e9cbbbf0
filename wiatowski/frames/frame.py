"""The interface of a semi-discrete frame, and the one way its atoms reach a grid."""

from __future__ import annotations

import abc

import equinox as eqx
import numpy as np

from wiatowski._types import complex_dtype, resolve_real_dtype
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.grid import Grid

__all__ = ["Frame"]

_MOST_SAMPLES = 2**28  # 2 GiB in float64


class Frame(eqx.Module):
    r"""A semi-discrete frame $\Psi$: atoms given by formulas for $\hat g_\lambda(\omega)$.

    Frequencies are absolute: the finest band ends at half a cycle per unit length, and what a
    finer grid holds above that belongs to one residual atom (left out on a grid on which it
    vanishes identically). A frame is a frozen, hashable specification; `on` samples it.

    Source: Wiatowski & Boelcskei 2018, semi-discrete frames (`paper_notes.md`).
    """

    @abc.abstractmethod
    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """The atoms on a grid, built in float64 and cast to `dtype`."""


def sampled_bank(
    frame: Frame | None,
    grid: Grid,
    atoms: dict[str, np.ndarray],
    output_atom: np.ndarray,
    residual: np.ndarray | None = None,
    dtype=None,
) -> FilterBank:
    """A bank from float64 samples; a residual that vanishes on the grid is left out."""
    dtype = resolve_real_dtype(dtype, f"{type(frame).__name__}.on")
    if residual is not None and np.any(residual):
        atoms = atoms | {"residual": residual}
    rows = [np.broadcast_to(atom, grid.shape) for atom in atoms.values()]
    stack = np.stack(rows) if rows else np.zeros((0, *grid.shape))
    return FilterBank(
        _cast(stack, dtype),
        _cast(np.broadcast_to(output_atom, grid.shape), dtype),
        grid,
        labels=tuple(atoms),
        frame=frame,
    )


def _cast(samples: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """To the real dtype where all imaginary parts are zero, else to its complex dtype."""
    if np.any(np.imag(samples)):
        return samples.astype(complex_dtype(dtype))
    return np.real(samples).astype(dtype)


def check_scales(frame: Frame, scales: int, grid: Grid) -> None:
    """Raise unless the coarsest band, 2^-scales cycles per unit length, holds a bin on each axis."""
    name = type(frame).__name__
    length = min(grid.shape) * grid.spacing
    if scales > np.log2(length) + 1e-12:
        deepest = int(np.floor(np.log2(length))) if length >= 2 else 0
        advice = (
            f"use scales <= {deepest}"
            if deepest
            else "no scale fits this grid: pool less before this layer"
        )
        raise ValueError(
            f"{name}(scales={scales}).on: too deep for a grid of shape {grid.shape} and spacing "
            f"{grid.spacing:g}, whose shortest side measures {length:g} units while the coarsest "
            f"atom needs 2^scales; {advice}, or a larger signal."
        )


def check_count(name: str, parameter: str, value, least: int = 1) -> None:
    """Raise unless `value` is an integer of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name}: {parameter} must be an integer >= {least}, not {value!r}.")


def check_size(frame: Frame, atoms: int, grid: Grid) -> None:
    """Raise before a bank is built that no memory holds."""
    if atoms * grid.size > _MOST_SAMPLES:
        raise ValueError(
            f"{type(frame).__name__}.on: {atoms} atoms on a grid of shape {grid.shape} are "
            f"{atoms * grid.size:.2g} samples, more than the limit of {_MOST_SAMPLES:.2g}; use "
            "fewer atoms or a smaller grid."
        )


def check_dimension(frame: Frame, grid: Grid, supported: tuple[int, ...]) -> None:
    """Raise unless the family exists in the grid's dimension."""
    if grid.ndim not in supported:
        dims = " and ".join(f"{d}-D" for d in supported)
        raise ValueError(
            f"{type(frame).__name__}.on: exists in {dims}, but the grid has {grid.ndim} axes; "
            "Meyer and Haar exist in 1-D, 2-D and 3-D."
        )
