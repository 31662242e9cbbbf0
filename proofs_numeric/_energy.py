r"""Settings, hypotheses and the search for the statements on $W_n(f)$."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._one_sided import blocks, octaves, one_sided
from proofs_numeric.engine.claim import Attempt, Hypothesis, Witness
from proofs_numeric.engine.hypotheses import scalar_filters
from proofs_numeric.engine.search import attack, target
from proofs_numeric.engine.setting import (
    Setting,
    differences,
    norms,
    once_per_setting,
    rounding_budget,
)
from proofs_numeric.engine.settings import drawn_signals
from proofs_numeric.engine.starts import noise, signed_index, wave

_SIZE = 129


def energy_settings(key: jax.Array) -> list[Setting]:
    """Networks of modulus layers whose filters lie on one side of the spectrum."""
    grid = wi.Grid((_SIZE,))
    wide = octaves(grid, gap=8, ratio=2)
    narrow = blocks(grid, gap=16, width=12)
    smooth = one_sided(wi.frames.Meyer(scales=2).on(grid))
    coarse = one_sided(wi.frames.Meyer(scales=2).on(grid.dilated(1.25)))
    modulus, dilate = wi.Modulus(), wi.Dilate(1.25)
    networks = {
        "one-sided octaves, modulus": [wi.Layer(wide, modulus)] * 3,
        "one-sided blocks, modulus": [wi.Layer(narrow, modulus)] * 3,
        "one-sided Meyer, modulus, dilation": [
            wi.Layer(smooth, modulus, dilate),
            wi.Layer(coarse, modulus, wi.NoPooling()),
        ],
    }
    found = []
    for name, layers in networks.items():
        last = layers[-1].bank
        phi = wi.FeatureExtractor(layers, grid, last)
        signals = drawn_signals(key, grid, 3)
        found.append(Setting(name, phi, signals, ("random",) * 3, band=5))
    return found


def modulus_hypotheses(setting: Setting) -> tuple[Hypothesis, ...]:
    """Modulus layers with scalar filters that keep their samples."""
    layers = setting.phi.layers
    names = ", ".join(sorted({type(x.nonlinearity).__name__ for x in layers}))
    return (
        Hypothesis(
            "modulus in every layer",
            all(isinstance(x.nonlinearity, wi.Modulus) for x in layers),
            names,
            scope=True,
        ),
        samples_kept(setting),
        scalar_filters(setting),
    )


def samples_kept(setting: Setting) -> Hypothesis:
    """Poolings that are identities on arrays."""
    poolings = [x.pooling for x in setting.phi.layers]
    names = ", ".join(sorted({type(p).__name__ for p in poolings}))
    kept = all(isinstance(p, (wi.NoPooling, wi.Dilate)) for p in poolings)
    return Hypothesis("poolings keep the samples", kept, names, scope=True)


def all_paths(setting: Setting) -> Hypothesis:
    """Energy on paths that are not followed is not counted."""
    return Hypothesis("all paths are followed", setting.phi.paths == "all", setting.phi.paths)


def no_mean(setting: Setting, first: int) -> Hypothesis:
    """Atoms of the layers from `first` on vanish at frequency zero."""
    banks = [x.bank for x in setting.phi.layers[first - 1 :]]
    zero = (slice(None), *(0,) * setting.grid.ndim)
    values = [np.asarray(b.atoms_hat[zero]) for b in banks if isinstance(b, wi.FilterBank)]
    largest = max((float(np.max(np.abs(v), initial=0)) for v in values), default=0.0)
    return Hypothesis("atoms vanish at frequency zero", largest == 0, f"{largest:.3g}")


def at_most_one(setting: Setting) -> Hypothesis:
    r"""$\sum_\lambda|\hat g_\lambda|^2 \le 1$ in every layer."""
    banks = [x.bank for x in setting.phi.layers if isinstance(x.bank, wi.FilterBank)]
    sums = [np.sum(np.abs(np.asarray(b.atoms_hat)) ** 2, axis=0).max() for b in banks if len(b)]
    largest = float(max(sums, default=0.0))
    text = r"$\sum_\lambda|\hat g_\lambda|^2 \leq 1$"
    return Hypothesis(text, largest <= 1 + 64 * setting.eps, f"{largest:.6g}")


@once_per_setting
def loudest(setting: Setting, number: int, restarts: int) -> tuple[Witness, ...]:
    r"""Signals that keep much of their energy on the way, each inside the band of one first filter."""
    depths = setting.phi.depth + 1
    key = jax.random.fold_in(jax.random.key(3, impl="unsafe_rbg"), number)
    count = max(2 * (depths - 1), restarts)
    atoms = [a for a in np.asarray(setting.phi.banks[0].atoms_hat) if np.any(a)]
    if not atoms:  # nothing is handed on
        return ()
    starts = list(noise(setting, key, count))
    aims = []
    for i in range(count):
        passed = np.abs(atoms[(i + number * count) % len(atoms)]) > 0
        if setting.real:  # real signals need both signs
            passed = passed | _mirrored(passed)
        weights = np.eye(depths)[1 + i % (depths - 1)]
        if i % 2 and 1 + i % (depths - 1) > 1:  # one step alone
            before = np.eye(depths)[i % (depths - 1)]
            aims.append(target(setting, mask=passed, propagated=weights, energy=before, size=1e-6))
        else:
            aims.append(target(setting, mask=passed, propagated=weights, size=1.0))
    f, _ = attack(setting, starts, aims)
    return tuple(Witness({"signal": point}, {}, "search") for point in f)


def searched(setting: Setting, attempt: Attempt) -> list[Witness]:
    """`loudest`, and waves at the edges of the first filters' bands."""
    found = list(loudest(setting, attempt.number, attempt.restarts))
    if attempt.number == 0:
        atoms = np.abs(np.asarray(setting.phi.banks[0].atoms_hat))
        for atom in [a for a in atoms if np.any(a)][:6]:
            passed = np.argwhere(atom > 0)
            signed = [signed_index(row, atom.shape) for row in passed]
            ends = [min(signed, key=_length), max(signed, key=_length)]
            waves = [wave(setting, k) for k in ends]
            found += [Witness({"signal": w}, {}, "search") for w in [*waves, sum(waves)]]
    return found


def propagated(setting: Setting, witnesses: Sequence[Witness]) -> np.ndarray:
    r"""$W_n(f)$ per witness and depth: (count, D + 1)."""
    signals = np.stack([w.arrays["signal"] for w in witnesses])
    return differences(setting, signals, np.zeros_like(signals))["energy"]


def energy_rounding(setting: Setting, witnesses: Sequence[Witness]) -> np.ndarray:
    """Rounding of squares of norms, per witness."""
    sizes = norms([w.arrays["signal"] for w in witnesses])
    return 2 * sizes * rounding_budget(setting.phi, sizes)


def _length(k: tuple[int, ...]) -> float:
    return float(np.linalg.norm(k))


def _mirrored(mask: np.ndarray) -> np.ndarray:
    """At -k."""
    axes = tuple(range(mask.ndim))
    return np.roll(np.flip(mask, axes), 1, axes)
