"""Log-Gabor wavelets: Gaussians on the logarithm of the frequency."""

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
    positive,
    wavelet_bank,
)
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, array_module, check_dimension
from wiatowski.grid import Grid

__all__ = ["LogGabor"]


class LogGabor(Frame):
    r"""Log-Gabor wavelets: no mean by construction, symmetric on an axis of octaves.

    1-D: $\hat\psi_i(\omega) = e^{-\frac12 (Q \log_2(\omega / \xi_i) / \beta)^2}$ for $\omega > 0$ and exactly 0
    for $\omega \le 0$; centres $\xi_i = 2^{-i/Q} \xi$.
    2-D: $\hat\psi_{i,k}(\omega) = e^{-\frac12 (Q \log_2(|\omega| / \xi_i) / \beta)^2}
    e^{-\frac12 (K \theta_k / (\pi \alpha))^2}$, $\theta_k \in (-\pi, \pi]$ the angle from $\pi k / K$ to $\omega$, so
    one-sided: the other half of the plane is left to conjugates.
    Output atom $e^{-|\omega|^2 / (2 \rho^2 \xi_{\min}^2)}$; one residual atom above half a cycle, as for
    `Morlet`. Complex atoms: with `frame_bounds(real=True)` they are judged as they act on real
    signals. On the bins of half a cycle per sample, which even grids have, squares are means over
    both signs. In the middle of the band squares add up to a theta function of $\log\omega$, with
    peaks above one: rescale with `scaled_to` or `admissible()`.

    Args:
        scales: octaves J >= 1; scale 0 is the finest.
        orientations: K, angles over half a turn (2-D).
        voices: Q, centres per octave.
        bandwidth: beta, standard deviation in steps between neighbouring centres, 1 / Q octaves.
        angular_width: alpha, standard deviation in steps between orientations, pi / K (2-D).
        centre: xi, of the finest atoms, in cycles per unit length.
        low_pass: rho, width of the output atom over the lowest centre.
            These four are differentiable.

    Raises:
        ValueError: if a count is no positive integer, a parameter is not positive, the grid is 3-D,
            or `scales` too deep.

    Source: Field 1987; with orientations Kovesi 1999 (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.LogGabor(scales=2, orientations=4).on(wi.Grid((32, 48)))
    >>> len(bank), bank.labels[1], bool((bank.atoms_hat[:, 0, 0] == 0).all())
    (8, 'scale=0,voice=0,orientation=1', True)
    """

    scales: int = eqx.field(static=True)
    orientations: int = eqx.field(static=True)
    voices: int = eqx.field(static=True)
    bandwidth: float | Array
    angular_width: float | Array
    centre: float | Array
    low_pass: float | Array

    def __init__(
        self,
        scales: int,
        orientations: int = 6,
        voices: int = 1,
        bandwidth: float | Array = 0.6,
        angular_width: float | Array = 0.6,
        centre: float | Array = FINEST_CENTRE,
        low_pass: float | Array = LOW_PASS,
    ):
        self.scales = check_integer("LogGabor", "scales", scales)
        self.orientations = check_integer("LogGabor", "orientations", orientations)
        self.voices = check_integer("LogGabor", "voices", voices)
        self.bandwidth = positive("LogGabor", "bandwidth", bandwidth)
        self.angular_width = positive("LogGabor", "angular_width", angular_width)
        self.centre = positive("LogGabor", "centre", centre)
        self.low_pass = positive("LogGabor", "low_pass", low_pass)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one or two axes."""
        check_dimension(self, grid, (1, 2))
        each = self.voices * (self.orientations if grid.ndim == 2 else 1)
        return wavelet_bank(self, grid, dtype, self._atoms, each)

    def _atoms(self, frequencies: tuple[np.ndarray, ...]) -> dict[str, Any]:
        """The atoms at frequencies, one array per axis."""
        angles = self._angles(*frequencies) if len(frequencies) == 2 else {"": 1.0}
        norm = np.sqrt(sum(w**2 for w in frequencies))
        above = norm > 0 if len(frequencies) == 2 else frequencies[0] > 0
        octaves = np.log2(np.where(above, norm, 1.0))
        xp = array_module(self.bandwidth, self.centre)
        atoms = {}
        for label, centre in centres(self.scales, self.voices, self.centre).items():
            away = self.voices * (octaves - xp.log2(centre)) / self.bandwidth
            radial = xp.where(above, xp.exp(-0.5 * away**2), 0.0)
            for suffix, angular in angles.items():
                atoms[label + suffix] = radial * angular
        return atoms

    def _angles(self, x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
        """The angular windows by the end of their labels."""
        xp = array_module(self.angular_width)
        windows = {}
        for k in range(self.orientations):
            turn = np.pi * k / self.orientations
            along = np.cos(turn) * x + np.sin(turn) * y
            across = np.cos(turn) * y - np.sin(turn) * x
            steps = np.arctan2(across, along) * self.orientations / np.pi
            windows[f",orientation={k}"] = xp.exp(-0.5 * (steps / self.angular_width) ** 2)
        return windows
