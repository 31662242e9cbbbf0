"""python-flint, which only some tiers need."""

from __future__ import annotations

import importlib.util
from types import ModuleType


def flint(call: str) -> ModuleType:
    """The module; raises an ImportError that says what to install."""
    try:
        import flint
    except ImportError:
        raise ImportError(
            f'{call}: this certificate needs python-flint; install it with pip install "wiatowski[certify]".'
        ) from None
    return flint


def is_available() -> bool:
    """Whether it is installed."""
    return importlib.util.find_spec("flint") is not None
