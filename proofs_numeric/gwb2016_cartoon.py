"""Deformation of cartoon functions: only the perimeter of the edge counts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.hypotheses import on_functions
from proofs_numeric.engine.setting import Continuum, Setting, generator

__all__ = ["CLAIM"]


class CartoonClaim(Claim):
    name = "gwb2016_cartoon"
    title = "Deformation of cartoon functions"
    statement = (
        r"$\|F_\tau f - f\| \leq 2 c(\kappa) K \iota_d \|\tau\|_\infty + "
        r"K (\lambda(\kappa) \|\tau\|_\infty \mathrm{Per}(B))^{1/2}$ for $f = f_1 + 1_B f_2$, "
        r"$|\nabla f_i(x)| \leq K (1 + |x|^2)^{-d/2}$, $|f_2| \leq K$, $\|D\tau\|_\infty \leq 1/(2d)$"
    )
    source = (
        "Grohs, Wiatowski & Bölcskei 2016 (cartoon functions; exponent from the abstract, class from "
        "memory); explicit constants derived"
    )
    on_extractors = False

    def hypotheses(self, setting):
        return (on_functions(setting),)

    def given(self, setting, key):
        random = generator(key)
        d = setting.grid.ndim
        return [
            _witness(d, reach, radius, random.uniform(0.2, 1.0), random.uniform(0.2, 1.0), "random")
            for reach in (0.3, 0.03, 0.003)
            for radius in (1.0, 2.5)
        ]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """A constant inside a ball, and no smooth part: as small displacements as one likes."""
        d = setting.grid.ndim
        return [_witness(d, reach, 3.0, 0.0, 1.0, "search") for reach in (1e-2, 1e-4, 1e-6, 1e-8)]

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, 1.0)

    def simplified(self, setting, witness) -> None:
        """The samples are those of a formula."""
        return

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = Continuum.of(2)
        cases = _compare(setting, self.searched(setting, Attempt(key)), 0.5)
        return (Control("perimeter", "half of the true perimeter", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return [Continuum.of(d) for d in (1, 2, 3)]

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {"": 1.0}


class _Radial:
    r"""$f = f_1 + 1_B f_2$, B the ball of a radius, and an outward displacement $T\min(r/r_1, 1)$.

    $f_1 = a\cos^2(\pi r/2w)$ for r < w = 2; f_2 = b up to twice the radius, then down to zero like $\cos^2$.
    """

    width = 2.0

    def __init__(self, ndim: int, reach: float, radius: float, smooth: float, level: float):
        self.ndim, self.reach, self.radius = ndim, reach, radius
        self.smooth, self.level = smooth, level
        self.turn = max(2 * ndim * reach, 0.25 * radius)
        self.far = 2 * radius

    def displacement(self, r: np.ndarray) -> np.ndarray:
        return self.reach * np.minimum(r / self.turn, 1)

    def first(self, r: np.ndarray) -> np.ndarray:
        return self.smooth * np.cos(np.pi * np.minimum(r, self.width) / (2 * self.width)) ** 2

    def second(self, r: np.ndarray) -> np.ndarray:
        beyond = np.clip((r - self.far) / self.far, 0, 1)
        return self.level * np.cos(np.pi * beyond / 2) ** 2

    def __call__(self, r: np.ndarray) -> np.ndarray:
        return self.first(r) + (r < self.radius) * self.second(r)

    @property
    def constant(self) -> float:
        """K."""
        r = np.linspace(0, 3 * self.far + self.width, 20001)
        weight = (1 + r**2) ** (self.ndim / 2)
        slopes = [np.abs(np.gradient(g(r), r)) * weight for g in (self.first, self.second)]
        return 1.001 * max(float(s.max()) for s in slopes) if self.smooth else self._plateau(slopes)

    def _plateau(self, slopes) -> float:
        # f_2 beyond the ball is free: a slower descent of the same plateau has a smaller slope.
        return max(abs(self.level), 1.001 * float(slopes[0].max()))

    def norm(self) -> float:
        """||F f - f|| over R^d."""
        landing = _solve(lambda r: r - self.displacement(r), self.radius)
        ends = {0.0, self.turn, self.radius, landing, self.width}
        ends |= {_solve(lambda r: r - self.displacement(r), self.width)}
        edges = np.array(sorted(e for e in ends if e <= max(landing, self.width + self.reach)))
        edges = np.append(edges, max(landing, self.width + 2 * self.reach))
        x, weights = np.polynomial.legendre.leggauss(60)
        total = 0.0
        for low, high in itertools.pairwise(edges):
            r = (low + high) / 2 + (high - low) / 2 * x
            moved = self(r - self.displacement(r)) - self(r)
            total += float(np.sum(weights * moved**2 * r ** (self.ndim - 1))) * (high - low) / 2
        return math.sqrt(_sphere(self.ndim) * total)


def _solve(function, value: float) -> float:
    """The r at which an increasing function that lags behind the identity takes a value."""
    low, high = value, value + 1.0
    while function(high) < value:
        high = 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < value else (low, middle)
    return high


def _sphere(ndim: int) -> float:
    """Area of the unit sphere of R^d; 2 in d = 1."""
    return 2 * math.pi ** (ndim / 2) / math.gamma(ndim / 2)


def _witness(ndim: int, reach: float, radius: float, smooth: float, level: float, origin: str):
    parameters = {
        "ndim": ndim,
        "reach": reach,
        "radius": radius,
        "smooth": smooth,
        "level": level,
    }
    made = _Radial(**parameters)
    r = np.linspace(0, 2 * radius, 200)
    arrays = {"signal": made(r), "other": made(r - made.displacement(r))}
    return Witness(arrays, parameters, origin)


def _compare(setting: Setting, witnesses: Sequence[Witness], share: float) -> Cases:
    measured, predicted, texts = [], [], []
    for w in witnesses:
        made = _Radial(**w.parameters)
        perimeter = share * _sphere(made.ndim) * made.radius ** (made.ndim - 1)
        slope = made.reach / made.turn
        bound = wi.bounds.cartoon(made.constant, made.reach, perimeter, made.ndim, slope)
        measured.append(made.norm())
        predicted.append(bound)
        texts.append(f"d = {made.ndim}, ||tau|| = {made.reach:.3g}, Per = {perimeter:.4g}")
    measured = np.array(measured)
    return Cases(measured, np.array(predicted), 1e-7 * measured, list(witnesses), texts)


CLAIM = CartoonClaim()
