"""Error against the number of digits: draws, intervals, resumption, and real contenders on few digits."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import wiatowski as wi
from experiments import small_samples
from experiments.digits import GRID
from experiments.small_samples import CONTENDERS, Contender, Digits


def test_the_interval_is_students():
    draw = np.random.default_rng(0).standard_normal(6)
    mean, half = small_samples.interval(draw)
    low, high = scipy.stats.ttest_1samp(draw, 0).confidence_interval(0.95)
    assert (mean - half, mean + half) == pytest.approx((low, high))


def test_a_stopped_run_goes_on_with_the_same_draws(tmp_path, monkeypatch, capsys):
    seen = []

    def fit(train: Digits, seed: int):
        if len(seen) == 3 and not stopped:
            stopped.append(True)
            raise KeyboardInterrupt
        seen.append((len(train.labels), seed, train.images.sum()))
        wrong = len(seen)

        def answers(images):
            assert images.shape == (50, 28, 28)
            return np.where(np.arange(50) < wrong, -1, labels[:50])

        return answers

    labels = wi.data.mnist().test_labels
    stopped: list[bool] = []
    monkeypatch.setattr(small_samples, "CONTENDERS", {"stub": Contender("a stub", "#000000", fit)})
    call = ["--most", "300", "--seeds", "2", "--test", "50", "--out", str(tmp_path)]
    with pytest.raises(KeyboardInterrupt):
        small_samples.main(call)
    assert small_samples.main(call) == 0
    assert [row[:2] for row in seen] == [(100, 0), (100, 1), (300, 0), (300, 1)]
    assert len({row[2] for row in seen}) == 4
    assert "| 100 | 3.00 ± 12.71 |" in capsys.readouterr().out
    assert (tmp_path / "small_samples.png").stat().st_size > 10_000


@pytest.mark.parametrize("name", CONTENDERS)
def test_contenders_learn_stripes(name, monkeypatch):
    monkeypatch.setattr(small_samples, "MOST_EPOCHS", 40)
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 2, 120)
    images = 0.3 * draw.random((120, 28, 28)).astype(np.float32)
    images[labels == 0, :, ::4] += 0.5
    images[labels == 1, ::4, :] += 0.5
    train, test = Digits(images[:80], labels[:80]), Digits(images[80:], labels[80:])
    answers = CONTENDERS[name].fit(train, 0)(test.images)
    assert np.sum(answers != test.labels) <= 4


def test_features_that_are_kept_are_computed_once_and_the_same():
    built = []

    def build():
        built.append(True)
        return wi.FeatureExtractor([wi.Layer(wi.frames.Haar(1))], GRID, output_stride=4)

    draw = np.random.default_rng(0).random((5, 28, 28)).astype(np.float32)
    fresh, kept = (small_samples.features_of(build, keep=keep) for keep in (False, True))
    expected = fresh(draw)
    kept(draw[[3, 1, 3]])
    np.testing.assert_array_equal(kept(draw[[3, 0, 3, 4]]), expected[[3, 0, 3, 4]])
    assert len(built) == 2
