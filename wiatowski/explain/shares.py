r"""What every path of an extractor contributes to a score: exact for a linear head.

$y_c = b_c + \sum_q \langle w_{cq}, \Phi_q(f)\rangle$: the share of a path q is its term, and the shares
with the bias sum to the score.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._types import ArrayLike
from wiatowski.networks import Classifier

__all__ = ["Shares", "path_shares"]


class Shares(NamedTuple):
    """Terms of one score.

    Args:
        depths: per depth (channels, paths): the share of every path.
        paths: per depth the labels of every path.
        bias: of the class.
        score: their sum.
    """

    depths: tuple[np.ndarray, ...]
    paths: tuple[tuple[tuple[str, ...], ...], ...]
    bias: float
    score: float

    def by(self, field: str) -> dict[str, float]:
        """Shares summed by the value of a field of the last label, such as "scale" or "orientation".

        Paths without the field are summed under "", so that nothing is lost.

        >>> shares = Shares((np.array([[1.0, 2.0]]),), ((("scale=0,a=1",), ("scale=1,a=1",)),), 0.5, 3.5)
        >>> shares.by("scale")
        {'0': 1.0, '1': 2.0}
        """
        found: dict[str, float] = {}
        for values, paths in zip(self.depths, self.paths, strict=True):
            for path, value in zip(paths, values.sum(axis=0), strict=True):
                key = _value(path[-1] if path else "", field)
                found[key] = found.get(key, 0.0) + float(value)
        return found


def _value(label: str, field: str) -> str:
    """Of a field of a label: "1" of the scale in "scale=1,wedge=0"; empty where it has none."""
    for part in label.split(","):
        name, _, value = part.partition("=")
        if name == field:
            return value
    return ""


def path_shares(classifier: Classifier, f: ArrayLike, target: int | str) -> Shares:
    """The share of every path in the score of a class.

    Args:
        classifier: an extractor with a head of one dense layer without a nonlinearity.
        f: (channels, *grid.shape).
        target: the class, by number or name.

    Raises:
        ValueError: for another head, of which no decomposition is exact.

    Source: linearity of the head; completeness is a claim in `proofs_numeric/`.
    """
    head = classifier.head if isinstance(classifier, Classifier) else None
    if head is None or not head.linear or not head.layers:
        raise ValueError(
            "path_shares: a networks.Classifier with one dense layer is needed, whose score is a sum over "
            "paths; train a linear head on the features."
        )
    index, phi = classifier.class_of(target), classifier.extractor
    features = classifier.features(jnp.asarray(f))
    (dense,) = head.layers
    terms = dense.weights[index] * features
    bias = 0.0 if dense.bias is None else float(dense.bias[index])
    shape = jax.eval_shape(phi, jax.ShapeDtypeStruct(phi.grid.shape, features.dtype))
    sizes = [1 if head.averages else int(np.prod(a.shape[1:])) for a in shape.arrays]
    rows = np.asarray(terms).reshape(classifier.channels, -1)
    depths, start = [], 0
    for array, size in zip(shape.arrays, sizes, strict=True):
        stop = start + array.shape[0] * size
        own = rows[:, start:stop].reshape(classifier.channels, array.shape[0], size)
        depths.append(own.sum(axis=2))
        start = stop
    return Shares(tuple(depths), shape.paths, bias, float(jnp.sum(terms)) + bias)
