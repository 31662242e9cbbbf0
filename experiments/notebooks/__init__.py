"""Pages to read and to run: each says what it shows, and ends in a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

__all__ = ["FOLDER", "SMALL", "complaints", "executed", "names"]

FOLDER = Path(__file__).parent
#: What tests put in the place of the values in a notebook's first cell of code.
SMALL: dict[str, dict[str, Any]] = {
    "01_first_steps": {"side": 64, "trials": 4},
    "02_build_and_compare_frames": {"side": 64},
    "03_translation_invariance": {"side": 64, "largest": 3},
    "04_deformation_stability": {"side": 64, "draws": 2, "count": 512},
    "05_energy_through_the_layers": {"depth": 2, "samples": 127, "side": 32},
    "06_certified_bounds": {"scales": 2},
    "07_mnist": {"train_count": 300, "test_count": 100, "feature_count": 40},
    "08_a_network_as_a_module_sequence": {"steps": 4, "layers_shown": 3},
    "09_explain_a_photo": {"layers": ("fire9",), "draws": 1, "keeps": (12,)},
    "10_from_kymatio_to_here": {"side": 32, "scales": 2, "orientations": 4, "steps": 5},
}


def names() -> list[str]:
    """Of all notebooks, in the order in which they are read."""
    return sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def executed(name: str, folder: Path, small: bool = False) -> NotebookNode:
    """A notebook with the outputs of a new process; ends in an error where a cell does.

    Args:
        name: without the ending.
        folder: that the process works in.
        small: with the values of `SMALL`.
    """
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    _tidy(notebook)
    if small:
        first = next(
            n
            for n, cell in enumerate(notebook.cells)
            if "parameters" in cell.metadata.get("tags", [])
        )
        lines = [f"{key} = {value!r}" for key, value in SMALL[name].items()]
        notebook.cells.insert(first + 1, nbformat.v4.new_code_cell("\n".join(lines)))
    client = NotebookClient(
        notebook,
        timeout=None,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    _tidy(notebook)
    return notebook


def complaints(notebook: NotebookNode) -> list[str]:
    """What its cells wrote to the error stream."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.text for output in outputs if output.get("name") == "stderr"]


def _tidy(notebook: NotebookNode) -> None:
    """Metadata that depend neither on the machine nor on the day."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k == "tags"})
