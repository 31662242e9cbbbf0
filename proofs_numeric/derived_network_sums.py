"""Sums of two ways through a network, and ways side by side."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._networks import LayerClaim, drawn, of_layers, understated
from proofs_numeric.engine.claim import Control

__all__ = ["CLAIM"]

_GRID = wi.Grid((10, 8))


def _networks(random: np.random.Generator) -> dict[str, wi.networks.Network]:
    def layer(into: int, out: int, nonlinearity=None, stride: int = 1) -> wi.Layer:
        stage = drawn(random, (out, into, 3, 3), bias=1.0, stride=stride, padding=1)
        return wi.Layer(stage, nonlinearity or wi.ReLU())

    residual = wi.networks.Residual([layer(3, 4), layer(4, 3, wi.Identity())])
    shortened = wi.networks.Residual([layer(3, 3, None, 2)], [layer(3, 3, wi.Identity(), 2)])
    branches = wi.networks.Parallel([[layer(3, 2)], [layer(3, 4), layer(4, 3)], []])
    return {
        "residual sums": of_layers(
            _GRID, 3, wi.Layer(residual, wi.ReLU()), wi.Layer(shortened, wi.ReLU())
        ),
        "branches": of_layers(_GRID, 3, wi.Layer(branches, wi.Identity())),
        "a sum of equals": _doubled(),
        "two equal branches": _twice(),
    }


def _one_way() -> wi.Layer:
    """A convolution of averages, loudest for constants."""
    stage = wi.networks.Convolution(np.ones((1, 1, 3, 3)) / 9, padding=1, wraps=True)
    return wi.Layer(stage, wi.Identity())


def _doubled() -> wi.networks.Network:
    """F + F."""
    return of_layers(
        _GRID, 1, wi.Layer(wi.networks.Residual([_one_way()], [_one_way()]), wi.Identity())
    )


def _twice() -> wi.networks.Network:
    """(F, F)."""
    return of_layers(
        _GRID, 1, wi.Layer(wi.networks.Parallel([[_one_way()], [_one_way()]]), wi.Identity())
    )


def _broken(claim: LayerClaim, key: jax.Array) -> tuple[Control, ...]:
    one = float(_one_way().on(_GRID).maps_lipschitz())
    squares = understated(claim, key, _doubled(), lambda _: 2**0.5 * one)
    largest = understated(claim, key, _twice(), lambda _: one)
    return (
        Control("sums counted as branches", "F + F with the root of a sum of squares", squares),
        Control("the loudest branch alone", "(F, F) with the constant of F", largest),
    )


CLAIM = LayerClaim(
    name="derived_network_sums",
    title="Residual sums and branches",
    statement=(
        r"$\mathrm{Lip}(F + G) \leq \mathrm{Lip}(F) + \mathrm{Lip}(G)$, "
        r"$\mathrm{Lip}((F_1, F_2, \dots))^2 \leq \sum_i \mathrm{Lip}(F_i)^2$"
    ),
    source="derived for this package; networks in the notes",
    networks=_networks,
    broken=_broken,
)
