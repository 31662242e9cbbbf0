"""What a claim is: a statement with two sides, evaluated case by case, attacked, and controlled."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import jax
import numpy as np

from proofs_numeric.setting import Setting

__all__ = ["Cases", "Claim", "Control", "Hypothesis"]


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis of a statement, evaluated on a setting.

    Args:
        text: what has to hold.
        holds: whether it does.
        value: the figure that decides it.
    """

    text: str
    holds: bool
    value: str = ""


@dataclass(frozen=True)
class Cases:
    """Measured and predicted side of an inequality `measured <= predicted`, case by case.

    Args:
        measured, predicted, budget: float64 arrays of one length; `budget` is the rounding that
            the computation of both sides may have committed.
        origin: where each case's signal comes from: its name, `random` or `search`.
        description: parameters of each case, in words.
        arrays: gives the arrays of case i (`signal`, `other`, `displacement`) for its picture.
        groups: per case the group (for example "depth 1") whose tightness is reported apart.
    """

    measured: np.ndarray
    predicted: np.ndarray
    budget: np.ndarray
    origin: Sequence[str]
    description: Sequence[str]
    arrays: Callable[[int], dict[str, np.ndarray]]
    groups: Sequence[str] = field(default=())

    def __post_init__(self):
        for name in ("measured", "predicted", "budget"):
            values = np.asarray(getattr(self, name), dtype=np.float64).reshape(-1)
            object.__setattr__(self, name, values)
        lengths = {len(self.measured), len(self.predicted), len(self.budget)}
        lengths |= {len(self.origin), len(self.description)}
        if len(lengths) != 1 or (self.groups and len(self.groups) != len(self.measured)):
            raise ValueError(f"Cases: the columns differ in length: {sorted(lengths)}.")

    def __len__(self) -> int:
        return len(self.measured)

    @property
    def holds(self) -> bool:
        """Whether no case exceeds its prediction beyond its rounding budget (NaN exceeds)."""
        return bool(np.all(self.measured <= self.predicted + self.budget))

    @property
    def ratios(self) -> np.ndarray:
        """Measured / predicted; 0 where the measured side is within rounding of zero."""
        informative = self.measured > self.budget
        safe = np.where(self.predicted > 0, self.predicted, np.finfo(float).tiny)
        return np.where(informative, self.measured / safe, 0.0)

    def excess(self) -> np.ndarray:
        """How far each case stands above prediction and budget; NaN counts as infinitely far."""
        value = self.measured - self.predicted - self.budget
        return np.where(np.isnan(value), np.inf, value)

    def worst(self) -> int:
        """The case that violates most, or else the tightest."""
        return int(np.argmax(self.ratios if self.holds else self.excess()))


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
        """Whether the check fails, as it must."""
        return not self.cases.holds


class Claim(abc.ABC):
    """One statement of the literature in the form that holds where we compute."""

    name: str
    title: str
    statement: str
    source: str

    @abc.abstractmethod
    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        """Every hypothesis, evaluated on the setting; the claim applies if all hold."""

    @abc.abstractmethod
    def cases(self, setting: Setting, key: jax.Array) -> Cases:
        """The inequality on the setting's signals and on random parameters."""

    @abc.abstractmethod
    def search(self, setting: Setting, key: jax.Array) -> Cases:
        """The inequality on the worst cases that an adversarial search finds."""

    @abc.abstractmethod
    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """Negative controls, on settings of their own."""
