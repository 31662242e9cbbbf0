"""Zero padding compresses the convolution of all of Z^d, whatever the grid."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._networks import LayerClaim, drawn, of_layers, understated
from proofs_numeric.engine.claim import Control

__all__ = ["CLAIM"]


def _networks(random: np.random.Generator) -> dict[str, wi.networks.Network]:
    def linear(shape: tuple[int, ...], padding, stride: int = 1) -> wi.Layer:
        return wi.Layer(drawn(random, shape, stride=stride, padding=padding), wi.Identity())

    return {
        "zero padding, d = 1": of_layers(wi.Grid((24,)), 2, linear((4, 2, 5), 2)),
        "zero padding, d = 2": of_layers(
            wi.Grid((11, 14)), 2, linear((4, 2, 3, 3), 1), linear((3, 4, 3, 3), [(0, 1)] * 2, 2)
        ),
        "differences of few samples": _differences(),
    }


def _differences() -> wi.networks.Network:
    """u[n] - u[n-1] on three samples, all four of the results kept: no periodic signal is as steep."""
    stage = wi.networks.Convolution(np.array([[[-1.0, 1.0]]]), padding=1)
    return of_layers(wi.Grid((3,)), 1, wi.Layer(stage, wi.Identity()))


def _broken(claim: LayerClaim, key: jax.Array) -> tuple[Control, ...]:
    def periodic(layer: wi.Layer) -> float:
        taps = layer.stage.taps  # pyright: ignore[reportAttributeAccessIssue]
        return float(np.abs(np.fft.fft(np.asarray(taps)[0, 0], 3)).max())

    cases = understated(claim, key, _differences(), periodic)
    text = "differences of three samples, with the norm of the periodic convolution of the grid"
    return (Control("frequencies of the grid alone", text, cases),)


CLAIM = LayerClaim(
    name="derived_network_padding",
    title="Convolutions with zero padding",
    statement=(
        r"$\|R H E u - R H E v\| \leq \sup_\omega \|\hat H(\omega)\|\,\|u - v\|$, $E$ extends by "
        r"zero, $R$ restricts"
    ),
    source="derived for this package; networks in the notes",
    networks=_networks,
    broken=_broken,
    linear=True,
)
