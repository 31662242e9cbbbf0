r"""Energy propagation: how fast $W_n(f) = \sum_{|q|=n}\|U[q]f\|^2$ falls in networks with a modulus.

Frequencies are whole cycles per period of the grid (bins), as in the discrete theorem. All bounds hold
for layers that keep their samples (`NoPooling`, `Dilate`).
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
import scipy.optimize

from wiatowski._types import Array
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.grid import Grid
from wiatowski.nonlinearities import Modulus
from wiatowski.poolings import Dilate, NoPooling

__all__ = [
    "band_growth",
    "depth_for_share",
    "energy_beyond",
    "energy_decay",
    "energy_decay_bands",
    "energy_decay_groups",
    "energy_one_step",
    "energy_step_factor",
    "growth_factor",
    "spectral_gap",
    "spectral_support",
]


def spectral_gap(bank: AbstractBank) -> float:
    r"""$\delta = \min\{|k| : \sum_\lambda|\hat g_\lambda[k]|^2 \ne 0\}$ in bins; infinite for a bank without atoms.

    Source: derived for this package (`paper_notes.md`, energy decay).
    """
    passed = np.asarray(_propagated(bank)) > 0
    return float(np.min(_radius(bank.grid.shape), where=passed, initial=math.inf))


def spectral_support(bank: AbstractBank) -> int:
    r"""$S = \max_\lambda|\mathrm{supp}\,\hat g_\lambda|$ in bins.

    Source: Getter 2025 (arXiv 2502.15004, abstract), for the cyclic group.
    """
    atoms = np.asarray(_scalar(bank).atoms_hat).reshape(len(bank), bank.grid.size)
    return int(np.max(np.count_nonzero(atoms, axis=1), initial=0))


def growth_factor(bank: AbstractBank) -> float:
    r"""$a = \min_\lambda\max_{\nu\in\mathbb Z}\min_{k\in\mathrm{supp}\,\hat g_\lambda} |k|/|k - \nu|$ in one dimension.

    By how much one layer with a modulus widens what later layers are known to lose. Filters on one side
    of the spectrum have a > 1, two-sided ones at most 1.

    Args:
        bank: of a one-dimensional grid.

    Raises:
        ValueError: for other dimensions.

    Source: derived for this package (`paper_notes.md`, energy decay).

    >>> import wiatowski as wi
    >>> bins = np.fft.fftfreq(129, 1 / 129)
    >>> octaves = (8 <= bins) & (bins <= 32)
    >>> bank = wi.FilterBank(octaves[None] * 1.0, (np.abs(bins) < 8) * 1.0, wi.Grid((129,)))
    >>> round(growth_factor(bank), 4), round(band_growth(8, 32), 4)
    (1.6, 1.6667)
    """
    _require_line(bank.grid, "growth_factor")
    (size,) = bank.grid.shape
    k = np.fft.fftfreq(size, 1 / size).round()
    shifts = np.arange(-size, size + 1)
    smallest = math.inf
    for atom in np.asarray(_scalar(bank).atoms_hat):
        support = k[atom != 0]
        if support.size:
            apart = np.abs(support[:, None] - shifts)
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(apart > 0, np.abs(support)[:, None] / apart, np.inf)
            smallest = min(smallest, float(ratio.min(axis=0).max()))
    return smallest


def band_growth(low: float, high: float) -> float:
    r"""$a = (h + l)/(h - l)$ of filters supported in [l, h] on one side of the spectrum.

    Wavelets in [1/r, r] have $(r^2+1)/(r^2-1)$, Weyl-Heisenberg filters of width 2R beyond a gap
    $\delta$ have $1 + \delta/R$.

    Raises:
        ValueError: unless 0 < low < high.

    Source: derived; 5/3 at r = 2 is that of Wiatowski, Grohs & Boelcskei 2018 (from memory).

    >>> round(band_growth(1 / 2, 2), 4)
    1.6667
    """
    if not 0 < low < high < math.inf:
        raise ValueError(
            f"band_growth: 0 < low < high is needed, both finite, not low={low!r}, high={high!r}."
        )
    return (high + low) / (high - low)


def energy_beyond(f: Array, reach: float, gains: Array | float = 1.0) -> Array:
    r"""$\frac1N\sum_k|\hat f[k]|^2 G[k](1 - \varphi_\rho[k]^2)$, $\varphi_\rho[k] = (1 - |k|/\rho)_+$, d = 1.

    What a triangle of half-width $\rho$ does not take out of a signal: the right-hand side of `energy_decay`
    for one depth.

    Args:
        f: signal, (N,).
        reach: rho in bins, from 0 on, where it takes nothing.
        gains: G, of one sample per frequency in the order of FFTs.

    Source: derived for this package (`paper_notes.md`, energy decay).

    >>> float(energy_beyond(jnp.ones(8), reach=2.0))  # a constant, which the triangle takes whole
    0.0
    """
    size = f.shape[-1]
    radius = _radius((size,))
    taken = np.maximum(0, 1 - radius / reach) if reach > 0 else np.zeros(size)
    return jnp.sum(jnp.abs(jnp.fft.fft(f)) ** 2 / size * gains * (1 - taken**2))


def energy_decay(phi: FeatureExtractor, f: Array) -> Array:
    r"""$W_n(f) \le \beta_n\frac1N\sum_k|\hat f[k]|^2 G_1[k](1 - \varphi_{\rho_n}[k]^2)$ for n = 1..D, d = 1.

    $G_m = \sum_\lambda|\hat g_\lambda|^2$ of layer m, $\beta_n = \prod_{m=2}^n\max G_m$, $\varphi_\rho[k] = (1
    - |k|/\rho)_+$ and $\rho_n = \delta_n a_1\cdots a_{n-1}$ from `spectral_gap` and `growth_factor`.
    Exact on the grid, aliasing of the modulus included.

    Args:
        phi: modulus in every layer, poolings that keep the samples, one dimension.
        f: signal on its grid.

    Returns:
        Shape (D,).

    Raises:
        ValueError: for another nonlinearity, pooling or dimension, or a layer that mixes channels.

    Source: derived for this package, after Wiatowski, Grohs & Boelcskei 2018 (`paper_notes.md`, energy
    decay).
    """
    _require_moduli(phi, "energy_decay")
    _require_line(phi.grid, "energy_decay")
    first = _propagated(phi.banks[0])
    result, growth, loud = [], 1.0, 1.0
    for n, layer in enumerate(phi.layers, start=1):
        if n > 1:
            loud = loud * float(jnp.max(_propagated(layer.bank)))
        reach = spectral_gap(layer.bank) * growth
        result.append(loud * energy_beyond(f, reach, first))
        growth = growth * growth_factor(layer.bank)
    return jnp.stack(result)


def energy_decay_groups(phi: FeatureExtractor, f: Array) -> Array:
    r"""$W_n(f) \le W_1(f)\prod_{m=1}^{n-1}(1 - 1/S_m)\max G_{m+1}$ for n = 1..D, any dimension.

    For layers beyond the first whose atoms vanish at frequency zero; $S_m$ is the `spectral_support`.
    For Parseval frames $W_1 = \|f\|^2 - \|f*\chi_0\|^2$.

    Args:
        phi: modulus in every layer, poolings that keep the samples.
        f: signal on its grid.

    Returns:
        Shape (D,).

    Raises:
        ValueError: for another nonlinearity or pooling, a layer that mixes channels, or atoms that pass
            frequency zero.

    Source: Getter 2025 (arXiv 2502.15004, abstract) for compact groups; proof on the torus in
    `paper_notes.md`.
    """
    _require_moduli(phi, "energy_decay_groups")
    power = jnp.abs(jnp.fft.fftn(f)) ** 2 / phi.grid.size
    energy = jnp.sum(power * _propagated(phi.banks[0]))
    result = [energy]
    for before, after in zip(phi.layers[:-1], phi.layers[1:]):
        gains = _propagated(after.bank)
        if float(jnp.ravel(gains)[0]) > 0:
            raise ValueError(
                "energy_decay_groups: atoms beyond the first layer must vanish at frequency zero; use a "
                "frame whose output atom covers it alone, such as frames.Meyer."
            )
        kept = 1 - 1 / max(1, spectral_support(before.bank))
        result.append(result[-1] * kept * jnp.max(gains))
    return jnp.stack(result)


def energy_one_step(phi: FeatureExtractor, f: Array) -> Array:
    r"""$W_{n+1}(f) \le L^2\max G_{n+1}\sum_{|q|=n}\bigl(\|U[q]f\|^2 - |\widehat{U[q]f}[0]|^2/N\bigr)$, n = 0..D-1.

    What one layer keeps at most, read off the maps before it: their mean is lost. L is the Lipschitz
    constant of the layer's nonlinearity, so $|M(z)| \le L|z|$.

    Args:
        phi: poolings that keep the samples; atoms vanish at frequency zero.
        f: signal on its grid.

    Returns:
        Shape (D,): bounds on $W_1, \dots, W_D$.

    Raises:
        ValueError: for another pooling, a layer that mixes channels, or atoms that pass frequency zero.

    Source: derived for this package (`paper_notes.md`, energy decay), the a-posteriori form of Getter's.
    """
    _require_kept(phi, "energy_one_step")
    maps = phi.trace(f).maps
    axes = tuple(range(1, phi.grid.ndim + 1))
    result = []
    for u, layer in zip(maps, phi.layers):
        gains = _propagated(layer.bank)
        if float(jnp.ravel(gains)[0]) > 0:
            raise ValueError(
                "energy_one_step: the atoms must vanish at frequency zero; use a frame whose output atom "
                "covers it alone, such as frames.Meyer."
            )
        kept = jnp.sum(jnp.abs(u - jnp.mean(u, axis=axes, keepdims=True)) ** 2)
        result.append(layer.lipschitz() ** 2 * jnp.max(gains) * kept)
    return jnp.stack(result)


def energy_step_factor(bank: AbstractBank, following: AbstractBank) -> float:
    r"""$\gamma = \max_\lambda(1 - \max_q\min_{k\in\mathrm{supp}\,\hat g_\lambda}\sum_\nu q_\nu\varphi_\delta[k-\nu]^2)$

    In one dimension, what a layer with a modulus hands on at most, as a share: the spectrum of $|u|$
    meets the low-pass of the `following` bank wherever that of u lies. q runs over probabilities on whole shifts $\nu$,
    $\varphi_\delta[k] = (1 - |k|/\delta)_+$, $\delta$ is the `spectral_gap` of `following`. Unlike $1 - 1/S$ it
    depends on the ratio of bandwidths only, and not on the number of bins.

    Args:
        bank: its atoms limit the spectra of the maps before the modulus.
        following: the bank after it, on the same grid.

    Raises:
        ValueError: for other dimensions than one, or banks that mix channels.

    Source: derived for this package (`paper_notes.md`, energy decay).
    """
    _require_line(bank.grid, "energy_step_factor")
    (size,) = bank.grid.shape
    k = np.fft.fftfreq(size, 1 / size).round()
    gap = min(spectral_gap(following), size)
    if gap == 0:  # the mean passes, so that nothing need be lost
        return 1.0
    kept = 1.0
    for atom in np.asarray(_scalar(bank).atoms_hat):
        support = np.sort(k[atom != 0])
        if support.size:
            kept = min(kept, _least_overlap(support, gap))
    return 1 - kept


def _least_overlap(support: np.ndarray, gap: float) -> float:
    """The value of the game: shifts against a frequency of the support; proved from its weights."""
    shifts = np.arange(support[0], support[-1] + 1)
    overlap = np.maximum(0, 1 - np.abs(support[:, None] - shifts) / gap) ** 2
    # Largest t with overlap q >= t, q a probability.
    count = len(shifts)
    solved = scipy.optimize.linprog(
        np.append(np.zeros(count), -1.0),
        A_ub=np.column_stack([-overlap, np.ones(len(support))]),
        b_ub=np.zeros(len(support)),
        A_eq=np.append(np.ones(count), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * count + [(None, None)],
    )
    weights = np.maximum(solved.x[:-1], 0)
    # Any weights give a bound: that of these, whatever the solver's tolerance.
    return float(np.min(overlap @ (weights / weights.sum())))


def energy_decay_bands(phi: FeatureExtractor, f: Array) -> Array:
    r"""$W_n(f) \le W_1(f)\prod_{m=1}^{n-1}\gamma_m\max G_{m+1}$ for n = 1..D, d = 1.

    $\gamma_m$ is the `energy_step_factor` of layers m and m + 1.

    Args:
        phi: modulus in every layer, poolings that keep the samples, one dimension.
        f: signal on its grid.

    Returns:
        Shape (D,).

    Raises:
        ValueError: for another nonlinearity, pooling or dimension.

    Source: derived for this package (`paper_notes.md`, energy decay).
    """
    _require_moduli(phi, "energy_decay_bands")
    _require_line(phi.grid, "energy_decay_bands")
    power = jnp.abs(jnp.fft.fft(f)) ** 2 / phi.grid.size
    result = [jnp.sum(power * _propagated(phi.banks[0]))]
    for before, after in zip(phi.layers[:-1], phi.layers[1:]):
        factor = energy_step_factor(before.bank, after.bank)
        result.append(result[-1] * factor * jnp.max(_propagated(after.bank)))
    return jnp.stack(result)


def depth_for_share(lost: float, bandwidth: float, gap: float, growth: float) -> int:
    r"""$N = \lceil\log_a\frac{L}{(1 - \sqrt{1-\epsilon})\delta}\rceil$: then depths 0..N hold a share $1-\epsilon$.

    For f with frequencies at most L through Parseval layers with modulus, gap and growth factor: $W_{N+1}(f)
    \le \epsilon\|f\|^2$.

    Args:
        lost: epsilon in (0, 1).
        bandwidth: L; same unit as the gap.
        gap: delta.
        growth: a > 1.

    Raises:
        ValueError: outside these ranges.

    Source: derived (`paper_notes.md`, energy decay); the formula of Wiatowski, Grohs & Boelcskei 2018
    (from memory) for l = 1, where the triangle suffices on a line.

    >>> [depth_for_share(1 - share, 1, 1, 5 / 3) for share in (0.25, 0.5, 0.75, 0.9, 0.95, 0.99)]
    [2, 3, 4, 6, 8, 11]
    """
    positive = all(0 < size < math.inf for size in (bandwidth, gap))
    if not (0 < lost < 1 and positive and 1 < growth < math.inf):
        raise ValueError(
            "depth_for_share: 0 < lost < 1, bandwidth > 0, gap > 0 and growth > 1 are needed, all finite, "
            f"not {lost!r}, {bandwidth!r}, {gap!r}, {growth!r}."
        )
    # 1 - sqrt(1 - e) = e / (1 + sqrt(1 - e)); in logarithms, which no e is too small for.
    reach = math.log(bandwidth) - math.log(gap) - math.log(lost) + math.log1p(math.sqrt(1 - lost))
    return max(0, math.ceil(reach / math.log(growth)))


def _propagated(bank: AbstractBank) -> Array:
    """Sum of squares of the atoms, output atom excluded."""
    return jnp.sum(jnp.abs(_scalar(bank).atoms_hat) ** 2, axis=0)


def _scalar(bank: AbstractBank) -> FilterBank:
    if not isinstance(bank, FilterBank):
        raise ValueError(
            f"{type(bank).__name__}: statements on the decay of energy are about scalar filters, one map "
            "in and one map per atom out; use a FilterBank."
        )
    return bank


def _radius(shape: tuple[int, ...]) -> np.ndarray:
    """|k| in bins, Euclidean, in the order of FFTs."""
    axes = [np.fft.fftfreq(n, 1 / n).round() for n in shape]
    return np.sqrt(sum(k**2 for k in np.meshgrid(*axes, indexing="ij")))


def _require_line(grid: Grid, call: str) -> None:
    if grid.ndim != 1:
        raise ValueError(
            f"{call}: the statement is one-dimensional, the grid has shape {grid.shape}; "
            "energy_decay_groups holds in every dimension."
        )


def _require_kept(phi: FeatureExtractor, call: str) -> None:
    for number, layer in enumerate(phi.layers, start=1):
        if not isinstance(layer.bank, FilterBank):
            raise ValueError(
                f"{call}, layer {number}: a {type(layer.bank).__name__} mixes channels or leaves samples "
                "out; use a frame that makes one map per map and atom, such as frames.Meyer."
            )
        if not isinstance(layer.pooling, (Dilate, NoPooling)):
            raise ValueError(
                f"{call}, layer {number}: {layer.pooling!r} drops samples and their energy; use Dilate "
                "or NoPooling."
            )


def _require_moduli(phi: FeatureExtractor, call: str) -> None:
    _require_kept(phi, call)
    for number, layer in enumerate(phi.layers, start=1):
        if not isinstance(layer.nonlinearity, Modulus):
            raise ValueError(
                f"{call}, layer {number}: the proof needs the modulus, not {layer.nonlinearity!r}."
            )
