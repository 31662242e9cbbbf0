"""Bad input to explanations and classifiers.

The rows are tried by `tests/test_errors.py`, which also sees that none is forgotten.
"""

from __future__ import annotations

import jax
import numpy as np

import wiatowski as wi
from wiatowski import explain
from wiatowski.explain import measures
from wiatowski.networks import Classifier, Convolution, Dense, Head, Network

GRID = wi.Grid((8, 8))
PHI = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], GRID)
F = np.ones((3, 8, 8))


def network(nonlinearity=None, pooling=None, classes=("cat", "dog")):
    stage = Convolution(np.ones((2, 3, 1, 1)) / 3)
    layer = wi.Layer(stage, nonlinearity or wi.ReLU(), pooling)
    return Network({"conv": layer}, GRID, 3, Head([], averages=True), classes)


def classifier(*layers, averages=True, **options):
    return Classifier(PHI, Head(layers or [Dense(np.ones((2, 4)))], averages), **options)


ERRORS = {
    "explaining an extractor": (
        lambda _: explain.grad_cam(PHI, F, 0),
        TypeError,
        r"grad_cam: a networks.Network or .* not FeatureExtractor; give .*Classifier\(phi, head\)",
    ),
    "explaining a photo of another size": (
        lambda _: explain.score_cam(network(), F[:, :4], 0),
        ValueError,
        r"score_cam: the signal has shape \(3, 4, 8\), but \(3, 8, 8\) is needed, or a batch",
    ),
    "explaining no number": (
        lambda _: explain.saliency(network(), np.full((3, 8, 8), np.nan), 0),
        ValueError,
        "saliency: the signal holds NaN",
    ),
    "class out of range": (
        lambda _: explain.grad_cam(network(), F, 2),
        ValueError,
        "grad_cam: class 2 does not exist; classes are numbered 0 to 1",
    ),
    "class by a wrong name": (
        lambda _: explain.grad_cam(network(), F, ["cat", "cow"]),
        ValueError,
        "grad_cam: no class is named 'cow'; there are cat, dog",
    ),
    "class that is no class": (
        lambda _: explain.grad_cam(network(), F, [1.5]),
        TypeError,
        "grad_cam: a class is a number or a name, not 1.5",
    ),
    "no class": (
        lambda _: explain.grad_cam(network(), F, []),
        ValueError,
        "grad_cam: no class is named; give at least one",
    ),
    "layer that does not exist": (
        lambda _: explain.grad_cam_plus_plus(network(), F, 0, 3),
        ValueError,
        "grad_cam_plus_plus: Network: no layer 3; there are 1 to 1, named conv",
    ),
    "layer of a classifier that does not exist": (
        lambda _: explain.grad_cam(classifier(), np.ones((1, 8, 8)), 0, "conv"),
        ValueError,
        "grad_cam: Classifier: no layer 'conv'; there are 1 to 1",
    ),
    "cam without its ending": (
        lambda _: explain.cam(network(pooling=wi.MaxPool(2)), F, 0),
        ValueError,
        "cam: the network does not end in global average pooling.*use grad_cam",
    ),
    "more maps than there are": (
        lambda _: explain.top_maps(network(), F, 0, count=3),
        ValueError,
        r"top_maps: count must lie in 1\.\.2, the number of maps, not 3",
    ),
    "nothing to guide": (
        lambda _: explain.guided_backpropagation(network(wi.Tanh()), F, 0),
        ValueError,
        "the model has no ReLU, ReLU6 or LeakyReLU.*use saliency",
    ),
    "shares of a network": (
        lambda _: explain.path_shares(network(), F, 0),
        ValueError,
        "path_shares: a networks.Classifier with one dense layer is needed",
    ),
    "constant of a map whose weights move": (
        lambda _: explain.heatmap_lipschitz(network(pooling=wi.MaxPool(2)), 0),
        ValueError,
        "heatmap_lipschitz: the weights of the maps depend on the signal",
    ),
    "constant of an extractor": (
        lambda _: explain.heatmap_lipschitz(PHI, 0),
        TypeError,
        "heatmap_lipschitz: a networks.Network .* not FeatureExtractor",
    ),
    "complex features in a classifier": (
        lambda _: Classifier(
            wi.FeatureExtractor([wi.Layer(wi.frames.Morlet(scales=1), wi.ReLU())], GRID),
            Head([], averages=True),
        ),
        ValueError,
        r"Classifier: the features are complex.*use Modulus\(\)",
    ),
    "an interval of one photo": (
        lambda _: measures.mean_interval([0.5]),
        ValueError,
        "mean_interval: an interval needs at least two photos, not 1",
    ),
    "heatmaps of different sizes": (
        lambda _: measures.rank_agreement(np.ones((2, 2)), np.ones((3, 3))),
        ValueError,
        r"the heatmaps have shapes \(2, 2\) and \(3, 3\); bring both to one size with explain.upsampled",
    ),
    "a proportion of no photos": (
        lambda _: measures.proportion_interval(0, 0),
        ValueError,
        "proportion_interval: 0 of 0 is no proportion; give successes from 0 to",
    ),
    "energy of evidence against": (
        lambda _: measures.energy_inside([[1.0, -1.0]], [[True, False]]),
        ValueError,
        "energy_inside: the heatmap has negative values; give its positive part",
    ),
    "more layers kept than there are": (
        lambda _: measures.randomised(network(), jax.random.key(0), kept=2),
        ValueError,
        r"randomised: kept must lie in 0\.\.1, not 2",
    ),
    "a level in per cent": (
        lambda _: measures.mean_interval([1.0, 2.0], level=95),
        ValueError,
        "mean_interval: level must lie between 0 and 1, such as 0.95, not 95",
    ),
    "heatmaps of several classes": (
        lambda _: measures.masked_score(network(), F, 0, np.ones((2, 8, 8))),
        ValueError,
        r"masked_score: one heatmap of 2 axes is needed, not an array of float64 and shape \(2, 8, 8\)",
    ),
    "a heatmap of no numbers": (
        lambda _: measures.deletion_curve(network(), F, 0, np.full((8, 8), np.nan)),
        ValueError,
        "deletion_curve: the heatmap holds NaN",
    ),
    "no steps": (
        lambda _: measures.insertion_curve(network(), F, 0, np.ones((8, 8)), steps=0),
        ValueError,
        "insertion_curve: steps must be an integer >= 1, not 0",
    ),
    "scores that are no numbers": (
        lambda _: measures.points([[0.5, np.nan]]),
        ValueError,
        "points: some scores are NaN",
    ),
    "complex signal to explain": (
        lambda _: explain.saliency(network(), F + 1j, 0),
        ValueError,
        "saliency: the signal is complex",
    ),
    "chunks of nothing": (
        lambda _: explain.score_cam(network(), F, 0, chunk=0),
        ValueError,
        "score_cam: chunk must be an integer >= 1, not 0",
    ),
    "a name of two classes": (
        lambda _: explain.grad_cam(network(classes=("crane", "crane")), F, "crane"),
        ValueError,
        "grad_cam: 'crane' is the name of the classes 0 and 1; give a number",
    ),
    "no numbers in a classifier": (
        lambda _: classifier()(np.full((1, 8, 8), np.nan)),
        ValueError,
        "Classifier: the signal is complex, or holds NaN",
    ),
    "network in a classifier": (
        lambda _: Classifier(network(), Head([], True)),
        TypeError,
        "Classifier: a FeatureExtractor is needed",
    ),
    "names of other classes in a classifier": (
        lambda _: classifier(classes=["cat"]),
        ValueError,
        "Classifier: the head gives 2 scores, but there are 1 names",
    ),
    "signal without channels in a classifier": (
        lambda _: classifier()(np.ones((8, 8))),
        ValueError,
        r"Classifier: the signal has shape \(8, 8\), but \(1, 8, 8\) is needed",
    ),
}
