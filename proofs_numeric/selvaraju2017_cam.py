"""Grad-CAM of the last layer is CAM, up to the number of samples, behind averages and one dense layer."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._heatmaps import equality, model_of, periodic_network, with_hidden_layer
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.setting import ClassifierSetting, Setting, norms, white_noise

__all__ = ["CLAIM"]


class CamClaim(Claim):
    name = "selvaraju2017_cam"
    title = "CAM is Grad-CAM"
    statement = (
        r"$N \sum_k \alpha_k A_k = \sum_k w_{ck} A_k$ if "
        r"$y_c = b_c + \sum_k w_{ck} \frac{1}{N} \sum_x A_k(x)$"
    )
    source = "Selvaraju et al. 2017, Grad-CAM generalises CAM (Zhou et al. 2016)"
    on_extractors = False

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        network = isinstance(setting, ClassifierSetting)
        return (Hypothesis("averages and one dense layer", network, setting.name, scope=True),)

    def given(self, setting: Setting, key: jax.Array) -> list[Witness]:
        return [Witness({"signal": f}) for f in setting.signals]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """Signals of few values, on which maxima tie and rectifiers stand at their kink; noise."""
        return ties(setting, attempt)

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        model = model_of(setting)
        assert isinstance(model, wi.networks.Network)
        return _compared(setting, witnesses, model.head.layers[0].weights)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = with_hidden_layer(key)
        first, second = model_of(setting).head.layers  # pyright: ignore[reportAttributeAccessIssue]
        # As if the ReLU between the dense layers were not there.
        cases = _compared(setting, self.given(setting, key), second.weights @ first.weights)
        text = "two dense layers taken as one, their ReLU left out"
        return (Control("one dense layer", text, cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return [periodic_network(key)]


def ties(setting: Setting, attempt: Attempt) -> list[Witness]:
    """Noise, and noise rounded to whole numbers, constants and a spike."""
    noise = white_noise(attempt.key, (attempt.restarts, *setting.signal_shape), True)
    scaled = noise * np.sqrt(noise[0].size)
    spike = np.zeros_like(noise[0])
    spike.flat[0] = 1
    signals = [*noise, *np.round(scaled), np.ones_like(spike), -np.ones_like(spike), spike]
    return [Witness({"signal": f}, {}, "search") for f in signals]


def _compared(setting: Setting, witnesses: Sequence[Witness], weights) -> Cases:
    """N times Grad-CAM against the sum of the maps with these weights, all classes."""
    model = model_of(setting)
    samples = int(np.prod(model.tap_shape(model.depth)[1:]))
    f = np.stack([w.arrays["signal"] for w in witnesses]).astype(setting.real_dtype)
    every = range(len(model.classes))
    found = samples * np.asarray(wi.explain.grad_cam(model, f, every, signed=True))
    zero = jnp.zeros(model.tap_shape(model.depth), f.dtype)
    maps = jax.vmap(lambda u: model.tapped(u, model.depth, zero).maps)(jnp.asarray(f))
    expected = np.asarray(jnp.einsum("ck,nk...->nc...", weights, maps, precision="highest"))
    rows = [(i, c) for i in range(len(f)) for c in every]
    sides = [equality(found[i, c], expected[i, c]) for i, c in rows]
    loud = norms(maps) * float(jnp.linalg.norm(weights))
    return Cases(
        np.array([s[0] for s in sides]),
        np.array([s[1] for s in sides]),
        setting.eps * 64 * np.array([loud[i] for i, _ in rows]),
        [witnesses[i] for i, _ in rows],
        [f"class {c}" for _, c in rows],
    )


CLAIM = CamClaim()
