"""Declared Lipschitz constants: never exceeded, and reached; the other laws of nonlinearities."""

from __future__ import annotations

import math

import catalogue
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, ndtr

import wiatowski as wi
from wiatowski import testing
from wiatowski.nonlinearities import lipschitz_probe

SETTINGS = [(member, pair) for rows in catalogue.NONLINEARITIES.values() for member, pair in rows]
IDS = [f"{type(member).__name__}-{i}" for i, (member, _) in enumerate(SETTINGS)]


@pytest.mark.parametrize("member", [member for member, _ in SETTINGS], ids=IDS)
def test_no_random_pair_exceeds_the_constant(member):
    """Sample by sample, at all scales: far apart, close by, across zero, real and complex."""
    generator = np.random.default_rng(0)
    z, step = generator.standard_normal((2, 20_000, 2)) * 2.0 ** generator.uniform(
        -12, 6, (2, 20_000, 1)
    )
    with jax.enable_x64(True):
        for u, v in ((z, z + step), (z, -z), (z, z * (1 + 1e-3 * step)), (z, 0 * z)):
            for part in (lambda w: w[:, 0], lambda w: w[:, 0] + 1j * w[:, 1]):
                a, b = jnp.asarray(part(u)), jnp.asarray(part(v))
                moved = np.abs(np.asarray(member(a)) - np.asarray(member(b)))
                rounding = 1e-14 * np.asarray(jnp.abs(a) + jnp.abs(b))
                assert np.all(moved <= member.lipschitz * np.abs(np.asarray(a - b)) + rounding)


@pytest.mark.parametrize(("member", "pair"), SETTINGS, ids=IDS)
def test_a_known_pair_reaches_the_constant(member, pair):
    with jax.enable_x64(True):
        z, w = (jnp.asarray([value]) for value in pair)
        ratio = float(jnp.abs(member(z) - member(w))[0]) / abs(pair[0] - pair[1])
    assert 0.99 * member.lipschitz <= ratio <= member.lipschitz * (1 + 1e-12)


@given(
    member=st.sampled_from([member for member, _ in SETTINGS]),
    seed=strategies.seeds(),
    real=st.booleans(),
    scale=st.sampled_from((0.01, 1.0, 30.0)),
)
def test_the_constant_holds_for_arrays(member, seed, real, scale):
    u, v = (
        strategies.like(np.float32, strategies.signal(seed + i, (8, 8), real, scale))
        for i in (0, 1)
    )
    testing.assert_lipschitz(member, member.lipschitz, u, v)
    if member.lipschitz <= 1:
        testing.assert_nonexpansive(member, u, v)


@pytest.mark.parametrize("member", [member for member, _ in SETTINGS], ids=IDS)
def test_pointwise_maps_commute_with_shifts_and_decimation(member):
    assert member.pointwise
    u = strategies.like(np.float32, strategies.signal(1, (12,), real=False))
    np.testing.assert_array_equal(member(jnp.roll(u, 5)), jnp.roll(member(u), 5))
    np.testing.assert_array_equal(member(u[::3]), member(u)[::3])


@pytest.mark.parametrize("member", [member for member, _ in SETTINGS], ids=IDS)
def test_a_complex_array_without_imaginary_part_is_a_real_one(member):
    u = strategies.signal(2, (64,)).astype(np.float32)
    np.testing.assert_allclose(
        member(jnp.asarray(u.astype(np.complex64))), member(jnp.asarray(u)), atol=1e-6
    )


@pytest.mark.parametrize("member", [member for member, _ in SETTINGS], ids=IDS)
def test_gradients_are_finite_at_zero_and_at_kinks(member):
    for dtype in (jnp.float32, jnp.complex64):
        for values in ([0.0, 0.0], [0.1, -0.1], [1e-30, -1e-30], [1e4, -1e4]):
            testing.assert_finite_gradient(member, jnp.asarray(values, dtype))


