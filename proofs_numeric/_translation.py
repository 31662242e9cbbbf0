r"""Witnesses and both sides of statements on $|||\Phi^n(T_t f) - \Phi^n(f)|||$."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.search import Target, attack, target
from proofs_numeric.engine.setting import (
    Setting,
    admissibility,
    differences,
    norms,
    once_per_setting,
    rounding_budget,
)
from proofs_numeric.engine.starts import modulated_wave, noise, steepest_wave

#: Right-hand side at one depth: of the setting, the depth, the shift, W_n(f) and |||Phi^n(f)|||^2.
Bound = Callable[[Setting, int, np.ndarray, float, float], float]


def shift_hypotheses(setting: Setting) -> tuple[Hypothesis, Hypothesis]:
    """What every exact statement on whole shifts asks for: admissible, and M commutes with them."""
    pointwise = all(layer.nonlinearity.pointwise for layer in setting.phi.layers)
    return (
        Hypothesis("admissible", *admissibility(setting.phi)),
        Hypothesis("pointwise nonlinearities", pointwise),
    )


def unit_shifts(ndim: int, lengths: Iterable[int]) -> list[tuple[int, ...]]:
    """Shifts by each length along the first axis, and by the first along the diagonal."""
    lengths = list(lengths)
    shifts = [(length,) + (0,) * (ndim - 1) for length in lengths]
    return shifts + ([(lengths[0],) * ndim] if ndim > 1 else [])


def first_axis(setting: Setting, length: int) -> tuple[int, ...]:
    """A shift along the first axis."""
    return (length,) + (0,) * (setting.grid.ndim - 1)


def rate(setting: Setting, depth: int, shift) -> float:
    r"""$2\pi|t|K_n/(S_1 \cdots S_n)$, whether or not a theorem holds for this shift."""
    return _rate(setting, depth, tuple(float(t) for t in np.atleast_1d(shift)))


@once_per_setting
def _rate(setting: Setting, depth: int, shift: tuple[float, ...]) -> float:
    return float(wi.bounds.translation(setting.phi, depth, shift, 1.0, checked=False))


def linear_bound(setting: Setting, depth: int, shift, energy: float, features: float) -> float:
    r"""$2\pi|t|K_n/D_n \sqrt{W_n(f)}$."""
    return rate(setting, depth, shift) * float(np.sqrt(energy))


def depth_zero_ratio(setting: Setting, length: int) -> float:
    r"""Largest $2|\sin\pi t\omega_1||\hat\chi_0|$ relative to $2\pi t K_0$: what depth 0 can reach."""
    bank = setting.phi.banks[0]
    along = np.asarray(bank.grid.frequencies()[0]) * bank.grid.spacing
    steepest = 2 * np.abs(np.sin(np.pi * length * along) * np.asarray(bank.output_atom_hat))
    return float(np.max(steepest)) / rate(setting, 0, first_axis(setting, length))


def witness(signal, shift, depth: int | None = None, origin: str = "search") -> Witness:
    """A signal and a shift; at one depth or at all."""
    parameters = {"shift": [float(t) for t in shift]}
    return Witness(
        {"signal": np.asarray(signal)},
        parameters if depth is None else parameters | {"depth": depth},
        origin,
    )


def given(setting: Setting, shifts) -> list[Witness]:
    """The setting's signals, each moved by every shift."""
    pairs = zip(setting.signals, setting.names)
    return [witness(f, t, None, name) for f, name in pairs for t in shifts]


def shifted(witnesses: Sequence[Witness]) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """The signals, the same moved, and the shifts."""
    signals = np.stack([w.arrays["signal"] for w in witnesses])
    shifts = [np.asarray(w.parameters["shift"]) for w in witnesses]
    moved = np.stack([np.asarray(wi.translate(f, t)) for f, t in zip(signals, shifts)])
    return signals, moved, shifts


def compare(setting: Setting, witnesses: Sequence[Witness], bound: Bound) -> Cases:
    """One case per witness and depth."""
    phi = setting.phi
    signals, moved, shifts = shifted(witnesses)
    found = differences(setting, signals, moved)
    every = range(phi.depth + 1)
    rows = [
        (i, n)
        for i, w in enumerate(witnesses)
        for n in ([w.parameters["depth"]] if "depth" in w.parameters else every)
    ]
    sizes = norms(signals)
    return Cases(
        np.array([found["difference"][i, n] for i, n in rows]),
        np.array(
            [
                bound(setting, n, shifts[i], found["energy"][i, n], found["features"][i, n])
                for i, n in rows
            ]
        ),
        np.array([rounding_budget(phi, 2 * sizes[i]) for i, _ in rows]),
        [witnesses[i] for i, _ in rows],
        [f"t = {tuple(shifts[i].tolist())}, depth {n}" for i, n in rows],
        [f"depth {n}" for _, n in rows],
    )


