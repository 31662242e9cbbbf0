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
    statement = (
        r"$|M_n(z) - M_n(w)| \leq L_n \|z - w\|$ for all $z, w \in \mathbb{C}$, or in $\mathbb{C}^k$ where "
        r"$M_n$ joins the maps of $k$ atoms"
    )
    source = "Wiatowski & Bölcskei 2018, Appendix (from memory), with the sharp constants"

    def hypotheses(self, setting):
        some = any(layer.nonlinearity.pointwise for layer in setting.phi.layers)
        return (Hypothesis("a pointwise nonlinearity", some, scope=True),)

    def given(self, setting, key):
        return [_draw(key, setting, n, "random") for n in _pointwise(setting)]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """Pairs far apart and close together at every scale; then around the best of them."""
        found = []
        for n in _pointwise(setting):
            keys = jax.random.split(jax.random.fold_in(attempt.key, n), 6)
            best = _draw(keys[0], setting, n, "search")
            for width, key in zip((1.0, 0.3, 0.1, 0.03, 0.01), keys[1:]):
                best = _around(setting, key, best, width)
            found.append(best)
        return found

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        measured, predicted, budget, texts = [], [], [], []
        for w in witnesses:
            nonlinearity = setting.phi.layers[w.parameters["layer"] - 1].nonlinearity
            z, o, moved = _sides(setting, w)
            distance = nonlinearity.lipschitz * _length(z - o)
            rounding = 16 * setting.eps * nonlinearity.lipschitz * (_length(z) + _length(o))
            # The pair that exceeds most, or else comes closest.
            excess = moved - distance - rounding
            i = int(np.argmax(excess if excess.max() > 0 else moved / distance))
            measured.append(moved[i])
            predicted.append(distance[i])
            budget.append(rounding[i])
            one, other = (", ".join(f"{x:.4g}" for x in pair[:, i]) for pair in (z, o))
            texts.append(f"{nonlinearity!r}, z = {one}, w = {other}")
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
            wi.GroupModulus("scale"),
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


def _draw(key: jax.Array, setting: Setting, layer: int, origin: str) -> Witness:
    """Pairs of (k, pairs): k atoms that the nonlinearity joins, one otherwise."""
    random = generator(key)
    # Half where thresholds usually lie, half far below and above.
    size = 10 ** np.where(
        np.arange(_PAIRS) % 2, random.uniform(-3, 2, _PAIRS), random.uniform(-7, 7, _PAIRS)
    )
    count = _joined(setting, layer)
    z = size * _directions(random, count)
    o = z + size * 10 ** random.uniform(-3, 0.5, _PAIRS) * _directions(random, count)
    return Witness({"signal": z, "other": o}, {"layer": layer}, origin)


def _around(setting: Setting, key: jax.Array, w: Witness, width: float) -> Witness:
    """Pairs around the best pair, itself among them."""
    z, o, moved = _sides(setting, w)
    i = int(np.argmax(moved / _length(z - o)))
    random = generator(key)
    scale, apart = _length(z)[i], _length(z - o)[i]
    own = width * scale * random.standard_normal((2, len(z), _PAIRS))
    turned = np.exp(1j * width * random.standard_normal((len(z), _PAIRS)))
    stretched = np.maximum(apart * np.exp(width * random.standard_normal(_PAIRS)), 1e-3 * scale)
    own[:, :, 0], turned[:, 0], stretched[0] = 0, 1, apart
    near = z[:, i : i + 1] + own[0] + 1j * own[1]
    direction = (o - z)[:, i : i + 1] / apart
    return Witness(
        {"signal": near, "other": near + stretched * direction * turned}, w.parameters, w.origin
    )


def _directions(random: np.random.Generator, count: int) -> np.ndarray:
    """Unit vectors of C^k, (k, pairs)."""
    drawn = random.standard_normal((2, count, _PAIRS))
    values = drawn[0] + 1j * drawn[1]
    return values / _length(values)


def _length(z: np.ndarray) -> np.ndarray:
    """Of the vectors along the first axis, without squares that over- or underflow."""
    peak = np.max(np.abs(z), axis=0)
    safe = np.where(peak > 0, peak, 1)
    return peak * np.sqrt(np.sum(np.abs(z / safe) ** 2, axis=0))


def _joined(setting: Setting, layer: int) -> int:
    """The largest number of atoms that make one map."""
    own = setting.phi.layers[layer - 1]
    if not own.nonlinearity.joins:
        return 1
    return max(map(len, own.nonlinearity.groups(own.bank.labels)))


def _sides(setting: Setting, w: Witness):
    nonlinearity = setting.phi.layers[w.parameters["layer"] - 1].nonlinearity
    kind = np.result_type(setting.signals.dtype, np.complex64)
    z, o = (np.asarray(w.arrays[name], kind) for name in ("signal", "other"))
    values = (np.asarray(nonlinearity.join(jnp.asarray(side), 0)) for side in (z, o))
    moved = np.abs(np.subtract(*values))
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
