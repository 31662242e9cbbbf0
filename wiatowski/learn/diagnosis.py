"""A learning curve in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

__all__ = ["diagnosis"]

_FEW = 3  # epochs, of which nothing can be said
_JUMPS = 0.4  # share of epochs in which the training loss rises by more than the chance of batches
_CHANCE = 0.05  # of the loss
_STILL_FALLING = 0.03  # of the training loss per epoch, at the end
_APART = 1.5  # validation loss at the end over its lowest
_UNLEARNED = 0.8  # training loss at the end over that at the beginning
_LEARNED = 0.02  # the same, below which it may fall further
_MEMORISED = 0.5  # the same, below which the validation loss should have fallen, too


class Measured(Protocol):
    """Of an epoch."""

    @property
    def training_loss(self) -> float: ...
    @property
    def loss(self) -> float: ...


def diagnosis(epochs: Sequence[Measured], stopped: str) -> str:
    """What a learning curve looks like, by rules of thumb, with the figures that they use.

    Args:
        epochs: with losses.
        stopped: as in `Trained`.

    Source: utility.

    >>> from collections import namedtuple
    >>> Point = namedtuple("Point", "training_loss loss")
    >>> diagnosis([Point(2.0 / n, 2.0 / n if n < 4 else n / 4.0) for n in range(1, 9)], "epochs")[:11]
    'Overfitting'
    """
    if stopped == "diverged":
        return (
            "Learning rate too high, most likely: the loss left the range of numbers; try a tenth of it, or clip "
            "the gradient; if that does not help, see whether the loss or a change of signals gives NaN."
        )
    if len(epochs) < _FEW:
        return f"Too early to tell: {len(epochs)} epochs are too few to judge; train for more."
    training = np.array([e.training_loss for e in epochs])
    held_out = np.array([e.loss for e in epochs])
    if min(training.min(), held_out.min()) < 0:
        return "No diagnosis: the rules are for losses that are not negative; draw the curves."
    jumps = float(np.mean(np.diff(training) > _CHANCE * training[:-1]))
    if jumps > _JUMPS:
        return (
            f"Learning rate too high: the training loss rose by more than {_CHANCE:.0%} in {jumps:.0%} of the "
            "epochs; try a third of it."
        )
    left = float(training[-1] / max(training[0], 1e-12))
    apart = held_out[-1] / max(held_out.min(), 1e-12)
    if apart > _APART and training[-1] > training[held_out.argmin()]:
        return (
            f"Learning rate too high: both losses rose again, that of validation to {apart:.2g} times its lowest; "
            "try a third of it."
        )
    if apart > _APART:
        return (
            f"Overfitting: the validation loss rose to {apart:.2g} times its lowest while the training loss fell "
            "on; stop early, augment, or use fewer parameters."
        )
    stayed = held_out.min() / max(held_out[0], 1e-12)
    if stayed > _UNLEARNED and left < _MEMORISED and held_out.min() > training[0] * _UNLEARNED:
        return (
            f"Overfitting: the training loss is down to {left:.0%} of its first value, the validation loss never "
            f"below {stayed:.0%} of its own; look whether both have the same classes, augment, or use fewer parameters."
        )
    slope = float(np.mean(-np.diff(training[-_FEW:]) / np.maximum(training[-_FEW:-1], 1e-12)))
    if left > _UNLEARNED and slope < _STILL_FALLING:
        return (
            f"Underfitting: the training loss stays at {left:.0%} of its first value; use a larger model, or a "
            "learning rate that is ten times higher."
        )
    if slope > _STILL_FALLING and left > _LEARNED:
        return (
            f"Learning rate too low, or too few epochs: the training loss still fell by {slope:.0%} per epoch "
            "at the end; train longer, or try three times the rate."
        )
    return (
        f"Converged: the training loss is down to {left:.1%} of its first value and falls by {max(slope, 0):.1%} per "
        "epoch at the end, the validation loss is near its lowest."
    )
