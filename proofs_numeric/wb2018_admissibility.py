"""What admissibility is for: one layer hands on and puts out no more than it was given."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric._lipschitz import pair, pair_cases
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.hypotheses import scalar_filters
from proofs_numeric.engine.search import attack, target
from proofs_numeric.engine.setting import Setting, once_per_setting, white_noise
from proofs_numeric.engine.starts import noise, peak, wave

__all__ = ["CLAIM"]


class AdmissibilityClaim(Claim):
    name = "wb2018_admissibility"
    title = "The admissibility condition, layer by layer"
    statement = (
        r"$\sum_{q,\lambda}\,\|U[q,\lambda]f - U[q,\lambda]h\|^2 + |||\Phi^n(f) - \Phi^n(h)|||^2 "
        r"\leq \max\{B, B L^2 R^2\} \sum_q \|U[q]f - U[q]h\|^2$"
    )
    source = "Wiatowski & Bölcskei 2018, admissibility condition; proof in the notes"

    def hypotheses(self, setting):
        return (scalar_filters(setting),)

    def given(self, setting, key):
        found = []
        # Each layer alone is a program to compile.
        for n in range(len(setting.phi.layers) if setting.attacked else 1):
            shape = (2, *_single(setting, n).grid.shape)
            u = white_noise(jax.random.fold_in(key, n), shape, setting.real)
            found += [_at(n, pair(u[0], u[1], "random")), _at(n, pair(u[0], -u[0], "random"))]
        return found

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """One layer per attempt: waves where the bank is loudest, then an ascent."""
        n = attempt.number % len(setting.phi.layers)
        single = _single(setting, n)
        total = np.asarray(setting.phi.layers[n].bank.singular_values(real=single.real)[..., 0])
        first, second = jax.random.split(attempt.key)
        loud = wave(single, peak(total))
        moves = [loud / np.linalg.norm(loud), *noise(single, second, attempt.restarts)]
        aims = [target(single, free=1.0, difference=1.0, moved=1.0)] * attempt.restarts
        starts = list(noise(single, first, attempt.restarts))
        f, h = attack(single, starts, aims, directions=moves[: attempt.restarts])
        found = [pair(a, b, "search") for a, b in zip(f, h)]
        return [_at(n, w) for w in [pair(loud, 0 * loud, "search"), *found]]

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, setting.phi.constants().gains[:-1])

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """Each member of the maximum left out where it is the larger one."""
        grid = wi.Grid((48,))
        meyer = wi.frames.Meyer(scales=2)
        loud = wi.Layer(wi.frames.Scaled(meyer, 2.0), wi.ShiftedSigmoid())
        steep = wi.Layer(meyer, wi.Pointwise(_double, 2.0, "2z"))
        made = []
        for name, text, layer, gain in (
            (
                "B > 1 although B L^2 R^2 <= 1",
                "sigmoid with L = 1/4, a bank with B = 4",
                loud,
                0.25,
            ),
            ("B L^2 R^2 > 1 although B <= 1", "M(z) = 2z, a bank with B = 1", steep, 1.0),
        ):
            phi = wi.FeatureExtractor([layer], grid)
            setting = Setting(name, phi, white_noise(key, (1, 48), True), ("random",), band=5)
            bank = layer.on(grid).bank
            passed = (np.asarray(bank.output_atom_hat), np.abs(np.asarray(bank.atoms_hat)).max(0))
            waves = [1e-3 * wave(setting, peak(np.abs(a))) for a in passed]
            known = [_at(0, pair(f, 0 * f, "wave")) for f in waves]
            made.append(Control(name, text, _compare(setting, known, [gain])))
        return tuple(made)


def _at(layer: int, w: Witness) -> Witness:
    return dataclasses.replace(w, parameters={"layer": layer + 1})


@once_per_setting
def _single(setting: Setting, layer: int) -> Setting:
    """One layer alone, whose maps come out unchanged."""
    chosen = setting.phi.layers[layer]
    grid = chosen.bank.grid
    after = chosen.pooled(grid)
    real = setting.real_dtype
    everything = wi.FilterBank(
        jnp.zeros((0, *after.shape), real), jnp.ones(after.shape, real), after
    )
    phi = wi.FeatureExtractor([chosen], grid, everything)
    maps_real = setting.real and all(x.bank.real for x in setting.phi.layers[: layer + 1])
    zeros = np.zeros((1, *grid.shape), real if maps_real else np.result_type(real, np.complex64))
    return Setting(f"{setting.name}, layer {layer + 1}", phi, zeros, ("zero",), setting.band)


def _compare(setting: Setting, witnesses, gains) -> Cases:
    parts = []
    for n, gain in enumerate(gains):
        chosen = [w for w in witnesses if w.parameters["layer"] == n + 1]
        if chosen:
            cases = pair_cases(_single(setting, n), chosen, float(np.sqrt(gain)))
            parts.append(dataclasses.replace(cases, groups=[f"layer {n + 1}"] * len(cases)))
    return Cases.joined(parts)


def _double(u: jax.Array) -> jax.Array:
    return jnp.asarray(2) * u


CLAIM = AdmissibilityClaim()
