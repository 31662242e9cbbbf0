r"""Tier "trigonometric": finite filters on the whole torus, from samples on a fine grid.

$p(\omega) = \sum_\lambda|\hat g_\lambda(\omega)|^2$ is a trigonometric polynomial of degree n per axis. For
such q, and M > 2n points per axis, $\max|q| \le \max_{grid}|q| / \cos(\pi n / M)^d$ (Riesz' lemma, axis by
axis). With q = p - c, c the middle of the grid's range and r its half width,

$$c - r / \cos(\pi n / M)^d \le p(\omega) \le c + r / \cos(\pi n / M)^d,$$

exact for tight banks. Matrix-valued filters: the same for $\langle u, G(\omega) u\rangle$ with every unit
vector u, where G = H* H + |chi|^2 I.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wiatowski._integers import check_integer
from wiatowski.certificates._autocorrelation import Autocorrelation, autocorrelation
from wiatowski.certificates._rounding import down, gamma, up
from wiatowski.certificates._sampling import frequency_at, sampling_slack, transform, transform_at
from wiatowski.certificates.certificate import Certificate, CertificateError, Witness
from wiatowski.certificates.identity import frame_from, name_of
from wiatowski.frames import Frame
from wiatowski.frames.frame import FiniteTaps

_MOST_POINTS = 2**22
_FINEST = 64  # points per degree and axis where memory allows


def certify_taps(taps: FiniteTaps, frame: Frame | None = None, oversampling: int | None = None):
    """The bounds of scalar finite filters on the torus.

    Args:
        taps: filters at unit spacing.
        frame: the frame they belong to, if it has a name.
        oversampling: points per degree and axis, M = oversampling * n; at least 3.
    """
    ndim = taps.output_atom.ndim
    exact = autocorrelation(taps)
    degrees = _degrees(taps)
    points = sampling_points(degrees, oversampling, _FINEST, _MOST_POINTS)
    p, slack = samples(exact, taps, points)
    lower, upper = enclosure(float(p.min()), float(p.max()), slack, degrees, points)
    return Certificate(
        "littlewood-paley",
        lower,
        upper,
        {"kind": "torus", "dimension": ndim},
        taps_identity(exact, taps, frame),
        {"tier": "trigonometric", "points": list(points), "degrees": list(degrees)},
        _witness(p, int(p.argmin()), slack, points),
        _witness(p, int(p.argmax()), slack, points),
    )


def verify_taps(certificate: Certificate, frame: Frame | None) -> None:
    """Sample the polynomial once more at the stated points and compare."""
    exact, taps = taps_of(certificate, frame)
    degrees = _degrees(taps) if exact is None else exact.degrees
    points = stated_points(certificate, degrees)
    if math.prod(points) > 4 * _MOST_POINTS:
        raise CertificateError("Certificate.verify: more sample points than a check should take.")
    p, slack = samples(exact, taps, points)
    lower, upper = enclosure(float(p.min()), float(p.max()), slack, degrees, points)
    if certificate.lower > lower or certificate.upper < upper:
        raise CertificateError(
            f"Certificate.verify: the bounds do not follow: the samples prove [{lower!r}, {upper!r}], "
            f"the certificate claims [{certificate.lower!r}, {certificate.upper!r}]."
        )
    check_witnesses(certificate, exact, taps)


def check_witnesses(certificate: Certificate, exact, taps) -> None:
    """The polynomial takes the values that the witnesses say, up to rounding."""
    for witness in (certificate.lower_witness, certificate.upper_witness):
        value, slack = value_at(witness.frequency, exact, taps)
        # An interior point of a ball may have been rounded to the frequency in the file.
        room = slack + 1e-9 * certificate.upper
        if not witness.low - room <= value <= witness.high + room:
            raise CertificateError(
                f"Certificate.verify: at {witness.frequency} the sum is {value!r}, which is not what the "
                "witness says."
            )


def value_at(frequency: tuple[float, ...], exact, taps) -> tuple[float, float]:
    """p at one frequency, and a bound on its error but for that of the frequency."""
    if exact is not None:
        r = exact.rounded()
        value = transform_at(r, frequency, exact.degrees)
        return float(np.real(value)), 1e-12 * float(np.abs(r).sum())
    total, slack = 0.0, 0.0
    for own in (*taps.atoms.values(), taps.output_atom):
        total += float(np.abs(transform_at(own, frequency)) ** 2)
        slack += 1e-12 * float(np.abs(own).sum()) ** 2
    return total, slack


def taps_identity(exact: Autocorrelation | None, taps: FiniteTaps, frame: Frame | None):
    """What a file says about which finite filters it is about."""
    table: dict[str, Any] = {"kind": "taps", "atoms": len(taps.atoms)}
    table["autocorrelation"] = None if exact is None else exact.table()
    table["frame"] = name_of(frame)
    if exact is None and table["frame"] is None:
        raise ValueError(
            "certify: the filters are too long to be written into the file and their frame has no "
            "name; certify them on a grid: certify(frame.on(grid))."
        )
    return table


def taps_of(
    certificate: Certificate, frame: Frame | None
) -> tuple[Autocorrelation | None, FiniteTaps | None]:
    """The filters of a certificate, compared with a given frame where there is one."""
    table = certificate.filters
    ndim = certificate.domain["dimension"]
    if table.get("kind") != "taps" or certificate.domain["kind"] != "torus":
        raise CertificateError("Certificate.verify: the certificate is not about finite filters.")
    try:
        given = None if frame is None else frame.finite_taps(ndim)
    except ValueError as error:
        raise CertificateError(f"Certificate.verify: it is about other filters: {error}") from None
    if frame is not None and given is None:
        raise CertificateError(
            f"Certificate.verify: it is about finite filters, which {type(frame).__name__} has not."
        )
    named = None if table["frame"] is None else frame_from(table["frame"]).finite_taps(ndim)
    if table["autocorrelation"] is None:
        if named is None or (given is not None and not _same_taps(given, named)):
            raise CertificateError("Certificate.verify: it is about other filters.")
        return None, named
    try:
        exact = Autocorrelation.from_table(table["autocorrelation"])
    except (ValueError, KeyError, TypeError) as error:
        raise CertificateError(f"Certificate.verify: {error}.") from None
    if exact.real.ndim != ndim:
        raise CertificateError("Certificate.verify: the dimension is not that of the filters.")
    for taps in (given, named):
        own = None if taps is None else autocorrelation(taps)
        if taps is not None and (own is None or own.table() != exact.table()):
            raise CertificateError(
                "Certificate.verify: it is about other filters: the autocorrelations differ."
            )
    return exact, None


def _same_taps(one: FiniteTaps, other: FiniteTaps) -> bool:
    return list(one.atoms) == list(other.atoms) and all(
        np.array_equal(a, b)
        for a, b in zip((*one.atoms.values(), one[1]), (*other.atoms.values(), other[1]))
    )


def _degrees(taps: FiniteTaps | None) -> tuple[int, ...]:
    assert taps is not None  # filters are known by their autocorrelation or by their taps
    shapes = [np.shape(a) for a in (*taps.atoms.values(), taps.output_atom)]
    return tuple(max(s[i] for s in shapes) - 1 for i in range(len(shapes[0])))


def sampling_points(
    degrees: tuple[int, ...], oversampling: int | None, finest: int, most: int
) -> tuple[int, ...]:
    """Points per axis: `oversampling` per degree, or as many up to `finest` as `most` points allow.

    Raises:
        ValueError: for too little oversampling, or so much that a check would not accept it.
    """
    if oversampling is None:
        oversampling = finest
        while oversampling > 3 and math.prod(_spread(degrees, oversampling)) > most:
            oversampling -= 1
        return _spread(degrees, oversampling)
    points = _spread(degrees, check_integer("certify", "oversampling", oversampling, least=3))
    if math.prod(points) > 4 * most:
        raise ValueError(
            f"certify: {math.prod(points):.2g} sample points are more than the {4 * most:.2g} that a "
            "check accepts; use less oversampling."
        )
    return points


def _spread(degrees: tuple[int, ...], factor: int) -> tuple[int, ...]:
    return tuple(max(1, factor * n) for n in degrees)


def stated_points(certificate: Certificate, degrees: tuple[int, ...]) -> tuple[int, ...]:
    """The points per axis that a certificate names, enough for its filters' degrees."""
    points = tuple(certificate.method["points"])
    if tuple(certificate.method["degrees"]) != degrees or len(points) != len(degrees):
        raise CertificateError("Certificate.verify: the degrees are not those of the filters.")
    if any(not (isinstance(m, int) and m > 2 * n) for m, n in zip(points, degrees)):
        raise CertificateError(
            "Certificate.verify: too few points: the enclosure needs more than twice the degree."
        )
    return points


