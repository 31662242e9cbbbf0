"""Where the arrays of a network come from: a state dictionary, or a generator."""

from __future__ import annotations

import abc
import difflib
import math
from collections.abc import Mapping, Sequence

import numpy as np

from wiatowski._integers import is_integer
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.networks.convolution import Convolution, Padding
from wiatowski.networks.head import Dense
from wiatowski.nonlinearities import AbstractNonlinearity, Identity
from wiatowski.poolings import AbstractPooling

__all__ = ["RandomWeights", "Weights", "opened"]


class AbstractSource(abc.ABC):
    """Arrays by name, of shapes that the network asks for."""

    @abc.abstractmethod
    def take(self, name: str, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
        """The array of a name; `fan_in` is how many numbers enter each of its outputs."""

    @abc.abstractmethod
    def finish(self, network: str) -> None:
        """Raise if arrays are left that the network did not ask for."""


Weights = Mapping[str, np.ndarray] | AbstractSource


class RandomWeights(AbstractSource):
    r"""Normal taps of variance 2 / fan-in, so that ReLU layers keep the size of maps; statistics of a trained net.

    A network draws on from where the one before it ended: give each its own.

    Args:
        seed: equal seeds give equal networks.

    Source: He, Zhang, Ren & Sun 2015 (from memory), initialisation.
    """

    def __init__(self, seed: int = 0):
        self._generator = np.random.default_rng(seed)

    def take(self, name: str, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
        draw = self._generator
        if name.endswith("running_var"):
            return draw.uniform(0.5, 1.5, shape)
        if fan_in:
            return draw.standard_normal(shape) * math.sqrt(2 / fan_in)
        scale = name.endswith("weight")  # of a batch normalisation
        return scale + 0.1 * draw.standard_normal(shape)

    def finish(self, network: str) -> None:
        """Nothing is left."""


class _Given(AbstractSource):
    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self._arrays, self._taken = arrays, set[str]()

    def take(self, name: str, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
        found = self._arrays.get(name)
        if found is None:
            near = difflib.get_close_matches(name, list(self._arrays), n=1)
            also = f"; the nearest is {near[0]!r}" if near else ""
            raise ValueError(
                f"the weights hold no {name!r}{also}: they are those of another architecture"
            )
        found = np.asarray(found)
        if found.shape != shape:
            raise ValueError(
                f"{name!r} has shape {found.shape}, but the network asks for {shape}: the weights are those "
                "of another architecture, or of another number of classes"
            )
        self._taken.add(name)
        return found

    def finish(self, network: str) -> None:
        left = [name for name in self._arrays if name not in self._taken]
        left = [name for name in left if not name.endswith("num_batches_tracked")]
        if left:
            raise ValueError(
                f"{network}: {len(left)} arrays are left, {left[0]!r} among them: the weights are those of "
                "another architecture"
            )


def count_of(classes: Sequence[str] | int) -> int:
    """Of names, or as told."""
    return int(classes) if isinstance(classes, (int, np.integer)) else len(classes)


def square(network: str, size: int, least: int, multiple: int = 1) -> Grid:
    """The grid of square images of a size that the network can take."""
    if not is_integer(size) or size < least or size % multiple:
        form = "an integer" if multiple == 1 else f"a multiple of {multiple}"
        raise ValueError(
            f"{network}: size must be {form} and at least {least}, not {size!r}; resize or crop the images."
        )
    return Grid((int(size), int(size)))


def opened(weights: Weights) -> AbstractSource:
    """A source as it is, a state dictionary as one."""
    return weights if isinstance(weights, AbstractSource) else _Given(weights)


def convolution(
    source: AbstractSource,
    name: str,
    channels: tuple[int, int],
    window: int,
    stride: int = 1,
    padding: Padding = 0,
    *,
    groups: int = 1,
    bias: bool = True,
    norm: tuple[str, float] | None = None,
) -> Convolution:
    r"""A convolution of two dimensions, a batch normalisation behind it folded into its taps.

    $\gamma (h * u - \mu) / \sqrt{v + \epsilon} + \beta$ is a convolution with $\gamma h / \sqrt{v + \epsilon}$.

    Args:
        source: of the arrays.
        name: of the convolution.
        channels: C_in and C_out.
        window: K.
        stride: S.
        padding: zeros at the ends.
        groups: of channels.
        bias: whether it has one.
        norm: name and epsilon of the batch normalisation.
    """
    into, out = channels
    shape = (out, into // groups, window, window)
    taps = source.take(f"{name}.weight", shape, math.prod(shape[1:]))
    shift = source.take(f"{name}.bias", (out,), 0) if bias else None
    if norm is not None:
        prefix, epsilon = norm
        parts = ("weight", "bias", "running_mean", "running_var")
        scale, beta, mean, variance = (
            source.take(f"{prefix}.{part}", (out,), 0).astype(float) for part in parts
        )
        gain = scale / np.sqrt(variance + epsilon)
        shift = beta + gain * ((0 if shift is None else shift) - mean)
        taps = taps * gain.reshape(-1, 1, 1, 1)
    return Convolution(taps, shift, stride, padding, groups)


def dense(
    source: AbstractSource,
    name: str,
    sizes: tuple[int, int],
    nonlinearity: AbstractNonlinearity | None = None,
) -> Dense:
    """A dense layer of so many numbers in and out."""
    into, out = sizes
    weights = source.take(f"{name}.weight", (out, into), into)
    return Dense(weights, source.take(f"{name}.bias", (out,), 0), nonlinearity)


def linear(stage: Convolution) -> Layer:
    """A convolution without a nonlinearity."""
    return Layer(stage, Identity())


def pooled(layer: Layer, pooling: AbstractPooling) -> Layer:
    """The same layer with a pooling behind it."""
    return Layer(layer.frame, layer.nonlinearity, pooling)
