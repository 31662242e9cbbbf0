"""What the site adds: pages of what exists elsewhere, formulas as MathML, docstrings as Markdown."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
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
        assert "![](" not in text
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
    for module in building.MODULES:
        if not building.MODULES[module].endswith("__init__.py"):
            assert f"::: {module}." in pages[f"api/{module}.md"]
            continue
        package = importlib.import_module(module)
        listed = set(re.findall(r"\.(\w+)[\]\n]", pages[f"api/{module}.md"]))
        public = {
            name
            for name, value in vars(package).items()
            if not name.startswith("_") and getattr(value, "__module__", "").startswith("wiatowski")
        }
        assert public - {"annotations"} <= listed, public - listed


def test_every_name_is_documented_once(pages):
    listed = [
        line
        for path, text in pages.items()
        if path.startswith("api/")
        for line in text.split("\n")
        if line.startswith("::: ")
    ]
    assert len(listed) == len(set(listed)) == len(building.page_of_names())
    assert "[`Frame`][wiatowski.frames.frame.Frame]" in pages["api/wiatowski.md"]


def test_every_claim_is_in_the_atlas(pages):
    from proofs_numeric.engine.run import all_claims

    for claim in all_claims():
        assert f"### {claim.title}\n\n{claim.statement}" in pages["atlas.md"]
    for part in ("Function", "Hypotheses", "Controls"):
        assert pages["atlas.md"].count(f"\n- {part}: ") > 0.8 * len(all_claims())


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


@pytest.mark.parametrize(
    ("formula", "contained"),
    [
        (r"\bigl\lvert u\bigr\rvert", ">|</mo><mi>u</mi>"),
        (r"\max\lbrace1,2\rbrace", "&#x0007B;</mo>"),
        (r"\mathbb R^d", "&#x0211D;"),
        (r"\arg z", ">arg</mo>"),
        (r"|x|^2", 'stretchy="false"'),
        (r"\left|\frac12\right|", 'stretchy="true"'),
        (r"\Phi", 'mathvariant="normal"'),
        (r"\binom mk^2", "</mrow><mn>2</mn></msup>"),
        (r"x.\tag{m}", "(m)"),
    ],
)
def test_formulas_are_drawn_alike_everywhere(formula, contained):
    assert contained in building.mathml(formula, "inline")


def test_what_is_fetched_from_elsewhere_is_warned_of(caplog):
    page = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    building.on_post_page('<a href="https://w.org"><script src="search.js"></script>', page)
    assert not caplog.records
    building.on_post_page('<script src="https://w.org/shim"></script>', page)
    assert "a.md" in caplog.text


def test_notebooks_without_warnings_and_colours(tmp_path, monkeypatch):
    new = nbformat.v4
    outputs = [
        new.new_output("stream", name=name, text=text)
        for name, text in (("stdout", "\x1b[31mred\x1b[0m"), ("stderr", "a warning"))
    ]
    cells = [new.new_markdown_cell("# Title"), new.new_code_cell("print()", outputs=outputs)]
    for name in ("b.ipynb", "a.ipynb"):
        nbformat.write(new.new_notebook(cells=cells), tmp_path / name)
    monkeypatch.setattr(building, "NOTEBOOKS", tmp_path)
    assert [path.name for path in building.notebooks()] == ["a.ipynb", "b.ipynb"]
    text, images = building.notebook_page(tmp_path / "a.ipynb")
    assert text.startswith("# Title\n\n[Download this notebook](a.ipynb)")
    assert "    red\n" in text
    assert "warning" not in text
    assert not images


def test_without_notebooks(tmp_path, monkeypatch):
    monkeypatch.setattr(building, "NOTEBOOKS", tmp_path)
    assert not [path for path in dict(building.generated()) if path.endswith(".ipynb")]


def test_parameters_have_a_line_each_and_fields_a_default():
    text = "Args:\n    a, b: both\n        of them.\n    c: one."
    assert building.one_by_one(text) == (
        "Args:\n    a: both of them.\n    b: both of them.\n    c: one."
    )
    assert building.default_of("eqx.field(static=True, default=())") == "()"
    assert building.default_of("eqx.field(static=True)") is None
    assert building.default_of("3") == "3"


def test_names_in_docstrings_are_links_outside_of_code():
    pages = {"wiatowski.grid.Grid": "wiatowski", "a.Twice": "a", "b.Twice": "b"}
    assert building.with_links("`Grid`, `wi.Grid`, `Twice`, `f`\n```\n`Grid`\n```", pages) == (
        "[`Grid`][wiatowski.grid.Grid], [`wi.Grid`][wiatowski.grid.Grid], `Twice`, `f`\n"
        "```\n`Grid`\n```"
    )


def test_doctests_of_docstrings_become_code():
    text = building.as_markdown(inspect.getdoc(wi.Grid))
    assert text.count("```") == 2
    assert "```pycon\n>>> " in text
    assert "**Source:** " in building.as_markdown("Source: a paper.")
    assert building.as_markdown("([classes,] H, W)") == "(\\[classes,\\] H, W)"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "how_to").glob("*.md")), ids=lambda p: p.stem
)
def test_what_how_to_pages_say_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.S)
    assert code
    exec(compile("\n".join(code), path.name, "exec"), {})
