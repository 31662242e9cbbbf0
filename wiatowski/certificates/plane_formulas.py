r"""Formulas in the plane: signed sums of Gaussians, value, gradient and Hessian in closed form.

A piece is $c\,e^{-q}$ with a quadratic q: gradient $-q_i c\,e^{-q}$, Hessian $(q_i q_j - q_{ij}) c\,e^{-q}$. On a box
with midpoint m and half widths r the second-order remainder is $\frac12\sum_{ij} r_i r_j |f_{ij}(X)|$.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from wiatowski.certificates._flint import flint
from wiatowski.certificates._rounding import arb_above, arb_below, down, up
from wiatowski.certificates._subdivision import Box
from wiatowski.certificates.formulas import formula
from wiatowski.certificates.line_formulas import MeyerResidual, check_atoms, morlet_line
from wiatowski.frames import Morlet
from wiatowski.frames.morlet import SLANT_PER_ORIENTATION, SPATIAL_WIDTH

#: Where q exceeds this a piece is left out: 2 exp(-45) < 2^-60, with a margin for the float compared.
_EXPONENT, _OMITTED = 45.0, 2.0**-60


@dataclasses.dataclass(frozen=True)
class Gaussian:
    r"""$c e^{-q}$, $q = a u^2 + b v^2$ in coordinates u, v around a centre, turned by an angle; |c| <= 2."""

    coefficient: Any
    centre: tuple[Any, Any]
    turn: tuple[Any, Any]  # cosine and sine of the angle
    weights: tuple[Any, Any]  # a, b

    @functools.cached_property
    def matrix(self):
        """Entries 11, 12, 22 of q."""
        (c, s), (a, b) = self.turn, self.weights
        return a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c

    def value(self, x, y):
        """At balls."""
        u, v, _, _ = self._moved(x, y)
        return (-(x - self.centre[0]) * u - (y - self.centre[1]) * v).exp() * self.coefficient

    def _moved(self, x, y):
        s, t = x - self.centre[0], y - self.centre[1]
        a, b, c = self.matrix
        return a * s + b * t, b * s + c * t, s, t

    def jet(self, x, y, second: bool):
        """(f, f_x, f_y) and, if asked for, (f_xx, f_xy, f_yy)."""
        u, v, s, t = self._moved(x, y)
        f = (-(s * u) - t * v).exp() * self.coefficient
        u, v = 2 * u, 2 * v  # the gradient of q
        if not second:
            return f, -u * f, -v * f
        a, b, c = self.matrix
        return f, -u * f, -v * f, (u * u - 2 * a) * f, (u * v - 2 * b) * f, (v * v - 2 * c) * f


@dataclasses.dataclass(frozen=True)
class PlaneFormula:
    """Gaussians and the residual $1 - (1 - r(x))(1 - r(y))$, r of `MeyerResidual`; all times `factor`."""

    pieces: Sequence[Gaussian]
    factor: Any
    edges: tuple[tuple[float, ...], ...]

    def value(self, point: tuple[float, ...], real: bool) -> tuple[float, float]:
        """Bounds at a point."""
        arb = flint("certify").arb
        x, y = (arb(w) for w in point)
        total = self._residual(point, x, y)
        for sign in (1, -1) if real else (1,):
            box = tuple((sign * w, sign * w) for w in point)
            part = sum((p.value(sign * x, sign * y) for p in self._near(box)), arb(0))
            total = total + (part / 2 if real else part)
        total = (total + arb(0, len(self.pieces) * _OMITTED)) * self.factor
        return max(0.0, arb_below(total)), arb_above(total)

    def enclose(self, box: Box, real: bool):
        """Bounds on a box between edges: Taylor for all, or for the Gaussians beside the residual's range."""
        arb = flint("certify").arb
        middle = [a + (b - a) / 2 for a, b in box]
        half = [arb(up(max(up(b - m), up(m - a)))) for m, (a, b) in zip(middle, box)]
        ball, centre = [arb(a).union(arb(b)) for a, b in box], [arb(m) for m in middle]
        jet = [arb(0)] * 6  # f, f_x, f_y at the centre, f_xx, f_xy, f_yy over the box
        for sign in (1, -1) if real else (1,):
            weight = arb(1) / 2 if real else arb(1)
            own = tuple((min(sign * a, sign * b), max(sign * a, sign * b)) for a, b in box)
            for piece in self._near(own):
                g = piece.jet(sign * centre[0], sign * centre[1], False)
                h = piece.jet(sign * ball[0], sign * ball[1], True)
                slopes = (sign * g[1], sign * g[2])
                jet = [t + weight * d for t, d in zip(jet, (g[0], *slopes, *h[3:]))]
        residual = [
            *self._residual_jet(box, *centre)[:3],
            *self._residual_jet(box, *ball)[3:],
        ]
        both = _taylor([t + d for t, d in zip(jet, residual)], half)
        apart = _taylor(jet, half) + self._residual_range(box)
        missing = arb(0, len(self.pieces) * _OMITTED)
        ends = [(t + missing) * self.factor for t in (both, apart)]
        # The sum is one of squares: never negative.
        low = max(0.0, *(down(arb_below(t)) for t in ends))
        return low, min(up(arb_above(t)) for t in ends), ()

    def beyond(self) -> tuple[float, float]:
        """One from the residual, and what Gaussians leave at the distance of the square's sides."""
        arb = flint("certify").arb
        rest, reach = arb(0), self.edges[0][-1]
        for piece in self.pieces:
            if arb_above(piece.coefficient) > 0:
                distance = down(reach - max(arb_above(abs(w)) for w in piece.centre))
                least = min(arb_below(w) for w in piece.weights)
                rest += (-(arb(least) * arb(distance) ** 2)).exp() * piece.coefficient
        return arb_below(self.factor), arb_above((1 + rest) * self.factor)

    def scaled(self, factor: float) -> PlaneFormula:
        """Every atom times `factor`."""
        square = flint("certify").arb(factor) ** 2
        return dataclasses.replace(self, factor=self.factor * square)

    @functools.cached_property
    def _table(self) -> np.ndarray:
        """One row of floats per piece: centre, cosine, sine, a, b."""
        parts = [(*p.centre, *p.turn, *p.weights) for p in self.pieces]
        return np.array([[float(x) for x in row] for row in parts]).T

    def _near(self, box: Box):
        """The pieces that are not negligible on a box: elsewhere q exceeds the exponent."""
        x, y, c, s, a, b = self._table
        (x_low, x_high), (y_low, y_high) = box
        dx, dy = (x_low + x_high) / 2 - x, (y_low + y_high) / 2 - y
        rx, ry = (x_high - x_low) / 2, (y_high - y_low) / 2
        u = np.maximum(np.abs(c * dx + s * dy) - np.abs(c) * rx - np.abs(s) * ry, 0)
        v = np.maximum(np.abs(c * dy - s * dx) - np.abs(s) * rx - np.abs(c) * ry, 0)
        near = a * u * u + b * v * v < _EXPONENT
        return [self.pieces[i] for i in np.flatnonzero(near).tolist()]

    def _residual(self, point, x, y):
        first, second = (_ramp(w, value, value)[0] for w, value in zip((x, y), point, strict=True))
        return first + second - first * second

    def _residual_range(self, box: Box):
        """It grows with |x| and with |y|, and no box crosses an axis."""
        arb = flint("certify").arb
        ends = [sorted((abs(a), abs(b))) for a, b in box]
        low, high = (
            self._residual(point, *(arb(w) for w in point)) for point in zip(*ends, strict=True)
        )
        return low.union(high)

    def _residual_jet(self, box: Box, x, y):
        (p, dp, ddp), (q, dq, ddq) = (_ramp(w, *ends) for w, ends in zip((x, y), box))
        return (
            p + q - p * q,
            dp * (1 - q),
            dq * (1 - p),
            ddp * (1 - q),
            -dp * dq,
            ddq * (1 - p),
        )


