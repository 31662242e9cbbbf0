"""Laws of the extractor for drawn compositions: definition, transformations, covariance, norms."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import _chunks, testing


def noise(phi: wi.FeatureExtractor, seed: int, real: bool = True):
    return strategies.like(phi.banks[0].dtype, strategies.signal(seed, phi.grid.shape, real))


def mixed(shape=(24, 36), **options) -> wi.FeatureExtractor:
    """Different frames, nonlinearities and poolings, small."""
    return wi.FeatureExtractor(
        [
            wi.Layer(wi.frames.Curvelets(scales=1), wi.Modulus(), wi.Decimate(2)),
            wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.MaxPool(3)),
        ],
        wi.Grid(shape),
        **options,
    )


@given(data=st.data(), seed=strategies.seeds(), real=st.booleans())
@settings(max_examples=8)
def test_definition_covariance_and_nonexpansiveness(data, seed, real):
    """The laws of any composition, and those of its admissible version."""
    phi = data.draw(strategies.extractors(most_layers=2))
    f, h = noise(phi, seed, real), noise(phi, seed + 1, real)
    testing.assert_agrees_with_definition(phi, f)
    testing.assert_covariant(phi, f, data.draw(strategies.aligned_shifts(phi)))
    testing.assert_lipschitz(phi, float(phi.lipschitz_bound()), f, h, phi.depth + 1)
    safe = phi.admissible()
    assert safe.is_admissible()
    assert float(safe.lipschitz_bound()) <= 1 + 1e-5
    testing.assert_nonexpansive(safe, f, h, phi.depth + 1)
    testing.assert_nonexpansive(safe, f, 0 * f, phi.depth + 1)
    features = phi(f)
    assert [len(a) for a in features] == [len(p) for p in features.paths]
    assert [a.shape[1:] for a in features] == [g.shape for g in features.grids]
    assert features.flatten().size == sum(a.size for a in features)
    np.testing.assert_allclose(features.norm(), jnp.linalg.norm(features.flatten()), rtol=1e-5)


@given(data=st.data(), seed=strategies.seeds())
@settings(max_examples=6)
def test_a_row_is_its_path(data, seed):
    """Following one drawn path alone gives the row that `paths` names."""
    phi = data.draw(strategies.extractors(shapes=((96,), (24, 36)), most_layers=2))
    path = data.draw(strategies.paths(phi))
    f = noise(phi, seed)
    u = f
    for layer, index in zip(phi.layers, path):
        bank = layer.bank
        v = jnp.fft.ifftn(jnp.fft.fftn(u) * bank.atoms_hat[index])
        v = v.real if bank.atoms_real and not jnp.iscomplexobj(u) else v
        u = layer.pooling(layer.nonlinearity(v), bank.grid)
    bank = phi.banks[len(path)]
    expected = jnp.fft.ifftn(jnp.fft.fftn(u) * bank.output_atom_hat)
    features, row = phi(f), strategies.row_of(phi, path)
    np.testing.assert_allclose(features[len(path)][row], expected, atol=1e-4)
    labels = tuple(phi.layers[n].bank.labels[i] for n, i in enumerate(path))
    assert features.paths[len(path)][row] == labels
    assert len(features[len(path)]) == strategies.count_paths(phi, len(path))


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_same_under_jit_and_vmap(real):
    phi = mixed((12, 12), output_stride=6)
    batch = jnp.stack([noise(phi, seed, real) for seed in (0, 1)])
    testing.assert_same_under_jit_and_vmap(phi, batch)


def test_unaligned_shifts_do_not_commute():
    phi = mixed()
    f = noise(phi, 0)
    with pytest.raises(ValueError, match="not a multiple of 6"):
        testing.assert_covariant(phi, f, (1, 0))
    moved = phi(wi.translate(f, (3, 3)))[2]
    assert float(jnp.abs(moved - jnp.roll(phi(f)[2], (0, 1), (1, 2))).max()) > 1e-3


def test_whole_shifts_of_a_dilating_extractor_commute():
    layer = wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Dilate(2))
    phi = wi.FeatureExtractor([layer, layer], wi.Grid((33, 47)))
    testing.assert_covariant(phi, noise(phi, 0), (5, -3))


def test_colour_is_several_signals():
    phi = mixed()
    image = jnp.stack([noise(phi, seed) for seed in range(3)])
    together = eqx.filter_jit(lambda colours: jax.vmap(phi)(colours))(image)
    for channel, f in enumerate(image):
        alone = phi(f)
        for a, b in zip(together, alone):
            np.testing.assert_allclose(a[channel], b, atol=1e-5)


@pytest.mark.parametrize("stride", [6, 12])
def test_output_stride_keeps_every_nth_sample(stride):
    plain, coarse = mixed(), mixed(output_stride=stride)
    f = noise(plain, 0)
    fine, features = plain(f), coarse(f)
    for depth, own in enumerate(plain.strides):
        step = stride // own
        assert features.grids[depth] == plain.grids[depth].decimated(step)
        np.testing.assert_allclose(features[depth], fine[depth][:, ::step, ::step], atol=1e-5)
    testing.assert_agrees_with_definition(coarse, f)
    testing.assert_covariant(coarse, f, (stride, -stride))


def test_single_precision_is_close_to_double():
    f = strategies.signal(0, (24, 36))
    single = mixed()(jnp.asarray(f.astype(np.float32)))
    with jax.enable_x64(True):
        double = mixed()(jnp.asarray(f))
        assert all(a.dtype == jnp.float64 for a in double)
        error = np.sqrt(sum(np.sum((np.asarray(a) - b) ** 2) for a, b in zip(single, double)))
    assert all(a.dtype == jnp.float32 for a in single)
    assert error <= 1e-5 * np.linalg.norm(f)


@pytest.mark.parametrize("pooling", [wi.Decimate(2), wi.MaxPool(2)], ids=["folding", "maximum"])
def test_chunks_and_their_remainder(monkeypatch, pooling):
    """More maps than a chunk holds, with a remainder, at both the propagating and output stage."""
    layers = [
        wi.Layer(wi.frames.Curvelets(scales=1), wi.Modulus()),
        wi.Layer(wi.frames.Curvelets(scales=1, orientations=3), wi.Tanh(), pooling),
    ]
    phi = wi.FeatureExtractor(layers, wi.Grid((16, 20)))
    row = len(phi.layers[1].bank) * 16 * 20 * 8
    f = noise(phi, 0)
    whole = phi.trace(f)
    monkeypatch.setattr(_chunks, "CACHE_BYTES", row)
    jax.clear_caches()
    counted = []
    original = jax.lax.map
    monkeypatch.setattr(jax.lax, "map", lambda g, xs: counted.append(1) or original(g, xs))
    testing.assert_agrees_with_definition(phi, f)
    taps = {2: jnp.ones((len(phi.layers[0].bank) * len(phi.layers[1].bank), 16, 20))}
    tapped = phi.trace(f, taps)
    assert len(counted) >= 2
    jax.clear_caches()
    monkeypatch.undo()
    jax.clear_caches()
    np.testing.assert_allclose(tapped.maps[2], phi.trace(f, taps).maps[2], atol=1e-5)
    np.testing.assert_allclose(whole.maps[2], phi.trace(f).maps[2], atol=1e-5)


def test_the_trace_holds_the_propagated_maps():
    phi = mixed()
    f = noise(phi, 0)
    trace = phi.trace(f)
    np.testing.assert_array_equal(trace.maps[0][0], f)
    energies = trace.propagated_energies()
    expected = [np.sum(np.abs(u) ** 2) for u in trace.maps]
    np.testing.assert_allclose(energies, expected, rtol=1e-5)
    assert np.all(np.diff(energies) < 0)


def test_integers_and_numpy_arrays_are_signals_too():
    phi = mixed()
    f = np.arange(24 * 36).reshape(24, 36) % 7
    for a, b in zip(phi(f), phi(jnp.asarray(f, jnp.float32))):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_energy_is_kept_by_parseval_frames_without_pooling():
    """Output energy plus energy propagated beyond equals the energy of the signal."""
    with jax.enable_x64(True):
        layer = wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus())
        phi = wi.FeatureExtractor([layer, layer], wi.Grid((32, 24)))
        f = noise(phi, 0)
        trace = phi.trace(f)
        kept = jnp.sum(trace.features.energies()[:-1]) + trace.propagated_energies()[-1]
        np.testing.assert_allclose(kept, jnp.sum(f**2), rtol=1e-13)


def test_the_lipschitz_law_notices_an_extractor_that_is_not_admissible():
    bank = wi.frames.Meyer(scales=1).on(wi.Grid((32,))).scaled_by(2.0)
    phi = wi.FeatureExtractor([wi.Layer(bank)], wi.Grid((32,)))
    assert not phi.is_admissible()
    with pytest.raises(AssertionError, match="ratio"):
        testing.assert_nonexpansive(phi, jnp.ones(32), jnp.zeros(32), 2)


def test_depths_that_no_path_reaches_are_traced_as_empty():
    layers = [wi.Layer(wi.frames.Morlet(scales=2), wi.Modulus(), wi.Decimate(2))] * 3
    phi = wi.FeatureExtractor(layers, wi.Grid((32,)), paths="decreasing")
    traced = phi.trace(np.ones(32))
    assert [m.shape for m in traced.maps] == [(1, 32), (2, 16), (1, 8), (0, 4)]
    assert float(traced.propagated_energies()[3]) == 0
