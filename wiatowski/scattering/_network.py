"""A scattering network as a feature extractor, from banks whose labels name scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp

from wiatowski._chunks import chunk_bytes
from wiatowski._types import Array
from wiatowski.execution import Collected, Readout, propagated
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame
from wiatowski.frames.low_pass import Window
from wiatowski.frames.subsampled_bank import SubsampledBank, subsampled
from wiatowski.grid import Grid
from wiatowski.layer import Layer, scaled_bank
from wiatowski.nonlinearities import Modulus
from wiatowski.scattering._arguments import PADDINGS

Wavelets = Frame | FilterBank | Sequence[Frame | FilterBank]


class Sampling(NamedTuple):
    """On which samples a scattering network works."""

    stride_of: Callable[[int], int]  # of the maps of wavelets of scale j
    output: int  # stride of the coefficients
    periodised: bool  # whether filters on coarser samples are folded (1-D), or cut (2-D)


def placed(call: str, wavelets: Wavelets, layers: int, grid: Grid, dtype) -> list[FilterBank]:
    """A user's wavelets as one bank per layer.

    Args:
        call: named in messages.
        wavelets: a frame or a bank for all layers, or one for each.
        layers: how many there are.
        grid: of the padded signals.
        dtype: of the banks that frames make.

    Raises:
        TypeError: for banks that do not act on each map.
        ValueError: for what is no frame or bank, a bank on another grid, or a wrong number of them.
    """
    several = isinstance(wavelets, (list, tuple))
    own: list[Any] = list(wavelets) if several else [wavelets] * layers
    if len(own) != layers or not all(isinstance(w, (Frame, AbstractBank)) for w in own):
        given = f"{len(own)}: {wavelets!r:.80}" if several else f"{wavelets!r:.80}"
        raise ValueError(
            f"{call}: wavelets must be a frame such as frames.Morlet(...), a FilterBank, or a list of one "
            f"for each of the {layers} layers, not {given}."
        )
    made = {id(w): _placed_one(call, w, grid, dtype) for w in own}
    return [made[id(w)] for w in own]


def _placed_one(call: str, wavelets: Frame | AbstractBank, grid: Grid, dtype) -> FilterBank:
    bank = wavelets.on(grid, dtype) if isinstance(wavelets, Frame) else wavelets
    if not isinstance(bank, FilterBank):
        raise TypeError(
            f"{call}: wavelets must be atoms that act on each map, as those of a FilterBank do, not a "
            f"{type(bank).__name__}."
        )
    if bank.grid != grid:
        raise ValueError(
            f"{call}: the wavelets live on {bank.grid}, but the padded signals on {grid}; build "
            "the bank there, or pass its frame."
        )
    return bank


def scale_of(call: str, label: str) -> int:
    """The number j of a label "scale=j,...".

    Raises:
        ValueError: for a label without.
    """
    for field in label.split(","):
        name, _, value = field.partition("=")
        if name == "scale" and value.isdigit():
            return int(value)
    raise ValueError(
        f"{call}: the wavelet {label!r} names no scale; labels must hold scale=j, as those of "
        "frames.Morlet do."
    )


def scattering_network(
    call: str, banks: Sequence[FilterBank], sampling: Sampling, memory: int | None
) -> FeatureExtractor:
    r"""$||x * \psi_{\lambda_1}| * \psi_{\lambda_2}| \cdots * \phi$ along paths $j_1 < j_2 < \dots$.

    Args:
        call: named in messages.
        banks: one per layer; the first one's output atom is $\phi$ of the deepest paths, too.
        sampling: of maps and coefficients.
        memory: as `FeatureExtractor` takes it.
    """
    scales = [{label: scale_of(call, label) for label in bank.labels} for bank in banks]
    made = {}  # layers with one bank share its arrays
    for bank, own in zip(banks, scales, strict=True):
        if id(bank) not in made:
            strides = [sampling.stride_of(j) for j in own.values()]
            made[id(bank)] = subsampled(bank, strides, periodised=sampling.periodised)
    few = [made[id(bank)] for bank in banks]

    def increasing(path: tuple[str, ...]) -> bool:
        along = [own[label] for own, label in zip(scales, path)]
        return len(along) < 2 or along[-2] < along[-1]

    return FeatureExtractor(
        [Layer(bank, Modulus()) for bank in few],
        few[0].grid,
        output_frame=few[0],
        output_stride=sampling.output,
        paths=increasing,
        memory=memory,
    )


def run(
    phi: FeatureExtractor,
    signals: Array,
    collect: bool = False,
    readout: Readout | None = None,
    window: Window | None = None,
) -> Collected:
    """Features of signals, (signals, paths, *samples) per depth, and their maps if asked for."""
    keeps = [(phi.output_stride or 1) // own for own in phi.strides]
    return propagated(
        phi.layers,
        phi.banks,
        phi.trees,
        keeps,
        signals,
        {},
        collect=collect,
        budget=phi.memory or chunk_bytes(),
        readout=readout,
        window=window,
    )


def layer_bank(network: FeatureExtractor, layer: int) -> SubsampledBank:
    """The bank of a layer."""
    bank = network.layers[layer].bank
    assert isinstance(bank, SubsampledBank)
    return bank


def littlewood_paley_sums(network: FeatureExtractor, real: bool) -> tuple[Array, ...]:
    """The Littlewood-Paley sum of every layer on the network's grid."""
    return tuple(layer_bank(network, n).littlewood_paley(real) for n in range(network.depth))


def admissible(network: FeatureExtractor, real: bool) -> FeatureExtractor:
    r"""The network with each layer's filters divided by $\sqrt{\max(1, B)}$, its output atom alike."""
    layers, factors = [], []
    for n, layer in enumerate(network.layers):
        bound, slack = layer_bank(network, n).frame_bounds(real).upper, layer.bank.rounding
        factors.append(jnp.where(bound > 1 + slack, 1 / jnp.sqrt(bound), 1.0))
        layers.append(layer.scaled_by(factors[-1]))
    output = scaled_bank(network.output_bank, factors[0])
    return eqx.tree_at(lambda phi: (phi.layers, phi.output_bank), network, (tuple(layers), output))


def followed(network: FeatureExtractor) -> list[tuple[int, ...]]:
    """The paths of all depths, as wavelet numbers, in the order of the coefficients."""
    (tree,) = network.trees
    return [path for depth in tree.depths() for path in tree.paths(depth)]


def extended(signals: Array, widths: Sequence[tuple[int, int]], padding: str) -> Array:
    """The signals with samples added before and after each axis."""
    if not any(map(any, widths)):
        return signals
    return jnp.pad(signals, [(0, 0), *widths], mode=PADDINGS[padding])
