"""The experiment that kills runs, on runs that take no time."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from experiments import killed

SCRIPT = """
import sys, time
from pathlib import Path
folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)
for place in range(40):
    if not (folder / str(place)).exists():
        time.sleep(0.02)
        (folder / "new").write_text({value})
        (folder / "new").rename(folder / str(place))
"""


def run(value: str) -> killed.Run:
    return killed.Run(
        lambda folder: [sys.executable, "-c", SCRIPT.format(value=value), str(folder)],
        lambda folder: {path.name: path.read_text() for path in sorted(folder.glob("[0-9]*"))},
    )


def test_a_run_that_goes_on_ends_with_the_same_numbers(tmp_path):
    found = killed.compared(run("str(place)"), tmp_path, kills=2, seed=0)
    assert found["same"]
    assert found["numbers"] == 40
    assert 0 < found["stored"][0] < 40
    assert sorted(set(found["stored"])) == found["stored"]


def test_a_run_whose_numbers_depend_on_the_start_is_told(tmp_path):
    found = killed.compared(run("str(time.time_ns())"), tmp_path, kills=1, seed=0)
    assert found["numbers"] == 40
    assert not found["same"]


def test_numbers_of_a_table_leave_out_times(tmp_path):
    cell = {"name": "mnist-a", "errors": 3, "seconds": 1.5, "peak_memory_GB": 2.0}
    (tmp_path / "mnist-a.json").write_text(json.dumps(cell))
    assert killed.cells_of(tmp_path) == {"mnist-a": {"name": "mnist-a", "errors": 3}}


def test_no_kills_are_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        killed.main(["--kills", "0", "--out", str(Path(tmp_path, "killed.json"))])
    assert "--kills must be at least 1" in capsys.readouterr().err
