"""Explanations beside their definitions, written out with numpy and finite differences."""

from __future__ import annotations

import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import test_networks
from scipy.ndimage import zoom
from test_networks import random, small_network

import wiatowski as wi
from wiatowski import explain, networks
from wiatowski.networks import Classifier, Convolution, Dense, Head, Network

SHAPE = (3, 8, 12)
METHODS = (explain.grad_cam, explain.grad_cam_plus_plus, explain.score_cam)


def relu_network(seed=0, head=None, pooling=None):
    layers = {
        "first": test_networks.conv_layer((3, 5), seed=seed),
        "last": test_networks.conv_layer((5, 4), seed=seed + 1, pooling=pooling),
    }
    head = head or Head([Dense(random(seed + 2, 6, 4), random(seed + 3, 6))], averages=True)
    return Network(layers, wi.Grid(SHAPE[1:]), 3, head, classes=tuple("abcdef"))


def extractor_classifier(averages=False, channels=2, **options):
    grid = wi.Grid((16, 16))
    phi = wi.FeatureExtractor(
        [
            wi.Layer(wi.frames.Morlet(scales=2, orientations=3), wi.Modulus(), wi.Decimate(2)),
            wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.AveragePool(2)),
        ],
        grid,
        **options,
    )
    shapes = [a.shape for a in phi(np.zeros(grid.shape)).arrays]
    size = channels * sum(s[0] if averages else int(np.prod(s)) for s in shapes)
    head = Head([Dense(random(3, 4, size), random(4, 4))], averages)
    return Classifier(phi, head, channels)


def gradient_by_differences(model, f, target, layer):
    shape = model.tap_shape(layer)
    gradient = np.zeros(shape)
    score = jax.jit(lambda tap: model.tapped(f, layer, tap).scores[target])
    for index in np.ndindex(*shape):
        step = np.zeros(shape)
        step[index] = 1e-6
        gradient[index] = (score(step) - score(-step)) / 2e-6
    return gradient


@pytest.mark.parametrize("layer", [1, 2, 3, "sum"])
def test_grad_cam_is_its_formula(layer):
    with jax.enable_x64(True):
        model, f = small_network(), random(5, *SHAPE)
        maps = model.tapped(f, layer, jnp.zeros(model.tap_shape(layer))).maps
        gradient = gradient_by_differences(model, f, 2, layer)
        expected = np.tensordot(gradient.mean(axis=(1, 2)), maps, axes=1)
        signed = explain.grad_cam(model, f, 2, layer, signed=True)
        np.testing.assert_allclose(signed, expected, atol=1e-8)
        found = explain.grad_cam(model, f, 2, layer)
        np.testing.assert_allclose(found, np.maximum(expected, 0), atol=1e-8)
        below = 2 * gradient**2 + np.sum(maps, axis=(1, 2), keepdims=True) * gradient**3 + 1e-6
        share = np.where(gradient != 0, gradient**2 / below, 0)
        weights = (share * np.maximum(gradient, 0)).sum(axis=(1, 2))
        expected = np.maximum(np.tensordot(weights, maps, axes=1), 0)
        found = explain.grad_cam_plus_plus(model, f, 2, layer)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_score_cam_is_its_formula():
    with jax.enable_x64(True):
        model, f = relu_network(), random(6, *SHAPE)
        maps = np.asarray(model.tapped(f, 1, jnp.zeros(model.tap_shape(1))).maps)
        scores = []
        for one in maps:
            wide = np.asarray(explain.upsampled(one, SHAPE[1:]))
            mask = (wide - wide.min()) / (wide.max() - wide.min())
            scores.append(float(model(f * mask)[1]))
        weights = np.exp(scores) / np.sum(np.exp(scores))
        expected = np.maximum(np.tensordot(weights, maps, axes=1), 0)
        for chunk in (1, 2, 99):
            found = explain.score_cam(model, f, "b", "first", chunk=chunk)
            np.testing.assert_allclose(found, expected, atol=1e-12)


def test_cam_is_grad_cam_where_the_network_averages():
    with jax.enable_x64(True):
        model, f = relu_network(), random(7, *SHAPE)
        samples = model.grid.size
        for target in range(6):
            own = explain.cam(model, f, target, signed=True)
            other = explain.grad_cam(model, f, target, signed=True)
            np.testing.assert_allclose(own, samples * other, rtol=1e-12, atol=1e-12)
        bare = Network(list(model.layers), model.grid, 3, Head([], averages=True))
        np.testing.assert_allclose(
            explain.cam(bare, f, 1), np.maximum(bare.trace(f).maps[-1][1], 0), atol=1e-12
        )


