"""What the scattering transforms share: a network, and what its filters do to energies."""

from __future__ import annotations

import abc
from typing import Any, Self

import equinox as eqx

from wiatowski._types import Array
from wiatowski.extractor import FeatureExtractor
from wiatowski.scattering._network import admissible, littlewood_paley_sums
from wiatowski.scattering.littlewood_paley import LittlewoodPaleyReport, report_of


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
