"""A support vector machine with Gaussian kernels: tuned on one split, fast, and what each of its inputs is worth."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, pairwise, product
from typing import Any, NamedTuple

import numpy as np
from sklearn.svm import SVC

C = tuple(2.0**k for k in (3, 6, 9, 12))
GAMMA = tuple(2.0**k for k in (-12, -9, -6, -3))
_TOGETHER = 1_000  # rows


class Setting(NamedTuple):
    """Of a machine, and its error on the images that were held out, in per cent."""

    C: float
    gamma: float
    held_out_percent: float


def tuned(train: np.ndarray, labels: np.ndarray, held_out: int) -> Setting:
    """C and gamma with the fewest errors on the last images; the smaller ones where they are equal."""
    cut = len(train) - held_out
    apart = squared_distances(train[:cut], train[:cut])
    across = squared_distances(train[cut:], train[:cut])

    def errors(setting: tuple[float, float]) -> int:
        own, gamma = setting
        machine = SVC(C=own, kernel="precomputed").fit(np.exp(-gamma * apart), labels[:cut])
        return int(np.sum(machine.predict(np.exp(-gamma * across)) != labels[cut:]))

    settings = list(product(C, GAMMA))
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # libsvm lets other threads run
        counts = list(pool.map(errors, settings))
    fewest = int(np.argmin(counts))
    return Setting(*settings[fewest], 100 * counts[fewest] / held_out)


def squared_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(rows of one, rows of other)."""
    sizes = (one**2).sum(1)[:, None] + (other**2).sum(1)[None, :]
    return np.maximum(sizes - 2 * (one @ other.T), 0)


class Machine:
    """`sklearn.svm.SVC`, its decisions as products of matrices; for three classes or more.

    Args:
        setting: C and gamma.
        train, labels: (images, features) and (images,).
    """

    def __init__(self, setting: Setting, train: np.ndarray, labels: np.ndarray):
        self._gamma = setting.gamma
        gamma: Any = setting.gamma  # typed as a text in scikit-learn
        machine = SVC(C=setting.C, gamma=gamma, cache_size=2_000).fit(train, labels)
        self.classes = machine.classes_
        self.vectors = np.asarray(machine.support_vectors_, float)
        ends = np.cumsum([0, *machine.n_support_])
        of_class = [slice(*pair) for pair in pairwise(ends)]
        self._pairs = list(combinations(range(len(of_class)), 2))
        self._weights = np.zeros((len(self.vectors), len(self._pairs)))
        for place, (i, j) in enumerate(self._pairs):  # libsvm's layout of the coefficients
            self._weights[of_class[i], place] = machine.dual_coef_[j - 1, of_class[i]]
            self._weights[of_class[j], place] = machine.dual_coef_[i, of_class[j]]
        self._intercepts = machine.intercept_

    def answers(self, features: np.ndarray) -> np.ndarray:
        """The class of each row that wins the most pairs, the first of those that win as many."""
        found = [self._winners(squared_distances(rows, self.vectors)) for rows in _blocks(features)]
        return np.concatenate(found)

    def added_errors(
        self, features: np.ndarray, labels: np.ndarray, groups: Mapping[str, np.ndarray]
    ) -> dict[str, float]:
        """How many per cent more answers are wrong where a group of features comes from other rows.

        Args:
            features, labels: (images, features) and (images,).
            groups: columns by name.
        """
        features = np.asarray(features, float)
        apart = squared_distances(features, self.vectors)
        order = np.random.default_rng(0).permutation(len(features))

        def wrong(distances: np.ndarray) -> int:
            return int(np.sum(self._winners(distances) != labels))

        before = wrong(apart)
        added = {}
        for name, columns in groups.items():
            own = squared_distances(features[:, columns], self.vectors[:, columns])
            added[name] = 100 * (wrong(apart - own + own[order]) - before) / len(labels)
        return added

    def _winners(self, distances: np.ndarray) -> np.ndarray:
        decisions = np.exp(-self._gamma * distances) @ self._weights + self._intercepts
        votes = np.zeros((len(distances), len(self.classes)), int)
        for place, (i, j) in enumerate(self._pairs):
            votes[:, i] += decisions[:, place] > 0
            votes[:, j] += decisions[:, place] <= 0
        return self.classes[votes.argmax(axis=1)]


def _blocks(features: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(features), _TOGETHER):
        yield np.asarray(features[start : start + _TOGETHER], float)
