"""Results of long runs: what is kept, what counts as missing, and what is never overwritten; processes of parts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments import children
from experiments.cells import Cells

FACTS = {"format": 2, "test": 100}


def test_what_is_stored_is_not_computed_again(tmp_path):
    computed = []

    def compute():
        computed.append(True)
        return {"errors": 3}

    for _ in range(2):
        found = Cells(tmp_path / "new", FACTS, ["errors"]).kept("a", compute)
        assert found["errors"] == 3
    assert len(computed) == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[1, 2]",
        json.dumps({"format": 2, "test": 100}),  # without what is needed
        json.dumps({"format": 1, "test": 100, "errors": 3}),  # of another version
        json.dumps({"format": 2, "test": 100, "errors": 3, "name": "b"}),  # a copy of another
    ],
)
def test_a_damaged_or_foreign_cell_is_missing(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    cells = Cells(tmp_path, FACTS, ["errors"])
    assert cells.get("a") is None
    cells.put("a", {"errors": 4})
    found = cells.get("a")
    assert found is not None
    assert found["errors"] == 4


def test_cells_of_other_settings_are_never_overwritten(tmp_path):
    Cells(tmp_path, FACTS).put("a", {"errors": 3})
    with pytest.raises(SystemExit, match=r"a.json was computed with test = 100, not 200; name"):
        Cells(tmp_path, FACTS | {"test": 200})
    Cells(tmp_path, {"format": 3, "test": 200})  # a version knows better


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match=r"--out: .*file is no folder \(File exists\)"):
        Cells(tmp_path / "file", FACTS)


CHILD = """
import os, sys, time
sys.path[:0] = {paths!r}
from experiments import children
children.end_with_parent()
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(float(sys.argv[2]))
"""
PARENT = """
import sys
sys.path[:0] = {paths!r}
from experiments import children
children.run_module("child", sys.argv[1:])
"""


def test_a_part_ends_when_the_run_is_killed(tmp_path, monkeypatch):
    paths = [str(tmp_path), str(Path(__file__).parent.parent)]
    (tmp_path / "child.py").write_text(CHILD.format(paths=paths))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    told = tmp_path / "pid"
    call = [sys.executable, "-c", PARENT.format(paths=paths), str(told)]
    assert subprocess.run([*call, "0"], timeout=60, check=False).returncode == 0
    told.unlink()
    parent = subprocess.Popen([*call, "600"])
    while not told.exists() or not told.read_text():
        time.sleep(0.01)
    parent.send_signal(signal.SIGKILL)
    parent.wait(60)
    for _ in range(1000):
        if not alive(int(told.read_text())):
            return
        time.sleep(0.01)
    pytest.fail("the part outlived the run")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_part_that_fails_is_told(tmp_path, monkeypatch):
    (tmp_path / "child.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(subprocess.CalledProcessError) as caught:
        children.run_module("child", [])
    assert caught.value.returncode == 3
