"""The declared Lipschitz constant of every nonlinearity."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.setting import Setting, generator

__all__ = ["CLAIM"]

_PAIRS = 4000


class NonlinearityClaim(Claim):
    name = "wb2018_nonlinearities"
    title = "Lipschitz constants of the nonlinearities"
    statement = r"$|M_n(z) - M_n(w)| \leq L_n |z - w|$ for all $z, w \in \mathbb{C}$"
    source = "Wiatowski & Bölcskei 2018, Appendix (from memory), with the sharp constants"

    def hypotheses(self, setting):
        some = any(layer.nonlinearity.pointwise for layer in setting.phi.layers)
        return (Hypothesis("a pointwise nonlinearity", some, scope=True),)

    def given(self, setting, key):
        return [_draw(key, n, 1e-3, "random") for n in _pointwise(setting)]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """Pairs far apart and close together at every scale; then around the best of them."""
        found = []
        for n in _pointwise(setting):
            keys = jax.random.split(jax.random.fold_in(attempt.key, n), 6)
            best = _draw(keys[0], n, 1e-3, "search")
            for width, key in zip((1.0, 0.3, 0.1, 0.03, 0.01), keys[1:]):
                best = _around(setting, key, best, width)
            found.append(best)
        return found

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        measured, predicted, budget, texts = [], [], [], []
        for w in witnesses:
            nonlinearity = setting.phi.layers[w.parameters["layer"] - 1].nonlinearity
            z, o, moved = _sides(setting, w)
            distance = nonlinearity.lipschitz * np.abs(z - o)
            rounding = 16 * setting.eps * nonlinearity.lipschitz * (np.abs(z) + np.abs(o))
            # The pair that exceeds most, or else comes closest.
            excess = moved - distance - rounding
            i = int(np.argmax(excess if excess.max() > 0 else moved / distance))
            measured.append(moved[i])
            predicted.append(distance[i])
            budget.append(rounding[i])
            texts.append(f"{nonlinearity!r}, z = {z[i]:.4g}, w = {o[i]:.4g}")
        names = [f"layer {w.parameters['layer']}" for w in witnesses]
        return Cases(
            np.array(measured), np.array(predicted), np.array(budget), list(witnesses), texts, names
        )

    def simplified(self, setting, witness) -> None:
        """The arrays are lists of numbers."""
        return

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = _setting(_FirstQuadrant(), "zReLU")
        cases = self.evaluate(setting, self.searched(setting, Attempt(key)))
        return (Control("not Lipschitz", "zReLU jumps across the axes", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        """The catalogue."""
        members = [
            wi.Modulus(),
            wi.ReLU(),
            wi.Tanh(),
            wi.ShiftedSigmoid(),
            wi.Identity(),
            wi.ModReLU(0.3),
            wi.LeakyReLU(0.1),
            wi.SiLU(),
            wi.GELU(),
            wi.SoftThreshold(0.2),
        ]
        return [_setting(m, f"nonlinearity {type(m).__name__}") for m in members]

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {"": 1.0}


def _setting(nonlinearity: wi.AbstractNonlinearity, name: str) -> Setting:
    grid = wi.Grid((32,))
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Meyer(scales=2), nonlinearity)], grid)
    return Setting(name, phi, np.zeros((1, 32)), ("zero",), band=5)


def _pointwise(setting: Setting) -> list[int]:
    layers = enumerate(setting.phi.layers, start=1)
    return [n for n, layer in layers if layer.nonlinearity.pointwise]


def _draw(key: jax.Array, layer: int, closest: float, origin: str) -> Witness:
    random = generator(key)
    # Half where thresholds usually lie, half far below and above.
    size = 10 ** np.where(
        np.arange(_PAIRS) % 2, random.uniform(-3, 2, _PAIRS), random.uniform(-7, 7, _PAIRS)
    )
    z = size * np.exp(2j * np.pi * random.uniform(size=_PAIRS))
    step = size * 10 ** random.uniform(np.log10(closest), 0.5, _PAIRS)
    o = z + step * np.exp(2j * np.pi * random.uniform(size=_PAIRS))
    return Witness({"signal": z, "other": o}, {"layer": layer}, origin)


def _around(setting: Setting, key: jax.Array, w: Witness, width: float) -> Witness:
    """Pairs around the best pair, itself among them."""
    z, o, moved = _sides(setting, w)
    i = int(np.argmax(moved / np.abs(z - o)))
    random = generator(key)
    scale, apart = abs(z[i]), abs(z[i] - o[i])
    own = width * scale * (random.standard_normal(_PAIRS) + 1j * random.standard_normal(_PAIRS))
    turned = np.exp(1j * width * random.standard_normal(_PAIRS))
    stretched = np.maximum(apart * np.exp(width * random.standard_normal(_PAIRS)), 1e-3 * scale)
    direction = (o[i] - z[i]) / apart
    own[0], turned[0], stretched[0] = 0, 1, apart
    near = z[i] + own
    return Witness(
        {"signal": near, "other": near + stretched * direction * turned}, w.parameters, w.origin
    )


def _sides(setting: Setting, w: Witness):
    nonlinearity = setting.phi.layers[w.parameters["layer"] - 1].nonlinearity
    kind = np.result_type(setting.signals.dtype, np.complex64)
    z, o = (np.asarray(w.arrays[name], kind) for name in ("signal", "other"))
    moved = np.abs(np.asarray(nonlinearity(z)) - np.asarray(nonlinearity(o)))
    return z, o, np.asarray(moved, float)


class _FirstQuadrant(wi.AbstractNonlinearity):
    """zReLU: z where both parts are positive, else zero."""

    pointwise = True

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u):
        return jnp.where((jnp.real(u) > 0) & (jnp.imag(u) > 0), u, 0)


CLAIM = NonlinearityClaim()
