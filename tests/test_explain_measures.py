"""Measures of heatmaps, on models whose answers are known."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import scipy.stats
from test_explain import relu_network
from test_networks import random

import wiatowski as wi
from wiatowski.explain import measures
from wiatowski.networks import Convolution, Dense, Head, Network

GRID = wi.Grid((8, 8))


def brightness(where):
    """Its first class likes the samples of a region, and nothing else."""
    layer = wi.Layer(Convolution(np.ones((1, 1, 1, 1))), wi.Identity())
    weights = np.stack([where.ravel().astype(float), np.zeros(64)])
    return Network([layer], GRID, 1, Head([Dense(weights)], averages=False))


def region():
    where = np.zeros((8, 8), bool)
    where[2:4, 2:4] = True
    return where


def test_masking_with_the_region_keeps_the_score_and_with_its_complement_loses_it():
    where, f = region(), np.ones((1, 8, 8), np.float32)
    model = brightness(where)
    whole = jax.nn.softmax(model(f))[0]
    assert measures.masked_score(model, f, 0, where * 2.0) == pytest.approx(float(whole))
    assert measures.masked_score(model, f, 0, ~where * 3.0) == pytest.approx(0.5)


def test_curves_fall_at_once_for_the_region_and_at_last_for_its_complement():
    where, f = region(), np.ones((1, 8, 8), np.float32)
    model = brightness(where)
    good = measures.deletion_curve(model, f, 0, where * 1.0, steps=16)
    bad = measures.deletion_curve(model, f, 0, ~where * 1.0, steps=16)
    assert good[0] == pytest.approx(bad[0])
    assert good[-1] == pytest.approx(0.5)
    np.testing.assert_allclose(good[1:], 0.5, atol=1e-6)  # four of 64 samples are one step
    np.testing.assert_allclose(bad[:16], bad[0], atol=1e-6)
    assert bad[-1] == pytest.approx(0.5)
    f = np.asarray(where, np.float32)[None]
    rising = measures.insertion_curve(model, f, 0, where * 1.0, steps=16)
    late = measures.insertion_curve(model, f, 0, ~where * 1.0, steps=16)
    assert rising[1] == pytest.approx(float(jax.nn.softmax(model(f))[0]), rel=1e-5)
    assert rising.mean() > late.mean()


def test_intervals_cover_the_mean_as_often_as_they_say():
    draws = np.random.default_rng(0).normal(0.3, 2.0, (2000, 6))
    covered = [low <= 0.3 <= high for _, low, high in map(measures.mean_interval, draws)]
    assert 0.935 < np.mean(covered) < 0.965


def test_agreement_is_spearmans_and_that_of_a_constant_is_none():
    one, two = random(0, 5, 5), random(1, 5, 5)
    expected = scipy.stats.spearmanr(one.ravel(), two.ravel()).statistic
    assert measures.rank_agreement(one, two) == pytest.approx(expected)
    assert measures.rank_agreement(one, np.exp(one)) == pytest.approx(1)
    assert measures.rank_agreement(one, np.ones((5, 5))) == 0


def test_points_with_a_margin_never_fall():
    scores = random(2, 20, 4)
    best, near = measures.points(scores), measures.points(scores, margin=0.5)
    assert best.sum() == 20
    assert np.all(near >= best)
    assert near.sum() > 20


def test_pointing():
    heatmap = np.zeros((4, 4))
    heatmap[0, 3] = 1.0
    where = np.zeros((16, 16), bool)
    where[:8, 8:] = True
    assert measures.points_at(heatmap, where)
    assert not measures.points_at(heatmap, ~where)
    assert not measures.points_at(np.ones((4, 4)), np.ones((16, 16), bool))


def test_energy_inside_and_outside_sum_to_one():
    heatmap, where = np.abs(random(4, 4, 4)), np.zeros((16, 16), bool)
    where[:5, 3:9] = True
    inside, outside = (measures.energy_inside(heatmap, w) for w in (where, ~where))
    assert 0 < inside < outside
    assert inside + outside == pytest.approx(1)
    assert measures.energy_inside(np.zeros((4, 4)), where) == 0
    with pytest.raises(ValueError, match=r"energy_inside: .*positive part"):
        measures.energy_inside(heatmap - 1, where)


def test_wilsons_interval_holds_the_proportions_within_z_deviations_and_no_others():
    z = scipy.stats.norm.ppf(0.95)
    for successes, trials in ((3, 20), (0, 7), (50, 200)):
        mean, low, high = measures.proportion_interval(successes, trials, level=0.9)
        assert mean == successes / trials
        for end in {low, high} - {0.0}:
            assert abs(mean - end) == pytest.approx(z * np.sqrt(end * (1 - end) / trials))
        assert low <= mean < high
    for successes, trials in ((-1, 2), (3, 2), (0, 0)):
        with pytest.raises(ValueError, match=r"proportion_interval: .*from 0 to"):
            measures.proportion_interval(successes, trials)


def test_randomised_models_keep_size_and_lose_what_they_learned():
    model = relu_network()
    other = measures.randomised(model, jax.random.key(0))
    for one, two in zip(jax.tree.leaves(model), jax.tree.leaves(other), strict=True):
        assert one.shape == two.shape
        assert not np.allclose(one, two)
    f = random(3, 3, 8, 12)
    for kept in range(model.depth + 1):
        upper = measures.randomised(model, jax.random.key(0), kept)
        same = [np.allclose(*maps) for maps in zip(model.trace(f).maps, upper.trace(f).maps)]
        assert same == [n <= kept for n in range(model.depth + 1)]
        assert not np.allclose(model(f), upper(f))
    with pytest.raises(ValueError, match=rf"randomised: kept must lie in 0..{model.depth}"):
        measures.randomised(model, jax.random.key(0), model.depth + 1)


def test_a_randomised_classifier_has_another_head_and_the_extractor_if_asked():
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8, 8)))
    model = wi.networks.Classifier(phi, Head([Dense(random(0, 2, 4))], averages=True))
    f = random(1, 1, 8, 8)
    headless = measures.randomised(model, jax.random.key(0), kept=1)
    np.testing.assert_array_equal(model.features(f), headless.features(f))
    assert not np.allclose(model(f), headless(f))
    other = measures.randomised(model, jax.random.key(0))
    assert not np.allclose(model.features(f), other.features(f))
