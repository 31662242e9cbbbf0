r"""Runs that are killed and started again, beside runs that nobody disturbs: the same numbers, the same weights.

Two runs: the small version of the table of `experiments.mnist`, and 40 epochs of training with augmentation. Each goes
through once undisturbed, which takes T seconds; then it is killed (SIGKILL) again and again, started anew with the
same command each time, and in the end left alone. A start lives until it has stored something new, and then for a
time drawn uniformly from 0 to T / (2 kills), so that kills fall on everything that a run does.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import optax
from sklearn.datasets import load_digits

import wiatowski as wi
from wiatowski import learn
from wiatowski.serialization import write_whole

EPOCHS = 40
#: What a cell says of the machine, and not of the digits.
OF_THE_MACHINE = ("seconds", "processor_seconds", "peak_memory_GB")
_QUIET: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)


class Run(NamedTuple):
    """A run that stores in a folder what it has, and goes on there."""

    command: Callable[[Path], list[str]]
    numbers: Callable[[Path], dict[str, Any]]


def main(arguments: list[str] | None = None) -> int:
    """Every run undisturbed and killed; writes the JSON and prints a line for each."""
    parser = argparse.ArgumentParser(prog="python -m experiments.killed", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("killed.json"), help="file (killed.json)")
    parser.add_argument("--kills", type=int, default=10, help="of each run (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    parser.add_argument("--runs", nargs="+", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.train is not None:
        train(options.train)
        return 0
    if options.kills < 1:
        parser.error("--kills must be at least 1")
    results = {}
    for name in options.runs:
        with tempfile.TemporaryDirectory(prefix="killed-") as folder:
            found = compared(RUNS[name], Path(folder), options.kills, options.seed)
        results[name] = found
        print(
            f"{name}: killed {len(found['moments'])} times, at {', '.join(map(str, found['stored']))} "
            f"of {found['numbers']} numbers: {'the same' if found['same'] else 'OTHER'} in the end",
            flush=True,
        )
        write_whole(options.out, (json.dumps(results, indent=1) + "\n").encode())
    return 0 if all(found["same"] for found in results.values()) else 1


def compared(run: Run, folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """The numbers of a run that was killed, beside those of one that was not.

    Returns:
        The seconds of the undisturbed run; the seconds that each start of the other lived, and how many
        numbers were stored when it was killed; how many there are in the end, and whether they are the same.
    """
    whole, broken = folder / "whole", folder / "broken"
    begun = time.perf_counter()
    subprocess.run(run.command(whole), check=True, **_QUIET)
    seconds = time.perf_counter() - begun
    draw, moments, stored = np.random.default_rng(seed), [], []
    while len(moments) < kills:
        begun, before = time.perf_counter(), len(run.numbers(broken))
        process = subprocess.Popen(run.command(broken), **_QUIET)
        while process.poll() is None and len(run.numbers(broken)) == before:
            time.sleep(0.02)
        time.sleep(draw.uniform(0, seconds / (2 * kills)))
        if process.poll() is not None:
            break  # it came to its end first
        process.send_signal(signal.SIGKILL)
        process.wait()
        moments.append(time.perf_counter() - begun)
        stored.append(len(run.numbers(broken)))
    subprocess.run(run.command(broken), check=True, **_QUIET)
    expected, found = run.numbers(whole), run.numbers(broken)
    return {
        "seconds": seconds,
        "moments": moments,
        "stored": stored,
        "numbers": len(expected),
        "same": bool(expected) and found == expected,
        "cores": os.cpu_count(),
    }


def of_table(folder: Path) -> list[str]:
    """The small table."""
    return [sys.executable, "-m", "experiments.mnist", "--small", "--out", str(folder)]


def cells_of(folder: Path) -> dict[str, Any]:
    """What every cell says of the digits."""
    cells = (json.loads(path.read_text()) for path in sorted(folder.glob("mnist-*.json")))
    return {
        cell["name"]: {key: value for key, value in cell.items() if key not in OF_THE_MACHINE}
        for cell in cells
    }


def of_training(folder: Path) -> list[str]:
    """A training run."""
    return [sys.executable, "-m", "experiments.killed", "--train", str(folder)]


def train(folder: Path) -> None:
    """Admissible learned filters and a linear head on 8 x 8 digits, deformed anew in every epoch."""
    digits: Any = load_digits()
    signals, labels = np.asarray(digits.images[:, None] / 16, np.float32), digits.target
    grid, taps = wi.Grid((8, 8)), np.random.default_rng(0).standard_normal((16, 3, 3))
    blank = wi.networks.Head([wi.networks.Dense(np.zeros((10, 17)), np.zeros(10))], averages=True)
    start = learn.Built(
        (wi.frames.LearnedFilters(taps), blank),
        lambda own: wi.networks.Classifier(
            wi.FeatureExtractor([wi.Layer(own[0], wi.ReLU())], grid), own[1]
        ),
    )
    found = learn.train(
        start,
        (signals[:1_400], labels[:1_400]),
        (signals[1_400:], labels[1_400:]),
        epochs=EPOCHS,
        batch=4,
        patience=None,
        optimiser=optax.adam(1e-2),
        augment=[learn.Deformed(1.0)],
        folder=folder / "checkpoints",
    )
    weights = [np.asarray(leaf) for leaf in jax.tree.leaves(found.model) if hasattr(leaf, "dtype")]
    result = {
        "losses": [[float(value) for value in epoch[:-1]] for epoch in found.epochs],
        "weights": [weight.tobytes().hex() for weight in weights],
    }
    write_whole(folder / "result.json", json.dumps(result).encode())


def weights_of(folder: Path) -> dict[str, Any]:
    """Losses by epoch and all weights, bit for bit; before the end, the epochs that have a checkpoint."""
    result = folder / "result.json"
    if not result.exists():
        steps = (path.name for path in folder.glob("checkpoints/*") if path.name.isdigit())
        return {str(epoch): None for epoch in range(1, max(map(int, steps), default=0) + 1)}
    read = json.loads(result.read_text())
    own = {str(epoch): losses for epoch, losses in enumerate(read["losses"], start=1)}
    return own | {"weights": read["weights"]}


RUNS = {"table": Run(of_table, cells_of), "training": Run(of_training, weights_of)}


if __name__ == "__main__":
    sys.exit(main())
