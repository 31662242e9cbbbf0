"""Three-dimensional shearlets: a pyramid of sheared windows around each axis."""

from __future__ import annotations

import itertools

import jax
import numpy as np

from wiatowski._profiles import meyer_auxiliary, product, union
from wiatowski._types import resolve_real_dtype
from wiatowski.frames.alpha_molecules import (
    MoleculeShape,
    aligned_zeros,
    check_resolved,
    images,
    make_real,
    mirror_images,
    moduli,
)
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, check_scales, check_size
from wiatowski.frames.ladders import AbstractLadder, rungs
from wiatowski.frames.nyquist import Nyquist
from wiatowski.grid import Grid


def pyramid_shearlets(
    frame: Frame, shape: MoleculeShape, ladder: AbstractLadder, grid: Grid, dtype
) -> FilterBank:
    """The bank of real shearlets on a grid of three axes; the formulas stand in `Shearlets`.

    As in two dimensions, everything is computed for non-negative frequencies and written to its
    eight mirror images, of which each lies in at most two windows per slope.
    """
    check_scales(frame, shape.scales, grid)
    reaches = [_steps(shape, j) for j in range(1, shape.scales + 1)]
    counts = [3 * (2 * n + 1) ** 2 if n else 1 for n in reaches]
    check_size(frame, sum(counts), grid)
    dtype = resolve_real_dtype(dtype, f"{type(frame).__name__}.on")
    axes = np.ix_(*moduli(grid))
    low, high = rungs(ladder, axes, shape.scales, shape.nyquist)
    residual = union(high[0])
    labels, row = [], 0
    stack = aligned_zeros((sum(counts) + bool(residual.any()), *grid.shape), dtype)
    for j, (n, count) in enumerate(zip(reaches, counts), start=1):
        own = stack[row : row + count]
        corona = product(low[j - 1]) * union(high[j])
        if n:
            _cut_into_shears(frame, j, own, corona, axes, n)
            make_real(own)
            shears = range(-n, n + 1)
            labels += [
                f"scale={j},pyramid={a},shears={k1},{k2}"
                for a, k1, k2 in itertools.product(range(3), shears, shears)
            ]
        else:
            mirror_images(corona, own[0])
            labels.append(f"scale={j}")
        row += count
    if residual.any():
        mirror_images(residual, stack[row])
        labels.append("residual")
    output_atom = aligned_zeros(grid.shape, dtype)
    mirror_images(product(low[-1]), output_atom)
    return FilterBank(
        jax.device_put(stack),
        jax.device_put(output_atom),
        grid,
        labels=tuple(labels),
        real=True,
        frame=frame,
    )


def _steps(shape: MoleculeShape, scale: int) -> int:
    """n_j: windows from slope 0 to slope 1; 0 where the scale is one atom without direction."""
    isotropic = scale == 1 and shape.nyquist is Nyquist.ISOTROPIC
    return 0 if isotropic else shape.wedges(scale) // 4


def _cut_into_shears(
    frame: Frame,
    scale: int,
    atoms: np.ndarray,
    corona: np.ndarray,
    axes: tuple[np.ndarray, ...],
    n: int,
) -> None:
    """Write the (pyramid, shear, shear) windows of one corona, given for non-negative frequencies."""
    count, *sides = atoms.shape
    slopes = {
        (a, b): np.where(axes[a] > 0, axes[b] / np.where(axes[a] > 0, axes[a], 1.0), np.inf)
        for a, b in itertools.permutations(range(3), 2)
    }
    inside = {pair: _reaching(slope * n, n) for pair, slope in slopes.items()}
    others = [(1, 2), (0, 2), (0, 1)]
    covered = sum(inside[a, b] ** 2 * inside[a, c] ** 2 for a, (b, c) in enumerate(others))
    glued = corona / np.sqrt(np.maximum(covered, 1.0))  # below one at frequency zero only
    flat, energies = atoms.reshape(-1), np.zeros(count)
    for a, pair in enumerate(others):
        places = np.nonzero((glued * inside[a, pair[0]] * inside[a, pair[1]]) > 0)
        windows = []
        for b in pair:
            place = tuple(np.zeros(1, int) if i not in (a, b) else places[i] for i in range(3))
            position = n * slopes[a, b][place]
            first = np.floor(position)
            angle = 0.5 * np.pi * meyer_auxiliary(position - first)
            windows.append((first.astype(np.intp), (np.cos(angle), np.sin(angle))))
        for signs in itertools.product((1, -1), repeat=3):
            kept, bins = _image(places, sides, corona.shape, signs)
            at = np.ravel_multi_index(bins, sides)
            for steps in itertools.product((0, 1), repeat=2):
                amplitude, index, valid = glued[places][kept], np.full(len(at), a), True
                for step, b, (first, parts) in zip(steps, pair, windows):
                    shear = signs[a] * signs[b] * (first[kept] + step)
                    valid = valid & (np.abs(shear) <= n)
                    index = index * (2 * n + 1) + shear + n
                    amplitude = amplitude * parts[step][kept]
                flat[index[valid] * np.prod(sides) + at[valid]] = amplitude[valid]
                energies += np.bincount(index[valid], amplitude[valid] ** 2, count)
    check_resolved(frame, scale, energies)


def _reaching(position: np.ndarray, n: int) -> np.ndarray:
    """The root of the sum of a slope's squared windows: one up to n, zero from n + 1."""
    return np.where(
        position < n + 1,
        np.cos(0.5 * np.pi * meyer_auxiliary(np.minimum(position, n + 1) - n)),
        0.0,
    )


def _image(places, sides, window, signs) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Which of the places occur with these signs of their frequencies, and on which bins."""
    kept, bins = np.ones(len(places[0]), bool), []
    for place, side, size, sign in zip(places, sides, window, signs):
        taken, of_axis = images(side, size, sign)
        kept &= (place >= taken.start) & (place < taken.stop)
        bins.append((place - taken.start, np.arange(side)[of_axis]))
    return kept, tuple(of_axis[place[kept]] for place, of_axis in bins)
