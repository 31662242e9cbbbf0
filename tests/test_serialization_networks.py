"""Networks and classifiers come back from files bit for bit."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
import pytest
from test_networks import STAGES

import wiatowski as wi
from wiatowski import learn, networks

GRID = wi.Grid((8, 8))
AVERAGES = networks.Head([], averages=True)


def random(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def assert_round_trips(model, folder, **options):
    wi.save(model, folder / "model")
    back = wi.load(folder / "model", **options)
    assert eqx.tree_equal(model, back)
    assert jax.tree.structure(model) == jax.tree.structure(back)
    wi.save(back, folder / "again")
    assert (folder / "model").read_bytes() == (folder / "again").read_bytes()
    return back


@pytest.mark.parametrize("name", STAGES)
def test_every_stage(name, tmp_path):
    with jax.enable_x64(True):
        stage = STAGES[name]()
        layer = wi.Layer(stage, wi.LeakyReLU(0.1))
        network = networks.Network([layer], wi.Grid((12, 12)), 3, AVERAGES)
        assert_round_trips(network, tmp_path)


@pytest.mark.parametrize(
    ("build", "size"), [(networks.lenet5, 28), (networks.squeezenet, 33), (networks.googlenet, 64)]
)
def test_architectures(build, size, tmp_path):
    network = build(networks.RandomWeights(), size)
    back = assert_round_trips(network, tmp_path)
    assert (back.names, back.preprocessing) == (network.names, network.preprocessing)


def test_matrix_filters_heads_and_functions_of_ones_own(tmp_path):
    own = wi.Pointwise(lambda x: x / 2, 0.5, "half")
    layer = wi.Layer(wi.frames.MatrixFilters(random(0, 4, 3, 3, 3)), own, wi.AveragePool(2))
    dense = (
        networks.Dense(random(1, 5, 4), random(2, 5), wi.Tanh()),
        networks.Dense(random(3, 2, 5)),
    )
    network = networks.Network(
        {"one": layer}, GRID, 3, networks.Head(dense, averages=True), classes=("yes", "no")
    )
    assert_round_trips(network, tmp_path, functions={"half": own})
    with pytest.raises(ValueError, match="the model uses the function 'half'"):
        wi.load(tmp_path / "model")


def test_a_classifier_of_an_extractor(tmp_path):
    layers = [wi.Layer(wi.frames.Curvelets(1), wi.Modulus(), wi.Decimate(2))] * 2
    phi = wi.FeatureExtractor(layers, wi.Grid((16, 16)), paths="decreasing")
    head = networks.Head([networks.Dense(random(0, 3, 2 * sum(phi.path_counts)))], averages=True)
    model = networks.Classifier(phi, head, channels=2, classes=("a", "b", "c"))
    back = assert_round_trips(model, tmp_path)
    f = random(1, 2, 16, 16)
    np.testing.assert_array_equal(model(f), back(f))
    shares = wi.explain.path_shares(back, f, target="b")
    assert shares.by("scale")


def test_what_was_learned_is_kept(tmp_path):
    network = networks.lenet5(networks.RandomWeights(), 16, classes=("a", "b"))
    f, y = random(0, 8, 1, 16, 16), np.arange(8) % 2
    found = learn.train(network, (f, y), (f, y), epochs=2, batch=4).model
    assert_round_trips(found, tmp_path)
