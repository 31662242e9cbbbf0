r"""The Morlet wavelets of Scattering2D, sampled in space as kymatio does.

Differs from `frames.Morlet` where that is cleaner: Gaussians are sampled in space over five periods,
$3.1415$ stands for $\pi$ in their norm, and angles run backwards.
"""

from __future__ import annotations

import numpy as np

from wiatowski.frames.filter_bank import FilterBank
from wiatowski.grid import Grid

__all__ = ["morlet_bank"]

_WIDTH, _CENTRE = 0.8, 0.75 * np.pi  # of the finest scale: samples, radians per sample
_ROUNDED_PI = 3.1415
_NEGLIGIBLE = 9.0  # standard deviations: e^{-40}
_PERIODS = (-2, 2)


def morlet_bank(grid: Grid, scales: int, orientations: int, dtype=None) -> FilterBank:
    r"""$\psi_{j,\theta}(u) = g_{j,\theta}(u) (e^{i \xi_j^T u} - \kappa)$ and a round Gaussian.

    $g$ has deviation $0.8 \cdot 2^j$ along the wave and `orientations / 4` times that across it,
    $|\xi_j| = \frac{3\pi}{4} 2^{-j}$.

    Args:
        grid: of the padded signal.
        scales: J; scale 0 is the finest.
        orientations: L angles over half a turn.
        dtype: of the bank.

    Returns:
        Labels "scale=j,orientation=l", scale-major.

    Source: Bruna & Mallat 2013; parameters as in kymatio 0.3.0.
    """
    slant = 4.0 / orientations
    atoms, labels = [], []
    for j in range(scales):
        for number in range(orientations):
            angle = (int(orientations - orientations / 2 - 1) - number) * np.pi / orientations
            sigma = _WIDTH * 2**j
            wave = _gabor(grid.shape, sigma, angle, _CENTRE / 2**j, slant)
            envelope = _gabor(grid.shape, sigma, angle, 0.0, slant)
            kappa = wave.sum() / envelope.sum()
            atom = np.fft.fft2(wave - kappa * envelope).real
            atom[0, 0] = 0.0
            atoms.append(atom)
            labels.append(f"scale={j},orientation={number}")
    low_pass = np.fft.fft2(_gabor(grid.shape, _WIDTH * 2 ** (scales - 1), 0.0, 0.0, 1.0)).real
    kind = None if dtype is None else np.dtype(dtype)
    return FilterBank(
        np.stack(atoms).astype(kind or np.float64),
        low_pass.astype(kind or np.float64),
        grid,
        labels=tuple(labels),
        real=(False, True),
    )


def _gabor(
    shape: tuple[int, ...], sigma: float, angle: float, frequency: float, slant: float
) -> np.ndarray:
    """Gaussian times a wave, summed over five periods of the grid in each direction."""
    total = np.zeros(shape, np.complex128)
    radius = int(np.ceil(_NEGLIGIBLE * sigma / min(slant, 1.0)))
    axes = []
    for n in shape:
        first, last = max(-radius, _PERIODS[0] * n), min(radius, (_PERIODS[1] + 1) * n - 1)
        axes.append(np.arange(first, last + 1))
    x, y = np.ix_(*axes)
    u, v = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    values = np.exp(-(u**2 + (slant * v) ** 2) / (2 * sigma**2) + 1j * frequency * u)
    rows, columns = axes[0] % shape[0], axes[1] % shape[1]
    np.add.at(total, np.ix_(rows, columns), values)
    return total / (2 * _ROUNDED_PI * sigma**2 / slant)
