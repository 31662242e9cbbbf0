"""The numbers that the theorems need of an extractor, computed or certified."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wiatowski.certificates import Certificate, CertificateError, certify_bank
from wiatowski.certificates.on_grid import weighted_upper
from wiatowski.frames.bank import AbstractBank
from wiatowski.layer import Layer

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
