"""No signal is lost: the features determine whether there was one."""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._energy import (
    all_paths,
    at_most_one,
    energy_settings,
    modulus_hypotheses,
    no_mean,
)
from proofs_numeric.engine.claim import (
    Attempt,
    Cases,
    Claim,
    Control,
    Hypothesis,
    Witness,
    own_signals,
)
from proofs_numeric.engine.search import attack, target
from proofs_numeric.engine.setting import Setting, differences, norms, rounding_budget
from proofs_numeric.engine.starts import noise

__all__ = ["CLAIM"]


class NullSetClaim(Claim):
    name = "wgb2018_null_set"
    title = "Trivial null set and energy conservation"
    statement = (
        r"$(A_1 \cdots A_N - \prod_{m=1}^{N-1} (1 - 1/S_m))\|f\|^2 \leq "
        r"\sum_{n<N} |||\Phi^n(f)|||^2$ for $A_m \leq 1$: $\Phi(f) = 0$ only for $f = 0$, and all energy is "
        r"conserved as $N \to \infty$ if $A_m = 1$"
    )
    source = (
        "Wiatowski, Grohs & Bölcskei 2018, trivial null set; with the explicit decay of Getter 2025"
    )

    def hypotheses(self, setting):
        lower, kept = _factors(setting)
        return (
            *modulus_hypotheses(setting),
            all_paths(setting),
            no_mean(setting, 2),
            at_most_one(setting),
            Hypothesis("the lower bound is positive", lower > kept, f"{lower:.4g} - {kept:.4g}"),
        )

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """Signals of which as little as possible comes out: as much as possible is propagated."""
        starts = list(noise(setting, attempt.key, attempt.restarts))
        depths = setting.phi.depth + 1
        aims = [target(setting, propagated=np.eye(depths)[-1], size=1.0)] * len(starts)
        f, _ = attack(setting, starts, aims)
        return [Witness({"signal": point}, {}, "search") for point in f]

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, *_factors(setting))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """A frame with a hole in its Littlewood-Paley sum hears nothing there."""
        bank = energy_settings(key)[1].phi.layers[0].bank
        holed = wi.FilterBank(
            np.asarray(bank.atoms_hat)[2:], np.asarray(bank.output_atom_hat), bank.grid
        )
        phi = wi.FeatureExtractor([wi.Layer(holed, wi.Modulus())] * 2, bank.grid, bank)
        f = np.cos(2 * np.pi * 18 * np.arange(129) / 129)
        setting = Setting("a hole", phi, f[None], ("wave",), band=5)
        cases = _compare(
            setting, own_signals(setting), 1.0, 1 - 1 / wi.bounds.spectral_support(bank)
        )
        return (Control("a frame: A > 0", "the atoms at 16 to 27 bins left out", cases),)

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return energy_settings(key)


def _factors(setting: Setting) -> tuple[float, float]:
    r"""$\prod A_m$ (each at most 1) and $\prod(1 - 1/S_m)$."""
    lower, kept = 1.0, 1.0
    for layer in setting.phi.layers:
        lower *= min(1.0, float(layer.bank.frame_bounds().lower))
    for layer in setting.phi.layers[:-1]:
        if isinstance(layer.bank, wi.FilterBank):
            kept *= 1 - 1 / max(1, wi.bounds.spectral_support(layer.bank))
    return lower, kept


def _compare(setting: Setting, witnesses, lower: float, kept: float) -> Cases:
    signals = np.stack([w.arrays["signal"] for w in witnesses])
    put_out = differences(setting, signals, np.zeros_like(signals))["features"][:, :-1].sum(axis=1)
    sizes = norms(signals)
    return Cases(
        (lower - kept) * sizes**2,
        put_out,
        2 * sizes * rounding_budget(setting.phi, sizes),
        list(witnesses),
        [f"{share:.4g} of the energy in the features" for share in put_out / sizes**2],
    )


CLAIM = NullSetClaim()
