"""Runs claims on settings and writes what was found."""

from __future__ import annotations

import concurrent.futures
import importlib
import io
import json
import os
import pkgutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import proofs_numeric
from proofs_numeric.claim import Cases, Claim
from proofs_numeric.setting import Setting
from wiatowski.serialization import write_whole

__all__ = ["all_claims", "run_claims", "write_results"]

FORMAT, VERSION = "wiatowski claims", 1


def all_claims() -> list[Claim]:
    """Every module's `CLAIM`: what the paper states first, what was derived here after it."""
    claims = []
    for module in pkgutil.iter_modules(proofs_numeric.__path__):
        if not module.name.startswith("_"):
            loaded = importlib.import_module(f"proofs_numeric.{module.name}")
            if isinstance(getattr(loaded, "CLAIM", None), Claim):
                claims.append(loaded.CLAIM)
    return sorted(claims, key=lambda c: (c.name.startswith("derived"), c.name))


def run_claims(
    claims: Sequence[Claim],
    settings: list[Setting],
    seed: int,
    controls: bool,
    progress: Callable[[str], None],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Evaluate every claim on every setting to which it applies.

    Args:
        claims: what to check.
        settings: where.
        seed: of random cases and searches.
        controls: whether to run the negative controls too.
        progress: called with a line of text after each step (`steps` says how many there are).

    Returns:
        The results in the form that JSON holds, and the arrays of the worst cases by name.
    """
    start = time.monotonic()
    key = jax.random.key(seed, impl="unsafe_rbg")  # compiles at once
    double = jnp.zeros(()).dtype == jnp.float64

    def one(number: int, claim: Claim):
        with jax.enable_x64(double):  # the context belongs to a thread
            own = jax.random.fold_in(key, number)
            return _run_claim(claim, settings, own, controls, progress)

    # XLA compiles and runs outside Python's lock, and a search uses one core.
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        done = list(pool.map(one, range(len(claims)), claims))
    rows = [row for row, _ in done]
    arrays = {
        f"{row['name']}/{name}": array for row, found in done for name, array in found.items()
    }
    results = {
        "format": FORMAT,
        "version": VERSION,
        "seed": seed,
        "dtype": str(settings[0].phi.banks[0].dtype),
        "versions": {"jax": jax.__version__, "numpy": np.__version__},
        "seconds": round(time.monotonic() - start, 3),
        "claims": rows,
    }
    return results, arrays


def steps(claims: list[Claim], settings: list[Setting], controls: bool) -> int:
    """How often `run_claims` reports progress."""
    return len(claims) * (len(settings) + controls)


def write_results(path: Path, results: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """`path` (JSON) and, beside it, the arrays it names (.npz); both whole."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    write_whole(path.with_suffix(".npz"), buffer.getvalue())
    write_whole(path, json.dumps(results, indent=1, allow_nan=False).encode())


def _run_claim(claim: Claim, settings, key, controls: bool, progress):
    rows, worst, worst_rank, arrays = [], None, (-1.0, -1.0), {}
    for i, setting in enumerate(settings):
        hypotheses = claim.hypotheses(setting)
        row: dict[str, Any] = {
            "setting": setting.name,
            "applicable": all(h.holds for h in hypotheses),
            "hypotheses": [
                {"text": h.text, "holds": h.holds, "value": h.value} for h in hypotheses
            ],
        }
        if row["applicable"]:
            given, searched = jax.random.split(jax.random.fold_in(key, i))
            parts = [claim.cases(setting, given)]
            if setting.attacked:
                parts.append(claim.search(setting, searched))
            row |= {
                "cases": sum(len(p) for p in parts),
                "holds": all(p.holds for p in parts),
                "tightness": _number(max(p.ratios.max(initial=0.0) for p in parts)),
                "groups": _groups(parts),
            }
            for part in parts:
                j = part.worst()
                rank = (float(max(part.excess()[j], 0.0)), float(part.ratios[j]))
                if rank > worst_rank:
                    worst_rank, found = rank, part.arrays(j)
                    arrays = dict(found)
                    worst = _case(part, j) | {
                        "setting": setting.name,
                        "arrays": {name: f"{claim.name}/{name}" for name in found},
                    }
        rows.append(row)
        progress(f"{claim.name}: {setting.name}")
    applied = [row for row in rows if row["applicable"]]
    found_controls = []
    if controls:
        found_controls = [_control(c) for c in claim.controls(jax.random.fold_in(key, 10_000))]
        progress(f"{claim.name}: controls")
    holds = all(row["holds"] for row in applied)
    result = {
        "name": claim.name,
        "title": claim.title,
        "statement": claim.statement,
        "source": claim.source,
        "verdict": ("holds" if holds else "fails") if applied else "not applicable",
        "tightness": max((row["tightness"] for row in applied), default=None),
        "cases": sum(row["cases"] for row in applied),
        "settings": rows,
        "worst": worst,
        "controls": found_controls,
    }
    return result, arrays


def _groups(parts: list[Cases]) -> dict[str, float]:
    """Largest ratio per group."""
    largest: dict[str, float] = {}
    for part in parts:
        for group, ratio in zip(part.groups, part.ratios):
            largest[group] = max(largest.get(group, 0.0), _number(ratio))
    return largest


def _case(part: Cases, index: int) -> dict[str, Any]:
    return {
        "measured": _number(part.measured[index]),
        "predicted": _number(part.predicted[index]),
        "budget": _number(part.budget[index]),
        "origin": part.origin[index],
        "description": part.description[index],
    }


def _control(control) -> dict[str, Any]:
    case = _case(control.cases, control.cases.worst())
    return {
        "name": control.name,
        "description": control.description,
        "violated": control.violated,
        **case,
    }


def _number(value) -> float:
    """A float that JSON holds: a NaN or an infinity (which no bound survives) becomes 1e308."""
    value = float(value)
    return value if np.isfinite(value) else 1e308
