"""Bad input to learning; the rows are tried by `tests/test_errors.py`, which also sees that none is forgotten."""

from __future__ import annotations

import contextlib
import errno
import importlib
import importlib.util
import resource
import signal
import sys
from typing import Any
from unittest import mock

import jax
import numpy as np

import wiatowski as wi
from wiatowski import learn, networks
from wiatowski.learn import FeatureTransformer, OrthogonalLeastSquares

PHI = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(1))], wi.Grid((8, 8)))
X, Y = np.arange(12.0).reshape(4, 3) ** 2, np.array([0, 1, 0, 1])


NAME: Any = "Haar"


def without_scikit_learn(_):
    with mock.patch.object(importlib.util, "find_spec", return_value=None):
        importlib.reload(learn)


TAPS = np.ones((2, 1, 3, 3)) / 9
STAGE = networks.Convolution(TAPS, padding=1)
AVERAGES = networks.Head([], averages=True)
SMALL = networks.Network([wi.Layer(STAGE, wi.ReLU())], wi.Grid((8, 8)), 1, AVERAGES)
LOUDER = networks.Network(
    [wi.Layer(networks.Convolution(2 * TAPS, padding=1), wi.ReLU())], wi.Grid((8, 8)), 1, AVERAGES
)
BRANCHED = networks.Network(
    [wi.Layer(networks.Parallel([[wi.Layer(STAGE, wi.ReLU())]]))], wi.Grid((8, 8)), 1, AVERAGES
)
SIGNALS = np.random.default_rng(0).standard_normal((4, 1, 8, 8)).astype(np.float32)


def trained(model=SMALL, signals=SIGNALS, labels=(0, 1, 0, 1), **options):
    options = {"batch": 2, "epochs": 1} | options
    return learn.train(
        model, (signals, np.array(labels)), (SIGNALS, np.array([0, 1, 0, 1])), **options
    )


def other_checkpoint(folder):
    trained(folder=folder / "run")
    trained(LOUDER, folder=folder / "run")


def damaged_checkpoint(folder):
    trained(folder=folder / "run")
    for file in (folder / "run" / "1" / "state").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:10])
    trained(folder=folder / "run")


def foreign_folder(folder):
    (folder / "thesis").mkdir()
    (folder / "thesis" / "chapter.tex").touch()
    trained(folder=folder / "thesis")


def without_orbax(folder):
    with mock.patch.dict(sys.modules, {"orbax.checkpoint": None}):
        trained(folder=folder / "run")


@contextlib.contextmanager
def files_of_at_most(size):
    """Stands in for a full disk."""
    limits, before = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def filled_disk(folder):
    transformer = FeatureTransformer(memory="100kB", folder=folder)
    with files_of_at_most(150_000):
        transformer.fit_transform(np.ones((4000, 16), np.float32))


def no_room_for_a_checkpoint(folder):
    """As orbax tells it; on a file system that is full in `test_training`, in a process of its own."""
    trained(folder=folder / "run")
    full = OSError(errno.ENOSPC, "No space left on device")
    with mock.patch("orbax.checkpoint.CheckpointManager.save", side_effect=full):
        trained(folder=folder / "run", epochs=2)


ERRORS = {
    "learning without scikit-learn": (
        without_scikit_learn,
        ImportError,
        r'scikit-learn, optax, tqdm is missing; install it with pip install "wiatowski\[learn\]"',
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
    "a batch larger than the data": (
        lambda _: trained(batch=5),
        ValueError,
        r"batch must lie in 1\.\.4, the number of signals, not 5",
    ),
    "training on a single class": (
        lambda _: trained(labels=[1, 1, 1, 1]),
        ValueError,
        "train: all signals are of one class, 1",
    ),
    "labels that are too few": (
        lambda _: trained(labels=[0, 1]),
        ValueError,
        r"data holds signals of shape \(4, 1, 8, 8\) and labels of shape \(2,\); give one label per signal",
    ),
    "labels that are names": (
        lambda _: trained(labels=["a", "b", "a", "b"]),
        ValueError,
        "the labels of data must be whole numbers >= 0, not <U1",
    ),
    "signals with NaN": (
        lambda _: trained(signals=np.full((4, 1, 8, 8), np.nan)),
        ValueError,
        "the signals of data hold NaN or infinite samples",
    ),
    "nothing to train": (
        lambda _: trained(trainable=lambda model: jax.tree.map(lambda _: False, model)),
        ValueError,
        "no floating array that is trained",
    ),
    "a checkpoint of another model": (
        other_checkpoint,
        ValueError,
        "run holds a checkpoint of another run: model differ; give a new folder",
    ),
    "no room for a checkpoint": (
        no_room_for_a_checkpoint,
        OSError,
        "the checkpoint after epoch 2 could not be written to run .*; make room, and the same call goes on",
    ),
    "a checkpoint that is damaged": (
        damaged_checkpoint,
        ValueError,
        "checkpoint 1 in run cannot be read .* delete the folder 1 to go on from the one before it",
    ),
    "a folder of something else": (
        foreign_folder,
        ValueError,
        "thesis holds chapter.tex, which is no checkpoint; give a new folder",
    ),
    "checkpoints without orbax": (
        without_orbax,
        ImportError,
        r'checkpoints need orbax-checkpoint: pip install "wiatowski\[learn\]"',
    ),
    "shifts backwards": (
        lambda _: learn.Shifted(-1),
        ValueError,
        "most must be a whole number >= 0",
    ),
    "noise below none": (
        lambda _: learn.Noisy(-1.0),
        ValueError,
        "deviation must be a number >= 0",
    ),
    "deformations below none": (
        lambda _: learn.Deformed(float("nan")),
        ValueError,
        "most must be a number of samples >= 0, not nan",
    ),
    "deformations without waves": (
        lambda _: learn.Deformed(1.0, waves=0),
        ValueError,
        "waves must be at least 1, not 0",
    ),
    "a head for one class": (
        lambda _: learn.with_new_head(SMALL, 1),
        ValueError,
        "there must be at least two classes, not 1",
    ),
    "a head of a network that ends in branches": (
        lambda _: learn.with_new_head(BRANCHED, 3),
        ValueError,
        "ends neither in a dense layer nor in a convolution",
    ),
}
