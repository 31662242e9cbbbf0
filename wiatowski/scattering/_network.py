"""A scattering network as a feature extractor, and what its front ends share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from wiatowski._chunks import chunk_bytes
from wiatowski._types import Array, is_concrete
from wiatowski.execution import Collected, Readout, propagated
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.low_pass import Window
from wiatowski.frames.subsampled_bank import SubsampledBank, subsampled
from wiatowski.layer import Layer
from wiatowski.nonlinearities import Modulus

PADDINGS = {"reflect": "reflect", "symmetric": "symmetric", "periodic": "wrap", "zero": "constant"}


class Family(NamedTuple):
    """A bank with what a scattering network has to know of its atoms."""

    bank: FilterBank
    scales: tuple[int, ...]  # j: paths follow increasing scales
    strides: tuple[int, ...]  # of the map of each atom


def scattering_network(
    families: Sequence[Family], output_stride: int, periodised: bool, memory: int | None = None
) -> FeatureExtractor:
    r"""$|\,|f * \psi_{\lambda_1}| * \psi_{\lambda_2}| \cdots * \phi$ along paths $j_1 < j_2 < \dots$.

    Args:
        families: one per order.
        output_stride: of the coefficients.
        periodised: whether filters on coarser samples are folded (1-D) or cut (2-D).
        memory: as `FeatureExtractor` takes it.
    """
    banks = [subsampled(f.bank, f.strides, periodised=periodised) for f in families]
    scale_of = [dict(zip(f.bank.labels, f.scales, strict=True)) for f in families]

    def increasing(path: tuple[str, ...]) -> bool:
        scales = [scale[label] for scale, label in zip(scale_of, path)]
        return len(scales) < 2 or scales[-2] < scales[-1]

    return FeatureExtractor(
        [Layer(bank, Modulus()) for bank in banks],
        banks[0].grid,
        output_frame=banks[0],
        output_stride=output_stride,
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


def bank_of(network: FeatureExtractor, layer: int) -> SubsampledBank:
    """The bank of a layer of a network from `scattering_network`."""
    bank = network.layers[layer].bank
    assert isinstance(bank, SubsampledBank)
    return bank


def followed(network: FeatureExtractor) -> list[tuple[int, ...]]:
    """The paths of all depths, as wavelet numbers, in the order of the coefficients."""
    (tree,) = network.trees
    return [path for depth in tree.depths() for path in tree.paths(depth)]


def as_signals(call: str, x: Any, shape: tuple[int, ...], dtype) -> tuple[Array, tuple[int, ...]]:
    """The signals as one batch axis, and the batch axes they came with.

    Raises:
        TypeError: for what is no array of numbers.
        ValueError: for another shape, or samples that are not finite.
    """
    try:
        x = jnp.asarray(x)
    except (TypeError, ValueError):
        raise TypeError(f"{call}: expects an array of numbers, not {type(x).__name__}.") from None
    ndim = len(shape)
    if x.ndim < ndim or x.shape[x.ndim - ndim :] != shape:
        raise ValueError(
            f"{call}: the last {ndim} axes must be {shape}, but the array has shape {x.shape}; build "
            "the transform for that shape, or crop the signals with signals.crop."
        )
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        x = x.astype(dtype)
    if is_concrete(x) and not np.isfinite(np.asarray(x)).all():
        raise ValueError(
            f"{call}: the signals hold NaN or infinite samples; replace them first, for example "
            "with jnp.nan_to_num."
        )
    batch = x.shape[: x.ndim - ndim]
    return x.reshape(-1, *shape), batch


def check_out_type(call: str, out_type, allowed: tuple[str, ...]) -> None:
    """Raise for an output type that the transform does not know."""
    if out_type not in allowed:
        raise ValueError(f"{call}: out_type must be one of {allowed}, not {out_type!r}.")


def check_integer(call: str, name: str, value, least: int) -> int:
    """The value as an integer of at least `least`; raises otherwise."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(f"{call}: {name} must be an integer >= {least}, not {value!r}.")
    return int(value)


def padded(signals: Array, widths: Sequence[tuple[int, int]], padding: str) -> Array:
    """The signals with samples added before and after each axis."""
    if not any(map(any, widths)):
        return signals
    return jnp.pad(signals, [(0, 0), *widths], mode=PADDINGS[padding])


def check_padding(call: str, padding) -> None:
    """Raise for a padding that does not exist."""
    if padding not in PADDINGS:
        raise ValueError(f"{call}: padding must be one of {tuple(PADDINGS)}, not {padding!r}.")
