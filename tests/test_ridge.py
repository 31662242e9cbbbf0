"""The ridge regression of the experiments is scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import linear_model
from sklearn.preprocessing import StandardScaler

from experiments import ridge
from experiments.ridge import RidgeClassifier

PENALTIES = (0.1, 10.0, 1000.0)


def clouds(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 4, rows)
    features = draw.standard_normal((rows, columns)) * draw.uniform(0.1, 5, columns) + 3
    features[:, :4] += 3 * (labels[:, None] == np.arange(4))
    features[:, -1] = 7.0  # says nothing
    return features.astype(np.float32), labels


@pytest.mark.parametrize("shape", [(300, 20), (60, 200)])
def test_it_is_scikit_learns(shape, monkeypatch):
    monkeypatch.setattr(ridge, "_ROWS", 37)
    features, labels = clouds(*shape)
    found = RidgeClassifier(features, labels, PENALTIES, held_out=20)
    scaler = StandardScaler().fit(features)
    theirs = linear_model.RidgeClassifier(alpha=found.penalty).fit(
        scaler.transform(features), labels
    )
    others, _ = clouds(500, shape[1])
    assert np.mean(found.predict(others) == theirs.predict(scaler.transform(others))) > 0.995


def test_the_penalty_has_the_fewest_errors_on_the_last_rows():
    features, labels = clouds(80, 60)
    scaler = StandardScaler().fit(features[:50])
    errors = {}
    for penalty in PENALTIES:
        theirs = linear_model.RidgeClassifier(alpha=penalty).fit(
            scaler.transform(features[:50]), labels[:50]
        )
        errors[penalty] = np.sum(theirs.predict(scaler.transform(features[50:])) != labels[50:])
    found = RidgeClassifier(features, labels, PENALTIES, held_out=30)
    assert errors[found.penalty] == min(errors.values())
