"""Packages that only a part of this one needs, and what to install where they are missing."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

__all__ = ["imported", "missing", "require"]


def missing(extra: str, *modules: str, **packages: str) -> str:
    """What to install; empty if nothing is missing.

    Args:
        extra: of this package, that has them.
        modules: to import, of packages with the same name.
        packages: by module, those of another name.
    """
    named = {module: module for module in modules} | packages
    absent = [name for module, name in named.items() if importlib.util.find_spec(module) is None]
    return (
        f'{", ".join(absent)} is missing; install it with pip install "wiatowski[{extra}]".'
        if absent
        else ""
    )


def require(call: str, extra: str, *modules: str, **packages: str) -> None:
    """ImportError if something is missing; arguments as of `missing`, and what needs it."""
    if told := missing(extra, *modules, **packages):
        raise ImportError(f"{call}: {told}")


def imported(call: str, extra: str, module: str) -> ModuleType:
    """A module, or the error of `require`."""
    require(call, extra, module)
    return importlib.import_module(module)
