"""Proved bounds of networks' layers: above dense operators and above what a search finds, and not far above."""

from __future__ import annotations

import functools
import json

import jax
import numpy as np
import pytest

import wiatowski as wi
from experiments import network_bounds
from experiments.network_bounds import examined, parts
from proofs_numeric.engine.compilation import compiled_quickly
from wiatowski import networks
from wiatowski.networks import Convolution, Head, Network, Parallel, PassThrough, Residual
from wiatowski.networks.balanced import balanced


def linear(taps, *options, **keywords):
    return wi.Layer(Convolution(taps, *options, **keywords), wi.Identity())


def taps(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def dense_norm(layer, shape):
    """Of a linear layer's matrix."""
    with jax.enable_x64(True):
        matrix = np.asarray(jax.jacobian(layer.mixed)(np.zeros(shape)))
    return np.linalg.norm(matrix.reshape(-1, np.prod(shape)), 2)


def small_residual():
    """Every kind of stage, ReLUs and overlapping maxima; a layer that is called head."""
    layers = {
        "stem": wi.Layer(
            Convolution(taps(0, 4, 3, 3, 3) / 5, taps(1, 4), stride=2, padding=1),
            wi.ReLU(),
            networks.SlidingMaxPool(2, 3, (1, 1)),
        ),
        "sum": wi.Layer(
            Residual(
                [wi.Layer(Convolution(taps(2, 6, 4, 3, 3) / 6, padding=1), wi.ReLU())],
                [linear(taps(3, 6, 4, 1, 1) / 2)],
            ),
            wi.ReLU(),
        ),
        "head": wi.Layer(
            Parallel([[wi.Layer(Convolution(taps(4, 3, 6, 1, 1)), wi.ReLU())], []]), wi.Identity()
        ),
    }
    head = Head([networks.Dense(taps(5, 5, 9), nonlinearity=wi.Tanh())], averages=True)
    return Network(layers, wi.Grid((24, 24)), 3, head)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((3, 2, 3, 3), {"padding": 1}),
        ((3, 2, 3, 3), {"padding": 2, "stride": 2}),
        ((4, 1, 3, 3), {"padding": 1, "groups": 4}),
        ((4, 2, 5, 3), {"padding": ((2, 1), (0, 1)), "groups": 2, "stride": 3}),
        ((3, 2, 1, 1), {"stride": 2}),
        ((3, 2, 3, 3), {"padding": ((0, 2), (1, 1)), "wraps": True}),
        ((3, 2, 3, 3), {"padding": ((1, 1), (1, 0)), "wraps": True, "stride": 2}),
    ],
)
def test_a_convolution_lies_below_its_bound_and_near_it(shape, options):
    stage = Convolution(taps(sum(shape), *shape), **options)
    with jax.enable_x64(True):
        layer = wi.Layer(stage, wi.Identity()).on(wi.Grid((16, 16)))
    found = dense_norm(layer, (stage.channels[1], 16, 16))
    bound = networks.certified_layer(layer)
    assert found <= bound.lipschitz <= 1.1 * found
    assert bound.factor == pytest.approx(1)


def test_sums_and_branches_reach_their_bounds():
    """Two equal ways: the sum doubles, the branches take the root of two; nothing is left between."""
    one = taps(0, 3, 4, 1, 1)
    norm = np.linalg.norm(one[:, :, 0, 0], 2)
    for stage, factor in (
        (Residual([linear(one)], [linear(one)]), 2),
        (Residual([linear(one), linear(one.swapaxes(0, 1))]), norm + 1 / norm),
        (Parallel([[linear(one)], [linear(one)]]), 2**0.5),
        (Parallel([[linear(one), linear(one.swapaxes(0, 1))], []]), (norm**2 + norm**-2) ** 0.5),
    ):
        with jax.enable_x64(True):
            layer = wi.Layer(stage, wi.Identity()).on(wi.Grid((2, 2)))
        found = dense_norm(layer, (4, 2, 2))
        assert found == pytest.approx(factor * norm, rel=1e-12)
        assert networks.certified_layer(layer).lipschitz == pytest.approx(found, rel=1e-9)
        assert networks.certified_layer(layer).lipschitz >= found * (1 - 1e-12)


