"""What the right-hand sides ask of numbers."""

from __future__ import annotations

import math

__all__ = ["require_dimension", "require_sizes"]


def require_sizes(call: str, **sizes: float) -> None:
    """Suprema, bandwidths and norms are finite and not negative."""
    for name, value in sizes.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{call}: {name} must be a finite number from 0 on, not {value!r}.")


def require_dimension(call: str, ndim: int) -> None:
    """d is a whole number from 1 on."""
    if not (ndim >= 1 and float(ndim).is_integer()):
        raise ValueError(f"{call}: ndim must be a whole number from 1 on, not {ndim!r}.")
