"""Samplers keep what their names promise; real signals load."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import signals

GRIDS = [wi.Grid((64,)), wi.Grid((33, 20), 0.5), wi.Grid((8, 9, 10))]


@pytest.mark.parametrize("grid", GRIDS, ids=lambda g: str(g.shape))
@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_band_limited_signals_have_no_energy_outside(grid, real):
    with jax.enable_x64(True):
        f = signals.band_limited(jax.random.key(0), grid, 0.2, real)
        outside = np.abs(np.fft.fftn(f))[grid.frequency_norm() > 0.2]
        assert outside.max() <= 1e-13
        np.testing.assert_allclose(jnp.linalg.norm(f), 1.0, rtol=1e-13)
        assert jnp.iscomplexobj(f) != real


def test_no_bandwidth_leaves_the_mean():
    f = signals.band_limited(jax.random.key(0), GRIDS[0], 0.0)
    np.testing.assert_allclose(f, f[0], rtol=1e-5)


@given(seed=strategies.seeds(), constant=st.sampled_from((0.0, 0.5, 3.0)))
def test_lipschitz_constant_is_kept_and_attained_on_a_line(seed, constant):
    with jax.enable_x64(True):
        grid = wi.Grid((97,), 0.5)
        f = np.asarray(signals.lipschitz(jax.random.key(seed), grid, constant))
        steps = np.abs(f[:, None] - f[None])
        gap = np.abs(np.arange(97)[:, None] - np.arange(97)[None])
        gap = np.minimum(gap, 97 - gap) * 0.5
        assert np.all(steps <= constant * gap + 1e-12)
        np.testing.assert_allclose(steps[gap == 0.5].max(), constant * 0.5, rtol=1e-9)


def test_lipschitz_constant_is_kept_in_the_plane():
    with jax.enable_x64(True):
        grid = wi.Grid((15, 12))
        f = np.asarray(signals.lipschitz(jax.random.key(1), grid, 2.0)).ravel()
        points = np.stack(np.meshgrid(np.arange(15), np.arange(12), indexing="ij"), -1).reshape(
            -1, 2
        )
        gap = np.abs(points[:, None] - points[None])
        gap = np.linalg.norm(np.minimum(gap, np.array([15, 12]) - gap), axis=-1)
        slopes = np.abs(f[:, None] - f[None])[gap > 0] / gap[gap > 0]
        assert 1.8 <= slopes.max() <= 2 + 1e-12


@pytest.mark.parametrize("grid", GRIDS, ids=lambda g: str(g.shape))
def test_cartoons_are_finite_have_jumps_and_differ(grid):
    one, other = (signals.cartoon(jax.random.key(seed), grid) for seed in (0, 1))
    assert one.shape == grid.shape
    assert np.isfinite(one).all()
    assert np.ptp(np.asarray(one)) > 0.5
    assert float(jnp.abs(one - other).max()) > 0.1
    assert float(jnp.abs(one).max()) <= 0.5 + 3 * 1.5


@pytest.mark.parametrize("grid", GRIDS[:2], ids=lambda g: str(g.shape))
def test_displacements_keep_both_bounds(grid):
    with jax.enable_x64(True):
        for amplitude, slope in ((2.0, 0.05), (0.01, 0.3)):
            tau = np.asarray(signals.random_displacement(jax.random.key(3), grid, amplitude, slope))
            assert tau.shape == (grid.ndim, *grid.shape)
            assert np.linalg.norm(tau, axis=0).max() <= amplitude
            for axis in range(1, grid.ndim + 1):
                assert np.abs(np.diff(tau, axis=axis)).max() <= slope + 1e-12


def test_white_noise_has_unit_norm():
    for real in (True, False):
        f = signals.white_noise(jax.random.key(0), GRIDS[1], real)
        np.testing.assert_allclose(jnp.linalg.norm(f), 1.0, rtol=1e-5)
        assert jnp.iscomplexobj(f) != real


def test_projection_and_the_share_it_drops():
    with jax.enable_x64(True):
        f = jnp.asarray(strategies.signal(0, (16, 20)))
        kept, dropped = signals.project(f, 4)
        again, nothing = signals.project(kept, 4)
        np.testing.assert_allclose(again, kept, atol=1e-14)
        assert nothing < 1e-28
        energy = jnp.sum(f**2)
        np.testing.assert_allclose(jnp.sum(kept**2) / energy + dropped, 1.0, rtol=1e-12)
        assert float(signals.project(0 * f, 4)[1]) == 0


@pytest.mark.parametrize("name", signals.PHOTOS)
def test_photos_load_with_values_in_range(name):
    image = signals.photo(name)
    assert image.dtype == np.float32
    assert image.shape[0] == (3 if name == "grace_hopper" else 1)
    assert min(image.shape[1:]) >= 512
    assert image.min() >= 0
    assert 0.5 < image.max() <= 1
    assert image.std() > 0.05


def test_the_recording_loads():
    samples = signals.recording()
    assert samples.shape == (1024,)
    assert np.abs(samples).max() == 1


def test_crop_and_resize():
    f = np.arange(5 * 6).reshape(5, 6).astype(np.float32)
    np.testing.assert_array_equal(signals.crop(f, (3, 4)), f[1:4, 1:5])
    assert signals.crop(np.zeros((3, 7, 9)), (4, 4)).shape == (3, 4, 4)
    assert signals.crop_to_multiple(np.zeros((3, 65, 100)), 8).shape == (3, 64, 96)
    assert signals.resize(np.zeros((3, 65, 100)), (32, 48)).shape == (3, 32, 48)
    np.testing.assert_allclose(signals.resize(np.ones((9, 9)), (4, 5)), 1.0, rtol=1e-5)
