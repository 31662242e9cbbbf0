"""Gradients of whole extractors: finite everywhere, and equal to finite differences."""

from __future__ import annotations

import catalogue
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import testing


def one_layer(nonlinearity, pooling) -> wi.FeatureExtractor:
    grid = wi.Grid((12,))
    layer = wi.Layer(wi.frames.Haar(scales=1), nonlinearity, pooling)
    return wi.FeatureExtractor([layer], grid, strategies.output_bank(pooling.pooled(grid)))


@pytest.mark.parametrize("pooling", catalogue.poolings(), ids=str)
@pytest.mark.parametrize(
    "nonlinearity", [rows[0][0] for rows in catalogue.NONLINEARITIES.values()], ids=str
)
def test_finite_at_zero_and_at_ties(nonlinearity, pooling):
    phi = one_layer(nonlinearity, pooling)
    for values in (np.zeros(12), np.ones(12), np.tile([1.0, -1.0], 6)):
        testing.assert_finite_gradient(phi, jnp.asarray(values, jnp.float32))


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_the_norm_has_a_finite_gradient_at_zero(real):
    phi = one_layer(wi.Modulus(), wi.MaxPool(2))
    zero = jnp.zeros(12, jnp.float32 if real else jnp.complex64)
    gradient = jax.grad(lambda f: phi(f).norm())(zero)
    np.testing.assert_array_equal(gradient, 0)


@given(data=st.data(), seed=strategies.seeds(), real=st.booleans())
@settings(max_examples=6)
def test_signal_and_filters_against_finite_differences(data, seed, real):
    """One reverse pass and central differences along a random direction in f and in all filters."""
    with jax.enable_x64(True):
        phi = data.draw(strategies.extractors(shapes=((48,), (12, 18)), most_layers=2))
        arrays, rest = eqx.partition(phi, eqx.is_inexact_array)
        f = jnp.asarray(strategies.signal(seed, phi.grid.shape, real))
        point = (arrays, f)
        leaves, tree = jax.tree.flatten(point)
        generator = np.random.default_rng(seed)
        direction = jax.tree.unflatten(tree, [random_like(generator, leaf) for leaf in leaves])
        weights = [random_like(generator, a) for a in phi(f)]

        @eqx.filter_jit
        def score(values):
            features = eqx.combine(values[0], rest)(values[1])
            return sum(jnp.sum(jnp.real(w * a)) for w, a in zip(weights, features))

        gradient = eqx.filter_jit(jax.grad(score))(point)
        products = jax.tree.map(lambda g, v: jnp.sum(jnp.real(g * v)), gradient, direction)
        slope = sum(jax.tree.leaves(products))
        h = 1e-7
        ahead, here, behind = (
            score(jax.tree.map(lambda a, v, s=s: a + s * v, point, direction)) for s in (h, 0, -h)
        )
        scale = jnp.abs(slope) + jnp.sqrt(sum(jnp.sum(jnp.abs(w) ** 2) for w in weights))
        # Within h of a kink the slope lies between those of its two sides.
        bend = jnp.abs(ahead - 2 * here + behind) / h
        slack = float(2e-5 * scale + bend)
        np.testing.assert_allclose(slope, (ahead - behind) / (2 * h), atol=slack)


def random_like(generator, leaf):
    parts = generator.standard_normal((2, *leaf.shape))
    values = parts[0] + 1j * parts[1] if jnp.iscomplexobj(leaf) else parts[0]
    return jnp.asarray(values, leaf.dtype)


def test_learned_taps_receive_gradients():
    """Taps are leaves: build the extractor inside the loss and differentiate."""
    with jax.enable_x64(True):
        grid = wi.Grid((16,))
        f = jnp.asarray(strategies.signal(0, (16,)))

        @jax.jit
        def loss(taps):
            layer = wi.Layer(wi.frames.FiniteFilters(taps), wi.ReLU(), wi.MaxPool(2))
            phi = wi.FeatureExtractor([layer], grid, wi.frames.Meyer(scales=1))
            return phi(f).norm() ** 2

        taps, direction = (jnp.asarray(strategies.signal(i, (3, 4))) for i in (1, 2))
        gradient = jax.grad(loss)(taps)
        h = 1e-6
        measured = (loss(taps + h * direction) - loss(taps - h * direction)) / (2 * h)
        np.testing.assert_allclose(jnp.vdot(gradient, direction), measured, rtol=1e-7)


def test_building_inside_a_transformation_changes_nothing():
    """Real atoms stay real, so that a maximum stays a maximum and not a largest modulus."""
    f = jnp.asarray(strategies.signal(0, (16,)).astype(np.float32))

    def features(signal):
        layer = wi.Layer(wi.frames.Meyer(scales=1), wi.Tanh(), wi.MaxPool(2))
        return wi.FeatureExtractor([layer], wi.Grid((16,)))(signal)

    for a, b in zip(jax.jit(features)(f), features(f)):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, atol=1e-6)
