"""An extractor whose nonlinearity does not commute with shifts, for controls."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.setting import Setting


class KeepEven(wi.AbstractNonlinearity):
    """Zero at odd places: Lipschitz with constant one, but it does not commute with shifts."""

    pointwise = False

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u):
        return u * jnp.asarray(np.resize([1.0, 0.0], u.shape[-1]))


def position_dependent_setting() -> tuple[Setting, np.ndarray]:
    """All-pass, `KeepEven`, dilation by 2, Gaussian output; and the comb that it tells apart."""
    grid = wi.Grid((32,))
    zero = jnp.zeros(grid.shape)
    allpass = wi.FilterBank(jnp.ones((1, *grid.shape)), zero, grid)
    deepest = grid.dilated(2)
    gaussian = jnp.asarray(np.exp(-0.5 * (deepest.frequency_norm() / 0.05) ** 2))
    output = wi.FilterBank(jnp.zeros((0, *grid.shape)), gaussian, deepest)
    phi = wi.FeatureExtractor([wi.Layer(allpass, KeepEven(), wi.Dilate(2))], grid, output)
    comb = np.resize([1.0, 0.0], grid.size)
    return Setting("position-dependent", phi, comb[None], ("comb",), band=5), comb
