"""What the right-hand sides ask of numbers."""

from __future__ import annotations

import math

import numpy as np

from wiatowski._types import ArrayLike, is_concrete

__all__ = ["require_dimension", "require_sizes"]


def require_sizes(call: str, **sizes: ArrayLike) -> None:
    """Suprema, bandwidths and norms are finite and not negative."""
    for name, value in sizes.items():
        if is_concrete(value) and not _all_sizes(np.asarray(value)):
            raise ValueError(f"{call}: {name} must be a finite number from 0 on, not {value!r}.")


def require_dimension(call: str, ndim: int) -> None:
    """d is a whole number from 1 on."""
    if not (ndim >= 1 and float(ndim).is_integer()):
        raise ValueError(f"{call}: ndim must be a whole number from 1 on, not {ndim!r}.")


def _all_sizes(values: np.ndarray) -> bool:
    return bool(np.all((values >= 0) & (values < math.inf)))
