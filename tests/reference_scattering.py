"""A scattering network in plain NumPy, of any depth, one path at a time, in double precision.

Sub-sampled like kymatio's: every map on its own samples, filters on coarser samples folded or cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Path = tuple[int, ...]


class Filters(NamedTuple):
    """One layer's transforms on all samples, with the scale of each and the stride of its map."""

    atoms_hat: np.ndarray
    scales: list[int]
    strides: list[int]


def on_samples(atom_hat: np.ndarray, stride: int, periodised: bool) -> np.ndarray:
    """A filter for maps on every `stride`-th sample."""
    for axis, n in enumerate(atom_hat.shape):
        kept = n // stride
        if periodised:
            parts = np.split(atom_hat, stride, axis)
            atom_hat = np.sum(parts, axis=0)
        else:
            k = (np.arange(kept) + kept // 2) % kept - kept // 2
            atom_hat = np.take(atom_hat, k % n, axis)
    return atom_hat


def decimated(u_hat: np.ndarray, step: int) -> np.ndarray:
    """The transform of every `step`-th sample."""
    for axis in range(u_hat.ndim):
        u_hat = np.mean(np.split(u_hat, step, axis), axis=0)
    return u_hat


def coefficients(
    x: np.ndarray,
    layers: list[Filters],
    low_pass: np.ndarray,
    output: int,
    periodised: bool,
    crop: Callable[[np.ndarray], np.ndarray],
) -> dict[Path, np.ndarray]:
    """The coefficients of one extended signal by path, shorter paths first."""
    found, maps = {}, {(): (x, 1)}
    for depth in range(len(layers) + 1):
        deeper = {}
        for path, (u, stride) in maps.items():
            u_hat = np.fft.fftn(u)
            smooth = decimated(u_hat * on_samples(low_pass, stride, periodised), output // stride)
            smooth = np.fft.ifftn(smooth)
            found[path] = crop(smooth if np.iscomplexobj(u) else smooth.real)
            if depth == len(layers):
                continue
            for n, atom_hat in enumerate(layers[depth].atoms_hat):
                if path and layers[depth].scales[n] <= layers[depth - 1].scales[path[-1]]:
                    continue
                own = max(stride, layers[depth].strides[n])
                product = u_hat * on_samples(atom_hat, stride, periodised)
                deeper[(*path, n)] = (np.abs(np.fft.ifftn(decimated(product, own // stride))), own)
        maps = deeper
    return found
