"""Zarr and tqdm, which only this part of the package needs: it imports without them."""

from __future__ import annotations

from wiatowski._extras import imported


def zarr():
    """The module that owns the format of the store.

    Raises:
        ImportError: naming the extra that installs it.
    """
    return imported("wiatowski.streaming", "stream", "zarr")


def tqdm():
    """The module of the progress bar; raises as `zarr` does."""
    return imported("wiatowski.streaming", "stream", "tqdm")
