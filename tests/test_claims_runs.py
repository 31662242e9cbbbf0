"""Runs of the claims: stopped and gone on with, on several devices, in several processes, in single precision."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

import jax
import numpy as np
import pytest

import wiatowski as wi
from proofs_numeric.engine.units import Store

CLAIMS = "wb2018_norm,wb2018_lipschitz,derived_translation_multiplier,derived_deformation_line"


@pytest.fixture(scope="module")
def extractor(tmp_path_factory):
    """A small extractor and two signals, as files."""
    folder = tmp_path_factory.mktemp("extractor")
    with jax.enable_x64(True):
        layer = wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Dilate(2))
        wi.save(wi.FeatureExtractor([layer], wi.Grid((32,))), folder / "phi.wi")
    signals = np.random.default_rng(0).standard_normal((2, 32))
    np.savez(folder / "s.npz", signals=signals, names=np.array(["first", "second"]))
    return ["--extractor", str(folder / "phi.wi"), "--signals", str(folder / "s.npz")]


def start(arguments, devices=1, claims=CLAIMS):
    flags = f"--xla_force_host_platform_device_count={devices}"
    command = [sys.executable, "-m", "proofs_numeric", "--claims", claims, *map(str, arguments)]
    return subprocess.Popen(
        command,
        env=os.environ | {"XLA_FLAGS": flags},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process):
    out, err = process.communicate(timeout=400)
    assert process.returncode == 0, err[-3000:]
    return out


def verdicts(folder):
    document = json.loads((folder / "claims.json").read_text())
    return {row["name"]: row["verdict"] for row in document["claims"]}


@pytest.fixture(scope="module")
def whole(extractor, tmp_path_factory):
    """An uninterrupted run of three rounds."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    finished(start([*extractor, "--rounds", 3, "--out", folder]))
    return folder


def test_a_killed_run_goes_on_and_ends_with_the_same_result(extractor, whole, tmp_path):
    folder = tmp_path / "run"
    arguments = [*extractor, "--rounds", 3, "--out", folder]
    moments = random.Random(os.environ.get("WIATOWSKI_KILLS", "0"))
    done = []
    for _ in range(int(os.environ.get("WIATOWSKI_KILLS", 3))):
        process = start(arguments)
        before = len(done)
        stop_at = before + 1 + moments.randrange(6)
        for _ in range(4000):
            done = list((folder / "units").glob("*.npz")) if folder.exists() else []
            if len(done) >= stop_at or process.poll() is not None:
                break
            time.sleep(0.01)
        time.sleep(0.2 * moments.random())
        process.send_signal(signal.SIGKILL)
        process.communicate()
    kept = {path: path.stat().st_mtime_ns for path in (folder / "units").glob("*.npz")}
    finished(start(arguments))
    assert (folder / "claims.json").read_bytes() == (whole / "claims.json").read_bytes()
    with np.load(folder / "claims.npz") as ours, np.load(whole / "claims.npz") as theirs:
        assert ours.files == theirs.files
        assert all(np.array_equal(ours[name], theirs[name]) for name in ours.files)
    # What was finished was not done again.
    assert kept
    assert all(path.stat().st_mtime_ns == then for path, then in kept.items())


def test_four_devices_search_four_times_as_much_and_agree(extractor, whole, tmp_path):
    folder = tmp_path / "run"
    finished(start([*extractor, "--rounds", 3, "--out", folder], devices=4))
    assert verdicts(folder) == verdicts(whole)
    counts = []
    for where in (whole, folder):
        rows = json.loads((where / "claims.json").read_text())["claims"]
        counts.append({row["name"]: row["cases"] for row in rows})
        tightness = {row["name"]: row["tightness"] for row in rows}
    one, four = (count["wb2018_norm"] - 2 for count in counts)  # two are given
    assert four == 4 * one
    assert tightness["wb2018_norm"] == pytest.approx(1, abs=1e-6)


def test_two_processes_agree_with_one(extractor, whole, tmp_path):
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "run"
    arguments = [*extractor, "--rounds", 3, "--out", folder]
    both = [start([*arguments, "--processes", f"localhost:{port},2,{i}"]) for i in (0, 1)]
    outputs = [finished(process) for process in both]
    assert "wb2018_norm" in outputs[0]
    assert "wb2018_norm" not in outputs[1]
    assert verdicts(folder) == verdicts(whole)
    searched = list((folder / "units").glob("*search-5*"))
    assert searched  # three rounds in each of two processes


def test_single_precision_gives_the_same_verdicts(extractor, whole, tmp_path):
    folder = tmp_path / "run"
    finished(start([*extractor, "--rounds", 3, "--out", folder, "--dtype", "float32"]))
    assert verdicts(folder) == verdicts(whole)
    row = json.loads((folder / "claims.json").read_text())["claims"][0]
    assert row["worst"]["second"]["dtype"] == "float64"


def test_a_folder_of_another_run_is_refused(extractor, whole, tmp_path):
    process = start([*extractor, "--rounds", 4, "--out", whole])
    _, err = process.communicate(timeout=200)
    assert process.returncode == 2
    assert "holds another run, which differs in rounds" in err
    (tmp_path / "mine.txt").write_text("notes")
    process = start([*extractor, "--out", tmp_path])
    _, err = process.communicate(timeout=200)
    assert process.returncode == 2
    assert "holds something else than a run of the claims" in err


def test_a_damaged_unit_is_named(tmp_path):
    store = Store(tmp_path / "run", {"seed": 0})
    store.put("a: given", {"cases": 0}, {"signal": np.arange(3.0)})
    kept, arrays = store.get("a: given")
    assert kept == {"cases": 0}
    assert arrays["signal"].tolist() == [0, 1, 2]
    assert store.get("b: given") is None
    (path,) = (tmp_path / "run" / "units").iterdir()
    whole = path.read_bytes()
    for damaged in (whole[:50], b"", whole[:80] + b"?" + whole[81:]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="delete that file, and the same call does it again"):
            store.get("a: given")


def test_a_run_killed_while_its_folder_is_made_can_go_on(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".run.json.x1y2").write_text('{"half')  # before the file got its name
    Store(folder, {"seed": 0}).put("a", {"cases": 0}, {})
    assert Store(folder, {"seed": 0}).get("a") == ({"cases": 0}, {})


@pytest.mark.parametrize("text", ["[]", '{"format": "wiatow', ""])
def test_a_folder_whose_description_is_damaged_is_named(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ValueError, match="which says what run the folder holds, is damaged"):
        Store(tmp_path, {"seed": 0})
