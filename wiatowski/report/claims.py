"""Claims are checked by a process of its own; this starts it, awaits it, reads its result."""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import numpy as np

from wiatowski.extractor import FeatureExtractor
from wiatowski.report.errors import ClaimsError
from wiatowski.report.progress import Progress
from wiatowski.serialization import read_arrays, save

__all__ = ["ClaimsProcess", "checked", "outcome", "started"]

_MODULE = "proofs_numeric"
_FORMAT, _VERSION = "wiatowski claims", 3
_VERDICTS = ("holds", "tight", "fails", "not evaluated", "hypotheses not met", "not applicable")
_KEYS = {
    "name",
    "title",
    "statement",
    "source",
    "verdict",
    "tightness",
    "cases",
    "settings",
    "errors",
}
_TAIL_LINES = 12


class ClaimsProcess:
    """A running check of all claims on one extractor and its signals."""

    def __init__(self, process: subprocess.Popen, result: Path, progress: Progress):
        self._process, self._result = process, result
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._pump = threading.Thread(target=self._forward, args=(progress,), daemon=True)
        self._pump.start()

    def result(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Wait for the end, then read the claims and the arrays of their worst cases.

        Raises:
            ClaimsError: if the process failed or left no valid result, with the end of its stderr.
        """
        code = self._process.wait()
        self._pump.join(timeout=10)
        # 1 says that a claim fails, which the result tells in full.
        if code not in (0, 1) or not self._result.exists():
            tail = "\n".join(self._tail).strip()
            raise ClaimsError(
                f"the process that checks the claims (python -m {_MODULE}) ended with status "
                f"{code} and without a result. The end of its output:\n{tail}"
            )
        document = checked(self._result.read_text(encoding="utf-8"))
        arrays = {}
        stored = self._result.with_suffix(".npz")
        if stored.exists():
            arrays = read_arrays(stored)
        return document, arrays

    def stop(self) -> None:
        """End the process if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._pump.join(timeout=5)

    def _forward(self, progress: Progress) -> None:
        """Pass stderr through as it comes, progress bars included, and keep its end."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        line = ""
        pipe = self._process.stderr
        assert pipe is not None
        while chunk := os.read(pipe.fileno(), 4096):
            text = decoder.decode(chunk)
            progress.forward(text)
            line += text
            *whole, line = line.split("\n")
            self._tail.extend(part.rsplit("\r", 1)[-1] for part in whole)
        if line:
            self._tail.append(line.rsplit("\r", 1)[-1])
        pipe.close()


@contextmanager
def started(
    folder: Path,
    phi: FeatureExtractor,
    channels: np.ndarray,
    names: Sequence[str],
    seed: int,
    band: int,
    progress: Progress,
) -> Iterator[ClaimsProcess]:
    """Start the check; the process never outlives the block.

    Args:
        folder: for the files that pass between the processes.
        phi: the extractor in float64, built inside `jax.enable_x64(True)`.
        channels: (C, H, W).
        names: one per channel.
        seed: of the random cases.
        band: largest frequency per axis that deformations are evaluated with.
        progress: takes the process's stderr.
    """
    with jax.enable_x64(True):
        save(phi, folder / "phi.wi")
    np.savez(
        folder / "signals.npz",
        signals=np.asarray(channels, dtype=np.float64),
        names=np.array(list(names)),
    )
    result = folder / "claims.json"
    command = [sys.executable, "-P", "-m", _MODULE]  # -P: not what lies in the working folder
    command += ["--extractor", str(folder / "phi.wi"), "--signals", str(folder / "signals.npz")]
    command += ["--json", str(result), "--seed", str(seed), "--band", str(band)]
    # A session of its own, so that Ctrl-C reaches us alone and we end it in good order.
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    running = ClaimsProcess(process, result, progress)
    try:
        yield running
    finally:
        running.stop()


def checked(text: str) -> dict[str, Any]:
    """The claims' document, its format checked.

    Raises:
        ClaimsError: if it is not what this release reads.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ClaimsError(f"the claims' result is no JSON: {error}.") from None
    found = (document.get("format"), document.get("version")) if isinstance(document, dict) else ()
    if found != (_FORMAT, _VERSION):
        raise ClaimsError(
            f"the claims' result has format and version {found}, but this release reads "
            f"{(_FORMAT, _VERSION)}; install wiatowski and {_MODULE} from one release."
        )
    for claim in document.get("claims", []):
        missing = _KEYS - set(claim)
        if missing or claim["verdict"] not in _VERDICTS:
            raise ClaimsError(
                f"the claim {claim.get('name')!r} lacks {sorted(missing)} or has an unknown "
                f"verdict {claim.get('verdict')!r}."
            )
    return document


def outcome(document: dict[str, Any]) -> tuple[bool, str]:
    """Whether every applicable claim holds and at least one was applicable; and that in words."""
    counts = {v: [c for c in document["claims"] if c["verdict"] == v] for v in _VERDICTS}
    failed, unknown, unmet, idle = (len(counts[v]) for v in _VERDICTS[2:])
    held = len(counts["holds"]) + len(counts["tight"])
    rest = f"; {unmet} whose hypotheses are not met" if unmet else ""
    rest += f"; {idle} not applicable" if idle else ""
    rest += f"; {unknown} not evaluated" if failed and unknown else ""
    if failed:
        names = ", ".join(claim["title"] for claim in counts["fails"])
        return False, f"{failed} of {held + failed} applicable claims FAIL: {names}{rest}"
    if unknown:
        names = ", ".join(claim["title"] for claim in counts["not evaluated"])
        return (
            False,
            f"{unknown} claim{'s' if unknown > 1 else ''} could not be evaluated: {names}{rest}",
        )
    if not held:
        return False, f"No claim was applicable ({unmet + idle} tried), so nothing was shown"
    return True, f"All {held} applicable claims hold{rest}"
