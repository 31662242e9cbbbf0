"""What the scattering transforms share: a network, and what its filters do to energies."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, Self

import equinox as eqx
import jax

from wiatowski._types import Array
from wiatowski.extractor import FeatureExtractor
from wiatowski.scattering._network import admissible, littlewood_paley_sums
from wiatowski.scattering.littlewood_paley import LittlewoodPaleyReport, report_of


def compiled(function: Callable) -> Callable:
    """`eqx.filter_jit` of a function of a transform and a batch of signals to arrays.

    A batch that is sharded over explicit axes of a mesh stays where it is: every device computes its
    own signals.
    """

    @eqx.filter_jit
    def call(transform, signals):
        sharding = jax.typeof(signals).sharding
        spec = sharding.spec
        if all(axes is None for axes in spec):
            return function(transform, signals)
        if any(axes is not None for axes in spec[1:]):
            raise ValueError(
                f"{type(transform).__name__}: the signals are sharded as {spec}, along their samples; shard "
                "the first axis alone, the batch, for example with jax.P('batch')."
            )
        arrays, rest = eqx.partition(transform, eqx.is_array)
        own = jax.shard_map(
            lambda arrays, signals: function(eqx.combine(arrays, rest), signals),
            mesh=sharding.mesh,
            in_specs=(jax.P(), jax.P(spec[0])),
            out_specs=jax.P(spec[0]),
            check_vma=False,
        )
        return own(arrays, signals)

    return call


class AbstractScattering(eqx.Module):
    """A front end to an extractor whose paths are those of a scattering network."""

    network: eqx.AbstractVar[FeatureExtractor]

    @abc.abstractmethod
    def scattering(self, x: Array) -> Any:
        """The coefficients of signals."""

    def __call__(self, x: Array) -> Any:
        """The coefficients: see `scattering`."""
        return self.scattering(x)

    def report(self) -> LittlewoodPaleyReport:
        """Frame bounds of every layer for real maps, and where they are attained; prints as a table."""
        return report_of(type(self).__name__, self.littlewood_paley(), self.network.grid)

    def littlewood_paley(self, real: bool = True) -> tuple[Array, ...]:
        r"""Per layer $|\hat\phi|^2 + \sum_\lambda |\hat\psi_\lambda|^2$ on the network's grid.

        Args:
            real: symmetrised, the sum that real maps see.
        """
        return littlewood_paley_sums(self.network, real)

    def admissible(self, real: bool = True) -> Self:
        """The same transform with filters divided so that B <= 1: no layer gains energy.

        Args:
            real: for real signals only; complex ones may gain energy then.
        """
        return eqx.tree_at(lambda s: s.network, self, admissible(self.network, real))
