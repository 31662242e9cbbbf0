r"""Tier "branch-and-bound": frames given by formulas, on all of R^d, in ball arithmetic.

On a box with midpoint m, $f(m + t) \in f(m) + f'(m) t + \frac12 f''(X)[t, t]$, X a ball that holds the box; every
quantity is a ball of python-flint. Boxes are halved until the upper end is within a tolerance of a value that is
reached. The tree of halvings goes into the certificate: checking evaluates each leaf once.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from wiatowski._description import describe
from wiatowski.certificates import plane_formulas as plane_formulas  # registers its formulas
from wiatowski.certificates._flint import flint
from wiatowski.certificates._subdivision import Box, replay, search
from wiatowski.certificates.certificate import Certificate, CertificateError
from wiatowski.certificates.formulas import Formula, formula
from wiatowski.certificates.identity import frame_from, has_name
from wiatowski.frames import Frame, Scaled

__all__ = ["certify_formula"]

_PRECISION = 80
_TOLERANCE = {1: 1e-11, 2: 1e-3}


@formula.register
def _(frame: Scaled, ndim: int) -> Formula | None:
    inner = formula(frame.frame, ndim)
    return None if inner is None else inner.scaled(frame.factor)


def certify_formula(
    frame: Frame,
    ndim: int = 1,
    real: bool = False,
    tolerance: float | None = None,
    band: tuple[float, float] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Certificate:
    """The frame bounds on all of R^d of a frame given by formulas.

    Args:
        frame: with a name (no arrays, no functions of the user).
        ndim: d.
        real: bounds for real input.
        tolerance: how far the bounds may be from the truth, relative to B; 1e-11 in one dimension,
            1e-3 in two by default.
        band: the lower bound is for frequencies between these two along every axis only (cycles per
            unit length), the upper one for all; by default both are for all.
        progress: is told the settled share of the domain.

    Raises:
        ValueError: for a frame without a formula here, or a tolerance that cannot be reached.
        ImportError: without python-flint.
    """
    with flint("certify").ctx.workprec(_PRECISION):
        terms = formula(frame, ndim)
        if terms is None or not has_name(frame):
            raise ValueError(
                f"certify: no formula of {type(frame).__name__} on R^{ndim} is known here; certify it on a "
                "grid: certify(frame.on(grid))."
            )
        domain: dict[str, Any] = {"kind": "space", "dimension": ndim}
        if band is not None:
            domain["lower_on"] = list(_checked_band(band))
        tolerance = _TOLERANCE[ndim] if tolerance is None else tolerance
        if not 1e-14 <= tolerance < 1:
            raise ValueError(f"certify: tolerance must lie between 1e-14 and 1, not {tolerance!r}.")
        reach = min(own[-1] for own in terms.edges)
        if band is not None and not (-reach <= band[0] and band[1] <= reach):
            raise ValueError(
                f"certify: band must lie within [-{reach:g}, {reach:g}], not {band!r}; beyond it only the "
                "residual atom is left, and the sum is its constant."
            )
        region = _Region.of(domain, terms, real)
        found = search(region, region.edges, tolerance, progress)
        low, high = region.beyond()
    return Certificate(
        "littlewood-paley-real" if real else "littlewood-paley",
        min(found.lower, low),
        max(found.upper, high),
        domain,
        {"kind": "formula", "frame": describe(frame)},
        {"tier": "branch-and-bound", "precision": _PRECISION, "tree": found.tree},
        found.lowest,
        found.highest,
    )


def verify_formula(certificate: Certificate, frame: Frame | None) -> None:
    """Evaluate every leaf once."""
    library, precision = flint("Certificate.verify"), certificate.method["precision"]
    if not (isinstance(precision, int) and 53 <= precision <= 4096):
        raise CertificateError(f"Certificate.verify: precision {precision!r} is out of range.")
    named = named_frame(certificate, frame)
    with library.ctx.workprec(precision):
        terms = formula(named, certificate.domain["dimension"])
        if terms is None or certificate.domain["kind"] != "space":
            raise CertificateError("Certificate.verify: no formula of this frame on this domain.")
        real = certificate.quantity == "littlewood-paley-real"
        region = _Region.of(certificate.domain, terms, real)
        try:
            for box in replay(certificate.method["tree"], region.edges):
                low, high, _ = region.enclose(box)
                _check(certificate, low if region.counts(box) else math.inf, high, f"on {box}")
        except CertificateError:
            raise
        except ValueError as error:
            raise CertificateError(f"Certificate.verify: {error}.") from None
        _check(certificate, *region.beyond(), "far away")
        for witness in (certificate.lower_witness, certificate.upper_witness):
            low, high = region.value(witness.frequency)
            if not (witness.low <= high and low <= witness.high):
                raise CertificateError(
                    f"Certificate.verify: at {witness.frequency} the sum lies in [{low!r}, {high!r}], "
                    "which is not what the witness says."
                )


def named_frame(certificate: Certificate, frame: Frame | None) -> Frame:
    """The frame of a certificate about formulas; raises if another one is given."""
    if certificate.filters.get("kind") != "formula":
        raise CertificateError("Certificate.verify: the certificate is not about a formula.")
    named = frame_from(certificate.filters["frame"])
    if frame is not None and frame != named:
        raise CertificateError(
            f"Certificate.verify: it is about other filters: {describe(named)}, not {frame!r}."
        )
    return named


@dataclasses.dataclass(frozen=True)
class _Region:
    """A formula for complex or real input, with the band where its lower bound counts."""

    formula: Formula
    edges: tuple[tuple[float, ...], ...]
    real: bool
    band: tuple[float, float] | None

    @staticmethod
    def of(domain: dict[str, Any], terms: Formula, real: bool) -> _Region:
        band = None if domain.get("lower_on") is None else _checked_band(domain["lower_on"])
        edges = []
        for axis, own in enumerate(terms.edges):
            ends = {s * e for e in band or () for s in ((1, -1) if real else (1,))}
            cuts = set(own) | {e for e in ends if own[0] < e < own[-1]}
            # Opposite points share the symmetrised sum: half of the first axis is enough.
            edges.append(tuple(sorted(e for e in cuts if e >= 0 or not real or axis)))
        return _Region(terms, tuple(edges), real, band)

    def value(self, point: tuple[float, ...]) -> tuple[float, float]:
        return self.formula.value(point, self.real)

    def enclose(self, box: Box):
        return self.formula.enclose(box, self.real)

    def counts(self, box: Box) -> bool:
        if self.band is None:
            return True
        low, high = self.band
        inside = all(low <= a and b <= high for a, b in box)
        # For real input a box stands for its mirror image too.
        return inside or (self.real and all(low <= -b and -a <= high for a, b in box))

    def beyond(self) -> tuple[float, float]:
        low, high = self.formula.beyond()
        inside = self.band is not None and all(
            own[0] <= self.band[0] and self.band[1] <= own[-1] for own in self.formula.edges
        )
        return math.inf if inside else low, high


def _check(certificate: Certificate, low: float, high: float, where: str) -> None:
    # Written so that a ball without finite ends (NaN) proves nothing.
    if not high <= certificate.upper:
        claim = f"at most {high!r}, and not at most {certificate.upper!r}"
    elif not low >= certificate.lower:
        claim = f"at least {low!r}, and not at least {certificate.lower!r}"
    else:
        return
    raise CertificateError(f"Certificate.verify: {where} the sum is only known to be {claim}.")


def _checked_band(band) -> tuple[float, float]:
    try:
        a, b = (float(x) for x in band)
    except (TypeError, ValueError):
        a, b = math.nan, math.nan
    if not (math.isfinite(a) and math.isfinite(b) and a < b):
        raise ValueError(f"certify: band must be an interval (a, b) with a < b, not {band!r}.")
    return a, b
