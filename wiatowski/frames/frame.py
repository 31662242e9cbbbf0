"""The interface of a semi-discrete frame, and the one way its atoms reach a grid."""

from __future__ import annotations

import abc
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._types import complex_dtype, is_concrete, resolve_real_dtype
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.subsampled_bank import SubsampledBank
from wiatowski.grid import Grid

__all__ = ["FiniteTaps", "Frame"]

_MOST_SAMPLES = 2**28  # 2 GiB in float64


class Frame(eqx.Module):
    r"""A semi-discrete frame $\Psi$: atoms given by formulas for $\hat g_\lambda(\omega)$.

    Frequencies are absolute: the finest band ends at half a cycle per unit length, and what a
    finer grid holds above that belongs to one residual atom (left out on a grid on which it
    vanishes identically). A frame is a frozen, hashable specification; `on` samples it.

    Source: Wiatowski & Boelcskei 2018, semi-discrete frames (`paper_notes.md`).
    """

    @abc.abstractmethod
    def on(self, grid: Grid, dtype=None) -> AbstractBank:
        """The atoms on a grid, built in float64 and cast to `dtype`."""

    @property
    def stride(self) -> int:
        """The stride of its banks: 1 except for strided convolutions."""
        return 1

    def output_on(self, grid: Grid, dtype=None) -> AbstractBank:
        """A bank of the output atom alone, which is all that the deepest frame is asked for."""
        return output_only(self.on(grid, dtype))

    def finite_taps(self, ndim: int) -> FiniteTaps | None:
        """The atoms as finite filters at unit spacing in `ndim` dimensions; `None` if they are not.

        On grids of at most unit spacing, up to half a cycle per unit length, `on` samples exactly
        the transforms of these taps.
        """
        return None


class FiniteTaps(NamedTuple):
    """Finite filters at unit spacing: taps of each atom by its label, and of the output atom.

    Taps are float64 or complex128 arrays of `ndim` axes, the first sample at the origin.
    """

    atoms: dict[str, np.ndarray]
    output_atom: np.ndarray


def sampled_bank(
    frame: Frame | None,
    grid: Grid,
    atoms: Mapping[str, Any],
    output_atom,
    residual=None,
    *,
    dtype=None,
    real: bool | tuple[bool, bool] | None = None,
) -> FilterBank:
    """A bank from samples of its atoms, in float64 unless they are traced.

    Args:
        frame: the specification; kept with the bank unless it holds arrays.
        grid: of the samples, which broadcast to its shape.
        atoms: samples of each atom by its label.
        output_atom: samples of the output atom.
        residual: samples of a last atom; left out where it vanishes on the whole grid.
        dtype: of the bank.
        real: whether atoms and output atom are real in space, where the construction promises it;
            found out by default.
    """
    dtype = resolve_real_dtype(dtype, f"{type(frame).__name__}.on")
    if residual is not None and (not is_concrete(residual) or np.any(residual)):
        atoms = {**atoms, "residual": residual}
    keep = (
        frame if frame is not None and not any(map(eqx.is_array, jax.tree.leaves(frame))) else None
    )
    return FilterBank(
        _stacked(list(atoms.values()), grid.shape, dtype),
        _stacked([output_atom], grid.shape, dtype)[0],
        grid,
        labels=tuple(atoms),
        real=real,
        frame=keep,
    )


def output_only(bank: AbstractBank) -> AbstractBank:
    """A bank without atoms that keeps the output atom."""
    if isinstance(bank, SubsampledBank):
        return bank.without_atoms()
    none = jnp.zeros((0, *bank.grid.shape), bank.atoms_hat.dtype)
    real = (True, bank.output_real)
    return FilterBank(none, bank.output_atom_hat, bank.grid, (), real, bank.frame)


def _stacked(rows: list, shape: tuple[int, ...], dtype: np.dtype):
    """Rows as one array, real where every row's imaginary part is zero or the rows are real."""
    if not is_concrete(rows):
        stack = jnp.stack([jnp.broadcast_to(row, shape) for row in rows])
        return stack.astype(complex_dtype(dtype) if jnp.iscomplexobj(stack) else dtype)
    is_complex = any(np.iscomplexobj(row) and np.any(np.imag(row)) for row in rows)
    stack = np.empty((len(rows), *shape), complex_dtype(dtype) if is_complex else dtype)
    for into, row in zip(stack, rows, strict=True):
        into[...] = row if is_complex else np.real(row)
    return stack


def array_module(*parameters) -> Any:
    """numpy while every parameter is a plain number, jax.numpy while one is being traced."""
    return np if is_concrete(*parameters) else jnp


def check_positive(name: str, parameter: str, value) -> None:
    """Raise unless a continuous parameter is a positive finite number; traced ones pass."""
    if not is_concrete(value):
        return
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name}: {parameter} must be a positive number, not {value!r}.")


def check_scales(frame: Frame, scales: int, grid: Grid, finest: int = 1) -> None:
    """Raise unless the coarsest band holds a bin on each axis.

    Args:
        frame: named in the message.
        scales: how many it has.
        grid: where it is sampled.
        finest: j of the finest, whose band lies at 2^-j cycles per unit length.
    """
    name = type(frame).__name__
    length, coarsest = min(grid.shape) * grid.spacing, scales - 1 + finest
    if coarsest > np.log2(length) + 1e-12:
        deepest = int(np.floor(np.log2(length))) + 1 - finest if length >= 2 else 0
        advice = (
            f"use scales <= {deepest}"
            if deepest
            else "no scale fits this grid: pool less before this layer"
        )
        raise ValueError(
            f"{name}(scales={scales}).on: too deep for a grid of shape {grid.shape} and spacing "
            f"{grid.spacing:g}, whose shortest side measures {length:g} units while the coarsest "
            f"atom needs 2^{coarsest}; {advice}, or a larger signal."
        )


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
