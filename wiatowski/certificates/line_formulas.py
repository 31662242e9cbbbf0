"""Formulas on the real line: sums of terms, each a power series in ball arithmetic."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import Any, Protocol

from wiatowski.certificates._flint import flint
from wiatowski.certificates._rounding import arb_above, arb_below, down, up
from wiatowski.certificates._subdivision import Box
from wiatowski.certificates.formulas import NEGLIGIBLE, NEGLIGIBLE_EXPONENT, formula
from wiatowski.frames import Gammatone, LogGabor, Morlet

_MOST_ATOMS = 4096


class Term(Protocol):
    """One atom's squared modulus."""

    def at(self, x: Any, low: float, high: float) -> Any:
        """At a ball or a power series over [low, high], an interval between neighbouring edges."""
        ...

    def negligible(self, low: float, high: float) -> bool:
        """Whether it is below `NEGLIGIBLE` on the whole interval; in doubt, no."""
        ...

    def tail(self, reach: float) -> Any:
        """A ball whose upper end bounds it for all |omega| >= reach."""
        ...


@dataclasses.dataclass(frozen=True)
class LineFormula:
    """A sum of terms times `factor`, and `residual` (times it too) beyond the last edge.

    `slack` times NEGLIGIBLE is what the terms themselves leave out.
    """

    terms: Sequence[Term]
    edges: tuple[tuple[float, ...]]
    slack: float
    factor: Any
    residual: float = 1.0

    def value(self, point: tuple[float, ...], real: bool) -> tuple[float, float]:
        """Bounds at a point."""
        (x,) = point
        value = self._sum(flint("certify").arb(x), x, x, real)
        return max(0.0, arb_below(value)), arb_above(value)

    def enclose(self, box: Box, real: bool):
        """Bounds on an interval from the value, slope and curvature, and the parabola's vertex."""
        library, ((a, b),) = flint("certify"), box
        middle = a + (b - a) / 2
        half = up(max(up(b - middle), up(middle - a)))
        at_middle = library.arb_series([library.arb(middle), 1], 3)
        ball = library.arb_series([library.arb(a).union(library.arb(b)), 1], 3)
        local = self._sum(at_middle, a, b, real)
        curvature = 2 * self._sum(ball, a, b, real)[2]
        slope = arb_above(abs(local[1]))
        rise = _largest(slope, arb_above(curvature), half)
        fall = _largest(slope, -arb_below(curvature), half)
        better, bend = [], float((2 * local[2]).mid())
        if bend:
            vertex = middle - float(local[1].mid()) / bend
            if a < vertex < b:
                better.append((vertex,))
        # The sum is one of squares: never negative.
        low = max(0.0, down(arb_below(local[0]) - fall))
        return low, up(arb_above(local[0]) + rise), better

    def beyond(self) -> tuple[float, float]:
        """The residual alone below, with the tails of all terms above."""
        library = flint("certify")
        rest = sum((term.tail(self.edges[0][-1]) for term in self.terms), library.arb(0))
        low, high = self.residual * self.factor, (self.residual + rest) * self.factor
        return arb_below(low), arb_above(high)

    def scaled(self, factor: float) -> LineFormula:
        """Every atom times `factor`."""
        square = flint("certify").arb(factor) ** 2
        return dataclasses.replace(self, factor=self.factor * square)

    def _sum(self, x, a: float, b: float, real: bool):
        """The sum at a ball or a series that lies over [a, b]."""
        if not real:
            return self._one_side(x, a, b)
        return (self._one_side(x, a, b) + self._one_side(-x, -b, -a)) / 2

    def _one_side(self, x, a: float, b: float):
        total, omitted = 0 * x, 0
        for term in self.terms:
            if term.negligible(a, b):
                omitted += 1
            else:
                total = total + term.at(x, a, b)
        # Omitted terms are tiny on all of [a, b]: a ball, whatever their derivatives.
        missing = flint("certify").arb(0, (omitted + self.slack) * NEGLIGIBLE)
        return (total + missing) * self.factor


