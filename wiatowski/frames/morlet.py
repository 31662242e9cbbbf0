"""Morlet wavelets: analytic in 1-D, oriented in 2-D."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._types import Array
from wiatowski.frames.constant_q import (
    FINEST_CENTRE,
    LOW_PASS,
    centres,
    half_step,
    positive,
    wavelet_bank,
)
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, array_module, check_dimension
from wiatowski.grid import Grid

__all__ = ["Morlet"]

SPATIAL_WIDTH = 0.8  # envelope of the finest 2-D atom, in units of length
SLANT_PER_ORIENTATION = 4.0


class Morlet(Frame):
    r"""Morlet wavelets: Gaussian bumps away from frequency zero, corrected to vanish there.

    $\hat\psi(\omega) = e^{-(\omega-\xi)^T \Sigma (\omega-\xi)/2} - \kappa e^{-\omega^T \Sigma \omega/2}$.
    $\kappa$ makes $\hat\psi(0) = 0$; centres are $\xi_j = 2^{-j}\xi$ (1-D: $2^{-j/Q}\xi$), output atom a
    Gaussian. Complex atoms that cover half of the frequencies: with `frame_bounds(real=True)` they
    are judged as they act on real signals.

    1-D: neighbouring atoms cross at $2^{-1/2}$ of their peak,
    $\sigma_j = \xi_j \frac{1-r}{(1+r)\sqrt{\ln 2}}$, $r = 2^{-1/Q}$, for `scales * voices` atoms; output
    atom $e^{-\omega^2 / (2 \rho^2 \xi_{\min}^2)}$.
    2-D: `orientations` rotations over half a turn, envelope 0.8 * 2^j units long and
    `orientations / 4` times longer across; output atom the envelope of the coarsest scale.
    The atoms peak at one, so B exceeds 1: rescale with `scaled_to` or `admissible()`.

    Args:
        scales: octaves J >= 1; scale 0 is the finest.
        orientations: angles over half a turn (2-D).
        voices: atoms per octave Q (1-D).
        centre: xi, of the finest atoms, in cycles per unit length; differentiable.
        low_pass: rho, width of the output atom over the lowest centre (1-D); differentiable.

    Raises:
        ValueError: if a count is no positive integer, a parameter is not positive, the grid is 3-D,
            or `scales` too deep.

    Source: the wavelets of Mallat-type scattering; widths as in kymatio (`paper_notes.md`).

    >>> import wiatowski as wi
    >>> bank = wi.frames.Morlet(scales=3, voices=4, centre=0.35).on(wi.Grid((97,)))
    >>> len(bank), bank.labels[5]
    (12, 'scale=1,voice=1')
    """

    scales: int = eqx.field(static=True)
    orientations: int = eqx.field(static=True)
    voices: int = eqx.field(static=True)
    centre: float | Array
    low_pass: float | Array

    def __init__(
        self,
        scales: int,
        orientations: int = 8,
        voices: int = 1,
        centre: float | Array = FINEST_CENTRE,
        low_pass: float | Array = LOW_PASS,
    ):
        self.scales = check_integer("Morlet", "scales", scales)
        self.orientations = check_integer("Morlet", "orientations", orientations)
        self.voices = check_integer("Morlet", "voices", voices)
        self.centre = positive("Morlet", "centre", centre)
        self.low_pass = positive("Morlet", "low_pass", low_pass)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one or two axes."""
        check_dimension(self, grid, (1, 2))
        if grid.ndim == 1:
            return wavelet_bank(self, grid, dtype, self._line, self.voices)
        plane, envelope = self._plane, self._plane_low_pass
        return wavelet_bank(self, grid, dtype, plane, self.orientations, envelope)

    def _line(self, frequencies: tuple[np.ndarray, ...]) -> dict[str, Any]:
        (omega,) = frequencies
        relative_width = half_step(self.voices) / np.sqrt(np.log(2))
        atoms = {}
        for label, centre in centres(self.scales, self.voices, self.centre).items():
            width = centre * relative_width
            atoms[label] = _morlet(
                ((omega - centre) / width) ** 2, (omega / width) ** 2, (centre / width) ** 2
            )
        return atoms

    def _plane(self, frequencies: tuple[np.ndarray, ...]) -> dict[str, Any]:
        x, y = frequencies
        slant = SLANT_PER_ORIENTATION / self.orientations
        atoms = {}
        for j in range(self.scales):
            along = 2 * np.pi * SPATIAL_WIDTH * 2**j
            centre = self.centre * 2.0**-j
            for k in range(self.orientations):
                angle = np.pi * k / self.orientations
                u = np.cos(angle) * x + np.sin(angle) * y
                v = (np.cos(angle) * y - np.sin(angle) * x) / slant
                atoms[f"scale={j},orientation={k}"] = _morlet(
                    along**2 * ((u - centre) ** 2 + v**2),
                    along**2 * (u**2 + v**2),
                    (along * centre) ** 2,
                )
        return atoms

    def _plane_low_pass(self, grid: Grid) -> np.ndarray:
        along = 2 * np.pi * SPATIAL_WIDTH * 2 ** (self.scales - 1)
        return np.exp(-0.5 * (along * grid.frequency_norm()) ** 2)


def _morlet(shifted, centred, at_zero) -> Any:
    """Gaussian bump minus the multiple of the centred one that gives exactly zero at zero."""
    xp = array_module(shifted, centred, at_zero)
    atom = xp.exp(-0.5 * shifted) - xp.exp(-0.5 * (at_zero + centred))
    return xp.where(centred == 0, 0.0, atom)
