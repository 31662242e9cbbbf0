"""The processes that the tests of streaming start and kill: run as a script with a role and its arguments."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np

import wiatowski as wi
from wiatowski import streaming

SIGNALS, CHUNK = 600, 3

run = functools.partial(streaming.transform, progress=False)


def extractor(scales: int = 1) -> wi.FeatureExtractor:
    layer = wi.Layer(wi.frames.Morlet(scales, orientations=4), wi.Modulus(), wi.Decimate(2))
    return wi.FeatureExtractor([layer, layer], wi.Grid((16, 16)))


def noise(count: int, shape: tuple[int, ...] = (16, 16), dtype=np.float32) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, *shape)).astype(dtype)


def start(role: str, *arguments) -> subprocess.Popen:
    """This file as a process of its own, in a role."""
    return subprocess.Popen(
        [sys.executable, __file__, role, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
    )


def stream(source: str, store: str) -> None:
    """One device, many chunks: what is killed."""
    run(extractor(), source, store, chunk=CHUNK)


def devices(folder: str) -> None:
    """Two devices, and one of them, with two signals on each."""
    jax.config.update("jax_num_cpu_devices", 2)
    assert jax.local_device_count() == 2
    phi, source = extractor(), Path(folder, "x.npy")
    run(phi, source, Path(folder, "two_devices"), chunk=4)
    run(phi, source, Path(folder, "one_device"), chunk=2, devices=jax.local_devices()[:1])


def process(folder: str, address: str, number: str) -> None:
    """One of two processes with two devices each: the same call, then calls that differ."""
    jax.config.update("jax_num_cpu_devices", 2)
    jax.distributed.initialize(address, num_processes=2, process_id=int(number))
    assert (jax.device_count(), jax.local_device_count()) == (4, 2)
    at, odd = Path(folder), number == "1"
    phi, source = extractor(), at / "x.npy"
    run(phi, source, at / "two_processes", chunk=4)
    if not odd:
        shutil.copytree(at / "two_processes", at / "resumed")
        for name in ("depth_0/c.1.0.0.0", "depth_2/c.2.0.0.0", "depth_1/c.5.0.0.0"):
            (at / "resumed" / name).unlink()
    run(phi, source, at / "resumed")
    late = noise(23)
    late[4] = np.nan
    cases = {
        "extractor": (extractor(2) if odd else phi, source, at / "extractor", 4),
        "source": (phi, at / ("other.npy" if odd else "x.npy"), at / "source", 4),
        "chunk": (phi, source, at / "chunk", 2 if odd else 4),
        "no source": (phi, at / ("none.npy" if odd else "x.npy"), at / "no source", 4),
        "another run": (phi, source, at / "two_processes", 2),
        "own disk": (phi, source, at / f"own{number}", 4),
        "not finite": (phi, late, at / "not finite", 4),
    }
    said = {}
    for name, (own_phi, own_source, store, chunk) in cases.items():
        try:
            run(own_phi, own_source, store, chunk=chunk)
        except Exception as error:
            said[name] = f"{type(error).__name__}: {error}"
    (at / f"said{number}.json").write_text(json.dumps(said))


if __name__ == "__main__":
    {"stream": stream, "devices": devices, "process": process}[sys.argv[1]](*sys.argv[2:])