def bottleneck(nonlinearity):
    """Narrow, depthwise, narrow again, with channels of very different sizes and two dead ones."""
    sizes = 10.0 ** np.array([-2, -1, 0, 1, 2, 0])
    expand, depthwise, project = taps(0, 6, 3, 1, 1), taps(1, 6, 1, 3, 3), taps(2, 3, 6, 1, 1)
    expand[1], depthwise[2] = 0, 0
    expand *= sizes[:, None, None, None]
    depthwise *= sizes[::-1, None, None, None]
    return [
        wi.Layer(Convolution(expand), nonlinearity),
        wi.Layer(Convolution(depthwise, stride=2, padding=1, groups=6), nonlinearity),
        linear(project),
    ]


def test_scaling_maps_between_convolutions_changes_nothing_but_the_bound():
    u = taps(3, 3, 8, 8)
    with jax.enable_x64(True):
        network = Network(bottleneck(wi.ReLU()), wi.Grid((8, 8)), 3, Head([], averages=True))
        scaled = balanced(network.layers)
        for way in (network.layers, scaled):
            assert all(np.isfinite(np.asarray(layer.stage.taps)).all() for layer in way)
        direct, other = (
            functools.reduce(lambda maps, layer: layer.mixed(maps), way, u)
            for way in (network.layers, scaled)
        )
        found = dense_norm(
            wi.Layer(Parallel([bottleneck(wi.Identity())]), wi.Identity()).on(network.grid), u.shape
        )
        stage = wi.Layer(Parallel([network.layers]), wi.Identity()).on(network.grid)
        product = float(stage.maps_lipschitz())
    np.testing.assert_allclose(direct, other, rtol=1e-12)  # a ReLU does not see the scale
    assert found <= networks.certified_layer(stage).lipschitz < 0.3 * product


def test_other_sequences_are_not_scaled():
    grid = wi.Grid((8, 8))
    for way in (
        bottleneck(wi.ReLU())[:1],
        [wi.Layer(PassThrough(), wi.Identity(), wi.MaxPool(2)), linear(np.ones((2, 3, 1, 1)))],
    ):
        layers = Parallel([way]).on(grid).ways[0]
        assert balanced(layers) is layers


def test_a_matrix_valued_frame_is_certified_as_its_bank():
    layer = wi.Layer(wi.frames.MatrixFilters(taps(0, 3, 2, 3), np.zeros(1)), wi.ReLU())
    bank = layer.on(wi.Grid((16,)))
    found = networks.certified_layer(bank).lipschitz
    assert found == pytest.approx(float(bank.maps_lipschitz()), rel=1e-5)


def test_the_constants_of_nonlinearity_and_pooling_are_counted():
    half = Convolution(np.eye(2)[..., None, None] / 2)
    layer = wi.Layer(half, wi.LeakyReLU(3.0), networks.SlidingMaxPool(2, 3)).on(wi.Grid((9, 9)))
    bound = networks.certified_layer(layer)
    assert bound.factor == pytest.approx(6)
    assert bound.lipschitz == pytest.approx(3)
    assert bound.gain == pytest.approx(9)
    assert not bound.admissible
    # A pooling that averages makes the layer smaller; the hypothesis is about the stage, too.
    loud = wi.Layer(Convolution(2 * np.eye(2)[..., None, None]), wi.ReLU(), wi.AveragePool(4))
    bound = networks.certified_layer(loud.on(wi.Grid((8, 8))))
    assert bound.lipschitz == pytest.approx(0.5)
    assert bound.gain == pytest.approx(4)
    assert not bound.admissible
    pooled = wi.Layer(PassThrough(), wi.Identity(), wi.MaxPool(2)).on(wi.Grid((8, 8)))
    assert networks.certified_layer(pooled).admissible


