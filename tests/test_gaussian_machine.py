"""The machine of the experiments is scikit-learn's, and its inputs matter as they are made to."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from experiments import gaussian_machine
from experiments.gaussian_machine import Machine, Setting


@pytest.fixture(scope="module")
def clouds() -> tuple[np.ndarray, np.ndarray]:
    """Four classes that differ in the first two of six numbers only."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 4, 300)
    train = draw.standard_normal((300, 6)).astype(np.float32)
    train[:, 0] += 2.5 * (labels % 2)
    train[:, 1] += 2.5 * (labels // 2)
    return train, labels


def test_distances_give_gaussian_kernels(clouds):
    one, other = clouds[0][:9], clouds[0][9:30]
    np.testing.assert_allclose(
        np.exp(-0.1 * gaussian_machine.squared_distances(one, other)),
        rbf_kernel(one, other, gamma=0.1),
        rtol=1e-4,
    )


def test_the_setting_is_the_best_of_a_search(clouds):
    train, labels = clouds
    found = gaussian_machine.tuned(train, labels, held_out=100)
    rates = {
        (c, gamma): 1 - SVC(C=c, gamma=gamma).fit(train[:200], labels[:200]).score(train[200:], labels[200:])
        for c in gaussian_machine.C
        for gamma in gaussian_machine.GAMMA
    }  # fmt: skip
    assert found.held_out_percent == pytest.approx(100 * min(rates.values()), abs=2)
    assert rates[found.C, found.gamma] == pytest.approx(min(rates.values()), abs=0.02)


@pytest.mark.parametrize("names", [(0, 1, 2, 3), ("a", "c", "b", "z")])
def test_answers_are_those_of_scikit_learn(clouds, names):
    train, labels = clouds[0], np.array(names)[clouds[1]]
    others = np.random.default_rng(1).standard_normal((2_500, 6)) * 2
    machine = Machine(Setting(8, 0.1, 0), train, labels)
    expected = SVC(C=8, gamma=0.1).fit(train, labels).predict(others)
    assert np.mean(machine.answers(others) == expected) > 0.999
    assert set(expected) == set(names)


def test_only_what_tells_classes_apart_matters(clouds):
    train, labels = clouds
    machine = Machine(Setting(1, 0.1, 0), train, labels)
    groups = {"both": np.array([0, 1]), "one": np.array([0]), "noise": np.array([3, 4])}
    added = machine.added_errors(train, labels, groups)
    assert added["both"] > 1.4 * added["one"] > 40
    assert abs(added["noise"]) < 8
    exchanged = train.copy()
    exchanged[:, [0]] = train[np.random.default_rng(0).permutation(300)][:, [0]]
    wrong = np.sum(machine.answers(exchanged) != labels) - np.sum(machine.answers(train) != labels)
    assert added["one"] == pytest.approx(100 * wrong / 300, abs=0.4)
