"""What every report does with its files: they appear together, or not at all."""

from __future__ import annotations

import json
import math
import os
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from wiatowski._files import write_whole
from wiatowski.report.errors import InputError

__all__ = ["checked_out", "encoded", "placed", "used_versions"]


def placed(out: Path, files: dict[str, bytes]) -> dict[str, Path]:
    """Write all files beside their places first, so that a full disk leaves none of them."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".report-") as staging:
        for name, content in files.items():
            write_whole(Path(staging) / name, content)
        for name in files:
            os.replace(Path(staging) / name, out / name)
    return {name: out / name for name in files}


def checked_out(name: str) -> Path:
    """The folder to write into; it appears only when the report is done."""
    out = Path(name)
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {name} is a file; name a folder, which will be made if needed.")
    existing = next(p for p in (out.absolute(), *out.absolute().parents) if p.exists())
    if not existing.is_dir():
        raise InputError(f"--out {name}: {existing} is a file, so no folder can be made below it.")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(f"--out {name}: {existing} is not writable; name another folder.")
    return out


def encoded(document: dict[str, Any]) -> bytes:
    """As JSON; numbers that are not finite become null."""
    text = json.dumps(_plain(document), indent=1, allow_nan=False, ensure_ascii=False)
    return text.encode(errors="backslashreplace")  # names of files need not be text


def used_versions() -> dict[str, str]:
    """Of what the numbers of a report depend on."""
    return {name: _version(name) for name in ("wiatowski", "jax", "numpy")}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "from a checkout"


def _plain(value):
    """JSON's own types; numbers that are not finite become null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
