"""Members as plain tables: class name and constructor parameters, for TOML, files and certificates."""

from __future__ import annotations

import inspect
from typing import Any

import equinox as eqx
import numpy as np


def describe(member: eqx.Module) -> dict[str, Any]:
    """A member as a table: its class name and the parameters of its constructor."""
    table: dict[str, Any] = {"name": type(member).__name__}
    for parameter in parameters(type(member)):
        table[parameter] = _plain(getattr(member, parameter))
    return table


def parameters(member: type) -> dict[str, inspect.Parameter]:
    """Parameters of a member's constructor, in order."""
    return {k: p for k, p in inspect.signature(member).parameters.items() if k != "self"}


def has_text_form(member, unnamed: set[str]) -> bool:
    """Whether neither the member nor a part of it holds arrays or functions."""
    if type(member).__name__ in unnamed:
        return False
    parts = (getattr(member, parameter) for parameter in parameters(type(member)))
    return all(has_text_form(p, unnamed) for p in parts if isinstance(p, eqx.Module))


def _plain(value) -> Any:
    if isinstance(value, eqx.Module):
        return describe(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (np.floating, np.integer)):
        return value.item()
    return value
