"""The definition of the feature extractor, written to be read: one path at a time.

`FeatureExtractor` computes the same depth first, with many maps in one array, folded spectra, atoms
stored on their bands and real transforms.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax.numpy as jnp

from wiatowski._filtering import folded, window
from wiatowski._fourier import circular_convolve, hermitian_part
from wiatowski._types import Array
from wiatowski.extractor import FeatureExtractor
from wiatowski.features import Features
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.subsampled_bank import SubsampledBank
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.paths import Node
from wiatowski.poolings import decimate

__all__ = ["features_by_definition"]


class _Map(NamedTuple):
    """U[q]f, and where its path q stands in the tree of those that are followed."""

    path: tuple[int, ...]
    values: Array
    node: Node


def features_by_definition(phi: FeatureExtractor, f: Array) -> Features:
    r"""$\Phi^n(f) = \{(U[q]f) * \chi_n\}$ with $U[(\lambda_1..\lambda_n)]f = U_n[\lambda_n] \cdots U_1[\lambda_1] f$.

    Args:
        phi: any extractor.
        f: one signal on its grid.

    Source: Wiatowski & Boelcskei 2018, feature extractor.
    """
    trees = list(phi.trees)
    maps = [_Map((), jnp.asarray(f), trees.pop(0))]
    arrays, grids = [], []
    for depth, bank in enumerate(phi.banks):
        keep = 1 if phi.output_stride is None else phi.output_stride // phi.strides[depth]
        grids.append(bank.grid.decimated(keep))
        outputs = [_output(u, bank, keep) for u in sorted(maps, key=lambda u: u.path)]
        empty = jnp.zeros(
            (0, *grids[-1].shape), arrays[-1].dtype if arrays else maps[0].values.dtype
        )
        arrays.append(jnp.stack(outputs) if outputs else empty)
        if depth < phi.depth:
            layer = phi.layers[depth]
            if bank.mixes:
                mixed, root = _mixed(layer, [u.values for u in maps]), trees.pop(0)
                maps = [_Map((channel,), u, root) for channel, u in enumerate(mixed)]
            else:
                maps = [new for u in maps for new in _children(layer, u)]
    labels = tuple(layer.labels for layer in phi.layers)
    return Features(tuple(arrays), labels, tuple(grids), phi.mixing_layers, phi.rows)


def _output(u: _Map, bank: AbstractBank, keep: int) -> Array:
    """u * chi on every `keep`-th sample of the bank's grid."""
    atom = _on_samples(bank.output_atom_hat, bank, u.values.shape)
    if isinstance(bank, SubsampledBank):
        atom = hermitian_part(atom, bank.grid.ndim)
    return decimate(
        _convolve(u.values, atom, bank.output_real), keep // u.node.stride, bank.grid.ndim
    )


def _children(layer: Layer, u: _Map) -> list[_Map]:
    """P(M(u * g_lambda)) for the paths that are followed."""
    bank, ndim = layer.bank, layer.bank.grid.ndim
    atoms, groups = bank.atoms_hat, layer.nonlinearity.groups(bank.labels)
    maps = []
    for branch in u.node.branches:
        step = branch.node.stride // u.node.stride
        for row in branch.rows:
            filtered = [
                decimate(
                    _convolve(
                        u.values, _on_samples(atoms[i], bank, u.values.shape), bank.atoms_real
                    ),
                    step,
                    ndim,
                )
                for i in groups[row]
            ]
            v = layer.nonlinearity.join(jnp.stack(filtered), 0)
            maps.append(_Map((*u.path, row), layer.pooling(v, Grid(v.shape)), branch.node))
    return maps


def _mixed(layer: Layer, maps: list[Array]) -> list[Array]:
    r"""P(M(sum_i u_i * g_{lambda i})), decimated by the bank's own stride before M."""
    bank = layer.bank
    new = []
    for row in bank.atoms_hat:
        terms = [_convolve(u, atom, bank.atoms_real) for u, atom in zip(maps, row, strict=True)]
        v = decimate(functools.reduce(jnp.add, terms), bank.stride, bank.grid.ndim)
        new.append(layer.pooling(layer.nonlinearity(v), bank.maps_grid))
    return new


def _on_samples(atom_hat: Array, bank: AbstractBank, samples: tuple[int, ...]) -> Array:
    """An atom for maps held on fewer samples than the grid has: cut, or folded, to their frequencies."""
    if isinstance(bank, SubsampledBank) and bank.periodised:
        return folded(atom_hat, samples)
    return window(atom_hat, samples)


def _convolve(u: Array, atom_hat: Array, atom_real: bool) -> Array:
    """u * g; real for a real signal and a real atom."""
    v = circular_convolve(u, atom_hat)
    return v.real if atom_real and not jnp.iscomplexobj(u) else v
