"""The package against the independent NumPy reference: banks, features, every composition."""

from __future__ import annotations

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
import reference_frames
import strategies
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import frames

SHAPES = [(97,), (64,), (33, 47), (32, 32), (9, 8, 11)]


def parameters(member) -> dict:
    """The constructor's numbers of a nonlinearity or pooling of ours."""
    if isinstance(member, wi.Pointwise):
        return {}
    return {name: getattr(member, name) for name in inspect.signature(type(member)).parameters}


def reference_layer(layer: wi.Layer) -> reference.ReferenceLayer:
    """Our layer as plain arrays and the reference's own maps."""
    nonlinearity, pooling = layer.nonlinearity, layer.pooling
    return reference.ReferenceLayer(
        np.asarray(layer.bank.atoms_hat),
        np.asarray(layer.bank.output_atom_hat),
        layer.bank.atoms_real,
        layer.bank.output_real,
        reference.nonlinearity(type(nonlinearity).__name__, **parameters(nonlinearity)),
        reference.pooling(type(pooling).__name__, **parameters(pooling)),
    )


def largest_difference(phi: wi.FeatureExtractor, f: np.ndarray) -> float:
    """Largest norm of a difference of maps, relative to the norm of f."""
    layers = [reference_layer(layer) for layer in phi.layers]
    bank = phi.output_bank
    expected = reference.features(
        layers, np.asarray(bank.output_atom_hat), bank.output_real, f.astype(f.dtype)
    )
    ours = phi(jnp.asarray(f))
    assert [len(rows) for rows in expected] == [len(a) for a in ours]
    worst = 0.0
    for rows, array in zip(expected, ours):
        assert np.iscomplexobj(rows[0]) == jnp.iscomplexobj(array)
        worst = max(worst, float(np.max(np.abs(np.stack(rows) - np.asarray(array)))))
    return worst / np.linalg.norm(f)


COMPOSITIONS = {
    1: ([frames.Morlet(scales=3), frames.Meyer(scales=2), frames.Haar(scales=1)], (96,)),
    2: ([frames.Curvelets(scales=2), frames.Haar(scales=1), frames.Meyer(scales=1)], (24, 36)),
    3: ([frames.Meyer(scales=1), frames.Haar(scales=1)], (12, 8, 12)),
}


def composition(ndim: int, dtype=None) -> wi.FeatureExtractor:
    """Different frames, nonlinearities and poolings in every layer."""
    chosen, shape = COMPOSITIONS[ndim]
    nonlinearities = [wi.Modulus(), wi.Tanh(), wi.ModReLU(0.05)]
    poolings = [wi.Decimate(2), wi.Dilate(1.5), wi.MaxPool(2)]
    layers = [wi.Layer(*row) for row in zip(chosen, nonlinearities, poolings)]
    return wi.FeatureExtractor(layers, wi.Grid(shape), dtype=dtype)


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_composition_agrees_in_double_precision(ndim, real):
    with jax.enable_x64(True):
        phi = composition(ndim)
        assert largest_difference(phi, strategies.signal(ndim, phi.grid.shape, real)) <= 1e-12


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_composition_agrees_in_single_precision(ndim, real):
    phi = composition(ndim)
    f = strategies.signal(ndim, phi.grid.shape, real)
    f = f.astype(np.float32 if real else np.complex64)
    assert largest_difference(phi, f) <= 1e-5


@given(data=st.data(), seed=strategies.seeds(), real=st.booleans())
@settings(max_examples=12)
def test_any_composition_agrees(data, seed, real):
    with jax.enable_x64(True):
        phi = data.draw(strategies.extractors(shapes=((48,), (12, 18), (6, 6, 6)), most_layers=3))
        assume(all(x.labels == x.bank.labels or not x.nonlinearity.joins for x in phi.layers))
        assert largest_difference(phi, strategies.signal(seed, phi.grid.shape, real)) <= 1e-12


def test_a_wrong_nonlinearity_is_noticed():
    with jax.enable_x64(True):
        phi = composition(1)
        other = wi.FeatureExtractor(
            [wi.Layer(phi.layers[0].bank, wi.ReLU(), phi.layers[0].pooling), *phi.layers[1:]],
            phi.grid,
            phi.output_bank,
        )
        f = jnp.asarray(strategies.signal(1, phi.grid.shape))
        assert (phi(f) - other(f)).norm() > 1e-3


