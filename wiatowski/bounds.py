r"""Right-hand sides of the theorems, as pure functions.

Shifts $t$ and displacements $\tau$ are in input samples, bandwidths in cycles per sample of the
input, $K$ in cycles per unit length; norms are Euclidean on samples.
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import scipy.integrate

from wiatowski._fourier import exponentials
from wiatowski._types import Array, ArrayLike
from wiatowski.actions import displaced_points, translate, translate_batch
from wiatowski.extractor import FeatureExtractor
from wiatowski.features import safe_sqrt
from wiatowski.grid import Grid
from wiatowski.nonlinearities import AbstractNonlinearity
from wiatowski.poolings import AbstractPooling

__all__ = [
    "DEFORMATION_CONSTANT",
    "admissible_ceiling",
    "covariance",
    "deformation_operator_norm",
    "deformation_rough",
    "deformation_sieve",
    "deformation_torus",
    "output_decay",
    "sieve_factor",
    "stretch_factor",
    "translation",
    "translation_decimated",
    "translation_multiplier_norm",
]

#: $C = 2\pi(4 - 2\sqrt2)$: Theorem 2 holds with it in every dimension, see `deformation_torus`.
DEFORMATION_CONSTANT = 2 * math.pi * (4 - 2 * math.sqrt(2))


def admissible_ceiling(
    nonlinearity: AbstractNonlinearity, pooling: AbstractPooling, grid: Grid
) -> float:
    r"""$1 / \max(1, L^2 R^2)$: the largest B for which $\max\{B, B L^2 R^2\} \le 1$, rounded down.

    Args:
        nonlinearity: M, with constant L.
        pooling: P, with constant R.
        grid: of the maps that P pools.

    Source: Wiatowski & Boelcskei 2018, admissibility condition, solved for B.

    >>> import wiatowski as wi
    >>> ceiling = admissible_ceiling(wi.LeakyReLU(2.0), wi.MaxPool(2), wi.Grid((8, 8)))
    >>> round(ceiling, 12)
    0.25
    """
    constant = nonlinearity.lipschitz * pooling.lipschitz(grid)
    return 1.0 if constant <= 1 else (1 - 4 * math.ulp(1.0)) / constant**2


def output_decay(phi: FeatureExtractor, depth: int) -> Array:
    r"""$K_n = \max_k |\omega_k| |\hat\chi_n(\omega_k)|$ over the grid at depth n, cycles per unit length.

    Source: Wiatowski & Boelcskei 2018, decay condition of Theorem 1, on the grid's bins.
    """
    bank = phi.banks[_checked_depth(phi, depth, "output_decay")]
    return jnp.max(bank.grid.frequency_norm() * jnp.abs(bank.output_atom_hat))


def translation(phi: FeatureExtractor, depth: int, shift, signal_norm) -> Array:
    r"""Theorem 1: $|||\Phi^n(T_t f) - \Phi^n(f)||| \le \frac{2\pi |t| K_n}{S_1 \cdots S_n} \|f\|$.

    Exact on the grid for whole shifts of a dilating extractor (D2) and for shifts by multiples of
    the strides of a decimating one (D1).

    Args:
        phi: admissible extractor.
        depth: n.
        shift: t in input samples, one number per axis.
        signal_norm: norm of f; sharper with $\sqrt{W_n(f)}$ (`Trace.propagated_energies`).

    Raises:
        ValueError: for an extractor that is not admissible, or a shift that is no multiple of the
            strides before depth n (then use `translation_decimated`).

    Source: Wiatowski & Boelcskei 2018, Theorem 1, with the constant re-derived.
    """
    return _shift_length(phi, depth, shift, "translation") * output_decay(phi, depth) * signal_norm


def covariance(phi: FeatureExtractor, depth: int, shift, signal_norm) -> Array:
    r"""Corollary 1: $|||\Phi^n(T_t f) - T_t\Phi^n(f)||| \le 2\pi|t|K_n |\frac{1}{S_1 \cdots S_n} - 1| \|f\|$.

    $T_t$ on the features moves by t units of length of the layer's own grid.

    Args and Raises: as for `translation`.

    Source: Wiatowski & Boelcskei 2018, Corollary 1 (proof in `paper_notes.md`).
    """
    product = phi.pooling_factors[_checked_depth(phi, depth, "covariance")]
    length = _shift_length(phi, depth, shift, "covariance") * product * abs(1 / product - 1)
    return length * output_decay(phi, depth) * signal_norm


def translation_multiplier_norm(phi: FeatureExtractor, depth: int, samples) -> Array:
    r"""$\kappa_n(m) = \max_k 2|\sin \pi\langle m, k/N_n\rangle| |\hat\chi_n[k]|$ for a whole shift m.

    The smallest constant with $\|(T_m - I)(u * \chi_n)\| \le \kappa_n(m) \|u\|$ for all u; never
    larger than the linear bound of `translation`.

    Args:
        phi: any extractor.
        depth: n.
        samples: m, the shift in samples of the grid at depth n.

    Raises:
        ValueError: if a component of the shift is not whole.
    """
    bank = phi.banks[_checked_depth(phi, depth, "translation_multiplier_norm")]
    m = _shift_vector(samples, bank.grid, "translation_multiplier_norm")
    if np.any(m != np.round(m)):
        raise ValueError(
            f"translation_multiplier_norm: the shift {m.tolist()} must be whole samples of the "
            "grid at that depth."
        )
    turns = sum(
        m_i * w * bank.grid.spacing for m_i, w in zip(m, bank.grid.frequencies(), strict=True)
    )
    return jnp.max(jnp.abs(2 * np.sin(np.pi * turns)) * jnp.abs(bank.output_atom_hat))


def translation_decimated(phi: FeatureExtractor, f: Array, shift) -> Array:
    r"""D3: $\frac{2\pi|t|K_n}{D_n}\sqrt{W_n(f)} + \|\hat\chi_n\|_\infty \varepsilon_n(f, t)$ for n = 0..D.

    $\varepsilon_n(f,t)^2 = \sum_q \|U[q]T_t f - T_{t/D_n} U[q] f\|^2$ measures what decimation and
    nonlinearity alias. Holds for any extractor and any shift, fractional ones included.

    Args:
        phi: any extractor.
        f: signal on its grid.
        shift: t in input samples.

    Returns:
        Shape (D + 1,): a bound on $|||\Phi^n(T_t f) - \Phi^n(f)|||$ per depth.

    Source: derived for this package (`paper_notes.md`, D3).
    """
    t = jnp.atleast_1d(jnp.asarray(shift, phi.banks[0].dtype))
    if t.shape != (phi.grid.ndim,):
        raise ValueError(
            f"translation_decimated: the shift needs one number per axis ({phi.grid.ndim}), not "
            f"shape {t.shape}."
        )
    traces = jax.vmap(phi.trace)(jnp.stack([jnp.asarray(f), translate(f, t)]))
    length = 2 * math.pi * safe_sqrt(jnp.sum(t**2))
    terms = []
    for n, (bank, stride) in enumerate(zip(phi.banks, phi.strides, strict=True)):
        before, after = traces.maps[n]
        moved = translate_batch(before, t / stride)
        aliased = safe_sqrt(jnp.sum(jnp.abs(after - moved) ** 2))
        decayed = length / stride * bank.grid.spacing * output_decay(phi, n)
        energy = jnp.sum(jnp.abs(before) ** 2)
        loudest = jnp.max(jnp.abs(bank.output_atom_hat))
        terms.append(decayed * safe_sqrt(energy) + loudest * aliased)
    return jnp.stack(terms)


def stretch_factor(kappa: float) -> float:
    r"""$c(\kappa) = \int_0^1 (1 - s\kappa)^{-1/2} ds = 2(1 - \sqrt{1-\kappa})/\kappa$, $c(0) = 1$.

    Raises:
        ValueError: outside 0 <= kappa < 1.
    """
    if not 0 <= kappa < 1:
        raise ValueError(f"stretch_factor: kappa = d ||D tau|| must lie in [0, 1), not {kappa!r}.")
    return 2 / (1 + math.sqrt(1 - kappa))


def deformation_torus(
    bandwidth: float, tau_sup: float, omega_sup: float, jacobian_sup: float, ndim: int
) -> float:
    r"""Theorem 2 on the torus: $\|F_{\tau,\omega}f - f\| \le 2\pi(c(\kappa)R\|\tau\|_\infty + \|\omega\|_\infty)\|f\|$.

    $\kappa = d\|D\tau\|_\infty \le \frac12$, so the factor is at most $C = 2\pi(4 - 2\sqrt2)$ times
    $R\|\tau\|_\infty + \|\omega\|_\infty$. Norms are those of $L^2$ of the torus, not of samples.

    Args:
        bandwidth: R, with f^ supported in the ball of radius R.
        tau_sup: sup of |tau(x)|, in the unit of length that R counts cycles per.
        omega_sup: sup of |omega(x)|, in cycles.
        jacobian_sup: sup of the largest entry of |D tau|.
        ndim: d.

    Returns:
        The bound for ||f|| = 1.

    Raises:
        ValueError: if ||D tau|| > 1/(2d), where Theorem 2 makes no claim.

    Source: Wiatowski & Boelcskei 2018, Theorem 2; the explicit constant is derived
    (`paper_notes.md`).
    """
    kappa = ndim * jacobian_sup
    if not kappa <= 0.5:
        raise ValueError(
            f"deformation_torus: ||D tau|| = {jacobian_sup:g} exceeds 1/(2d) = {0.5 / ndim:g}; use a "
            "smoother displacement, or deformation_rough, which needs no smoothness."
        )
    return 2 * math.pi * (stretch_factor(kappa) * bandwidth * tau_sup + omega_sup)


def sieve_factor(slope: float, bandwidth: float) -> float:
    r"""$C_1(L, R) = \int_0^1 \sqrt{2R + 1/(1 - sL)}\, ds$.

    Raises:
        ValueError: outside 0 <= L < 1.
    """
    if not 0 <= slope < 1:
        raise ValueError(
            f"sieve_factor: the displacement's Lipschitz constant must lie in [0, 1), not "
            f"{slope!r}; use deformation_rough, which needs no smoothness."
        )
    value, error = scipy.integrate.quad(
        lambda s: math.sqrt(2 * bandwidth + 1 / (1 - s * slope)), 0, 1, epsabs=0, epsrel=1e-12
    )
    return value + error


def deformation_sieve(bandwidth: float, tau_sup: float, omega_sup: float, slope: float) -> float:
    r"""T2a, d = 1: $\|F_{\tau,\omega}f - f\| \le (2\pi R\|\tau\|_\infty C_1(L,R) + 2\pi\|\omega\|_\infty)\|f\|$.

    Euclidean norms on samples; L is the cyclic Lipschitz constant of the samples of tau.

    Args:
        bandwidth: R = K/N, cycles per sample.
        tau_sup: in samples.
        omega_sup: in cycles.
        slope: L < 1.

    Raises:
        ValueError: for L >= 1.

    Source: derived from the large sieve inequality (`paper_notes.md`, T2a).
    """
    return 2 * math.pi * (bandwidth * tau_sup * sieve_factor(slope, bandwidth) + omega_sup)


def deformation_rough(bandwidth: float, tau_sup: float, omega_sup: float, ndim: int) -> float:
    r"""T2b: $(2\pi RT (1 + 4\pi R(\lfloor 2T\rfloor + 1))^{d/2} + 2\pi\|\omega\|_\infty)\|f\|$ for any displacement.

    Euclidean norms on samples; $T = \|\tau\|_\infty$; no smoothness at all.

    Args:
        bandwidth: R = max |k|/N (Euclidean), cycles per sample.
        tau_sup: T in samples.
        omega_sup: in cycles.
        ndim: d.

    Source: derived for this package (`paper_notes.md`, T2b).
    """
    growth = 1 + 4 * math.pi * bandwidth * (math.floor(2 * tau_sup) + 1)
    return 2 * math.pi * (bandwidth * tau_sup * growth ** (ndim / 2) + omega_sup)


def deformation_operator_norm(
    tau: ArrayLike, band: int, omega: ArrayLike | None = None
) -> tuple[Array, Array]:
    r"""T2d: $\sup_f \|F_{\tau,\omega}f - f\| / \|f\|$ over $|k_i| \le$ `band`, and an f that attains it.

    The largest singular value of $(E_{\tau,\omega} - E_0)/\sqrt{N^d}$ from the Gram matrix of its
    columns, $E_\tau^* E_\tau - E_{\tau,\omega}^* E_0 - E_0^* E_{\tau,\omega} + N^d I$: the first term
    depends on differences of frequencies only, the others on products along the axes. An allowance
    for the rounding of the cancelling terms, 4 M eps for M frequencies, is added to the eigenvalue, so
    that displacements too small to be resolved are over- and not underestimated.

    Args:
        tau: displacement in samples, (d, N1, ..., Nd).
        band: largest frequency per axis, cycles per period.
        omega: phase in cycles, (N1, ..., Nd).

    Returns:
        The norm, and the coefficients (2 band + 1 per axis) of a unit vector that attains it.

    Source: derived for this package (`paper_notes.md`, T2d).
    """
    tau = jnp.asarray(tau)
    shape = tau.shape[1:]
    if tau.ndim != tau.shape[0] + 1 or not 0 <= band <= (min(shape) - 1) // 2:
        raise ValueError(
            f"deformation_operator_norm: tau has shape {tau.shape} and band is {band}; one "
            "displacement per axis is needed, (d, N1, ..., Nd), and a band below Nyquist, "
            f"at most {(min(shape) - 1) // 2}."
        )
    phase = jnp.ones(shape) if omega is None else jnp.exp(2j * jnp.pi * jnp.asarray(omega))
    return _top_deformation(tau, phase, band)


@functools.partial(jax.jit, static_argnames="band")
def _top_deformation(tau: Array, phase: Array, band: int) -> tuple[Array, Array]:
    ndim, shape, size = tau.shape[0], tau.shape[1:], math.prod(tau.shape[1:])
    modes, wide = np.arange(-band, band + 1), np.arange(-2 * band, 2 * band + 1)
    points = displaced_points(tau)
    index = np.array(list(np.ndindex(*(len(modes),) * ndim)))

    # E^* E: the sum of exp(2 pi i <k' - k, x>) over the displaced points x.
    factors = [exponentials(points[:, i], wide, shape[i]) for i in range(ndim)]
    sums = jnp.einsum(
        *(x for i, e in enumerate(factors) for x in (e, [ndim, i])), list(range(ndim))
    )
    difference = index[None] - index[:, None] + 2 * band
    gram = sums[tuple(np.moveaxis(difference, -1, 0))]

    # E_{tau, omega}^* E_0, a row of frequencies at a time, axis by axis.
    lines = [exponentials(jnp.arange(n, dtype=tau.dtype), modes, n) for n in shape]
    own = [exponentials(points[:, axis], modes, shape[axis]) for axis in range(ndim)]

    def row(k):
        column = jnp.conj(
            jnp.ravel(phase) * functools.reduce(jnp.multiply, (e[:, i] for e, i in zip(own, k)))
        )
        column = column.reshape(shape)
        for line in lines:
            column = jnp.tensordot(column, line, axes=(0, 0))
        return column.reshape(-1)

    cross = jax.lax.map(row, tuple(jnp.asarray(i) for i in index.T), batch_size=16)
    gram = (gram - cross - jnp.conj(cross).T) / size + jnp.eye(len(index))
    values, vectors = jnp.linalg.eigh(gram)
    slack = 4 * len(index) * jnp.finfo(tau.dtype).eps
    return jnp.sqrt(jnp.maximum(values[-1], 0) + slack), vectors[:, -1].reshape(
        (len(modes),) * ndim
    )


def _shift_length(phi: FeatureExtractor, depth: int, shift, call: str) -> float:
    """2 pi |t| in units of length of the grid at depth n, hypotheses checked."""
    _checked_depth(phi, depth, call)
    if not phi.is_admissible():
        raise ValueError(
            f"{call}: the extractor is not admissible, max{{B, B L^2 R^2}} exceeds 1 in some layer; "
            "use phi.admissible()."
        )
    t = _shift_vector(shift, phi.grid, call)
    stride = phi.strides[depth]
    if np.any(t % stride):
        raise ValueError(
            f"{call}: the shift {t.tolist()} is not a multiple of the strides before depth {depth} "
            f"({stride} samples), where the theorem fails on a grid; use "
            "bounds.translation_decimated(phi, f, shift), which adds the aliasing term."
        )
    return 2 * math.pi * float(np.linalg.norm(t)) / stride * phi.grids[depth].spacing


def _shift_vector(shift, grid: Grid, call: str) -> np.ndarray:
    t = np.atleast_1d(np.asarray(shift, dtype=float))
    if t.shape != (grid.ndim,):
        raise ValueError(
            f"{call}: the shift needs one number per axis ({grid.ndim}), not shape {t.shape}."
        )
    if not np.isfinite(t).all():
        raise ValueError(f"{call}: the shift must be finite, not {t.tolist()}.")
    return t


def _checked_depth(phi: FeatureExtractor, depth: int, call: str) -> int:
    if not 0 <= depth <= phi.depth:
        raise ValueError(f"{call}: depth must lie in 0..{phi.depth}, not {depth!r}.")
    return depth
