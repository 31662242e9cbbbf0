"""Weyl-Heisenberg (Gabor) frames in one to three dimensions."""

from __future__ import annotations

import itertools
import math
from typing import Any

import equinox as eqx
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._profiles import product
from wiatowski._types import is_concrete
from wiatowski.features import safe_sqrt
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, check_size, sampled_bank
from wiatowski.frames.nyquist import Nyquist, checked_nyquist
from wiatowski.frames.windows import AbstractWindow, MeyerWindow, checked_window
from wiatowski.grid import Grid

__all__ = ["Gabor"]

_POLICIES = (Nyquist.RESIDUAL, Nyquist.FILL)
_FURTHEST = 1024.0  # steps that a window may extend from its centre; all translates are added up


class Gabor(Frame):
    r"""Semi-discrete Gabor frame: one window g at every multiple of a step in frequency.

    $\hat g_m(\omega) = \prod_i g(c\,\omega_i - m_i)$ with c = `channels`: the step is 1/c cycles per unit
    length. Parseval for `MeyerWindow`, theta functions for `GaussianWindow`.

    - RESIDUAL: atoms with $|m_i| \le M = \lfloor c/2 - r \rfloor$, r the window's reach, so that those of
      finite reach end at half a cycle. All other translates of the frame on $\mathbb{R}^d$ are one
      residual atom: the Littlewood-Paley sum is that of the frame on $\mathbb{R}^d$ on every grid.
    - FILL: the cyclic filter bank, c windows per axis wrapped around the frequencies of a grid of
      unit spacing.

    Output atom m = 0. Atoms are one-sided, hence complex: -m is the conjugate of m.

    Args:
        channels: c >= 2, windows per cycle and axis.
        window: the amplitude, by default Meyer's; differentiable in the width of a Gaussian.
        nyquist: RESIDUAL or FILL, see `Nyquist`. ISOTROPIC does not exist: there are no scales.

    Raises:
        TypeError: if `window` is not a window.
        ValueError: for fewer than two channels, a window that reaches too far for them or extends
            over more than 1024 steps, more channels than the grid resolves,
            `nyquist="isotropic"`, or FILL on a grid of another spacing than one.

    Source: Daubechies, Grossmann & Meyer 1986; Groechenig, Foundations of Time-Frequency Analysis;
    semi-discrete as in Wiatowski & Boelcskei 2018 (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.Gabor(channels=6).on(wi.Grid((65, 100)))
    >>> len(bank), bank.labels[0], bank.labels[-1]
    (25, 'channels=-2,-2', 'residual')
    """

    channels: int = eqx.field(static=True)
    window: AbstractWindow
    nyquist: Nyquist = eqx.field(static=True)

    def __init__(
        self,
        channels: int,
        window: AbstractWindow | None = None,
        nyquist: Nyquist | str = Nyquist.RESIDUAL,
    ):
        self.channels = check_integer("Gabor", "channels", channels, least=2)
        self.window = checked_window("Gabor", MeyerWindow() if window is None else window)
        self.nyquist = checked_nyquist("Gabor", nyquist, _POLICIES)
        if self.nyquist is Nyquist.RESIDUAL and self.window.reach > self.channels / 2:
            raise ValueError(
                f"Gabor: with {channels} channels half a cycle is {channels / 2:g} steps, but the "
                f"window reaches {self.window.reach:g}; use channels >= "
                f'{math.ceil(2 * self.window.reach)}, a shorter window, or nyquist="fill".'
            )

        if self.window.extent > _FURTHEST:
            raise ValueError(
                f"Gabor: the window extends {self.window.extent:g} steps from its centre, more than "
                f"{_FURTHEST:g}, and overlaps as many others; use a narrower window."
            )

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one to three axes."""
        self._check(grid)
        kept = self._kept()
        steps = [w * self.channels for w in grid.frequencies()]
        lines = [{m: self._amplitude(x - m) for m in kept} for x in steps]
        atoms = {
            _label(ms): product(line[m] for line, m in zip(lines, ms))
            for ms in itertools.product(kept, repeat=grid.ndim)
            if any(ms)
        }
        residual = None if self.nyquist is Nyquist.FILL else self._residual(steps, lines)
        # With two channels around the torus, or none but m = 0 on the line, no atom is one-sided.
        paired = len(kept) == 1 or (self.nyquist is Nyquist.FILL and self.channels == 2)
        return sampled_bank(
            self,
            grid,
            atoms,
            product(line[0] for line in lines),
            residual,
            dtype=dtype,
            real=(paired, True) if self.window.symmetric else None,
        )

    def _check(self, grid: Grid) -> None:
        length = min(grid.shape) * grid.spacing
        if self.channels > length * (1 + 1e-12):
            raise ValueError(
                f"Gabor(channels={self.channels}).on: a step of 1/{self.channels} cycles per unit length "
                f"is finer than the bins of a grid of shape {grid.shape} and spacing "
                f"{grid.spacing:g}, whose shortest side measures {length:g} units; use channels <= "
                f"{max(2, math.floor(length))}, or a larger signal."
            )
        if self.nyquist is Nyquist.FILL and grid.spacing != 1:
            raise ValueError(
                f"Gabor.on: {self.channels} windows fill the frequencies of a grid of unit spacing, but "
                f'this one has spacing {grid.spacing:g}; use nyquist="residual", which fits every grid.'
            )
        check_size(self, len(self._kept()) ** grid.ndim, grid)

    def _kept(self) -> range:
        """The channels m per axis."""
        if self.nyquist is Nyquist.FILL:
            return range(-((self.channels - 1) // 2), self.channels // 2 + 1)
        outermost = math.floor(self.channels / 2 - self.window.reach)
        return range(-outermost, outermost + 1)

    def _amplitude(self, offset: np.ndarray) -> Any:
        """The window, with FILL the sum of its images around the torus of `channels` steps."""
        if self.nyquist is Nyquist.RESIDUAL:
            return self.window.amplitude(offset)
        # Offsets lie within one turn.
        turns = math.ceil(self.window.extent / self.channels) + 1
        images = self.channels * np.arange(-turns, turns + 1)
        return self.window.amplitude(offset[..., None] + images).sum(axis=-1)

    def _residual(self, steps: list[np.ndarray], lines: list[dict[int, Any]]) -> Any:
        r"""The root of $\prod_i (K_i + R_i) - \prod_i K_i$ for kept and remaining translates per axis.

        $= \sum_i \prod_{j<i} (K_j + R_j) \, R_i \prod_{j>i} K_j$, sums of squares without cancellation.
        """
        total: Any = np.zeros(())
        kept: Any = np.ones(())
        for x, line in zip(steps, lines):
            inside = sum(amplitude**2 for amplitude in line.values())
            rest = self._remaining(x)
            total, kept = total * (inside + rest) + kept * rest, kept * inside
        return np.sqrt(total) if is_concrete(total) else safe_sqrt(total)

    def _remaining(self, x: np.ndarray) -> Any:
        """The squares of all translates of one axis that are no atoms, at offsets x in steps."""
        first, last = self._kept()[-1] + 1, math.ceil(np.abs(x).max() + self.window.extent)
        beyond = np.arange(first, max(first, last + 1))
        translates = np.concatenate([-beyond, beyond])
        return (self.window.amplitude(x[..., None] - translates) ** 2).sum(axis=-1)


def _label(channels: tuple[int, ...]) -> str:
    name = "channel" if len(channels) == 1 else "channels"
    return f"{name}={','.join(map(str, channels))}"
