r"""Features of all 60,000 digits under ceilings of memory: what the process takes at most, how long, and the same bits.

Each ceiling is a process of its own, which computes the 18,424 features of two layers of Haar wavelets with moduli and
means, 4.4 GB in all. Peak memory is that of the whole process, with Python, JAX and compilation, before the features
are read again for their digest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import wiatowski as wi
from experiments.digits import pixels
from experiments.mnist import of_the_paper
from wiatowski.learn import FeatureTransformer
from wiatowski.serialization import write_whole

CEILINGS = ("500MB", "1GB", "2GiB")
_ROWS = 1_000


def main(arguments: list[str] | None = None) -> int:
    """A process per ceiling; writes the JSON and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m experiments.ceilings", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("ceilings.json"), help="file (ceilings.json)"
    )
    parser.add_argument("--digits", type=int, default=60_000, help="how many (60,000)")
    parser.add_argument("--ceiling", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not 1 <= options.digits <= 60_000:
        parser.error("--digits must lie between 1 and 60000")
    if options.ceiling:
        print(json.dumps(measured(options.ceiling, options.digits)))
        return 0
    results = []
    for ceiling in CEILINGS:
        command = [
            "-m",
            "experiments.ceilings",
            "--digits",
            str(options.digits),
            "--ceiling",
            ceiling,
        ]
        done = subprocess.run(
            [sys.executable, *command], check=True, stdout=subprocess.PIPE, text=True
        )
        results.append(json.loads(done.stdout.splitlines()[-1]))
    write_whole(options.out, (json.dumps(results, indent=1) + "\n").encode())
    print(as_text(results), end="")
    return 0 if len({result["digest"] for result in results}) == 1 else 1


def measured(ceiling: str, digits: int) -> dict:
    """Features of so many digits under a ceiling."""
    images = pixels(wi.data.mnist().images[:digits])
    transformer = FeatureTransformer(of_the_paper("Haar", "abs", "avg"), memory=ceiling)
    before, begun = peak(), time.perf_counter()
    features = transformer.fit_transform(images)
    seconds = time.perf_counter() - begun
    result = {
        "ceiling": ceiling,
        "digits": digits,
        "features_GB": features.nbytes / 1e9,
        "on_disk": isinstance(features, np.memmap),
        "before_GiB": before,
        "peak_GiB": peak(),
        "seconds": seconds,
        "cores": os.cpu_count(),
    }
    digest = hashlib.sha256()
    for start in range(0, digits, _ROWS):
        digest.update(features[start : start + _ROWS].tobytes())
    return result | {"digest": digest.hexdigest()}


def peak() -> float:
    """The most memory that this process has had so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def as_text(results: list[dict]) -> str:
    """A table in Markdown."""
    lines = [
        "| ceiling | features, GB | in | peak of the process, GiB | before, GiB | digits per second | bits |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        place = "a file" if result["on_disk"] else "memory"
        same = "the same" if result["digest"] == results[0]["digest"] else "OTHER"
        rate = result["digits"] / result["seconds"]
        lines.append(
            f"| {result['ceiling']} | {result['features_GB']:.2f} | {place} | {result['peak_GiB']:.2f} "
            f"| {result['before_GiB']:.2f} | {rate:.0f} | {same} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
