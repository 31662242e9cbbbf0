r"""Tier "grid": the bounds of the arrays as they are, exact up to the rounding of one sum.

On a grid A and B are the extreme values of $\sum|\hat g_\lambda[k]|^2$ over finitely many bins: no
search is needed, only a sum of non-negative terms whose relative error is at most $\gamma_n$. For
matrix-valued banks the extreme eigenvalues of one Gram matrix per alias class are found in floating
point, then *proved* by Cholesky factorisations (`_definite`).
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from wiatowski._fourier import reflected
from wiatowski._types import is_concrete
from wiatowski.certificates._definite import check_eigenvalue, eigenvalue_range, proved_range
from wiatowski.certificates._grams import bank_grams
from wiatowski.certificates._rounding import down, gamma, up
from wiatowski.certificates._sampling import frequency_at
from wiatowski.certificates.certificate import Certificate, CertificateError, Witness
from wiatowski.certificates.identity import fingerprint, frame_from, name_of
from wiatowski.frames import FilterBank, MatrixBank
from wiatowski.frames.bank import AbstractBank
from wiatowski.grid import Grid

__all__ = ["certify_bank"]


def certify_bank(bank: AbstractBank, real: bool = False) -> Certificate:
    r"""The frame bounds of a bank on its own grid, with proof.

    Args:
        bank: concrete arrays, in either precision; their values are taken as they are.
        real: bounds for real input.

    Returns:
        A certificate of tier "grid", about exactly these arrays.

    Raises:
        TypeError: for something that is no bank, or a bank inside a transformation.

    Source: `paper_notes.md`, certificates, T1.

    >>> import wiatowski as wi
    >>> print(wi.certificates.certify_bank(wi.frames.Haar(scales=1).on(wi.Grid((8,)))).tier)
    grid
    """
    if not isinstance(bank, (FilterBank, MatrixBank)):
        raise TypeError(
            f"certify_bank: expected a FilterBank or MatrixBank, not {bank!r}; write "
            "frame.on(grid), or use certify(frame) for a claim about every grid."
        )
    if not is_concrete(bank):
        raise TypeError("certify_bank: the bank is being traced; certify outside of jit and grad.")
    lower, upper, lowest, highest = _bounds(bank, real)
    return Certificate(
        _quantity(bank, real),
        lower,
        upper,
        _domain(bank.grid),
        _identity(bank),
        {"tier": "grid", "real_input": bool(real)},
        lowest,
        highest,
    )


def verify_bank(certificate: Certificate, bank: AbstractBank | None) -> None:
    """Check the hash, sum again, compare."""
    if bank is None:
        bank = _rebuilt(certificate)
    if not isinstance(bank, (FilterBank, MatrixBank)):
        raise TypeError(f"Certificate.verify: bank must be a FilterBank, not {bank!r}.")
    found, claimed = _identity(bank), certificate.filters
    for key in ("kind", "sha256", "dtype", "shape", "stride"):
        if found[key] != claimed.get(key):
            raise CertificateError(
                f"Certificate.verify: it is about other filters: {key} is {claimed.get(key)!r} in the "
                f"certificate, but {found[key]!r} for this bank."
            )
    if certificate.domain != _domain(bank.grid):
        raise CertificateError(
            f"Certificate.verify: it is about {certificate.domain}, but the bank lives on {bank.grid}."
        )
    real = certificate.method.get("real_input") is True
    if certificate.quantity != _quantity(bank, real):
        raise CertificateError(
            f"Certificate.verify: quantity {certificate.quantity!r} does not go with this bank."
        )
    if isinstance(bank, MatrixBank):
        grams, error = bank_grams(bank, real)
        if not proved_range(grams, error, certificate.lower, certificate.upper):
            raise CertificateError(
                "Certificate.verify: the bounds do not follow: not every Gram matrix is proved to "
                f"lie in [{certificate.lower!r}, {certificate.upper!r}]."
            )
        coarse = bank.maps_grid
        for witness, which in ((certificate.lower_witness, 0), (certificate.upper_witness, -1)):
            bins = [
                round(w * n * coarse.spacing) % n
                for w, n in zip(witness.frequency, coarse.shape, strict=True)
            ]
            values = np.linalg.eigvalsh(grams[int(np.ravel_multi_index(bins, coarse.shape))])
            check_eigenvalue(witness, float(values[which]), certificate.upper)
        return
    lower, upper, lowest, highest = _bounds(bank, real)
    if (certificate.lower_witness, certificate.upper_witness) != (lowest, highest):
        raise CertificateError("Certificate.verify: the witnesses are not those of this bank.")
    if certificate.lower > lower or certificate.upper < upper:
        raise CertificateError(
            f"Certificate.verify: the bounds do not follow: the sum lies in [{lower!r}, {upper!r}], "
            f"the certificate claims [{certificate.lower!r}, {certificate.upper!r}]."
        )


def _quantity(bank: AbstractBank, real: bool) -> str:
    if isinstance(bank, MatrixBank):
        return "squared-singular-values"
    return "littlewood-paley-real" if real else "littlewood-paley"


def _domain(grid: Grid) -> dict[str, Any]:
    return {"kind": "grid", "shape": list(grid.shape), "spacing": grid.spacing}


def _bounds(bank, real: bool) -> tuple[float, float, Witness, Witness]:
    if isinstance(bank, MatrixBank):
        return _matrix_bounds(bank, real)
    total, error = littlewood_paley_interval(bank, real)
    ends = []
    for index in (int(total.argmin()), int(total.argmax())):
        value = float(total.flat[index])
        frequency = _frequency(bank.grid, index)
        ends.append(
            Witness(frequency, max(0.0, down(value * (1 - error))), up(value * (1 + error)))
        )
    return ends[0].low, ends[1].high, ends[0], ends[1]


def littlewood_paley_interval(bank: FilterBank, real: bool) -> tuple[np.ndarray, float]:
    """The sum in float64, and by which relative amount it may be off."""
    total = _sum_of_squares(bank) + _squares(np.asarray(bank.output_atom_hat))
    if real:
        total = (total + reflected(total, total.ndim)) / 2
    # A square, then additions: at most 2 (atoms + 1) + 3 roundings touch any term, and
    # gamma_n / (1 - gamma_n) < gamma_(n+1).
    return total, gamma(2 * len(bank) + 6)


def weighted_upper(bank: AbstractBank, weight: float) -> float:
    r"""A proved bound on $w \sum_\lambda|\hat g_\lambda|^2 + |\hat\chi|^2$ on the bank's grid."""
    if isinstance(bank, MatrixBank):
        return up(_bounds(bank, False)[1] * max(1.0, weight))
    total = weight * _sum_of_squares(bank) + _squares(np.asarray(bank.output_atom_hat))
    largest = float(np.max(total))
    return up(largest * (1 + gamma(2 * len(bank) + 8)))