def test_cam_and_grad_cam_differ_behind_another_dense_layer():
    """The negative control: two dense layers, and the weights of the last are not the gradient."""
    deep = Head([Dense(random(1, 6, 4), None, wi.Tanh()), Dense(random(2, 6, 6))], averages=True)
    with pytest.raises(ValueError, match="does not end in global average pooling"):
        explain.cam(relu_network(head=deep), random(7, *SHAPE), 0)


def test_guided_backpropagation_by_hand():
    """Two convolutions of single samples: the chain of matrices with both signs cut at every ReLU."""
    with jax.enable_x64(True):
        one, two, last = random(0, 5, 3), random(1, 4, 5), random(2, 2, 4)
        layers = [wi.Layer(Convolution(w[..., None, None]), wi.ReLU()) for w in (one, two)]
        model = Network(layers, wi.Grid((2, 2)), 3, Head([Dense(last)], averages=True))
        f = random(3, 3, 2, 2)
        found = explain.guided_backpropagation(model, f, [0, 1])
        plain = explain.saliency(model, f, 1)
        for c in (0, 1):
            for x in np.ndindex(2, 2):
                u = f[(slice(None), *x)]
                v = np.maximum(one @ u, 0)
                back = np.maximum(last[c] / 4, 0) * (two @ v > 0)
                back = np.maximum(two.T @ back, 0) * (one @ u > 0)
                np.testing.assert_allclose(found[c][(slice(None), *x)], one.T @ back, atol=1e-12)
                back = two.T @ (last[1] / 4 * (two @ v > 0)) * (one @ u > 0)
                np.testing.assert_allclose(plain[(slice(None), *x)], one.T @ back, atol=1e-12)


def test_guided_products():
    with jax.enable_x64(True):
        model, f = relu_network(pooling=wi.MaxPool(2)), random(8, *SHAPE)
        guided = explain.guided_backpropagation(model, f, 3)
        for product, method in (
            (explain.guided_grad_cam, explain.grad_cam),
            (explain.guided_grad_cam_plus_plus, explain.grad_cam_plus_plus),
            (explain.guided_score_cam, explain.score_cam),
        ):
            wide = explain.upsampled(method(model, f, 3), SHAPE[1:])
            np.testing.assert_allclose(product(model, f, 3), wide[None] * guided, atol=1e-14)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
def test_batches_and_classes_are_rows(method):
    with jax.enable_x64(True):
        model, batch = relu_network(), random(9, 2, *SHAPE)
        together = method(model, batch, ["a", 4])
        assert together.shape == (2, 2, *SHAPE[1:])
        for i, f in enumerate(batch):
            for j, target in enumerate((0, "e")):
                np.testing.assert_allclose(together[i, j], method(model, f, target), atol=1e-12)


def test_evidence_against_is_evidence_for_the_negative():
    with jax.enable_x64(True):
        dense = random(2, 1, 4)
        both = Head([Dense(np.concatenate([dense, -dense]))], averages=True)
        layers = list(relu_network().layers)
        model = Network(layers, wi.Grid(SHAPE[1:]), 3, both)
        f = random(3, *SHAPE)
        maps = explain.grad_cam(model, f, [0, 1], signed=True)
        np.testing.assert_allclose(maps[0], -maps[1], atol=1e-14)
        parts = explain.grad_cam(model, f, [0, 1])
        np.testing.assert_allclose(parts[0] - parts[1], maps[0], atol=1e-14)


def test_top_maps_are_the_largest_terms_of_grad_cam():
    with jax.enable_x64(True):
        model, f = relu_network(), random(4, *SHAPE)
        numbers, values, maps = explain.top_maps(model, f, 1, count=4)
        slopes = np.asarray(model.head.layers[0].weights)[1] / model.grid.size
        own = np.asarray(model.trace(f).maps[-1])
        terms = slopes * own.mean(axis=(1, 2))
        np.testing.assert_array_equal(numbers, np.argsort(-terms))
        np.testing.assert_allclose(values, np.sort(terms)[::-1], atol=1e-14)
        expected = np.maximum(slopes[numbers][:, None, None] * own[numbers], 0)
        np.testing.assert_allclose(maps, expected, atol=1e-14)


