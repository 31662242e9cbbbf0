r"""Guided backpropagation, and its products with class activation maps.

At every ReLU only what is positive goes back: the gradient where it and the input are positive. It is
no gradient of anything, and shows what the network sees rather than why it decides: see the sanity checks
in `wiatowski.explain.measures`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from wiatowski._types import Array, ArrayLike
from wiatowski.explain._batches import Targets, explained
from wiatowski.explain.cam import grad_cam, grad_cam_plus_plus, score_cam
from wiatowski.explain.upsampling import upsampled
from wiatowski.networks import AbstractClassifier
from wiatowski.nonlinearities import AbstractNonlinearity, LeakyReLU, ReLU, ReLU6

__all__ = [
    "guided_backpropagation",
    "guided_grad_cam",
    "guided_grad_cam_plus_plus",
    "guided_score_cam",
    "saliency",
]


class _Guided(AbstractNonlinearity):
    """A rectifier that lets only positive gradients back."""

    rectifier: AbstractNonlinearity
    forward = False

    @property
    def lipschitz(self) -> float:
        return self.rectifier.lipschitz

    def __call__(self, u: Array) -> Array:
        return _guided(self.rectifier, u)


@jax.custom_vjp
def _guided(rectifier, u):
    return rectifier(u)


def _guided_forward(rectifier, u):
    value, pull = jax.vjp(rectifier, u)
    return value, pull


def _guided_back(pull, gradient):
    if jnp.iscomplexobj(gradient):  # of real and imaginary part, the second with a minus
        positive = jax.lax.complex(jax.nn.relu(gradient.real), -jax.nn.relu(-gradient.imag))
    else:
        positive = jax.nn.relu(gradient)
    (back,) = pull(positive)
    return None, back


_guided.defvjp(_guided_forward, _guided_back)


def guided_backpropagation(model: AbstractClassifier, f: ArrayLike, targets: Targets) -> Array:
    """The guided gradient of the score of a class with respect to the signal.

    Args:
        model: a network or classifier whose nonlinearities include ReLU, ReLU6 or LeakyReLU.
        f: (channels, *grid.shape), or a batch of such.
        targets: a class, by number or name, or several at once.

    Returns:
        ([signals,] [classes,] channels, *grid.shape).

    Raises:
        ValueError: for a model without rectifiers, in which there is nothing to guide.

    Source: Springenberg, Dosovitskiy, Brox & Riedmiller 2015.
    """
    found = [x for x in _nonlinearities(model) if isinstance(x, (ReLU, ReLU6, LeakyReLU))]
    if isinstance(model, AbstractClassifier) and not found:
        raise ValueError(
            "guided_backpropagation: the model has no ReLU, ReLU6 or LeakyReLU, so that there is nothing to "
            "guide; use saliency, the gradient itself."
        )
    return explained("guided_backpropagation", _guided_gradient, model, f, targets)


def saliency(model: AbstractClassifier, f: ArrayLike, targets: Targets) -> Array:
    """The gradient of the score of a class with respect to the signal; as `guided_backpropagation`.

    Source: Simonyan, Vedaldi & Zisserman 2014.
    """
    return explained("saliency", _gradient, model, f, targets)


def guided_grad_cam(
    model: AbstractClassifier, f: ArrayLike, targets: Targets, layer: int | str | None = None
) -> Array:
    """`grad_cam` at the size of the signal times `guided_backpropagation`.

    Returns:
        ([signals,] [classes,] channels, *grid.shape).

    Source: Selvaraju et al. 2017.
    """
    return _times_guided(model, f, targets, grad_cam(model, f, targets, layer))


def guided_grad_cam_plus_plus(
    model: AbstractClassifier, f: ArrayLike, targets: Targets, layer: int | str | None = None
) -> Array:
    """`grad_cam_plus_plus` at the size of the signal times `guided_backpropagation`; as `guided_grad_cam`.

    Source: Chattopadhay, Sarkar, Howlader & Balasubramanian 2018.
    """
    return _times_guided(model, f, targets, grad_cam_plus_plus(model, f, targets, layer))


def guided_score_cam(
    model: AbstractClassifier, f: ArrayLike, targets: Targets, layer: int | str | None = None
) -> Array:
    """`score_cam` at the size of the signal times `guided_backpropagation`; as `guided_grad_cam`.

    Source: Wang et al. 2020, with guided backpropagation.
    """
    return _times_guided(model, f, targets, score_cam(model, f, targets, layer))


def _times_guided(model, f, targets, heatmap: Array) -> Array:
    return times(heatmap, guided_backpropagation(model, f, targets), model.grid.ndim)


def times(heatmap: ArrayLike, gradient: ArrayLike, ndim: int) -> Array:
    """A gradient of the signal, (..., channels, *grid), times a heatmap brought to its grid of `ndim` axes."""
    shape = jnp.shape(gradient)[-ndim:]
    return jnp.expand_dims(upsampled(heatmap, shape), -1 - ndim) * jnp.asarray(gradient)


def _nonlinearities(model) -> list[AbstractNonlinearity]:
    leaves = jax.tree.leaves(model, is_leaf=_is_nonlinearity)
    return [leaf for leaf in leaves if _is_nonlinearity(leaf)]


def _is_nonlinearity(part) -> bool:
    return isinstance(part, AbstractNonlinearity)


def _gradient(model, f, index, _options):
    return jax.grad(lambda u: model(u)[index])(f)


def _guided_gradient(model, f, index, _options):
    def replaced(part):
        return _Guided(part) if isinstance(part, (ReLU, ReLU6, LeakyReLU)) else part

    guided = jax.tree.map(replaced, model, is_leaf=_is_nonlinearity)
    return _gradient(guided, f, index, None)
