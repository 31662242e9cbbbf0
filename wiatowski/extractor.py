"""The feature extractor: a list of layers on a grid."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._chunks import chunk_bytes, vmapped_as
from wiatowski._integers import is_integer
from wiatowski._types import Array, all_finite, is_concrete
from wiatowski.certificates import Certificate
from wiatowski.constants import (
    Constants,
    certified_constants,
    certify_layers,
    computed_constants,
)
from wiatowski.execution import Collected, propagated
from wiatowski.features import Features
from wiatowski.frames.bank import AbstractBank, FrameBounds
from wiatowski.frames.frame import Frame, output_only
from wiatowski.grid import Grid, nearest_divisible_shapes
from wiatowski.layer import Layer, scaled_bank
from wiatowski.paths import Node, PathRule, trees_of_paths
from wiatowski.stage import AbstractStage

__all__ = ["FeatureExtractor", "Trace"]


class Trace(NamedTuple):
    """Features together with the maps they come from.

    `maps[n]` holds $U[q]f$ for the paths of depth n: (paths, *grid_n).
    """

    features: Features
    maps: tuple[Array, ...]

    def propagated_energies(self) -> Array:
        r"""$W_n(f) = \sum_{|q| = n} \|U[q]f\|^2$ for n = 0..D; shape (D + 1,)."""
        return jnp.stack([jnp.sum(jnp.abs(u) ** 2) for u in self.maps])


class FeatureExtractor(eqx.Module):
    r"""$\Phi_\Omega$: frames, nonlinearities and poolings, freely mixed, different in every layer.

    Depth-n features are the maps $U[q]f$ convolved with the output atom of layer n+1's frame; the
    deepest ones with that of `output_frame`. Call it on one signal; batches and colour channels
    go through `jax.vmap`, compilation through `eqx.filter_jit`.

    Args:
        layers: one `Layer` per module, first to last.
        grid: of the input signal.
        output_frame: frame of the deepest output atom; by default that of the last layer, on the
            deepest grid (a bank must live there).
        output_stride: put every depth on the same coarse grid, this factor coarser than the
            input; by default each depth keeps its own grid.
        paths: which paths to follow: `"all"`; `"decreasing"`, those along which the mean frequency of
            the atoms falls by half an octave at least in every layer (the others carry little energy
            after a modulus); a predicate on the labels of a path, asked for a path only if all its
            beginnings are followed; or a collection of such paths.
        memory: ceiling in bytes for the temporaries of a call; by default chunks fit a core's cache
            on a CPU, and are larger on an accelerator.
        dtype: float32 or float64 of the filters; by default that of the context.

    Raises:
        ValueError: if a stride does not divide its grid (naming the nearest sizes), a frame does
            not fit its grid or the number of maps it meets, or there is nothing to output.

    Source: Wiatowski & Boelcskei 2018, feature extractor; Wiatowski et al. 2016 for decimation.

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> phi = wi.FeatureExtractor(
    ...     [wi.Layer(wi.frames.Meyer(scales=2), wi.ReLU(), wi.Decimate(2))], wi.Grid((32, 32))
    ... )
    >>> features = phi(jnp.ones((32, 32)))
    >>> [a.shape for a in features], features.paths[1][0]
    ([(1, 32, 32), (7, 16, 16)], ('scale=1,axes=LH',))
    """

    layers: tuple[Layer, ...]
    output_bank: AbstractBank
    grid: Grid = eqx.field(static=True)
    output_stride: int | None = eqx.field(static=True)
    paths: str = eqx.field(static=True)
    memory: int | None = eqx.field(static=True)
    trees: tuple[Node, ...] = eqx.field(static=True)

    def __init__(
        self,
        layers: Sequence[Layer],
        grid: Grid,
        output_frame: Frame | AbstractBank | None = None,
        output_stride: int | None = None,
        dtype=None,
        paths: str | PathRule | Collection[tuple[str, ...]] = "all",
        memory: int | None = None,
    ):
        if isinstance(layers, Layer):
            raise TypeError("FeatureExtractor: layers must be a list; write [layer].")
        layers = tuple(layers)
        if not isinstance(grid, Grid):
            raise TypeError(
                f"FeatureExtractor: grid must be a wiatowski.Grid, not {grid!r}; write Grid({grid!r})."
            )
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(
                    f"FeatureExtractor: layers must be wiatowski.Layer objects, not {layer!r}."
                )
            if not layer.pooling.periodic:
                raise ValueError(
                    f"FeatureExtractor: the windows of {layer.pooling!r} end with the grid, so that no theorem "
                    "on translations holds; use MaxPool, or networks.Network."
                )
            if isinstance(layer.frame, AbstractStage):
                raise ValueError(
                    f"FeatureExtractor: a {type(layer.frame).__name__} has no output atom, so that nothing "
                    "would be put out; use networks.Network, or frames.MatrixFilters for a convolution "
                    "with one."
                )
        if not layers and output_frame is None:
            raise ValueError(
                "FeatureExtractor: no layers and no output_frame, so there is nothing to output; "
                "give at least one Layer, or an output_frame."
            )
        total = math.prod(layer.stride for layer in layers)
        if any(n % total for n in grid.shape):
            nearest = " or ".join(map(str, nearest_divisible_shapes(grid.shape, total)))
            raise ValueError(
                f"FeatureExtractor: the strides {[layer.stride for layer in layers]} "
                f"multiply to {total}, which does not divide the shape {grid.shape}; the nearest "
                f"shapes it divides are {nearest}: use signals.crop or signals.resize, or build "
                'on a larger grid and call phi(f, pad="reflect").'
            )
        placed, current, maps = [], grid, 1
        for number, layer in enumerate(layers, start=1):
            try:
                placed.append(layer.on(current, dtype))
                maps = placed[-1].count_maps(maps)
                current = layer.pooled(current)
            except ValueError as error:
                raise ValueError(f"FeatureExtractor, layer {number}: {error}") from None
        if output_frame is None:
            output_frame = _default_output(layers[-1], current)
        try:
            output_bank = _output_bank(output_frame, current, dtype)
        except ValueError as error:
            raise ValueError(f"FeatureExtractor, output_frame: {error}") from None
        self.layers, self.grid = tuple(placed), grid
        self.output_bank = output_bank
        self.output_stride = _checked_output_stride(output_stride, self.strides, grid)
        self.trees, self.paths = trees_of_paths(placed, paths)
        self.memory = _checked_memory(memory, grid, self.banks[0].dtype)
        self._check_samples()

    @property
    def depth(self) -> int:
        """Number of layers D; features have depths 0..D."""
        return len(self.layers)

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The grid of the maps at depths 0..D."""
        return tuple(bank.grid for bank in self.banks)

    @property
    def banks(self) -> tuple[AbstractBank, ...]:
        """The layers' banks and the output bank: `banks[n].output_atom_hat` is $\\hat\\chi_n$."""
        return (*(layer.bank for layer in self.layers), self.output_bank)

    @property
    def strides(self) -> tuple[int, ...]:
        """Per depth 0..D the product of the strides before it: input samples per sample."""
        return _cumulative([layer.stride for layer in self.layers])

    @property
    def pooling_factors(self) -> tuple[float, ...]:
        """Per depth the product S_1 ... S_n of W&B's pooling factors."""
        return _cumulative([layer.factor for layer in self.layers])

    @property
    def path_counts(self) -> tuple[int, ...]:
        """The number of paths, and so of maps, at depths 0..D."""
        counts, maps = [], 1
        for tree in self.trees:
            counts += [maps * tree.count(n) for n in range(tree.depth, tree.last + 1)]
            end = tree.last
            maps = self.layers[end].count_maps(counts[-1]) if end < self.depth else 0
        return tuple(counts)

    @property
    def rows(self) -> tuple[tuple[tuple[int, ...], ...], ...] | None:
        """Per depth the paths that are followed, as numbers of labels; `None` for all of them."""
        if self.paths == "all":
            return None
        (tree,) = self.trees
        return tuple(tuple(tree.paths(n)) for n in range(self.depth + 1))

    @property
    def mixing_layers(self) -> tuple[int, ...]:
        """Numbers of the layers that mix all maps of their depth: `Features.mixing_layers`."""
        return tuple(n for n, layer in enumerate(self.layers, start=1) if layer.bank.mixes)

    def __call__(
        self, f: Array, taps: Mapping[int, Array] | None = None, pad: str | None = None
    ) -> Features:
        r"""The features of one signal.

        Args:
            f: real or complex, of the grid's shape (with `pad`, at most that).
            taps: per layer number n = 1..D an array (paths at depth n, *grid_{n-1}), added after the
                nonlinearity of layer n and before its pooling (behind a strided convolution:
                on its coarser grid). The gradient with respect to a
                zero tap is the gradient at that layer.
            pad: `"reflect"` extends a smaller signal to the grid by reflection and crops the
                features to the windows it covers; `None` takes the signal as periodic.

        Raises:
            ValueError: for a wrong shape, NaN or infinite samples, or a wrong tap.
        """
        if pad is None:
            return self._propagated(f, taps).features
        if pad != "reflect":
            raise ValueError(f'FeatureExtractor: pad must be None or "reflect", not {pad!r}.')
        extended, windows = self._reflected(f)
        features = self._propagated(extended, taps).features
        arrays = tuple(a[(slice(None), *w)] for a, w in zip(features.arrays, windows))
        grids = tuple(
            Grid(a.shape[1:], g.spacing) for a, g in zip(arrays, features.grids, strict=True)
        )
        return Features(arrays, features.labels, grids, features.mixing_layers, features.rows)

    def trace(self, f: Array, taps: Mapping[int, Array] | None = None) -> Trace:
        """Features and, beside them, all propagated maps U[q]f; arguments as in a call."""
        if any(kind[0] > 1 for layer in self.layers for kind in layer.kinds()):
            raise ValueError(
                "FeatureExtractor.trace: the maps of a Subsampled frame lie on several grids; use the "
                "inner frame to look at them."
            )
        return self._propagated(f, taps, collect=True)

    def _propagated(self, f: Array, taps, collect: bool = False) -> Trace:
        f = self._checked_signal(f)
        return _trace(self, f, self._checked_taps(taps), collect)

    def frame_bounds(self, real: bool = False) -> tuple[FrameBounds, ...]:
        """Frame bounds of each layer's bank, output atom included.

        Args:
            real: bounds for real maps; valid if every layer is fed real ones.
        """
        return tuple(layer.bank.frame_bounds(real) for layer in self.layers)

    def is_admissible(self) -> bool:
        r"""Whether $\max\{B_n, B_n L_n^2 R_n^2\} \le 1$ in every layer and $\sup|\hat\chi_D| \le 1$.

        Up to the rounding of B: of a sum of squares or, for matrices, of a singular value.

        Source: Wiatowski & Boelcskei 2018, admissibility condition.
        """
        return self.constants().admissible

    def admissible(self) -> FeatureExtractor:
        r"""The same extractor with each bank divided by $\sqrt{\max(1, C_n)}$, $C_n$ its gain."""
        factors = [
            jnp.where(gain > 1 + slack, 1 / jnp.sqrt(gain), 1.0)
            for gain, slack in zip(self._gains(), self._slacks())
        ]
        layers = tuple(
            layer if _is_one(c) else layer.scaled_by(c)
            for layer, c in zip(self.layers, factors[:-1])
        )
        last = factors[-1]
        output = self.output_bank if _is_one(last) else scaled_bank(self.output_bank, last)
        return eqx.tree_at(lambda phi: (phi.layers, phi.output_bank), self, (layers, output))

    def lipschitz_bound(self) -> Array:
        r"""$\sqrt{v_0}$ with $v_D = \sup|\hat\chi_D|^2$ and
        $v_n = \sup_\omega(|\hat\chi_n|^2 + v_{n+1} L_{n+1}^2 R_{n+1}^2 \sum_\lambda|\hat g_\lambda|^2)$.

        For a matrix-valued layer the largest eigenvalue of $\operatorname{diag}|\hat\chi_n|^2 + v_{n+1}
        L^2 R^2 S^{-d} \hat H^* \hat H$ over the classes of frequencies that its stride folds together.

        $|||\Phi(f) - \Phi(h)||| \le \sqrt{v_0} \|f - h\|$ for every extractor, admissible or not.

        Source: derived for this package; never larger than the products and the linear program of
        Balan, Singh & Zou (`paper_notes.md`).
        """
        return _constants(self)[2]

    def certify(self) -> tuple[Certificate, ...]:
        """Proofs of the frame bounds of every layer's bank and of the output bank, on their grids."""
        return certify_layers(self.layers, self.output_bank)

    def constants(self, certificates: Sequence[Certificate] | None = None) -> Constants:
        r"""Frame bounds, gains, admissibility and the Lipschitz bound in one table.

        Args:
            certificates: proofs of the upper frame bounds, one per layer and one for the output frame:
                those of `certify()`, or about all grids from `certificates.certify`. The numbers are
                then rounded upward and the result says "certified". Computed without.

        Raises:
            ValueError: for a wrong number of certificates.
            CertificateError: for one that does not prove its claim, or is about other filters.

        Source: Wiatowski & Boelcskei 2018, admissibility; `paper_notes.md`, certificates.

        >>> import wiatowski as wi
        >>> phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8,)))
        >>> constants = phi.constants(phi.certify())
        >>> constants.admissible, constants.certified, constants.tiers
        (True, True, ('grid', 'grid'))
        """
        if certificates is not None:
            return certified_constants(self.layers, self.output_bank, certificates)
        uppers, gains, bound = _constants(self)
        uppers, gains = (tuple(float(value) for value in column) for column in (uppers, gains))
        admissible = all(gain <= 1 + slack for gain, slack in zip(gains, self._slacks()))
        return Constants(uppers, gains, admissible, float(bound))

    def _check_samples(self) -> None:
        """Raise if maps on coarser samples meet a pooling or features on finer ones."""
        coarsest = 1
        for number, layer in enumerate(self.layers, start=1):
            coarsest = max(coarsest, *(kind[0] for kind in layer.kinds()), 1)
            if coarsest > 1 and layer.pooling.stride > 1:
                raise ValueError(
                    f"FeatureExtractor, layer {number}: maps that a Subsampled frame keeps on few "
                    f"samples cannot be pooled with a stride, {layer.pooling!r}; use NoPooling()."
                )
        if coarsest > 1 and (self.output_stride or 1) % coarsest:
            raise ValueError(
                f"FeatureExtractor: the maps of a Subsampled frame have strides up to {coarsest}; "
                f"pass an output_stride that is a multiple of {coarsest}, not {self.output_stride}."
            )

    def _gains(self) -> list[Array]:
        return _constants(self)[1]

    def _slacks(self) -> list[float]:
        return [bank.rounding for bank in self.banks]

    def _checked_signal(self, f: Array) -> Array:
        f = jnp.asarray(f)
        if f.shape != self.grid.shape:
            raise ValueError(
                f"FeatureExtractor: the signal has shape {f.shape}, but the grid is "
                f"{self.grid.shape}; use signals.crop or signals.resize, jax.vmap for batches and "
                'colour channels, or pad="reflect" for a smaller signal.'
            )
        if not jnp.issubdtype(f.dtype, jnp.inexact):
            f = f.astype(self.banks[0].dtype)
        if not all_finite(f):
            raise ValueError(
                "FeatureExtractor: the signal holds NaN or infinite samples; replace them first, "
                "for example with jnp.nan_to_num."
            )
        return f

    def _checked_taps(self, taps: Mapping[int, Array] | None) -> dict[int, Array]:
        taps = dict(taps or {})
        counts = self.path_counts
        for number, layer in enumerate(self.layers, start=1):
            expected = (counts[number], *layer.bank.maps_grid.shape)
            if number in taps and jnp.shape(taps[number]) != expected:
                raise ValueError(
                    f"FeatureExtractor: the tap of layer {number} has shape "
                    f"{jnp.shape(taps[number])}, but the maps before its pooling are {expected}."
                )
        unknown = sorted(set(taps) - set(range(1, self.depth + 1)))
        if unknown:
            raise ValueError(
                f"FeatureExtractor: taps for layers {unknown}, but layers are numbered "
                f"1 to {self.depth}."
            )
        return taps

    def _reflected(self, f: Array) -> tuple[Array, tuple[tuple[slice, ...], ...]]:
        f = jnp.asarray(f)
        shape, stride = self.grid.shape, self.output_stride or self.strides[-1]
        if f.ndim != len(shape) or any(not stride < n <= m for n, m in zip(f.shape, shape)):
            raise ValueError(
                f'FeatureExtractor: pad="reflect" needs a signal of {len(shape)} axes, each longer '
                f"than the stride {stride} and at most {shape}, but its shape is {f.shape}."
            )
        before = [(m - n) // 2 // stride * stride for n, m in zip(f.shape, shape)]
        widths = [(b, m - n - b) for b, n, m in zip(before, f.shape, shape)]
        windows = []
        for own in self.strides:
            step = self.output_stride or own
            windows.append(
                tuple(slice(b // step, -(-(b + n) // step)) for b, n in zip(before, f.shape))
            )
        return jnp.pad(f, widths, mode="reflect"), tuple(windows)


@eqx.filter_jit
def _trace(phi: FeatureExtractor, f: Array, taps: dict[int, Array], collect: bool) -> Trace:
    """The fast path; `wiatowski.definition` is what it must agree with."""
    arrays, rest = eqx.partition(phi, eqx.is_inexact_array)

    def one(arrays, f, taps) -> Collected:
        tapped = {n: tap[None] for n, tap in taps.items()}
        done = _of_signals(eqx.combine(arrays, rest), f[None], tapped, collect)
        return jax.tree.map(lambda a: a[0], done)

    def many(arrays, f, taps) -> Collected:
        return _of_signals(eqx.combine(arrays, rest), f, taps, collect)

    plain = phi.mixing_layers or not all(layer.nonlinearity.forward for layer in phi.layers)
    in_chunks = one if plain else vmapped_as(one, many)
    features, maps = in_chunks(arrays, f, taps)
    keeps, depths = _keeps(phi), range(phi.depth + 1)
    grids = tuple(g.decimated(keep) for g, keep in zip(phi.grids, keeps, strict=True))
    labels = tuple(layer.labels for layer in phi.layers)
    return Trace(
        Features(tuple(features[n] for n in depths), labels, grids, phi.mixing_layers, phi.rows),
        tuple(maps[n, 1] for n in depths) if collect else (),
    )


def _of_signals(
    phi: FeatureExtractor, signals: Array, taps: dict[int, Array], collect: bool
) -> Collected:
    budget = phi.memory or chunk_bytes()
    return propagated(
        phi.layers, phi.banks, phi.trees, _keeps(phi), signals, taps, collect=collect, budget=budget
    )


def _keeps(phi: FeatureExtractor) -> list[int]:
    """Per depth the stride of the features on that depth's grid."""
    return [1 if phi.output_stride is None else phi.output_stride // own for own in phi.strides]


@eqx.filter_jit
def _constants(phi: FeatureExtractor) -> tuple[list[Array], list[Array], Array]:
    return computed_constants(phi.layers, phi.banks, phi.trees)


def _default_output(last: Layer, deepest: Grid) -> Frame | AbstractBank:
    """The frame of the last layer, or its bank where that lives on the deepest grid."""
    if isinstance(last.frame, Frame):
        return last.frame
    bank = last.bank
    if bank.grid == deepest:
        return bank
    if bank.frame is None:
        raise ValueError(
            f"FeatureExtractor: the last layer's {type(bank).__name__} lives on {bank.grid}, but the "
            f"deepest features lie on {deepest}; pass output_frame=, a frame or a FilterBank on that "
            "grid."
        )
    return bank.frame


def _output_bank(output_frame: Frame | AbstractBank, grid: Grid, dtype) -> AbstractBank:
    """The output atom alone: the deepest frame makes no maps."""
    if isinstance(output_frame, Frame):
        return output_frame.output_on(grid, dtype)
    return output_only(Layer(output_frame).on(grid, dtype).bank)


def _checked_output_stride(
    output_stride: int | None, strides: tuple[int, ...], grid: Grid
) -> int | None:
    if output_stride is None:
        return None
    if not is_integer(output_stride) or output_stride < 1 or output_stride % strides[-1]:
        raise ValueError(
            f"FeatureExtractor: output_stride must be a multiple of the layers' strides "
            f"({strides[-1]} in all), not {output_stride!r}."
        )
    try:
        grid.decimated(int(output_stride))
    except ValueError as error:
        raise ValueError(f"FeatureExtractor: output_stride = {output_stride}: {error}") from None
    return int(output_stride)


def _checked_memory(memory: int | None, grid: Grid, dtype) -> int | None:
    if memory is None:
        return None
    needed = 2 * np.dtype(dtype).itemsize * grid.size  # the transform of one map
    if not is_integer(memory) or memory < needed:
        raise ValueError(
            f"FeatureExtractor: memory must be an integer number of bytes, at least {needed} for one map "
            f"of shape {grid.shape}, not {memory!r}."
        )
    return int(memory)


def _cumulative(factors: list) -> tuple:
    products = [1]
    for factor in factors:
        products.append(products[-1] * factor)
    return tuple(products)


def _is_one(factor: Array) -> bool:
    return is_concrete(factor) and float(factor) == 1.0
