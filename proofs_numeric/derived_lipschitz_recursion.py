"""The backward recursion bounds the Lipschitz constant of every extractor."""

from __future__ import annotations

import jax
import jax.numpy as jnp

import wiatowski as wi
from proofs_numeric._lipschitz import pair_cases, random_pairs, searched_pairs
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.drawn_settings import drawn_signals
from proofs_numeric.setting import Setting

__all__ = ["CLAIM"]


class RecursionClaim(Claim):
    name = "derived_lipschitz_recursion"
    title = "Backward recursion for the Lipschitz constant"
    statement = (
        r"$|||\Phi(f) - \Phi(h)||| \leq \sqrt{v_0}\,\|f - h\|$, "
        r"$v_n = \sup_\omega(|\hat\chi_n|^2 "
        r"+ v_{n+1} L_{n+1}^2 R_{n+1}^2 \sum_\lambda\,|\hat g_\lambda|^2)$"
    )
    source = "derived for this package; sharpens the products of Balan, Singh & Zou"

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        value = float(setting.phi.lipschitz_bound())
        return (
            Hypothesis("finite frame and Lipschitz bounds", value < float("inf"), f"{value:.6g}"),
        )

    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        constant = float(setting.phi.lipschitz_bound())
        return pair_cases(setting, *random_pairs(setting, key), constant=constant)

    def search(self, setting: Setting, key: jax.Array) -> Cases:
        constant = float(setting.phi.lipschitz_bound())
        return pair_cases(setting, *searched_pairs(setting), constant=constant)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = _doubling_setting(key)
        understated = float(_with_nonlinearity(setting, wi.Identity()).phi.lipschitz_bound())
        found = pair_cases(setting, *searched_pairs(setting), constant=understated)
        return (Control("L understated", "M(z) = 2z counted with L = 1", found),)


def _doubling_setting(key: jax.Array) -> Setting:
    grid = wi.Grid((48,))
    phi = wi.FeatureExtractor(
        [wi.Layer(wi.frames.Meyer(scales=2), wi.Pointwise(_double, 2.0, "2z"))], grid
    )
    return Setting("doubling", phi, drawn_signals(key, grid, 2), ("random",) * 2, band=5)


def _with_nonlinearity(setting: Setting, nonlinearity: wi.AbstractNonlinearity) -> Setting:
    layers = [wi.Layer(layer.bank, nonlinearity, layer.pooling) for layer in setting.phi.layers]
    phi = wi.FeatureExtractor(layers, setting.grid, setting.phi.output_bank)
    return Setting(setting.name, phi, setting.signals, setting.names, setting.band)


def _double(u: jax.Array) -> jax.Array:
    return jnp.asarray(2) * u


CLAIM = RecursionClaim()
