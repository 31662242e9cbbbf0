"""The numbers that the theorems need of an extractor, computed or certified."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array
from wiatowski.certificates import Certificate, CertificateError, certify_bank
from wiatowski.certificates.on_grid import weighted_upper
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.subsampled_bank import SubsampledBank
from wiatowski.layer import Layer
from wiatowski.paths import Node, followed

__all__ = ["Constants"]


class Constants(NamedTuple):
    r"""Frame bounds, gains and the Lipschitz bound of an extractor.

    Args:
        upper_bounds: $B_n$ per layer, and $\sup|\hat\chi_D|^2$.
        gains: $\max\{B_n, B_n L_n^2 R_n^2\}$ per layer, and $\sup|\hat\chi_D|^2$.
        admissible: whether no gain exceeds one by more than the rounding of a sum of squares.
        lipschitz_bound: $\sqrt{v_0}$ of the backward recursion.
        tiers: per bank, how B was proved; empty where it was only computed.

    Source: Wiatowski & Boelcskei 2018, admissibility; `paper_notes.md`, the backward recursion.
    """

    upper_bounds: tuple[float, ...]
    gains: tuple[float, ...]
    admissible: bool
    lipschitz_bound: float
    tiers: tuple[str, ...] = ()

    @property
    def certified(self) -> bool:
        """Whether every B is proved and every number rounded upward."""
        return bool(self.tiers)

    def __str__(self) -> str:
        how = f"certified: {', '.join(self.tiers)}" if self.certified else "computed"
        verdict = "admissible" if self.admissible else "not admissible"
        return (
            f"{verdict}: max{{B, B L^2 R^2}} = {max(self.gains)!r}; Lipschitz constant <= "
            f"{self.lipschitz_bound!r} ({how})"
        )


def computed_constants(
    layers: Sequence[Layer], banks: Sequence[AbstractBank], trees: Sequence[Node]
) -> tuple[list[Array], list[Array], Array]:
    r"""Upper frame bounds; the gains max{B, B L^2 R^2} of all layers, and sup |chi_D|^2; $\sqrt{v_0}$.

    Args:
        layers: on their grids.
        banks: those of the layers and the output bank.
        trees: of the paths.
    """
    met = _met_banks(layers, banks, trees)
    factors = [layer.lipschitz() ** 2 for layer in layers]
    uppers = [_largest(own) for own in met]
    gains = [*(jnp.maximum(b, b * factor) for b, factor in zip(uppers, factors)), uppers[-1]]
    value = uppers[-1]
    for own, factor in reversed(list(zip(met, factors))):
        value = _largest(own, value * factor)
    return uppers, gains, jnp.sqrt(value)


def _met_banks(
    layers: Sequence[Layer], banks: Sequence[AbstractBank], trees: Sequence[Node]
) -> list[list[AbstractBank]]:
    """Per depth what its maps meet: the bank, and for maps on fewer samples the atoms folded to them."""
    strides = followed(trees)
    met = []
    for depth, bank in enumerate(banks):
        own = [bank]
        if isinstance(bank, SubsampledBank) and bank.periodised:
            for stride, rows in strides.get(depth, {}).items():
                atoms = layers[depth].members(rows) if rows else []
                own += [bank.on_samples(stride, atoms)] if stride > 1 else []
        met.append(own)
    return met


def _largest(banks: Sequence[AbstractBank], weight: Array | float = 1.0) -> Array:
    """Of their upper bounds."""
    return functools.reduce(jnp.maximum, [bank.upper_bound(weight) for bank in banks])


def certify_layers(layers: Sequence[Layer], output_bank: AbstractBank) -> tuple[Certificate, ...]:
    """One certificate of tier "grid" per bank."""
    return tuple(certify_bank(bank) for bank in (*(layer.bank for layer in layers), output_bank))


def certified_constants(
    layers: Sequence[Layer], output_bank: AbstractBank, certificates: Sequence[Certificate]
) -> Constants:
    """The constants from proved upper bounds; every step rounds upward.

    Raises:
        ValueError: for a wrong number of certificates.
        CertificateError: for one that does not prove its claim about its layer's bank.
    """
    banks = (*(layer.bank for layer in layers), output_bank)
    if len(certificates) != len(banks):
        raise ValueError(
            f"constants: {len(banks)} certificates are needed, one per layer and one for the output "
            f"frame, not {len(certificates)}; phi.certify() makes them."
        )
    uppers = []
    for number, (bank, certificate) in enumerate(zip(banks, certificates), start=1):
        where = f"layer {number}" if number < len(banks) else "output frame"
        uppers.append(_upper(bank, certificate, where))
    factors = [math.nextafter(layer.lipschitz() ** 2, math.inf) for layer in layers]
    gains = [_up(b * max(1.0, f)) for b, f in zip(uppers, factors)] + [uppers[-1]]
    value = uppers[-1]
    for bank, certificate, upper, factor in reversed(
        list(zip(banks, certificates, uppers, factors))
    ):
        weight = _up(value * factor)
        joint = _up(upper * max(1.0, weight))
        # A claim about arrays on a grid can be sharpened on the arrays; one about all grids cannot.
        on_grid = certificate.tier == "grid"
        value = min(joint, weighted_upper(bank, weight)) if on_grid else joint
    slack = [bank.rounding for bank in banks]
    return Constants(
        tuple(uppers),
        tuple(gains),
        all(gain <= 1 + s for gain, s in zip(gains, slack)),
        _up(math.sqrt(value)),
        tuple(certificate.tier for certificate in certificates),
    )


def _upper(bank: AbstractBank, certificate: Certificate, where: str) -> float:
    if certificate.quantity.endswith("real"):
        raise CertificateError(
            f"constants, {where}: the certificate is about real input only, but maps may be complex; use "
            "one without real=True."
        )
    try:
        certificate.verify(bank)
    except CertificateError as error:
        raise CertificateError(f"constants, {where}: {error}") from None
    if certificate.tier == "grid":
        return certificate.upper
    # The claim is about exact atoms, the bank holds rounded ones: take what covers both.
    return max(certificate.upper, certify_bank(bank).upper)


def _up(value: float) -> float:
    return float(np.nextafter(value, np.inf))