def enclosure(lowest, highest, slack, degrees, points) -> tuple[float, float]:
    """c -+ r / cos^d from the range on the grid, rounded outward."""
    low, high = down(lowest - slack), up(highest + slack)
    centre = (low + high) / 2  # any centre is right; the rounded one too
    half = up(up(max(high - centre, centre - low)))
    shrink = 1.0
    for n, m in zip(degrees, points):
        shrink = down(shrink * down(down(math.cos(up(up(up(math.pi * n / m)))))))
    reach = up(half / shrink)
    return max(0.0, down(centre - reach)), up(centre + reach)


def samples(
    exact: Autocorrelation | None, taps: FiniteTaps | None, points: tuple[int, ...]
) -> tuple[np.ndarray, float]:
    """Values of p at the points k / M, and a bound on their error."""
    if exact is not None:
        r = exact.rounded()
        values = np.real(transform(r, points, origin=exact.degrees))
        return values, sampling_slack(r)
    assert taps is not None
    total, slack = np.zeros(points), 0.0
    for filter_taps in (*taps.atoms.values(), taps.output_atom):
        value = transform(np.asarray(filter_taps), points)
        total += np.real(value) ** 2 + np.imag(value) ** 2
        own = sampling_slack(filter_taps)
        slack += 2 * own * float(np.abs(value).max()) + own**2
    count = 2 * len(taps.atoms) + 6
    return total, up(slack + gamma(count) * float(total.max()))


def _witness(p: np.ndarray, index: int, slack: float, points: tuple[int, ...]) -> Witness:
    value = float(p.flat[index])
    frequency = frequency_at(index, p.shape, points)
    return Witness(frequency, max(0.0, down(value - slack)), up(value + slack))
