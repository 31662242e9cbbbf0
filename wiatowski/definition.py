"""The definition of the feature extractor, written to be read: one path at a time.

`FeatureExtractor` computes the same with whole arrays, folded spectra and real transforms.
"""

from __future__ import annotations

import functools

import jax.numpy as jnp

from wiatowski._fourier import circular_convolve
from wiatowski._types import Array
from wiatowski.extractor import FeatureExtractor
from wiatowski.features import Features
from wiatowski.frames.bank import AbstractBank
from wiatowski.poolings import decimate

__all__ = ["features_by_definition"]


def features_by_definition(phi: FeatureExtractor, f: Array) -> Features:
    r"""$\Phi^n(f) = \{(U[q]f) * \chi_n\}$ with $U[(\lambda_1..\lambda_n)]f = U_n[\lambda_n] \cdots U_1[\lambda_1] f$.

    Args:
        phi: any extractor.
        f: one signal on its grid.

    Source: Wiatowski & Boelcskei 2018, feature extractor.
    """
    maps = [jnp.asarray(f)]
    arrays, grids = [], []
    for depth, bank in enumerate(phi.banks):
        stride = 1 if phi.output_stride is None else phi.output_stride // phi.strides[depth]
        outputs = [_convolve(u, bank.output_atom_hat, bank.output_real) for u in maps]
        arrays.append(jnp.stack([decimate(y, stride, bank.grid.ndim) for y in outputs]))
        grids.append(bank.grid.decimated(stride))
        if depth < phi.depth:
            layer = phi.layers[depth]
            maps = [
                layer.pooling(layer.nonlinearity(v), bank.maps_grid) for v in _filtered(maps, bank)
            ]
    labels = tuple(layer.bank.labels for layer in phi.layers)
    return Features(tuple(arrays), labels, tuple(grids), phi.mixing_layers)


def _filtered(maps: list[Array], bank: AbstractBank) -> list[Array]:
    r"""u * g_lambda of every map and atom; $\sum_i u_i * g_{\lambda i}$, decimated, where the bank mixes."""
    if not bank.mixes:
        return [_convolve(u, atom, bank.atoms_real) for u in maps for atom in bank.atoms_hat]
    sums = []
    for row in bank.atoms_hat:
        terms = [_convolve(u, atom, bank.atoms_real) for u, atom in zip(maps, row, strict=True)]
        sums.append(functools.reduce(jnp.add, terms))
    return [decimate(v, bank.stride, bank.grid.ndim) for v in sums]


def _convolve(u: Array, atom_hat: Array, atom_real: bool) -> Array:
    """u * g; real for a real signal and a real atom."""
    v = circular_convolve(u, atom_hat)
    return v.real if atom_real and not jnp.iscomplexobj(u) else v
