r"""Tier "trigonometric" for matrix-valued finite filters: convolution layers on every grid at once.

For each unit vector u, $\langle u, G(\omega)u\rangle$ is a trigonometric polynomial whose values on the
fine grid lie between the extreme eigenvalues found there, so `on_torus`'s enclosure holds for all of
them. It bounds the operator on $\ell^2(\mathbb{Z}^d)$, hence "valid", "full" and "same" zero padding
(compressions of it) and every circular grid from above.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wiatowski.certificates._definite import check_eigenvalue, eigenvalue_range, proved_range
from wiatowski.certificates._grams import polyphase, sampled_shape, taps_grams
from wiatowski.certificates._sampling import frequency_at, transform_at
from wiatowski.certificates.certificate import Certificate, CertificateError, Witness
from wiatowski.certificates.identity import fingerprint
from wiatowski.certificates.on_torus import enclosure, sampling_points, stated_points
from wiatowski.frames import MatrixBank, MatrixFilters

_MOST_ENTRIES = 2**24  # of all Gram matrices together
_FINEST = 32
_MOST_STORED = 2**14  # taps that go into the file


def certify_matrix(filters: MatrixFilters, oversampling: int | None = None) -> Certificate:
    """The extreme squared singular values of a convolution layer on the torus, output atom included.

    Args:
        filters: concrete taps.
        oversampling: points per degree and axis, at least 3; as many as memory allows by default.
    """
    taps, output_taps = _arrays(filters)
    degrees, size = _degrees(taps, output_taps, filters.stride)
    points = sampling_points(degrees, oversampling, _FINEST, max(1, _MOST_ENTRIES // size**2))
    grams, error = taps_grams(taps, output_taps, filters.stride, points)
    low, high, lowest, highest = eigenvalue_range(grams, error)
    lower, upper = enclosure(low, high, 0.0, degrees, points)
    shape = sampled_shape(taps, output_taps, points)
    ends = [
        Witness(frequency_at(index, shape, points), inner_low, inner_high)
        for index, inner_low, inner_high in (lowest, highest)
    ]
    return Certificate(
        "squared-singular-values",
        lower,
        upper,
        {"kind": "torus", "dimension": taps.ndim - 2},
        _identity(taps, output_taps, filters.stride),
        {
            "tier": "trigonometric",
            "points": list(points),
            "degrees": list(degrees),
            "on_points": [low, high],
        },
        ends[0],
        ends[1],
    )


def verify_matrix(certificate: Certificate, filters: MatrixFilters | None) -> None:
    """Prove the range on the points by Cholesky factorisations; eigenvalues only check witnesses."""
    filters = stored_filters(certificate) if filters is None else filters
    taps, output_taps = _arrays(filters)
    found = _identity(taps, output_taps, filters.stride)
    for key, value in found.items():
        if key not in ("taps", "output_taps") and certificate.filters.get(key) != value:
            raise CertificateError(
                f"Certificate.verify: it is about other filters: {key} is "
                f"{certificate.filters.get(key)!r} in the certificate, but {value!r} for these."
            )
    if certificate.domain != {"kind": "torus", "dimension": taps.ndim - 2}:
        raise CertificateError("Certificate.verify: the domain is not that of the filters.")
    degrees, _ = _degrees(taps, output_taps, filters.stride)
    points, (low, high) = stated_points(certificate, degrees), certificate.method["on_points"]
    lower, upper = enclosure(low, high, 0.0, degrees, points)
    grams, error = taps_grams(taps, output_taps, filters.stride, points)
    proved = proved_range(grams, error, low, high)
    if not proved or certificate.lower > lower or certificate.upper < upper:
        raise CertificateError(
            f"Certificate.verify: the bounds do not follow: [{certificate.lower!r}, "
            f"{certificate.upper!r}] is claimed."
        )
    rows = polyphase(taps, output_taps, filters.stride)
    for witness, which in ((certificate.lower_witness, 0), (certificate.upper_witness, -1)):
        if len(witness.frequency) != taps.ndim - 2:
            raise CertificateError("Certificate.verify: a witness has the wrong dimension.")
        value = transform_at(rows, witness.frequency)
        check_eigenvalue(witness, float(np.linalg.eigvalsh(np.conj(value).T @ value)[which]), upper)


def stored_filters(certificate: Certificate) -> MatrixFilters:
    """The filters that the file holds.

    Raises:
        CertificateError: where they were too large for it.
    """
    table = certificate.filters
    if table.get("taps") is None:
        raise CertificateError(
            "Certificate.verify: the certificate holds only the hash of its taps; pass the filters: "
            "certificate.verify(MatrixFilters(taps))."
        )
    parts = [
        np.asarray(table[name], dtype=np.float64).reshape(2, -1) for name in ("taps", "output_taps")
    ]
    kinds = (table["dtype"], table["output_dtype"])
    arrays = [
        (real + 1j * imag if np.dtype(kind).kind == "c" else real).astype(kind).reshape(shape)
        for (real, imag), kind, shape in zip(
            parts, kinds, (table["shape"], table["output_shape"]), strict=True
        )
    ]
    return MatrixFilters(arrays[0], arrays[1], table["stride"])


def check_matrix_bank(certificate: Certificate, bank: MatrixBank) -> None:
    """The bank holds the transforms of the certificate's taps, up to the rounding of its samples."""
    filters = stored_filters(certificate)
    own = filters.on(bank.grid, bank.dtype)
    same = own.stride == bank.stride and own.atoms_hat.shape == bank.atoms_hat.shape
    for one, other in (
        (own.atoms_hat, bank.atoms_hat),
        (own.output_atom_hat, bank.output_atom_hat),
    ):
        room = 4 * bank.rounding * max(1.0, float(np.max(np.abs(one))))
        same = same and float(np.max(np.abs(np.asarray(one) - np.asarray(other)))) <= room
    if not same:
        raise CertificateError(
            "Certificate.verify: it is about other filters: the bank does not hold their transforms."
        )


def _arrays(filters: MatrixFilters) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(filters.taps), np.asarray(filters.output_taps)


def _degrees(taps, output_taps, stride: int) -> tuple[tuple[int, ...], int]:
    """Degrees of the Gram matrix per axis, and its size."""
    shape = polyphase(taps[:1], output_taps, stride).shape
    return tuple(n - 1 for n in shape[2:]), taps.shape[1] * stride ** (taps.ndim - 2)


def _identity(taps: np.ndarray, output_taps: np.ndarray, stride: int) -> dict[str, Any]:
    small = taps.size + output_taps.size <= _MOST_STORED
    return {
        "kind": "matrix-taps",
        "sha256": fingerprint(taps, output_taps),
        "dtype": str(taps.dtype),
        "output_dtype": str(output_taps.dtype),
        "shape": list(taps.shape),
        "output_shape": list(output_taps.shape),
        "stride": stride,
        "taps": _plain(taps) if small else None,
        "output_taps": _plain(output_taps) if small else None,
    }


def _plain(array: np.ndarray) -> list[list[float]]:
    """Real and imaginary parts, flat."""
    return [
        np.real(array).astype(float).ravel().tolist(),
        np.imag(array).astype(float).ravel().tolist(),
    ]
