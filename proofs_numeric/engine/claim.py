"""What a claim is: hypotheses, a statement with two sides, an attack on it, and controls."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax
import numpy as np

from proofs_numeric.engine.setting import Setting

__all__ = ["TIGHT", "Attempt", "Cases", "Claim", "Control", "Hypothesis", "Witness", "own_signals"]

#: A statement is called tight where a case comes this close to equality,
TIGHT = 0.99
#: and its budget is at most this share of the bound: a wide margin of error shows no equality.
_SHARP = 0.1


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis of a statement, evaluated on a setting.

    Args:
        text: what has to hold.
        holds: whether it does.
        value: the figure that decides it.
        scope: whether the statement does not even speak of a setting without it (as one on d = 1
            does not speak of images), so that the claim is "not applicable" and not "hypotheses
            not met".
    """

    text: str
    holds: bool
    value: str = ""
    scope: bool = False


@dataclass(frozen=True, eq=False)
class Witness:
    """What one evaluation of a statement needs: arrays and parameters, and where they come from.

    Args:
        arrays: `signal`, and as the statement needs `other`, `displacement`, `phase`, ...
        parameters: numbers and texts that JSON holds.
        origin: name of the signal, `random` or `search`.
    """

    arrays: Mapping[str, np.ndarray]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "random"


@dataclass(frozen=True)
class Cases:
    """Measured and predicted side of an inequality `measured <= predicted`, case by case.

    Args:
        measured, predicted, budget: float64 arrays of one length; `budget` is the rounding that
            the computation of both sides may have committed.
        witnesses: per case the witness it was evaluated on.
        description: parameters of each case, in words.
        groups: per case the group (for example "depth 1") whose tightness is reported apart.
    """

    measured: np.ndarray
    predicted: np.ndarray
    budget: np.ndarray
    witnesses: Sequence[Witness]
    description: Sequence[str]
    groups: Sequence[str] = ()

    def __post_init__(self):
        for name in ("measured", "predicted", "budget"):
            values = np.asarray(getattr(self, name), dtype=np.float64).reshape(-1)
            object.__setattr__(self, name, values)
        lengths = {len(self.measured), len(self.predicted), len(self.budget)}
        lengths |= {len(self.witnesses), len(self.description)}
        if len(lengths) != 1 or (self.groups and len(self.groups) != len(self.measured)):
            raise ValueError(f"Cases: the columns differ in length: {sorted(lengths)}.")

    def __len__(self) -> int:
        return len(self.measured)

    @classmethod
    def joined(cls, parts: Sequence[Cases]) -> Cases:
        """All cases of several parts, in order."""
        return cls(
            np.concatenate([part.measured for part in parts]),
            np.concatenate([part.predicted for part in parts]),
            np.concatenate([part.budget for part in parts]),
            [w for part in parts for w in part.witnesses],
            [text for part in parts for text in part.description],
            [group for part in parts for group in (part.groups or [""] * len(part))],
        )

    @property
    def holds(self) -> bool:
        """Whether no case exceeds its prediction beyond its rounding budget (NaN exceeds)."""
        within = self.measured <= self.predicted + self.budget
        return bool(np.all(within & np.isfinite(self.measured)))

    @property
    def informative(self) -> int:
        """How many cases say something: a finite bound, and a measured side beyond rounding."""
        return int(np.sum((self.measured > self.budget) & np.isfinite(self.predicted)))

    @property
    def ratios(self) -> np.ndarray:
        """Measured / predicted; 0 where the measured side is within rounding of zero."""
        informative = self.measured > self.budget
        safe = np.where(self.predicted > 0, self.predicted, np.finfo(float).tiny)
        return np.where(informative, self.measured / safe, 0.0)

    @property
    def tight(self) -> bool:
        """Whether some case shows that the two sides may be equal."""
        sharp = self.budget <= _SHARP * self.predicted
        return bool(np.any(self.ratios[sharp] >= TIGHT))

    def excess(self) -> np.ndarray:
        """How far each case stands above prediction and budget; NaN counts as infinitely far."""
        value = self.measured - self.predicted - self.budget
        return np.where(np.isnan(value), np.inf, value)

    def worst(self) -> int:
        """The case that violates most, or else the tightest."""
        return int(np.argmax(self.ratios if self.holds else self.excess()))

    def largest(self) -> dict[str, float]:
        """Largest ratio per group."""
        found: dict[str, float] = {}
        for group, ratio in zip(self.groups, self.ratios):
            found[group] = max(found.get(group, 0.0), float(ratio))
        return found


@dataclass(frozen=True)
class Control:
    """A negative control: with one hypothesis broken, the inequality must fail.

    Args:
        name: which hypothesis is broken.
        description: how.
        cases: cases of which at least one must exceed prediction and budget.
    """

    name: str
    description: str
    cases: Cases

    @property
    def violated(self) -> bool:
        """Whether the check fails, as it must, and not for want of numbers."""
        cases = self.cases
        return not cases.holds and bool(np.all(np.isfinite(cases.measured + cases.predicted)))


@dataclass(frozen=True)
class Attempt:
    """One chunk of restarts of a search; the same attempt always gives the same restarts.

    Args:
        key: of what is drawn.
        number: 0 for the first, which also starts where theory points.
        restarts: how many searches run side by side.
    """

    key: jax.Array
    number: int = 0
    restarts: int = 4


class Claim(abc.ABC):
    """One statement of the literature in the form that holds where we compute."""

    name: str
    title: str
    statement: str
    source: str
    #: Whether it speaks of extractors; one on functions of R^d or on networks is not asked about a user's.
    on_extractors: ClassVar[bool] = True

    @abc.abstractmethod
    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        """Every hypothesis, evaluated on the setting; the claim is evaluated if all hold."""

    def given(self, setting: Setting, key: jax.Array) -> list[Witness]:
        """The setting's signals, with random parameters where the statement has some."""
        return own_signals(setting)

    @abc.abstractmethod
    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """The worst that one chunk of restarts of an adversarial search finds."""

    @abc.abstractmethod
    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        """Both sides of the inequality, with the rounding that they may have committed."""

    @abc.abstractmethod
    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """Negative controls, on settings of their own."""

    def simplified(self, setting: Setting, witness: Witness) -> Witness | None:
        """A witness whose signals were thinned out or rounded, brought back to what is spoken of.

        None where that is not possible, because the arrays belong together.
        """
        return witness

    def own_settings(self, key: jax.Array) -> list[Setting]:
        """Settings that this statement needs beyond those that all claims share."""
        return []

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """The ratio that theory says can be reached, per group ("" for all cases together)."""
        return {}


def own_signals(setting: Setting) -> list[Witness]:
    """The signals of a setting, each under its name."""
    return [Witness({"signal": f}, {}, n) for f, n in zip(setting.signals, setting.names)]
