"""One call that picks the strongest proof there is."""

from __future__ import annotations

from collections.abc import Callable

from wiatowski.certificates import by_roots, closed_forms
from wiatowski.certificates._flint import is_available
from wiatowski.certificates.branch_and_bound import certify_formula
from wiatowski.certificates.certificate import Certificate
from wiatowski.certificates.matrix_on_torus import certify_matrix
from wiatowski.certificates.on_grid import certify_bank
from wiatowski.certificates.on_torus import certify_taps
from wiatowski.frames import (
    FiniteFilters,
    Frame,
    LearnedFilters,
    LearnedMatrixFilters,
    MatrixFilters,
)
from wiatowski.frames.bank import AbstractBank

__all__ = ["certify"]


def certify(
    filters: Frame | AbstractBank,
    ndim: int | None = None,
    *,
    real: bool = False,
    tolerance: float | None = None,
    band: tuple[float, float] | None = None,
    oversampling: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Certificate:
    r"""A proved enclosure of frame bounds.

    A bank is certified on its grid (tier "grid"). A frame is certified for all grids at once: by a
    closed form where there is one; finite filters on the torus, by polynomial roots (real, 1-D, with
    python-flint) or from samples of a trigonometric polynomial; frames given by formulas on all of
    $\mathbb{R}^d$ by branch and bound in ball arithmetic (python-flint).

    Args:
        filters: a frame or a bank.
        ndim: dimension, for frames that exist in several; by default that of the taps, else 1.
        real: bounds for real input (a bank, or a frame given by formulas).
        tolerance: branch and bound: distance from the truth relative to B.
        band: branch and bound: interval of frequencies where the lower bound is wanted.
        oversampling: trigonometric: sample points per degree and axis.
        progress: branch and bound: is told the settled share of the domain.

    Raises:
        ValueError: where no proof for all grids is known here: certify `frame.on(grid)` instead.
        ImportError: where python-flint is needed and missing.

    Source: `paper_notes.md`, certificates.

    >>> import wiatowski as wi
    >>> certificate = wi.certificates.certify(wi.frames.Haar(scales=2), ndim=2)
    >>> certificate.verify()
    >>> certificate.domain["kind"], certificate.upper - certificate.lower < 1e-12
    ('torus', True)
    """
    if isinstance(filters, AbstractBank):
        return certify_bank(filters, real)
    if not isinstance(filters, Frame):
        raise TypeError(f"certify: expected a frame or a bank, not {filters!r}.")
    if isinstance(filters, (LearnedFilters, LearnedMatrixFilters)):
        filters = filters.effective()
    if isinstance(filters, MatrixFilters):
        return certify_matrix(filters, oversampling)
    if ndim is None:
        ndim = filters.taps.ndim - 1 if isinstance(filters, FiniteFilters) else 1
    if ndim not in (1, 2, 3):
        raise ValueError(f"certify: ndim must be 1, 2 or 3, not {ndim!r}.")
    if closed_forms.known(filters, ndim):
        return closed_forms.certify_closed_form(filters, ndim)
    taps = filters.finite_taps(ndim)
    if taps is not None:
        if real:
            raise ValueError(
                "certify: for finite filters bounds for real input are certified on a grid: "
                "certify(frame.on(grid), real=True). (For real filters they are the same.)"
            )
        exact = by_roots.suitable(taps) if oversampling is None and is_available() else None
        if exact is not None:
            return by_roots.certify_real_taps(taps, filters, exact)
        return certify_taps(taps, filters, oversampling)
    if ndim <= 2:
        return certify_formula(filters, ndim, real, tolerance, band, progress)
    raise ValueError(
        f"certify: no proof for {type(filters).__name__} on R^{ndim} is known here; certify it on a grid: "
        "certify(frame.on(grid))."
    )
