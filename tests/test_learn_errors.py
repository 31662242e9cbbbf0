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
from sklearn.decomposition import PCA

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


NUMBER: Any = 8
EXTRACTOR: Any = PHI
NO_PAIR: Any = SIGNALS
DRAW = np.random.default_rng(0)


def filled(path):
    path.touch()
    return path


def fewer_epochs(folder):
    trained(folder=folder / "run", epochs=3)
    trained(folder=folder / "run", epochs=2)


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
    (folder / "thesis" / "2021").mkdir()  # named like a checkpoint
    (folder / "thesis" / ".hidden").touch()
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
    "images that rearranged would fit": (
        lambda _: FeatureTransformer(PHI).fit(np.ones((2, 16, 16))),
        ValueError,
        r"images have shape \(16, 16\), but \(8, 8\) or \(channels, 8, 8\) is needed; resize or crop",
    ),
    "other images than in fit": (
        lambda _: FeatureTransformer().fit(np.ones((2, 8, 8))).transform(np.ones((2, 4, 16))),
        ValueError,
        r"images have shape \(4, 16\), but \(8, 8\) or",
    ),
    "channels last of an extractor": (
        lambda _: FeatureTransformer(PHI).fit(np.ones((2, 8, 8, 3))),
        ValueError,
        r"images have shape \(8, 8, 3\), .* np.moveaxis\(X, -1, 1\) puts channels first",
    ),
    "channels last": (
        lambda _: FeatureTransformer().fit(np.ones((2, 8, 8, 3))),
        ValueError,
        r"seem to have their channels last; np.moveaxis\(X, -1, 1\) puts them first",
    ),
    "one image": (
        lambda _: FeatureTransformer(PHI).fit(np.ones((8, 8))),
        ValueError,
        r"a row holds 8 numbers, .*; X\[None\] is a data set of one signal",
    ),
    "images of mixed sizes in an array": (
        lambda _: FeatureTransformer().fit(np.array([SIGNALS[0], SIGNALS[0, 0]], object)),
        ValueError,
        "the signals have different shapes",
    ),
    "images that come one by one": (
        lambda _: FeatureTransformer().fit(iter(SIGNALS)),
        TypeError,
        r"signals come as an array or a list, not as .*; write list\(\.\.\.\) around it",
    ),
    "grey images for a network of colours": (
        lambda _: FeatureTransformer(SMALL).fit(np.ones((2, 3, 8, 8))),
        ValueError,
        r"a Network of signals of shape \(1, 8, 8\) cannot take those of shape \(3, 8, 8\)",
    ),
    "features beyond the range of numbers": (
        lambda _: FeatureTransformer().fit_transform(np.float32(3e38) * np.ones((2, 8), "f4")),
        ValueError,
        r"the features of signal 0 are NaN or infinite, though its samples, up to 3e\+38 in size",
    ),
    "a shape that is a number": (
        lambda _: FeatureTransformer(shape=NUMBER).fit(np.ones((2, 8))),
        ValueError,
        r"shape must be a tuple such as \(28, 28\), not 8",
    ),
    "no rows to select on": (
        lambda _: FeatureTransformer(select=OrthogonalLeastSquares(), select_rows=0).fit(X, Y),
        ValueError,
        "select_rows must be an integer >= 1, not 0",
    ),
    "a folder that is not there": (
        lambda folder: FeatureTransformer(folder=folder / "gone").fit(X),
        FileNotFoundError,
        "there is no folder .*gone; make it first",
    ),
    "a selection that chooses no columns": (
        lambda _: FeatureTransformer(select=PCA(2)).fit(X, Y),
        TypeError,
        "select must choose columns, .* put PCA behind this in a pipeline",
    ),
    "more targets than signals": (
        lambda _: FeatureTransformer(select=OrthogonalLeastSquares(), select_rows=2).fit(X, [0, 1]),
        ValueError,
        "there are 4 signals, but 2 targets; give one for each",
    ),
    "names of other columns": (
        lambda _: FeatureTransformer().fit(X).get_feature_names_out(["a"]),
        ValueError,
        "should have length equal to the number of numbers per row, 3, not 1",
    ),
    "a class of extractors": (
        lambda _: FeatureTransformer(wi.FeatureExtractor).fit(X),
        TypeError,
        "not the class FeatureExtractor",
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
        "n_features must be an integer >= 1, not 0",
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
    "targets that are all equal": (
        lambda _: OrthogonalLeastSquares().fit(X, np.full(4, 0.5)),
        ValueError,
        "all targets are equal; there is nothing that a column could say",
    ),
    "targets of several kinds": (
        lambda _: OrthogonalLeastSquares().fit(X, np.array(["a", 1, "b", 2], object)),
        TypeError,
        "targets must be all numbers or all names, not int and str",
    ),
    "a batch larger than the data": (
        lambda _: trained(batch=5),
        ValueError,
        r"batch must be a whole number in 1\.\.4, the number of signals, not 5",
    ),
    "signals without labels": (
        lambda _: learn.train(SMALL, NO_PAIR, NO_PAIR),
        TypeError,
        r"train: data must be a pair, \(signals, labels\)",
    ),
    "validation of another size": (
        lambda _: learn.train(SMALL, (SIGNALS, Y), (SIGNALS[..., :4], Y), batch=2),
        ValueError,
        r"signals have shape \(1, 8, 8\) in data, but \(1, 8, 4\) in validation",
    ),
    "labels beyond the scores": (
        lambda _: trained(labels=[0, 1, 2, 5]),
        ValueError,
        r"labels run to 5, but the model gives scores of shape \(2,\), not \(6,\) or more",
    ),
    "a loss that is no number": (
        lambda _: trained(loss=lambda scores, label: scores),
        ValueError,
        "the loss must give a number for the scores and the class of one signal",
    ),
    "a model that is none": (
        lambda _: trained(np.abs),
        TypeError,
        "must be an equinox.Module of one signal, such as a Network, not ufunc",
    ),
    "an optimiser that is none": (
        lambda _: trained(optimiser=0.1),
        TypeError,
        r"must be one of optax, such as optax.adam\(1e-3\), not float",
    ),
    "no epochs": (lambda _: trained(epochs=0), ValueError, "epochs must be an integer >= 1, not 0"),
    "no patience": (
        lambda _: trained(patience=0),
        ValueError,
        "patience must be an integer >= 1, not 0",
    ),
    "a seed that is too long": (
        lambda _: trained(seed=2**70),
        ValueError,
        r"seed must lie below 2\^32, not 1180591620717411303424",
    ),
    "a change that is a class": (
        lambda _: trained(augment=[learn.Flipped]),
        TypeError,
        r"augment must be a list of functions of a key and a signal, such as \[learn.Flipped\(\)\]",
    ),
    "a change that draws with numpy": (
        lambda _: trained(augment=[lambda key, f: f + DRAW.standard_normal()]),
        ValueError,
        r"augment\[0\] gives two results for one key; draw with jax.random",
    ),
    "a change of shape": (
        lambda _: trained(augment=[lambda key, f: f[:, 1:]]),
        ValueError,
        r"augment\[0\] makes a signal of shape \(1, 8, 8\) one of shape \(1, 7, 8\)",
    ),
    "a layer that is to be trained": (
        lambda _: trained(trainable="1"),
        TypeError,
        r"trainable must be a function of the model .* such as learn.from_layer\('1'\)",
    ),
    "a choice that is no tree": (
        lambda _: trained(trainable=lambda model: True),
        ValueError,
        "trainable must give a tree of truth values like the model",
    ),
    "fewer epochs than there are": (
        fewer_epochs,
        ValueError,
        "the folder holds 3 epochs of this run, but with these epochs and patience it stops after 2",
    ),
    "a folder that cannot be made": (
        lambda folder: trained(folder=filled(folder / "file") / "run"),
        NotADirectoryError,
        r"is no folder for checkpoints \(Not a directory\)",
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
        "the checkpoint after epoch 2 could not be written to run .*; mend that, and the same call goes on",
    ),
    "a checkpoint that is damaged": (
        damaged_checkpoint,
        ValueError,
        "checkpoint 1 in run cannot be read .* delete the folder 1 to go on from the one before it",
    ),
    "a folder of something else": (
        foreign_folder,
        ValueError,
        "thesis holds 2021, which is no checkpoint; give a new folder",
    ),
    "checkpoints without orbax": (
        without_orbax,
        ImportError,
        r'checkpoints need orbax-checkpoint: pip install "wiatowski\[learn\]"',
    ),
    "shifts backwards": (
        lambda _: learn.Shifted(-1),
        ValueError,
        "most must be an integer >= 0, not -1",
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
        "waves must be an integer >= 1, not 0",
    ),
    "a head for one class": (
        lambda _: learn.with_new_head(SMALL, 1),
        ValueError,
        "there must be at least two classes, not 1",
    ),
    "a head of an extractor": (
        lambda _: learn.with_new_head(EXTRACTOR, 2),
        TypeError,
        "with_new_head: a Network is needed, not FeatureExtractor",
    ),
    "a head for letters": (
        lambda _: learn.with_new_head(SMALL, "ab"),
        TypeError,
        "classes must be names or their number, not 'ab'",
    ),
    "a head of a network that ends in branches": (
        lambda _: learn.with_new_head(BRANCHED, 3),
        ValueError,
        "ends neither in a dense layer nor in a convolution",
    ),
}
