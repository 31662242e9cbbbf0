"""Weights from files and archives, read without torch."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import pickle
import urllib.request
from unittest import mock

import numpy as np
import pytest
import test_networks_errors as files
from safetensors.numpy import save_file
from test_networks import Recorded

from wiatowski import _archives, networks


def test_safetensors_make_the_same_network(tmp_path):
    recorded = Recorded()
    network = networks.lenet5(recorded)
    arrays = {name: a.astype(np.float32) for name, a in recorded.arrays.items()}
    save_file(arrays, tmp_path / "lenet5.safetensors")
    again = networks.lenet5(networks.read_weights(tmp_path / "lenet5.safetensors"))
    f = np.random.default_rng(1).standard_normal((1, 28, 28))
    np.testing.assert_array_equal(network(f), again(f))


@pytest.mark.parametrize("write", [files.older, lambda s: files.zipped(s, data_0=files.FLOATS)])
def test_both_formats_of_torch(tmp_path, write):
    state = files.state(0, (2, 2), (1, 2), False, {})  # transposed in its storage
    (tmp_path / "weights.pth").write_bytes(write(state))
    found = networks.read_weights(tmp_path / "weights.pth")
    np.testing.assert_array_equal(found["weight"], [[1, 3], [2, 4]])
    assert found["weight"].dtype == np.float32


@pytest.mark.parametrize("key", [None, "state_dict", "model_state_dict", "model"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_checkpoints_and_wrapped_networks_give_the_plain_names(tmp_path, key, prefix):
    state = {prefix + name: tensor for name, tensor in files.state(*files.GOOD).items()}
    checkpoint = state if key is None else {"epoch": 3, key: state, "optimiser": {"lr": 0.1}}
    (tmp_path / "last.pth").write_bytes(files.zipped(checkpoint, data_0=files.FLOATS))
    found = networks.read_weights(tmp_path / "last.pth")
    assert list(found) == ["weight"]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("write", [files.older, lambda s: files.zipped(s, data_0=files.FLOATS)])
def test_truncated_files_are_refused_wherever_they_end(tmp_path, write, kept):
    content = write(files.state(*files.GOOD))
    (tmp_path / "weights.pth").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ValueError, match=r"read_weights: weights\.pth: "):
        networks.read_weights(tmp_path / "weights.pth")


def test_a_pickle_with_a_program_runs_nothing(tmp_path):
    class Program:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    (tmp_path / "weights.pth").write_bytes(pickle.dumps({"weight": Program()}))
    with pytest.raises(ValueError, match="mkdir, which is no array; it is not opened"):
        networks.read_weights(tmp_path / "weights.pth")
    assert not (tmp_path / "made").exists()


def test_archives_are_fetched_once_and_checked_each_time(tmp_path, monkeypatch):
    content, asked = b"weights", []

    def answer(url, timeout):
        asked.append(url)
        page = b'<a href="../../files/own.whl#sha256=0">own.whl</a>'
        return io.BytesIO(page if url.endswith("/") else content)

    monkeypatch.setenv("WIATOWSKI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "https://index/simple")
    monkeypatch.setattr(urllib.request, "urlopen", answer)
    archive = _archives.Archive("own", "own.whl", hashlib.sha256(content).hexdigest(), 1.0)
    for _ in range(2):
        assert archive.path().read_bytes() == content
    assert asked == ["https://index/simple/own/", "https://index/files/own.whl"]
    archive.path().write_bytes(b"tampered with")
    assert archive.path().read_bytes() == content
    assert len(asked) == 4
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["own.whl"]


@pytest.mark.parametrize("broken", ["cut off", "no answer", "another hash", "not there"])
def test_the_next_index_is_asked_where_one_fails(tmp_path, monkeypatch, broken):
    content = b"weights"

    def answer(url, timeout):
        page = b'<a href="own.whl">own.whl</a>'
        if url.startswith("https://second/"):
            return io.BytesIO(page if url.endswith("/") else content)
        if broken == "no answer":
            raise http.client.BadStatusLine("garbage")
        if url.endswith("/"):
            return io.BytesIO(b"" if broken == "not there" else page)
        cut = mock.MagicMock()
        cut.__enter__().read.side_effect = http.client.IncompleteRead(b"wei", 4)
        return cut if broken == "cut off" else io.BytesIO(b"other")

    monkeypatch.setenv("WIATOWSKI_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "https://first")
    monkeypatch.setattr(urllib.request, "urlopen", answer)
    archive = _archives.Archive("own", "own.whl", hashlib.sha256(content).hexdigest(), 1.0)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://first")
    with pytest.raises(OSError, match=r"own\.whl could not be fetched .* by hand"):
        archive.path()
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://second")
    assert archive.path().read_bytes() == content


def test_a_folder_of_ones_own_needs_no_network(tmp_path):
    (tmp_path / "own.whl").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with (
        mock.patch.dict(os.environ, {"WIATOWSKI_CACHE": str(tmp_path)}),
        mock.patch.object(urllib.request, "urlopen", side_effect=OSError),
    ):
        path = _archives.Archive("own", "own.whl", empty, 1.0).path()
    assert path == tmp_path / "own.whl"
