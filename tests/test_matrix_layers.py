"""Extractors with matrix-valued layers: every law of extractors, paths, taps, files."""

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
from wiatowski import frames, testing

NONLINEARITIES = [wi.Modulus(), wi.ReLU(), wi.SiLU(), wi.ModReLU(0.1)]
PAIR = (wi.MaxPool(2), wi.NoPooling())
POOLINGS = [wi.NoPooling(), wi.Decimate(2), wi.MaxPool(2), wi.Dilate(1.5), wi.AveragePool(3)]


def matrix_taps(seed: int, channels, ndim: int, real: bool = True) -> np.ndarray:
    taps = strategies.signal(seed, (*channels, *(2, 3)[:ndim]), real)
    return taps / np.sqrt(np.prod(taps.shape[1:]))


def convolutional(
    shape=(24, 12), strides=(2, 1), poolings=PAIR, real=True, **options
) -> wi.FeatureExtractor:
    """One channel into three, these into four, then two scalar filters on each."""
    ndim = len(shape)
    channels = [(3, 1), (4, 3)]
    layers = [
        wi.Layer(
            frames.MatrixFilters(matrix_taps(i, c, ndim, real), stride=stride),
            nonlinearity,
            pooling,
        )
        for i, (c, stride, pooling, nonlinearity) in enumerate(
            zip(channels, strides, poolings, [wi.ReLU(), wi.Modulus()])
        )
    ]
    last = wi.Layer(frames.FiniteFilters(strategies.signal(3, (2, *(2, 2)[:ndim])) / 3), wi.Tanh())
    return wi.FeatureExtractor([*layers, last], wi.Grid(shape), **options)


def noise(phi: wi.FeatureExtractor, seed: int, real: bool = True):
    return strategies.like(phi.banks[0].dtype, strategies.signal(seed, phi.grid.shape, real))


