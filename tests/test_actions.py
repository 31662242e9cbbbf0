"""Translations, deformations and modulations are exact on trigonometric polynomials."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import _fourier

SHAPES = ((97,), (64,), (15, 12), (5, 6, 4))
shifts = st.floats(-20, 20, allow_nan=False).map(lambda t: round(t, 3))


def band_limited(seed: int, shape, real: bool = True):
    """No energy at the Nyquist bin of any axis."""
    f_hat = np.fft.fftn(strategies.signal(seed, shape, real))
    for axis, n in enumerate(shape):
        if n % 2 == 0:
            f_hat[(slice(None),) * axis + (n // 2,)] = 0
    f = np.fft.ifftn(f_hat)
    return jnp.asarray(f.real if real else f)


@given(shape=st.sampled_from(SHAPES), seed=strategies.seeds(), real=st.booleans(), data=st.data())
@settings(max_examples=12)
def test_translations_are_a_unitary_group(shape, seed, real, data):
    with jax.enable_x64(True):
        f = band_limited(seed, shape, real)
        s, t = (np.array([data.draw(shifts) for _ in shape]) for _ in range(2))
        once = wi.translate(f, s)
        assert jnp.iscomplexobj(once) != real
        tolerance = 1e-12 * float(jnp.linalg.norm(f))
        np.testing.assert_allclose(wi.translate(once, t), wi.translate(f, s + t), atol=tolerance)
        np.testing.assert_allclose(wi.translate(once, -s), f, atol=tolerance)
        np.testing.assert_allclose(jnp.linalg.norm(once), jnp.linalg.norm(f), rtol=1e-13)


@pytest.mark.parametrize("t", [0.5, 0.3, 1.0, -2.25])
def test_the_nyquist_bin_is_multiplied_by_a_cosine(t):
    with jax.enable_x64(True):
        f = jnp.asarray((-1.0) ** np.arange(8))
        np.testing.assert_allclose(wi.translate(f, t), np.cos(np.pi * t) * f, atol=1e-14)


def test_whole_shifts_move_samples_bit_for_bit():
    f = strategies.signal(0, (9, 8)).astype(np.float32)
    np.testing.assert_array_equal(wi.translate(f, (2, -3)), np.roll(f, (2, -3), (0, 1)))


def test_whole_shifts_agree_with_the_transform_under_jit():
    f = jnp.asarray(strategies.signal(0, (9, 8)).astype(np.float32))
    traced = jax.jit(wi.translate)(f, jnp.array([2.0, -3.0]))
    np.testing.assert_allclose(traced, wi.translate(f, (2, -3)), atol=1e-5)


def test_a_translation_of_an_exponential_is_its_phase():
    with jax.enable_x64(True):
        n = np.arange(16)
        f = jnp.asarray(np.exp(2j * np.pi * 3 * n / 16))
        expected = np.exp(2j * np.pi * 3 * (n - 0.7) / 16)
        np.testing.assert_allclose(wi.translate(f, 0.7), expected, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_a_constant_displacement_is_a_translation(shape, real):
    with jax.enable_x64(True):
        f = jnp.asarray(strategies.signal(0, shape, real))
        t = np.array([0.3, -1.6, 2.45])[: len(shape)]
        tau = jnp.broadcast_to(t.reshape(-1, *(1,) * len(shape)), (len(shape), *shape))
        np.testing.assert_allclose(wi.deform(f, tau), wi.translate(f, t), atol=1e-12)


@given(seed=strategies.seeds(), shape=st.sampled_from(SHAPES), data=st.data())
@settings(max_examples=10)
def test_deforming_an_exponential_evaluates_it(seed, shape, data):
    """exp(2 pi i <k, x / N>) becomes exp(2 pi i <k, (n - tau(n)) / N>), any tau whatsoever."""
    with jax.enable_x64(True):
        k = [data.draw(st.integers(-((n - 1) // 2), (n - 1) // 2)) for n in shape]
        tau = strategies.signal(seed, (len(shape), *shape)) * 3
        omega = strategies.signal(seed + 1, shape)
        position = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")

        def wave(points):
            turns = sum(k_i * x / n for k_i, x, n in zip(k, points, shape))
            return np.exp(2j * np.pi * turns)

        f = jnp.asarray(wave(position))
        moved = wave([x - t for x, t in zip(position, tau)]) * np.exp(2j * np.pi * omega)
        np.testing.assert_allclose(wi.deform(f, tau, omega), moved, atol=1e-11)
        band = max(abs(i) for i in k)
        if band <= (min(shape) - 1) // 2:
            np.testing.assert_allclose(wi.deform(f, tau, omega, band=band), moved, atol=1e-11)


def test_a_band_drops_what_lies_outside():
    with jax.enable_x64(True):
        f = jnp.asarray(strategies.signal(0, (16,)))
        kept, dropped = wi.signals.project(f, 3)
        assert dropped > 0.1
        np.testing.assert_allclose(wi.deform(f, jnp.zeros(16), band=3), kept, atol=1e-13)


def test_points_travel_in_chunks(monkeypatch):
    """The same values when the temporaries of all points do not fit at once."""
    with jax.enable_x64(True):
        f = jnp.asarray(strategies.signal(0, (15, 12)))
        coefficients, modes = _fourier.trigonometric_coefficients(f, None)
        points = jnp.asarray(strategies.signal(1, (50, 2)) * 5)
        at_once = _fourier.evaluate_trigonometric(coefficients, modes, f.shape, points)
        few = 16 * coefficients.size * 3
        chunked = _fourier.evaluate_trigonometric(coefficients, modes, f.shape, points, few)
        np.testing.assert_allclose(chunked, at_once, atol=1e-13)


def test_modulation_is_a_unit_phase():
    f = strategies.signal(0, (7, 9)).astype(np.float32)
    omega = strategies.signal(1, (7, 9)).astype(np.float32)
    np.testing.assert_allclose(wi.modulate(f, omega), f * np.exp(2j * np.pi * omega), atol=1e-5)
    np.testing.assert_allclose(wi.modulate(f, 0.25), 1j * f, atol=1e-6)
    np.testing.assert_allclose(np.abs(wi.modulate(f, omega)), np.abs(f), rtol=1e-5)


def test_displacements_have_gradients():
    f = jnp.asarray(strategies.signal(0, (12,)).astype(np.float32))

    def energy(tau):
        return jnp.sum(wi.deform(f, tau) ** 3)

    gradient = jax.grad(energy)(jnp.zeros(12))
    assert jnp.all(jnp.isfinite(gradient))
    assert float(jnp.abs(gradient).max()) > 0


def test_a_long_whole_shift_keeps_its_digits():
    f = np.arange(16.0)
    np.testing.assert_array_equal(wi.translate(f, 2**24 + 1), np.roll(f, 1))
    np.testing.assert_array_equal(wi.translate(f, -(2**24) - 3), np.roll(f, -3))
