"""The public laws fail when they must: one broken hypothesis per law, and its message."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies

import wiatowski as wi
from wiatowski import testing

GRID = wi.Grid((16,))
F = strategies.signal(0, (16,)).astype(np.float32)


class LiesAboutItsBounds(wi.FilterBank):
    """Claims A = B = 1 whatever its atoms are."""

    def frame_bounds(self, real: bool = False):
        return wi.frames.FrameBounds(jnp.ones(()), jnp.ones(()))


class WrongDual(wi.FilterBank):
    def dual(self):
        return self


@pytest.mark.parametrize(("factor", "side"), [(1.1, "upper"), (0.9, "lower")])
def test_frame(factor, side):
    bank = wi.frames.Haar(scales=1).on(GRID)
    lying = LiesAboutItsBounds(factor * bank.atoms_hat, factor * bank.output_atom_hat, GRID)
    with pytest.raises(AssertionError, match=f"frame inequality, {side} side.* fails: .* exceeds"):
        testing.assert_frame(lying, F)


def test_parseval_names_the_frequency():
    bank = wi.frames.Haar(scales=1).on(GRID)
    output = bank.output_atom_hat.at[3].mul(1.5)
    broken = wi.FilterBank(bank.atoms_hat, output, GRID)
    with pytest.raises(AssertionError, match=r"Parseval: .* at \(0\.1875,\) cycles"):
        testing.assert_parseval(broken)
    testing.assert_parseval(broken, tolerance=2.0)


def test_reconstruction():
    bank = wi.frames.Haar(scales=1).on(GRID)
    broken = WrongDual(1.01 * bank.atoms_hat, bank.output_atom_hat, GRID)
    with pytest.raises(AssertionError, match="reconstruction"):
        testing.assert_reconstructs(broken, F)
    hollow = wi.FilterBank(0 * bank.atoms_hat, bank.output_atom_hat, GRID)
    with pytest.raises(ValueError, match="lower frame bound vanishes"):
        testing.assert_reconstructs(hollow, F)


def test_lipschitz():
    with pytest.raises(AssertionError, match=r"Lipschitz with constant 1 \(ratio 1\.01\)"):
        testing.assert_nonexpansive(lambda u: 1.01 * u, F, 0 * F)
    with pytest.raises(AssertionError, match=r"constant 0\.5"):
        testing.assert_lipschitz(jnp.tanh, 0.5, 0.01 * F, -0.01 * F)
    testing.assert_lipschitz(lambda u: 1.01 * u, 1.01, F, 0 * F)
    with pytest.raises(AssertionError, match="nan"):
        testing.assert_nonexpansive(lambda u: u * np.nan, F, F)


class Position(wi.AbstractNonlinearity):
    """Multiplies by the position: no shift commutes with it."""

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u):
        return u * jnp.linspace(0, 1, u.shape[-1])


class Wrong(wi.AbstractPooling):
    """Says it is pointwise sub-sampling, but answers by the kind of array it is handed."""

    drops_samples = False

    def __init__(self):
        self.factor = 1.0

    def lipschitz(self, grid):
        return 1.0

    def __call__(self, u, grid):
        return u[..., ::-1, :] if u.ndim > grid.ndim else u


def test_covariance():
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1), Position())], GRID)
    with pytest.raises(AssertionError, match="covariance at depth 1"):
        testing.assert_covariant(phi, F, 2)


def test_definition_and_batches():
    layer = wi.Layer(wi.frames.Haar(scales=2), wi.Modulus(), Wrong())
    phi = wi.FeatureExtractor([layer], GRID)
    with pytest.raises(AssertionError, match="agreement with the definition at depth 1"):
        testing.assert_agrees_with_definition(phi, F)


class Impure(wi.AbstractNonlinearity):
    """Another answer under a transformation than outside."""

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u):
        return u if isinstance(u, jax.core.Tracer) else 2 * u


def test_jit_and_eager():
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1), Impure())], GRID)
    with pytest.raises(AssertionError, match="jit = eager at depth 1"):
        testing.assert_same_under_jit_and_vmap(phi, F[None])


def test_finite_gradient():
    with pytest.raises(AssertionError, match="finite gradient: 2 of 3"):
        testing.assert_finite_gradient(jnp.sqrt, jnp.array([0.0, 1.0, 0.0]))
    with pytest.raises(AssertionError, match="finite gradient"):
        testing.assert_finite_gradient(lambda z: z / jnp.abs(z), jnp.zeros(2, jnp.complex64))


def test_failures_tell_what_rounding_was_allowed():
    with pytest.raises(AssertionError, match=r"by 0\.\d+, and the rounding .* is \d\.\d+e-"):
        testing.assert_nonexpansive(lambda u: 1.1 * u, F, 0 * F)
