"""Options of commands that say what they take."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from wiatowski._extras import missing

__all__ = ["SEED", "missing_for_reports", "whole"]


def whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    """A type for argparse: whole numbers from `least` to `most`.

    Source: utility.
    """
    words = f"from {least} on" if most == math.inf else f"from {least} to {most}"

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"a whole number {words} is needed, not {text!r}")
        return value

    return parse


#: What seeds both JAX and NumPy.
SEED = whole(0, 2**32 - 1)


def missing_for_reports() -> str:
    """What to install before a report can be written; empty if nothing is missing.

    Source: utility.
    """
    return missing("verify", "matplotlib", "jinja2", "PIL")
