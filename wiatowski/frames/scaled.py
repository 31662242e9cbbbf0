"""A frame whose atoms are all multiplied by one number."""

from __future__ import annotations

import math

import equinox as eqx
import jax

from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.frame import FiniteTaps, Frame
from wiatowski.grid import Grid

__all__ = ["Scaled"]


class Scaled(Frame):
    r"""$\{c\, g_\lambda\}$: frame bounds $c^2 A$ and $c^2 B$; how `admissible()` is written down.

    Args:
        frame: the frame to rescale.
        factor: c > 0.

    Raises:
        ValueError: if the factor is not positive and finite.

    Source: Wiatowski & Boelcskei 2018: dividing by the root of max{B, B L^2 R^2} makes any
    Bessel sequence admissible.
    """

    frame: Frame = eqx.field(static=True)
    factor: float = eqx.field(static=True)

    def __init__(self, frame: Frame, factor: float):
        if not (math.isfinite(factor) and factor > 0):
            raise ValueError(f"Scaled: factor must be positive and finite, not {factor!r}.")
        if not isinstance(frame, Frame):
            raise TypeError(
                f"Scaled: frame must be a named frame, not {type(frame).__name__}; "
                "a FilterBank has scaled_by(factor)."
            )
        if any(map(eqx.is_array, jax.tree.leaves(frame))):
            raise TypeError(
                f"Scaled: {type(frame).__name__} holds arrays, which a specification cannot; "
                "multiply its taps instead, or use admissible()."
            )
        self.frame, self.factor = frame, float(factor)

    @property
    def stride(self) -> int:
        """That of the inner frame."""
        return self.frame.stride

    def on(self, grid: Grid, dtype=None) -> AbstractBank:
        """The inner frame's bank times the factor."""
        return self.frame.on(grid, dtype).scaled_by(self.factor, frame=self)

    def finite_taps(self, ndim: int) -> FiniteTaps | None:
        """The inner frame's taps times the factor."""
        taps = self.frame.finite_taps(ndim)
        if taps is None:
            return None
        atoms = {label: own * self.factor for label, own in taps.atoms.items()}
        return FiniteTaps(atoms, taps.output_atom * self.factor)