def _sum_of_squares(bank: AbstractBank) -> np.ndarray:
    """Over the atoms, one at a time: a copy of the whole bank in float64 may not fit."""
    total = np.zeros(bank.grid.shape)
    for atom in np.asarray(bank.atoms_hat):
        total += _squares(atom)
    return total


def _squares(atom: np.ndarray) -> np.ndarray:
    real = np.real(atom).astype(np.float64)
    if not np.iscomplexobj(atom):
        return real * real
    imaginary = np.imag(atom).astype(np.float64)
    return real * real + imaginary * imaginary


def _matrix_bounds(bank: MatrixBank, real: bool) -> tuple[float, float, Witness, Witness]:
    lower, upper, lowest, highest = eigenvalue_range(*bank_grams(bank, real))
    coarse = bank.maps_grid
    ends = [Witness(_frequency(coarse, i), low, high) for i, low, high in (lowest, highest)]
    return lower, upper, ends[0], ends[1]


def _frequency(grid: Grid, index: int) -> tuple[float, ...]:
    return frequency_at(index, grid.shape, grid.shape, grid.spacing)


def _identity(bank) -> dict[str, Any]:
    return {
        "kind": "arrays",
        "sha256": fingerprint(bank.atoms_hat, bank.output_atom_hat),
        "dtype": str(np.asarray(bank.atoms_hat).dtype),
        "shape": list(bank.atoms_hat.shape),
        "stride": bank.stride,
        "frame": name_of(bank.frame),
    }


def _rebuilt(certificate: Certificate):
    table = certificate.filters.get("frame")
    if table is None:
        raise CertificateError(
            "Certificate.verify: the certificate holds only the hash of its arrays; pass the bank: "
            "certificate.verify(bank)."
        )
    domain, dtype = certificate.domain, np.dtype(certificate.filters["dtype"])
    double = dtype in (np.dtype(np.float64), np.dtype(np.complex128))
    grid = Grid(tuple(domain["shape"]), domain["spacing"])
    with jax.enable_x64(double):
        return frame_from(table).on(grid)
