"""Pairs of maps for statements on single layers of networks: ||U_n u - U_n v|| against ||u - v||."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.search import ascend
from proofs_numeric.engine.setting import (
    ClassifierSetting,
    Setting,
    alone,
    generator,
    norms,
    once_per_setting,
)

#: What a statement says of a layer.
Constant = Callable[[wi.Layer], float]

_STEPS = 40
_NEAR = 1e-3


@dataclass(frozen=True)
class LayerClaim(Claim):
    r"""$\|U_n u - U_n v\| \le L_n\|u - v\|$ for layers that mix all maps of their depth.

    Args:
        name, title, statement, source: as of every claim.
        networks: builds those that it speaks of, by name; they differ by their layers.
        broken: the controls, of the claim.
        linear: whether all layers are, so that one matrix tells all of them.
    """

    name: str
    title: str
    statement: str
    source: str
    networks: Callable[[np.random.Generator], Mapping[str, wi.networks.Network]]
    broken: Callable[[LayerClaim, jax.Array], tuple[Control, ...]]
    linear: bool = False
    on_extractors: ClassVar[bool] = False

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        mixes = isinstance(setting, ClassifierSetting)
        return (Hypothesis("layers of a network", mixes, setting.name, scope=True),)

    def given(self, setting: Setting, key: jax.Array) -> list[Witness]:
        """Noise beside its negative, beside zero and beside itself in one sample less."""
        random = generator(key)
        found = []
        for n in range(1, network_of(setting).depth + 1):
            u = _noise(setting, random, n, 1)[0]
            spike = np.zeros_like(u)
            spike.flat[random.integers(u.size)] = 1
            found += [pair(n, u, v, "random") for v in (-u, 0 * u, u - spike)]
            found.append(pair(n, spike, 0 * u, "spike"))
        return found

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """Per layer the top singular direction at a random point; an ascent over pairs if it is not linear."""
        random, found = generator(attempt.key), []
        for n in range(1, network_of(setting).depth + 1):
            u = _noise(setting, random, n, 1)[0]
            top = np.linalg.svd(_jacobian(setting, n, u), full_matrices=False)[2][0]
            step = _NEAR * np.linalg.norm(u) * top.reshape(u.shape)
            found.append(pair(n, u, u + step.astype(u.dtype), "search"))
            if self.linear:
                continue
            starts = tuple(_noise(setting, random, n, attempt.restarts) for _ in "uv")
            # The number of the layer travels as a shape.
            contexts = np.zeros((attempt.restarts, n))
            _, (u, v) = ascend(layer_ratio, setting, starts, contexts, _STEPS)
            found += [pair(n, a, a + b, "search") for a, b in zip(u, v)]
        return found

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        return _cases(setting, witnesses, computed_constants(setting))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        return self.broken(self, key)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        networks = self.networks(generator(key))
        return [ClassifierSetting.of(name, network, key) for name, network in networks.items()]

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """The largest singular value of the matrix of a linear layer beside the constant."""
        if not self.linear:
            return {}
        network, constants, found = network_of(setting), computed_constants(setting), {}
        for n in range(1, network.depth + 1):
            zero = np.zeros(input_shape(network, n), setting.real_dtype)
            largest = np.linalg.norm(_jacobian(setting, n, zero), 2)
            found[f"layer {n}"] = float(largest) / constants[n - 1]
        return found


def layer_cases(setting: Setting, witnesses: Sequence[Witness], constant: Constant) -> Cases:
    """One case per pair, with the constant that is claimed of its layer."""
    return _cases(setting, witnesses, [constant(layer) for layer in network_of(setting).layers])


@once_per_setting
def computed_constants(setting: Setting) -> list[float]:
    """What every layer says of itself."""
    return [float(layer.maps_lipschitz()) for layer in network_of(setting).layers]


def _cases(setting: Setting, witnesses: Sequence[Witness], constants: Sequence[float]) -> Cases:
    network = network_of(setting)
    measured, distances, sizes = [], [], []
    for w in witnesses:
        n = w.parameters["layer"]
        u, v = (jnp.asarray(w.arrays[k], setting.real_dtype) for k in ("signal", "other"))
        new = [np.asarray(_through(network, n, a)) for a in (u, v)]
        measured.append(np.linalg.norm(new[0] - new[1]))
        distances.append(np.linalg.norm(u - v))
        sizes.append(constants[n - 1] * norms([u, v]).sum() + norms(new).sum())
    numbers = [w.parameters["layer"] for w in witnesses]
    own = np.array([constants[n - 1] for n in numbers])
    terms = np.array([_terms(network.layers[n - 1]) for n in numbers])
    return Cases(
        np.array(measured),
        own * distances,
        setting.eps * (16 + terms) * np.array(sizes),
        list(witnesses),
        [f"layer {n}, {type(network.layers[n - 1].frame).__name__}" for n in numbers],
        [f"layer {n}" for n in numbers],
    )


def understated(
    claim: LayerClaim, key: jax.Array, network: wi.networks.Network, constant: Constant
) -> Cases:
    """The claim's own search, against another constant."""
    setting = ClassifierSetting.of("understated", network, key)
    return layer_cases(setting, claim.searched(setting, Attempt(key)), constant)


