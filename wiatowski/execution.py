"""The fast path: depth first, in chunks of maps that stay in the cache.

`wiatowski.definition` is what it must agree with. A chunk of maps is filtered, pooled, output and
handed on to the next layer before the next chunk begins, so that few maps exist at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._chunks import map_chunks, rows_per_chunk
from wiatowski._filtering import window
from wiatowski._spectra import Spectra
from wiatowski._types import Array
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.low_pass import Average, Window
from wiatowski.frames.subsampled_bank import SubsampledBank
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.paths import Branch, Node, canonical_order
from wiatowski.poolings import decimate

__all__ = ["Collected", "propagated"]

Rows = dict[int, Array]
Held = dict[tuple[int, int], Array]  # by depth and stride
Readout = Callable[[Array, int], Array]


class Collected(NamedTuple):
    """What was computed below some maps: (maps, paths in canonical order, *samples).

    Features by depth; the maps themselves by depth and by the stride of their samples.
    """

    features: Rows
    maps: Held


def propagated(
    layers: Sequence[Layer],
    banks: Sequence[AbstractBank],
    trees: Sequence[Node],
    keeps: Sequence[int],
    signals: Array,
    taps: Mapping[int, Array],
    *,
    collect: bool,
    budget: int,
    readout: Readout | None = None,
    window: Window | None = None,
) -> Collected:
    """Features (and maps) of every depth of some signals.

    Args:
        layers: on their grids.
        banks: whose output atoms make the features, one per depth.
        trees: of the paths between the layers that mix maps, in order; in a chunk of signals
            nothing may mix.
        keeps: per depth the stride of the features on that depth's grid.
        signals: (signals, *grid.shape).
        taps: per layer number (signals, paths, *samples before pooling).
        collect: whether to return the maps of every depth, too.
        budget: bytes that the temporaries of a chunk of maps may take.
        readout: what to output of maps (rows, *samples) of a depth, in place of their convolution
            with the output atom.
        window: the part of the features to return, per axis (first, last but one) on their common
            grid; all by default.

    Returns:
        Per depth (signals, paths, *samples).
    """
    if not len(signals):  # the shapes of one, none times
        one = jax.ShapeDtypeStruct((1, *signals.shape[1:]), signals.dtype)
        no_taps = {n: jax.ShapeDtypeStruct((1, *t.shape[1:]), t.dtype) for n, t in taps.items()}
        settings = {"collect": collect, "budget": budget, "readout": readout, "window": window}
        shapes = jax.eval_shape(
            lambda f, t: propagated(layers, banks, trees, keeps, f, t, **settings), one, no_taps
        )
        return jax.tree.map(lambda a: jnp.zeros((0, *a.shape[1:]), a.dtype), shapes)
    features, maps, last = {}, {}, len(layers)
    for tree in trees:
        depths, end = tree.depths(), tree.last
        wanted = frozenset(depths if collect else [end] * (end < last))
        walk = _Walk(layers, banks, keeps, wanted, budget, readout, window)
        # Behind a layer that mixes, its channels take the place of the signals.
        own = {
            n: tap.reshape(len(signals), -1, *tap.shape[2:])
            for n, tap in taps.items()
            if n in depths[1:]
        }
        done = walk.run(tree, signals, own)
        mixed = depths[0] > 0
        features |= {n: _one_signal(a) if mixed else a for n, a in done.features.items()}
        maps |= {key: _one_signal(a) if mixed else a for key, a in done.maps.items()}
        if end < last:
            tap = taps.get(end + 1)
            signals = layers[end].mixed(maps[end, 1][0], None if tap is None else tap[0])
    for n in range(last + 1):
        if n not in features:  # the rule for paths does not reach so deep
            shape = features[n - 1].shape[2:]
            features[n] = jnp.zeros((len(signals), 0, *shape), features[n - 1].dtype)
            if collect:
                shape = banks[n].grid.shape
                maps[n, 1] = jnp.zeros((len(signals), 0, *shape), maps[n - 1, 1].dtype)
    return Collected(features, maps)


def _one_signal(rows: Array) -> Array:
    return rows.reshape(1, -1, *rows.shape[2:])


class _Walk:
    """One pass through layers that act on each map.

    Args:
        layers: on their grids; `layers[n]` makes depth n + 1 of depth n.
        banks: whose output atoms make the features, one per depth.
        keeps: per depth the stride of the features on that depth's grid.
        collect: depths of which the maps are returned, too.
        budget: bytes that the temporaries of a chunk may take.
        readout: in place of the output atoms.
        window: of the features.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        banks: Sequence[AbstractBank],
        keeps: Sequence[int],
        collect: frozenset[int],
        budget: int,
        readout: Readout | None,
        window: Window | None,
    ):
        self.layers, self.banks, self.keeps = layers, banks, keeps
        self.collect, self.budget = collect, budget
        self.readout, self.window = readout, window
        self.atoms: dict[tuple[Node, Branch], Array] = {}
        self.averages: dict[tuple[int, int], Average] = {}

    def run(self, root: Node, maps: Array, taps: Mapping[int, Array]) -> Collected:
        """Features and collected maps of all depths below a node.

        Args:
            root: where the maps stand.
            maps: (maps, *samples).
            taps: per layer number (maps, paths in canonical order, *samples before pooling).
        """
        self._prepare(root)
        held = {n: root.held(n) for n in root.depths()}
        orders = {n: canonical_order([path for path, _ in held[n]]) for n in held}
        taps = {n: _reordered(tap, orders[n], inverse=True) for n, tap in taps.items()}
        features, collected = self._node(root, maps, taps)
        return Collected(
            {n: _reordered(a, orders[n]) for n, a in features.items()},
            {
                (n, stride): _reordered(
                    a, canonical_order([path for path, own in held[n] if own == stride])
                )
                for (n, stride), a in collected.items()
            },
        )

    def _prepare(self, node: Node) -> None:
        """Each branch's atoms and each output atom, outside of every loop."""
        bank, place = self.banks[node.depth], (node.depth, node.stride)
        if isinstance(bank, SubsampledBank) and self.readout is None and place not in self.averages:
            keep = self.keeps[node.depth]
            self.averages[place] = bank.low_pass.between(
                bank.grid.shape, node.stride, keep, self.window
            )
        for branch in node.branches:
            if (node, branch) not in self.atoms:
                layer = self.layers[node.depth]
                samples = tuple(n // node.stride for n in layer.bank.grid.shape)
                self.atoms[node, branch] = layer.atoms(branch.rows, samples)
                self._prepare(branch.node)

    def _node(self, node: Node, maps: Array, taps: Rows) -> Collected:
        """Everything below some maps of a node, in the order of `node.paths`."""
        ndim = self.banks[node.depth].grid.ndim
        per_map = maps.dtype.itemsize * math.prod(maps.shape[1:])
        for branch in node.branches:
            # In 1-D, where transforms are many and small, rather more maps with fewer atoms at a time.
            rows = 1 if ndim == 1 else len(branch.rows)
            per_map = max(per_map, rows * self._bytes(node, branch, maps))

        def chunk(rows):
            maps, taps = rows
            return self._chunk(node, maps, taps, ndim)

        most = self.budget // per_map
        return map_chunks(chunk, (maps, taps), rows_per_chunk(len(maps), most))

    def _chunk(self, node: Node, maps: Array, taps: Rows, ndim: int) -> Collected:
        bank = self.banks[node.depth]
        spectra = None
        if node.branches or not (self.readout or isinstance(bank, SubsampledBank)):
            spectra = Spectra.of(maps, ndim)
        if spectra is not None and node.branches and self.layers[node.depth].centred:
            widths = (self.atoms[node, branch].shape[2:] for branch in node.branches)
            spectra = spectra.with_centre(tuple(map(max, zip(*widths))))
        features = {node.depth: self._output(node, maps, spectra)[:, None]}
        held = {(node.depth, node.stride): maps[:, None]} if node.depth in self.collect else {}
        parts = [Collected(features, held)]
        for branch, own in zip(node.branches, _shares(node, taps), strict=True):
            assert spectra is not None
            parts.append(self._branch(node, branch, spectra, own))
        return Collected(
            _side_by_side([part.features for part in parts]),
            _side_by_side([part.maps for part in parts]),
        )

    def _output(self, node: Node, maps: Array, spectra: Spectra | None) -> Array:
        """Maps convolved with the output atom, on the samples that the features keep."""
        bank, keep = self.banks[node.depth], self.keeps[node.depth]
        if self.readout is not None:
            return self.readout(maps, node.depth)
        if isinstance(bank, SubsampledBank):
            return self.averages[node.depth, node.stride](maps)
        assert spectra is not None
        atom = window(bank.output_atom_hat, spectra.shape)
        output = spectra.convolved(atom[None], bank.output_real, keep // node.stride)[:, 0]
        parts = [] if self.window is None else [slice(*ends) for ends in self.window]
        return output[(slice(None), *parts)]

    def _branch(self, node: Node, branch: Branch, spectra: Spectra, taps: Rows) -> Collected:
        """What one layer makes of a chunk of maps, and everything below."""
        layer, count = self.layers[node.depth], len(spectra.values)

        def some_atoms(rows):
            atoms, taps = rows  # (new maps, ...): atoms of each; taps of each map
            deeper = {n: jnp.moveaxis(tap, 0, 1) for n, tap in taps.items()}
            tap = deeper.pop(node.depth + 1, None)
            new = _new_maps(
                layer, node, branch, spectra, atoms, None if tap is None else tap[:, :, 0]
            )
            below = self._node(branch.node, _flat(new), {n: _flat(a) for n, a in deeper.items()})
            return _each(
                below, lambda a: jnp.moveaxis(a.reshape(count, len(atoms), *a.shape[1:]), 0, 1)
            )

        by_row = {
            n: jnp.moveaxis(tap.reshape(count, len(branch.rows), -1, *tap.shape[2:]), 1, 0)
            for n, tap in taps.items()
        }
        most = self.budget // (count * self._bytes(node, branch, spectra.values))
        chunk = rows_per_chunk(len(branch.rows), most)
        done = map_chunks(some_atoms, (self.atoms[node, branch], by_row), chunk)

        def side_by_side(a):  # (new maps, maps, paths below, ...)
            rows, _, below = a.shape[:3]
            return jnp.moveaxis(a, 0, 1).reshape(count, rows * below, *a.shape[3:])

        return _each(done, side_by_side)

    def _bytes(self, node: Node, branch: Branch, maps: Array) -> int:
        """Of the transform of one new map."""
        layer = self.layers[node.depth]
        step = branch.node.stride * (layer.pooling.stride if layer.folds else 1)
        samples = layer.bank.grid.size // step**layer.bank.grid.ndim
        complex_bytes = jnp.promote_types(maps.dtype, jnp.complex64).itemsize
        return max(1, samples * complex_bytes * layer.atoms_per_map(branch.rows))


def _new_maps(
    layer: Layer, node: Node, branch: Branch, spectra: Spectra, atoms: Array, tap: Array | None
) -> Array:
    """Filtered, with the nonlinearity and the pooling: (maps, new maps of each, *samples).

    Args:
        layer: on its grid.
        node: where the maps stand.
        branch: which maps to make.
        spectra: of the maps.
        atoms: (new maps, atoms of each, *window).
        tap: (maps, new maps, *samples of the grid), added before the pooling.
    """
    ndim, step = len(spectra.shape), _step(layer, node, branch)
    if layer.centred:
        z = spectra.convolved_centred(_flat(atoms), step, layer.nonlinearity.ignores_phase)
    else:
        z = spectra.convolved(_flat(atoms), layer.bank.atoms_real, step)
    z = z.reshape(len(z), *atoms.shape[:2], *z.shape[2:])
    v = layer.nonlinearity.join(z, 2)
    if tap is not None:
        v = v + decimate(tap, tap.shape[-1] // v.shape[-1], ndim)
    return v if layer.folds else layer.pooling(v, Grid(v.shape[2:]))


def _step(layer: Layer, node: Node, branch: Branch) -> int:
    """Samples of a map per sample of the new ones before the pooling."""
    return branch.node.stride // node.stride * (layer.pooling.stride if layer.folds else 1)


def _flat(rows: Array) -> Array:
    return rows.reshape(-1, *rows.shape[2:])


def _each(done: Collected, function: Callable[[Array], Array]) -> Collected:
    return Collected(
        {key: function(a) for key, a in done.features.items()},
        {key: function(a) for key, a in done.maps.items()},
    )


def _side_by_side(parts: Sequence[dict]) -> dict:
    """The paths of several branches in one array per key."""
    found: dict = {}
    for part in parts:
        for key, rows in part.items():
            found.setdefault(key, []).append(rows)
    return {
        key: rows[0] if len(rows) == 1 else jnp.concatenate(rows, axis=1)
        for key, rows in found.items()
    }


def _reordered(rows: Array, order: list[int] | None, inverse: bool = False) -> Array:
    """Paths, along axis 1, from the order of computation to the canonical one, or back."""
    if order is None:
        return rows
    return rows[:, np.argsort(order) if inverse else np.asarray(order)]


def _shares(node: Node, taps: Rows) -> list[Rows]:
    """Each branch's part of the taps."""
    shares: list[Rows] = [{} for _ in node.branches]
    for n, tap in taps.items():
        start = 0
        for share, branch in zip(shares, node.branches, strict=True):
            count = len(branch.rows) * branch.node.count(n)
            if count:
                share[n] = tap[:, start : start + count]
            start += count
    return shares
