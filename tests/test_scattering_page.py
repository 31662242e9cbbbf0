"""The code of the migration page runs, and gives what the page says."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import kymatio
import numpy as np
import pytest

import wiatowski as wi
from wiatowski.scattering import Scattering1D

PAGE = (Path(__file__).parent.parent / "docs" / "from_kymatio.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def names() -> dict:
    """What the blocks leave behind, run one after the other, as a reader would."""
    found: dict = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(compile(code, "from_kymatio.md", "exec"), found)
    return found


def test_blocks(names):
    orders = names["S1"].output_size(detail=True)
    assert names["first_orders"].shape == (sum(orders[:2]), 15)

    assert names["rows"](names["S2"], np.ones((6, 33 * 47))).shape[0] == 6
    assert np.isfinite(names["gradient"]).all()
    assert names["deep"].meta()["order"].max() == 3
    assert max(layer.upper for layer in names["tame"].report().layers) <= 1 + 1e-6


def test_inversion(names):
    assert len(names["found"].errors) == 201
    assert names["found"].errors[-1] < 5e-3
    assert names["psnr"] > 29


@pytest.mark.parametrize(
    "case",
    [
        {"J": 6, "shape": 500, "Q": 4},
        {"J": 5, "shape": 257, "Q": (3, 2), "T": 40, "oversampling": 1},
    ],
)
def test_the_numbers_of_0_3_0(names, case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = kymatio.Scattering1D(**case, frontend="numpy")
    x = np.random.default_rng(0).standard_normal((2, case["shape"])).astype(np.float32)
    S = Scattering1D(**case)
    old = names["as_in_0_3_0"](S, S(x))
    expected = theirs(x)
    assert old.shape == expected.shape
    for order in range(3):  # of very different sizes
        rows = S.meta()["order"] == order
        missed = np.abs(old[:, rows] - expected[:, rows]).max()
        assert missed <= 1e-5 * np.abs(expected[:, rows]).max()


def test_every_name_of_the_page_exists():
    for name in re.findall(r"`wi\.frames\.(\w+)|`(?:wi\.)?signals\.(\w+)", PAGE):
        assert hasattr(wi.frames, name[0]) or hasattr(wi.signals, name[1])
