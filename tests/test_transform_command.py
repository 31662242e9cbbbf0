"""`wiatowski transform`: exit status, the store, and what it says about bad input."""

from __future__ import annotations

import re
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from streaming_process import noise

import wiatowski as wi
from wiatowski import streaming
from wiatowski.cli import main
from wiatowski.streaming.writer import Writer

TOML = """
[[layers]]
frame = { name = "Haar", scales = 1 }
pooling = { name = "Decimate", factor = 2 }
"""


def command(capsys, folder: Path, *options: str, name: str = "phi.toml") -> tuple[int, str, str]:
    arguments = [
        "--extractor",
        folder / name,
        "--source",
        folder / "x.npy",
        "--out",
        folder / "store",
    ]
    status = main(["transform", *map(str, arguments), *options])
    return status, *capsys.readouterr()


@pytest.mark.parametrize("grid", ["", "grid = { shape = [16, 16] }"])
def test_the_command(tmp_path, capsys, grid):
    np.save(tmp_path / "x.npy", noise(5))
    (tmp_path / "phi.toml").write_text(grid + TOML)
    status, out, err = command(capsys, tmp_path, "--memory", "1GB", "--chunk", "2")
    assert (status, out) == (0, f"5 signals\n{tmp_path / 'store'}\n")
    assert "3/3" in err
    wi.save(wi.from_toml(TOML, wi.Grid((16, 16))), tmp_path / "phi.wi")
    status, out, err = command(capsys, tmp_path, "--quiet", "--recheck", name="phi.wi")
    assert (status, err) == (0, "")
    assert streaming.load(tmp_path / "store")[1].shape == (5, 3, 8, 8)


def test_the_command_in_double_precision(tmp_path, capsys):
    np.save(tmp_path / "x.npy", noise(2))
    (tmp_path / "phi.toml").write_text(TOML)
    assert command(capsys, tmp_path, "--double", "--quiet")[0] == 0
    assert streaming.load(tmp_path / "store")[1].dtype == np.float64


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (None, (), "phi.toml: No such file"),
        ("layers = 1", (), "layers must be written as"),
        ("grid = {}" + TOML, (), "no grid; write grid"),
        ("grid = { shape = [8] }" + TOML, (), "the signal has shape"),
        (TOML, ("--memory", "2XB"), 'text like "2GB"'),
        (TOML, ("--memory", "1kB"), "one signal needs"),
        (TOML, ("--source", "nowhere.npy"), "there is no source nowhere.npy"),
        (TOML, ("--out", "/dev/null/store"), "/dev/null/store"),
    ],
)
def test_the_command_refuses(tmp_path, capsys, text, options, message):
    np.save(tmp_path / "x.npy", noise(2))
    if text is not None:
        (tmp_path / "phi.toml").write_text(text)
    status, out, err = command(capsys, tmp_path, "--quiet", *options)
    assert (status, out) == (2, "")
    assert err.startswith("wiatowski transform: ")
    assert re.search(message, err), err


def test_the_command_interrupted(tmp_path, capsys):
    np.save(tmp_path / "x.npy", noise(2))
    (tmp_path / "phi.toml").write_text(TOML)
    with mock.patch.object(Writer, "write", side_effect=KeyboardInterrupt):
        status, _, err = command(capsys, tmp_path, "--quiet")
    assert status == 130
    assert "stopped with 0 of 1 chunks" in err
