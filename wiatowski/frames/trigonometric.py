r"""What samples of a trigonometric polynomial say about all frequencies.

For a real trigonometric polynomial p of degree n on a circle, and M > 2n equispaced points,

$$\max |p| \le \frac{\max_{\text{points}} |p|}{\cos(\pi n / M)}.$$

Where |p| is largest, at $\omega_0$ cycles with, say, $p = \|p\|$, Riesz' comparison gives
$p(\omega) \ge \|p\| \cos 2\pi n(\omega - \omega_0)$ for $|\omega - \omega_0| \le 1/(2n)$, and a point lies
within 1/(2M). In several dimensions one axis follows the other, and the factors multiply. Applied
to p - c with c the middle of the sampled values, this encloses p from both sides, and is exact for
constants: tight frames.

$\sum_\lambda |\hat g_\lambda|^2 + |\hat\chi|^2$ of finite filters is such a polynomial, of degree K - 1 for K taps.
So is $u^* (\hat H^* \hat H + |\hat\chi|^2) u$ for every vector u, with samples between the extreme
eigenvalues; a stride only lowers the largest one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax.numpy as jnp

from wiatowski._fourier import squared_modulus
from wiatowski._types import real_dtype
from wiatowski.frames.alias_classes import squared_singular_values, stacked
from wiatowski.frames.bank import FrameBounds
from wiatowski.frames.finite_filters import transform_of_taps
from wiatowski.grid import Grid

_MOST_POINTS = 2**24

__all__ = [
    "crest_factor",
    "enclosure",
    "relative_rounding",
    "sampled_extremes",
    "sampling_points",
]


def crest_factor(degrees: Sequence[int], points: Sequence[int]) -> float:
    r"""$\prod_i 1 / \cos(\pi n_i / M_i)$: sup |p| over the largest sampled |p| is at most this.

    Args:
        degrees: n, per axis.
        points: M > 2n, per axis.

    Raises:
        ValueError: if an axis has too few points to say anything.

    Source: Ehlich & Zeller 1964; Pfister & Bresler 2018 for filter banks (`paper_notes.md`, frames).

    >>> round(crest_factor((2, 2), (64, 64)), 6)
    1.009701
    """
    if len(degrees) != len(points) or any(m <= 2 * n for n, m in zip(degrees, points)):
        raise ValueError(
            f"crest_factor: {tuple(points)} points do not hold a polynomial of degrees "
            f"{tuple(degrees)}; take more than twice the degree on every axis."
        )
    return math.prod(1 / math.cos(math.pi * n / m) for n, m in zip(degrees, points))


def enclosure(smallest, largest, degrees: Sequence[int], points: Sequence[int]) -> FrameBounds:
    r"""$c \mp r \prod_i 1/\cos(\pi n_i / M_i)$ with c the middle and r half the range of the samples.

    Bounds on the values of a real trigonometric polynomial at all frequencies, or on the eigenvalues
    of a Hermitian matrix of such polynomials. Rounding is the caller's: pass outward-rounded samples.

    Args:
        smallest: smallest sampled value or eigenvalue: a number, or an array of numpy or jax.
        largest: largest one.
        degrees: n, per axis.
        points: M > 2n equispaced samples per axis.

    Raises:
        ValueError: if an axis has too few points.

    Source: as `crest_factor`, with the centring and the matrix form derived for this package.

    >>> enclosure(1.0, 1.0, (7,), (16,))
    FrameBounds(lower=1.0, upper=1.0)
    """
    middle, radius = 0.5 * (smallest + largest), 0.5 * (largest - smallest)
    reach = radius * crest_factor(degrees, points)
    return FrameBounds(middle - reach, middle + reach)


def sampling_points(degrees: Sequence[int], oversampling: int) -> tuple[int, ...]:
    """`oversampling` points per degree and axis, at least two.

    Raises:
        ValueError: for more points than memory should hold.
    """
    points = tuple(max(2, oversampling * n) for n in degrees)
    if math.prod(points) > _MOST_POINTS:
        raise ValueError(
            f"LearnedFilters: oversampling = {oversampling} asks for {math.prod(points):.2g} samples, more "
            f"than {_MOST_POINTS:.2g}; use less."
        )
    return points


def sampled_extremes(taps, output_taps, points: Sequence[int]) -> FrameBounds:
    r"""Extreme eigenvalues of $\hat H^* \hat H + |\hat\chi|^2 I$ at equispaced frequencies.

    Args:
        taps: (C_out, C_in, *K); a column, C_in = 1, for filters that do not mix.
        output_taps: (*K').
        points: samples per axis.

    Returns:
        The smallest and the largest, in the taps' precision; differentiable in the taps.
    """
    ndim, dtype = len(points), real_dtype(jnp.result_type(taps, output_taps))
    grid = Grid(tuple(points))
    matrices = stacked(transform_of_taps(taps, grid, dtype), 1, ndim)
    passed = squared_modulus(transform_of_taps(output_taps, grid, dtype))
    if not (jnp.iscomplexobj(taps) or jnp.iscomplexobj(output_taps)):
        kept = points[-1] // 2 + 1  # the other half are the complex conjugates
        axes = (slice(None),) * (ndim - 1)
        matrices, passed = matrices[(*axes, slice(kept))], passed[(*axes, slice(kept))]
    squares = squared_singular_values(matrices) + passed[..., None]
    return FrameBounds(jnp.min(squares), jnp.max(squares))


def relative_rounding(taps, output_taps) -> float:
    r"""How far rounding moves the sampled B of finite filters and of their rescaled taps, relative to B.

    $4 \epsilon ((\sum_i K_i + 3d + 1) \sqrt{T C_{in}} + C_{out} + C_{in} + 4)$ for T tap positions: a
    transform errs by $(\sum_i K_i + 3d)\epsilon$ of the taps' 1-norm, taken twice, here and on a grid; a
    rescaled tap by $\epsilon$ of itself; the 1-norms amount to at most $(T C_{in} B)^{1/2}$, by Cauchy and
    Parseval; a singular value errs by the sum of the matrix's sides times $\epsilon$ (LAPACK).
    """
    rows, columns, *window = taps.shape
    longest = [max(a, b) for a, b in zip(window, output_taps.shape)]
    eps = float(jnp.finfo(jnp.result_type(taps, output_taps)).eps)
    spread = (sum(longest) + 3 * len(longest) + 1) * math.sqrt(math.prod(longest) * columns)
    return 4 * eps * (spread + rows + columns + 4)
