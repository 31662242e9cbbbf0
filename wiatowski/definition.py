"""The definition of the feature extractor, written to be read: one path at a time.

`FeatureExtractor` computes the same with whole arrays, folded spectra and real transforms.
"""

from __future__ import annotations

import jax.numpy as jnp

from wiatowski._fourier import circular_convolve
from wiatowski._types import Array
from wiatowski.extractor import FeatureExtractor
from wiatowski.features import Features
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
                layer.pooling(
                    layer.nonlinearity(_convolve(u, atom_hat, bank.atoms_real)), bank.grid
                )
                for u in maps
                for atom_hat in bank.atoms_hat
            ]
    labels = tuple(layer.bank.labels for layer in phi.layers)
    return Features(tuple(arrays), labels, tuple(grids))


def _convolve(u: Array, atom_hat: Array, atom_real: bool) -> Array:
    """u * g; real for a real signal and a real atom."""
    v = circular_convolve(u, atom_hat)
    return v.real if atom_real and not jnp.iscomplexobj(u) else v
