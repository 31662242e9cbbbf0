"""Writes ltfatpy_gabor.npz: diagonals of Gabor frame operators and tight windows from LTFAT.

Needs ltfatpy, which the package and its tests do not. It is built from source and asks for the headers of
FFTW and LAPACK (Debian: libfftw3-dev liblapack-dev liblapacke-dev, and cmake). From the repository's
root, in an environment of its own (the committed file came from these versions, on Python 3.11):

    pip install "setuptools<70" wheel cython==3.3.1 numpy==2.4.6 scipy==1.17.1 matplotlib==3.11.2
    pip install --no-build-isolation ltfatpy==1.1.2
    python tests/golden/make_ltfatpy_gabor.py

LTFAT shifts a window in time by a samples and modulates it by M frequencies; its frame operator for M = L
multiplies a signal of L samples by L sum_n |g(l - n a)|^2. With time and frequency exchanged that is the
Littlewood-Paley sum of the cyclic bank of c = L / a windows, times L. Windows are scaled to g(0) = 1.

Of each setting: `window`, `diagonal` (`gabframediag` over L), `tight` (`gabtight` times the root of L),
and `factorised`, the same window from LTFAT's algorithm for windows longer than M.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ltfatpy import comp_gabtight_long, firwin, gabframediag, gabtight, pgauss
from ltfatpy.sigproc.fir2long import fir2long

# name -> (samples L, channels c, window, its width or its length, in steps)
SETTINGS = {
    "gaussian": (64, 8, "gauss", 0.6),
    "gaussian on an odd grid": (45, 5, "gauss", 0.5),
    # Not wider: LTFAT adds up a few images of a Gaussian only, and a width of 1.2 is off by 2e-6.
    "gaussian around the torus": (24, 3, "gauss", 0.7),
    "narrow gaussian": (60, 6, "gauss", 0.3),
    "hann": (64, 8, "hann", 2),
    "hann on an odd grid": (45, 5, "hann", 2),
    "sine": (60, 6, "sine", 2),
    "iterated sine": (48, 4, "itersine", 2),
    "triangle": (36, 3, "tria", 2),
    "blackman over four steps": (60, 6, "blackman", 4),
}


def window(samples: int, channels: int, kind: str, size: float) -> np.ndarray:
    """LTFAT's window with g(0) = 1, as long as the signal."""
    step = samples // channels
    if kind == "gauss":
        # exp(-pi l^2 / (L tfr)) has a standard deviation of (L tfr / (2 pi))^(1/2) samples.
        g = pgauss(samples, 2 * np.pi * (size * step) ** 2 / samples)[0]
    else:
        g = fir2long(firwin(kind, int(size) * step)[0], samples)
    return g / g[0]


def main() -> None:
    """All settings into one file."""
    arrays = {}
    for name, (samples, channels, kind, size) in SETTINGS.items():
        step, g = samples // channels, window(samples, channels, kind, size)
        arrays[f"{name}/window"] = g
        arrays[f"{name}/diagonal"] = gabframediag(g, step, samples, samples) / samples
        arrays[f"{name}/tight"] = gabtight(g, step, samples, samples) * np.sqrt(samples)
        factorised = comp_gabtight_long(g, step, samples) * np.sqrt(samples)
        arrays[f"{name}/factorised"] = np.real(factorised).ravel()
    np.savez_compressed(Path(__file__).with_name("ltfatpy_gabor.npz"), **arrays)


if __name__ == "__main__":
    main()
