"""Undecimated (a trous) tensor wavelets of any one-dimensional finite masks: the engine."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wiatowski._integers import check_integer
from wiatowski._profiles import product
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import (
    FiniteTaps,
    Frame,
    check_scales,
    check_size,
    sampled_bank,
)
from wiatowski.grid import Grid

_MOST_TAPS = 2**26  # half a gigabyte in float64


class Masks(NamedTuple):
    r"""Taps of one axis at unit spacing, the first at the origin.

    The low-pass sums to one and every high-pass to zero, so that $\sum_k |m_k(\omega)|^2 = 1$ over
    all masks means Parseval.
    """

    low: tuple[float, ...]
    highs: tuple[tuple[float, ...], ...]


def mirrored(taps: Sequence[Any]) -> list[Any]:
    """High-pass $(-1)^m l[K-1-m]$: the quadrature mirror of an orthogonal low-pass."""
    return [tap if m % 2 == 0 else -tap for m, tap in enumerate(reversed(taps))]


def check_order(name: str, parameter: str, value, least: int, most: int) -> None:
    """Raise unless `value` is an integer between the least and the most member of a family."""
    check_integer(name, parameter, value, least)
    if value > most:
        raise ValueError(f"{name}: {parameter} must lie in {least}..{most}, not {value!r}.")


def a_trous_bank(frame: Frame, masks: Masks, scales: int, grid: Grid, dtype) -> FilterBank:
    r"""The tensor bank of masks on a grid of one to three axes.

    One axis: $\hat l_j(\omega) = \prod_{i<j} L(2^i\omega)$ and
    $\hat h_{j,k}(\omega) = H_k(2^{j-1}\omega)\, \hat l_{j-1}(\omega)$; scale j has every tensor product
    with at least one high-pass. All of it is cut at half a cycle per unit length, because
    zero-stuffed filters are periodic in frequency; the rest goes to one residual atom.
    """
    check_scales(frame, scales, grid)
    kinds = _kinds(masks, grid.ndim)
    check_size(frame, scales * (len(kinds) - 1), grid)
    omega = grid.frequencies()
    inside = [(np.abs(w) <= 0.5 * (1 + 1e-12)).astype(float) for w in omega]
    low: list[np.ndarray] = list(inside)
    atoms: dict[str, np.ndarray] = {}
    for j in range(1, scales + 1):
        responses = [mask_responses(masks, w * 2.0 ** (j - 1)) for w in omega]
        bands = [[before * r for r in own] for before, own in zip(low, responses)]
        for kind in kinds[1:]:
            atoms[_label(j, kind, masks)] = product(own[k] for own, k in zip(bands, kind))
        low = [own[0] for own in bands]
    # Up to unit spacing every frequency inside the cut has its mirror image on the grid.
    real = True if grid.spacing <= 1 else None
    residual = 1.0 - product(inside)
    return sampled_bank(frame, grid, atoms, product(low), residual, dtype=dtype, real=real)


def a_trous_taps(frame: Frame, masks: Masks, scales: int, ndim: int) -> FiniteTaps:
    """The same atoms as finite filters: zero-stuffed, convolved, multiplied over the axes."""
    kinds = _kinds(masks, ndim)
    longest = max(map(len, (masks.low, *masks.highs))) - 1
    # Of the coarsest scale, which dwarfs the others; the exponent is capped before it overflows.
    samples = len(kinds) * (longest * (2.0 ** min(scales, 99) - 1) + 1) ** ndim
    if samples > _MOST_TAPS:
        raise ValueError(
            f"{type(frame).__name__}(scales={scales}).finite_taps: the atoms have about "
            f"{samples:.2g} taps in {ndim} dimensions, more than the limit of {_MOST_TAPS:.2g}; "
            "use fewer scales, or the bank on a grid."
        )
    low = np.ones(1)
    atoms: dict[str, np.ndarray] = {}
    for j in range(1, scales + 1):
        bands = [
            np.convolve(low, _stuffed(taps, 2 ** (j - 1))) for taps in (masks.low, *masks.highs)
        ]
        for kind in kinds[1:]:
            atoms[_label(j, kind, masks)] = product(np.ix_(*(bands[k] for k in kind)))
        low = bands[0]
    return FiniteTaps(atoms, product(np.ix_(*[low] * ndim)))


def mask_responses(masks: Masks, turns: np.ndarray) -> list[np.ndarray]:
    r"""$\sum_m t[m] e^{-2\pi i m \omega}$ of the low and of every high mask.

    At whole turns they are exactly one and zero: rounded taps sum to that only nearly.
    """
    phases = unit_phases(turns, max(map(len, (masks.low, *masks.highs))))
    whole = turns == np.round(turns)
    return [
        np.where(whole, at_zero, np.tensordot(np.asarray(taps), phases[: len(taps)], 1))
        for taps, at_zero in ((masks.low, 1.0), *((high, 0.0) for high in masks.highs))
    ]


def unit_phases(turns: np.ndarray, count: int) -> np.ndarray:
    """exp(-2 pi i m turns) for m = 0..count-1, exact at multiples of a quarter turn.

    Rounding a product m * turns costs an ulp of m turns, and no later reduction to one turn takes that
    back. The leading 40 bits of `turns` times m are exact, and reduced before the rest is added.
    """
    turns = turns - np.round(turns)
    head = np.round(turns * 2.0**40) / 2.0**40
    m = np.arange(count).reshape(-1, *(1,) * turns.ndim)
    whole = m * head
    turns = (whole - np.round(whole)) + m * (turns - head)
    z = np.exp(-2j * np.pi * turns)
    quarters = np.round(4 * turns)
    exact = np.array([1.0, -1j, -1.0, 1j])[quarters.astype(int) % 4]
    return np.where(4 * turns == quarters, exact, z)


def _kinds(masks: Masks, ndim: int) -> list[tuple[int, ...]]:
    """Which mask acts on each axis, 0 for the low one; all low ones come first."""
    return list(itertools.product(range(1 + len(masks.highs)), repeat=ndim))


def _label(scale: int, kind: tuple[int, ...], masks: Masks) -> str:
    """As in "scale=1,axes=LH"; several high masks are numbered, one on one axis needs no name."""
    one = len(masks.highs) == 1
    if one and len(kind) == 1:
        return f"scale={scale}"
    axes = "".join("L" if k == 0 else "H" if one else f"H{k}" for k in kind)
    return f"scale={scale},axes={axes}"


def _stuffed(taps: Sequence[float], step: int) -> np.ndarray:
    """Taps `step` samples apart."""
    spread = np.zeros(step * (len(taps) - 1) + 1)
    spread[::step] = taps
    return spread