@st.composite
def mixed_extractors(draw):
    """A scalar frame, a matrix on its paths, and a scalar frame on the channels."""
    grid = wi.Grid(draw(st.sampled_from([(24,), (24, 12)])), draw(st.sampled_from([1.0, 0.75])))
    scalar = draw(strategies.frames_on(grid, most_atoms=8))
    paths = len(scalar.on(grid))
    taps = matrix_taps(
        draw(strategies.seeds()),
        (draw(st.integers(1, 4)), paths),
        grid.ndim,
        draw(st.booleans()),
    )
    members = [wi.Layer(scalar, draw(st.sampled_from(NONLINEARITIES)))]
    mixing = frames.MatrixFilters(taps, stride=draw(st.sampled_from([1, 2, 3])))
    pooling = draw(st.sampled_from([p for p in POOLINGS if 12 // mixing.stride % p.stride == 0]))
    if 12 // mixing.stride // pooling.stride < 4:
        pooling = wi.NoPooling()
    members.append(wi.Layer(mixing, draw(st.sampled_from(NONLINEARITIES)), pooling))
    members.append(wi.Layer(frames.RandomFilters(count=2, size=2), wi.Modulus()))
    return wi.FeatureExtractor(members, grid)


@given(data=st.data(), seed=strategies.seeds(), real=st.booleans())
@settings(max_examples=6)
def test_the_laws_of_extractors(data, seed, real):
    phi = data.draw(mixed_extractors())
    f, h = noise(phi, seed, real), noise(phi, seed + 1, real)
    testing.assert_agrees_with_definition(phi, f)
    testing.assert_covariant(phi, f, data.draw(strategies.aligned_shifts(phi)))
    testing.assert_lipschitz(phi, float(phi.lipschitz_bound()), f, h, phi.depth + 1)
    safe = phi.admissible()
    assert safe.is_admissible()
    assert float(safe.lipschitz_bound()) <= 1 + 1e-5
    testing.assert_nonexpansive(safe, f, h, phi.depth + 1)
    features = phi(f)
    assert [len(a) for a in features] == list(phi.path_counts)
    assert [len(p) for p in features.paths] == list(phi.path_counts)
    assert [a.shape[1:] for a in features] == [g.shape for g in features.grids]


def test_a_network_by_hand():
    """Two layers against sums of shifted maps: stride, nonlinearity, pooling, output, in this order."""
    with jax.enable_x64(True):
        phi = convolutional((48,), strides=(2, 3), poolings=(wi.MaxPool(2), wi.Decimate(2)))
        f = strategies.signal(7, (48,))
        first, second = matrix_taps(0, (3, 1), 1), matrix_taps(1, (4, 3), 1)
        mixed = sum(first[:, :, m] @ np.roll(f[None], m, 1) for m in range(2))[:, ::2]
        maps = np.maximum(mixed, 0).reshape(3, 12, 2).max(axis=2)
        mixed = sum(second[:, :, m] @ np.roll(maps, m, 1) for m in range(2))[:, ::3]
        maps = np.abs(mixed)[:, ::2]
        trace = phi.trace(jnp.asarray(f))
        np.testing.assert_allclose(trace.maps[2], maps, atol=1e-14)
        means = (maps + np.roll(maps, 1, 1)) / 2
        np.testing.assert_allclose(trace.features[2], means, atol=1e-14)


def test_grids_strides_and_paths():
    phi = convolutional()
    assert phi.strides == (1, 4, 4, 4)
    assert phi.pooling_factors == (1, 4, 4, 4)
    assert [g.shape for g in phi.grids] == [(24, 12), (6, 3), (6, 3), (6, 3)]
    assert phi.path_counts == (1, 3, 4, 8)
    assert phi.mixing_layers == (1, 2)
    features = phi(jnp.zeros((24, 12)))
    assert features.paths[0] == ((),)
    assert features.paths[1] == (("channel=0",), ("channel=1",), ("channel=2",))
    assert features.paths[2][3] == ("channel=3",)
    assert features.paths[3][:3] == (
        ("channel=0", "atom=0"),
        ("channel=0", "atom=1"),
        ("channel=1", "atom=0"),
    )


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_same_under_jit_and_vmap(real):
    phi = convolutional((12, 12), output_stride=4)
    batch = jnp.stack([noise(phi, seed, real) for seed in (0, 1)])
    testing.assert_same_under_jit_and_vmap(phi, batch)


def test_complex_taps_and_chunks(monkeypatch):
    phi = convolutional(real=False)
    f = noise(phi, 0)
    testing.assert_agrees_with_definition(phi, f)
    monkeypatch.setattr("wiatowski._chunks.CACHE_BYTES", 3 * 24 * 12 * 8)
    jax.clear_caches()
    testing.assert_agrees_with_definition(phi, f)
    monkeypatch.undo()
    jax.clear_caches()


@pytest.mark.parametrize("signal", ["noise", "zeros", "constant"])
def test_gradients_are_finite(signal):
    phi = convolutional((8, 12), strides=(1, 1))
    f = {"noise": noise(phi, 0), "zeros": jnp.zeros((8, 12)), "constant": jnp.ones((8, 12))}
    testing.assert_finite_gradient(phi, f[signal])


@pytest.mark.parametrize("pooling", [wi.MaxPool(2), wi.Decimate(2)], ids=str)
def test_taps_lie_behind_the_stride(pooling):
    with jax.enable_x64(True):
        phi = convolutional((24,), poolings=(pooling, wi.NoPooling()))
        f = noise(phi, 0)
        tap = jnp.asarray(strategies.signal(1, (3, 12)))
        mixed = sum(matrix_taps(0, (3, 1), 1)[:, :, m] * jnp.roll(f, m) for m in range(2))
        expected = pooling(jax.nn.relu(mixed[:, ::2]) + tap, wi.Grid((12,)))
        np.testing.assert_allclose(phi.trace(f, {1: tap}).maps[1], expected, atol=1e-13)


@pytest.mark.parametrize("factor", [3.0, 1.0])
def test_the_lipschitz_bound_is_the_backward_recursion(factor):
    """Once more with dense operators; a constant gain of 3 shows up in it."""
    with jax.enable_x64(True):
        grid = wi.Grid((6,))
        bank = frames.MatrixFilters(matrix_taps(0, (3, 1), 1), stride=2).on(grid).scaled_by(factor)
        output = strategies.signal(1, (3,))
        last = wi.FilterBank(np.zeros((0, 3)), output, wi.Grid((3,)))
        phi = wi.FeatureExtractor([wi.Layer(bank, wi.LeakyReLU(2.0))], grid, last)
        columns = [bank.analysis(e[None]) for e in np.eye(6)]
        through = np.array([c.maps.ravel() for c in columns]).T
        kept = np.array([c.outputs.ravel() for c in columns]).T
        deepest = np.abs(output).max() ** 2
        operator = kept.T @ kept + deepest * 4 * through.T @ through
        expected = np.sqrt(np.linalg.eigvalsh(operator)[-1])
        np.testing.assert_allclose(phi.lipschitz_bound(), expected, rtol=1e-12)


def test_saved_and_loaded(tmp_path):
    phi = convolutional()
    wi.save(phi, tmp_path / "phi")
    back = wi.load(tmp_path / "phi")
    assert eqx.tree_equal(phi, back)
    f = noise(phi, 0)
    for a, b in zip(phi(f), back(f)):
        np.testing.assert_array_equal(a, b)


def test_an_output_atom_needs_no_divisible_grid():
    """The default output frame is the last layer's, whose stride may not divide the deepest grid."""
    layer = wi.Layer(frames.MatrixFilters(np.ones((2, 1, 2)), stride=2))
    assert wi.FeatureExtractor([layer], wi.Grid((6,))).grids[1].shape == (3,)


def test_reflection_keeps_the_paths():
    phi = convolutional((24, 12))
    features = phi(noise(phi, 0)[:20, :9], pad="reflect")
    assert features.mixing_layers == (1, 2)
    assert len(features.paths[3]) == 8


@pytest.mark.parametrize("name", catalogue.MATRIX_FRAMES)
def test_every_frame_of_matrices_serves_in_a_layer(name):
    for ndim, rows in catalogue.MATRIX_FRAMES[name].items():
        grid = wi.Grid((12, 8, 4)[:ndim])
        first = frames.RandomFilters(count=3, size=2)
        for frame in rows[1:]:  # the one with a stride
            phi = wi.FeatureExtractor([wi.Layer(first), wi.Layer(frame, wi.ReLU())], grid)
            testing.assert_agrees_with_definition(phi, noise(phi, 0))
