"""The bar of long runs, which is an extra of its own."""

from __future__ import annotations

from wiatowski.streaming.extra import tqdm

__all__ = ["progress_bar"]


def progress_bar(total: int, description: str, unit: str, shown: bool):
    """A bar of tqdm, or one that shows nothing."""
    return tqdm().tqdm(total=total, desc=description, unit=unit, disable=not shown)
