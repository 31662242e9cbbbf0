r"""Tier "roots": real finite filters in one dimension, to the last digit.

With $c = \cos 2\pi\omega$, $p(\omega) = r[0] + 2\sum_m r[m] T_m(c)$ is a polynomial with exact dyadic
coefficients. Its extreme values on [-1, 1] lie at the ends or at real roots of p', which are isolated with
certainty. Checking does not look for them: it counts that $B - p$ and $p - A$ have no root in [-1, 1].
"""

from __future__ import annotations

import math

from wiatowski.certificates._autocorrelation import Autocorrelation, autocorrelation
from wiatowski.certificates._flint import flint
from wiatowski.certificates._rounding import arb_above, arb_below
from wiatowski.certificates.certificate import Certificate, CertificateError, Witness
from wiatowski.certificates.on_torus import check_witnesses, taps_identity, taps_of
from wiatowski.frames import Frame
from wiatowski.frames.frame import FiniteTaps

LONGEST = 160  # taps; isolating the roots takes seconds beyond


def certify_real_taps(
    taps: FiniteTaps, frame: Frame | None = None, exact: Autocorrelation | None = None
) -> Certificate:
    """The bounds of real one-dimensional finite filters on the torus.

    `exact` is what `suitable` gave, where that was asked before.

    Raises:
        ValueError: for complex taps, several axes, or very long filters (use `certify_taps`).
        ImportError: without python-flint.
    """
    library = flint("certify")
    exact = suitable(taps) if exact is None else exact
    if exact is None:
        raise ValueError(
            f"certify: the tier of roots is for real one-dimensional filters of at most {LONGEST} taps."
        )
    p = _polynomial(exact)
    scale = library.fmpq(1, 1 << exact.exponent)
    with library.ctx.workprec(128 + 16 * p.degree()):
        points = [library.arb(-1), library.arb(1), *_roots_inside(p.derivative())]
        values = [(_value(p, x) * scale, x) for x in points]
        lowest = min(values, key=lambda pair: float(pair[0].lower()))
        highest = max(values, key=lambda pair: float(pair[0].upper()))
        lower = max(0.0, min(arb_below(v) for v, _ in values))
        upper = max(arb_above(v) for v, _ in values)
        below, above = (_witness(value, x) for value, x in (lowest, highest))
    return Certificate(
        "littlewood-paley",
        lower,
        upper,
        {"kind": "torus", "dimension": 1},
        taps_identity(exact, taps, frame),
        {"tier": "roots"},
        below,
        above,
    )


def suitable(taps: FiniteTaps) -> Autocorrelation | None:
    """The autocorrelation of filters that suit this tier, None for others."""
    if taps.output_atom.ndim != 1:
        return None
    longest = max(len(a) for a in (*taps.atoms.values(), taps.output_atom))
    exact = autocorrelation(taps) if longest <= LONGEST else None
    return exact if exact is not None and _suits(exact) else None


def _suits(exact: Autocorrelation) -> bool:
    return exact.real.ndim == 1 and exact.is_real and exact.degrees[0] < LONGEST


def verify_real_taps(certificate: Certificate, frame: Frame | None) -> None:
    """B - p and p - A are positive at one point and have no root in [-1, 1]."""
    library = flint("Certificate.verify")
    exact, _ = taps_of(certificate, frame)
    if exact is None or not _suits(exact):
        raise CertificateError("Certificate.verify: the filters do not suit the tier of roots.")
    p = _polynomial(exact)
    for sign, bound in ((1, certificate.upper), (-1, certificate.lower)):
        if sign < 0 and bound == 0:
            continue  # a sum of squares
        numerator, denominator = bound.as_integer_ratio()
        shift = denominator.bit_length() - 1
        # sign (bound - p) > 0, times a power of two that makes it integral.
        common = max(shift, exact.exponent)
        constant = numerator << (common - shift)
        difference = (constant - p * (1 << (common - exact.exponent))) * sign
        if not _positive(library, difference):
            raise CertificateError(
                f"Certificate.verify: the {'upper' if sign > 0 else 'lower'} bound {bound!r} is "
                "reached or passed."
            )
    check_witnesses(certificate, exact, None)


def _polynomial(exact: Autocorrelation):
    """$2^e p$ as an integer polynomial in c."""
    library = flint("certify")
    n = exact.degrees[0]
    before, current = library.fmpz_poly([1]), library.fmpz_poly([0, 1])
    twice = library.fmpz_poly([0, 2])
    total = library.fmpz_poly([int(exact.real[n])])
    for m in range(1, n + 1):
        total += 2 * int(exact.real[n + m]) * current
        before, current = current, twice * current - before
    return total


def _roots_inside(polynomial) -> list:
    """Balls around the real roots that may lie in [-1, 1]."""
    if polynomial.degree() < 1:
        return []
    return [
        root.real
        for root, _ in polynomial.complex_roots()
        if root.imag.contains(0) and not (root.real < -1 or root.real > 1)
    ]


def _positive(library, polynomial) -> bool:
    """Whether an integer polynomial is positive on [-1, 1]."""
    with library.ctx.workprec(128 + 16 * polynomial.degree()):
        return polynomial(0) > 0 and not _roots_inside(polynomial)


def _value(p, x):
    """p at a ball, around its midpoint: p(m) + p'(X) (x - m)."""
    middle = x.mid()
    return p(middle) + p.derivative()(x) * (x - middle)


def _witness(value, cosine) -> Witness:
    turns = math.acos(max(-1.0, min(1.0, float(cosine)))) / (2 * math.pi)
    return Witness((turns,), max(0.0, arb_below(value)), arb_above(value))
