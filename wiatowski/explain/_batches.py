"""One function of one signal and one class, compiled for batches of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array, ArrayLike, all_finite
from wiatowski.networks import AbstractClassifier

__all__ = ["Targets", "explained", "required_model"]

#: A class, by number or by name, or several.
Targets = int | str | Sequence[int | str]


def explained(
    call: str,
    one: Callable[[AbstractClassifier, Array, Array, Any], Any],
    model: AbstractClassifier,
    f: ArrayLike,
    targets: Targets,
    options: Any = None,
) -> Any:
    """`one(model, signal, class, options)` for one signal or a batch, one class or several.

    Args:
        call: for messages.
        one: module-level function, which keys the compilation.
        model: a network or a classifier.
        f: (channels, *grid.shape) or (signals, channels, *grid.shape).
        targets: a class, or several at once.
        options: hashable.

    Returns:
        Arrays with a leading axis of signals where `f` has one, and then one of classes where several
        are named.
    """
    required_model(call, model)
    f = jnp.asarray(f)
    if jnp.iscomplexobj(f):
        raise ValueError(f"{call}: the signal is complex; scores are explained of real ones.")
    if not jnp.issubdtype(f.dtype, jnp.floating):
        f = f.astype(jnp.result_type(float))
    shape = (model.channels, *model.grid.shape)
    if f.shape[-len(shape) :] != shape or f.ndim > len(shape) + 1:
        raise ValueError(
            f"{call}: the signal has shape {f.shape}, but {shape} is needed, or a batch of such."
        )
    if not all_finite(f):
        raise ValueError(f"{call}: the signal holds NaN or infinite samples; replace them first.")
    several = np.ndim(targets) > 0
    named: Any = targets if several else [targets]
    try:
        chosen = [model.class_of(t) for t in named]
    except (ValueError, TypeError) as error:
        raise type(error)(f"{call}: {error}") from None
    if not chosen:
        raise ValueError(f"{call}: no class is named; give at least one.")
    batch = f if f.ndim > len(shape) else f[None]
    found = _compiled(one, model, batch, jnp.asarray(chosen), options)
    if not several:
        found = jax.tree.map(lambda a: a[:, 0], found)
    return found if f.ndim > len(shape) else jax.tree.map(lambda a: a[0], found)


def required_model(call: str, model) -> None:
    """Raise for what has no scores."""
    if not isinstance(model, AbstractClassifier):
        raise TypeError(
            f"{call}: a networks.Network or networks.Classifier is needed, not {type(model).__name__}; give a "
            "feature extractor a head: networks.Classifier(phi, head)."
        )


@eqx.filter_jit
def _compiled(one, model, batch: Array, classes: Array, options):
    # The inner map is over classes, so that what does not depend on them is computed once.
    def per_signal(f):
        return jax.vmap(lambda index: one(model, f, index, options))(classes)

    return jax.vmap(per_signal)(batch)
