r"""Translation: right-hand sides of Theorem 1 and its relatives."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array
from wiatowski.actions import translate, translate_batch
from wiatowski.bounds._arguments import require_sizes
from wiatowski.extractor import FeatureExtractor
from wiatowski.features import safe_sqrt
from wiatowski.grid import Grid

__all__ = [
    "covariance",
    "output_cutoff",
    "output_decay",
    "translation",
    "translation_all_depths",
    "translation_decimated",
    "translation_multiplier_norm",
    "translation_relative",
]


def output_decay(phi: FeatureExtractor, depth: int) -> Array:
    r"""$K_n = \max_k |\omega_k| |\hat\chi_n(\omega_k)|$ over the grid at depth n, cycles per unit length.

    Source: Wiatowski & Boelcskei 2018, decay condition of Theorem 1, on the grid's bins.
    """
    bank = phi.banks[_checked_depth(phi, depth, "output_decay")]
    return jnp.max(bank.grid.frequency_norm() * jnp.abs(bank.output_atom_hat))


def output_cutoff(phi: FeatureExtractor, depth: int) -> float:
    r"""$\omega_n = \max\{|\omega_k| : \hat\chi_n(\omega_k) \ne 0\}$ on the grid at depth n, cycles per unit length.

    Source: utility; the band of $\hat\chi_n$ in `translation_relative`.
    """
    bank = phi.banks[_checked_depth(phi, depth, "output_cutoff")]
    passed = np.asarray(bank.output_atom_hat) != 0
    return float(np.max(np.where(passed, bank.grid.frequency_norm(), 0.0)))


def translation(
    phi: FeatureExtractor, depth: int, shift, signal_norm, *, checked: bool = True
) -> Array:
    r"""Theorem 1: $|||\Phi^n(T_t f) - \Phi^n(f)||| \le \frac{2\pi |t| K_n}{S_1 \cdots S_n} \|f\|$.

    Exact on the grid for whole shifts of a dilating extractor (D2) and for shifts by multiples of
    the strides of a decimating one (D1).

    Args:
        phi: admissible extractor.
        depth: n.
        shift: t in input samples, one number per axis.
        signal_norm: norm of f; sharper with $\sqrt{W_n(f)}$ (`Trace.propagated_energies`).
        checked: whether to insist on the hypotheses; negative controls look at the formula without.

    Raises:
        ValueError: for an extractor that is not admissible, one with a `Subsampled` frame before depth n,
            a shift that is no multiple of the strides before depth n (then use
            `translation_decimated`), or a norm that is negative, infinite or undefined.

    Source: Wiatowski & Boelcskei 2018, Theorem 1, with the constant re-derived.
    """
    require_sizes("translation", signal_norm=signal_norm)
    return (
        _shift_length(phi, depth, shift, "translation", checked)
        * output_decay(phi, depth)
        * signal_norm
    )


def covariance(
    phi: FeatureExtractor, depth: int, shift, signal_norm, *, checked: bool = True
) -> Array:
    r"""Corollary 1: $|||\Phi^n(T_t f) - T_t\Phi^n(f)||| \le 2\pi|t|K_n |\frac{1}{S_1 \cdots S_n} - 1| \|f\|$.

    $T_t$ on the features moves by t units of length of the layer's own grid.

    Args and Raises: as for `translation`.

    Source: Wiatowski & Boelcskei 2018, Corollary 1 (proof in `paper_notes.md`).
    """
    require_sizes("covariance", signal_norm=signal_norm)
    product = phi.pooling_factors[_checked_depth(phi, depth, "covariance")]
    length = (
        _shift_length(phi, depth, shift, "covariance", checked) * product * abs(1 / product - 1)
    )
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


def translation_relative(
    phi: FeatureExtractor, depth: int, shift, features_norm, *, checked: bool = True
) -> Array:
    r"""$|||\Phi^n(T_t f) - \Phi^n(f)||| \le \frac{2\pi|t|\omega_n}{S_1 \cdots S_n} |||\Phi^n(f)|||$.

    Relative to the features, so that it is no invariance by vanishing; $\omega_n$ is the
    `output_cutoff`.

    Args:
        phi, depth, shift: as for `translation`.
        features_norm: norm of the features at depth n.
        checked: as for `translation`.

    Raises:
        ValueError: as `translation`.

    Source: derived for this package (`paper_notes.md`, D1 and D2).
    """
    require_sizes("translation_relative", features_norm=features_norm)
    length = _shift_length(phi, depth, shift, "translation_relative", checked)
    return length * output_cutoff(phi, depth) * jnp.asarray(features_norm)


def translation_all_depths(
    phi: FeatureExtractor, shift, signal_norm, *, checked: bool = True
) -> Array:
    r"""$|||\Phi(T_t f) - \Phi(f)||| \le 2\pi|t| \max_n \frac{\omega_n}{S_1 \cdots S_n} \|f\|$.

    Args:
        phi: admissible extractor.
        shift: t in input samples, a multiple of all strides.
        signal_norm: norm of f.
        checked: as for `translation`.

    Raises:
        ValueError: as `translation`.

    Source: Czaja, Kolstoe & Koralov 2024 (their abstract) without pooling; derived with it.
    """
    require_sizes("translation_all_depths", signal_norm=signal_norm)
    depths = range(phi.depth + 1)
    rates = [
        _shift_length(phi, n, shift, "translation_all_depths", checked) * output_cutoff(phi, n)
        for n in depths
    ]
    return max(rates) * jnp.asarray(signal_norm)


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


def _shift_length(phi: FeatureExtractor, depth: int, shift, call: str, checked: bool) -> float:
    """2 pi |t| in units of length of the grid at depth n."""
    _checked_depth(phi, depth, call)
    t = _shift_vector(shift, phi.grid, call)
    if checked:
        _require_hypotheses(phi, depth, t, call)
    return 2 * math.pi * float(np.linalg.norm(t)) / phi.strides[depth] * phi.grids[depth].spacing


def _require_hypotheses(phi: FeatureExtractor, depth: int, t: np.ndarray, call: str) -> None:
    if not phi.is_admissible():
        raise ValueError(
            f"{call}: the extractor is not admissible, max{{B, B L^2 R^2}} exceeds 1 in some layer; "
            "use phi.admissible()."
        )
    for number, layer in enumerate(phi.layers[:depth], start=1):
        if any(kind[0] > 1 for kind in layer.kinds()):
            raise ValueError(
                f"{call}, layer {number}: the maps of a Subsampled frame lie on several grids, which "
                "the statement does not cover; use the inner frame."
            )
    stride = phi.strides[depth]
    if np.any(t % stride):
        raise ValueError(
            f"{call}: the shift {t.tolist()} is not a multiple of the strides before depth {depth} "
            f"({stride} samples), where the theorem fails on a grid; use "
            "bounds.translation_decimated(phi, f, shift), which adds the aliasing term."
        )


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
