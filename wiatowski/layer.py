"""One module of the theory: frame, nonlinearity, pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import equinox as eqx
import jax.numpy as jnp

from wiatowski._filtering import chosen, window
from wiatowski._fourier import spectrum
from wiatowski._types import Array, is_concrete
from wiatowski.features import safe_sqrt
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.frame import Frame
from wiatowski.frames.matrix_bank import MatrixBank
from wiatowski.frames.scaled import Scaled
from wiatowski.frames.subsampled_bank import SubsampledBank
from wiatowski.grid import Grid
from wiatowski.nonlinearities import AbstractNonlinearity, Modulus
from wiatowski.poolings import AbstractPooling, Decimate, NoPooling, decimate
from wiatowski.stage import AbstractStage

__all__ = ["Layer"]


class Layer(eqx.Module):
    r"""The module $(\Psi_n, M_n, P_n)$: $u \mapsto \{P(M(u * g_\lambda))\}_\lambda$.

    With a matrix-valued frame, $u \mapsto \{P(M(\sum_i u_i * g_{\lambda i}))\}_\lambda$: an ordinary
    convolution layer, which takes all maps of its depth together.

    Args:
        frame: a `Frame`, sampled on whichever grid the layer meets, or a `FilterBank` or
            `MatrixBank`, which must be on that grid; in a `networks.Network` also a stage, such as
            `networks.Convolution`.
        nonlinearity: M, default `Modulus()`.
        pooling: P, default `NoPooling()`.

    Raises:
        TypeError: naming the argument that is no frame, nonlinearity or pooling.

    Source: Wiatowski & Boelcskei 2018, module-sequence.

    >>> import wiatowski as wi
    >>> layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.Decimate(2))
    >>> layer.pooling.pooled(wi.Grid((8, 8))).shape
    (4, 4)
    """

    frame: Frame | AbstractBank | AbstractStage
    nonlinearity: AbstractNonlinearity
    pooling: AbstractPooling

    def __init__(
        self,
        frame: Frame | AbstractBank | AbstractStage,
        nonlinearity: AbstractNonlinearity | None = None,
        pooling: AbstractPooling | None = None,
    ):
        nonlinearity = Modulus() if nonlinearity is None else nonlinearity
        pooling = NoPooling() if pooling is None else pooling
        for role, value, kinds, example in (
            ("frame", frame, (Frame, AbstractBank, AbstractStage), "wi.frames.Meyer(scales=2)"),
            ("nonlinearity", nonlinearity, AbstractNonlinearity, "wi.Modulus()"),
            ("pooling", pooling, AbstractPooling, "wi.Decimate(2)"),
        ):
            if not isinstance(value, kinds):
                raise TypeError(f"Layer: {role} must be one like {example}, not {value!r}.")
        self.frame, self.nonlinearity, self.pooling = frame, nonlinearity, pooling

    @property
    def bank(self) -> AbstractBank:
        """The layer's bank; a layer of an extractor always has one."""
        if not isinstance(self.frame, AbstractBank):
            raise ValueError(
                "Layer.bank: the layer is not on a grid yet; use layer.on(grid), or the layers of "
                "a FeatureExtractor."
            )
        return self.frame

    @property
    def stage(self) -> AbstractBank | AbstractStage:
        """The layer's bank, or the stage in its place."""
        return self.frame if isinstance(self.frame, AbstractStage) else self.bank

    @property
    def stride(self) -> int:
        """By how much the layer divides the shape: the frame's stride times the pooling's."""
        return self.frame.stride * self.pooling.stride

    @property
    def factor(self) -> float:
        """W&B's S of the whole layer: the frame's stride times the pooling's factor."""
        return self.frame.stride * self.pooling.factor

    @property
    def folds(self) -> bool:
        """Whether it may fold spectra: plain decimation commutes with a pointwise map."""
        return isinstance(self.pooling, Decimate) and self.nonlinearity.pointwise

    def pooled(self, grid: Grid) -> Grid:
        """The grid of the maps that the layer makes on `grid`."""
        if isinstance(self.frame, AbstractStage):
            return self.pooling.pooled(self.frame.decimated(grid))
        return self.pooling.pooled(grid.decimated(self.frame.stride))

    def on(self, grid: Grid, dtype=None) -> Layer:
        """The same layer with its frame sampled on `grid`.

        Raises:
            ValueError: for a bank that lives on another grid.
        """
        if isinstance(self.frame, Frame):
            return Layer(self.frame.on(grid, dtype), self.nonlinearity, self.pooling).on(grid)
        self._check_joins()
        if isinstance(self.frame, AbstractStage):
            return Layer(self.frame.on(grid, dtype), self.nonlinearity, self.pooling)
        if self.frame.grid != grid:
            raise ValueError(
                f"Layer.on: the {type(self.frame).__name__} lives on {self.frame.grid}, but this layer's grid is "
                f"{grid}; build the bank there, or use frames.FiniteFilters(taps), which fits "
                "any grid."
            )
        return self

    def _check_joins(self) -> None:
        if self.stage.mixes and self.nonlinearity.joins:
            raise ValueError(
                f"Layer.on: {self.nonlinearity!r} joins atoms that act on one map, but the frame mixes "
                "maps into channels; use Modulus()."
            )

    def gain(self) -> Array:
        """max{B, B L^2 R^2}: admissible when at most one."""
        upper = self.bank.upper_bound()
        return jnp.maximum(upper, upper * self.lipschitz() ** 2)

    def lipschitz(self) -> float:
        """L R of nonlinearity and pooling on this grid."""
        return self.nonlinearity.lipschitz * self.pooling.lipschitz(self.stage.maps_grid)

    def maps_lipschitz(self) -> Array | float:
        r"""Of all that the layer does to the maps, $\sqrt B L R$; what it puts out apart."""
        if isinstance(self.frame, AbstractStage):
            return self.frame.lipschitz() * self.lipschitz()
        return safe_sqrt(self.bank.upper_bound()) * self.lipschitz()

    def scaled_by(self, factor) -> Layer:
        """The same layer, its atoms and its output atom times `factor`."""
        return Layer(scaled_bank(self.bank, factor), self.nonlinearity, self.pooling)

    @property
    def labels(self) -> tuple[str, ...]:
        """One per map that the layer makes of a map (or, where it mixes, of all of them)."""
        return self.nonlinearity.joined_labels(self.bank.labels)

    def count_maps(self, maps: int) -> int:
        """How many maps the layer makes of `maps` maps."""
        new = self.stage.count_maps(maps)
        return new if self.stage.mixes else maps * len(self.labels)

    def kinds(self) -> tuple[tuple[int, ...], ...]:
        """Per new map the stride of its samples on the bank's grid, and what else sets it apart."""
        groups = self._groups()
        if not isinstance(self.bank, SubsampledBank):
            return tuple((1, len(group)) for group in groups)
        return tuple((self.bank.strides[g[0]], len(g), self.bank.band_of(g)) for g in groups)

    def atoms_per_map(self, rows: Sequence[int]) -> int:
        """The number of atoms of each of some maps, which is the same."""
        return len(self._groups()[rows[0]])

    @property
    def centred(self) -> bool:
        """Whether the windows of `atoms` are centred, or in the order of the FFT."""
        return isinstance(self.bank, SubsampledBank) and not self.bank.atoms_real

    def atoms(self, rows: Sequence[int], samples: tuple[int, ...]) -> Array:
        """Transforms of the atoms of some maps of one kind, for parents held on so many samples.

        Returns:
            (maps, atoms of each, *window), the window all frequencies of `samples` or fewer.
        """
        members = self.members(rows)
        if isinstance(self.bank, SubsampledBank):
            atoms = self.bank.band(members, samples)
        else:
            atoms = window(chosen(self.bank.atoms_hat, members), samples)
        return atoms.reshape(len(rows), -1, *atoms.shape[1:])

    def members(self, rows: Sequence[int]) -> list[int]:
        """Numbers of the atoms of some maps."""
        groups = self._groups()
        return [atom for row in rows for atom in groups[row]]

    def _groups(self) -> tuple[tuple[int, ...], ...]:
        return self.nonlinearity.groups(self.bank.labels)

    def activated(self, u: Array, tap: Array | None = None) -> Array:
        """The maps before pooling of a layer that mixes all maps of its depth.

        Args:
            u: (maps, *grid.shape).
            tap: (new maps, *maps_grid.shape), added after the nonlinearity.

        Returns:
            (new maps, *maps_grid.shape).
        """
        if isinstance(self.frame, AbstractStage):
            maps = self.nonlinearity(self.frame(u))
            return maps if tap is None else maps + tap
        return self._propagated(u, tap, lambda maps: maps)

    def mixed(self, u: Array, tap: Array | None = None) -> Array:
        """The maps after pooling of a layer that mixes all maps of its depth; arguments as `activated`.

        Returns:
            (new maps, *pooled grid.shape).
        """
        grid, stride = self.stage.maps_grid, self.pooling.stride
        if isinstance(self.frame, AbstractStage):
            return self.pooling(self.activated(u, tap), grid)
        if not self.folds:
            return self._propagated(u, tap, lambda maps: self.pooling(maps, grid))
        if tap is not None:
            tap = decimate(jnp.asarray(tap), stride, grid.ndim)
        return self._propagated(u, tap, lambda maps: maps, stride)

    def _propagated(
        self, u: Array, tap: Array | None, pooled: Callable[[Array], Array], factor: int = 1
    ) -> Array:
        """Through the matrix bank, whose maps pass nonlinearity and pooling in chunks."""
        assert isinstance(self.frame, MatrixBank)

        def then(maps, taps):
            maps = self.nonlinearity(maps)
            return pooled(maps if taps is None else maps + taps)

        u_hat, real = spectrum(u, self.frame.grid.ndim), not jnp.iscomplexobj(u)
        tap = None if tap is None else jnp.asarray(tap)
        return self.frame.propagate(u_hat, real, then, factor, tap)


def scaled_bank(bank: AbstractBank, factor) -> AbstractBank:
    """The bank times a factor; a named frame stays named, as `Scaled`."""
    factor = jnp.asarray(factor, dtype=bank.dtype)
    if bank.frame is None or not is_concrete(factor):
        return bank.scaled_by(factor)
    return bank.scaled_by(factor, Scaled(bank.frame, float(factor)))
