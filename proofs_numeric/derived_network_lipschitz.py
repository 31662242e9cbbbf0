"""The scores of a network are Lipschitz with the product of what its layers are."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._networks import drawn, moved_ratio, network_of, of_layers
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.search import ascend
from proofs_numeric.engine.setting import (
    ClassifierSetting,
    Setting,
    generator,
    norms,
    once_per_setting,
)

__all__ = ["CLAIM"]


class NetworkClaim(Claim):
    name = "derived_network_lipschitz"
    title = "Lipschitz constant of a network"
    statement = (
        r"$\|y(f) - y(g)\| \leq \mathrm{Lip}(h) \prod_n \mathrm{Lip}(H_n) L_n R_n\,\|f - g\|$ "
        r"for the scores $y = h U_D \cdots U_1$"
    )
    source = "composition of Lipschitz maps; networks in the notes"
    on_extractors = False

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        network = isinstance(setting, ClassifierSetting)
        return (Hypothesis("a network", network, setting.name, scope=True),)

    def given(self, setting: Setting, key: jax.Array) -> list[Witness]:
        flat = np.ones_like(setting.signals)
        f = np.concatenate([setting.signals, flat])
        g = np.concatenate([np.roll(setting.signals, 1, 0), 2 * flat])
        return _pairs(f, g, "random")

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        random = generator(attempt.key)
        shape = (attempt.restarts, *setting.signal_shape)
        starts = tuple(random.standard_normal(shape).astype(setting.real_dtype) for _ in "fg")
        _, (f, v) = ascend(score_ratio, setting, starts, np.zeros((attempt.restarts, 1)), 60)
        return _pairs(f, f + v, "search")

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        return score_cases(setting, witnesses, _constant(setting))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        network = _averages()
        setting = ClassifierSetting.of("averages", network, key)
        flat = np.ones((1, 1, 8, 8))
        without = float(network.head.lipschitz(16) * network.layers[0].lipschitz())
        cases = score_cases(setting, _pairs(flat, 2 * flat, "constants"), without)
        text = "averages alone; the convolution between them doubles"
        return (Control("a layer left out", text, cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        networks = {
            "averages of averages": _averages(),
            "LeNet-5, random weights": wi.networks.lenet5(wi.networks.RandomWeights(0), size=16),
            "residual sum and branches": _branched(generator(key)),
        }
        return [ClassifierSetting.of(name, network, key) for name, network in networks.items()]

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """Constants pass every part of the first network as loudly as anything does."""
        network = network_of(setting)
        loudest = 2 / 8  # twice a constant, seen by the averages of 64 samples
        return {"": loudest / _constant(setting)} if network.depth == 1 else {}


@once_per_setting
def _constant(setting: Setting) -> float:
    return float(network_of(setting).lipschitz_bound())


def _averages() -> wi.networks.Network:
    """Twice the average over windows, then over everything."""
    taps = 2 * np.ones((1, 1, 3, 3)) / 9
    stage = wi.networks.Convolution(taps, padding=1, wraps=True)
    return of_layers(wi.Grid((8, 8)), 1, wi.Layer(stage, wi.ReLU(), wi.AveragePool(2)))


def _branched(random: np.random.Generator) -> wi.networks.Network:
    """A small one of every kind of stage."""

    def layer(into: int, out: int, nonlinearity=None, stride: int = 1) -> wi.Layer:
        stage = drawn(random, (out, into, 3, 3), bias=0.1, stride=stride, padding=1)
        return wi.Layer(stage, nonlinearity or wi.ReLU())

    stem = layer(3, 6, stride=2)
    residual = wi.networks.Residual([layer(6, 4), layer(4, 6, wi.Identity())])
    branches = wi.networks.Parallel([[layer(6, 4)], [layer(6, 3, wi.ReLU6())]])
    return of_layers(
        wi.Grid((20, 24)),
        3,
        wi.Layer(stem.frame, wi.ReLU(), wi.networks.SlidingMaxPool(2, 3, (1, 1))),
        wi.Layer(residual, wi.ReLU()),
        wi.Layer(branches, wi.Identity()),
    )


def _pairs(f, g, origin: str) -> list[Witness]:
    return [Witness({"signal": a, "other": b}, {}, origin) for a, b in zip(f, g)]


def score_cases(setting: Setting, witnesses: Sequence[Witness], constant: float) -> Cases:
    """Differences of scores against a constant times those of the signals."""
    network = network_of(setting)
    f, g = (
        np.stack([w.arrays[k] for w in witnesses]).astype(setting.real_dtype)
        for k in ("signal", "other")
    )
    ours, theirs = (np.asarray(_scores(network, a)) for a in (f, g))
    distance = norms(f - g)
    terms = 64 * (network.depth + len(network.head.layers))
    sizes = constant * (norms(f) + norms(g)) + norms(ours) + norms(theirs)
    return Cases(
        norms(ours - theirs),
        constant * distance,
        setting.eps * terms * sizes,
        list(witnesses),
        [f"||f - g|| = {d:.4g}" for d in distance],
    )


@eqx.filter_jit
def _scores(network, batch):
    return jax.vmap(network)(batch)


def score_ratio(network: wi.networks.Network, point, context):
    """Squared ||y(f + v) - y(f)|| / ||v||."""
    return moved_ratio(network, *point)


CLAIM = NetworkClaim()
