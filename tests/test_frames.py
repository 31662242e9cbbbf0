"""Every frame of the catalogue meets every law of frames, on grids of all kinds."""

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

EXACT_GRIDS = [(32, 32), (65, 100), (33, 47), (97,), (96,), (12, 10, 9), (8, 8, 8)]
EXAMPLES = [(name, d, f) for name, rows in catalogue.FRAMES.items() for d in rows for f in rows[d]]
IDS = [f"{name}-{d}d-{i}" for i, (name, d, _) in enumerate(EXAMPLES)]
EVEN, ODD = {1: (40,), 2: (24, 20), 3: (8, 12, 10)}, {1: (97,), 2: (33, 21), 3: (9, 11, 9)}


@pytest.mark.parametrize("shape", EXACT_GRIDS, ids=str)
@pytest.mark.parametrize("name", catalogue.PARSEVAL)
def test_parseval_families_are_parseval_to_rounding(name, shape):
    with jax.enable_x64(True):
        for frame in catalogue.FRAMES[name].get(len(shape), []):
            for spacing in strategies.SPACINGS:
                bank = frame.on(wi.Grid(shape, spacing))
                testing.assert_parseval(bank, 1e-13)
                lower, upper = bank.frame_bounds()
                assert 1 - 1e-13 <= lower <= upper <= 1 + 1e-13


# As deep as they are used, on sizes that divide nothing.
DEEP = {
    1: [frame(scales=4) for frame in (wi.frames.Meyer, wi.frames.Shannon, wi.frames.Simoncelli)]
    + [frame(scales=4) for frame in (wi.frames.Haar, wi.frames.Daubechies, wi.frames.Symlets)]
    + [wi.frames.Coiflets(scales=3), wi.frames.BSplineFramelets(scales=3), wi.frames.Gabor(16)],
    2: [frame(scales=3) for frame in (wi.frames.Meyer, wi.frames.Shannon, wi.frames.Simoncelli)]
    + [frame(scales=3) for frame in (wi.frames.Curvelets, wi.frames.Shearlets)]
    + [frame(scales=3) for frame in (wi.frames.Ridgelets, wi.frames.DirectionalWavelets)]
    + [wi.frames.Steerable(scales=3, orientations=4), wi.frames.Gabor(6)]
    + [frame(scales=2) for frame in (wi.frames.Haar, wi.frames.Daubechies, wi.frames.Symlets)]
    + [wi.frames.Coiflets(scales=2), wi.frames.BSplineFramelets(scales=2)],
    3: [frame(scales=2) for frame in (wi.frames.Meyer, wi.frames.Shearlets, wi.frames.Haar)]
    + [wi.frames.Daubechies(scales=1), wi.frames.Gabor(4)],
}
SIZES = [(256,), (97,), (100,), (32, 32), (64, 64), (128, 128), (256, 256), (65, 100), (33, 47)]
SIZES += [(97, 97), (16, 16, 16), (15, 16, 17)]


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_parseval_and_reconstruction_of_noise_on_every_size(shape):
    with jax.enable_x64(True):
        f = jnp.asarray(strategies.signal(0, shape))
        for frame in DEEP[len(shape)]:
            bank = frame.on(wi.Grid(shape))
            testing.assert_parseval(bank, 1e-13)
            back = bank.synthesis(bank.analysis(f))
            error = jnp.linalg.norm(back - f) / jnp.linalg.norm(f)
            assert error <= 1e-13, (frame, float(error))
            at_zero = np.asarray(bank.atoms_hat)[(slice(None), *(0,) * len(shape))]
            np.testing.assert_array_equal(at_zero, 0)


@pytest.mark.parametrize("name", catalogue.PARSEVAL)
def test_parseval_families_are_parseval_in_single_precision(name):
    for shape in ((33, 47), (96,), (8, 8, 8)):
        for frame in catalogue.FRAMES[name].get(len(shape), []):
            testing.assert_parseval(frame.on(wi.Grid(shape)))


@pytest.mark.parametrize(("name", "ndim", "frame"), EXAMPLES, ids=IDS)
@pytest.mark.parametrize("spacing", [1.0, 0.5, 0.75])
def test_symmetries(name, ndim, frame, spacing):
    """Zero mean exactly, real atoms where promised, one distinct label per atom."""
    for shape in (EVEN[ndim], ODD[ndim]):
        bank = frame.on(wi.Grid(shape, spacing))
        at_zero = np.asarray(bank.atoms_hat)[(slice(None), *(0,) * ndim)]
        if name in catalogue.ZERO_MEAN_ATOMS:
            np.testing.assert_array_equal(at_zero, 0)
        if name in catalogue.REAL_ATOMS:
            assert bank.real
            atoms = np.fft.ifftn(np.asarray(bank.atoms_hat), axes=range(1, ndim + 1))
            assert np.abs(atoms.imag).max() <= 1e-6 * np.abs(atoms).max()
        assert len(set(bank.labels)) == len(bank.labels) == len(bank) == bank.redundancy() - 1


