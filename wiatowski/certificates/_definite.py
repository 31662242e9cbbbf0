r"""Bounds on eigenvalues that floating point proves: a Cholesky factorisation that succeeds.

If the factorisation of a Hermitian n x n matrix M runs to its end, then $R^* R = M + E$ with
$\|E\| \le \frac{\gamma}{1 - \gamma} \mathrm{tr} M$, $\gamma = \gamma_{4n+8}$ for complex entries, so
$M \ge -\|E\|$ (Demmel; Rump 2006). Nothing is assumed about the eigenvalue routine.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from wiatowski.certificates._rounding import down, gamma, up
from wiatowski.certificates.certificate import CertificateError, Witness

_BATCH_ENTRIES = 2**21


def proved_range(grams: np.ndarray, error: float, lower: float, upper: float) -> bool:
    r"""Whether $a \le G \le b$ is proved for every matrix G of the stack.

    Args:
        grams: (count, n, n) Hermitian, double precision.
        error: bound on the spectral norm of the error of each matrix.
        lower: a.
        upper: b.
    """
    count, n, _ = grams.shape
    identity, u = np.eye(n), 2.0**-53
    g = gamma(4 * n + 8)
    batch = max(1, _BATCH_ENTRIES // (n * n))
    for start in range(0, count, batch):
        part = grams[start : start + batch]
        largest = float(np.max(np.abs(part)))
        for sign, bound in ((-1.0, upper), (1.0, lower)):
            if sign > 0 and bound <= 0:
                continue  # a Gram matrix is never negative
            # The trace of the shifted matrix, and the rounding of its diagonal.
            margin = up(g / (1 - g) * n * (largest + bound) + error + 4 * u * (largest + bound))
            shift = down(bound - margin) if sign < 0 else up(bound + margin)
            try:
                np.linalg.cholesky(sign * (part - shift * identity))
            except np.linalg.LinAlgError:
                return False
    return True


def eigenvalue_range(
    grams: np.ndarray, error: float
) -> tuple[float, float, tuple[int, float, float], tuple[int, float, float]]:
    """Proved bounds on all eigenvalues of a stack, and where they are nearly reached.

    Returns:
        Lower bound, upper bound, and for each end the matrix's index with an enclosure of its
        extreme eigenvalue on the inner side.
    """
    values = np.linalg.eigvalsh(grams)
    n = grams.shape[-1]
    first, last = int(values[:, 0].argmin()), int(values[:, -1].argmax())
    lowest, highest = float(values[first, 0]), float(values[last, -1])
    size = max(highest, 0.0) + error
    slack = 16 * gamma(4 * n + 8) * n * size + 2 * error + 1e-300
    while True:
        lower, upper = max(0.0, down(lowest - slack)), up(highest + slack)
        if proved_range(grams, error, lower, upper):
            break
        slack *= 4  # ends at the latest where the trace bounds every eigenvalue
    inner = [quotient(grams[first], 0, error), quotient(grams[last], -1, error)]
    return (
        lower,
        upper,
        (first, lower, max(lower, inner[0][1])),
        (last, min(upper, inner[1][0]), upper),
    )


def check_eigenvalue(witness: Witness, value: float, size: float) -> None:
    """Raise unless the eigenvalue that a witness speaks of is what it says, up to rounding."""
    room = 1e-9 * size
    if not witness.low - room <= value <= witness.high + room:
        raise CertificateError(
            f"Certificate.verify: at {witness.frequency} the eigenvalue is {value!r}, which is not what "
            "the witness says."
        )


def quotient(gram: np.ndarray, which: int, error: float) -> tuple[float, float]:
    """An interval around Rayleigh's quotient v* G v / v* v at a computed eigenvector; `which` 0 or -1."""
    n = len(gram)
    place = which % n
    vector = scipy.linalg.eigh(gram, subset_by_index=[place, place])[1][:, 0]
    value = float(np.real(np.vdot(vector, gram @ vector)) / np.real(np.vdot(vector, vector)))
    slack = 4 * gamma(8 * n + 16) * n * float(np.max(np.abs(gram))) + error
    return down(value - slack), up(value + slack)
