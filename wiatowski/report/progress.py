"""Progress on stderr, which the process that checks the claims shares."""

from __future__ import annotations

import sys
import threading
import time

__all__ = ["Progress"]

_WIDTH = 79


class Progress:
    """Lines with the seconds since the start; text of another process passes through between them.

    Args:
        quiet: write nothing of our own.
    """

    def __init__(self, quiet: bool = False):
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._quiet = quiet

    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._start

    def step(self, text: str) -> None:
        """One line; it replaces a progress bar that another process left unfinished."""
        if not self._quiet:
            self.forward(f"\r{f'[{self.seconds():5.1f} s] {text}'.ljust(_WIDTH)}\n")

    def forward(self, text: str) -> None:
        """Text as it is."""
        with self._lock:
            sys.stderr.write(text)
            sys.stderr.flush()
