"""`wiatowski verify`: exit statuses, messages for bad input, and nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import jax
import numpy as np
import pytest
from claims_fixture import install
from PIL import Image

import wiatowski as wi
from wiatowski import cli

SMALL = """
grid = { shape = [999, 999], spacing = 1.0 }
[[layers]]
frame = { name = "Haar", scales = 1 }
nonlinearity = "ReLU"
pooling = { name = "Decimate", factor = 2 }
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A working directory with a stand-in for the claims, a small extractor and a small photo."""
    install(tmp_path, monkeypatch, "holds", "not applicable")
    (tmp_path / "small.toml").write_text(SMALL)
    pixels = np.random.default_rng(0).integers(0, 256, (37, 52, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "colour.png")
    return tmp_path


def verify(*arguments: str, extractor: str = "small.toml") -> int:
    return cli.main(["verify", "--extractor", extractor, "--out", "out", "--band", "3", *arguments])


def refused(capsys, *arguments: str, extractor: str = "small.toml") -> str:
    """The message of a refused call, which must be one paragraph and leave nothing behind."""
    assert verify(*arguments, extractor=extractor) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    message = captured.err.split("wiatowski verify: ", 1)[1].strip()
    assert "\n" not in message
    assert not Path("out").exists() or not list(Path("out").iterdir())
    return message


def test_colour_photo_makes_a_report(work, capsys):
    assert verify("--image", "colour.png", "--size", "32") == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "All 1 applicable claims hold; 1 not applicable."
    assert "2/2" in err  # the other process's progress passes through
    assert sorted(p.name for p in (work / "out").iterdir()) == ["report.html", "report.json"]
    report = json.loads((work / "out" / "report.json").read_text())
    assert report["holds"]
    assert report["image"]["shape"] == [22, 32]  # 37 x 52 -> 23 x 32 -> multiples of 2
    notes = " ".join(report["image"]["notes"])
    assert "resized from 37 x 52 to 23 x 32" in notes
    assert "cropped centrally to 22 x 32" in notes
    assert report["extractor"]["layers"][0]["L"] == 1.0
    assert report["extractor"]["layers"][0]["L_paper"] == 2.0


def test_the_claims_get_the_extractor_and_the_channels(work):
    verify("--image", "colour.png", "--size", "32", "--seed", "7")
    package = work / "proofs_numeric"
    assert "'--seed': '7'" in (package / "called").read_text()
    assert "'--band': '3'" in (package / "called").read_text()
    stored = np.load(package / "signals.npz")
    assert stored["signals"].shape == (3, 22, 32)
    assert stored["signals"].dtype == np.float64
    assert stored["names"].tolist() == ["photo, red", "photo, green", "photo, blue"]
    with jax.enable_x64(True):
        phi = wi.load(package / "phi.wi")
        assert phi.banks[0].dtype == np.float64
        assert phi.grid == wi.Grid((22, 32))


@pytest.mark.parametrize(
    ("verdicts", "behaviour", "status", "words"),
    [
        (("holds", "fails"), "1", 1, "1 of 2 applicable claims FAIL: Claim 1"),
        (("holds", "not evaluated"), "1", 1, "1 claim could not be evaluated: Claim 1"),
        (("not applicable",), "1", 1, "No claim was applicable"),
        ((), "0", 1, "No claim was applicable"),
    ],
)
def test_status_one_unless_something_holds(
    tmp_path, monkeypatch, capsys, verdicts, behaviour, status, words
):
    install(tmp_path, monkeypatch, *verdicts, behaviour=behaviour)
    Path("small.toml").write_text(SMALL)
    np.save("grey.npy", np.random.default_rng(0).random((16, 16)))
    assert verify("--image", "grey.npy") == status
    assert words in capsys.readouterr().out
    assert Path("out/report.html").exists()


def test_a_crash_of_the_claims_is_told_and_leaves_nothing(tmp_path, monkeypatch, capsys):
    install(tmp_path, monkeypatch, behaviour="crash")
    Path("small.toml").write_text(SMALL)
    np.save("grey.npy", np.ones((16, 16)))
    (tmp_path / "proofs_numeric" / "behaviour").write_text("crash")
    status = verify("--image", "grey.npy")
    assert status == 1
    assert "something broke" in capsys.readouterr().err.split("wiatowski verify:")[1]
    assert not Path("out").exists()


def test_a_foreign_result_of_the_claims_is_refused(work, capsys):
    (work / "proofs_numeric" / "claims.json").write_text('{"format": "other"}')
    assert verify("--image", "colour.png", "--size", "32") == 1
    assert "format" in capsys.readouterr().err
    assert not (work / "out").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_nothing(work, number):
    (work / "proofs_numeric" / "behaviour").write_text("hang")
    # A suite started in the background ignores SIGINT, and so would its children.
    start = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    start += "runpy.run_module('wiatowski.cli', run_name='__main__')"
    command = [sys.executable, "-c", start, "verify", "--image", "colour.png"]
    command += ["--extractor", "small.toml", "--out", "out", "--size", "32", "--band", "3"]
    temporary = work / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, env=os.environ | {"TMPDIR": str(temporary)}
    )
    called, deadline = work / "proofs_numeric" / "called", time.monotonic() + 60
    while not called.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"no report was written" in err
    assert b"Traceback" not in err
    assert not (work / "out").exists()
    assert not [p for p in temporary.iterdir() if p.name.startswith("wiatowski-")]


def test_missing_file(work, capsys):
    assert "no file nowhere.png" in refused(capsys, "--image", "nowhere.png")


def test_folder_as_image(work, capsys):
    assert "is a folder" in refused(capsys, "--image", ".")
    assert "is a folder" in refused(capsys, "--image", "")  # an unset variable in a script


def test_empty_file(work, capsys):
    Path("empty.png").touch()
    assert "is empty" in refused(capsys, "--image", "empty.png")


def test_text_as_image(work, capsys):
    Path("text.png").write_text("hello")
    assert "use a PNG" in refused(capsys, "--image", "text.png")


def test_truncated_image(work, capsys):
    whole = Path("colour.png").read_bytes()
    Path("half.png").write_bytes(whole[: len(whole) // 2])
    assert "damaged" in refused(capsys, "--image", "half.png")


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_huge_image_is_refused_before_it_is_decoded(work, capsys, side):
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    Path("huge.png").write_bytes(png)
    assert "limit of 64 million" in refused(capsys, "--image", "huge.png")


def test_huge_array(work, capsys):
    shape = (10_000, 10_000)
    np.lib.format.open_memmap("huge.npy", mode="w+", dtype=np.uint8, shape=shape)
    assert "limit of 64 million" in refused(capsys, "--image", "huge.npy")


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1)])
def test_single_pixel_sides(work, capsys, shape):
    np.save("line.npy", np.zeros(shape))
    assert "single pixel" in refused(capsys, "--image", "line.npy")


def test_too_small_for_the_strides(work, capsys):
    np.save("tiny.npy", np.zeros((3, 100)))
    assert "at least 4 pixels" in refused(capsys, "--image", "tiny.npy", "--band", "1")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["npy", "tiff"])
def test_samples_that_are_not_finite(work, capsys, bad, kind):
    values = np.zeros((16, 16), dtype=np.float32)
    values[3, 4] = bad
    if kind == "npy":
        np.save("bad.npy", values)
    else:
        Image.fromarray(values).save("bad.tiff")
    assert "1 samples that are NaN or infinite" in refused(capsys, "--image", f"bad.{kind}")


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 4, 4, 4)), "an image is (H, W)"),
        (np.zeros((3, 16, 16)), "moveaxis"),
        (np.zeros((0, 5)), "is empty"),
        (np.zeros((16, 16), complex), "save real numbers"),
        (np.zeros((16, 16), "U3"), "save real numbers"),
        (np.array([[None, 1]]), "without pickle"),
    ],
)
def test_arrays_that_are_no_image(work, capsys, array, words):
    np.save("bad.npy", array, allow_pickle=True)
    assert words in refused(capsys, "--image", "bad.npy")


def test_unknown_photo_names_the_nearest(work, capsys):
    assert "did you mean 'camera'?" in refused(capsys, "--photo", "kamera")


def test_unknown_preset_names_the_nearest(work, capsys):
    message = refused(capsys, extractor="scatering")
    assert "did you mean 'scattering'?" in message
    assert "learned" in message


def test_unknown_key_names_the_nearest(work, capsys):
    Path("bad.toml").write_text(SMALL.replace("nonlinearity", "nonlinarity"))
    message = refused(capsys, "--image", "colour.png", extractor="bad.toml")
    assert "unknown key 'nonlinarity' in layer 1; did you mean 'nonlinearity'?" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layers = 3", "[[layers]]"),
        ("not toml", "not TOML"),
        (SMALL.replace("spacing", "spcing"), "did you mean 'spacing'?"),
        (SMALL.replace("spacing = 1.0", "spacing = -1"), "spacing must be positive"),
        ("", "nothing to output"),
    ],
)
def test_bad_toml(work, capsys, text, words):
    Path("bad.toml").write_text(text)
    assert words in refused(capsys, "--image", "colour.png", extractor="bad.toml")


def test_missing_and_binary_toml(work, capsys):
    assert "cannot be read" in refused(capsys, extractor="none.toml")
    Path("binary.toml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refused(capsys, extractor="binary.toml")


def test_scale_too_deep(work, capsys):
    Path("deep.toml").write_text(SMALL.replace("scales = 1", "scales = 9"))
    message = refused(capsys, "--image", "colour.png", extractor="deep.toml")
    assert "too deep" in message
    assert "use scales <= 5" in message


def test_too_many_paths(work, capsys):
    layer = SMALL[SMALL.index("[[layers]]") :].replace("factor = 2", "factor = 1")
    Path("wide.toml").write_text(layer.replace("scales = 1", "scales = 4") * 6)
    message = refused(capsys, "--image", "colour.png", extractor="wide.toml")
    assert "million" in message
    assert "--size" in message


def test_band_beyond_nyquist(work, capsys):
    assert "use at most 17" in refused(capsys, "--image", "colour.png", "--band", "30")


def test_out_is_a_file(work, capsys):
    Path("taken").write_text("precious")
    arguments = ["verify", "--extractor", "small.toml", "--image", "colour.png", "--out"]
    for out in ("taken", "taken/below"):
        assert cli.main([*arguments, out]) == 2
        assert "is a file" in capsys.readouterr().err
    assert Path("taken").read_text() == "precious"


def test_out_not_writable(work, capsys, monkeypatch):
    Path("locked").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    arguments = ["verify", "--extractor", "small.toml", "--image", "colour.png", "--out"]
    assert cli.main([*arguments, "locked"]) == 2
    assert "not writable" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--size", "1"],
        ["--seed", "-1"],
        ["--seed", str(2**32)],
        ["--band", "none"],
        ["--image", "a", "--photo", "b"],
    ],
)
def test_arguments_that_argparse_refuses(work, capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        verify(*arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_not_admissible_says_so_and_the_flag_rescales(work):
    wide = 'frame = { name = "Scaled", factor = 3.0, frame = { name = "Haar", scales = 1 } }'
    Path("wide.toml").write_text(SMALL.replace('frame = { name = "Haar", scales = 1 }', wide))
    arguments = ["--image", "colour.png", "--size", "32"]
    assert verify(*arguments, extractor="wide.toml") == 0
    report = json.loads(Path("out/report.json").read_text())
    assert not report["extractor"]["admissible"]
    assert "wiatowski verify --admissible" in Path("out/report.html").read_text()
    assert verify(*arguments, "--admissible", extractor="wide.toml") == 0
    report = json.loads(Path("out/report.json").read_text())
    assert report["extractor"]["admissible"]
    assert report["extractor"]["lipschitz_bound"] <= 1 + 1e-12


def test_an_all_black_image_works(work):
    np.save("black.npy", np.zeros((24, 24), np.uint8))
    assert verify("--image", "black.npy") == 0
    report = json.loads(Path("out/report.json").read_text())
    assert report["energy"]["features"] == [[0.0, 0.0]]


def test_a_report_is_replaced_whole(work):
    Path("out").mkdir()
    Path("out/report.html").write_text("old")
    Path("out/notes.txt").write_text("mine")
    assert verify("--image", "colour.png", "--size", "32") == 0
    assert Path("out/report.html").read_text() != "old"
    assert sorted(p.name for p in Path("out").iterdir()) == [
        "notes.txt",
        "report.html",
        "report.json",
    ]
