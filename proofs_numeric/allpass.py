r"""The decimated all-pass extractor on which the continuous Theorem 1 is false, word for word.

$g = \delta$ (Parseval with $\chi = 0$), ReLU, decimation by 2, n times, a Gaussian low-pass only at
the deepest output. For $f = (-1)^k / \sqrt N$ every stage keeps a constant, while $T_1 f$ is lost
in the first layer: the difference is $2^{-n/2}|\hat\chi_n(0)|$ against $2\pi K 2^{-n}$.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

import wiatowski as wi

__all__ = ["allpass_extractor", "alternating_signal", "predicted_violation"]


def allpass_extractor(depth: int, size: int | None = None, width: float = 0.05):
    """The extractor with `depth` layers; the Gaussian has standard deviation `width`.

    Args:
        depth: n >= 1.
        size: samples of the input, a multiple of 2^n; 16 * 2^n by default.
        width: of the Gaussian output atom, cycles per unit length.
    """
    samples = 16 * 2**depth if size is None else size
    layers = [
        wi.Layer(allpass_bank(wi.Grid((samples // 2**n,))), wi.ReLU(), wi.Decimate(2))
        for n in range(depth)
    ]
    deepest = wi.Grid((samples // 2**depth,))
    gaussian = np.exp(-0.5 * (deepest.frequency_norm() / width) ** 2)
    output = wi.FilterBank(jnp.zeros((0, *deepest.shape)), jnp.asarray(gaussian), deepest)
    return wi.FeatureExtractor(layers, wi.Grid((samples,)), output)


def allpass_bank(grid: wi.Grid) -> wi.FilterBank:
    """One atom that passes everything, and no output atom."""
    return wi.FilterBank(jnp.ones((1, *grid.shape)), jnp.zeros(grid.shape), grid)


def alternating_signal(phi: wi.FeatureExtractor) -> np.ndarray:
    r"""$(-1)^k / \sqrt N$."""
    size = phi.grid.size
    return np.resize([1.0, -1.0], size) / math.sqrt(size)


def predicted_violation(phi: wi.FeatureExtractor) -> float:
    r"""$2^{n/2} |\hat\chi_n(0)| / (2\pi K)$, K over the bins of the deepest grid."""
    decay = float(wi.bounds.output_decay(phi, phi.depth))
    at_zero = float(jnp.abs(phi.output_bank.output_atom_hat[0]))
    return 2 ** (phi.depth / 2) * at_zero / (2 * math.pi * decay)
