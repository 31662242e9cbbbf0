"""A proved enclosure of frame bounds, as a value and as a JSON file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wiatowski._files import write_whole

if TYPE_CHECKING:
    from wiatowski.frames import Frame
    from wiatowski.frames.bank import AbstractBank

__all__ = ["Certificate", "CertificateError", "Witness"]

SCHEMA = "wiatowski certificate"
VERSION = 1
QUANTITIES = {
    "littlewood-paley": "sum over all atoms, output atom included, of |g^(omega)|^2",
    "littlewood-paley-real": "mean of that sum at omega and -omega: what real signals see",
    "squared-singular-values": "eigenvalues of the Gram matrix per frequency (or alias class), "
    "output atom included",
}
_CONVENTION = (
    "g^(omega) = sum or integral of g(x) exp(-2 pi i <x, omega>), omega in cycles per unit length; "
    "norms are Euclidean on samples; lower <= quantity <= upper on the whole domain, both "
    "numbers being float64 values rounded outward"
)


class CertificateError(ValueError):
    """The certificate does not prove what it claims, or not about these filters."""


@dataclasses.dataclass(frozen=True)
class Witness:
    """A frequency, and an enclosure of the quantity there: the bound cannot be better than that."""

    frequency: tuple[float, ...]
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Certificate:
    r"""$A \le Q(\omega) \le B$ on a whole domain, with what is needed to check it again.

    Args:
        quantity: which Q, a key of `QUANTITIES`.
        lower: A, a float64 rounded down.
        upper: B, a float64 rounded up.
        domain: `{"kind": "grid", "shape", "spacing"}`, `{"kind": "torus", "dimension"}` (finite
            filters at unit spacing: every grid at once) or `{"kind": "space", "dimension"}`
            (all of R^d).
        filters: which filters: a hash of arrays, autocorrelations, or a frame by name.
        method: tier and its data.
        lower_witness: where Q is nearly A.
        upper_witness: where Q is nearly B.
        versions: of the packages that made it.

    Source: `paper_notes.md`, certificates.

    >>> import wiatowski as wi
    >>> bank = wi.frames.Meyer(scales=2).on(wi.Grid((32, 32)))
    >>> certificate = wi.certificates.certify_bank(bank)
    >>> certificate.verify(bank)
    >>> certificate.lower > 1 - 1e-6, certificate.upper < 1 + 1e-6
    (True, True)
    """

    quantity: str
    lower: float
    upper: float
    domain: dict[str, Any]
    filters: dict[str, Any]
    method: dict[str, Any]
    lower_witness: Witness
    upper_witness: Witness
    versions: dict[str, str] = dataclasses.field(default_factory=lambda: _versions())

    def __post_init__(self):
        if self.upper == math.inf:
            raise CertificateError(
                "certify: the upper bound exceeds the range of float64; scale the filters down."
            )
        if not 0 <= self.lower <= self.upper:
            raise CertificateError(
                f"Certificate: bounds must satisfy 0 <= lower <= upper, not {self.lower!r}, {self.upper!r}."
            )

    @property
    def tier(self) -> str:
        """How it was proved: grid, roots, trigonometric, closed-form, branch-and-bound."""
        return self.method["tier"]

    def verify(self, filters: AbstractBank | Frame | None = None) -> None:
        """Prove the claim again from the certificate's data, without any search.

        Args:
            filters: a bank or frame that the claim has to be about; needed where the certificate
                holds only a hash of arrays without a name. By default the frame or taps that the
                certificate itself describes.

        Raises:
            CertificateError: if a bound does not follow, or the filters are others.
            ImportError: if the tier needs python-flint and it is missing.
        """
        from wiatowski.certificates.verification import verify

        verify(self, filters)

    def gap(self) -> tuple[float, float]:
        """How much A could rise and B could fall at most, by the witnesses."""
        return self.lower_witness.high - self.lower, self.upper - self.upper_witness.low

    def to_json(self) -> str:
        """The file's text; `digest` is the SHA-256 of everything else."""
        if self.quantity not in QUANTITIES:
            raise CertificateError(f"Certificate: unknown quantity {self.quantity!r}.")
        content = {
            "schema": SCHEMA,
            "version": VERSION,
            "claim": {
                "quantity": self.quantity,
                "meaning": QUANTITIES[self.quantity],
                "lower": self.lower,
                "upper": self.upper,
            },
            "domain": self.domain,
            "filters": self.filters,
            "method": self.method,
            "witnesses": {
                "lower": dataclasses.asdict(self.lower_witness),
                "upper": dataclasses.asdict(self.upper_witness),
            },
            "convention": _CONVENTION,
            "versions": self.versions,
        }
        content["digest"] = _digest(content)
        return json.dumps(content, indent=1, allow_nan=False) + "\n"

    def save(self, path: str | os.PathLike) -> None:
        """Write the JSON file; it appears whole or not at all."""
        write_whole(path, self.to_json().encode())

    @staticmethod
    def from_json(text: str) -> Certificate:
        """Read what `to_json` wrote.

        Raises:
            CertificateError: for text that is no certificate, truncated, edited, or of another version.
        """
        try:
            content = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise CertificateError(
                f"Certificate: the text is not JSON, or was truncated ({error})."
            ) from None
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            raise CertificateError(f'Certificate: the text is no "{SCHEMA}".')
        if content.get("version") != VERSION:
            raise CertificateError(
                f"Certificate: version {content.get('version')!r} is not the version {VERSION} that "
                "this release reads; make it again with `wiatowski certify`."
            )
        digest = content.pop("digest", None)
        try:
            matches = digest == _digest(content)
        except ValueError:  # NaN or infinity, which no certificate holds
            matches = False
        if not matches:
            raise CertificateError(
                "Certificate: the digest does not match: the file was edited or damaged after it "
                "was made."
            )
        try:
            return _from_content(content)
        except (KeyError, TypeError, ValueError) as error:
            raise CertificateError(f"Certificate: a field is missing or wrong ({error}).") from None

    @staticmethod
    def load(path: str | os.PathLike) -> Certificate:
        """Read a JSON file; errors as in `from_json`."""
        try:
            return Certificate.from_json(Path(path).read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise CertificateError("Certificate: the file is not text.") from None

    def __str__(self) -> str:
        place = {
            "grid": lambda d: f"the grid {tuple(d['shape'])}, spacing {d['spacing']:g}",
            "torus": lambda d: f"every grid in {d['dimension']}-D (the torus)",
            "space": lambda d: f"all of R^{d['dimension']}",
        }[self.domain["kind"]](self.domain)
        if self.domain.get("lower_on") is not None:
            place += f" (A only on the band {self.domain['lower_on']})"
        return (
            f"{self.lower!r} <= A, B <= {self.upper!r} ({self.quantity}) on {place}, "
            f"certified: {self.tier}"
        )


def _from_content(content: dict[str, Any]) -> Certificate:
    claim, witnesses = content["claim"], content["witnesses"]
    lower, upper = claim["lower"], claim["upper"]
    if claim["quantity"] not in QUANTITIES:
        raise ValueError(f"unknown quantity {claim['quantity']!r}")
    if not (isinstance(lower, float) and isinstance(upper, float) and 0 <= lower <= upper):
        raise ValueError(
            f"bounds must be floats with 0 <= lower <= upper, not {lower!r}, {upper!r}"
        )
    if not math.isfinite(upper):
        raise ValueError("the upper bound must be finite")
    domain = content["domain"]
    if domain.get("kind") not in ("grid", "torus", "space"):
        raise ValueError(f"unknown domain {domain!r}")
    if domain["kind"] != "grid" and (
        type(domain["dimension"]) is not int or domain["dimension"] not in (1, 2, 3)
    ):
        raise ValueError(f"a domain of dimension {domain['dimension']!r}")
    lowest, highest = _witness(witnesses["lower"]), _witness(witnesses["upper"])
    if not (lower <= lowest.high and highest.low <= upper):
        raise ValueError("a witness contradicts its bound")
    return Certificate(
        claim["quantity"],
        lower,
        upper,
        dict(content["domain"]),
        dict(content["filters"]),
        dict(content["method"]),
        lowest,
        highest,
        dict(content["versions"]),
    )


def _witness(table: dict[str, Any]) -> Witness:
    frequency = tuple(float(w) for w in table["frequency"])
    low, high = float(table["low"]), float(table["high"])
    if not 0 <= low <= high:
        raise ValueError(f"a witness lies in [{low!r}, {high!r}]")
    return Witness(frequency, low, high)


def _digest(content: dict[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "numpy": np.__version__}
    for package in ("wiatowski", "python-flint"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
