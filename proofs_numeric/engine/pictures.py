"""Pictures of worst cases as PNG files, for folders that keep a run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from wiatowski.serialization import write_whole

__all__ = ["write_pictures"]


def write_pictures(folder: Path, document: dict[str, Any], arrays: dict[str, np.ndarray]) -> int:
    """One file per array of each claim's worst case; none without matplotlib.

    Args:
        folder: made if need be.
        document, arrays: of `collected`.

    Returns:
        How many files were written.
    """
    try:
        from wiatowski import plot
    except ImportError:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for row in document["claims"]:
        for role, key in ((row["worst"] or {}).get("arrays") or {}).items():
            values = arrays[key]
            if role == "displacement":
                figure = plot.displacement(values, f"{row['name']}\n{role}")
            elif role in ("signal", "other") and 1 <= values.ndim <= 3:
                figure = plot.signal(values, f"{row['name']}\n{role}")
            else:
                continue
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=110)
            write_whole(folder / f"{row['name']}-{role}.png", buffer.getvalue())
            count += 1
    return count
