"""Heatmaps change no faster than the signal: under noise, shifts between samples, and deformations."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric import _displacements as fields
from proofs_numeric._deformation import bandwidth
from proofs_numeric._displacements import Displacement
from proofs_numeric._heatmaps import (
    averaging_extractor,
    model_of,
    periodic_network,
    with_hidden_layer,
)
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.lanczos import tangent, top_singular_pair
from proofs_numeric.engine.setting import (
    ClassifierSetting,
    Setting,
    generator,
    once_per_setting,
    white_noise,
)

__all__ = ["CLAIM"]

N = wi.networks
_STEPS = 24
_NEAR = 1e-3
_PASSING = "channels as they are"


class HeatmapLipschitzClaim(Claim):
    name = "derived_heatmap_lipschitz"
    title = "Stability of the heatmap"
    statement = (
        r"$\|h_c(f) - h_c(g)\| \leq \|\alpha_c\|\,\mathrm{Lip}(f \mapsto A(f))\,\|f - g\|$ for Grad-CAM "
        r"of the last layer behind averages and one dense layer; with $\|T_t f - f\| \leq 2\pi |t| R \|f\|$ "
        r"for shifts, with $\|F_\tau f - f\| \leq 2\pi RT(1 + 4\pi R(\lfloor 2T \rfloor + 1))^{d/2}\|f\|$, "
        r"$T = \|\tau\|_\infty$, for any displacement"
    )
    source = "derived for this package; explanations in the notes"
    on_extractors = False

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        model = isinstance(setting, ClassifierSetting)
        return (Hypothesis("averages and one dense layer", model, setting.name, scope=True),)

    def given(self, setting: Setting, key: jax.Array) -> list[Witness]:
        """Noise added, a shift by half a sample, displacements smooth and rough."""
        grid, keys = setting.grid, jax.random.split(key, 3)
        noise = white_noise(keys[0], setting.signals.shape, True)
        found = [
            Witness({"signal": f, "other": f + size * v}, {"kind": "noise"})
            for f, v in zip(setting.signals, noise)
            for size in (1e-2, 1.0)
        ]
        moves = [
            fields.constant(grid, [0.5, 0.0]),
            fields.smooth(keys[1], grid, 0.5, 0.2),
            fields.rough(keys[2], grid, 0.5),
        ]
        return found + [_moved(setting, f, tau) for f in setting.signals for tau in moves]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """At noise, soft and loud, the direction in which the map changes most."""
        random, found = generator(attempt.key), []
        shape = setting.signal_shape
        for i in range(attempt.restarts):
            f = 10.0 ** (i - 1) * random.standard_normal(shape).astype(setting.real_dtype)
            start = random.standard_normal(shape).astype(setting.real_dtype)
            classes = len(model_of(setting).classes)
            top = np.asarray(_steepest(model_of(setting), f, i % classes, start))
            other = f + _NEAR * np.linalg.norm(f) * top
            found.append(Witness({"signal": f, "other": other}, {"kind": "search"}, "search"))
        return found

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        return _compared(setting, witnesses, _constants(setting))

    def simplified(self, setting: Setting, witness: Witness) -> Witness:
        """Back in the band, for displacements."""
        if "displacement" not in witness.arrays:
            return witness
        limited = _limited(witness.arrays["signal"], setting.band)
        return dataclasses.replace(witness, arrays={**witness.arrays, "signal": limited})

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = with_hidden_layer(key)
        model = model_of(setting)
        assert isinstance(model, N.Network)
        first, second = model.head.layers
        joined = N.Head([N.Dense(second.weights @ first.weights)], averages=True)
        *below, last = model.layers
        plain = N.Network(
            [*below, wi.Layer(last.frame, last.nonlinearity)], model.grid, model.channels, joined
        )
        constants = [float(wi.explain.heatmap_lipschitz(plain, c)) for c in range(3)]
        loud = 1e3 * setting.signals[0]
        pairs = [_across_a_kink(model, np.zeros_like(loud), loud)]
        text = "two signals on the two sides of the kink of a hidden ReLU, closer than 1e-6"
        return (
            Control("one dense layer", text, _compared(setting, pairs, constants)),
            _loudest_alone(_passing(key), key),
        )

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return [_passing(key), periodic_network(key), averaging_extractor(key)]

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """Signals in proportion to the weights of a class add up without loss where nothing happens to them."""
        return {"search": 1.0} if setting.name == _PASSING else {}


@once_per_setting
def _constants(setting: Setting) -> list[float]:
    """Of every class."""
    model = model_of(setting)
    return [float(wi.explain.heatmap_lipschitz(model, c)) for c in range(len(model.classes))]


def _passing(key: jax.Array) -> ClassifierSetting:
    """A network whose maps are its channels."""
    stage = N.Convolution(np.eye(3)[..., None, None])
    weights = generator(key).standard_normal((2, 3))
    head = N.Head([N.Dense(weights)], averages=True)
    network = N.Network([wi.Layer(stage, wi.Identity())], wi.Grid((8, 8)), 3, head)
    return ClassifierSetting.of(_PASSING, network, key)


def _loudest_alone(setting: ClassifierSetting, key: jax.Array) -> Control:
    """The weights of a class replaced by the largest of them."""
    weights = np.abs(np.asarray(model_of(setting).head.layers[0].weights))  # pyright: ignore[reportAttributeAccessIssue]
    shares = weights.max(axis=1) / np.linalg.norm(weights, axis=1)
    constants = [float(share) * constant for share, constant in zip(shares, _constants(setting))]
    found = CLAIM.searched(setting, Attempt(key))
    return Control("all maps", "the weight of one map alone", _compared(setting, found, constants))


def _moved(setting: Setting, f: np.ndarray, tau: Displacement) -> Witness:
    """A band-limited signal and a displacement."""
    arrays = {"signal": _limited(f, setting.band), "displacement": np.asarray(tau.tau)}
    return Witness(arrays, tau.parameters())


def _limited(f: np.ndarray, band: int) -> np.ndarray:
    return np.stack([np.asarray(wi.signals.project(u, band)[0]) for u in f])


def _compared(setting: Setting, witnesses: Sequence[Witness], constants: Sequence[float]) -> Cases:
    """One case per pair and class."""
    model, every = model_of(setting), range(len(constants))
    measured, predicted, budget, where, texts, groups = [], [], [], [], [], []
    for w in witnesses:
        f = np.asarray(w.arrays["signal"], setting.real_dtype)
        g, distance, text = _other(setting, w, f)
        maps = [np.asarray(wi.explain.grad_cam(model, u, every, signed=True)) for u in (f, g)]
        size = np.linalg.norm(f) + np.linalg.norm(g)
        for c in every:
            measured.append(float(np.linalg.norm(maps[0][c] - maps[1][c])))
            predicted.append(constants[c] * distance)
            loud = constants[c] * size + max(np.linalg.norm(m[c]) for m in maps)
            budget.append(setting.eps * 256 * loud)
            where.append(w)
            texts.append(f"class {c}, {text}")
            groups.append(w.parameters["kind"])
    return Cases(np.array(measured), np.array(predicted), np.array(budget), where, texts, groups)


def _other(setting: Setting, w: Witness, f: np.ndarray) -> tuple[np.ndarray, float, str]:
    """The second signal, what is known of its distance, and words."""
    if "displacement" not in w.arrays:
        g = np.asarray(w.arrays["other"], setting.real_dtype)
        distance = float(np.linalg.norm(f - g))
        return g, distance, f"||f - g|| = {distance:.4g}"
    tau = np.asarray(w.arrays["displacement"], setting.real_dtype)
    g = np.stack([np.asarray(wi.deform(u, tau, band=setting.band)) for u in f])
    field, reach = Displacement.of(w.parameters, tau, None), bandwidth(setting)
    if field.kind == "constant":
        factor = 2 * math.pi * field.tau_sup * reach
    else:
        factor = wi.bounds.deformation_rough(reach, field.tau_sup, 0.0, setting.grid.ndim)
    return g, factor * float(np.linalg.norm(f)), field.text


def _across_a_kink(network: N.Network, f: np.ndarray, g: np.ndarray) -> Witness:
    """Two near signals between which the first hidden number changes its sign that does so between f and g."""
    hidden = N.Network(
        network.layers, network.grid, network.channels, N.Head(_before(network), averages=True)
    )
    before, after = np.asarray(hidden(f)), np.asarray(hidden(g))
    unit = int(np.argmax(np.sign(before) != np.sign(after)))
    while np.linalg.norm(f - g) > 1e-6:
        middle = (f + g) / 2
        same = np.sign(hidden(middle)[unit]) == np.sign(before[unit])
        f, g = (middle, g) if same else (f, middle)
    return Witness({"signal": f, "other": g}, {"kind": "kink"}, "kink")


def _before(network: N.Network) -> list[N.Dense]:
    """The first dense layer, without its nonlinearity."""
    first = network.head.layers[0]
    return [N.Dense(first.weights, first.bias)]


@eqx.filter_jit
def _steepest(model: N.AbstractClassifier, f, index: int, start):
    def heatmap(u):
        return wi.explain.grad_cam(model, u, index, signed=True)

    return top_singular_pair(*tangent(heatmap, jnp.asarray(f)), start, _STEPS)[1]


CLAIM = HeatmapLipschitzClaim()
