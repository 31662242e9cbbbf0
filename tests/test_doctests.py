"""The examples in the docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import wiatowski

MODULES = [
    module.name
    for module in pkgutil.walk_packages(wiatowski.__path__, "wiatowski.")
    if not module.name.rsplit(".", 1)[-1].startswith("__")
]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=FLAGS).failed == 0