@pytest.mark.parametrize("averages", [False, True])
@pytest.mark.parametrize("paths", ["all", lambda path: "orientation=1" in path[0]])
def test_extractors_with_a_head(averages, paths):
    with jax.enable_x64(True):
        model = extractor_classifier(averages, paths=paths)
        f = random(10, 2, 16, 16)
        scores = model(f)
        for layer in (1, 2):
            shape = model.tap_shape(layer)
            direction = random(layer, *shape)
            tapped = model.tapped(f, layer, jnp.zeros(shape))
            np.testing.assert_allclose(tapped.scores, scores, atol=1e-12)
            np.testing.assert_allclose(
                model.tapped(f, layer, direction).maps, tapped.maps + direction, atol=1e-12
            )
            slope = jax.grad(lambda t, n=layer: model.tapped(f, n, t).scores[1])(jnp.zeros(shape))
            ahead, behind = (
                model.tapped(f, layer, s * 1e-6 * direction).scores[1] for s in (1, -1)
            )
            expected = (ahead - behind) / 2e-6
            assert float(jnp.sum(slope * direction)) == pytest.approx(float(expected), rel=1e-5)
            heatmap = explain.grad_cam(model, f, 1, layer, signed=True)
            weights = slope.mean(axis=(1, 2))
            np.testing.assert_allclose(
                heatmap, np.tensordot(weights, tapped.maps, axes=1), atol=1e-10
            )
        shares = explain.path_shares(model, f, 1)
        total = sum(a.sum() for a in shares.depths) + shares.bias
        assert total == pytest.approx(float(scores[1]), rel=1e-12)
        assert shares.score == pytest.approx(float(scores[1]), rel=1e-12)
        for field in ("scale", "orientation", "nothing"):
            assert sum(shares.by(field).values()) + shares.bias == pytest.approx(shares.score)
        assert set(shares.by("orientation")) <= {"", "0", "1", "2"}
        assert "1" in shares.by("orientation")


def test_a_depth_without_paths_is_explained_as_nothing():
    with jax.enable_x64(True):
        model = extractor_classifier(paths="decreasing")
        assert model.tap_shape(2)[0] == 0
        assert not explain.grad_cam(model, random(0, 2, 16, 16), 0, 2).any()


def test_a_path_share_is_what_the_score_loses_without_the_path():
    with jax.enable_x64(True):
        model = extractor_classifier()
        f = random(11, 2, 16, 16)
        shares = explain.path_shares(model, f, 2)
        arrays = jax.vmap(lambda u: model.extractor(u).arrays)(jnp.asarray(f))
        weights = np.asarray(model.head.layers[0].weights)[2].reshape(2, -1)
        start = arrays[0][0].size
        own = arrays[1][1, 3].ravel()  # second channel, depth 1, fourth path
        begin = start + 3 * own.size
        expected = float(weights[1, begin : begin + own.size] @ own)
        assert shares.depths[1][1, 3] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("target", [1, 3])
def test_as_pytorch_grad_cam_and_captum(target):
    """An outside oracle: `golden/make_torch_explanations.py`."""
    with np.load(pathlib.Path(__file__).parent / "golden" / "torch_explanations.npz") as stored:
        arrays = dict(stored)
    with jax.enable_x64(True):
        one, two = (
            Convolution(arrays[f"{name}.weight"], arrays[f"{name}.bias"], padding=1)
            for name in ("one", "two")
        )
        layers = [wi.Layer(one, wi.ReLU(), wi.MaxPool(2)), wi.Layer(two, wi.ReLU())]
        head = Head([Dense(arrays["dense.weight"], arrays["dense.bias"])], averages=True)
        model, f = Network(layers, wi.Grid((20, 24)), 3, head), arrays["photo"]
        np.testing.assert_allclose(model(f), arrays["scores"], rtol=1e-12)
        for method, options in (
            (explain.grad_cam, {}),
            (explain.grad_cam_plus_plus, {}),
            (explain.score_cam, {"corners": True}),
        ):
            own = explain.unit_range(method(model, f, target, **options))
            wide = explain.unit_range(explain.upsampled(own, (20, 24)))
            expected = arrays[f"{method.__name__}.{target}"]  # in float32
            np.testing.assert_allclose(wide, expected, atol=2e-6)
        for method in (explain.guided_backpropagation, explain.saliency):
            expected = arrays[f"{method.__name__}.{target}"]
            np.testing.assert_allclose(method(model, f, target), expected, atol=1e-13)


def test_upsampling_that_keeps_the_corners():
    values = random(0, 4, 6)
    found = np.asarray(explain.upsampled(values.astype(np.float32), (10, 11), corners=True))
    np.testing.assert_allclose(found[::3, ::2], values, atol=1e-5)
    expected = zoom(values, (10 / 4, 11 / 6), order=1, mode="nearest", grid_mode=False)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    line = explain.upsampled(values[:1].astype(np.float32), (3, 6), corners=True)
    np.testing.assert_allclose(line, np.repeat(values[:1], 3, axis=0), atol=1e-6)


