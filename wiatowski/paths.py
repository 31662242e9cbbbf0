"""Which paths an extractor follows, and on how many samples: a tree known before any array."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from wiatowski._types import is_concrete
from wiatowski.frames.bank import AbstractBank
from wiatowski.layer import Layer

__all__ = ["Branch", "Node", "PathRule", "canonical_order", "followed", "trees_of_paths"]

Labels = tuple[str, ...]
PathRule = Callable[[Labels], bool]
Path = tuple[int, ...]

# With room for rounding: voices of wavelets lie exactly half an octave apart.
_HALF_AN_OCTAVE = 2.0**-0.5 * (1 + 1e-3)


class _PickledBare:
    """Pickled without what was computed on demand, so that its bytes do not tell whether it was used."""

    def __getstate__(self) -> dict:
        own: Any = self
        return {field.name: getattr(self, field.name) for field in fields(own)}


@dataclass(frozen=True)
class Branch(_PickledBare):
    """Maps that a layer makes of each map of a node, alike in all that follows."""

    rows: tuple[int, ...]  # numbers of the maps among those the layer makes of one
    node: Node

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.rows, self.node))


@dataclass(frozen=True)
class Node(_PickledBare):
    """Maps of one depth on every `stride`-th sample of its grid."""

    depth: int
    last: int  # depth of the deepest layer before one that mixes, whether or not a path gets there
    stride: int
    branches: tuple[Branch, ...]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # compiled calls ask for it each time
        return hash((self.depth, self.last, self.stride, self.branches))

    def held(self, depth: int) -> list[tuple[Path, int]]:
        """The paths from here to a depth and their strides, in the order of computation."""
        if depth == self.depth:
            return [((), self.stride)]
        return [
            ((row, *rest), stride)
            for branch in self.branches
            for row in branch.rows
            for rest, stride in branch.node.held(depth)
        ]

    def paths(self, depth: int) -> list[Path]:
        """The paths from here to a depth, in canonical order."""
        return sorted(path for path, _ in self.held(depth))

    def depths(self) -> range:
        """The depths that have paths, from this one on."""
        return range(self.depth, self.depth + len(self._counts))

    def count(self, depth: int) -> int:
        """How many there are."""
        return self._counts[depth - self.depth] if depth - self.depth < len(self._counts) else 0

    @cached_property
    def _counts(self) -> tuple[int, ...]:
        below = [0] * max((len(b.node._counts) for b in self.branches), default=0)
        for branch in self.branches:
            for n, count in enumerate(branch.node._counts):
                below[n] += len(branch.rows) * count
        return (1, *below)


def trees_of_paths(
    layers: Sequence[Layer], paths: str | PathRule | Collection[Labels]
) -> tuple[tuple[Node, ...], str]:
    """The trees between the layers that mix maps, and the name of the rule.

    Args:
        layers: on their grids.
        paths: as `FeatureExtractor` takes it.

    Raises:
        ValueError: for a rule that is none of these, follows no path, or stands beside a layer that
            mixes maps.
    """
    kinds = [layer.kinds() for layer in layers]
    mixing = [n for n, layer in enumerate(layers) if layer.bank.mixes]
    starts, ends = [0, *(n + 1 for n in mixing)], [*mixing, len(layers)]
    if paths == "all":
        return tuple(_tree(kinds, None, a, b) for a, b in zip(starts, ends)), "all"
    if mixing:
        raise ValueError(
            f"FeatureExtractor: paths = {paths!r} with layer {mixing[0] + 1}, which mixes all maps of its "
            'depth, so that none can be left out; use paths="all".'
        )
    labels = [layer.labels for layer in layers]
    if paths == "decreasing":
        means = [_mean_frequencies(layer) for layer in layers]

        def falls(path: Path) -> bool:
            last = [means[n][path[n]] for n in range(max(0, len(path) - 2), len(path))]
            return len(last) < 2 or last[1] <= _HALF_AN_OCTAVE * last[0]

        return (_tree(kinds, falls, 0, len(layers)),), "decreasing"
    if isinstance(paths, str) or not (callable(paths) or isinstance(paths, Collection)):
        raise ValueError(
            'FeatureExtractor: paths must be "all", "decreasing", a function of a tuple of labels, or '
            f"a collection of such tuples, not {paths!r}."
        )
    rule = paths if callable(paths) else _prefixes(paths, labels).__contains__
    return (_tree(kinds, lambda path: bool(rule(_named(path, labels))), 0, len(layers)),), "chosen"


def followed(trees: Sequence[Node]) -> dict[int, dict[int, tuple[int, ...]]]:
    """Per depth and stride of its maps, the rows of the next layer that some path goes on with."""
    rows: dict[int, dict[int, set[int]]] = {}
    seen: set[Node] = set()
    waiting = list(trees)
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        own = rows.setdefault(node.depth, {}).setdefault(node.stride, set())
        for branch in node.branches:
            own.update(branch.rows)
            waiting.append(branch.node)
    return {
        depth: {stride: tuple(sorted(own)) for stride, own in strides.items()}
        for depth, strides in rows.items()
    }


def _named(path: Path, labels: Sequence[Labels]) -> Labels:
    return tuple(own[i] for own, i in zip(labels, path))


def _prefixes(paths: Collection[Labels], labels: Sequence[Labels]) -> set[Labels]:
    """Every beginning of every path; raises for a path that does not exist."""
    prefixes = set()
    for path in paths:
        if isinstance(path, str) or not isinstance(path, Sequence):
            raise ValueError(
                f"FeatureExtractor: paths holds {path!r}; a path is a tuple of labels, for example "
                f"{_named((0,) * len(labels), labels)!r}."
            )
        if len(path) > len(labels) or any(p not in own for p, own in zip(path, labels)):
            raise ValueError(
                f"FeatureExtractor: paths holds {path!r}, which is no path; labels are, for "
                f"example, {_named((0,) * len(labels), labels)!r}."
            )
        prefixes |= {tuple(path[:n]) for n in range(len(path) + 1)}
    return prefixes


def _mean_frequencies(layer: Layer) -> list[float]:
    r"""$\int |\omega| |\hat g|^2 / \int |\hat g|^2$ of each map's atoms; 0 for silent ones."""
    bank: AbstractBank = layer.bank
    if not is_concrete(bank):
        raise ValueError(
            'FeatureExtractor: paths="decreasing" asks for the frequencies of the atoms, which are '
            "being traced; build the extractor outside of jit and grad, or give the paths by name."
        )
    weights = np.abs(np.asarray(bank.atoms_hat)) ** 2
    axes = tuple(range(1, weights.ndim))
    moments = (weights * bank.grid.frequency_norm()).sum(axes)
    totals = weights.sum(axes)
    groups = layer.nonlinearity.groups(bank.labels)
    return [
        float(sum(moments[i] for i in group) / max(sum(totals[i] for i in group), 1e-300))
        for group in groups
    ]


