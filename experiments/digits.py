"""Digits as the experiments take them, and classifiers with admissible filters that are learned from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import optax

import wiatowski as wi
from wiatowski import learn

GRID = wi.Grid((28, 28))
STRIDE = 4  # samples between the features of a path


class Digits(NamedTuple):
    """Images from 0 to 1, (count, 28, 28), and the numbers that they show."""

    images: np.ndarray
    labels: np.ndarray


def pixels(images: np.ndarray) -> np.ndarray:
    """From 0 to 1."""
    return images.astype(np.float32) / 255


def chosen(data: wi.data.LabelledImages, count: int, seed: int | tuple[int, ...]) -> Digits:
    """So many of the training images, in an order that the seed draws."""
    places = np.random.default_rng(seed).permutation(len(data.labels))[:count]
    return Digits(pixels(data.images[places]), data.labels[places])


def learned_filters(filters: int, layers: int, seed: int) -> learn.Built:
    """Layers of admissible filters of 7 x 7 taps with moduli, features on every fourth sample, a linear head."""
    draw = np.random.default_rng(seed)
    shape = (layers, filters, 7, 7)
    frames = [
        wi.frames.LearnedFilters(taps)
        for taps in jnp.asarray(draw.standard_normal(shape) / 7, jnp.float32)
    ]
    features = sum(filters**depth for depth in range(layers + 1)) * (28 // STRIDE) ** 2
    head = wi.networks.Head([wi.networks.Dense(np.zeros((10, features)), np.zeros(10))], False)

    def build(own):
        phi = wi.FeatureExtractor(
            [wi.Layer(frame, wi.Modulus()) for frame in own[0]], GRID, output_stride=STRIDE
        )
        return wi.networks.Classifier(phi, own[1])

    return learn.Built((frames, head.cast(np.float32)), build)


def trained(
    start: Any,
    train: Digits,
    *,
    held_out: int,
    rate: float,
    epochs: int,
    seed: int = 0,
    patience: int = 3,
) -> Callable:
    """The model after Adam on all but the last `held_out` digits, which say when to stop."""
    cut = len(train.labels) - held_out
    f, y = train.images[:, None], train.labels.astype(int)
    run = learn.train(
        start,
        (f[:cut], y[:cut]),
        (f[cut:], y[cut:]),
        optimiser=optax.adam(rate),
        epochs=epochs,
        patience=patience,
        batch=min(64, cut),
        seed=seed,
    )
    return run.model.model() if isinstance(run.model, learn.Built) else run.model
