"""A stand-in for the process that checks the claims: it writes what a test asks for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

_MAIN = """
import pathlib, shutil, sys, time
here = pathlib.Path(__file__).parent
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
(here / "called").write_text(repr(arguments))
shutil.copy(arguments["--extractor"], here / "phi.wi")
shutil.copy(arguments["--signals"], here / "signals.npz")
sys.stderr.write("  0%|   | 0/2\\r100%|###| 2/2\\n")
sys.stderr.flush()
behaviour = (here / "behaviour").read_text()
if behaviour == "crash":
    sys.exit("Traceback: something broke")
if behaviour == "hang":
    time.sleep(600)
target = pathlib.Path(arguments["--json"])
shutil.copy(here / "claims.npz", target.with_suffix(".npz"))
shutil.copy(here / "claims.json", target)
sys.exit(int(behaviour))
"""


def document(*verdicts: str) -> dict:
    """Claims with these verdicts, in the format of `python -m proofs_numeric`."""
    return {
        "format": "wiatowski claims",
        "version": 3,
        "seed": 0,
        "dtype": "float64",
        "versions": {"jax": "0"},
        "seconds": 1.5,
        "claims": [_claim(number, verdict) for number, verdict in enumerate(verdicts)],
    }


def _claim(number: int, verdict: str) -> dict:
    idle = verdict in ("not applicable", "hypotheses not met")
    measured = 1.5 if verdict == "fails" else 0.9
    return {
        "name": f"claim_{number}",
        "title": f"Claim {number} & more",
        "statement": r"For all $f$: $|||\Phi(f)||| \le \sqrt{v_0}\|f\|$ <here>.",
        "source": "Wiatowski & Boelcskei 2018",
        "verdict": verdict,
        "tightness": None if idle else measured,
        "cases": 0 if idle else 12,
        "errors": [{"unit": "a unit", "text": "OverflowError: too <large>", "traceback": ""}]
        if verdict == "not evaluated"
        else [],
        "settings": [
            {
                "setting": "your extractor",
                "verdict": verdict,
                "hypotheses": [
                    {
                        "text": r"admissible, $\max\{B, B L^2 R^2\} \leq 1$",
                        "holds": not idle,
                        "value": "1.7",
                    }
                ],
                "cases": 0 if idle else 12,
                "tightness": None if idle else measured,
                "holds": verdict == "holds",
            }
        ],
        "worst": None
        if idle
        else {
            "setting": "yours",
            "measured": measured,
            "predicted": 1.0,
            "budget": 1e-13,
            "origin": "search",
            "description": "t = (1, 0), depth 2",
            "arrays": {
                "signal": f"claim_{number}/signal",
                "other": f"claim_{number}/other",
                "displacement": f"claim_{number}/displacement",
            },
        },
        "controls": [],
    }


def install(folder: Path, monkeypatch, *verdicts: str, behaviour: str = "0") -> Path:
    """Make `python -m proofs_numeric` the stand-in for processes started by this test.

    Args:
        folder: where to put it; becomes the working directory.
        monkeypatch: pytest's.
        verdicts: of the claims it reports.
        behaviour: "crash", "hang", or its exit status.

    Returns:
        The folder of the stand-in, which keeps what it was given.
    """
    package = folder / "proofs_numeric"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(_MAIN)
    (package / "behaviour").write_text(behaviour)
    (package / "claims.json").write_text(json.dumps(document(*verdicts)))
    arrays = {}
    for number in range(len(verdicts)):
        wave = np.cos(np.arange(256.0)).reshape(16, 16)
        arrays[f"claim_{number}/signal"] = wave + 1j
        arrays[f"claim_{number}/other"] = wave
        arrays[f"claim_{number}/displacement"] = np.stack([wave, 0 * wave])
    np.savez(package / "claims.npz", **arrays)
    monkeypatch.chdir(folder)
    inherited = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), inherited])))
    return package
