"""The measurement of memory on few digits."""

from __future__ import annotations

import json
import subprocess
from types import SimpleNamespace

import pytest

from experiments import ceilings


def test_ceilings_give_the_same_bits_and_say_so(tmp_path, monkeypatch, capsys):
    def run(command, **unused):
        """In this process, which has its modules already."""
        ceilings.main(command[3:])
        return SimpleNamespace(stdout=capsys.readouterr().out)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(ceilings, "CEILINGS", ("3MB", "1GB"))
    out = tmp_path / "ceilings.json"
    assert ceilings.main(["--digits", "60", "--out", str(out)]) == 0
    small, large = json.loads(out.read_text())
    assert small["digest"] == large["digest"]
    assert small["on_disk"]
    assert not large["on_disk"]
    assert small["features_GB"] == pytest.approx(60 * 18_424 * 4 / 1e9)
    assert "| 3MB | 0.00 | a file |" in capsys.readouterr().out