@pytest.mark.parametrize("name", ["Morlet"])
def test_analytic_atoms_are_complex_and_covered_by_the_real_bounds(name):
    bank = catalogue.FRAMES[name][1][0].on(wi.Grid((64,)))
    assert not bank.atoms_real
    assert bank.frame_bounds(real=True).upper < bank.frame_bounds().upper


@given(data=st.data(), seed=strategies.seeds(), real=st.booleans())
@settings(max_examples=8)
def test_frame_inequality_and_reconstruction(data, seed, real):
    grid = data.draw(strategies.grids(spacings=(1.0, 0.75)))
    bank = data.draw(strategies.frames_on(grid)).on(grid)
    f = strategies.like(bank.dtype, strategies.signal(seed, grid.shape, real))
    testing.assert_frame(bank, f)
    lower, upper = bank.frame_bounds()
    if lower > 1e-2 * upper:
        testing.assert_reconstructs(bank, f)
        tight = bank.parseval()
        testing.assert_parseval(tight)
        testing.assert_frame(tight, f)
    np.testing.assert_allclose(bank.scaled_to(0.5).frame_bounds().upper, 0.5, rtol=1e-6)


@eqx.filter_jit
def adjoint_pairing(bank, f, c):
    return jnp.vdot(c, bank.analysis(f)), jnp.vdot(bank.synthesis(c), f)


@given(data=st.data(), seed=strategies.seeds())
def test_synthesis_is_the_adjoint_of_analysis(data, seed):
    with jax.enable_x64(True):
        grid = data.draw(strategies.grids())
        bank = data.draw(strategies.frames_on(grid)).on(grid)
        f = jnp.asarray(strategies.signal(seed, grid.shape, real=False))
        c = jnp.asarray(strategies.signal(seed + 1, (len(bank) + 1, *grid.shape), real=False))
        one, other = adjoint_pairing(bank, f, c)
        scale = jnp.linalg.norm(c) * jnp.linalg.norm(f) * jnp.sqrt(bank.frame_bounds().upper)
        assert jnp.abs(one - other) <= 1e-14 * jnp.log2(grid.size) * scale


@given(data=st.data())
def test_frame_bounds_are_attained(data):
    """An exponential at the worst frequency reaches B: the bounds are optimal, not just valid."""
    with jax.enable_x64(True):
        grid = data.draw(strategies.grids())
        bank = data.draw(strategies.frames_on(grid)).on(grid)
        total = np.asarray(bank.littlewood_paley())
        for bound, pick in zip(bank.frame_bounds(), (np.argmin, np.argmax)):
            f_hat = np.zeros(grid.size)
            f_hat[pick(total)] = 1
            f = jnp.fft.ifftn(jnp.asarray(f_hat.reshape(grid.shape)))
            energy = jnp.linalg.norm(bank.analysis(f)) ** 2 / jnp.linalg.norm(f) ** 2
            np.testing.assert_allclose(energy, bound, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "ndim", "frame"), EXAMPLES, ids=IDS)
@pytest.mark.parametrize("spacing", [1.0, 1.7])
def test_the_real_flag_is_honest(name, ndim, frame, spacing):
    """Whatever the flag says, analysis is the convolution with the atoms as they are."""
    grid = wi.Grid(EVEN[ndim], spacing)
    with jax.enable_x64(True):
        bank = frame.on(grid)
        f = strategies.signal(3, grid.shape)
        rows = np.concatenate([bank.output_atom_hat[None], bank.atoms_hat])
        axes = tuple(range(1, ndim + 1))
        expected = np.fft.ifftn(np.fft.fftn(f) * rows, axes=axes)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(np.asarray(bank.analysis(f)), expected, atol=1e-13 * scale)


def test_a_frame_is_a_frame_in_both_precisions():
    grid = wi.Grid((24, 20))
    for frame in catalogue.frames_in(2):
        single = frame.on(grid)
        with jax.enable_x64(True):
            double = frame.on(grid)
            assert double.dtype == np.float64
            assert frame.on(grid, dtype=np.float32).dtype == np.float32
        assert single.dtype == np.float32
        assert single.labels == double.labels
        np.testing.assert_allclose(single.atoms_hat, double.atoms_hat, atol=1e-6)


@pytest.mark.parametrize("name", catalogue.FRAMES)
def test_dilating_the_grid_dilates_the_frame(name):
    """Frequencies are absolute: at spacing 1/2 the same bins sit at twice the frequency."""
    for ndim, rows in catalogue.FRAMES[name].items():
        grid = wi.Grid(EVEN[ndim])
        for frame in rows:
            coarse = np.asarray(frame.on(grid).output_atom_hat)
            fine = np.asarray(
                frame.on(wi.Grid(tuple(2 * n for n in grid.shape), 0.5)).output_atom_hat
            )
            inner = np.abs(np.fft.fftfreq(grid.shape[0], 1 / grid.shape[0])) < grid.shape[0] / 2
            take = np.flatnonzero(inner)
            # Bin k of the coarse grid and bin k of the fine one both mean k / N cycles.
            index = np.fft.fftfreq(grid.shape[0], 1 / grid.shape[0]).astype(int)[take]
            line = (slice(None), *(0,) * (ndim - 1))
            np.testing.assert_allclose(coarse[line][index], fine[line][index], atol=1e-6)