def _largest(slope: float, curvature: float, half: float) -> float:
    """The largest slope t + curvature t^2 / 2 over |t| <= half, rounded up; slope >= 0."""
    if curvature < 0 and up(slope / -curvature) <= half:
        return up(up(up(slope * slope) / -curvature) / 2)
    return up(up(slope * half) + up(up(curvature * half) * half) / 2)


@dataclasses.dataclass(frozen=True)
class GaussianBump:
    """$(e^{-t^2/2} - e^{-(c^2 + (x/s)^2)/2})^2$, t = (x - centre) / s, c = centre / s; or without the second."""

    centre: Any
    width: Any
    corrected: bool = True

    @functools.cached_property
    def _floats(self) -> tuple[float, float]:
        return float(self.centre), float(self.width)

    @functools.cached_property
    def _inverse(self):
        return 1 / self.width

    @functools.cached_property
    def _correction(self):
        """c^2 / 2, or None where leaving the correction out changes less than 4 NEGLIGIBLE."""
        exponent = (self.centre * self._inverse) ** 2 / 2
        return exponent if self.corrected and float(exponent) < NEGLIGIBLE_EXPONENT else None

    def at(self, x, low, high):
        t = (x - self.centre) * self._inverse
        if self._correction is None:
            return (-(t * t)).exp()
        z = x * self._inverse
        g = (-(t * t) / 2).exp() - (-(z * z) / 2 - self._correction).exp()
        return g * g

    def negligible(self, low, high):
        centre, width = self._floats
        # Where the correction matters, both bumps have to be small: it is centred at zero.
        centres = [centre] if self._correction is None else [centre, 0.0]
        return all((_distance(c, low, high) / width) ** 2 > NEGLIGIBLE_EXPONENT for c in centres)

    def tail(self, reach):
        # For x > 0 the correction lies between 0 and the bump; for x < 0 it is all there is.
        library = flint("certify")
        ends = [(library.arb(reach) - self.centre) * self._inverse]
        if self._correction is not None:
            ends.append(library.arb(reach) * self._inverse)
        return sum(((-(t * t)).exp() for t in ends), library.arb(0))


@dataclasses.dataclass(frozen=True)
class LogGaussian:
    r"""$e^{-(\rho \ln(x / \xi))^2}$ for x > 0, else 0."""

    centre: Any
    rate: Any

    @functools.cached_property
    def _floats(self) -> tuple[float, float]:
        return float(self.centre), float(self.rate)

    def at(self, x, low, high):
        # Over an interval that starts at zero this is no finite ball, so the interval is halved
        # until it is negligible or does not.
        t = (x / self.centre).log() * self.rate
        return (-(t * t)).exp()

    def negligible(self, low, high):
        centre, rate = self._floats
        if high <= 0:
            return True
        nearest = min(max(centre, low), high)
        return (rate * math.log(nearest / centre)) ** 2 > NEGLIGIBLE_EXPONENT

    def tail(self, reach):
        return self.at(flint("certify").arb(reach), reach, reach)  # decreasing beyond the centre


@dataclasses.dataclass(frozen=True)
class GammatoneTerm:
    r"""$\frac{u^2}{p^2} \left(\frac{b^2 + (p - 1)^2}{b^2 + (u - 1)^2}\right)^n$, u = x / centre, largest at u = p."""

    centre: Any
    width: Any
    order: int

    @functools.cached_property
    def peak(self):
        """p, the positive root of (n - 1) u^2 - (n - 2) u - (b^2 + 1)."""
        n = self.order
        root = ((n - 2) ** 2 + 4 * (n - 1) * (self.width**2 + 1)).sqrt()
        return (n - 2 + root) / (2 * (n - 1))

    @functools.cached_property
    def _constants(self):
        return 1 / self.centre, 1 / self.peak**2, self.width**2 + (self.peak - 1) ** 2

    def at(self, x, low, high):
        inverse, scale, top = self._constants
        u = x * inverse
        away = u - 1
        try:
            quotient = top / (away * away + self.width**2)
        except ValueError:  # on a wide interval the ball of the square reaches below zero
            return x * flint("certify").arb.nan()
        return u * u * quotient**self.order * scale

    def negligible(self, low, high):
        return low == high == 0

    def tail(self, reach):
        # Beyond the peak it decreases on either side of zero, and is larger on the positive one.
        return self.at(flint("certify").arb(reach), reach, reach)


