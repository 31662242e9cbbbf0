"""Checking a certificate again: which tier is checked by what."""

from __future__ import annotations

import numpy as np

from wiatowski.certificates.branch_and_bound import verify_formula
from wiatowski.certificates.by_roots import verify_real_taps
from wiatowski.certificates.certificate import Certificate, CertificateError
from wiatowski.certificates.closed_forms import verify_closed_form
from wiatowski.certificates.matrix_on_torus import check_matrix_bank, verify_matrix
from wiatowski.certificates.on_grid import littlewood_paley_interval, verify_bank
from wiatowski.certificates.on_torus import samples, taps_of, verify_taps
from wiatowski.frames import (
    FilterBank,
    Frame,
    LearnedFilters,
    LearnedMatrixFilters,
    MatrixBank,
    MatrixFilters,
)
from wiatowski.frames.bank import AbstractBank


def verify(certificate: Certificate, filters: AbstractBank | Frame | None) -> None:
    """Prove the claim again; see `Certificate.verify`."""
    if filters is not None and not isinstance(filters, (AbstractBank, Frame)):
        raise TypeError(
            f"Certificate.verify: expected a frame or a bank, not {type(filters).__name__}."
        )
    try:
        _verify(certificate, filters)
    except (CertificateError, ImportError):
        raise
    except (Exception, RecursionError, MemoryError) as error:
        # Whatever a file makes go wrong, it is the file that proves nothing.
        raise CertificateError(
            f"Certificate.verify: a field is missing or has the wrong form ({error!r})."
        ) from None


def _verify(certificate: Certificate, filters) -> None:
    tier = certificate.tier
    if tier == "grid":
        if isinstance(filters, Frame):
            raise CertificateError(
                "Certificate.verify: it is about arrays on a grid; pass frame.on(grid)."
            )
        return verify_bank(certificate, filters)
    matrix = certificate.quantity == "squared-singular-values"
    if tier == "trigonometric" and matrix:
        if isinstance(filters, (LearnedFilters, LearnedMatrixFilters)):
            filters = filters.effective()
        if filters is not None and not isinstance(filters, (MatrixFilters, MatrixBank)):
            raise CertificateError(
                "Certificate.verify: it is about a convolution layer; pass its MatrixFilters."
            )
        if isinstance(filters, MatrixBank):
            check_matrix_bank(certificate, filters)
        return verify_matrix(certificate, filters if isinstance(filters, MatrixFilters) else None)
    checks = {
        "trigonometric": verify_taps,
        "roots": verify_real_taps,
        "closed-form": verify_closed_form,
        "branch-and-bound": verify_formula,
    }
    if tier not in checks or matrix:
        raise CertificateError(f"Certificate.verify: unknown tier {tier!r}.")
    checks[tier](certificate, filters if isinstance(filters, Frame) else None)
    if isinstance(filters, FilterBank):
        _check_bank(certificate, filters)
    elif isinstance(filters, AbstractBank):
        raise CertificateError("Certificate.verify: it is about filters that do not mix channels.")
    return None


def _check_bank(certificate: Certificate, bank: FilterBank) -> None:
    """The bank's own sum lies within the certified bounds, up to the rounding of its samples.

    A claim about a frame is one about exact atoms; a bank holds them rounded to its precision.
    """
    if certificate.domain["dimension"] != bank.grid.ndim:
        raise CertificateError("Certificate.verify: it is about filters of another dimension.")
    if bank.frame is not None and certificate.filters.get("frame") is not None:
        from wiatowski.certificates.identity import frame_from

        if frame_from(certificate.filters["frame"]) != bank.frame:
            raise CertificateError(
                f"Certificate.verify: it is about other filters: {certificate.filters['frame']}, not "
                f"{bank.frame!r}."
            )
    total, _ = littlewood_paley_interval(bank, certificate.quantity.endswith("real"))
    slack = 4 * bank.rounding * certificate.upper
    if total.max() > certificate.upper + slack:
        raise CertificateError(
            f"Certificate.verify: it is about other filters: the bank's sum reaches "
            f"{float(total.max())!r}, above the certified {certificate.upper!r}."
        )
    if certificate.filters["kind"] == "taps" and bank.grid.spacing == 1:
        _check_sum(certificate, total, slack)


def _check_sum(certificate: Certificate, total: np.ndarray, slack: float) -> None:
    """The bank's sum is that of the certificate's filters at the grid's frequencies."""
    exact, taps = taps_of(certificate, None)
    expected, _ = samples(exact, taps, total.shape)
    if np.max(np.abs(expected - total)) > slack:
        raise CertificateError(
            "Certificate.verify: it is about other filters: the bank's sum over the atoms is not that "
            "of the certificate's taps."
        )
