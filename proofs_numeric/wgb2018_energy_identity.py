"""Energy is neither lost nor made: the identity of Parseval frames, and its general form."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._starts import loudest_wave, noise, peak, wave
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.drawn_settings import drawn_signals
from proofs_numeric.setting import Setting, norms, rounding_budget

__all__ = ["CLAIM"]


class EnergyClaim(Claim):
    name = "wgb2018_energy_identity"
    title = "Energy conservation"
    statement = (
        r"$A^N \|f\|^2 \leq \sum_{n<N} |||\Phi^n(f)|||^2 + W_N(f) \leq B^N \|f\|^2$, "
        r"$A^N = \prod_n \min\{1, A_n\}$, $B^N = \prod_n \max\{1, B_n\}$; "
        r"an identity for Parseval frames"
    )
    source = "Wiatowski, Grohs & Bölcskei 2018, energy decomposition; proof in the notes"

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        layers = setting.phi.layers
        names = ", ".join(sorted({type(x.nonlinearity).__name__ for x in layers}))
        poolings = ", ".join(sorted({type(x.pooling).__name__ for x in layers}))
        return (
            Hypothesis(
                "nonlinearities keep the modulus",
                all(isinstance(x.nonlinearity, (wi.Modulus, wi.Identity)) for x in layers),
                names,
            ),
            Hypothesis(
                "poolings keep the norm",
                all(isinstance(x.pooling, (wi.NoPooling, wi.Dilate)) for x in layers),
                poolings,
            ),
        )

    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        return energy_cases(setting, setting.signals, list(setting.names))

    def search(self, setting: Setting, key: jax.Array) -> Cases:
        """Waves that the first bank passes most and least, and noise."""
        total = np.asarray(setting.phi.banks[0].singular_values(setting.real)[..., 0])
        signals = np.stack(
            [
                wave(setting, peak(total)),
                wave(setting, peak(-total)),
                loudest_wave(setting),
                noise(setting, key, 1)[0],
            ]
        )
        return energy_cases(setting, signals, ["search"] * len(signals))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        return tuple(
            Control(name, text, self.cases(_broken_setting(key, layer), key))
            for name, text, layer in (
                (
                    "ReLU instead of the modulus",
                    "half of the energy of a zero-mean map is lost",
                    wi.Layer(wi.frames.Meyer(scales=2), wi.ReLU()),
                ),
                (
                    "decimation",
                    "the dropped samples take their energy along",
                    wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Decimate(2)),
                ),
            )
        )


def energy_cases(setting: Setting, signals, origin: list[str]) -> Cases:
    """Both inequalities for every signal: the sum from above and from below."""
    phi = setting.phi
    sums, real_maps = _energy_sums(phi, signals)
    real = setting.real and all(real_maps)
    lower, upper = 1.0, 1.0
    for bounds in phi.frame_bounds(real):
        lower, upper = lower * min(1.0, float(bounds.lower)), upper * max(1.0, float(bounds.upper))
    sums, energy = np.asarray(sums), norms(signals) ** 2
    rounding = 2 * np.sqrt(energy) * rounding_budget(phi, np.sqrt(energy))
    count = len(energy)
    return Cases(
        np.concatenate([sums, lower * energy]),
        np.concatenate([upper * energy, sums]),
        np.concatenate([rounding, rounding]),
        origin * 2,
        [
            f"from {side}, sum / ||f||^2 = {s / e if e else 1:.6g}"
            for side in ("above", "below")
            for s, e in zip(sums, energy)
        ],
        lambda i: {"signal": np.asarray(signals[i % count])},
        ["from above"] * count + ["from below"] * count,
    )


@eqx.filter_jit
def _sum(phi: wi.FeatureExtractor, f):
    trace = phi.trace(f)
    return jnp.sum(trace.features.energies()[:-1]) + trace.propagated_energies()[-1]


def _energy_sums(phi: wi.FeatureExtractor, signals):
    shapes = eqx.filter_eval_shape(phi.trace, signals[0])
    real_maps = [not jnp.issubdtype(u.dtype, jnp.complexfloating) for u in shapes.maps[:-1]]
    return np.array([_sum(phi, f) for f in signals]), real_maps


def _broken_setting(key: jax.Array, layer: wi.Layer) -> Setting:
    grid = wi.Grid((48,))
    phi = wi.FeatureExtractor([layer, layer], grid)
    return Setting("broken", phi, drawn_signals(key, grid, 2), ("random",) * 2, band=5)


CLAIM = EnergyClaim()
