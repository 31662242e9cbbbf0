"""Features for scikit-learn, and columns chosen by orthogonal least squares."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

import jax
import joblib
import numpy as np
import pytest
from sklearn import base
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks
from test_learn_errors import filled_disk

import wiatowski as wi
from wiatowski import networks
from wiatowski.learn import FeatureTransformer, OrthogonalLeastSquares
from wiatowski.streaming import computed
from wiatowski.streaming.program import Program

LAYERS = [
    wi.Layer(wi.frames.Haar(1), wi.Modulus(), wi.Decimate(2)),
    wi.Layer(wi.frames.Haar(1), wi.Tanh()),
]


def clone(estimator) -> Any:
    return base.clone(estimator)


def random(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@parametrize_with_checks(
    [
        FeatureTransformer(),
        FeatureTransformer(select=OrthogonalLeastSquares(3)),
        OrthogonalLeastSquares(),
    ]
)
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("given", ["layers", "extractor", "function of a grid"])
def test_rows_are_the_features_of_images(given):
    images = random(0, 5, 8, 12)
    phi = wi.FeatureExtractor(LAYERS, wi.Grid((8, 12)))
    forms = {
        "layers": LAYERS,
        "extractor": phi,
        "function of a grid": lambda grid: wi.FeatureExtractor(LAYERS, grid),
    }
    transformer = FeatureTransformer(forms[given])
    found = transformer.fit_transform(images)
    expected = np.stack([np.asarray(phi(f).flatten()) for f in images])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    flat = clone(transformer).set_params(shape=(8, 12)).fit_transform(images.reshape(5, -1))
    np.testing.assert_array_equal(found, flat)
    names = transformer.get_feature_names_out()
    assert len(set(names)) == len(names) == found.shape[1]
    row = list(names).index("depth=1 scale=1,axes=HL at 2,5")
    features = phi(images[3])
    path = features.paths[1].index(("scale=1,axes=HL",))
    np.testing.assert_allclose(found[3, row], features[1][path, 2, 5], atol=1e-6)


def test_what_was_compiled_serves_again(monkeypatch):
    sizes = []
    compiled = Program.compiled

    def counted(self, per_device):
        if per_device not in self._compiled:
            sizes.append(per_device)
        return compiled(self, per_device)

    monkeypatch.setattr(Program, "compiled", counted)
    images = random(0, 40, 8, 8)
    transformer = FeatureTransformer(LAYERS).fit(images)
    whole = transformer.transform(images)
    before = list(sizes)
    for count in (40, 39, 12):  # filled up with zeros
        np.testing.assert_array_equal(transformer.transform(images[:count]), whole[:count])
    assert sizes == before
    transformer.transform(images[:3])
    assert len(sizes) > len(before)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(transformer)).transform(images), whole)


def test_a_ceiling_is_searched_once(monkeypatch):
    images = random(0, 300, 8, 8)
    transformer = FeatureTransformer(LAYERS, memory="300kB").fit(images)
    few = transformer.transform(images[:200])
    monkeypatch.setattr(computed, "chunk_within", lambda *unused: pytest.fail("searched again"))
    np.testing.assert_array_equal(transformer.transform(images)[:200], few)


def test_channels_are_signals_of_their_own():
    images = random(0, 4, 3, 8, 8)
    transformer = FeatureTransformer(LAYERS)
    found = transformer.fit_transform(images)
    single = FeatureTransformer(LAYERS).fit_transform(images[:, 1])
    names = transformer.get_feature_names_out()
    own = [i for i, name in enumerate(names) if name.startswith("channel=1 ")]
    np.testing.assert_array_equal(found[:, own], single)


def test_complex_features_are_two_columns():
    layers = [wi.Layer(wi.frames.Morlet(1), wi.ReLU())]  # parts of complex maps
    signals = random(0, 3, 16)
    transformer = FeatureTransformer(layers)
    found = transformer.fit_transform(signals)
    features = wi.FeatureExtractor(layers, wi.Grid((16,)))(signals[2])
    names = list(transformer.get_feature_names_out())
    path = features.paths[1][0][0]
    value = np.asarray(features[1])[0, 5]
    assert np.iscomplexobj(value)
    real, imag = (names.index(f"depth=1 {path} at 5{part}") for part in ("", ".imag"))
    np.testing.assert_allclose(found[2, [real, imag]], [value.real, value.imag], atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2])
def test_networks_and_classifiers_give_their_scores(channels):
    images = random(0, 3, channels, 8, 8)
    taps = random(1, 4, channels, 3, 3)
    averages = networks.Head([networks.Dense(random(2, 3, 4))], averages=True)
    layer = wi.Layer(networks.Convolution(taps, padding=1), wi.ReLU())
    network = networks.Network([layer], wi.Grid((8, 8)), channels, averages, ("a", "b", "2"))
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(1))], wi.Grid((8, 8)))
    head = networks.Head([networks.Dense(random(3, 3, 4 * channels))], averages=True)
    for model in (network, networks.Classifier(phi, head, channels)):
        transformer = FeatureTransformer(model)
        expected = np.stack([model(f) for f in images])
        np.testing.assert_allclose(transformer.fit_transform(images), expected, atol=1e-5)
        if channels == 1:
            np.testing.assert_array_equal(
                transformer.transform(images[:, 0]), transformer.transform(images)
            )
    names = FeatureTransformer(network).fit(images).get_feature_names_out()
    assert list(names) == ["class=0 a", "class=1 b", "class=2"]


def test_scattering_transforms_are_extractors():
    images = random(0, 2, 16, 16)
    S = wi.scattering.Scattering2D(J=2, shape=(16, 16), L=2)
    found = FeatureTransformer(S).fit_transform(images)
    np.testing.assert_allclose(found, np.asarray(S(images)).reshape(2, -1), atol=1e-5)


@pytest.mark.parametrize("kind", ["float16", "uint8", "bool", "longdouble", "float64"])
def test_numbers_of_any_type(kind):
    images = (3 * np.abs(random(0, 2, 8, 8))).astype(kind)
    found = FeatureTransformer(LAYERS).fit_transform(images)
    expected = FeatureTransformer(LAYERS).fit_transform(images.astype(np.float32))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_what_was_used_is_hashed_as_before():
    """So that a pipeline with a cache finds it there."""
    phi = wi.FeatureExtractor(LAYERS, wi.Grid((8, 8)))
    before = joblib.hash(phi)
    phi(random(0, 8, 8))
    assert joblib.hash(phi) == joblib.hash(pickle.loads(pickle.dumps(phi))) == before


def test_the_note_says_that_few_signals_were_seen():
    images, labels = random(0, 10, 8, 8), np.arange(10) // 5
    transformer = FeatureTransformer(LAYERS, select=OrthogonalLeastSquares(3), select_rows=4)
    with pytest.raises(ValueError, match="of one class, 0;") as caught:
        transformer.fit(images, labels)
    assert "saw the first 4 signals (select_rows)" in caught.value.__notes__[0]


def test_any_function_of_a_signal():
    found = FeatureTransformer(lambda grid: lambda f: {"mean": f.mean(), "f": f})
    rows = found.fit_transform(random(0, 4, 6))
    assert rows.shape == (4, 7)
    assert list(found.get_feature_names_out()[-2:]) == ["array=0 at 5", "array=1 at "]


def test_a_pipeline_with_a_grid_search_tells_edges_apart():
    draw = np.random.default_rng(0)
    images = draw.standard_normal((60, 8, 8)) * 0.3
    labels = draw.integers(0, 2, 60)
    images[labels == 0, :, ::2] += 1  # stripes
    images[labels == 1, ::2, :] += 1
    pipeline = make_pipeline(FeatureTransformer(), OrthogonalLeastSquares(4), SVC())
    options = {
        "featuretransformer__extractor": [LAYERS, LAYERS[:1]],
        "orthogonalleastsquares__n_features": [1, 4],
    }
    search: Any = GridSearchCV(pipeline, options, cv=2).fit(images, labels)
    assert search.score(images, labels) > 0.9


def test_beyond_the_ceiling_features_are_a_map_whose_file_goes_with_them(tmp_path):
    images = random(0, 2000, 16)
    plain = FeatureTransformer(LAYERS, shape=(16,))
    small = clone(plain).set_params(memory="100kB", folder=tmp_path)
    found: Any = small.fit_transform(images)
    assert isinstance(found, np.memmap)
    expected = plain.fit_transform(images)
    assert type(expected) is np.ndarray
    np.testing.assert_array_equal(found, expected)
    sums = joblib.Parallel(2)(joblib.delayed(np.sum)(found[i::2]) for i in range(2))
    np.testing.assert_allclose(sums, [expected[i::2].sum() for i in range(2)], rtol=1e-4)
    part = found[5:7]
    del found
    assert len(list(tmp_path.iterdir())) == 1
    np.testing.assert_array_equal(part, expected[5:7])
    del part
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="could not be written to"):
        filled_disk(tmp_path)
    assert not list(tmp_path.iterdir())


def test_only_chosen_columns_come_back():
    images, labels = random(0, 40, 8, 8), np.arange(40) % 3
    select = OrthogonalLeastSquares(7)
    transformer = FeatureTransformer(LAYERS, select=select)
    found = transformer.fit_transform(images, labels)
    every = FeatureTransformer(LAYERS).fit(images)
    chosen = clone(select).fit(every.transform(images), labels)
    np.testing.assert_array_equal(found, chosen.transform(every.transform(images)))
    np.testing.assert_array_equal(transformer.transform(images), found)
    names = every.get_feature_names_out()[chosen.get_support()]
    assert list(transformer.get_feature_names_out()) == list(names)
    few = clone(transformer).set_params(select_rows=20).fit(images, labels)
    expected = (
        clone(select).fit(every.transform(images[:20]), labels[:20]).get_support(indices=True)
    )
    np.testing.assert_array_equal(few.columns_, expected)


SCRIPT = """
import sys, numpy as np, jax
import wiatowski as wi
from wiatowski.learn import FeatureTransformer
layers = [wi.Layer(wi.frames.Curvelets(1), wi.Modulus(), wi.Decimate(2))] * 2
images = np.random.default_rng(0).standard_normal((37, 16, 16)).astype(np.float32)
np.save(sys.argv[1], FeatureTransformer(layers, memory=sys.argv[2]).fit_transform(images))
print(jax.device_count())
"""


def test_four_devices_give_the_bits_of_one(tmp_path):
    """Also with as many signals together as the ceiling allows, which differ."""
    found, memory = [], "4MB"
    for count in (1, 4):
        flags = f"--xla_force_host_platform_device_count={count}"
        file = tmp_path / f"{count}.npy"
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(file), memory],
            env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.stdout == f"{count}\n", done.stderr[-2000:]
        found.append(np.load(file))
    np.testing.assert_array_equal(*found)


def plain_selection(X, y, count):
    """The definition: least squares on the chosen columns and each further one, from scratch."""
    classes = np.unique(y)
    targets = (
        (y[:, None] == classes).astype(float) if y.dtype.kind in "iu" else y.reshape(len(y), -1)
    )
    X, targets = X - X.mean(0), targets - targets.mean(0)
    own, union = [[] for _ in targets.T], {}
    while len(union) < count:
        for target, chosen in zip(targets.T, own):

            def residual(j, target=target, chosen=chosen):
                columns = X[:, [*chosen, j]]
                return np.sum(
                    (target - columns @ np.linalg.lstsq(columns, target, rcond=None)[0]) ** 2
                )

            free = [j for j in range(X.shape[1]) if j not in chosen]
            chosen.append(min(free, key=residual))
            if len(union) < count:
                union.setdefault(chosen[-1])
    return list(union)


@pytest.mark.parametrize("targets", ["classes", "one number", "several numbers"])
def test_selection_is_its_definition(targets, monkeypatch):
    monkeypatch.setattr("wiatowski.learn.selection._BLOCK_BYTES", 1000)  # several blocks
    draw = np.random.default_rng(3)
    X = draw.standard_normal((60, 12)) @ draw.standard_normal((12, 12)) + 5
    y = {
        "classes": draw.integers(0, 3, 60) + 0,
        "one number": X[:, 3] - 2 * X[:, 7] + draw.standard_normal(60),
        "several numbers": X[:, :2] @ draw.standard_normal((2, 2)) + draw.standard_normal((60, 2)),
    }[targets]
    found = OrthogonalLeastSquares(6).fit(X, y)
    assert found.ranking_.tolist() == plain_selection(X, np.asarray(y), 6)
    wide = OrthogonalLeastSquares(6).fit(X.astype(np.float32), y)
    assert wide.ranking_.tolist() == found.ranking_.tolist()


@pytest.mark.parametrize(("columns", "targets"), [(1e-30, 1), (1, 1e39), (1e30, 1e-30)])
def test_the_choice_does_not_depend_on_units(columns, targets):
    draw = np.random.default_rng(0)
    X = draw.standard_normal((40, 8)).astype(np.float32)
    y = X[:, 2] - 3.0 * X[:, 5] + 0.1 * draw.standard_normal(40)
    expected = OrthogonalLeastSquares(4).fit(X, y).ranking_
    found = OrthogonalLeastSquares(4).fit(X * np.float32(columns), y * targets).ranking_
    np.testing.assert_array_equal(found, expected)


def test_combinations_of_chosen_columns_come_last():
    draw = np.random.default_rng(0)
    one, two = draw.standard_normal((2, 40))
    X = np.stack([one, 3 * one, np.full(40, 2.0), two, one + two], axis=1)
    ranking = OrthogonalLeastSquares(5).fit(X, 2 * one + two).ranking_.tolist()
    assert sorted(ranking) == [0, 1, 2, 3, 4]
    assert ranking[0] == 4
    assert (
        len({0, 1, 3} & set(ranking[:2])) == 1
    )  # the second of the plane; the third is a combination


def test_the_selection_keeps_up_with_a_memory_map(tmp_path):
    X, y = random(0, 50, 20), np.arange(50) % 4
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    a, b = (OrthogonalLeastSquares(8).fit(x, y).ranking_ for x in (X, mapped))
    np.testing.assert_array_equal(a, b)


def test_what_is_computed_is_in_double_precision_with_64_bits():
    with jax.enable_x64(True):
        found = FeatureTransformer(LAYERS).fit_transform(random(0, 2, 8, 8).astype(float))
    assert found.dtype == np.float64
