"""A small setting, and claims run on it in this process."""

from __future__ import annotations

import jax

import wiatowski as wi
from proofs_numeric.engine.results import collected
from proofs_numeric.engine.run import all_claims, execute, planned
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.settings import drawn_signals
from proofs_numeric.engine.units import Store

CLAIMS = {claim.name: claim for claim in all_claims()}


def setting(pooling, nonlinearity=None, layers=2, size=64) -> Setting:
    grid = wi.Grid((size,))
    layer = wi.Layer(wi.frames.Meyer(scales=2), nonlinearity or wi.Modulus(), pooling)
    phi = wi.FeatureExtractor([layer] * layers, grid)
    signals = drawn_signals(jax.random.key(0), grid, 3)
    return Setting("small", phi, signals, ("random",) * 3, band=5)


def run(claims, settings, controls=False, own=False, simplify=False):
    """Rows by claim, the whole document, and the arrays."""
    plan = planned(claims, settings, 0, 1, controls, own)
    store = Store(None, {})
    execute(plan, store, lambda text: None)
    document, arrays = collected(plan, store, lambda text: None, simplify)
    return {row["name"]: row for row in document["claims"]}, document, arrays
