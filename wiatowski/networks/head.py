"""From maps to scores: averages or all samples, and dense layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array, all_finite
from wiatowski.nonlinearities import AbstractNonlinearity, Identity

__all__ = ["Dense", "Head"]


class Dense(eqx.Module):
    r"""$v \mapsto M(Wv + b)$.

    Args:
        weights: W, (out, in).
        bias: b, (out,); none by default.
        nonlinearity: M; `Identity()` by default.

    Raises:
        ValueError: for shapes that do not match, or weights that are not finite.
    """

    weights: Array | np.ndarray
    bias: Array | np.ndarray | None
    nonlinearity: AbstractNonlinearity

    def __init__(self, weights, bias=None, nonlinearity: AbstractNonlinearity | None = None):
        weights = weights if isinstance(weights, jax.Array) else np.asarray(weights)
        if weights.ndim != 2 or 0 in weights.shape:
            raise ValueError(f"Dense: weights must have shape (out, in), not {weights.shape}.")
        if not all_finite(weights):
            raise ValueError("Dense: the weights hold NaN or infinite numbers.")
        if bias is not None:
            bias = bias if isinstance(bias, jax.Array) else np.asarray(bias)
            if bias.shape != weights.shape[:1]:
                raise ValueError(
                    f"Dense: bias must have shape ({weights.shape[0]},), not {bias.shape}."
                )
            if not all_finite(bias):
                raise ValueError("Dense: the bias holds NaN or infinite numbers.")
        self.weights, self.bias = weights, bias
        self.nonlinearity = Identity() if nonlinearity is None else nonlinearity

    def cast(self, dtype) -> Dense:
        """The same in another precision."""
        bias = None if self.bias is None else jnp.asarray(self.bias, dtype)
        return Dense(jnp.asarray(self.weights, dtype), bias, self.nonlinearity)

    def lipschitz(self) -> Array:
        """The largest singular value of W times that of M."""
        return jnp.linalg.norm(jnp.asarray(self.weights), 2) * self.nonlinearity.lipschitz

    def __call__(self, v: Array) -> Array:
        """(in,) -> (out,)."""
        out = jnp.matmul(self.weights, v, precision="highest")
        return self.nonlinearity(out if self.bias is None else out + self.bias)


class Head(eqx.Module):
    r"""Scores of maps or features: their averages over space, or all their samples, through dense layers.

    Args:
        layers: `Dense`, first to last; without any the averages or samples are the scores.
        averages: whether to average every map over its grid first (global average pooling).

    Raises:
        ValueError: for dense layers that do not fit each other.

    >>> import numpy as np
    >>> head = Head([Dense(np.eye(2))], averages=True)
    >>> head(np.arange(8.0).reshape(2, 2, 2)).tolist()
    [1.5, 5.5]
    """

    layers: tuple[Dense, ...]
    averages: bool = eqx.field(static=True)

    def __init__(self, layers: Sequence[Dense], averages: bool):
        self.layers, self.averages = tuple(layers), bool(averages)
        for number, (one, two) in enumerate(zip(self.layers, self.layers[1:]), start=1):
            if one.weights.shape[0] != two.weights.shape[1]:
                raise ValueError(
                    f"Head: dense layer {number} gives {one.weights.shape[0]} numbers, but layer "
                    f"{number + 1} takes {two.weights.shape[1]}."
                )

    def cast(self, dtype) -> Head:
        """The same in another precision."""
        return Head([layer.cast(dtype) for layer in self.layers], self.averages)

    @property
    def linear(self) -> bool:
        """Whether it has at most one dense layer, and that no nonlinearity."""
        plain = all(type(dense.nonlinearity) is Identity for dense in self.layers)
        return plain and len(self.layers) <= 1

    def classes(self, maps: int, samples: int) -> int:
        """How many scores come out for so many maps of so many samples; raises if they do not fit."""
        given = maps if self.averages else maps * samples
        if not self.layers:
            return given
        taken = self.layers[0].weights.shape[1]
        if taken != given:
            how = "averages" if self.averages else f"samples of {maps} maps"
            raise ValueError(
                f"Head: the first dense layer takes {taken} numbers, but there are {given} {how}; give "
                f"weights of shape (out, {given})."
            )
        return self.layers[-1].weights.shape[0]

    def lipschitz(self, samples: int) -> Array | float:
        r"""Lip of maps to scores: $N^{-1/2}$ of the average over N samples, times that of the dense layers."""
        average = samples**-0.5 if self.averages else 1.0
        return average * math.prod(layer.lipschitz() for layer in self.layers)

    def __call__(self, maps: Array) -> Array:
        """(maps, *samples) -> (classes,)."""
        v = jnp.asarray(maps)
        v = v.reshape(len(v), -1).mean(axis=1) if self.averages else v.reshape(-1)
        return self.scores(v)

    def scores(self, v: Array) -> Array:
        """The dense layers alone, of averages or samples: (numbers,) -> (classes,)."""
        for layer in self.layers:
            v = layer(v)
        return v