def test_upsampling_interpolates_linearly_between_the_middles_of_cells():
    values = random(0, 5, 7)
    found = np.asarray(explain.upsampled(values.astype(np.float32), (15, 21)))
    expected = zoom(values, 3, order=1, mode="nearest", grid_mode=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_unit_range_of_each_map_and_of_a_constant():
    maps = jnp.stack([jnp.arange(4.0).reshape(2, 2), jnp.ones((2, 2))])
    found = explain.unit_range(maps, ndim=2)
    np.testing.assert_allclose(found[0], [[0, 1 / 3], [2 / 3, 1]], atol=1e-6)
    np.testing.assert_array_equal(found[1], 0)


def test_a_zero_photo_has_finite_explanations():
    model = relu_network()
    f = np.zeros(SHAPE, np.float32)
    for method in (*METHODS, explain.guided_grad_cam, explain.saliency):
        assert np.isfinite(method(model, f, 0)).all()


def test_networks_module_is_what_explain_takes():
    assert issubclass(networks.Network, networks.AbstractClassifier)
    assert issubclass(networks.Classifier, networks.AbstractClassifier)


@pytest.mark.parametrize("frame", [wi.frames.Haar(scales=1), wi.frames.Meyer(scales=2)])
def test_guided_backpropagation_through_an_extractor_lets_back_what_is_positive(frame):
    grid = wi.Grid((8, 8))
    with jax.enable_x64(True):
        phi = wi.FeatureExtractor([wi.Layer(frame, wi.ReLU())], grid)
        size = 64 * sum(phi.path_counts)
        weights = random(5, 1, size)
        model = Classifier(phi, Head([Dense(weights)], averages=False))
        f = random(6, 1, 8, 8)
        found = np.asarray(explain.guided_backpropagation(model, f, 0))
        # By hand: correlations with the atoms of what is positive on both ways.
        bank, output = phi.banks[0], np.asarray(phi.output_bank.output_atom_hat)
        own, below = weights[0, 64:].reshape(-1, 8, 8), weights[0, :64].reshape(8, 8)
        atoms = np.asarray(bank.atoms_hat)
        hat = np.fft.fft2
        back = np.real(np.fft.ifft2(hat(below) * np.conj(np.asarray(bank.output_atom_hat))))
        for atom, w in zip(atoms, own):
            u = np.real(np.fft.ifft2(hat(f[0]) * atom))
            gradient = np.real(np.fft.ifft2(hat(w) * np.conj(output)))
            kept = np.where((u > 0) & (gradient > 0), gradient, 0)
            back += np.real(np.fft.ifft2(hat(kept) * np.conj(atom)))
        np.testing.assert_allclose(found[0], back, atol=1e-12)


def test_heatmap_lipschitz_is_its_formula():
    network = relu_network(head=Head([Dense(random(2, 6, 4))], averages=True))
    weights = np.linalg.norm(np.asarray(network.head.layers[0].weights)[3])
    taps = [np.asarray(layer.stage.taps) for layer in network.layers]
    norms = [float(wi.certificates.certified_norm(t).upper) for t in taps]
    samples = np.prod(network.tap_shape("last")[1:])
    expected = weights / samples * np.prod(norms)
    assert float(explain.heatmap_lipschitz(network, 3)) == pytest.approx(expected, rel=0.02)


def test_heatmap_lipschitz_of_an_extractor_is_its_formula():
    grid = wi.Grid((12, 16))
    layers = [
        wi.Layer(wi.frames.Scaled(wi.frames.Meyer(scales=2), 1.5), wi.Modulus(), wi.MaxPool(2)),
        wi.Layer(wi.frames.Scaled(wi.frames.Haar(scales=1), 0.5), wi.SiLU()),
    ]
    output = wi.frames.Scaled(wi.frames.Haar(scales=2), 3.0)
    phi = wi.FeatureExtractor(layers, grid, output)
    maps = sum(phi.path_counts)
    weights = random(4, 2, 2 * maps)
    model = Classifier(phi, Head([Dense(weights)], averages=True), channels=2)
    last = weights[1].reshape(2, maps)[:, -phi.path_counts[-1] :]
    slopes = 1.5 * 0.5 * wi.SiLU().lipschitz
    expected = 3 * np.linalg.norm(last) / (6 * 8) * slopes
    assert float(explain.heatmap_lipschitz(model, 1)) == pytest.approx(expected, rel=1e-5)