def _taylor(jet, half):
    """f + <gradient, t> + <t, Hessian t> / 2 over |t_i| <= half_i."""
    arb = flint("certify").arb
    f, fx, fy, xx, xy, yy = jet
    r, s = half
    reach = abs(fx) * r + abs(fy) * s
    reach += (abs(xx) * r**2 + abs(yy) * s**2) / 2 + abs(xy) * r * s
    return f + arb(0, arb_above(reach))


def _ramp(x, low: float, high: float):
    """`MeyerResidual` with its first two derivatives over [low, high]."""
    library, residual = flint("certify"), MeyerResidual()
    if residual.negligible(low, high):
        return library.arb(0), library.arb(0), library.arb(0)
    series = residual.at(library.arb_series([x, 1], 3), low, high)
    return series[0], series[1], 2 * series[2]


def plane(pieces: Sequence[Gaussian]) -> PlaneFormula:
    """Gaussians with the residual, on a square outside of which they are at most exp(-20) each."""
    reach = max(
        max(abs(float(w)) for w in piece.centre) + math.sqrt(20 / min(map(float, piece.weights)))
        for piece in pieces
    )
    half = (0.5, 0.75, max(1.0, math.ceil(4 * reach) / 4))
    edges = (*(-e for e in reversed(half)), 0.0, *half)
    return PlaneFormula(pieces, flint("certify").arb(1), (edges, edges))


def squared_difference(centre, turn, weights) -> list[Gaussian]:
    r"""$(e^{-q(x-\xi)/2} - e^{-q(\xi)/2} e^{-q(x)/2})^2$ as three Gaussians, $\xi$ along the first axis of q."""
    arb = flint("certify").arb
    c, s = turn
    q = weights[0] * centre * centre  # q(xi)
    places = [(f * centre * c, f * centre * s) for f in (arb(1), arb(1) / 2, arb(0))]
    sizes = (arb(1), -2 * (-(q * 3) / 4).exp(), (-q).exp())
    return [Gaussian(size, place, turn, weights) for size, place in zip(sizes, places)]


@formula.register
def _(frame: Morlet, ndim: int):
    if ndim == 1:
        return morlet_line(frame)
    return morlet_plane(frame) if ndim == 2 else None


def morlet_plane(frame: Morlet) -> PlaneFormula:
    """Bumps at $2^{-j} \\xi$ turned by $\\pi k / L$, envelopes $2 \\pi w 2^j$ along and 4 / L of that across."""
    library = flint("certify")
    arb, fraction = library.arb, library.fmpq
    check_atoms(frame.scales * frame.orientations)
    slant = arb(SLANT_PER_ORIENTATION) / frame.orientations
    pieces: list[Gaussian] = []
    for j in range(frame.scales):
        along = (2 * arb.pi() * arb(SPATIAL_WIDTH) * 2**j) ** 2
        centre = arb(frame.centre) / 2**j
        for k in range(frame.orientations):
            turn = fraction(k, frame.orientations)
            direction = (arb.cos_pi_fmpq(turn), arb.sin_pi_fmpq(turn))
            pieces += squared_difference(centre, direction, (along, along / slant**2))
    widest = (2 * arb.pi() * arb(SPATIAL_WIDTH) * 2 ** (frame.scales - 1)) ** 2
    zero = (arb(0), arb(0))
    pieces.append(Gaussian(arb(1), zero, (arb(1), arb(0)), (widest, widest)))
    return plane(pieces)
