"""Pooling constants reached and not exceeded, covariance, and gradients where maxima tie."""

from __future__ import annotations

import catalogue
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import testing

MEMBERS = catalogue.poolings()
GRIDS = [wi.Grid((48,)), wi.Grid((12, 18)), wi.Grid((6, 12, 6))]


def extremal_pair(member, grid: wi.Grid):
    """Two arrays at which ||P u - P v|| = R ||u - v||."""
    u = np.zeros(grid.shape)
    constant_on_windows = isinstance(member, wi.AveragePool | wi.LowPassDecimate) or (
        isinstance(member, wi.LpPool) and member.p < 2
    )
    if constant_on_windows:
        return u + 1, u  # the low-pass keeps constants, with the factor S^(d/2)
    u[(0,) * grid.ndim] = 1.0
    return u, np.zeros(grid.shape)


@pytest.mark.parametrize("grid", GRIDS, ids=lambda g: str(g.shape))
@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_a_known_pair_reaches_the_constant(member, grid):
    with jax.enable_x64(True):
        u, v = extremal_pair(member, grid)
        moved = np.linalg.norm(member(jnp.asarray(u), grid) - member(jnp.asarray(v), grid))
        ratio = moved / np.linalg.norm(u - v)
    constant = member.lipschitz(grid)
    assert 0.99 * constant <= ratio <= constant * (1 + 1e-12)


@given(
    member=st.sampled_from(MEMBERS),
    grid=st.sampled_from(GRIDS),
    seed=strategies.seeds(),
    real=st.booleans(),
    close=st.booleans(),
)
def test_no_random_pair_exceeds_the_constant(member, grid, seed, real, close):
    u, v = (strategies.signal(seed + i, grid.shape, real) for i in (0, 1))
    u, v = (strategies.like(np.float32, w) for w in (u, u + 0.01 * v if close else v))
    testing.assert_lipschitz(lambda w: member(w, grid), member.lipschitz(grid), u, v)


@pytest.mark.parametrize("grid", GRIDS, ids=lambda g: str(g.shape))
@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_covariance(member, grid):
    """P T_{S m} = T_m P; exactly where no transform is involved."""
    for real in (True, False):
        u = strategies.like(np.float32, strategies.signal(3, grid.shape, real))
        axes, m = tuple(range(grid.ndim)), (1, -2, 3)[: grid.ndim]
        shifted = jnp.roll(u, tuple(member.stride * s for s in m), axes)
        ours, expected = member(shifted, grid), jnp.roll(member(u, grid), m, axes)
        if isinstance(member, wi.LowPassDecimate):
            np.testing.assert_allclose(ours, expected, atol=1e-5)
        else:
            np.testing.assert_array_equal(ours, expected)


def test_a_shift_that_is_not_aligned_does_not_commute():
    u = jnp.asarray(strategies.signal(3, (48,)).astype(np.float32))
    pool = wi.Decimate(2)
    assert float(jnp.abs(pool(jnp.roll(u, 1), GRIDS[0]) - pool(u, GRIDS[0])).max()) > 0.1


@pytest.mark.parametrize("grid", GRIDS, ids=lambda g: str(g.shape))
@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_batches_are_pooled_row_by_row(member, grid):
    u = strategies.like(np.float32, strategies.signal(4, (3, *grid.shape)))
    rows = jnp.stack([member(row, grid) for row in u])
    np.testing.assert_allclose(member(u, grid), rows, atol=1e-6)


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_gradients_are_finite_at_zero_and_at_ties(member, real):
    grid = wi.Grid((12, 6))
    for values in (
        np.zeros(grid.shape),
        np.ones(grid.shape),
        np.eye(12, 6),
        np.full(grid.shape, 1e-30),
    ):
        u = strategies.like(np.float32, values.astype(float if real else complex))
        testing.assert_finite_gradient(lambda w: member(w, grid), u)


def test_the_maximum_has_a_gradient_where_it_is_computed_twice():
    """Fused apart, |z| was rounded one way for the maximum and another way for the comparison."""
    grid, maximum = wi.Grid((12, 12, 12)), wi.MaxPool(3)
    option = "jax_disable_most_optimizations"
    before = jax.config.read(option)
    with jax.enable_x64(True):
        u = jnp.asarray(strategies.signal(0, (4, *grid.shape), real=False))
        jax.config.update(option, True)
        try:
            gradient = jax.jit(jax.grad(lambda w: jnp.sum(maximum(wi.SiLU()(w), grid))))(u)
        finally:
            jax.config.update(option, before)
    assert np.isfinite(gradient).all()
    assert np.count_nonzero(gradient) == 4 * 4**3


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_gradients_equal_finite_differences(member, real):
    grid = wi.Grid((12, 6))
    with jax.enable_x64(True):
        u, direction, w = (jnp.asarray(strategies.signal(i, grid.shape, real)) for i in range(3))
        weights = jnp.asarray(w)

        @jax.jit
        def score(x):
            pooled = member(x, grid)
            own = weights[tuple(slice(n) for n in pooled.shape)]
            return jnp.sum(jnp.real(jnp.conj(own) * pooled))

        slope = jnp.sum(jnp.real(jax.grad(score)(u) * direction))
        h = 1e-6
        measured = (score(u + h * direction) - score(u - h * direction)) / (2 * h)
        np.testing.assert_allclose(slope, measured, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_low_pass_decimation_keeps_the_norm_in_band(factor):
    grid = wi.Grid((48, 24))
    with jax.enable_x64(True):
        f = wi.signals.band_limited(jax.random.key(0), grid, 0.49 / factor, real=False)
        pooled = wi.LowPassDecimate(factor)(f, grid)
        np.testing.assert_allclose(jnp.linalg.norm(pooled), 1.0, rtol=1e-13)


def test_max_pool_takes_the_largest_modulus_of_complex_maps():
    grid, pool = wi.Grid((4,)), wi.MaxPool(2)
    np.testing.assert_allclose(pool(jnp.array([-3.0, 1.0, -1.0, -2.0]), grid), [1.0, -1.0])
    np.testing.assert_allclose(pool(jnp.array([-3.0, 1j, 0.0, -2.0]), grid), [3.0, 2.0])


def test_lp_pool_neither_overflows_nor_underflows():
    grid, pool = wi.Grid((4,)), wi.LpPool(6, 2)
    for size in (1e-30, 1e30):
        pooled = pool(jnp.array([1.0, 1.0, 1.0, 0.0]) * size, grid)
        np.testing.assert_allclose(pooled, np.array([2 ** (1 / 6), 1.0]) * size, rtol=1e-5)
