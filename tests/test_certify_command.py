"""`wiatowski certify` and `wiatowski recheck`: exit status, files, and what they say about bad input."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from wiatowski.certificates import Certificate
from wiatowski.cli import main


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize(
    ("arguments", "tier"),
    [
        (("Haar(scales=2)",), "roots"),
        (("Haar(scales=1)", "--dimension", "2"), "trigonometric"),
        (("Meyer(scales=2)", "--dimension", "3"), "closed-form"),
        (("Meyer(scales=2)", "--grid", "33x47"), "grid"),
        (("Morlet(scales=2, voices=2)", "--real", "--grid", "64", "--spacing", "0.5"), "grid"),
        (("Morlet(scales=2, voices=2)", "--tolerance", "1e-8"), "branch-and-bound"),
        (("Morlet(scales=2)", "--real", "--band", "-0.3", "0.3"), "branch-and-bound"),
        (("TensorWavelets(scales=1, ladder=MeyerLadder(passes=0.3))",), "closed-form"),
    ],
    ids=str,
)
def test_a_frame_is_certified_and_checked_again(tmp_path, capsys, arguments, tier):
    path = tmp_path / "proof.json"
    status, out, err = run(capsys, "certify", *arguments, "--out", str(path))
    assert (status, err) == (0, "")
    assert f"certified: {tier}" in out
    assert str(path) in out
    assert Certificate.load(path).tier == tier
    status, out, err = run(capsys, "recheck", str(path))
    assert (status, err) == (0, "")
    assert out.startswith("verified: ")


def test_the_file_is_named_for_the_frame(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "certify", "Haar(scales=1)")[0] == 0
    assert [p.name for p in tmp_path.iterdir()] == ["Haar-scales-1.certificate.json"]


def test_double_precision_on_a_grid(tmp_path, capsys):
    widths = []
    for options in ((), ("--double",)):
        path = tmp_path / "c.json"
        run(capsys, "certify", "Meyer(scales=2)", "--grid", "32x32", "--out", str(path), *options)
        widths.append(Certificate.load(path).upper - 1)
        assert run(capsys, "recheck", str(path))[0] == 0
    assert widths[1] < 1e-13 < widths[0]


def test_taps_from_a_file(tmp_path, capsys):
    rng = np.random.default_rng(0)
    scalar, matrix, proof = (str(tmp_path / n) for n in ("scalar.npy", "matrix.npy", "proof.json"))
    np.save(scalar, rng.standard_normal((3, 4, 5)))
    np.save(matrix, rng.standard_normal((3, 2, 4)))
    assert run(capsys, "certify", scalar, "--out", proof)[0] == 0
    assert Certificate.load(proof).domain == {"kind": "torus", "dimension": 2}
    assert run(capsys, "recheck", proof)[0] == 0
    assert run(capsys, "recheck", proof, "--filters", scalar)[0] == 0
    assert run(capsys, "certify", matrix, "--matrix", "--stride", "2", "--out", proof)[0] == 0
    assert run(capsys, "recheck", proof)[0] == 0
    assert run(capsys, "recheck", proof, "--filters", matrix)[0] == 0
    np.save(matrix, rng.standard_normal((3, 2, 4)))
    status, out, _ = run(capsys, "recheck", proof, "--filters", matrix)
    assert status == 1
    assert "other filters" in out


def test_a_tampered_certificate_does_not_hold(tmp_path, capsys):
    path = tmp_path / "c.json"
    run(capsys, "certify", "Morlet(scales=1)", "--out", str(path))
    content = json.loads(path.read_text())
    content["claim"]["upper"] *= 0.9999
    path.write_text(json.dumps(content))
    status, out, _ = run(capsys, "recheck", str(path))
    assert status == 1
    assert "digest" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Harr(scales=2)",), "did you mean 'Haar'"),
        (("Haar(scale=2)",), "did you mean 'scales'"),
        (("Haar()",), "needs scales"),
        (("Haar",), "is not a frame with named plain parameters"),
        (("Haar(2)",), "is not a frame with named plain parameters"),
        (("__import__('os').system('true')",), "is not a frame with named plain parameters"),
        (("Haar(scales=open('x'))",), "does not exist|plain"),
        (("Haar(scales=0)",), "integer >= 1"),
        (("Haar(scales=1)", "--grid", "8by8"), "must look like 256x256"),
        (("Haar(scales=9)", "--grid", "8x8"), "too deep"),
        (("Curvelets(scales=1)", "--dimension", "3"), "certify it on a grid"),
        (("Morlet(scales=1)", "--tolerance", "2"), "tolerance must lie"),
        (("nowhere.npy",), "nowhere.npy"),
        (("Haar(scales=1)", "--out", "/nowhere/c.json"), "No such file"),
    ],
    ids=str,
)
def test_bad_requests(tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "certify", *arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("wiatowski certify: ")
    assert re.search(message, err), err
    assert not list(tmp_path.iterdir())


def test_files_that_are_no_certificates_or_taps(tmp_path, capsys):
    path = tmp_path / "c.json"
    path.write_text("{")
    assert run(capsys, "recheck", str(path))[0] == 1
    status, _, err = run(capsys, "recheck", str(tmp_path / "missing.json"))
    assert status == 2
    assert "missing.json" in err
    (tmp_path / "x.npy").write_text("no array")
    status, _, err = run(capsys, "certify", str(tmp_path / "x.npy"))
    assert status == 2
    assert "no .npy file of numbers" in err
    np.save(tmp_path / "y.npy", np.ones((2, 3)))
    status, _, err = run(capsys, "certify", str(tmp_path / "y.npy"), "--dimension", "2")
    assert status == 2
    assert "taps have 1 axes, not 2" in err
