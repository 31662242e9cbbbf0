"""Bad input to learning; the rows are tried by `tests/test_errors.py`, which also sees that none is forgotten."""

from __future__ import annotations

import importlib
import importlib.util
import resource
import signal
from typing import Any
from unittest import mock

import numpy as np

import wiatowski as wi
from wiatowski import learn
from wiatowski.learn import FeatureTransformer, OrthogonalLeastSquares

PHI = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(1))], wi.Grid((8, 8)))
X, Y = np.arange(12.0).reshape(4, 3) ** 2, np.array([0, 1, 0, 1])


NAME: Any = "Haar"


def without_scikit_learn(_):
    with mock.patch.object(importlib.util, "find_spec", return_value=None):
        importlib.reload(learn)


def filled_disk(folder):
    """On a file system of few bytes: the limit of the process's files stands in for it."""
    transformer = FeatureTransformer(memory="100kB", folder=folder)
    images, limits = np.ones((4000, 16), np.float32), resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, limits[1]))
    try:
        transformer.fit_transform(images)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


ERRORS = {
    "learning without scikit-learn": (
        without_scikit_learn,
        ImportError,
        r'scikit-learn is missing; install it with pip install "wiatowski\[learn\]"',
    ),
    "images of another size than the extractor's": (
        lambda _: FeatureTransformer(PHI).fit(np.ones((2, 9, 9))),
        ValueError,
        r"a row holds 81 numbers, which is no whole number of signals of shape \(8, 8\)",
    ),
    "images of mixed sizes": (
        lambda _: FeatureTransformer(PHI).fit([np.ones((8, 8)), np.ones((8, 9))]),
        ValueError,
        r"the signals have different shapes, \(8, 8\), \(8, 9\) among them; resize or crop",
    ),
    "signals of a single number": (
        lambda _: FeatureTransformer().fit(np.ones((3, 1))),
        ValueError,
        "signals of a single number",
    ),
    "an extractor that is none": (
        lambda _: FeatureTransformer(NAME).fit(np.ones((2, 8))),
        TypeError,
        "extractor must be a FeatureExtractor, a list of layers, .* not str",
    ),
    "no features to choose": (
        lambda _: OrthogonalLeastSquares(0).fit(X, Y),
        ValueError,
        "n_features must be a number >= 1, not 0",
    ),
    "nothing to choose features for": (
        lambda _: OrthogonalLeastSquares().fit(X, None),
        ValueError,
        "requires y to be passed, but the target y is None",
    ),
    "labels that do not match": (
        lambda _: OrthogonalLeastSquares().fit(X, Y[:3]),
        ValueError,
        "there are 4 samples, but 3 targets; give one for each",
    ),
    "features that fill the disk": (
        filled_disk,
        OSError,
        "could not be written to .*; give a `folder` with more room, or `select` columns",
    ),
    "a single class": (
        lambda _: OrthogonalLeastSquares().fit(X, np.zeros(4, int)),
        ValueError,
        "all targets are of one class, .*0.*; there is nothing to tell apart",
    ),
}
