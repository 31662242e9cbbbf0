r"""Tier "closed-form": bounds that a formula gives.

Partitions of unity: every band of a ladder is a difference of neighbouring rungs, and the squares of its
angular or tensor windows sum to one, so all squares telescope to 1: A = B = 1 on all of R^d
(`paper_notes.md`, frames). Gaussian Gabor frames: with x the offset in steps and w the width in steps,
$\sum_m e^{-(x-m)^2/w^2} = w\sqrt\pi\,\theta_3(\pi x, e^{-\pi^2 w^2})$, largest at whole and smallest at half
steps; a product over the axes.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from wiatowski import frames
from wiatowski._description import describe
from wiatowski.certificates._flint import flint
from wiatowski.certificates._rounding import arb_above, arb_below, down, up
from wiatowski.certificates.branch_and_bound import named_frame
from wiatowski.certificates.certificate import Certificate, CertificateError, Witness
from wiatowski.certificates.identity import has_name
from wiatowski.frames import Frame, Nyquist

_PRECISION = 128
_NAMED_LADDERS = (frames.MeyerLadder, frames.ShannonLadder, frames.SimoncelliLadder)


class ClosedForm(NamedTuple):
    """Enclosures of A and B as floats, where they are reached, and why."""

    lower: tuple[float, float]
    upper: tuple[float, float]
    lower_at: tuple[float, ...]
    upper_at: tuple[float, ...]
    statement: str

    @property
    def witnesses(self) -> tuple[Witness, Witness]:
        """Where A and where B is reached."""
        return Witness(self.lower_at, *self.lower), Witness(self.upper_at, *self.upper)


@functools.singledispatch
def closed_form(frame: Frame, ndim: int) -> ClosedForm | None:
    """The bounds on all of R^d, or None if no formula is known here."""
    return None


def known(frame: Frame, ndim: int) -> bool:
    """Whether the frame has a closed form and a name."""
    return has_name(frame) and closed_form(frame, ndim) is not None


def certify_closed_form(frame: Frame, ndim: int) -> Certificate:
    """The bounds of a frame with a closed form."""
    form = closed_form(frame, ndim)
    if form is None:
        raise ValueError(
            f"certify: no closed form for {type(frame).__name__} on R^{ndim} is known here."
        )
    return Certificate(
        "littlewood-paley",
        form.lower[0],
        form.upper[1],
        {"kind": "space", "dimension": ndim},
        {"kind": "formula", "frame": describe(frame)},
        {"tier": "closed-form", "statement": form.statement},
        *form.witnesses,
    )


def verify_closed_form(certificate: Certificate, frame: Frame | None) -> None:
    """Evaluate the formula once more."""
    named, ndim = named_frame(certificate, frame), certificate.domain["dimension"]
    form = closed_form(named, ndim)
    if form is None or certificate.domain != {"kind": "space", "dimension": ndim}:
        raise CertificateError("Certificate.verify: no closed form of this frame on this domain.")
    if certificate.quantity != "littlewood-paley":
        raise CertificateError("Certificate.verify: the closed form is about complex input.")
    if certificate.lower > form.lower[0] or certificate.upper < form.upper[1]:
        raise CertificateError(
            f"Certificate.verify: the formula gives [{form.lower[0]!r}, {form.upper[1]!r}], the certificate "
            f"claims [{certificate.lower!r}, {certificate.upper!r}]."
        )
    if (certificate.lower_witness, certificate.upper_witness) != form.witnesses:
        raise CertificateError("Certificate.verify: the witnesses are not those of the formula.")


def _partition(ndim: int, dimensions: tuple[int, ...]) -> ClosedForm | None:
    if ndim not in dimensions:
        return None
    zero, one = (0.0,) * ndim, (1.0, 1.0)
    return ClosedForm(one, one, zero, zero, "partition of unity: the squares telescope to 1")


@closed_form.register(frames.Meyer)
@closed_form.register(frames.Shannon)
@closed_form.register(frames.Simoncelli)
def _(frame, ndim: int) -> ClosedForm | None:
    return _partition(ndim, (1, 2, 3))


@closed_form.register(frames.Curvelets)
@closed_form.register(frames.DirectionalWavelets)
@closed_form.register(frames.Ridgelets)
@closed_form.register(frames.Steerable)
def _(frame, ndim: int) -> ClosedForm | None:
    return _partition(ndim, (2,))


@closed_form.register
def _(frame: frames.Shearlets, ndim: int) -> ClosedForm | None:
    return _partition(ndim, (2, 3))


@closed_form.register
def _(frame: frames.TensorWavelets, ndim: int) -> ClosedForm | None:
    return _partition(ndim, (1, 2, 3)) if isinstance(frame.ladder, _NAMED_LADDERS) else None


@closed_form.register
def _(frame: frames.AlphaMolecules, ndim: int) -> ClosedForm | None:
    return _partition(ndim, (2,)) if isinstance(frame.ladder, _NAMED_LADDERS) else None


@closed_form.register
def _(frame: frames.Gabor, ndim: int) -> ClosedForm | None:
    if frame.nyquist is not Nyquist.RESIDUAL:
        return None  # the cyclic bank depends on the grid
    if isinstance(frame.window, frames.MeyerWindow):
        return _partition(ndim, (1, 2, 3))
    if not isinstance(frame.window, frames.GaussianWindow):
        return None
    library = flint("certify")
    with library.ctx.workprec(_PRECISION):
        width = library.arb(frame.window.width)
        ends = []
        for offset in (library.arb(1) / 2, library.arb(0)):
            theta = library.acb.modular_theta(library.acb(offset), _half_period(library, width))[2]
            value = (width * library.arb.pi().sqrt() * theta.real) ** ndim
            ends.append((max(0.0, arb_below(value)), arb_above(value)))
    half_step = (0.5 / frame.channels,) * ndim
    statement = "Gaussian windows: (width sqrt(pi) theta_3)^d at half and at whole steps"
    return ClosedForm(ends[0], ends[1], half_step, (0.0,) * ndim, statement)


def _half_period(library, width):
    """tau with exp(i pi tau) = exp(-pi^2 width^2)."""
    return library.acb(0, library.arb.pi() * width**2)


@closed_form.register
def _(frame: frames.Scaled, ndim: int) -> ClosedForm | None:
    inner = closed_form(frame.frame, ndim)
    if inner is None:
        return None
    low, high = down(frame.factor * frame.factor), up(frame.factor * frame.factor)

    def scaled(ends):
        return down(ends[0] * low), up(ends[1] * high)

    return inner._replace(lower=scaled(inner.lower), upper=scaled(inner.upper))
