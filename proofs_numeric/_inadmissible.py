"""An extractor that is not admissible, for controls."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp

import wiatowski as wi
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.settings import drawn_signals


def inadmissible_setting() -> Setting:
    """A two-layer extractor whose banks have B = 2.25; one in each precision, which claims share."""
    return _setting(jnp.zeros(()).dtype)


@functools.cache
def _setting(dtype: jnp.dtype) -> Setting:
    key = jax.random.key(0, impl="unsafe_rbg")
    grid = wi.Grid((48,))
    loud = wi.frames.Scaled(wi.frames.Meyer(scales=2), 1.5)
    layer = wi.Layer(loud, wi.Modulus(), wi.Decimate(2))
    phi = wi.FeatureExtractor([layer, layer], grid)
    return Setting("inadmissible", phi, drawn_signals(key, grid, 2), ("random",) * 2, band=5)
