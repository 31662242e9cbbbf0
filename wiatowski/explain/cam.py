r"""Class activation maps: sums $\sum_k w_k A_k$ of the maps A of a layer, weighted for a class.

Every method is one function that gives the weights. Maps lie on the layer's grid; `upsampled` brings them
to the size of the signal.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from wiatowski._chunks import map_chunks
from wiatowski._integers import check_integer
from wiatowski._types import Array, ArrayLike
from wiatowski.explain._batches import Targets, explained, required_model
from wiatowski.explain.upsampling import unit_range, upsampled
from wiatowski.networks import AbstractClassifier, Network
from wiatowski.poolings import NoPooling

__all__ = ["cam", "grad_cam", "grad_cam_plus_plus", "score_cam", "top_maps"]


_STREAMS = 4  # into which a chunk of masked signals is dealt


class _Options(NamedTuple):
    layer: int
    signed: bool = False
    chunk: int = 0
    most: int = 0
    corners: bool = False
    epsilon: float = 0.0


def cam(model: Network, f: ArrayLike, targets: Targets, *, signed: bool = False) -> Array:
    r"""$\sum_k w_{ck} A_k$ with the weights of the dense layer behind global average pooling.

    Args:
        model: a network whose head averages every map of its last layer, without pooling before, and has
            at most one dense layer.
        f: (channels, *grid.shape), or a batch of such.
        targets: a class, by number or name, or several.
        signed: keep evidence against the class, which is negative; by default it becomes zero.

    Returns:
        ([signals,] [classes,] *grid of the last layer).

    Raises:
        ValueError: for a network that ends otherwise.

    Source: Zhou, Khosla, Lapedriza, Oliva & Torralba 2016.
    """
    if isinstance(model, AbstractClassifier) and not has_weights_of_maps(model):
        raise ValueError(
            "cam: the network does not end in global average pooling and one dense layer, so that the class "
            "has no weights of its own for the maps; use grad_cam, which is the same where it does."
        )
    return explained("cam", _cam, model, f, targets, _Options(getattr(model, "depth", 0), signed))


def grad_cam(
    model: AbstractClassifier,
    f: ArrayLike,
    targets: Targets,
    layer: int | str | None = None,
    *,
    signed: bool = False,
) -> Array:
    r"""$\sum_k \alpha_k A_k$, $\alpha_k$ the mean over space of $\partial y_c / \partial A_k$.

    Args:
        model: a `networks.Network`, or a `networks.Classifier` of an extractor.
        f: (channels, *grid.shape), or a batch of such.
        targets: a class, by number or name, or several at once.
        layer: whose maps, by number or name; by default the last one.
        signed: keep evidence against the class, which is negative; by default it becomes zero.

    Returns:
        ([signals,] [classes,] *grid of the layer before its pooling).

    Raises:
        ValueError: for a layer or class that there is not, or a signal of another shape.

    Source: Selvaraju et al. 2017.
    """
    return _at_layer("grad_cam", _grad_cam, model, f, targets, layer, signed=signed)


def grad_cam_plus_plus(
    model: AbstractClassifier,
    f: ArrayLike,
    targets: Targets,
    layer: int | str | None = None,
    *,
    signed: bool = False,
    epsilon: float = 1e-6,
) -> Array:
    r"""$\sum_k w_k A_k$, $w_k = \sum_x a_k(x) (g_k(x))_+$, $a_k = \frac{g_k^2}{2 g_k^2 + g_k^3 \sum_x A_k + \epsilon}$.

    g is the gradient at the layer; $a_k = 0$ where it vanishes. With the paper's $\epsilon = 0$ the
    denominator may come close to zero, for gradients of either sign; pytorch-grad-cam adds 1e-6, which makes
    less of small gradients, so that the map depends on the scale of the scores.

    Args:
        model, f, targets, layer, signed: as for `grad_cam`.
        epsilon: added to the denominator.

    Source: Chattopadhay, Sarkar, Howlader & Balasubramanian 2018.
    """
    return _at_layer(
        "grad_cam_plus_plus",
        _grad_cam_plus_plus,
        model,
        f,
        targets,
        layer,
        signed=signed,
        epsilon=epsilon,
    )


def score_cam(
    model: AbstractClassifier,
    f: ArrayLike,
    targets: Targets,
    layer: int | str | None = None,
    *,
    signed: bool = False,
    chunk: int = 8,
    corners: bool = False,
) -> Array:
    r"""$\sum_k w_k A_k$, w the softmax over k of $y_c(f \odot s(A_k))$.

    $s(A_k)$ is the map brought to the signal's size and to the range from 0 to 1. No gradient: one forward
    pass per map.

    Args:
        model, f, targets, layer, signed: as for `grad_cam`.
        chunk: how many masked signals are classified at a time.
        corners: how maps are brought to the signal's size, see `upsampled`; pytorch-grad-cam keeps the
            corners, the authors' code does not.

    Source: Wang et al. 2020.
    """
    chunk = check_integer("score_cam", "chunk", chunk)
    settings = {"signed": signed, "chunk": chunk, "corners": corners}
    return _at_layer("score_cam", _score_cam, model, f, targets, layer, **settings)


def top_maps(
    model: AbstractClassifier,
    f: ArrayLike,
    targets: Targets,
    count: int = 3,
    layer: int | str | None = None,
) -> tuple[Array, Array, Array]:
    r"""The single maps that matter most: those with the largest $\alpha_k \bar A_k$ of `grad_cam`.

    Args:
        model, f, targets, layer: as for `grad_cam`.
        count: how many.

    Returns:
        Numbers of the maps, their $\alpha_k \bar A_k$, and $(\alpha_k A_k)_+$, largest first: arrays of
        ([signals,] [classes,] count [, *grid]).
    """
    depth = _depth("top_maps", model, layer)
    maps = model.tap_shape(depth)[0]
    if not 1 <= count <= maps:
        raise ValueError(
            f"top_maps: count must lie in 1..{maps}, the number of maps, not {count!r}."
        )
    return explained("top_maps", _top_maps, model, f, targets, _Options(depth, most=count))


def has_weights_of_maps(model: AbstractClassifier) -> bool:
    """Whether a score is a sum of averages of the last layer's maps, so that a class weights each."""
    if not (isinstance(model, Network) and model.head.averages and model.head.linear):
        return False
    return type(model.layers[-1].pooling) is NoPooling


