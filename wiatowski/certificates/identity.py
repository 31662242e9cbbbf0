"""Frames named in certificates, built again from their names."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import numpy as np

from wiatowski import frames
from wiatowski._description import describe, has_text_form, parameters
from wiatowski.certificates.certificate import CertificateError

_NAMES = {
    name: member
    for name, member in vars(frames).items()
    if inspect.isclass(member) and issubclass(member, eqx.Module)
}


def has_name(frame: frames.Frame | None) -> bool:
    """Whether a table can say which frame it is: no part holds arrays or a function."""
    if frame is None or not has_text_form(frame, set()):
        return False
    return all(_is_plain(getattr(frame, p)) for p in parameters(type(frame)))


def name_of(frame: frames.Frame | None) -> dict[str, Any] | None:
    """The table that says which frame it is, for a file; None where none can."""
    return describe(frame) if frame is not None and has_name(frame) else None


def fingerprint(*arrays) -> str:
    """SHA-256 of arrays with their types and shapes."""
    digest = hashlib.sha256()
    for array in map(np.ascontiguousarray, arrays):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _is_plain(value) -> bool:
    if isinstance(value, eqx.Module):
        return all(_is_plain(getattr(value, p)) for p in parameters(type(value)))
    return value is None or isinstance(value, (bool, int, float, str))


def frame_from(table: Mapping[str, Any]) -> Any:
    """The member that `describe` wrote down.

    Raises:
        CertificateError: for an unknown name or parameters that it does not take.
    """
    if not isinstance(table, Mapping) or table.get("name") not in _NAMES:
        raise CertificateError(f"Certificate: unknown frame {table!r}.")
    arguments = {
        key: frame_from(value) if isinstance(value, Mapping) else value
        for key, value in table.items()
        if key != "name"
    }
    try:
        return _NAMES[table["name"]](**arguments)
    except (TypeError, ValueError) as error:
        raise CertificateError(f"Certificate: the frame cannot be built: {error}") from None
