"""Execute notebooks at full size, and store them with their outputs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import nbformat
from tqdm import tqdm

from experiments import notebooks
from wiatowski.serialization import write_whole


def main(arguments: list[str] | None = None) -> int:
    """Each is written whole once all of its cells have run."""
    parser = argparse.ArgumentParser(prog="python -m experiments.notebooks", description=__doc__)
    every = notebooks.names()
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"all by default: {', '.join(every)}"
    )
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in every:
            parser.error(f"there is no notebook {name!r}; choose from {', '.join(every)}")
    for name in tqdm(options.names or every, unit="notebook"):
        with tempfile.TemporaryDirectory() as folder:
            notebook = notebooks.executed(name, Path(folder))
        for complaint in notebooks.complaints(notebook):
            print(f"{name}: {complaint}", file=sys.stderr)
        write_whole(notebooks.FOLDER / f"{name}.ipynb", (nbformat.writes(notebook) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
