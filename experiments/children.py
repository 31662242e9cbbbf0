"""Processes of their own for parts of a long run, which end when it does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence


def run_module(name: str, arguments: Sequence[str]) -> None:
    """`python -m NAME ARGUMENTS`, which calls `end_with_parent`; raises unless it succeeds."""
    command = [sys.executable, "-m", name, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:  # open as long as this lives
        status = child.wait()
    if status:
        raise subprocess.CalledProcessError(status, command)


def end_with_parent() -> None:
    """End this process when the one that holds the other end of its input does, however that ends."""

    def wait() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
