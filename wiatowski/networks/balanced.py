r"""Convolutions in sequence whose maps are scaled between them, so that the product of their norms is smaller.

A nonlinearity M with constant L acts on every sample, a pooling with constant R on every map alone. For positive
factors $a_c$ of the maps c, $D = \mathrm{diag}(a)$, the map $D\,PM\,D^{-1}$ has again the constant LR, so that

$$\mathrm{Lip}(H_2\,PM\,H_1) \le \|H_2 D^{-1}\|\,LR\,\|D H_1\| .$$

What factors are best for a bound is not asked of the proof, which takes any.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wiatowski.layer import Layer
from wiatowski.networks.combined import Way
from wiatowski.networks.convolution import Convolution

__all__ = ["balanced"]

_TINY = 1e-30  # the size of channels that are dead
_POINTS = 32  # per axis


def balanced(way: Way) -> Way:
    r"""The same convolutions, their maps scaled between them; other sequences as they are.

    Between two that mix channels every map gets the size $\sqrt{r_c n_c q_c}$ on both sides, r of the taps that
    make it, q of those that read it, n the gain of the depthwise convolutions between, which get gain one.
    The result is for bounds only: biases are left out, nonlinearities stay as they are. Taps are rounded twice.

    Source: derived here (`paper_notes.md`, networks).
    """
    stages = [layer.frame for layer in way if isinstance(layer.frame, Convolution)]
    pointwise = all(layer.nonlinearity.pointwise for layer in way)
    if len(way) < 2 or len(stages) < len(way) or not pointwise:
        return way
    factors = _factors(stages)
    scaled = []
    for layer, stage, before, after in zip(way, stages, factors, factors[1:]):
        taps = _grouped(stage)
        groups, out, into, *window = taps.shape
        ones = (1,) * len(window)
        taps = taps * after.reshape(groups, out, 1, *ones) / before.reshape(groups, 1, into, *ones)
        frame = Convolution(
            taps.reshape(stage.taps.shape),
            None,
            stage.stride,
            stage.padding,
            stage.groups,
            stage.wraps,
            stage.grid,
        )
        scaled.append(Layer(frame, layer.nonlinearity, layer.pooling))
    return tuple(scaled)


def _factors(stages: Sequence[Convolution]) -> list[np.ndarray]:
    """Of the maps before, between and after the convolutions."""
    found = [np.ones(stages[0].channels[1])]
    for i, stage in enumerate(stages[:-1]):
        if _depthwise(stage):
            found.append(found[-1] / _gains(stage))
            continue
        squares = 1 / _sizes(stage, made=True)
        for after in stages[i + 1 :]:
            if not _depthwise(after):
                squares = squares * _sizes(after, made=False)
                break
            squares = squares * _gains(after)
        found.append(np.sqrt(squares))
    return [*found, np.ones(stages[-1].channels[0])]


def _sizes(stage: Convolution, made: bool) -> np.ndarray:
    """Root sums of squares of the taps that make each new map, or of those that read each map."""
    taps = _grouped(stage)
    axes = (2 if made else 1, *range(3, taps.ndim))
    return np.maximum(np.sqrt((taps**2).sum(axis=axes)).ravel(), _TINY)


def _gains(stage: Convolution) -> np.ndarray:
    """The norm of each filter of a depthwise convolution, roughly."""
    taps = _grouped(stage)
    axes = tuple(range(3, taps.ndim))
    spectra = np.fft.fftn(taps, s=[_POINTS] * len(axes), axes=axes)
    return np.maximum(np.abs(spectra).max(axis=axes).ravel(), _TINY)


def _grouped(stage: Convolution) -> np.ndarray:
    """(groups, C_out / groups, C_in / groups, *K)."""
    taps = np.asarray(stage.taps, np.float64)
    return taps.reshape(stage.groups, -1, *taps.shape[1:])


def _depthwise(stage: Convolution) -> bool:
    return stage.channels == (stage.groups, stage.groups)