@pytest.mark.parametrize("network", [networks.lenet5(networks.RandomWeights(0)), small_residual()])
def test_proved_and_computed_bounds_agree(network):
    """Each is within 5 % of the norms that they bound."""
    bounds = networks.certified_bounds(network)
    assert tuple(bounds.layers) == network.names
    for bound, layer in zip(bounds.layers.values(), network.layers):
        assert bound.lipschitz == pytest.approx(float(layer.maps_lipschitz()), rel=0.05)
    samples = 25 if network.channels == 1 else 36
    assert bounds.head == pytest.approx(float(network.head.lipschitz(samples)), rel=1e-5)
    factors = [bound.lipschitz for bound in bounds.layers.values()]
    assert bounds.lipschitz == pytest.approx(bounds.head * np.prod(factors), rel=1e-12)
    assert bounds.admissible == all(bound.gain <= 1 for bound in bounds.layers.values())


@pytest.mark.parametrize("network", [networks.lenet5(networks.RandomWeights(0)), small_residual()])
def test_the_search_stays_below_what_is_proved(network):
    with compiled_quickly(True):
        found = {name: examined(part, 16, 0) for name, part in parts(network, 12).items()}
    assert set(found) == {*network.names, "network head", "network"}
    network_bounds.compose(found)
    for own in found.values():
        assert 0 < own["searched"] <= own["lipschitz"] * (1 + 1e-9)
    assert max(own["gap"] for name, own in found.items() if name != "network") < 5


def test_a_bound_one_per_cent_smaller_is_refuted():
    """The negative control, on layers that reach their bounds: a map of every sample with open ReLUs."""
    for nonlinearity in (wi.Identity(), wi.ReLU()):
        stage = Convolution(taps(0, 3, 4, 1, 1), bias=np.full(3, 5.0))
        head = Head([], averages=True)
        network = Network([wi.Layer(stage, nonlinearity)], wi.Grid((4, 4)), 4, head)
        with compiled_quickly(True):
            own = examined(parts(network, 4)["1"], 20, 0)
        assert 0.99 * own["lipschitz"] < own["searched"] <= own["lipschitz"]


def test_saturated_starts_leave_the_search_with_numbers():
    """A bias that no start of the search overcomes: derivatives vanish, and nothing is found."""
    stage = Convolution(taps(0, 3, 4, 1, 1), bias=np.full(3, -1e3))
    network = Network([wi.Layer(stage, wi.ReLU6())], wi.Grid((4, 4)), 4, Head([], averages=True))
    with compiled_quickly(True):
        assert examined(parts(network, 4)["1"], 4, 0)["searched"] == 0


def test_the_experiment_goes_on_where_it_stopped(tmp_path, capsys, monkeypatch):
    arguments = ["--networks", "lenet5", "--out", str(tmp_path), "--steps", "2"]
    with compiled_quickly(True):
        assert network_bounds.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "conv2" in printed
    assert "gap of the layers: median" in printed
    (tmp_path / "parts" / "lenet5" / "conv2.json").unlink()
    done = []

    def once_more(part, steps, seed):
        done.append(part.shape)
        return examined(part, steps, seed)

    monkeypatch.setattr(network_bounds, "examined", once_more)
    assert network_bounds.main(arguments) == 0
    assert done == [(6, 12, 12)]
    assert capsys.readouterr().out == printed
    stored = json.loads((tmp_path / "network_bounds.json").read_text())
    assert list(stored["networks"]["lenet5"]) == ["conv1", "conv2", "network head", "network"]
    assert (tmp_path / "network_bounds.png").stat().st_size > 0
    with pytest.raises(SystemExit, match=r"was computed with setting = .* name another folder"):
        network_bounds.main([*arguments, "--seed", "1"])


def test_the_experiments_arguments_are_checked(tmp_path, capsys):
    file = tmp_path / "file"
    file.touch()
    for arguments, message in (
        (["--networks", "alexnet"], "no 'alexnet'; there are lenet5"),
        (["--out", str(file)], "is a file; name a folder"),
    ):
        with pytest.raises(SystemExit):
            network_bounds.main(arguments)
        assert message in capsys.readouterr().err
