"""`import wiatowski`: light, with the parts that need more when they are asked for."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys

import pytest

import wiatowski as wi

PROGRAM = """
import sys
import wiatowski as wi
heavy = {"matplotlib", "sklearn", "optax", "zarr", "PIL", "jinja2"} & set(sys.modules)
assert not heavy, heavy
assert wi.plot.Curve.__module__ == "wiatowski.plot.curves"
assert wi.learn.train.__module__ == "wiatowski.learn.training"
"""


def test_plot_and_learn_are_there_when_asked_for():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


def test_figures_without_matplotlib_say_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'matplotlib is missing; .* "wiatowski\[plot\]"'):
        importlib.reload(wi.plot)
