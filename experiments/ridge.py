r"""Ridge regression on the classes, its penalty chosen on digits that were held out; for many rows and many columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg

_ROWS = 2_000  # that are brought to double precision together


class RidgeClassifier:
    r"""$\arg\max_c (Wx + b)_c$ with $\min_{W,b} \sum_i \|Wx_i + b - y_i\|^2 + \lambda\|W\|^2$.

    $y_i$ is one for the class and -1 for the others. Columns are divided by their deviation first. $\lambda$ has the
    fewest errors on the last rows when the others are fitted; the largest of those that are equal. Then all rows are
    fitted. With n rows and p columns the equations are those of the smaller of n and p, set up once for all penalties.

    Args:
        features: (n, p).
        labels: (n,).
        penalties: values of $\lambda$.
        held_out: rows at the end that choose.
    """

    def __init__(
        self, features: np.ndarray, labels: np.ndarray, penalties: Sequence[float], held_out: int
    ):
        self.classes = np.unique(labels)
        cut = len(labels) - held_out
        first, rest = (features[:cut], labels[:cut]), (features[cut:], labels[cut:])
        errors = {}
        for penalty, maps in self._solved(*first, penalties):
            errors[penalty] = int(np.sum(self._named(rest[0], maps) != rest[1]))
        fewest = min(errors.values())
        self.penalty = max(penalty for penalty, count in errors.items() if count == fewest)
        ((_, self._maps),) = self._solved(features, labels, [self.penalty])

    def predict(self, features: np.ndarray) -> np.ndarray:
        """The class of each row."""
        return self._named(features, self._maps)

    def _named(self, features, maps) -> np.ndarray:
        weights, offsets = maps
        return self.classes[(features @ weights + offsets).argmax(axis=1)]

    def _solved(self, features, labels, penalties):
        """Weights (p, classes) and offsets (classes,) for every penalty."""
        targets = np.where(labels[:, None] == self.classes, 1.0, -1.0)
        means, deviations = features.mean(axis=0, dtype=float), features.std(axis=0, dtype=float)
        deviations[deviations < 1e-6 * max(deviations.max(), 1e-30)] = np.inf  # constant columns
        centre = targets.mean(axis=0)
        blocks = [slice(i, i + _ROWS) for i in range(0, len(labels), _ROWS)]

        def scaled(rows):
            return (features[rows] - means) / deviations

        back: np.ndarray | None = None
        if features.shape[1] >= len(labels):
            rows = scaled(slice(None))
            gram, right, back = rows @ rows.T, targets - centre, rows.T
        else:
            gram = np.zeros((features.shape[1],) * 2)
            right = np.zeros((features.shape[1], len(self.classes)))
            for block in blocks:
                rows = scaled(block)
                gram += rows.T @ rows
                right += rows.T @ (targets[block] - centre)
        for penalty in penalties:
            shifted = gram + penalty * np.eye(len(gram))
            found = scipy.linalg.solve(shifted, right, assume_a="pos", overwrite_a=True)
            weights = (found if back is None else back @ found) / deviations[:, None]
            yield penalty, (weights.astype(features.dtype), centre - means @ weights)
