"""A convolution that mixes channels is as loud as its matrices of transforms."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._networks import LayerClaim, drawn, of_layers, understated
from proofs_numeric.engine.claim import Control
from proofs_numeric.engine.setting import generator

__all__ = ["CLAIM"]


def _networks(random: np.random.Generator) -> dict[str, wi.networks.Network]:
    def linear(shape: tuple[int, ...], stride: int = 1, groups: int = 1) -> wi.Layer:
        padding = [((k - 1) // 2, k // 2) for k in shape[2:]]
        stage = drawn(random, shape, stride=stride, padding=padding, groups=groups, wraps=True)
        return wi.Layer(stage, wi.Identity())

    return {
        "mixing, d = 1": of_layers(
            wi.Grid((32,)), 2, linear((6, 2, 4)), linear((6, 2, 3), groups=3)
        ),
        "mixing, d = 2": of_layers(
            wi.Grid((16, 12)), 3, linear((4, 3, 3, 3)), linear((5, 4, 3, 3), stride=2)
        ),
        "mixing, d = 3": of_layers(wi.Grid((4, 4, 6)), 2, linear((3, 2, 2, 2, 2))),
    }


def _broken(claim: LayerClaim, key: jax.Array) -> tuple[Control, ...]:
    network = _networks(generator(key))["mixing, d = 2"]

    def one_by_one(layer: wi.Layer) -> float:
        taps = layer.stage.taps  # pyright: ignore[reportAttributeAccessIssue]
        scalar = [wi.networks.operator_norm(h[None, None]) for row in taps for h in row]
        return float(jnp.max(jnp.asarray(scalar)))

    cases = understated(claim, key, network, one_by_one)
    text = "the largest norm of a filter alone, as if no two were added"
    return (Control("channels counted one by one", text, cases),)


CLAIM = LayerClaim(
    name="derived_network_mixing",
    title="Convolutions that mix channels",
    statement=(
        r"$\|Hu - Hv\| \leq \sup_\omega \|\hat H(\omega)\|\,\|u - v\|$, a matrix per class of "
        r"frequencies $\omega + j/S$"
    ),
    source="derived for this package; networks in the notes",
    networks=_networks,
    broken=_broken,
    linear=True,
)
