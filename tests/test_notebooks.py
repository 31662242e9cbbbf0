"""Every notebook runs, is stored with its outputs, and reads like a page."""

from __future__ import annotations

import nbformat
import pytest

from experiments import notebooks


def stored(name: str) -> nbformat.NotebookNode:
    return nbformat.read(notebooks.FOLDER / f"{name}.ipynb", as_version=4)


def test_there_are_ten_and_each_has_a_small_size():
    assert len(notebooks.names()) == 10
    assert set(notebooks.SMALL) == set(notebooks.names())


@pytest.mark.parametrize("name", notebooks.names())
def test_it_runs(name, tmp_path):
    notebook = notebooks.executed(name, tmp_path, small=True)
    complaints = [
        text for text in notebooks.complaints(notebook) if not text.startswith("fetching")
    ]
    assert not complaints
    assert shows_a_picture(last_code(notebook))


@pytest.mark.parametrize("name", notebooks.names())
def test_it_is_stored_with_outputs_in_order(name):
    notebook = stored(name)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not notebooks.complaints(notebook)
    assert shows_a_picture(last_code(notebook))


@pytest.mark.parametrize("name", notebooks.names())
def test_it_has_a_title_and_says_what_it_shows(name):
    first = stored(name).cells[0]
    title, _, text = first.source.partition("\n")
    assert title.startswith("# ")
    assert "his page" in text


def test_values_of_a_test_are_names_of_the_notebook():
    for name, values in notebooks.SMALL.items():
        (cell,) = [c for c in stored(name).cells if "parameters" in c.metadata.get("tags", [])]
        for key in values:
            assert key in cell.source


def last_code(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return [cell for cell in notebook.cells if cell.cell_type == "code"][-1]


def shows_a_picture(cell: nbformat.NotebookNode) -> bool:
    return any("image/png" in output.get("data", {}) for output in cell.outputs)
