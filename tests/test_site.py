"""What the site adds: pages of what exists elsewhere, formulas as MathML, docstrings as Markdown."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path

import pytest

import wiatowski as wi
from experiments import notebooks

ROOT = Path(__file__).parent.parent
_spec = importlib.util.spec_from_file_location("building", ROOT / "docs" / "building.py")
assert _spec is not None
assert _spec.loader is not None
building = importlib.util.module_from_spec(_spec)
sys.modules["building"] = building
_spec.loader.exec_module(building)


@pytest.fixture(scope="module")
def pages() -> dict[str, str | bytes]:
    return dict(building.generated())


def test_every_notebook_is_a_page_with_its_pictures(pages):
    for name in notebooks.names():
        text = pages[f"notebooks/{name}.md"]
        assert building.title_of(text) in pages["notebooks/index.md"]
        assert "![](01" not in text or name.startswith("01")
        assert f"[Download this notebook]({name}.ipynb)" in text
        assert "\x1b[" not in text
    pictures = [path for path in pages if path.endswith(".png")]
    assert len(pictures) >= 20
    for path in pictures:
        assert pages[path][:4] == b"\x89PNG"


def test_every_public_name_is_in_the_reference(pages):
    text = pages["api/wiatowski.frames.md"]
    for name in ("Curvelets", "LearnedFilters", "FilterBank"):
        assert f".{name}\n" in text
    assert "::: wiatowski.bounds.translation.translation\n" in pages["api/wiatowski.bounds.md"]
    for module in ("wiatowski", "wiatowski.explain", "wiatowski.learn", "wiatowski.plot"):
        package = importlib.import_module(module)
        listed = {line.rpartition(".")[2] for line in pages[f"api/{module}.md"].split("\n")}
        public = {
            name
            for name, value in vars(package).items()
            if not name.startswith("_") and getattr(value, "__module__", "").startswith("wiatowski")
        }
        assert public - {"annotations"} <= listed, public - listed


def test_every_claim_is_in_the_atlas(pages):
    from proofs_numeric.engine.run import all_claims

    for claim in all_claims():
        assert f"### {claim.title}\n\n{claim.statement}" in pages["atlas.md"]


def test_links_to_files_are_links_to_pages_or_code():
    text = "[docs/a.md](docs/a.md), [notes](paper_notes.md#x), [code](wiatowski/grid.py), ![p](q.png), [w](https://w.org)"
    assert building.linked(text) == (
        "[docs/a.md](a.md), [notes](notes.md#x), code, ![p](q.png), [w](https://w.org)"
    )


def test_formulas_become_mathml_and_a_broken_one_is_warned_of(caplog):
    page = 'a <span class="arithmatex">\\(\\|f\\|^2 &lt; 1\\)</span> b <div class="arithmatex">\\[x\\]</div>'
    found = building.with_mathml(page, "a.md")
    assert found.count("<math") == 2
    assert 'display="block"' in found
    assert "arithmatex" not in found
    assert not caplog.records
    for broken in ("\\left( x", "\\unheard"):
        caplog.clear()
        building.with_mathml(f'<span class="arithmatex">\\({broken}\\)</span>', "b.md")
        assert "b.md" in caplog.text


def test_doctests_of_docstrings_become_code():
    text = building.as_markdown(inspect.getdoc(wi.Grid))
    assert text.count("```") == 2
    assert "```pycon\n>>> " in text
    assert "**Source:** " in building.as_markdown("Source: a paper.")
    assert building.as_markdown("([classes,] H, W)") == "(\\[classes,\\] H, W)"
