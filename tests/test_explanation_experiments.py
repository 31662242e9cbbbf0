"""The experiments on explanations run, and count what they say they count."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

import wiatowski as wi
from experiments import bench_explain, explained_extractor, explanation_measures
from experiments.explanation_results import draw, summary, table, verdict


def tiny_network(dense=True):
    draw, side = np.random.default_rng(0), explanation_measures.SIZE
    first = wi.networks.Convolution(draw.standard_normal((4, 3, 5, 5)) / 5, np.ones(4), stride=16)
    inner = wi.networks.Convolution(draw.standard_normal((4, 4, 1, 1)), np.zeros(4))
    ways = wi.networks.Parallel([[wi.Layer(inner, wi.ReLU())], []])
    layers = {
        "first": wi.Layer(first, wi.ReLU(), wi.networks.SlidingMaxPool(2, window=3)),
        "last": wi.Layer(ways, wi.Identity()),
    }
    last = [wi.networks.Dense(draw.standard_normal((5, 8)))] if dense else []
    head = wi.networks.Head(last, averages=True)
    return wi.networks.Network(layers, wi.Grid((side, side)), 3, head)


@pytest.fixture
def found():
    """Units of three photos and three scenes of one network; Score-CAM on two of each all the way."""
    network, draw = tiny_network(), np.random.default_rng(2)
    side = explanation_measures.SIZE
    units = []
    for region, number in itertools.product((None, np.tri(side, dtype=bool)), range(3)):
        f = draw.standard_normal((3, side, side)).astype(np.float32)
        predicted = int(np.argmax(network(f)))
        sample = explanation_measures.Sample(f"{number}", number, f, predicted, region)
        units.append(explanation_measures.one(network, "last", sample, number < 2))
    return json.loads(json.dumps({"tiny": units}))


def test_measures_of_a_tiny_network(found, tmp_path):
    results = summary(found, margin=1.0)
    methods = results["networks"]["tiny"]["methods"]
    assert len(methods) == 11
    for name, row in methods.items():
        slow = "Score-CAM" in name
        assert ("all" in row) == (name not in ("Random map", "Centred bump"))
        assert row["points within the margin"] == 3  # which is everything
        assert row["masked"]["count"] == 3
        assert row["pointing"]["count"] == (2 if slow else 3)
        assert row.get("all", {"count": 3})["count"] == (2 if slow else 3)
        assert 0 <= row["pointing"]["low"] <= row["pointing"]["mean"] <= row["pointing"]["high"]
    cam, grad_cam = methods["CAM"], methods["Grad-CAM"]
    assert cam["points"] == grad_cam["points"]
    assert cam["masked"]["mean"] == pytest.approx(grad_cam["masked"]["mean"], rel=1e-4)
    matrix = np.array(results["networks"]["tiny"]["agreement"])
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(matrix), 1)
    printed = table(results)
    assert printed.count("\n") == 2 + len(methods)
    draw(results, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000


def test_a_run_that_was_stopped_goes_on(monkeypatch, tmp_path):
    samples = [
        explanation_measures.Sample(f"{n}", n, np.zeros((1, 1, 1)), 0, None) for n in range(3)
    ]
    calls = []

    def one(network, layer, sample, whole):
        calls.append((sample.number, whole))
        return {"whole": whole}

    monkeypatch.setattr(explanation_measures, "samples", lambda *_: iter(samples))
    monkeypatch.setattr(explanation_measures, "one", one)
    subject = explanation_measures.Subject(tiny_network, "last")
    for scored in (1, 1, 2):
        explanation_measures.measured(subject, tmp_path, 3, 0, scored)
    assert calls == [(0, True), (1, False), (2, False), (1, True)]


def test_verdicts():
    low, high = {"low": 0.1, "high": 0.4}, {"low": 0.6, "high": 0.8}
    between = {"low": 0.4, "high": 0.6}
    assert verdict(low, low) == "passes"
    assert verdict(low, high) == verdict(high, between) == "fails"
    assert verdict(low, between) == "undecided"


def test_areas_are_integrals():
    assert explanation_measures.area(np.linspace(1, 0, 7)) == pytest.approx(0.5)


def test_letters_lie_in_their_boxes():
    given = explained_extractor.pictures("held out", 30, seed=0)
    assert given.f.shape == (30, 1, 64, 64)
    assert 0 <= given.f.min() <= given.f.max() <= 1
    for number, f in enumerate(given.f[:, 0]):
        ink = (f < 0.2) | (f > 0.8)  # photos have half their contrast
        inside = given.region(number)
        assert ink[inside].any()
        assert not ink[~inside].any()
        rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
        top, left, height, width = given.boxes[number]
        assert (rows[0] - top, columns[0] - left) == pytest.approx((0, 0), abs=2)
        assert (rows[-1] + 1 - top, columns[-1] + 1 - left) == pytest.approx((height, width), abs=2)


def test_an_extractor_learns_letters_and_is_explained(tmp_path, capsys):
    arguments = ["--out", str(tmp_path), "--train", "400", "--test", "40"]
    assert explained_extractor.main(arguments) == 0
    results = json.loads((tmp_path / "explained_extractor.json").read_text())
    assert results["accuracy"]["low"] > 2 * results["chance of the class"]
    assert results["layers"]["2"]["pointing"]["low"] > results["chance of the place"]
    assert results["shares"]["largest completeness error"] < 1e-5
    assert "accuracy held out" in capsys.readouterr().out
    assert (tmp_path / "explained_extractor.png").stat().st_size > 1000


def test_a_network_on_torch_is_the_same():
    torch = pytest.importorskip("torch")
    network = tiny_network(dense=False)
    f = np.random.default_rng(0).standard_normal((3, *network.grid.shape)).astype(np.float32)
    there = bench_explain.on_torch(torch, network)(torch.from_numpy(f)[None])
    np.testing.assert_allclose(there[0].detach().numpy(), network(f), rtol=1e-4)
