"""Gammatone wavelets: the ear's filters, corrected to vanish at frequency zero."""

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

__all__ = ["Gammatone"]


class Gammatone(Frame):
    r"""Gammatone wavelets: the ear's filters, differentiated so that they have no mean.

    Derivatives of $t^{n-1} e^{-2\pi b t} e^{2\pi i \xi t}$, t > 0.
    $\hat\psi_i(\omega) = c\, \omega \, (b_i + i(\omega - \xi_i))^{-n}$ with one vanishing moment, c > 0 such that
    $\max |\hat\psi_i| = 1$; centres $\xi_i = 2^{-i/Q} \xi$ and
    $b_i = \gamma \, \xi_i \frac{1-r}{1+r} (2^{1/n} - 1)^{-1/2}$, $r = 2^{-1/Q}$: for $\gamma = 1$ the gammatones
    (before the derivative) cross their neighbours at $2^{-1/2}$ of the peak.
    The modulus peaks a little above $\xi_i$ and falls like $\omega^{1-n}$. The
    atoms are causal and complex; negative frequencies are weak, not absent: with
    `frame_bounds(real=True)` they are judged as they act on real signals. B exceeds 1: rescale with
    `scaled_to` or `admissible()`. Output atom $e^{-\omega^2 / (2 \rho^2 \xi_{\min}^2)}$; one residual atom
    above half a cycle, as for `Morlet`.

    Args:
        scales: octaves J >= 1; scale 0 is the finest.
        voices: Q, atoms per octave.
        order: n >= 2; 4 fits the ear.
        bandwidth: gamma, relative to the crossing above.
        centre: xi, of the finest atom, in cycles per unit length.
        low_pass: rho, width of the output atom over the lowest centre.
            The last three are differentiable.

    Raises:
        ValueError: if a count is no positive integer, the order is below 2 (the derivative would not
            decay), a parameter is not positive, the grid is not 1-D, or `scales` too deep.

    Source: Venkitaraman, Adiga & Seelamantula 2014, auditory-motivated gammatone wavelets
    (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.Gammatone(scales=3, voices=4).on(wi.Grid((128,)))
    >>> len(bank), bool((bank.atoms_hat[:, 0] == 0).all())
    (12, True)
    """

    scales: int = eqx.field(static=True)
    voices: int = eqx.field(static=True)
    order: int = eqx.field(static=True)
    bandwidth: float | Array
    centre: float | Array
    low_pass: float | Array

    def __init__(
        self,
        scales: int,
        voices: int = 1,
        order: int = 4,
        bandwidth: float | Array = 1.0,
        centre: float | Array = FINEST_CENTRE,
        low_pass: float | Array = LOW_PASS,
    ):
        self.scales = check_integer("Gammatone", "scales", scales)
        self.voices = check_integer("Gammatone", "voices", voices)
        self.order = check_integer("Gammatone", "order", order, least=2)
        self.bandwidth = positive("Gammatone", "bandwidth", bandwidth)
        self.centre = positive("Gammatone", "centre", centre)
        self.low_pass = positive("Gammatone", "low_pass", low_pass)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of one axis."""
        check_dimension(self, grid, (1,))
        return wavelet_bank(self, grid, dtype, self._atoms, self.voices)

    def _atoms(self, frequencies: tuple[np.ndarray, ...]) -> dict[str, Any]:
        """The atoms at frequencies."""
        (omega,) = frequencies
        found = centres(self.scales, self.voices, self.centre)
        return {label: self._atom(omega / centre) for label, centre in found.items()}

    def _atom(self, u) -> Any:
        """At frequencies u in units of the centre."""
        n = self.order
        width = self.bandwidth * (half_step(self.voices) / (2 ** (1 / n) - 1) ** 0.5)
        xp = array_module(width)
        # |u|^2 / (b^2 + (u - 1)^2)^n is largest at the positive root of
        # (n - 1) u^2 - (n - 2) u - (b^2 + 1) = 0.
        root = xp.sqrt((n - 2) ** 2 + 4 * (n - 1) * (width**2 + 1))
        peak = (n - 2 + root) / (2 * (n - 1))
        modulus = xp.sqrt(width**2 + (peak - 1) ** 2)
        return u / peak * (modulus / (width + 1j * (u - 1))) ** n
