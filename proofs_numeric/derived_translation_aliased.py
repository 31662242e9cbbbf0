"""Translation of a decimating extractor by any shift, with the aliasing term (D3)."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._translation import naive_cases, searched_cases, shift_cases
from proofs_numeric.allpass import allpass_extractor, alternating_signal
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.setting import Setting, differences, norms, rounding_budget

__all__ = ["CLAIM"]


class AliasedTranslationClaim(Claim):
    name = "derived_translation_aliased"
    title = "Translation by any shift, with the aliasing term (D3)"
    statement = (
        r"$|||\Phi^n(T_t f) - \Phi^n(f)||| \leq \frac{2\pi |t| K_n}{S_1 \cdots S_n} \sqrt{W_n(f)} "
        r"+ \|\hat\chi_n\|_\infty \varepsilon_n(f, t)$"
    )
    source = "derived for this package; D3 of the notes"

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        return (
            Hypothesis("samples dropped", setting.phi.strides[-1] > 1, f"{setting.phi.strides}"),
        )

    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        ndim = setting.grid.ndim
        shifts = [(1.0,) * ndim, (0.5,) + (0.0,) * (ndim - 1)]
        pairs = [(i, t) for i in range(len(setting.signals)) for t in shifts]
        signals = np.stack([setting.signals[i] for i, _ in pairs])
        return aliased_cases(
            setting, signals, [t for _, t in pairs], [setting.names[i] for i, _ in pairs]
        )

    def search(self, setting: Setting, key: jax.Array) -> Cases:
        """Signals that exceed the bound without its aliasing term as far as the search gets."""
        shift = (1,) + (0,) * (setting.grid.ndim - 1)
        found = searched_cases(setting, key, shift)
        signals = [found.arrays(i)["signal"] for i in range(len(found))]
        return aliased_cases(setting, signals, [shift] * len(signals), ["search"] * len(signals))

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        phi = allpass_extractor(depth=4)
        f = alternating_signal(phi)[None]
        setting = Setting("all-pass", phi, f, ("alternating",), band=5)
        known = shift_cases(setting, f, [(1,)], ["alternating"])
        found = naive_cases(setting, key, (1,))
        return (
            Control("without the aliasing term", "all-pass extractor, its known signal", known),
            Control(
                "without the aliasing term, searched",
                "all-pass extractor, ascent from noise",
                found,
            ),
        )


def aliased_cases(setting: Setting, signals, shifts, origin) -> Cases:
    """Every signal with its shift, at all depths."""
    phi = setting.phi
    moved = [wi.translate(f, t) for f, t in zip(signals, shifts)]
    measured = differences(setting, signals, moved)["difference"]
    predicted = [_bound(phi, f, np.asarray(t, float)) for f, t in zip(signals, shifts)]
    depths = phi.depth + 1
    sizes = np.repeat(norms(signals), depths)
    rows = [(i, n) for i in range(len(signals)) for n in range(depths)]
    return Cases(
        np.asarray(measured),
        np.asarray(predicted),
        rounding_budget(phi, 4 * sizes),
        [origin[i] for i, _ in rows],
        [f"t = {tuple(shifts[i])}, depth {n}" for i, n in rows],
        lambda j: {"signal": np.asarray(signals[rows[j][0]])},
        [f"depth {n}" for _, n in rows],
    )


_bound = eqx.filter_jit(wi.bounds.translation_decimated)


CLAIM = AliasedTranslationClaim()