def of_layers(grid: wi.Grid, channels: int, *layers: wi.Layer) -> wi.networks.Network:
    """Layers one after another, with averages as scores."""
    return wi.networks.Network(layers, grid, channels, wi.networks.Head([], averages=True))


def drawn(
    random: np.random.Generator, shape: tuple[int, ...], bias: float = 0.0, **options
) -> wi.networks.Convolution:
    """A convolution of normal taps, (C_out, C_in, *K), and a normal bias of a size, that keep noise about as loud."""
    taps = random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
    shift = bias * random.standard_normal(shape[0]) if bias else None
    return wi.networks.Convolution(taps, shift, **options)


def pair(layer: int, u, v, origin: str) -> Witness:
    """Two inputs of a layer, (maps, *grid)."""
    return Witness({"signal": np.asarray(u), "other": np.asarray(v)}, {"layer": layer}, origin)


def network_of(setting: Setting) -> wi.networks.Network:
    """The network of a setting that has one."""
    assert isinstance(setting, ClassifierSetting)
    assert isinstance(setting.model, wi.networks.Network)
    return setting.model


def layer_ratio(network: wi.networks.Network, point, context):
    """Squared ||U u - U (u + v)|| / ||v||."""
    return moved_ratio(network.layers[context.shape[-1] - 1].mixed, *point)


def moved_ratio(function: Callable, u, v):
    """Squared ||F(u + v) - F(u)|| / ||v||."""
    moved = function(u + v) - function(u)
    return jnp.sum(moved**2) / (jnp.sum(v**2) + jnp.finfo(v.dtype).tiny ** 0.45)


@eqx.filter_jit
def _through(network: wi.networks.Network, n: int, u):
    return network.layers[n - 1].mixed(u)


def _jacobian(setting: Setting, n: int, u: np.ndarray) -> np.ndarray:
    """The matrix of a layer's derivative."""
    with alone(setting, f"derivative of layer {n}"):
        return np.asarray(_derivative(network_of(setting), n, u)).reshape(-1, u.size)


@eqx.filter_jit
def _derivative(network: wi.networks.Network, n: int, u):
    return jax.jacobian(network.layers[n - 1].mixed)(u)


def input_shape(network: wi.networks.Network, n: int) -> tuple[int, ...]:
    """(maps, *grid) of what a layer takes; of the layer after the last, of what the head takes."""
    shape = (network.channels, *network.grid.shape)
    for layer in network.layers[: n - 1]:
        shape = jax.eval_shape(layer.mixed, jax.ShapeDtypeStruct(shape, network.dtype)).shape
    return shape


def _noise(setting: Setting, random: np.random.Generator, n: int, count: int) -> np.ndarray:
    shape = (count, *input_shape(network_of(setting), n))
    return random.standard_normal(shape).astype(setting.real_dtype)


def _terms(layer: wi.Layer) -> int:
    """How many products a sum of the layer has at most."""
    arrays = jax.tree.leaves(eqx.filter(layer, eqx.is_inexact_array))
    return sum(a.size // len(a) for a in arrays)
