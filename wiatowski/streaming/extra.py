"""Zarr and tqdm, which only this part of the package needs: it imports without them."""

from __future__ import annotations

import importlib
import importlib.util


def zarr():
    """The module that owns the format of the store.

    Raises:
        ImportError: naming the extra that installs it.
    """
    return _module("zarr")


def tqdm():
    """The module of the progress bar; raises as `zarr` does."""
    return _module("tqdm")


def _module(name: str):
    if importlib.util.find_spec(name) is None:
        raise ImportError(
            f'wiatowski.streaming: {name} is missing; install it with pip install "wiatowski[stream]".'
        )
    return importlib.import_module(name)