def searched(
    setting: Setting,
    attempt: Attempt,
    shift,
    aim: Callable[[Setting, int, tuple], Target],
    informed: bool = True,
) -> list[Witness]:
    """Ascent at every depth, first from the extremal waves of theory, otherwise from noise.

    Args:
        setting: where.
        attempt: which restarts.
        shift: t.
        aim: the target at a depth.
        informed: whether theory may point at starts.
    """
    # An output atom that is silent beside its mean moves nothing, whatever the signal.
    depths = [n for n in range(setting.phi.depth + 1) if rate(setting, n, shift) > 0]
    if not depths:
        return []
    count = max(len(depths), attempt.restarts)
    chosen = [depths[i % len(depths)] for i in range(count)]
    starts = list(noise(setting, attempt.key, count))
    if informed and attempt.number == 0:
        for i, n in enumerate(depths):
            starts[i] = modulated_wave(setting, n, shift) if n else steepest_wave(setting, shift)
    f, _ = attack(setting, starts, [aim(setting, n, shift) for n in chosen])
    # At depth 0 theory knows the worst case; no ascent improves it, few keep it to the last digit.
    kept = [witness(point, shift, n) for point, n in zip(f, chosen)]
    if informed and attempt.number == 0:
        kept.append(witness(steepest_wave(setting, shift), shift, 0))
    return kept


def at_depth(setting: Setting, depth: int, shift, **weights) -> Target:
    """A target whose numerator is the difference at one depth; weights ending the denominator."""
    one = np.eye(setting.phi.depth + 1)[depth]
    chosen = {k: v * one if k in ("energy", "features") else v for k, v in weights.items()}
    return target(setting, shift=shift, difference=one, **chosen)


def aim_energy(setting: Setting, depth: int, shift) -> Target:
    r"""Relative to $\sqrt{W_n(f)}$."""
    return at_depth(setting, depth, shift, energy=rate(setting, depth, shift) ** 2)


def aim_norm(setting: Setting, depth: int, shift) -> Target:
    r"""Relative to $\|f\|$.

    With $\sqrt{W_n(f)}$ a shift for which nothing is claimed would be violated without bound: some
    signals vanish on the way while their translates do not.
    """
    return at_depth(setting, depth, shift, size=rate(setting, depth, shift) ** 2)


def aim_features(setting: Setting, depth: int, shift) -> Target:
    r"""Relative to $|||\Phi^n(f)|||$, with a floor against vanishing features."""
    return at_depth(setting, depth, shift, features=1.0, size=1e-8)


@dataclass(frozen=True)
class LinearShiftClaim(Claim):
    r"""Theorem 1 on a grid: $|||\Phi^n(T_t f) - \Phi^n(f)||| \le 2\pi|t|K_n/D_n \sqrt{W_n(f)}$.

    Args:
        name, title, statement, source: as of every claim.
        drops: whether it speaks of extractors that drop samples, or of those that keep them.
        lengths: of given shifts, in units of the product of strides; the first is searched.
        broken: the controls, of the claim.
    """

    name: str
    title: str
    statement: str
    source: str
    drops: bool
    lengths: tuple[int, ...]
    broken: Callable[[LinearShiftClaim], tuple[Control, ...]]

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        strides = setting.phi.strides
        text = "samples dropped" if self.drops else "no samples dropped"
        spoken = Hypothesis(text, (strides[-1] > 1) is self.drops, f"strides {strides}", True)
        return (*shift_hypotheses(setting), spoken)

    def given(self, setting: Setting, key: jax.Array) -> list[Witness]:
        stride = setting.phi.strides[-1]
        return given(setting, unit_shifts(setting.grid.ndim, [stride * m for m in self.lengths]))

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        return searched(setting, attempt, self._shift(setting), aim_energy)

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        return compare(setting, witnesses, linear_bound)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        return self.broken(self)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """Nothing is pooled yet at depth 0."""
        return {"depth 0": depth_zero_ratio(setting, int(self._shift(setting)[0]))}

    def _shift(self, setting: Setting) -> tuple[int, ...]:
        return first_axis(setting, setting.phi.strides[-1] * self.lengths[0])
