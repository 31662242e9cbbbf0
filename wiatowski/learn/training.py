r"""Training with any optimiser of optax: batches, metrics, early stopping, checkpoints that a kill does not hurt."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

from wiatowski._types import Array
from wiatowski.certificates.identity import fingerprint
from wiatowski.learn._training_input import (
    Augmentation,
    check_labels,
    check_settings,
    checked_changes,
    labelled,
    split,
)
from wiatowski.learn.checkpoints import Checkpoints
from wiatowski.learn.diagnosis import diagnosis
from wiatowski.streaming.identity import digest

__all__ = ["Built", "Epoch", "Trained", "train"]

_MEASURED_TOGETHER = 256  # signals, where nothing is learned from them


class Epoch(NamedTuple):
    """Metrics after a pass over the training signals.

    Args:
        number: 1, 2, ...
        training_loss, training_accuracy: means over the pass, while the model changed.
        loss, accuracy: of the validation signals after it.
        gradient: norm of the gradient, the mean over the pass.
        seconds: of the pass.
    """

    number: int
    training_loss: float
    training_accuracy: float
    loss: float
    accuracy: float
    gradient: float
    seconds: float


class Trained(NamedTuple):
    """What `train` gives.

    Args:
        model: of the epoch with the lowest validation loss.
        epochs: metrics of all.
        best: the number of that epoch.
        stopped: "epochs" were done, "patience" was exhausted, or the loss "diverged".
    """

    model: Any
    epochs: tuple[Epoch, ...]
    best: int
    stopped: str

    def diagnosis(self) -> str:
        """In a sentence: learning rate too high or low, over- or underfitting, or neither."""
        return diagnosis(self.epochs, self.stopped)


class Built(eqx.Module):
    r"""A model as a function of what is learned, built anew at every step: $f \mapsto b(\theta)(f)$.

    For parametrisations that hold by construction: raw taps stay leaves, and the extractor around
    `frames.LearnedFilters` is made of them, so that it is admissible at every step.

    Args:
        parameters: $\theta$, any pytree.
        build: b, gives a function of one signal.

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> from wiatowski.learn import Built
    >>> frame = wi.frames.LearnedFilters(jnp.ones((2, 3)))
    >>> built = Built(frame, lambda own: wi.FeatureExtractor([wi.Layer(own)], wi.Grid((8,))))
    >>> built.model().is_admissible()
    True
    """

    parameters: Any
    build: Callable[[Any], Callable] = eqx.field(static=True)

    def model(self) -> Any:
        """The model of these parameters."""
        return self.build(self.parameters)

    def __call__(self, f: Array) -> Array:
        """Scores of one signal."""
        return self.model()(f)


class _State(NamedTuple):
    """All that a step changes, and the best so far; a pytree of arrays."""

    arrays: Any
    optimiser: Any
    best: Any


def cross_entropy(scores: Array, label: Array) -> Array:
    """$-\\log \\mathrm{softmax}(s)_y$ of one signal."""
    return optax.softmax_cross_entropy_with_integer_labels(scores, label)


def train(
    model: Any,
    data: tuple[Any, Any],
    validation: tuple[Any, Any],
    *,
    optimiser: optax.GradientTransformation | None = None,
    epochs: int = 20,
    batch: int = 64,
    patience: int | None = 5,
    trainable: Callable[[Any], Any] | None = None,
    augment: Sequence[Augmentation] = (),
    loss: Callable[[Array, Array], Array] = cross_entropy,
    seed: int = 0,
    folder: str | os.PathLike | None = None,
    progress: bool = False,
) -> Trained:
    """Train a classifier on labelled signals.

    The order of the signals, and what is drawn for them, is a function of the seed and the epoch: the same call
    gives the same weights. With a `folder` every epoch is a checkpoint, written whole; stopped or killed at
    any moment, the same call goes on after the last one and ends with the same weights.

    Args:
        model: an `equinox.Module` of one signal, (channels, *shape), to scores: a `networks.Network` or
            `Classifier`, or `Built`.
        data: signals, (count, channels, *shape), and their classes, (count,), whole numbers.
        validation: others, on which nothing is learned; they choose the epoch.
        optimiser: of optax; by default `optax.adam(1e-3)`.
        epochs: passes over the signals.
        batch: signals per step; what is left of a pass is left out.
        patience: epochs without a lower validation loss after which it stops; None for never.
        trainable: of the model, gives a tree of truth values like it, such as `from_layer("fire9")`; by
            default all floating arrays are trained.
        augment: functions of a key and a signal, applied one after the other to every signal of every step; what
            they draw is a function of the key (`jax.random`, not `numpy.random`).
        loss: of the scores and the class of one signal, a number.
        seed: equal seeds give equal results.
        folder: for checkpoints: new, empty, or of the same run.
        progress: show a bar of the epochs.

    Returns:
        The model of the best epoch, and the metrics of all.

    Raises:
        ValueError: for labels that do not match the signals or the scores, a single class, fewer signals than a
            batch, NaN or infinite samples, nothing to train, changes of signals that are no functions of their
            keys, a checkpoint of another run, or of more epochs than this call would do.
        TypeError: for a model, an optimiser, a change or a choice of arrays that is none.
        OSError: for checkpoints that cannot be written.

    Source: utility.
    """
    optimiser = optax.adam(1e-3) if optimiser is None else optimiser
    signals, labels = labelled("data", data)
    held_out = labelled("validation", validation)
    check_settings(model, optimiser, epochs, batch, patience, seed, len(signals))
    check_labels(model, loss, (signals, labels), held_out)
    changes = checked_changes(augment, signals[0])
    learned, fixed = split(model, trainable)
    run = _Run(fixed, optimiser, loss, changes)
    state = _State(learned, optimiser.init(learned), learned)
    history: list[Epoch] = []
    kept = None
    if folder is not None:
        facts = {
            "model": digest((learned, fixed)),
            "optimiser": digest(optimiser),
            "loss": digest((loss, changes)),
            "data": fingerprint(signals, labels, *held_out),
            "batch": batch,
            "seed": seed,
        }
        kept = Checkpoints(folder, facts)
        state, rows = kept.last(state)
        history = [Epoch(int(row[0]), *row[1:]) for row in rows]
        _check_length(history, epochs, patience)
    bar = tqdm(total=epochs, initial=len(history), desc="train", unit="epoch", disable=not progress)
    with bar:
        while (stopped := _stopped(history, epochs, patience)) is None:
            state, epoch = run.pass_over(state, signals, labels, held_out, batch, seed, history)
            history.append(epoch)
            if kept is not None:
                kept.write(state, history)
            bar.set_postfix(loss=f"{epoch.loss:.3g}", accuracy=f"{epoch.accuracy:.3f}")
            bar.update()
    return Trained(eqx.combine(state.best, fixed), tuple(history), _best(history), stopped)


class _Run:
    """The compiled step, and a pass over the signals.

    Args:
        fixed: what is not trained.
        optimiser, loss, augment: as `train` takes them.
    """

    def __init__(self, fixed, optimiser, loss, augment: tuple[Augmentation, ...]):
        def scored(learned, fixed, f):
            model = eqx.combine(learned, fixed)
            model = model.model() if isinstance(model, Built) else model
            return jax.vmap(model)(f)

        def objective(learned, fixed, f, labels):
            scores = scored(learned, fixed, f)
            right = jnp.mean(scores.argmax(-1) == labels)
            return jnp.mean(jax.vmap(loss)(scores, labels)), right

        def augmented(key, f):
            for number, one in enumerate(augment):
                f = one(jax.random.fold_in(key, number), f)
            return f

        def step(learned, optimised, fixed, f, labels, key):
            if augment:
                f = jax.vmap(augmented)(jax.random.split(key, len(f)), f)
            both = eqx.filter_value_and_grad(objective, has_aux=True)
            (value, right), gradient = both(learned, fixed, f, labels)
            updates, optimised = optimiser.update(gradient, optimised, learned)
            measured = jnp.stack([value, right, optax.tree.norm(gradient)])
            return eqx.apply_updates(learned, updates), optimised, measured

        def judged(learned, fixed, f, labels):
            value, right = objective(learned, fixed, f, labels)
            return jnp.stack([value, right]) * len(f)

        self._fixed = fixed
        self._step, self._judged = eqx.filter_jit(step), eqx.filter_jit(judged)

    def pass_over(
        self, state: _State, signals, labels, held_out, batch: int, seed: int, history
    ) -> tuple[_State, Epoch]:
        """One epoch: every signal once, in an order of its own, and then the metrics of the others."""
        begun, number = time.perf_counter(), len(history) + 1
        order = np.random.default_rng((seed, number)).permutation(len(signals))
        key = jax.random.fold_in(jax.random.key(seed), number)
        learned, optimised, measured = state.arrays, state.optimiser, []
        for place in range(len(signals) // batch):
            chosen = np.sort(order[place * batch : (place + 1) * batch])
            learned, optimised, values = self._step(
                learned,
                optimised,
                self._fixed,
                signals[chosen],
                labels[chosen],
                jax.random.fold_in(key, place),
            )
            measured.append(values)
        totals = np.zeros(2)
        others, their_labels = held_out
        for start in range(0, len(others), _MEASURED_TOGETHER):
            part = slice(start, start + _MEASURED_TOGETHER)
            totals += np.asarray(
                self._judged(learned, self._fixed, others[part], their_labels[part]), float
            )
        mean = np.asarray(jnp.stack(measured), float).mean(axis=0).tolist()
        judged = (totals / len(others)).tolist()
        seconds = time.perf_counter() - begun
        epoch = Epoch(number, mean[0], mean[1], judged[0], judged[1], mean[2], seconds)
        better = _best([*history, epoch]) == number
        return _State(learned, optimised, learned if better else state.best), epoch


def _best(history: Sequence[Epoch]) -> int:
    """The number of the first epoch with the lowest validation loss; numbers before NaN."""
    return min(history, key=lambda e: (not np.isfinite(e.loss), e.loss, e.number)).number


def _stopped(history: Sequence[Epoch], epochs: int, patience: int | None) -> str | None:
    if history and not np.isfinite(history[-1].training_loss + history[-1].loss):
        return "diverged"
    if len(history) >= epochs:
        return "epochs"
    if patience is not None and history and len(history) - _best(history) >= patience:
        return "patience"
    return None


def _check_length(history: Sequence[Epoch], epochs: int, patience: int | None) -> None:
    """Raise if this call would have stopped before the last checkpoint, whose weights are all there is."""
    for n in range(1, len(history)):
        if _stopped(history[:n], epochs, patience) is not None:
            raise ValueError(
                f"train: the folder holds {len(history)} epochs of this run, but with these epochs and patience it "
                f"stops after {n}; give a new folder, or ask for as many as there are."
            )
