r"""The Morlet wavelets of Scattering1D: constant-Q above an elbow, equally wide and spaced below.

Frequencies are in cycles per sample, as everywhere; $\sigma$ is a deviation in frequency.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wiatowski.frames.filter_bank import FilterBank
from wiatowski.grid import Grid

__all__ = ["ALPHA", "SIGMA", "Wavelet", "family", "gaussian", "morlet_bank"]

SIGMA = 0.1  # deviation of a low-pass that averages over one sample
ALPHA = 5.0  # deviations that a wavelet's band reaches to either side
_CROSSING = math.sqrt(0.5)  # where neighbouring wavelets cross, relative to their peaks
_NEGLIGIBLE, _MOST_PERIODS = 1e-7, 5


class Wavelet(NamedTuple):
    """Centre and deviation in frequency, and log2 of the stride that its band allows."""

    xi: float
    sigma: float
    j: int


def family(scales: int, voices: int) -> list[Wavelet]:
    r"""Centres fall by $2^{-1/Q}$ while $\sigma > 2^{1/Q} \sigma_0 2^{-J}$, then in Q equal steps to zero.

    Args:
        scales: J; the narrowest deviation is $0.1 \cdot 2^{-J}$.
        voices: Q.

    Source: Andén & Mallat 2014; parameters as in kymatio 0.3.0.
    """
    ratio = 2.0 ** (-1 / voices)
    xi = max(1 / (1 + 2 ** (3 / voices)), 0.35)
    sigma = xi * (1 - ratio) / (1 + ratio) / math.sqrt(2 * math.log(1 / _CROSSING))
    least = SIGMA / 2**scales
    pairs = []
    if sigma <= least:
        elbow = sigma
    else:
        pairs.append((xi, sigma))
        while sigma > least / ratio:
            xi, sigma = xi * ratio, sigma * ratio
            pairs.append((xi, sigma))
        elbow = xi
    pairs += [(elbow - q / voices * elbow, least) for q in range(1, voices)]
    return [Wavelet(xi, sigma, _log_stride(xi, sigma)) for xi, sigma in pairs]


def _log_stride(xi: float, sigma: float) -> int:
    r"""The largest j with $\xi + 5\sigma < 2^{-(j+1)}$, so that the band survives every $2^j$-th sample."""
    edge = min(xi + ALPHA * sigma, 0.5)
    return math.floor(-math.log2(edge)) - 1


def morlet_bank(grid: Grid, wavelets: Sequence[Wavelet], support: float, dtype=None) -> FilterBank:
    r"""$\hat\psi(\omega) = c (e^{-(\omega-\xi)^2/2\sigma^2} - \kappa e^{-\omega^2/2\sigma^2})$, of unit $\ell^1$ norm.

    Periodised in frequency, as sampled wavelets are; $\kappa$ makes the mean zero. Output atom a
    Gaussian of deviation $0.1 / T$, T the support.

    Args:
        grid: of the padded signal.
        wavelets: from `family`.
        support: T in samples.
        dtype: of the bank.

    Returns:
        Labels "scale=j,wavelet=n".
    """
    n = grid.shape[0]
    kind = np.float64 if dtype is None else np.dtype(dtype)
    atoms = np.stack([_morlet(n, w.xi, w.sigma) for w in wavelets])
    return FilterBank(
        atoms.astype(kind),
        gaussian(n, SIGMA / support).astype(kind),
        grid,
        labels=tuple(f"scale={w.j},wavelet={i}" for i, w in enumerate(wavelets)),
        real=(False, True),
    )


def gaussian(n: int, sigma: float) -> np.ndarray:
    """Periodised Gaussian at the frequencies of n samples, of unit norm in l^1."""
    return _normalised(_periodised(n, 0.0, sigma))


def _morlet(n: int, xi: float, sigma: float) -> np.ndarray:
    wave, low = _periodised(n, xi, sigma), _periodised(n, 0.0, sigma)
    atom = wave - wave[0] / low[0] * low
    atom[0] = 0.0
    return _normalised(atom)


def _periodised(n: int, xi: float, sigma: float) -> np.ndarray:
    """A Gaussian summed over as many periods as reach its tails."""
    periods = min(math.ceil(math.sqrt(-2 * sigma**2 * math.log(_NEGLIGIBLE)) + 1), _MOST_PERIODS)
    if periods == 1:
        omega = np.fft.fftfreq(n) if xi == 0 else np.arange(n) / n
        return np.exp(-((omega - xi) ** 2) / (2 * sigma**2))
    omega = np.arange((1 - periods) * n, periods * n) / n
    values = np.exp(-((omega - xi) ** 2) / (2 * sigma**2))
    return values.reshape(2 * periods - 1, n).sum(axis=0)


def _normalised(atom: np.ndarray) -> np.ndarray:
    return atom / np.abs(np.fft.ifft(atom)).sum()