@dataclasses.dataclass(frozen=True)
class MeyerResidual:
    r"""$\sin^2(\frac{\pi}{2} v(4|x| - 2))$: 0 up to 1/2, 1 from 3/4 on; what covers a finer grid."""

    def at(self, x, low, high):
        library = flint("certify")
        if low >= 0.75 or high <= -0.75:
            return 0 * x + 1
        t = 4 * (x if low >= 0 else -x) - 2
        v = t**4 * (35 - 84 * t + 70 * t**2 - 20 * t**3)
        s = (library.arb.pi() * v / 2).sin()
        return s * s

    def negligible(self, low, high):
        return low >= -0.5 and high <= 0.5

    def tail(self, reach):
        return flint("certify").arb(0)  # it is LineFormula.residual


def line(terms: Sequence[Term], reach: float, slack: float = 0.0) -> LineFormula:
    """Terms together with the residual that Morlet-like frames share, on [-reach, reach]."""
    half = (0.5, 0.75, max(1.0, reach))
    edges = (*(-e for e in reversed(half)), 0.0, *half)
    return LineFormula((*terms, MeyerResidual()), (edges,), slack, flint("certify").arb(1))


def _distance(point: float, low: float, high: float) -> float:
    return 0.0 if low <= point <= high else min(abs(low - point), abs(high - point))


@formula.register
def _(frame: LogGabor, ndim: int) -> LineFormula | None:
    if ndim != 1:
        return None
    arb = flint("certify").arb
    centres = _centres(frame)
    rate = arb(frame.voices) / (arb(frame.bandwidth) * arb(2).log())
    low_pass = GaussianBump(arb(0), centres[-1] * arb(frame.low_pass), corrected=False)
    terms = [LogGaussian(centre, rate) for centre in centres]
    return line([*terms, low_pass], 4 * float(frame.centre))


@formula.register
def _(frame: Gammatone, ndim: int) -> LineFormula | None:
    if ndim != 1:
        return None
    arb = flint("certify").arb
    centres, ratio = _centres(frame), _ratio(frame)
    width = arb(frame.bandwidth) * (1 - ratio) / (1 + ratio)
    width = width / (arb(2) ** (arb(1) / frame.order) - 1).sqrt()
    low_pass = GaussianBump(arb(0), centres[-1] * arb(frame.low_pass), corrected=False)
    terms = [GammatoneTerm(centre, width, frame.order) for centre in centres]
    peak = arb_above(terms[0].peak)
    return line([*terms, low_pass], float(frame.centre) * max(4.0, 2 * peak))


def morlet_line(frame: Morlet) -> LineFormula:
    """Bumps at $\\xi_i = \\xi 2^{-i/Q}$ of width $\\xi_i (1-r)/((1+r)\\sqrt{\\ln 2})$, and the low-pass."""
    arb = flint("certify").arb
    ratio, centres = _ratio(frame), _centres(frame)
    relative = (1 - ratio) / ((1 + ratio) * arb(2).log().sqrt())
    bumps = [GaussianBump(centre, centre * relative) for centre in centres]
    low_pass = GaussianBump(arb(0), centres[-1] * arb(frame.low_pass), corrected=False)
    return line([*bumps, low_pass], 4 * float(frame.centre), 4.0 * len(centres))


def check_atoms(count: int) -> None:
    """Raise for more atoms than can be summed in reasonable time."""
    if count > _MOST_ATOMS:
        raise ValueError(
            f"certify: {count:.3g} atoms are more than the {_MOST_ATOMS} that are summed in ball arithmetic; "
            "use fewer scales or voices."
        )


def _ratio(frame) -> Any:
    arb = flint("certify").arb
    return arb(2) ** (arb(-1) / frame.voices)


def _centres(frame) -> list[Any]:
    """$\\xi_i = \\xi 2^{-i/Q}$."""
    check_atoms(frame.scales * frame.voices)
    arb, ratio = flint("certify").arb, _ratio(frame)
    return [arb(frame.centre) * ratio**i for i in range(frame.scales * frame.voices)]
