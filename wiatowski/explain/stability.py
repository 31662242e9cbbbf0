"""How far a heatmap moves when the signal does."""

from __future__ import annotations

import math

import jax.numpy as jnp

from wiatowski._types import Array
from wiatowski.explain._batches import required_model
from wiatowski.explain.cam import has_weights_of_maps
from wiatowski.networks import AbstractClassifier, Classifier, Network
from wiatowski.poolings import NoPooling

__all__ = ["heatmap_lipschitz"]


def heatmap_lipschitz(model: AbstractClassifier, target: int | str) -> Array:
    r"""L with $\lVert h_c(f) - h_c(g)\rVert \le L\lVert f - g\rVert$, h the `grad_cam` of the last layer.

    Signed or not. Behind averages and one dense layer the weights of the maps do not depend on the signal:
    $\alpha_{ck} = w_{ck}/N$ for N samples, times $\hat\chi_D(0)$ for an extractor, whose last output atom
    comes between. So

    $$L = \lVert\alpha_c\rVert_2\, \mathrm{Lip}(f \mapsto A(f)) .$$

    Norms are Euclidean on samples, all channels together. With a bound on $\lVert f - F_\tau f\rVert$
    (`wiatowski.bounds`) this says how far a deformation moves the map. Where the weights depend on the
    signal there is no such constant: behind a ReLU they jump.

    Args:
        model: a network or classifier whose head averages its maps and has at most one dense layer, and
            whose last layer has no pooling.
        target: the class, by number or name.

    Raises:
        ValueError: for another head or last layer.

    Source: derived (`paper_notes.md`, explanations).

    >>> import numpy as np, wiatowski as wi
    >>> layer = wi.Layer(wi.networks.Convolution(3 * np.ones((1, 1, 1, 1))), wi.ReLU())
    >>> head = wi.networks.Head([wi.networks.Dense([[2.0]])], averages=True)
    >>> network = wi.networks.Network([layer], wi.Grid((2, 2)), channels=1, head=head)
    >>> round(float(wi.explain.heatmap_lipschitz(network, 0)), 5)  # 2 / 4 times 3
    1.5
    """
    required_model("heatmap_lipschitz", model)
    index = model.class_of(target)
    if isinstance(model, Network) and has_weights_of_maps(model):
        layers = model.layers
        own, output = _weights(model.head, index), 1.0
    elif isinstance(model, Classifier) and _averages_last_maps(model):
        layers = model.extractor.layers
        paths = model.extractor.path_counts[-1]
        own = _weights(model.head, index).reshape(model.channels, -1)[:, -paths:]
        output = jnp.abs(model.extractor.output_bank.output_atom_hat.ravel()[0])
    else:
        raise ValueError(
            "heatmap_lipschitz: the weights of the maps depend on the signal, so that no constant holds; "
            "average the maps of a last layer without pooling, and use one dense layer."
        )
    weights = jnp.linalg.norm(own) * output / layers[-1].stage.maps_grid.size
    return weights * math.prod(
        layer.maps_lipschitz() for layer in layers
    )  # the last one pools nothing


def _averages_last_maps(model: Classifier) -> bool:
    head, layers = model.head, model.extractor.layers
    linear = head.averages and head.linear and bool(head.layers)
    return linear and bool(layers) and type(layers[-1].pooling) is NoPooling


def _weights(head, index: int) -> Array:
    """Of the averages in a score; of one average alone where there is no dense layer."""
    return head.layers[0].weights[index] if head.layers else jnp.ones(1)