def formulas(ndim: int):
    """Our frame, and the reference's own construction of it."""
    yield frames.Meyer(scales=2), lambda *grid: reference_frames.meyer(*grid, 2)
    yield frames.Shannon(scales=2), lambda *grid: reference_frames.shannon(*grid, 2)
    yield frames.Simoncelli(scales=2), lambda *grid: reference_frames.simoncelli(*grid, 2)
    yield frames.Haar(scales=2), lambda *grid: reference_frames.haar(*grid, 2)
    for frame, scales, masks in (
        (frames.Daubechies(2), 2, reference_frames.orthogonal(*reference_frames.DAUBECHIES_2)),
        (frames.Symlets(1, 2), 1, reference_frames.orthogonal(*reference_frames.DAUBECHIES_2)),
        (frames.Coiflets(2), 2, reference_frames.orthogonal(*reference_frames.COIFLET_1)),
        (frames.Biorthogonal(2, 2, 2), 2, reference_frames.le_gall()),
        (frames.BSplineFramelets(1, 3), 1, reference_frames.spline_framelets(3)),
    ):
        yield (
            frame,
            lambda *grid, scales=scales, masks=masks: reference_frames.a_trous(
                *grid, scales, *masks
            ),
        )
    yield frames.Gabor(4), lambda *grid: reference_frames.gabor(*grid, 4)
    yield (
        frames.Gabor(3, frames.GaussianWindow(0.7)),
        lambda *grid: reference_frames.gabor(*grid, 3, 0.7),
    )
    if ndim < 3:
        yield (
            frames.LogGabor(scales=2, voices=2, orientations=3),
            lambda *grid: reference_frames.log_gabor(*grid, 2, 2, 3),
        )
    if ndim == 1:
        yield (
            frames.Morlet(scales=2, voices=3),
            lambda *grid: reference_frames.morlet_1d(*grid, 2, 3),
        )
        for order in (2, 4):
            yield (
                frames.Gammatone(scales=2, voices=3, order=order),
                lambda *grid, order=order: reference_frames.gammatone(*grid, 2, 3, order),
            )
    if ndim == 2:
        yield (
            frames.Morlet(scales=2, orientations=3),
            lambda *grid: reference_frames.morlet_2d(*grid, 2, 3),
        )
        yield (
            frames.Curvelets(scales=3, orientations=3),
            lambda *grid: reference_frames.curvelets(*grid, 3, 3),
        )
        yield frames.Shearlets(scales=2), lambda *grid: reference_frames.sheared(*grid, 2, 4, 0.5)
        yield frames.Ridgelets(scales=2), lambda *grid: reference_frames.sheared(*grid, 2, 4, 1.0)
        yield (
            frames.DirectionalWavelets(scales=2, orientations=3),
            lambda *grid: reference_frames.directional(*grid, 2, 3),
        )
        for count in (1, 3, 4):
            yield (
                frames.Steerable(scales=2, orientations=count),
                lambda *grid, count=count: reference_frames.steerable(*grid, 2, count),
            )
    if ndim == 3:
        yield frames.Shearlets(scales=1), lambda *grid: reference_frames.shearlets_3d(*grid, 1, 4)


@pytest.mark.parametrize("spacing", strategies.SPACINGS)
@pytest.mark.parametrize("shape", SHAPES)
def test_banks_agree_with_other_formulas(shape, spacing):
    # Amplitudes are roots of rounded squares, so squares are what agrees to rounding.
    with jax.enable_x64(True):
        for frame, formula in formulas(len(shape)):
            bank = frame.on(wi.Grid(shape, spacing))
            atoms, output = formula(shape, spacing)
            for ours, expected in ((bank.atoms_hat, atoms), (bank.output_atom_hat, output)):
                ours = np.asarray(ours)
                assert ours.shape == expected.shape
                error = np.abs(ours - expected) * (np.abs(ours) + np.abs(expected))
                assert error.max() <= 2e-14


@pytest.mark.parametrize("spacing", [1.0, 0.5])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_finite_filters_are_the_transform_of_their_taps(ndim, spacing):
    shape = (9, 8, 11)[:ndim]
    taps = strategies.signal(ndim, (2, *(2, 3, 2)[:ndim]), real=ndim != 2)
    with jax.enable_x64(True):
        bank = frames.FiniteFilters(taps).on(wi.Grid(shape, spacing))
        for ours, own in zip(bank.atoms_hat, taps):
            expected = reference_frames.transform_of_taps(own, shape, spacing)
            np.testing.assert_allclose(np.asarray(ours), expected, atol=1e-14 * taps.size)
        mean = np.full(taps.shape[1:], 1 / taps[0].size)
        expected = reference_frames.transform_of_taps(mean, shape, spacing)
        np.testing.assert_allclose(np.asarray(bank.output_atom_hat), expected, atol=1e-14)


def test_features_from_the_reference_alone():
    """No array of ours enters: reference frames, reference network, against our extractor."""
    shape = (24, 36)
    f = strategies.signal(7, shape)
    wedges, first = reference_frames.curvelets(shape, 1.0, 1, 4)
    steps, second = reference_frames.haar((12, 18), 1.0, 1)
    _, last = reference_frames.haar((6, 9), 1.0, 1)
    relu, average = reference.nonlinearity("ReLU"), reference.pooling("AveragePool", factor=2)
    modulus, decimate = reference.nonlinearity("Modulus"), reference.pooling("Decimate", factor=2)
    layers = [
        reference.ReferenceLayer(wedges, first, True, True, relu, average),
        reference.ReferenceLayer(steps, second, True, True, modulus, decimate),
    ]
    expected = reference.features(layers, last, True, f)
    with jax.enable_x64(True):
        ours = wi.FeatureExtractor(
            [
                wi.Layer(frames.Curvelets(scales=1), wi.ReLU(), wi.AveragePool(2)),
                wi.Layer(frames.Haar(scales=1), wi.Modulus(), wi.Decimate(2)),
            ],
            wi.Grid(shape),
        )(jnp.asarray(f))
        for rows, array in zip(expected, ours):
            np.testing.assert_allclose(np.asarray(array), np.stack(rows), rtol=0, atol=1e-12)
