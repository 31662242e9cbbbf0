"""Right-hand sides of the theorems against direct evaluation, and what they bound."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import bounds


def decimating() -> wi.FeatureExtractor:
    layers = [
        wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Decimate(2)),
        wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.AveragePool(2)),
    ]
    return wi.FeatureExtractor(layers, wi.Grid((24, 16)))


def dilating() -> wi.FeatureExtractor:
    layer = wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Dilate(2))
    return wi.FeatureExtractor([layer, layer], wi.Grid((48,)))


def difference(phi, one, other) -> np.ndarray:
    return np.sqrt(np.asarray((phi(one) - phi(other)).energies()))


@pytest.mark.parametrize("make", [decimating, dilating])
def test_output_decay_by_loops(make):
    with jax.enable_x64(True):
        phi = make()
        for depth, bank in enumerate(phi.banks):
            worst = 0.0
            for k in np.ndindex(bank.grid.shape):
                omega = [
                    (k_i - n * (2 * k_i >= n)) / (n * bank.grid.spacing)
                    for k_i, n in zip(k, bank.grid.shape)
                ]
                worst = max(worst, math.hypot(*omega) * abs(complex(bank.output_atom_hat[k])))
            np.testing.assert_allclose(bounds.output_decay(phi, depth), worst, rtol=1e-13)


def test_translation_and_covariance_by_their_formulas():
    with jax.enable_x64(True):
        phi, f = dilating(), strategies.signal(0, (48,))
        norm = np.linalg.norm(f)
        for depth in range(3):
            decay, product = float(bounds.output_decay(phi, depth)), 2.0**depth
            expected = 2 * np.pi * 3 * decay / product * norm
            np.testing.assert_allclose(
                bounds.translation(phi, depth, 3, norm), expected, rtol=1e-13
            )
            expected = 2 * np.pi * 3 * decay * abs(1 / product - 1) * norm
            ours = bounds.covariance(phi, depth, 3, norm)
            np.testing.assert_allclose(ours, expected, rtol=1e-13)


@given(seed=strategies.seeds(), t=st.integers(-10, 10))
def test_theorem_1_holds_for_whole_shifts_of_a_dilating_extractor(seed, t):
    with jax.enable_x64(True):
        phi = dilating()
        f = jnp.asarray(strategies.signal(seed, (48,)))
        trace = phi.trace(f)
        measured = difference(phi, wi.translate(f, t), f)
        energies = np.asarray(trace.propagated_energies())
        for depth in range(3):
            sharp = bounds.translation_multiplier_norm(phi, depth, t) * math.sqrt(energies[depth])
            linear = bounds.translation(phi, depth, t, math.sqrt(energies[depth]))
            assert measured[depth] <= sharp * (1 + 1e-12) + 1e-12
            assert sharp <= linear * (1 + 1e-12)
            # Corollary 1: T_t moves the features by t units, that is t D_n samples.
            moved = phi(wi.translate(f, t))[depth] - jnp.roll(phi(f)[depth], t * 2**depth, 1)
            limit = bounds.covariance(phi, depth, t, math.sqrt(energies[depth]))
            assert jnp.linalg.norm(moved) <= limit * (1 + 1e-12) + 1e-12


@given(seed=strategies.seeds(), m=st.tuples(st.integers(-3, 3), st.integers(-3, 3)))
def test_theorem_1_holds_for_aligned_shifts_of_a_decimating_extractor(seed, m):
    with jax.enable_x64(True):
        phi = decimating()
        f = jnp.asarray(strategies.signal(seed, phi.grid.shape))
        t = (4 * m[0], 4 * m[1])
        measured = difference(phi, wi.translate(f, t), f)
        for depth in range(3):
            limit = bounds.translation(phi, depth, t, jnp.linalg.norm(f))
            assert measured[depth] <= limit * (1 + 1e-12) + 1e-12


@given(seed=strategies.seeds(), t=st.tuples(st.floats(-4, 4), st.floats(-4, 4)), real=st.booleans())
def test_the_aliasing_term_covers_every_shift(seed, t, real):
    """D3, fractional shifts and any signal included."""
    with jax.enable_x64(True):
        phi = decimating()
        f = jnp.asarray(strategies.signal(seed, phi.grid.shape, real))
        measured = difference(phi, wi.translate(f, t), f)
        limit = np.asarray(bounds.translation_decimated(phi, f, t))
        assert np.all(measured <= limit * (1 + 1e-12) + 1e-12)


def test_without_the_aliasing_term_the_bound_is_false():
    """The alternating signal, an all-pass and plain sub-sampling: theory section 6, D3."""
    with jax.enable_x64(True):
        grid = wi.Grid((64,))
        allpass = wi.FilterBank(np.ones((1, 64)), np.zeros(64), grid)
        low = np.where(np.abs(np.fft.fftfreq(32)) < 0.05, 1.0, 0.0)
        output = wi.FilterBank(np.zeros((0, 32)), low, wi.Grid((32,)))
        phi = wi.FeatureExtractor([wi.Layer(allpass, wi.ReLU(), wi.Decimate(2))], grid, output)
        assert phi.is_admissible()
        f = jnp.asarray((-1.0) ** np.arange(64) / 8)
        measured = difference(phi, wi.translate(f, 1), f)[1]
        naive = 2 * np.pi * float(bounds.output_decay(phi, 1)) / 2
        assert measured > 2 * naive
        assert measured <= bounds.translation_decimated(phi, f, 1)[1] * (1 + 1e-12)


@pytest.mark.parametrize("kappa", [0.0, 0.1, 0.5, 0.9])
def test_stretch_factor_is_its_integral(kappa):
    value, _ = scipy.integrate.quad(lambda s: (1 - s * kappa) ** -0.5, 0, 1)
    np.testing.assert_allclose(bounds.stretch_factor(kappa), value, rtol=1e-10)


def test_deformation_constants():
    np.testing.assert_allclose(bounds.DEFORMATION_CONSTANT, 7.3612, atol=5e-5)
    largest = bounds.deformation_torus(1.0, 1.0, 1.0, 0.25, 2)
    assert largest <= 2 * bounds.DEFORMATION_CONSTANT
    np.testing.assert_allclose(largest, bounds.DEFORMATION_CONSTANT + 2 * np.pi, rtol=1e-12)
    s = (np.arange(200_000) + 0.5) / 200_000  # midpoints
    value = np.mean(np.sqrt(2 * 6 / 128 + 1 / (1 - s / 2)))
    np.testing.assert_allclose(bounds.sieve_factor(0.5, 6 / 128), value, rtol=1e-9)
    np.testing.assert_allclose(bounds.sieve_factor(0.5, 6 / 128), 1.211, atol=1e-3)
    expected = 2 * np.pi * (0.1 * 0.7 * (1 + 4 * np.pi * 0.1 * 2) ** 1.0 + 0.3)
    np.testing.assert_allclose(bounds.deformation_rough(0.1, 0.7, 0.3, 2), expected, rtol=1e-13)


def dense_operator(tau, band, omega) -> np.ndarray:
    """(E_{tau, omega} - E_0) / sqrt(N^d), column by column."""
    shape = tau.shape[1:]
    positions = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    columns = []
    for k in np.ndindex(*(2 * band + 1,) * len(shape)):
        waves = [(k_i - band) / n for k_i, n in zip(k, shape)]
        moved = sum(w * (x - t) for w, x, t in zip(waves, positions, tau)) + omega
        still = sum(w * x for w, x in zip(waves, positions))
        columns.append((np.exp(2j * np.pi * moved) - np.exp(2j * np.pi * still)).ravel())
    return np.stack(columns, 1) / math.sqrt(math.prod(shape))


@pytest.mark.parametrize(("shape", "band"), [((32,), 5), ((9, 10), 2)])
def test_deformation_operator_norm_is_the_largest_singular_value(shape, band):
    with jax.enable_x64(True):
        tau = strategies.signal(0, (len(shape), *shape)) * 0.4
        omega = strategies.signal(1, shape) * 0.1
        norm, worst = bounds.deformation_operator_norm(jnp.asarray(tau), band, jnp.asarray(omega))
        dense = dense_operator(tau, band, omega)
        np.testing.assert_allclose(norm, np.linalg.svd(dense, compute_uv=False)[0], rtol=1e-10)
        image = dense @ np.asarray(worst).ravel()
        np.testing.assert_allclose(np.linalg.norm(image), norm, rtol=1e-10)
        np.testing.assert_allclose(np.linalg.norm(worst), 1.0, rtol=1e-12)


@given(seed=strategies.seeds(), slope=st.sampled_from((0.05, 0.3)))
@settings(max_examples=10)
def test_the_exact_norm_lies_below_both_sieve_bounds(seed, slope):
    with jax.enable_x64(True):
        grid, band = wi.Grid((64,)), 4
        tau = wi.signals.random_displacement(jax.random.key(seed), grid, 1.0, slope)
        exact, _ = bounds.deformation_operator_norm(tau, band)
        size = float(jnp.abs(tau).max())
        gap = np.abs(np.asarray(tau[0])[:, None] - np.asarray(tau[0])[None])
        apart = np.abs(np.arange(64)[:, None] - np.arange(64)[None])
        apart = np.minimum(apart, 64 - apart)
        own_slope = float(np.max(gap[apart > 0] / apart[apart > 0]))
        assert exact <= bounds.deformation_sieve(band / 64, size, 0.0, own_slope)
        assert exact <= bounds.deformation_rough(band / 64, size, 0.0, 1)


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_the_depth_for_a_share_inverts_the_share_at_a_depth(layers):
    band, gap, growth = 9.0, 8.0, 5 / 3
    lost = 1 - (1 - band / (gap * growth**layers)) ** 2
    assert bounds.depth_for_share(lost * (1 + 1e-9), band, gap, growth) == layers
    assert bounds.depth_for_share(lost * (1 - 1e-9), band, gap, growth) == layers + 1


def test_formulas_are_evaluated_without_their_hypotheses_on_demand():
    """Negative controls look at a right-hand side where its theorem says nothing."""
    loud = wi.Layer(wi.frames.Scaled(wi.frames.Haar(scales=1), 2.0), pooling=wi.Decimate(2))
    phi = wi.FeatureExtractor([loud], wi.Grid((16,)))
    with pytest.raises(ValueError, match="not admissible"):
        bounds.translation(phi, 1, 1, 1.0)
    told = bounds.translation(phi, 1, 1, 1.0, checked=False)
    np.testing.assert_allclose(told, 2 * np.pi / 2 * bounds.output_decay(phi, 1), rtol=1e-6)
