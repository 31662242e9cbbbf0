"""Targets beside the rows that they are of."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array


def one_for_each(call: str, y, count: int, of: str) -> np.ndarray:
    """Targets of any kind, as an array with one for each of `count` signals or samples.

    Raises:
        ValueError: for another number of them, or what scikit-learn takes for no target.
    """
    plain: Any = None
    y = check_array(y, ensure_2d=False, dtype=plain)
    if len(y) != count:
        raise ValueError(
            f"{call}: there are {count} {of}, but {len(y)} targets; give one for each."
        )
    return y
