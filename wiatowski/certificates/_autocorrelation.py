r"""The autocorrelation of finite filters, in exact integers.

Floats are dyadic rationals, so $r[m] = \sum_\lambda \sum_n \overline{g_\lambda[n]} g_\lambda[n+m]$ is
an integer times a power of two. $\sum_\lambda|\hat g_\lambda(\omega)|^2 = \sum_m r[m]
e^{-2\pi i\langle m,\omega\rangle}$ depends on the filters through r alone: it identifies them as far as
frame bounds go, in $(2K-1)^d$ numbers, however many filters there are.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from wiatowski.frames.frame import FiniteTaps

_LARGEST_EXPONENT = 2 * 1074 + 64  # squares of the smallest float64
_MOST_PRODUCTS = 3_000_000  # Python integers: about a second


@dataclasses.dataclass(frozen=True)
class Autocorrelation:
    """$r[m]$ = (real[m] + i imag[m]) 2^-exponent, for all lags with the origin in the middle.

    Arrays of Python integers of odd sizes 2 K_i - 1.
    """

    real: np.ndarray
    imag: np.ndarray
    exponent: int

    @property
    def degrees(self) -> tuple[int, ...]:
        """Largest lag per axis."""
        return tuple(n // 2 for n in self.real.shape)

    @property
    def is_real(self) -> bool:
        """Whether the filters' sum is even in every frequency vector."""
        return not self.imag.any()

    def rounded(self) -> np.ndarray:
        """To the nearest float64, complex unless real."""
        scale = 1 << self.exponent

        def nearest(values):
            return np.array([_divide(int(v), scale) for v in values.flat]).reshape(values.shape)

        return nearest(self.real) if self.is_real else nearest(self.real) + 1j * nearest(self.imag)

    def table(self) -> dict[str, Any]:
        """For a file."""
        return {
            "shape": list(self.real.shape),
            "exponent": self.exponent,
            "real": [int(v) for v in self.real.flat],
            "imag": [] if self.is_real else [int(v) for v in self.imag.flat],
        }

    @staticmethod
    def from_table(table: dict[str, Any]) -> Autocorrelation:
        """The inverse of `table`; raises ValueError for what cannot be an autocorrelation."""
        shape, exponent = tuple(table["shape"]), table["exponent"]
        real = _integers(table["real"], shape)
        imag = _integers(table["imag"], shape) if table["imag"] else np.zeros_like(real)
        whole = all(isinstance(n, int) and n > 0 and n % 2 for n in shape)
        if not whole or not isinstance(exponent, int) or not 0 <= exponent <= _LARGEST_EXPONENT:
            raise ValueError(f"wrong shape {shape} or exponent {exponent!r}")
        if (np.flip(real) != real).any() or (np.flip(imag) != -imag).any():
            raise ValueError("the autocorrelation is not Hermitian")
        return Autocorrelation(real, imag, exponent)


def autocorrelation(taps: FiniteTaps) -> Autocorrelation | None:
    """Of all atoms and the output atom together; `None` where exact integers would take too long."""
    filters = [np.asarray(a) for a in (*taps.atoms.values(), taps.output_atom)]
    window = tuple(max(f.shape[i] for f in filters) for i in range(filters[0].ndim))
    work = sum(int(np.prod([2 * n - 1 for n in f.shape])) * f.size for f in filters)
    if work > _MOST_PRODUCTS:
        return None
    exponent = max(
        (_exponent(part) for f in filters for part in (np.real(f), np.imag(f))), default=0
    )
    shape = tuple(2 * n - 1 for n in window)
    real, imag = np.zeros(shape, object), np.zeros(shape, object)
    for f in filters:
        a, b = _scaled(np.real(f), exponent), _scaled(np.imag(f), exponent)
        is_complex = bool(np.any(b))
        for lag in itertools.product(*(range(1 - n, n) for n in f.shape)):
            here = tuple(slice(max(0, -m), min(n, n - m)) for m, n in zip(lag, f.shape))
            there = tuple(slice(max(0, m), min(n, n + m)) for m, n in zip(lag, f.shape))
            place = tuple(m + n - 1 for m, n in zip(lag, window))
            real[place] += (a[here] * a[there]).sum()
            if is_complex:
                real[place] += (b[here] * b[there]).sum()
                imag[place] += (a[here] * b[there]).sum() - (b[here] * a[there]).sum()
    return Autocorrelation(real, imag, 2 * exponent)


def _exponent(values: np.ndarray) -> int:
    """The least e >= 0 such that every value times 2^e is an integer."""
    ratios = (float(v).as_integer_ratio() for v in values.flat)
    return max((denominator.bit_length() - 1 for _, denominator in ratios), default=0)


def _scaled(values: np.ndarray, exponent: int) -> np.ndarray:
    scaled = np.empty(values.shape, object)
    for index, value in np.ndenumerate(values):
        numerator, denominator = float(value).as_integer_ratio()
        scaled[index] = numerator * ((1 << exponent) // denominator)
    return scaled


def _divide(numerator: int, denominator: int) -> float:
    """Correctly rounded quotient (Python's true division of integers is)."""
    return numerator / denominator


def _integers(values, shape) -> np.ndarray:
    if not all(type(v) is int and v.bit_length() <= 2 * _LARGEST_EXPONENT for v in values):
        raise ValueError("the autocorrelation must hold integers")
    array = np.empty(len(values), object)
    array[:] = values
    return array.reshape(shape)
