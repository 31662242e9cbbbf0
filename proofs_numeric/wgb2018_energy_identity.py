"""Energy is neither lost nor made: the identity of Parseval frames, and its general form."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._energy import (
    all_paths,
    energy_rounding,
    propagated,
    samples_kept,
)
from proofs_numeric.engine.claim import Cases, Claim, Control, Hypothesis, Witness, own_signals
from proofs_numeric.engine.setting import Setting, differences, norms, once_per_setting
from proofs_numeric.engine.settings import drawn_signals
from proofs_numeric.engine.starts import loudest_wave, noise, peak, wave

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

    def hypotheses(self, setting):
        layers = setting.phi.layers
        names = ", ".join(sorted({type(x.nonlinearity).__name__ for x in layers}))
        kept = all(isinstance(x.nonlinearity, (wi.Modulus, wi.Identity)) for x in layers)
        return (
            Hypothesis("nonlinearities keep the modulus", kept, names, scope=True),
            samples_kept(setting),
            all_paths(setting),
        )

    def searched(self, setting, attempt):
        """Waves that the first bank passes most and least, and noise."""
        if attempt.number or not setting.phi.layers:
            waves = []
        else:
            total = np.asarray(setting.phi.banks[0].singular_values(setting.real)[..., 0])
            waves = [wave(setting, peak(total)), wave(setting, peak(-total)), loudest_wave(setting)]
        signals = [*waves, *noise(setting, attempt.key, 2)]
        return [Witness({"signal": f}, {}, "search") for f in signals]

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        signals = np.stack([w.arrays["signal"] for w in witnesses])
        features = differences(setting, signals, np.zeros_like(signals))["features"]
        sums = features[:, :-1].sum(axis=1) + propagated(setting, witnesses)[:, -1]
        energy = norms(signals) ** 2
        lower, upper = 1.0, 1.0
        for bounds in setting.phi.frame_bounds(_real_maps(setting)):
            lower *= min(1.0, float(bounds.lower))
            upper *= max(1.0, float(bounds.upper))
        rounding = energy_rounding(setting, witnesses)
        sides = ("above", "below")
        return Cases(
            np.concatenate([sums, lower * energy]),
            np.concatenate([upper * energy, sums]),
            np.concatenate([rounding, rounding]),
            [*witnesses, *witnesses],
            [
                f"from {side}, sum / ||f||^2 = {s / e if e else 1:.6g}"
                for side in sides
                for s, e in zip(sums, energy)
            ],
            [f"from {side}" for side in sides for _ in witnesses],
        )

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        return tuple(
            Control(name, text, self.evaluate(broken, own_signals(broken)))
            for name, text, broken in (
                (
                    "ReLU instead of the modulus",
                    "half of the energy of a zero-mean map is lost",
                    _broken(key, wi.ReLU(), wi.NoPooling()),
                ),
                (
                    "decimation",
                    "the dropped samples take their energy along",
                    _broken(key, wi.Modulus(), wi.Decimate(2)),
                ),
            )
        )

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """Both sides meet for Parseval frames."""
        bounds = setting.phi.frame_bounds(_real_maps(setting))
        parseval = all(abs(float(b) - 1) < 1e-6 for pair in bounds for b in pair)
        return {"from above": 1.0, "from below": 1.0} if parseval else {}


@once_per_setting
def _real_maps(setting: Setting) -> bool:
    """Whether all maps are real, so that the bounds for real input apply."""
    shapes = eqx.filter_eval_shape(setting.phi.trace, setting.signals[0])
    return setting.real and not any(np.issubdtype(u.dtype, np.complexfloating) for u in shapes.maps)


def _broken(key: jax.Array, nonlinearity, pooling) -> Setting:
    grid = wi.Grid((48,))
    layer = wi.Layer(wi.frames.Meyer(scales=2), nonlinearity, pooling)
    phi = wi.FeatureExtractor([layer, layer], grid)
    return Setting("broken", phi, drawn_signals(key, grid, 2), ("random",) * 2, band=5)


CLAIM = EnergyClaim()
