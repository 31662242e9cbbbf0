"""Claims x frames x nonlinearities x poolings: how tight each statement is on each combination."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.claim import Claim
from proofs_numeric.engine.run import execute, merged, planned
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.settings import all_settings, on_drawn_signals
from proofs_numeric.engine.threads import for_each
from proofs_numeric.engine.units import Store

__all__ = ["FRAMES", "NONLINEARITIES", "POOLINGS", "combinations", "cross", "steps", "table"]

F = wi.frames

#: Each on the grid it is looked at.
FRAMES: tuple[tuple[F.Frame, tuple[int, ...]], ...] = (
    (F.Meyer(scales=3), (64,)),
    (F.Shannon(scales=3), (64,)),
    (F.Haar(scales=2), (64,)),
    (F.Daubechies(scales=2, moments=3), (64,)),
    (F.BSplineFramelets(scales=1, order=3), (64,)),
    (F.Gabor(8), (64,)),
    (F.Morlet(scales=3, voices=2), (64,)),
    (F.RandomFilters(count=4, size=5), (64,)),
    (F.Curvelets(scales=1), (24, 24)),
    (F.Shearlets(scales=1), (24, 24)),
    (F.Ridgelets(scales=1), (24, 24)),
    (F.DirectionalWavelets(scales=1, orientations=4), (24, 24)),
    (F.Steerable(scales=1), (24, 24)),
    (F.LogGabor(scales=2, orientations=4), (24, 24)),
)
NONLINEARITIES: tuple[wi.AbstractNonlinearity, ...] = (
    wi.Modulus(),
    wi.ReLU(),
    wi.Tanh(),
    wi.ModReLU(0.02),
    wi.LeakyReLU(0.1),
    wi.SiLU(),
)
POOLINGS: tuple[wi.AbstractPooling, ...] = (
    wi.NoPooling(),
    wi.Dilate(2),
    wi.Decimate(2),
    wi.AveragePool(2),
    wi.MaxPool(2),
)

# Combinations between which compiled programs are thrown away, which nobody needs again: those of
# one nonlinearity and pooling.
_BATCH = len(FRAMES)


def combinations(seed: int) -> list[Setting]:
    """Two layers: the frame with its nonlinearity and pooling, then Haar with the same nonlinearity.

    Frames on one grid get as many atoms as the largest of them, zeros added, so that they share
    compiled programs; combinations that do are neighbours.

    Args:
        seed: of the signals.
    """
    banks = {i: frame.on(wi.Grid(shape)) for i, (frame, shape) in enumerate(FRAMES)}
    most: dict[tuple[int, ...], int] = {}
    for bank in banks.values():
        most[bank.grid.shape] = max(most.get(bank.grid.shape, 0), len(bank))
    padded = {i: _padded(bank, most[bank.grid.shape]) for i, bank in banks.items()}
    haar: dict[wi.Grid, wi.FilterBank] = {}
    found = []
    for nonlinearity, pooling in itertools.product(NONLINEARITIES, POOLINGS):
        for i, (frame, _) in sorted(enumerate(FRAMES), key=lambda x: _program(padded[x[0]])):
            first = wi.Layer(padded[i], nonlinearity, pooling)
            grid = first.pooled(padded[i].grid)
            if grid not in haar:
                haar[grid] = _padded(F.Haar(scales=1).on(grid), 0)
            second = wi.Layer(haar[grid], nonlinearity)
            phi = wi.FeatureExtractor([first, second], padded[i].grid, haar[grid]).admissible()
            name = "|".join(type(m).__name__ for m in (frame, nonlinearity, pooling))
            key = jax.random.fold_in(jax.random.key(seed, impl="unsafe_rbg"), len(found))
            found.append(on_drawn_signals(name, phi, key))
    return found


def _padded(bank, count: int) -> wi.FilterBank:
    """With zero atoms up to a number, complex arrays, and names that say nothing."""
    assert isinstance(bank, wi.FilterBank)
    atoms = np.asarray(bank.atoms_hat).astype(np.result_type(bank.dtype, np.complex64))
    zeros = np.zeros((max(0, count - len(atoms)), *bank.grid.shape), atoms.dtype)
    output = np.asarray(bank.output_atom_hat).astype(atoms.dtype)
    real = (bank.atoms_real, bank.output_real)
    return wi.FilterBank(np.concatenate([atoms, zeros]), output, bank.grid, real=real)


def _program(bank: wi.FilterBank) -> tuple:
    """Equal for banks whose programs are."""
    return (len(bank.grid.shape), bank.atoms_real, bank.output_real)


def cross(
    claims: Sequence[Claim], seed: int, store: Store, progress: Callable[[str], None]
) -> None:
    """Evaluate and search every claim on every combination and on mixed extractors.

    Args:
        claims: those that speak of extractors.
        seed: of signals and searches.
        store: keeps each finished combination.
        progress: called with a line of text after each.
    """
    settings = _everything(seed)

    def verdicts(setting: Setting) -> tuple[dict[str, Any], dict]:
        plan = planned(claims, [setting], seed, 1, controls=False, own=False)
        own = Store(None, {})
        execute(plan, own, lambda _: None, workers=1)
        rows, _ = merged(plan, own)
        return {row["name"]: _cell(row) for row in rows}, {}

    def one(setting: Setting) -> None:
        unit = f"crossed: {setting.name}"
        store.once(unit, lambda: verdicts(setting))
        progress(unit)

    mine = settings[jax.process_index() :: jax.process_count()]
    for first in range(0, len(mine), _BATCH):
        for_each(one, mine[first : first + _BATCH])
        jax.clear_caches()


def table(claims: Sequence[Claim], seed: int, store: Store) -> dict[str, Any]:
    """What JSON holds of a finished crossing: members, and a verdict and a tightness per cell."""
    crossings = len(FRAMES) * len(NONLINEARITIES) * len(POOLINGS)
    return {
        "frames": [{"name": type(f).__name__, "grid": list(shape)} for f, shape in FRAMES],
        "nonlinearities": [type(m).__name__ for m in NONLINEARITIES],
        "poolings": [type(p).__name__ for p in POOLINGS],
        "mixed": [setting.name for setting in _everything(seed)[crossings:]],
        "cells": _cells(claims, _everything(seed), store),
        "document": {
            "seed": seed,
            "dtype": str(jnp.zeros(()).dtype),
            "versions": {"jax": jax.__version__, "numpy": np.__version__},
        },
    }


@functools.cache
def _everything(seed: int) -> tuple[Setting, ...]:
    return (*combinations(seed), *all_settings(seed, full=True))


def _cell(row: dict[str, Any]) -> dict[str, Any]:
    """Of a claim's row; with what went wrong where something did."""
    errors = "; ".join(error["text"] for error in row["errors"])
    cell = {"verdict": row["verdict"], "tightness": row["tightness"]}
    return cell | ({"error": errors} if errors else {})


def _cells(claims: Sequence[Claim], settings: Sequence[Setting], store: Store) -> dict[str, Any]:
    cells: dict[str, Any] = {claim.name: {} for claim in claims}
    for setting in settings:
        kept, _ = store.done(f"crossed: {setting.name}")
        for name, cell in kept.items():
            cells[name][setting.name] = cell
    return cells


def steps(seed: int) -> int:
    """How often `crossed` reports progress in this process."""
    return len(range(jax.process_index(), len(_everything(seed)), jax.process_count()))