@pytest.mark.parametrize("member", [member for member, _ in SETTINGS], ids=IDS)
def test_gradients_equal_finite_differences(member):
    with jax.enable_x64(True):
        z = jnp.asarray(strategies.signal(4, (50,), real=False))
        weights = jnp.asarray(strategies.signal(5, (50,), real=False))
        direction = jnp.asarray(strategies.signal(6, (50,), real=False))

        def score(u):
            return jnp.sum(jnp.real(jnp.conj(weights) * member(u)))

        slope = jnp.sum(jnp.real(jax.grad(score)(z) * direction))
        h = 1e-6
        measured = (score(z + h * direction) - score(z - h * direction)) / (2 * h)
        np.testing.assert_allclose(slope, measured, rtol=1e-6, atol=1e-6)


def test_sharp_constants_of_silu_and_gelu():
    """The supremum of the derivative, by a fine search in closed form; rounded up, not down."""
    x = np.linspace(2.3, 2.5, 2_000_001)
    silu = expit(x) * (1 + x * (1 - expit(x)))
    assert silu.max() <= wi.SiLU().lipschitz <= silu.max() + 1e-12
    gelu = ndtr(math.sqrt(2)) + math.sqrt(2) * math.exp(-1) / math.sqrt(2 * math.pi)
    assert gelu <= wi.GELU().lipschitz <= gelu + 1e-12


def test_constants_of_the_theory():
    assert wi.Modulus().lipschitz == wi.ReLU().lipschitz == wi.Tanh().lipschitz == 1
    assert wi.ShiftedSigmoid().lipschitz == 0.25
    assert wi.LeakyReLU(-3.0).lipschitz == 3.0


def test_relu_attains_one_with_the_sign_flipped():
    f = jnp.asarray(strategies.signal(0, (100,)).astype(np.float32))
    np.testing.assert_array_equal(wi.ReLU()(f) - wi.ReLU()(-f), f)


def test_the_probe_pairs_are_distinct_and_finite():
    pairs = lipschitz_probe()
    assert pairs.dtype == np.complex64
    assert pairs.shape[1] == 2
    assert np.isfinite(pairs).all()
    assert np.all(pairs[:, 0] != pairs[:, 1])


def test_a_discontinuous_function_is_refused():
    """z / |z| has no constant: whatever is declared is exceeded near zero."""

    def phase(u):
        size = jnp.abs(u)
        return jnp.where(size > 0, u / jnp.where(size > 0, size, 1), 0)

    with pytest.raises(ValueError, match="exceeded on the probe"):
        wi.Pointwise(phase, 100.0, "phase")


def test_no_threshold_is_the_identity_also_in_the_derivative():
    tiny = jnp.asarray([1e-20, -1e-27, 1e-39, 0.0])
    for nonlinearity in (wi.ModReLU(0.0), wi.SoftThreshold(0.0)):
        gradient = jax.grad(lambda x, m=nonlinearity: jnp.sum(m(x)))(tiny)
        np.testing.assert_array_equal(gradient, np.ones(4))


@pytest.mark.parametrize("kind", [jnp.float32, jnp.complex64])
@pytest.mark.parametrize("size", [1e-30, 1e-20, 1.0, 1e20, 1e30])
def test_the_root_of_squares_neither_over_nor_underflows(kind, size):
    z = jnp.asarray([[3.0, 1.0, 0.0], [4.0, 2.0, 0.0], [0.0, 2.0, 0.0]], kind)
    join = wi.GroupModulus().join
    np.testing.assert_allclose(join(size * z, 0) / size, [5.0, 3.0, 0.0], rtol=1e-6)
    slope = jax.grad(lambda x: jnp.sum(join(x, 0)))(size * z)
    np.testing.assert_allclose(slope[:, 0], [0.6, 0.8, 0.0], rtol=1e-6)
    np.testing.assert_array_equal(slope[:, 2], 0)