def _depth(call: str, model, layer: int | str | None) -> int:
    required_model(call, model)
    try:
        return model.depth_of(model.depth if layer is None else layer)
    except ValueError as error:
        raise ValueError(f"{call}: {error}") from None


def _at_layer(call: str, one, model, f, targets, layer: int | str | None, **settings) -> Array:
    options = _Options(_depth(call, model, layer), **settings)
    return explained(call, one, model, f, targets, options)


def _weighted(weights: Array, maps: Array, signed: bool) -> Array:
    total = jnp.tensordot(weights, maps, axes=1, precision="highest")
    return total if signed else jax.nn.relu(total)


def gradient_at(
    model: AbstractClassifier, f: Array, index: Array, layer: int
) -> tuple[Array, Array]:
    """The maps of a layer, and there the gradient of the score of a class."""

    def score(tap):
        scores, maps = model.tapped(f, layer, tap)
        return scores[index], maps

    zero = jnp.zeros(model.tap_shape(layer), jnp.result_type(f, jnp.float32))
    gradient, maps = jax.grad(score, has_aux=True)(zero)
    return maps, gradient


def _space(maps: Array) -> tuple[int, ...]:
    return tuple(range(1, maps.ndim))


def _cam(model, f, index, options: _Options):
    zero = jnp.zeros(model.tap_shape(options.layer), f.dtype)
    maps = model.tapped(f, options.layer, zero).maps
    dense = model.head.layers
    weights = dense[0].weights[index] if dense else jax.nn.one_hot(index, len(maps), dtype=f.dtype)
    return _weighted(weights, maps, options.signed)


def _grad_cam(model, f, index, options: _Options):
    maps, gradient = gradient_at(model, f, index, options.layer)
    return _weighted(gradient.mean(_space(maps)), maps, options.signed)


def _grad_cam_plus_plus(model, f, index, options: _Options):
    maps, gradient = gradient_at(model, f, index, options.layer)
    space = _space(maps)
    total = maps.sum(space, keepdims=True)
    below = 2 + total * gradient  # all divided by the square, which may underflow
    if options.epsilon:
        below = below + options.epsilon / gradient**2
    share = jnp.where((gradient != 0) & (below != 0), 1 / jnp.where(below != 0, below, 1), 0)
    return _weighted((share * jax.nn.relu(gradient)).sum(space), maps, options.signed)


def _score_cam(model, f, index, options: _Options):
    zero = jnp.zeros(model.tap_shape(options.layer), f.dtype)
    maps = model.tapped(f, options.layer, zero).maps

    def masked_score(one):
        mask = unit_range(upsampled(one, model.grid.shape, corners=options.corners))
        return model(f * mask)[index]

    # On a CPU a program for few small maps keeps one core busy; independent ones run beside each other.
    streams = _STREAMS if jax.default_backend() == "cpu" else 1

    def masked_scores(chunk):
        parts = jnp.array_split(chunk, min(streams, len(chunk)))
        return jnp.concatenate([jax.vmap(masked_score)(part) for part in parts])

    scores = map_chunks(masked_scores, maps, options.chunk)
    return _weighted(jax.nn.softmax(scores), maps, options.signed)


def _top_maps(model, f, index, options: _Options):
    maps, gradient = gradient_at(model, f, index, options.layer)
    space = _space(maps)
    slopes = gradient.mean(space)
    values, numbers = jax.lax.top_k(slopes * maps.mean(space), options.most)
    chosen = slopes[numbers].reshape(-1, *(1,) * len(space)) * maps[numbers]
    return numbers, values, jax.nn.relu(chosen)
