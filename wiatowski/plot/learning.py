"""Learning curves: losses and accuracies over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from matplotlib.figure import Figure

from wiatowski.plot.canvas import COLOURS, figure, legend, line_axes

__all__ = ["learning_curves"]


class MeasuredEpoch(Protocol):
    """What is drawn of an epoch; `learn.Epoch` has it."""

    @property
    def number(self) -> int: ...
    @property
    def training_loss(self) -> float: ...
    @property
    def training_accuracy(self) -> float: ...
    @property
    def loss(self) -> float: ...
    @property
    def accuracy(self) -> float: ...


def learning_curves(epochs: Sequence[MeasuredEpoch], best: int | None = None) -> Figure:
    """Loss and accuracy of the training and the validation signals, a panel each.

    Args:
        epochs: such as `learn.train(...).epochs`.
        best: the number of an epoch that is marked.

    Raises:
        ValueError: without epochs.

    Source: utility.
    """
    if not epochs:
        raise ValueError("learning_curves: no epochs to draw; give those of a run.")
    canvas, (row,) = figure(9.6, 3.9, columns=2)
    numbers = [epoch.number for epoch in epochs]
    panels = {
        "Loss": ([e.training_loss for e in epochs], [e.loss for e in epochs]),
        "Accuracy": ([e.training_accuracy for e in epochs], [e.accuracy for e in epochs]),
    }
    for axes, (title, (training, validation)) in zip(row, panels.items(), strict=True):
        for name, values, role in (
            ("training", training, "neutral"),
            ("validation", validation, "measured"),
        ):
            axes.plot(numbers, values, color=COLOURS[role], marker="o", ms=4, lw=1.8, label=name)
        if best is not None:
            axes.axvline(best, color="0.5", lw=1, ls=":", label=f"best epoch, {best}")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_title(title)
        line_axes(axes, "epoch", "nats" if title == "Loss" else "share of the signals")
        legend(axes, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3, fontsize=9)
    return canvas