def _tree(
    kinds: Sequence[Sequence[tuple[int, ...]]],
    kept: Callable[[Path], bool] | None,
    first: int,
    last: int,
) -> Node:
    """The tree of all paths from depth `first` to depth `last`.

    Args:
        kinds: per layer and map it makes of one, the stride of the map (it is never held on finer
            samples than its parent) and whatever else sets it apart.
        kept: whether a path, as a tuple of row numbers, is followed; its prefixes are kept already.
        first: depth of the root.
        last: depth of the leaves.

    Maps whose subtrees are equal share a branch: the number of branches, and with it the size
    of the program, depends on the strides and the rule, and not on the number of paths.
    """
    shared: dict[tuple[int, int], Node] = {}

    def node(depth: int, stride: int, path: Path) -> Node:
        if kept is None and (depth, stride) in shared:
            return shared[depth, stride]
        groups: dict[tuple[Node, tuple[int, ...]], list[int]] = {}
        if depth < last:
            for row, kind in enumerate(kinds[depth]):
                longer = (*path, row)
                if kept is None or kept(longer):
                    child = node(depth + 1, max(stride, kind[0]), longer)
                    groups.setdefault((child, kind), []).append(row)
        branches = tuple(Branch(tuple(rows), child) for (child, _), rows in groups.items())
        made = Node(depth, last, stride, branches)
        shared[depth, stride] = made
        return made

    return node(first, 1, ())


def canonical_order(paths: list[Path]) -> list[int] | None:
    """Where each path, sorted, stands in the list; `None` if it is sorted."""
    order = sorted(range(len(paths)), key=paths.__getitem__)
    return None if order == list(range(len(paths))) else order
