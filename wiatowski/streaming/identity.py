"""Who an extractor is: one digest of its arrays, its structure and its functions."""

from __future__ import annotations

import dataclasses
import dis
import enum
import hashlib
import json
import os
import types
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from wiatowski.certificates.identity import fingerprint

_PLAIN = (bool, int, str, type(None))


def digest(phi) -> str:
    """SHA-256 of everything that decides what `phi` computes, the same in every process.

    Arrays enter with their bytes, shapes and types, members with their class and their fields, functions
    with their code and with what they read from around them. Not told apart are
    two versions of a class or of another module's function.

    Args:
        phi: an extractor, any `eqx.Module`, or a function.

    Raises:
        TypeError: for a part that cannot be told apart from others, such as an open file.

    Source: utility.

    >>> digest(lambda f: f + 1) == digest(lambda f: f + 1), digest(abs) == digest(max)
    (True, False)
    """
    content = json.dumps(_described(phi, ()), separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _described(value: Any, above: tuple) -> Any:
    """A value as nested lists; `above` are the values that hold it, for those that hold themselves."""
    if isinstance(value, enum.Enum):
        return ["enum", _name(type(value)), value.name]
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (float, complex, bytes, np.dtype, os.PathLike)):
        return [_name(type(value)), repr(value)]
    if isinstance(value, (type, types.BuiltinFunctionType, types.ModuleType, np.ufunc)):
        return [type(value).__name__, _name(value)]
    if isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        return ["key", str(value.dtype), fingerprint(jax.random.key_data(value))]
    if isinstance(value, (jax.Array, np.ndarray, np.generic)):
        return ["array", fingerprint(value)]
    level = next((n for n, holder in enumerate(above) if holder is value), None)
    if level is not None:
        return ["itself", level]
    return [_name(type(value)), _parts(value, (*above, value))]


def _parts(value: Any, above: tuple) -> list:
    """What a value that holds others is made of."""
    if isinstance(value, (tuple, list)):
        return [_described(item, above) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(json.dumps(_described(item, above)) for item in value)
    if isinstance(value, dict):
        return [[_described(k, above), _described(v, above)] for k, v in value.items()]
    if isinstance(value, types.FunctionType):
        return _function(value, above)
    if isinstance(value, types.CodeType):
        return _code(value, above)
    if isinstance(value, types.MethodType):
        return [_described(part, above) for part in (value.__func__, value.__self__)]
    if hasattr(value, "__wrapped__"):  # a function that jax or equinox compiled
        return [_described(value.__wrapped__, above)]
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return [[n, _described(getattr(value, n), above)] for n in names if hasattr(value, n)]
    if hasattr(value, "func") and hasattr(value, "keywords"):  # functools.partial
        return [_described(part, above) for part in (value.func, value.args, value.keywords)]
    if hasattr(value, "__dict__"):
        return [[name, _described(part, above)] for name, part in sorted(vars(value).items())]
    raise TypeError(
        f"transform: phi holds {value!r:.60}, which has no content to tell it from another, so a run "
        "could not be resumed safely; keep what it computes in arrays, in fields of an eqx.Module, or "
        "in functions."
    )


def _function(function: types.FunctionType, above: tuple) -> list:
    """Its code, defaults, and what it reads from around it."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    around = {name: value for name, cell in cells for value in _contents(cell)}
    for name in _globals_read(function.__code__):
        if name in function.__globals__:
            around[name] = function.__globals__[name]
    return [
        _described(function.__code__, above),
        _described(function.__defaults__, above),
        _described(function.__kwdefaults__, above),
        [[n, _neighbour(v, function, above)] for n, v in sorted(around.items())],
    ]


def _neighbour(value: Any, function: types.FunctionType, above: tuple) -> Any:
    """Functions of other modules count by name: following them would end in all of JAX."""
    home = getattr(value, "__module__", None)
    if callable(value) and hasattr(value, "__qualname__") and home != function.__module__:
        return ["named", _name(value)]
    return _described(value, above)


def _code(code: types.CodeType, above: tuple) -> list:
    """Its instructions and constants, without file names and line numbers."""
    names = [code.co_names, code.co_varnames, code.co_freevars]
    return [code.co_code.hex(), names, _described(code.co_consts, above)]


def _globals_read(code: types.CodeType) -> set[str]:
    """Names of the global variables that a function and the functions inside it read."""
    found = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    inner = (c for c in code.co_consts if isinstance(c, types.CodeType))
    return found.union(*map(_globals_read, inner))


def _contents(cell: types.CellType) -> list:
    """The variable that a function closes over; none before it is assigned."""
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def _name(value) -> str:
    """Module and name of a class or function."""
    name = getattr(value, "__qualname__", None) or value.__name__
    return f"{getattr(value, '__module__', '')}.{name}"
