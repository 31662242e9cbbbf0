"""A bias leaves Lipschitz constants as they are, and ends the bound on norms."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._networks import LayerClaim, drawn, layer_cases, of_layers, pair
from proofs_numeric.engine.claim import Cases, Control
from proofs_numeric.engine.setting import ClassifierSetting, generator

__all__ = ["CLAIM"]


def _networks(random: np.random.Generator) -> dict[str, wi.networks.Network]:
    def layer(shape: tuple[int, ...], nonlinearity) -> wi.Layer:
        return wi.Layer(drawn(random, shape, bias=1.0, padding=1, wraps=True), nonlinearity)

    layers = [layer((4, 3, 3, 3), wi.Identity()), layer((5, 4, 3, 3), wi.ReLU())]
    return {"with a bias": of_layers(wi.Grid((12, 12)), 3, *layers)}


def _broken(claim: LayerClaim, key: jax.Array) -> tuple[Control, ...]:
    """||H u + b|| against the bound on ||u||, as if H 0 were 0."""
    network = _networks(generator(key))["with a bias"]
    setting = ClassifierSetting.of("with a bias", network, key)
    quiet = 1e-2 * setting.signals[0]
    found = layer_cases(
        setting, [pair(1, quiet, 0 * quiet, "quiet")], lambda x: float(x.maps_lipschitz())
    )
    size = np.linalg.norm(np.asarray(network.layers[0].mixed(quiet)))
    cases = Cases(
        np.array([size]), found.predicted, found.budget, found.witnesses, found.description
    )
    return (Control("norms instead of differences", "a quiet signal: H 0 = b is not 0", cases),)


CLAIM = LayerClaim(
    name="derived_network_bias",
    title="Convolutions with a bias",
    statement=r"$\|(Hu + b) - (Hv + b)\| \leq \sup_\omega \|\hat H(\omega)\|\,\|u - v\|$",
    source="derived for this package; networks in the notes",
    networks=_networks,
    broken=_broken,
)
