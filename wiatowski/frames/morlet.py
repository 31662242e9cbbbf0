"""Morlet wavelets: analytic in 1-D, oriented in 2-D."""

from __future__ import annotations

import equinox as eqx
import numpy as np

from wiatowski._profiles import union
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import (
    Frame,
    check_count,
    check_dimension,
    check_scales,
    check_size,
    sampled_bank,
)
from wiatowski.frames.ladders import MeyerLadder
from wiatowski.grid import Grid

__all__ = ["Morlet"]

_FINEST_CENTRE = 0.375  # cycles per unit length: 3/4 of the half cycle where the finest band ends
_SPATIAL_WIDTH = 0.8  # envelope of the finest 2-D atom, in units of length
_SLANT_PER_ORIENTATION = 4.0


class Morlet(Frame):
    r"""Morlet wavelets: Gaussian bumps away from frequency zero, corrected to vanish there.

    $\hat\psi(\omega) = e^{-(\omega-\xi)^T \Sigma (\omega-\xi)/2} - \kappa e^{-\omega^T \Sigma \omega/2}$.
    $\kappa$ makes $\hat\psi(0) = 0$; centres are $\xi_j = \frac38 2^{-j}$ (1-D: $\frac38 2^{-j/Q}$),
    output atom a Gaussian. Complex atoms that cover half of the frequencies: with
    `frame_bounds(real=True)` they are judged as they act on real signals.

    1-D: neighbouring atoms cross at $2^{-1/2}$ of their peak,
    $\sigma_j = \xi_j \frac{1-r}{(1+r)\sqrt{\ln 2}}$, $r = 2^{-1/Q}$, for `scales * voices` atoms.
    2-D: `orientations` rotations over half a turn, envelope 0.8 * 2^j units long and
    `orientations / 4` times longer across.
    The atoms peak at one, so B exceeds 1: rescale with `scaled_to` or `admissible()`.

    Args:
        scales: octaves J >= 1; scale 0 is the finest.
        orientations: angles over half a turn (2-D).
        voices: atoms per octave Q (1-D).

    Raises:
        ValueError: if a count is no positive integer, the grid is 3-D, or `scales` too deep.

    Source: the wavelets of Mallat-type scattering; widths as in kymatio (`paper_notes.md`).
    """

    scales: int = eqx.field(static=True)
    orientations: int = eqx.field(static=True)
    voices: int = eqx.field(static=True)

    def __init__(self, scales: int, orientations: int = 8, voices: int = 1):
        check_count("Morlet", "scales", scales)
        check_count("Morlet", "orientations", orientations)
        check_count("Morlet", "voices", voices)
        self.scales, self.orientations = int(scales), int(orientations)
        self.voices = int(voices)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one or two axes."""
        check_dimension(self, grid, (1, 2))
        check_scales(self, self.scales, grid)
        each = self.voices if grid.ndim == 1 else self.orientations
        check_size(self, self.scales * each, grid)
        atoms, low_pass = (self._line if grid.ndim == 1 else self._plane)(grid)
        residual = union(MeyerLadder().high(w / 1.5) for w in grid.frequencies())
        return sampled_bank(self, grid, atoms, low_pass, residual, dtype=dtype)

    def _line(self, grid: Grid) -> tuple[dict[str, np.ndarray], np.ndarray]:
        (omega,) = grid.frequencies()
        ratio = 2.0 ** (-1 / self.voices)
        relative_width = (1 - ratio) / ((1 + ratio) * np.sqrt(np.log(2)))
        atoms = {}
        for i in range(self.scales * self.voices):
            centre = _FINEST_CENTRE * ratio**i
            width = centre * relative_width
            atoms[f"scale={i // self.voices},voice={i % self.voices}"] = _morlet(
                ((omega - centre) / width) ** 2, (omega / width) ** 2, (centre / width) ** 2
            )
        lowest = _FINEST_CENTRE * ratio ** (self.scales * self.voices - 1)
        return atoms, np.exp(-0.5 * (omega / (lowest * np.sqrt(0.5))) ** 2)

    def _plane(self, grid: Grid) -> tuple[dict[str, np.ndarray], np.ndarray]:
        x, y = grid.frequencies()
        slant = _SLANT_PER_ORIENTATION / self.orientations
        atoms = {}
        for j in range(self.scales):
            along = 2 * np.pi * _SPATIAL_WIDTH * 2**j
            centre = _FINEST_CENTRE * 2.0**-j
            for k in range(self.orientations):
                angle = np.pi * k / self.orientations
                u = np.cos(angle) * x + np.sin(angle) * y
                v = (np.cos(angle) * y - np.sin(angle) * x) / slant
                atoms[f"scale={j},orientation={k}"] = _morlet(
                    along**2 * ((u - centre) ** 2 + v**2),
                    along**2 * (u**2 + v**2),
                    (along * centre) ** 2,
                )
        along = 2 * np.pi * _SPATIAL_WIDTH * 2 ** (self.scales - 1)
        return atoms, np.exp(-0.5 * along**2 * (x**2 + y**2))


def _morlet(shifted: np.ndarray, centred: np.ndarray, at_zero: float) -> np.ndarray:
    """Gaussian bump minus the multiple of the centred one that gives exactly zero at zero."""
    atom = np.exp(-0.5 * shifted) - np.exp(-0.5 * (at_zero + centred))
    return np.where(centred == 0, 0.0, atom)
