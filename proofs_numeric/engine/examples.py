"""The worst case once more: in a second precision, and as a smallest readable example."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from proofs_numeric.engine.claim import Cases, Claim, Witness
from proofs_numeric.engine.run import describe
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.starts import signed_index

__all__ = ["in_second_precision", "smallest"]

#: A simpler example may lose this share of the tightness.
_KEPT = 0.98
_TERMS = (1, 2, 3, 4, 6, 8, 12)
#: Arrays that are signals, and may be simplified; the rest are parameters of the statement.
_SIGNALS = ("signal", "other")


def in_second_precision(
    claim: Claim, setting: Setting, witness: Witness, group: str
) -> dict[str, Any]:
    """The case evaluated in float32 if the run is in float64, and the other way round.

    Args:
        claim: whose case it is.
        setting: of the run's precision.
        witness: of the case.
        group: of the case, for example "depth 1".

    Returns:
        What JSON holds: the precision, both sides, the budget, and whether the case holds.
    """
    double = setting.eps < 1e-10
    dtype = np.dtype(np.float32 if double else np.float64)
    with jax.enable_x64(not double):
        cases = claim.evaluate(setting.cast(dtype), [_cast(witness, dtype)])
        index = _index(cases, group)
        holds = bool(cases.measured[index] <= cases.predicted[index] + cases.budget[index])
        return {"dtype": str(dtype), "holds": holds} | describe(cases, index)


def smallest(
    claim: Claim, setting: Setting, witness: Witness, group: str
) -> tuple[Witness, dict[str, Any]]:
    """A simpler case that is nearly as tight, or violates as well: few waves or samples, few digits.

    Args:
        claim: whose case it is.
        setting: where.
        witness: of the case.
        group: of the case.

    Returns:
        The simpler witness (the given one if nothing simpler will do), and what JSON holds: a text
        and both sides.
    """
    first, index = _evaluated(claim, setting, witness, group)
    wanted = _KEPT * float(first.ratios[index])
    violated = not first.holds

    def accepted(changed: Witness) -> Witness | None:
        """What the statement speaks of, if it is as tight and holds, or fails, as before."""
        candidate = claim.simplified(setting, changed)
        if candidate is None:
            return None
        cases, i = _evaluated(claim, setting, candidate, group)
        fits = bool(cases.ratios[i] >= wanted) and cases.holds is not violated
        return candidate if fits else None

    best, text = witness, ""
    if claim.simplified(setting, witness) is not None:
        for changed, words in _sparser(witness, setting.grid.ndim):
            if (found := accepted(changed)) is not None:
                best, text = found, words
                break
        for changed in _rounder(best):
            if (found := accepted(changed)) is not None:
                best = found
                break
    cases, index = _evaluated(claim, setting, best, group)
    return best, {"text": _in_words(best, text, setting.grid.ndim)} | describe(cases, index)


def _evaluated(claim: Claim, setting: Setting, witness: Witness, group: str) -> tuple[Cases, int]:
    cases = claim.evaluate(setting, [witness])
    return cases, _index(cases, group)


def _index(cases: Cases, group: str) -> int:
    """The tightest case of a group, if there is one of that name."""
    inside = [i for i, g in enumerate(cases.groups) if g == group] or list(range(len(cases)))
    rank = cases.ratios if cases.holds else cases.excess()
    return max(inside, key=lambda i: rank[i])


def _cast(witness: Witness, dtype: np.dtype) -> Witness:
    def cast(a: np.ndarray) -> np.ndarray:
        a = np.asarray(a)
        if np.iscomplexobj(a):
            return a.astype(np.result_type(dtype, np.complex64))
        return a.astype(dtype) if a.dtype.kind == "f" else a

    arrays = {name: cast(a) for name, a in witness.arrays.items()}
    return dataclasses.replace(witness, arrays=arrays)


def _sparser(witness: Witness, ndim: int) -> Iterator[tuple[Witness, str]]:
    """With few waves, or few samples, in each signal; the fewest first."""
    if not any(name in witness.arrays for name in _SIGNALS):
        return
    for count in _TERMS:
        waves = functools.partial(_few_waves, ndim=ndim)
        for words, keep in (("waves", waves), ("samples", _few_samples)):
            arrays = dict(witness.arrays)
            base = np.asarray(arrays.get("signal", 0))
            if "signal" in arrays:
                arrays["signal"] = keep(base, count)
            if "other" in arrays:  # its difference to the signal is what counts
                arrays["other"] = arrays["signal"] + keep(np.asarray(arrays["other"]) - base, count)
            yield dataclasses.replace(witness, arrays=arrays), words


def _few_waves(f: np.ndarray, count: int, ndim: int) -> np.ndarray:
    axes = tuple(range(f.ndim - ndim, f.ndim))
    f_hat = np.fft.fftn(f, axes=axes)
    size = np.abs(f_hat)
    if not np.iscomplexobj(f):  # waves of real signals come in pairs
        mirrored = np.roll(np.flip(size, axes), 1, axes)
        size = np.maximum(size, mirrored)
    levels = np.unique(np.round(size.ravel(), 12))[::-1]
    least = levels[min(count, len(levels)) - 1]
    kept = np.fft.ifftn(np.where(size >= least * (1 - 1e-9), f_hat, 0), axes=axes)
    return kept if np.iscomplexobj(f) else kept.real


def _few_samples(f: np.ndarray, count: int) -> np.ndarray:
    least = np.sort(np.abs(f).ravel())[::-1][min(count, f.size) - 1]
    return np.where(np.abs(f) >= least, f, 0)


def _rounder(witness: Witness) -> Iterator[Witness]:
    """With values of one, two, three digits relative to the largest."""
    for digits in (1, 2, 3):
        arrays = dict(witness.arrays)
        for name in _SIGNALS:
            if name in arrays and np.any(arrays[name]):
                scale = np.abs(np.asarray(arrays["signal"])).max() or 1.0
                arrays[name] = np.round(arrays[name] / scale, digits)
        yield dataclasses.replace(witness, arrays=arrays)


def _in_words(witness: Witness, kind: str, ndim: int) -> str:
    """The signal as a formula if it has few terms."""
    parts = []
    f = np.asarray(witness.arrays.get("signal", np.zeros(0)))
    if f.size and f.ndim and kind:
        if kind == "waves":
            f_hat = np.fft.fftn(f, axes=tuple(range(f.ndim - ndim, f.ndim)))
            loud = np.argwhere(np.abs(f_hat) > 0.02 * np.abs(f_hat).max())
            shape = f.shape[f.ndim - ndim :]
            signed = {(*k[: f.ndim - ndim], *signed_index(k[-ndim:], shape)) for k in loud}
            if not np.iscomplexobj(f):
                signed = {k for k in signed if k[-ndim:] >= tuple(-i for i in k[-ndim:])}
            terms = ", ".join(_term(k, ndim) for k in sorted(signed))
            if 0 < len(signed) <= 12:
                parts.append(f"waves of frequency {terms} (cycles per period)")
        elif 0 < np.count_nonzero(f) <= 12:
            parts.append(f"samples {[tuple(map(int, i)) for i in np.argwhere(f)]}")
    shown = {
        k: v for k, v in witness.parameters.items() if k in ("shift", "depth", "layer", "kind")
    }
    parts += [f"{name} {value}" for name, value in shown.items()]
    return "; ".join(parts) or "not simplified"


def _term(index: tuple[int, ...], ndim: int) -> str:
    """A frequency, and of signals with channels the channel."""
    frequency = index[-ndim] if ndim == 1 else tuple(map(int, index[-ndim:]))
    channel = "".join(f" in map {c}" for c in index[:-ndim])
    return f"{frequency}{channel}"
