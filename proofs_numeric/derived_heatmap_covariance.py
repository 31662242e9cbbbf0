"""Heatmaps move along with the signal, exactly, where the strides divide the shift."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._heatmaps import (
    averaging_extractor,
    equality,
    model_of,
    periodic_network,
    with_hidden_layer,
)
from proofs_numeric._networks import input_shape, network_of
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.setting import ClassifierSetting, Setting, white_noise
from wiatowski.networks import AbstractClassifier, Classifier, Convolution, Network

__all__ = ["CLAIM"]

E = wi.explain

_UNITS = 256


class HeatmapCovarianceClaim(Claim):
    name = "derived_heatmap_covariance"
    title = "Heatmaps move with the signal"
    statement = (
        r"$h_c(T_t f) = T_{t/(S_1 \cdots S_n)} h_c(f)$ for $t \in S_1 \cdots S_D \mathbb{Z}^d$ where "
        r"layers commute with shifts and the head averages"
    )
    source = "derived for this package; explanations in the notes"
    on_extractors = False

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        model = isinstance(setting, ClassifierSetting)
        return (Hypothesis("periodic layers, averages", model, setting.name, scope=True),)

    def given(self, setting: Setting, key: jax.Array) -> list[Witness]:
        shifts = [(1, 0), (2, -1)]
        return [_witness(setting, f, t, "random") for f in setting.signals for t in shifts]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """Noise of many sizes: what is quiet stands near the kinks."""
        noise = white_noise(attempt.key, (attempt.restarts, *setting.signal_shape), True)
        sizes = 10.0 ** np.linspace(-4, 4, len(noise))
        return [
            _witness(setting, s * f, (i, i + 1), "search")
            for i, (s, f) in enumerate(zip(sizes, noise))
        ]

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        return _compared(setting, witnesses)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = periodic_network(key)
        odd = [_witness(setting, f, (0, 0.5), "random") for f in setting.signals]
        padded = ClassifierSetting.of("zero padding", _zero_padded(network_of(setting)), key)
        return (
            Control(
                "shift not a multiple of the strides",
                "one sample, with maxima over 2 x 2",
                _compared(setting, odd),
            ),
            Control(
                "padding with zeros",
                "the same network, whose convolutions see the border",
                _compared(padded, self.given(padded, key)),
            ),
        )

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return [periodic_network(key), with_hidden_layer(key), averaging_extractor(key)]


def _zero_padded(network: Network) -> Network:
    layers = []
    for layer in network.layers:
        stage = layer.stage
        assert isinstance(stage, Convolution)
        plain = Convolution(stage.taps, stage.bias, stage.stride, stage.padding, stage.groups)
        layers.append(wi.Layer(plain, layer.nonlinearity, layer.pooling))
    return Network(layers, network.grid, network.channels, network.head)


def _witness(setting: Setting, f, steps: Sequence[float], origin: str) -> Witness:
    """A signal and a shift of so many steps of all strides together."""
    shift = [int(s * t) for s, t in zip(steps, _strides(model_of(setting)))]
    return Witness({"signal": np.asarray(f)}, {"shift": shift}, origin)


def _strides(model: AbstractClassifier) -> tuple[int, ...]:
    """Of signals to what the head averages."""
    if isinstance(model, Classifier):
        phi = model.extractor
        total = math.lcm(phi.strides[-1], *(n // g for n, g in zip(phi.grid.shape, _last(phi))))
        return (total,) * phi.grid.ndim
    assert isinstance(model, Network)
    ends = input_shape(model, model.depth + 1)[1:]
    return tuple(n // m for n, m in zip(model.grid.shape, ends))


def _last(phi: wi.FeatureExtractor) -> tuple[int, ...]:
    """Samples of the features of the last depth."""
    return jax.eval_shape(phi, np.zeros(phi.grid.shape)).arrays[-1].shape[1:]


def _methods(model: AbstractClassifier) -> dict[str, Callable]:
    """What explains by gradients; Score-CAM's interpolation knows where the grid ends."""
    layers = range(1, model.depth + 1)
    found: dict[str, Callable] = {
        f"Grad-CAM, layer {n}": lambda f, n=n: E.grad_cam(model, f, 0, n, signed=True)
        for n in layers
    }
    found["Grad-CAM++"] = lambda f: E.grad_cam_plus_plus(model, f, 0)
    found["saliency"] = lambda f: E.saliency(model, f, 0)
    found["guided backpropagation"] = lambda f: E.guided_backpropagation(model, f, 0)
    return found


def _compared(setting: Setting, witnesses: Sequence[Witness]) -> Cases:
    """One case per signal and method."""
    model, ndim = model_of(setting), setting.grid.ndim
    f = np.stack([w.arrays["signal"] for w in witnesses]).astype(setting.real_dtype)
    shifts = [w.parameters["shift"] for w in witnesses]
    axes = tuple(range(-ndim, 0))
    moved = np.stack([np.roll(u, t, axes) for u, t in zip(f, shifts)])
    measured, predicted, budget, texts = [], [], [], []
    for name, method in _methods(model).items():
        still, after = np.asarray(method(f)), np.asarray(method(moved))
        factors = [n // m for n, m in zip(model.grid.shape, still.shape[-ndim:])]
        for i, t in enumerate(shifts):
            expected = np.roll(still[i], [s // k for s, k in zip(t, factors)], axes)
            sides = equality(after[i], expected)
            measured.append(sides[0])
            predicted.append(sides[1])
            # So many units of rounding of the loudest sample, on every sample.
            budget.append(setting.eps * _UNITS * np.abs(expected).max() * math.sqrt(expected.size))
            texts.append(f"{name}, t = {tuple(t)}")
    return Cases(
        np.array(measured),
        np.array(predicted),
        np.array(budget),
        list(witnesses) * len(_methods(model)),
        texts,
        [text.split(",")[0] for text in texts],
    )


CLAIM = HeatmapCovarianceClaim()
