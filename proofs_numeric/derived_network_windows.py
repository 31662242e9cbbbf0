"""Maxima over windows that overlap count a sample as often as windows hold it."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._networks import LayerClaim, of_layers, understated
from proofs_numeric.engine.claim import Control

__all__ = ["CLAIM"]


def _pooling(pooling: wi.networks.SlidingMaxPool) -> wi.Layer:
    return wi.Layer(wi.networks.PassThrough(), wi.Identity(), pooling)


def _networks(random: np.random.Generator) -> dict[str, wi.networks.Network]:
    pools = [(1, 3, (1, 1)), (2, 3, (0, 1)), (2, 5, (2, 2))]
    return {
        f"overlapping maxima, d = {len(shape)}": of_layers(
            wi.Grid(shape), 2, *(_pooling(wi.networks.SlidingMaxPool(*pool)) for pool in pools)
        )
        for shape in ((32,), (20, 24))
    }


def _broken(claim: LayerClaim, key: jax.Array) -> tuple[Control, ...]:
    network = of_layers(wi.Grid((20,)), 1, _pooling(wi.networks.SlidingMaxPool(2, 3, (1, 1))))
    cases = understated(claim, key, network, lambda _: 1.0)
    return (Control("R = 1", "windows of three samples two apart, counted as disjoint", cases),)


CLAIM = LayerClaim(
    name="derived_network_windows",
    title="Maxima over windows that overlap",
    statement=r"$\|Pu - Pv\| \leq \lceil K/S \rceil^{d/2}\,\|u - v\|$",
    source="derived for this package; networks in the notes",
    networks=_networks,
    broken=_broken,
)
