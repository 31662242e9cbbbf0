"""What `train` is given, checked before the first step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._types import Array, all_finite
from wiatowski.learn._signals import as_array

__all__ = [
    "Augmentation",
    "check_labels",
    "check_settings",
    "checked_changes",
    "labelled",
    "split",
]

Augmentation = Callable[[Array, Array], Array]


def labelled(name: str, given) -> tuple[np.ndarray, np.ndarray]:
    """Signals in a precision that JAX has, and labels, as many."""
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise TypeError(f"train: {name} must be a pair, (signals, labels).")
    signals, labels = np.asarray(as_array("train", given[0])), np.asarray(given[1])
    if labels.ndim != 1 or not signals.ndim or len(labels) != len(signals) or not len(labels):
        raise ValueError(
            f"train: {name} holds signals of shape {signals.shape} and labels of shape {labels.shape}; give one "
            "label per signal, and at least one."
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0:
        example = labels.min() if labels.dtype.kind in "iu" else labels[0]
        raise ValueError(
            f"train: the labels of {name} must be whole numbers >= 0, not {labels.dtype} such as {example}; "
            "np.unique(labels, return_inverse=True) makes numbers of names."
        )
    if signals.dtype.kind not in "fc" or signals.dtype.itemsize < 4:
        signals = signals.astype(np.float32)
    with np.errstate(over="ignore"):  # and found below
        signals = signals.astype(jax.dtypes.canonicalize_dtype(signals.dtype), copy=False)
    if not all_finite(signals):
        raise ValueError(
            f"train: the signals of {name} hold NaN or infinite samples in {signals.dtype}."
        )
    return signals, labels


def check_settings(model, optimiser, epochs, batch, patience, seed, count: int) -> None:
    """Raise for a model or an optimiser that is none, and for numbers out of range; `count` signals are there."""
    if not isinstance(model, eqx.Module) or not callable(model):
        raise TypeError(
            f"train: the model must be an equinox.Module of one signal, such as a Network, not {type(model).__name__}."
        )
    if not hasattr(optimiser, "init") or not hasattr(optimiser, "update"):
        raise TypeError(
            f"train: the optimiser must be one of optax, such as optax.adam(1e-3), not {type(optimiser).__name__}."
        )
    check_integer("train", "epochs", epochs)
    check_integer("train", "seed", seed, 0)
    if patience is not None:
        check_integer("train", "patience", patience)
    check_integer("train", "batch", batch)
    if batch > count:
        raise ValueError(
            f"train: batch must be a whole number in 1..{count}, the number of signals, not {batch!r}."
        )
    if seed >= 2**32:
        raise ValueError(f"train: seed must lie below 2^32, not {seed!r}.")


def check_labels(model, loss, data, validation) -> None:
    """Raise unless labels are two and more of the classes that the model scores, and the loss is a number."""
    (signals, labels), (others, their_labels) = data, validation
    if len(np.unique(labels)) < 2:
        raise ValueError(
            f"train: all signals are of one class, {labels[0]}; there is nothing to tell apart."
        )
    if signals.shape[1:] != others.shape[1:]:
        raise ValueError(
            f"train: signals have shape {signals.shape[1:]} in data, but {others.shape[1:]} in validation."
        )
    one = jax.ShapeDtypeStruct(signals.shape[1:], signals.dtype)
    scores = eqx.filter_eval_shape(model, one)
    most = max(labels.max(), their_labels.max())
    if getattr(scores, "ndim", 0) != 1 or scores.shape[0] <= most:
        given = getattr(scores, "shape", type(scores).__name__)
        raise ValueError(
            f"train: labels run to {most}, but the model gives scores of shape {given}, not ({most + 1},) or more; "
            "use another head, or number the classes from 0."
        )
    value = eqx.filter_eval_shape(loss, scores, jax.ShapeDtypeStruct((), jnp.int32))
    if getattr(value, "shape", None) != ():
        raise ValueError(
            f"train: the loss must give a number for the scores and the class of one signal, not {value}."
        )


def checked_changes(augment, signal: np.ndarray) -> tuple[Augmentation, ...]:
    """Functions of a key and a signal to one like it; equal keys must draw the same."""
    if not isinstance(augment, (tuple, list)) or any(
        not callable(one) or isinstance(one, type) for one in augment
    ):
        raise TypeError(
            "train: augment must be a list of functions of a key and a signal, such as [learn.Flipped()]."
        )
    key, f = jax.random.key(0), jnp.asarray(signal)
    for number, one in enumerate(augment):
        first, second = np.asarray(one(key, f)), np.asarray(one(key, f))
        if first.shape != f.shape or not np.isfinite(first).all():
            raise ValueError(
                f"train: augment[{number}] makes a signal of shape {f.shape} one of shape {first.shape}, or with NaN "
                "or infinite samples."
            )
        if not np.array_equal(first, second):
            raise ValueError(
                f"train: augment[{number}] gives two results for one key; draw with jax.random and the key, not with "
                "numpy.random, which a compiled step would ask once."
            )
    return tuple(augment)


def split(model, trainable) -> tuple[Any, Any]:
    """What is learned, and what stays."""
    mask = jax.tree.map(eqx.is_inexact_array, model)
    if trainable is not None:
        if not callable(trainable):
            raise TypeError(
                "train: trainable must be a function of the model that gives a tree of truth values like it, such as "
                f"learn.from_layer({trainable!r})."
            )
        asked = trainable(model)
        if jax.tree.structure(asked) != jax.tree.structure(mask):
            raise ValueError(
                "train: trainable must give a tree of truth values like the model, as jax.tree.map(lambda _: True, "
                "model) does."
            )
        mask = jax.tree.map(lambda floating, asked: bool(floating and asked), mask, asked)
    learned, fixed = eqx.partition(model, mask)
    if not jax.tree.leaves(learned):
        raise ValueError(
            "train: the model has no floating array that is trained; give it layers with taps or weights, or "
            "another `trainable`."
        )
    return learned, fixed
