"""What the README shows works as shown."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import wiatowski as wi

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for code in blocks("python"):  # one after the other, as a reader would
        exec(compile(code, "README.md", "exec"), names)
    assert names["features"][1].shape == (21, 64, 64)
    assert names["features"].paths[1][0] == ("scale=1,wedge=0",)
    assert (tmp_path / "extractor.wi").is_file()
    assert names["gradient"].shape == (128, 128)
    np.testing.assert_allclose(names["f_again"], names["f"], atol=1e-5)
    assert names["certificate"].tier == "branch-and-bound"
    assert (tmp_path / "morlet.json").is_file()
    assert names["trainable"].is_admissible()
    assert names["heatmap"].shape == (2, 3, 3)
    assert sum(names["shares"].by("scale").values()) == pytest.approx(names["shares"].score)


def test_toml():
    (text,) = blocks("toml")
    phi = wi.from_toml(text)
    assert [type(layer.pooling).__name__ for layer in phi.layers] == ["Decimate", "MaxPool"]


@pytest.mark.parametrize(
    "extra",
    [
        "core",
        "certify",
        "plot",
        "proofs",
        "verify",
        "stream",
        "invert",
        "weights",
        "learn",
        "notebooks",
        "docs",
        "test",
        "dev",
    ],
)
def test_every_dependency_has_its_line(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = project["dependencies"]
    if extra != "core":
        listed = project["optional-dependencies"][extra]
    table = README[README.index("## Dependencies") :]
    for requirement in listed:
        name = re.match(r"[\w-]+", requirement)
        assert name
        if name.group() != "wiatowski":
            assert name.group() in table, f"README has no line for {name.group()}"
