"""Taps (the gradient at a layer) and reflection at the boundary."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies

import wiatowski as wi


def extractor(shape=(12, 18), pooling=None) -> wi.FeatureExtractor:
    return wi.FeatureExtractor(
        [
            wi.Layer(wi.frames.Meyer(scales=1), wi.Tanh(), pooling or wi.Decimate(2)),
            wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.AveragePool(3)),
        ],
        wi.Grid(shape),
    )


def zero_taps(phi: wi.FeatureExtractor):
    paths, taps = 1, {}
    for number, layer in enumerate(phi.layers, start=1):
        paths *= len(layer.bank)
        taps[number] = jnp.zeros((paths, *layer.bank.grid.shape), layer.bank.dtype)
    return taps


def test_zero_taps_change_nothing():
    phi = extractor()
    f = jnp.asarray(strategies.signal(0, phi.grid.shape).astype(np.float32))
    for a, b in zip(phi(f), phi(f, taps=zero_taps(phi))):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("pooling", [wi.Decimate(2), wi.MaxPool(2), wi.Dilate(2)], ids=str)
def test_a_tap_adds_after_the_nonlinearity_and_before_the_pooling(pooling):
    phi = extractor(pooling=pooling)
    with jax.enable_x64(True):
        phi = extractor(pooling=pooling)
        f = jnp.asarray(strategies.signal(0, phi.grid.shape))
        bank = phi.layers[0].bank
        tap = jnp.asarray(strategies.signal(1, (len(bank), *phi.grid.shape)))
        v = jnp.fft.ifftn(jnp.fft.fftn(f) * bank.atoms_hat, axes=(1, 2)).real
        expected = pooling(jnp.tanh(v) + tap, phi.grid)
        maps = phi.trace(f, {1: tap}).maps[1]
        np.testing.assert_allclose(maps, expected, atol=1e-13)


@pytest.mark.parametrize("number", [1, 2])
def test_the_gradient_of_a_zero_tap_is_the_gradient_at_the_layer(number):
    """Moving the activation changes the score at the rate of the tap's gradient."""
    with jax.enable_x64(True):
        phi = extractor()
        f = jnp.asarray(strategies.signal(0, phi.grid.shape))
        taps = zero_taps(phi)
        weights = [jnp.asarray(strategies.signal(i, a.shape)) for i, a in enumerate(phi(f))]

        @jax.jit
        def score(tap):
            features = phi(f, taps=taps | {number: tap})
            return sum(jnp.vdot(w, a).real for w, a in zip(weights, features))

        direction = jnp.asarray(strategies.signal(9, taps[number].shape))
        gradient = jax.grad(score)(taps[number])
        assert gradient.shape == taps[number].shape
        h = 1e-6
        measured = (score(h * direction) - score(-h * direction)) / (2 * h)
        np.testing.assert_allclose(jnp.vdot(gradient, direction), measured, rtol=1e-7)


def test_the_chain_rule_through_a_tap_gives_the_gradient_of_the_signal():
    """The gradient at layer 1, pulled back through frame and nonlinearity by hand."""
    with jax.enable_x64(True):
        phi = extractor()
        f = jnp.asarray(strategies.signal(0, phi.grid.shape))
        bank, taps = phi.layers[0].bank, zero_taps(phi)

        def deepest(g, tap):
            return jnp.sum(phi(g, taps={1: tap})[2] ** 2)

        at_layer = jax.grad(deepest, argnums=1)(f, taps[1])

        def activations(g):
            return jnp.tanh(jnp.fft.ifftn(jnp.fft.fftn(g) * bank.atoms_hat, axes=(1, 2)).real)

        (pulled,) = jax.vjp(activations, f)[1](at_layer)
        np.testing.assert_allclose(pulled, jax.grad(deepest)(f, taps[1]), atol=1e-14)


@pytest.mark.parametrize("size", [(24, 24), (20, 17), (11, 24)])
def test_reflection_extends_and_crops(size):
    layer = wi.Layer(wi.frames.Meyer(scales=1), wi.Modulus(), wi.Decimate(2))
    phi = wi.FeatureExtractor([layer, layer], wi.Grid((24, 24)))
    f = strategies.signal(0, size).astype(np.float32)
    padded = phi(jnp.asarray(f), pad="reflect")
    before = [(24 - n) // 2 // 4 * 4 for n in size]
    widths = [(b, 24 - n - b) for b, n in zip(before, size)]
    whole = phi(jnp.asarray(np.pad(f, widths, mode="reflect")))
    for depth, stride in enumerate(phi.strides):
        window = tuple(slice(b // stride, -(-(b + n) // stride)) for b, n in zip(before, size))
        np.testing.assert_allclose(padded[depth], whole[depth][(slice(None), *window)], atol=1e-6)
        assert padded.grids[depth].shape == padded[depth].shape[1:]
        assert all(m * stride >= n for m, n in zip(padded[depth].shape[1:], size))


def test_reflection_of_a_full_signal_is_the_periodic_answer():
    phi = extractor()
    f = jnp.asarray(strategies.signal(0, phi.grid.shape).astype(np.float32))
    for a, b in zip(phi(f, pad="reflect"), phi(f)):
        np.testing.assert_array_equal(a, b)


def test_reflection_removes_the_jump_at_the_edge():
    """A ramp jumps where the torus closes; reflected, its fine detail at the border vanishes."""
    ramp = jnp.linspace(0, 1, 32)
    periodic = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((32,)))
    larger = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((64,)))
    assert float(periodic.trace(ramp).maps[1].max()) > 0.4
    extended, _ = larger._reflected(ramp)
    assert float(larger.trace(extended).maps[1].max()) < 0.05
