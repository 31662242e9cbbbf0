"""Features chosen one after the other by how much of the target each explains beside those before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from wiatowski._integers import check_integer
from wiatowski.learn._targets import one_for_each

__all__ = ["OrthogonalLeastSquares"]

_BLOCK_BYTES = 2**28  # of rows that are brought to memory at a time
# A column of which less than this share is left beside the chosen ones is one of their combinations.
_LEFT = 1e-6


class OrthogonalLeastSquares(SelectorMixin, BaseEstimator):
    r"""The columns that orthogonal least squares takes first, for each target by itself.

    For every target y (one per class: 1 for its samples, 0 for the others), S empty at first:

    $$S \leftarrow S \cup \{\arg\max_j \langle x_j^\perp, y\rangle^2 / \|x_j^\perp\|^2\},$$

    $x_j^\perp$ what is left of the centred column j beside the span of those in S. No column in S lowers the
    residual of the regression on them by more than the one that is taken. All targets take one column each per
    pass over the samples, until the union has `n_features`.

    Args:
        n_features: how many columns are kept; all where there are fewer.

    Attributes:
        ranking_: (n_features,) the chosen columns, in the order in which they were taken.
        n_features_in_: columns seen.

    Raises:
        ValueError: for a count below 1, targets of another length, of a single class, or all equal.
        TypeError: for targets of which some are numbers and some are not.

    Source: Chen, Billings & Luo 1989 (from memory); per class as in Oyallon & Mallat 2015.

    >>> import numpy as np
    >>> draw = np.random.default_rng(0)
    >>> X = draw.standard_normal((50, 6))
    >>> y = 3 * X[:, 4] + X[:, 1]
    >>> OrthogonalLeastSquares(n_features=2).fit(X, y).ranking_.tolist()
    [4, 1]
    """

    def __init__(self, n_features: int = 100):
        self.n_features = n_features

    def fit(self, X, y) -> OrthogonalLeastSquares:
        """Choose the columns.

        Args:
            X: (samples, columns), also a memory map, which is read in blocks of rows.
            y: classes, (samples,); or real targets, (samples,) or (samples, targets).
        """
        check_integer("OrthogonalLeastSquares", "n_features", self.n_features)
        checked: Any = validate_data(
            self, X, dtype=[np.float64, np.float32], ensure_min_samples=2, ensure_all_finite=True
        )
        targets = _targets(y, len(checked))
        most = min(int(self.n_features), checked.shape[1])
        self.ranking_ = _Search(checked, targets).taken(most)
        return self

    def _get_support_mask(self) -> Any:
        check_is_fitted(self)
        columns: Any = self  # scikit-learn counts them
        mask = np.zeros(columns.n_features_in_, bool)
        mask[self.ranking_] = True
        return mask

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags


def _targets(y, samples: int) -> np.ndarray:
    """(samples, targets), centred: one per class, or as given."""
    if y is None:
        raise ValueError(
            "OrthogonalLeastSquares: requires y to be passed, but the target y is None; columns are chosen "
            "for what they say about it."
        )
    y = one_for_each("OrthogonalLeastSquares", y, samples, "samples")
    if _names_classes(y):
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(
                f"OrthogonalLeastSquares: all targets are of one class, {classes[0]}; there is nothing to "
                "tell apart."
            )
        targets = (np.ravel(y)[:, None] == classes[None, :]).astype(float)
    else:
        targets = np.asarray(y, float).reshape(samples, -1)
    targets = targets - targets.mean(axis=0)
    sizes = np.abs(targets).max(axis=0)
    if not sizes.any():
        raise ValueError(
            "OrthogonalLeastSquares: all targets are equal; there is nothing that a column could say."
        )
    return np.ldexp(
        targets, -np.frexp(sizes)[1]
    )  # without rounding: the choice does not depend on units


def _names_classes(y: np.ndarray) -> bool:
    try:
        return type_of_target(y) in ("binary", "multiclass")
    except (TypeError, ValueError):
        kinds = sorted({type(value).__name__ for value in np.ravel(y)})
        raise TypeError(
            f"OrthogonalLeastSquares: targets must be all numbers or all names, not {' and '.join(kinds)}."
        ) from None


class _Search:
    """What the passes over the samples keep: of every column and target, what is left of both.

    Args:
        X: (samples, columns).
        targets: (samples, targets), centred.
    """

    def __init__(self, X: np.ndarray, targets: np.ndarray):
        self._X, self._targets = X, targets
        columns, count = X.shape[1], targets.shape[1]
        self._means = np.zeros(columns)
        sizes, products = np.zeros(columns), np.zeros((columns, count))
        for rows in self._blocks():
            block = X[rows]
            self._means += block.sum(axis=0, dtype=float)
        self._means /= len(X)
        for rows in self._blocks():
            block = X[rows] - self._means.astype(X.dtype)
            sizes += np.einsum("ij,ij->j", block, block, dtype=float)
            products += block.T @ targets[rows].astype(X.dtype)
        self._sizes = sizes
        self._left = np.repeat(sizes[:, None], count, axis=1)
        self._products = products
        self._bases = [np.zeros((0, len(X)), X.dtype) for _ in range(count)]
        self._open = np.repeat((sizes > 0)[:, None], count, axis=1)

    def taken(self, count: int) -> np.ndarray:
        """The union of what the targets take, until it has `count` columns; then what is left, in order."""
        chosen: dict[int, None] = {}
        while len(chosen) < count and self._open.any():
            for column in self._next():
                if len(chosen) < count:
                    chosen.setdefault(column)
        for column in range(self._X.shape[1]):
            if len(chosen) < count:
                chosen.setdefault(column)
        return np.array(list(chosen), int)

    def _blocks(self) -> Iterator[slice]:
        rows = max(1, _BLOCK_BYTES // max(1, self._X.shape[1] * self._X.itemsize))
        return (slice(i, i + rows) for i in range(0, len(self._X), rows))

    def _next(self) -> list[int]:
        """The column that each target takes now; all others lose what it has of them."""
        gains = np.where(self._open, self._products**2 / np.where(self._open, self._left, 1), -1.0)
        best = gains.argmax(axis=0)
        active = [t for t in range(len(best)) if self._open[best[t], t]]
        directions = np.zeros((len(self._X), len(best)), self._X.dtype)
        for t in active:
            directions[:, t] = self._direction(best[t], t)
            self._open[best[t], t] = False
        shares = np.zeros_like(self._products)
        for rows in self._blocks():
            shares += self._X[rows].T @ directions[rows]
        shares -= self._means[:, None] * directions.sum(axis=0, dtype=float)
        self._left -= shares**2
        self._products -= shares * np.einsum("nt,nt->t", directions, self._targets)
        self._open &= self._left > _LEFT * self._sizes[:, None]
        return [int(best[t]) for t in active]

    def _direction(self, column: int, target: int) -> np.ndarray:
        """What is left of a column beside those that the target has taken, of norm one."""
        basis = self._bases[target]
        left = self._X[:, column] - self._means[column].astype(self._X.dtype)
        for _ in range(2):  # once more, for what rounding left of them
            left = left - basis.T @ (basis @ left)
        left = np.ldexp(left, -np.frexp(np.abs(left).max())[1])  # squares may be too small a number
        left /= np.linalg.norm(left)
        self._bases[target] = np.concatenate([basis, left[None]])
        return left
