"""The collection of features of one signal and the norm of its space."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp

from wiatowski._fourier import squared_modulus
from wiatowski._types import Array
from wiatowski.grid import Grid

__all__ = ["Features"]


class Features(eqx.Module):
    r"""$\Phi_\Omega(f) = \bigcup_n \{U[q]f * \chi_n : q \in \Lambda_1 \times \dots \times \Lambda_n\}$.

    Args:
        arrays: per depth n = 0..D an array (paths, *grid_n).
        labels: per layer the names of its atoms; paths are their products, in the same order.
        grids: per depth the grid of the maps.
        mixing_layers: numbers of the layers that mix all maps of their depth. A path begins anew
            there, with the label of the channel.
        rows: per depth the paths that are followed, as numbers of labels; all of them by default.

    Source: Wiatowski & Boelcskei 2018, the feature vector and its norm.
    """

    arrays: tuple[Array, ...]
    labels: tuple[tuple[str, ...], ...] = eqx.field(static=True)
    grids: tuple[Grid, ...] = eqx.field(static=True)
    mixing_layers: tuple[int, ...] = eqx.field(static=True, default=())
    rows: tuple[tuple[tuple[int, ...], ...], ...] | None = eqx.field(static=True, default=None)

    def __getitem__(self, depth: int) -> Array:
        return self.arrays[depth]

    def __len__(self) -> int:
        return len(self.arrays)

    def __iter__(self) -> Iterator[Array]:
        return iter(self.arrays)

    def __sub__(self, other: Features) -> Features:
        """Difference, map by map."""
        return jax.tree.map(jnp.subtract, self, other)

    @property
    def paths(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """Per depth one tuple of atom names per row: ``paths[1][0] == ("scale=1,wedge=0",)``."""
        return tuple(map(self._paths_of, range(len(self.arrays))))

    def _paths_of(self, depth: int) -> tuple[tuple[str, ...], ...]:
        start = max((n - 1 for n in self.mixing_layers if n <= depth), default=0)
        labels = self.labels[start:depth]
        if self.rows is None:
            return tuple(itertools.product(*labels))
        return tuple(tuple(own[i] for own, i in zip(labels, row)) for row in self.rows[depth])

    def energies(self) -> Array:
        r"""$|||\Phi^n(f)|||^2 = \sum_q \|U[q]f * \chi_n\|^2$ for n = 0..D; shape (D + 1,)."""
        return jnp.stack([_energy(a) for a in self.arrays])

    def norm(self) -> Array:
        r"""$|||\Phi(f)||| = (\sum_n |||\Phi^n(f)|||^2)^{1/2}$; its gradient at zero is zero."""
        return safe_sqrt(jnp.sum(self.energies()))

    def flatten(self) -> Array:
        """All features as one vector, depth by depth."""
        return jnp.concatenate([a.reshape(-1) for a in self.arrays])


def _energy(array: Array) -> Array:
    return jnp.sum(squared_modulus(array))


def safe_sqrt(x: Array) -> Array:
    """Square root with gradient 0 instead of infinity at zero."""
    positive = x > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, x, 1)), 0)
