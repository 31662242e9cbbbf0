"""The steerable pyramid, undecimated."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._types import complex_dtype, resolve_real_dtype
from wiatowski.frames.alpha_molecules import (
    aligned_zeros,
    images,
    make_real,
    mirror_images,
    moduli,
)
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame, check_dimension, check_scales, check_size
from wiatowski.frames.ladders import SimoncelliLadder
from wiatowski.frames.nyquist import Nyquist, checked_nyquist
from wiatowski.grid import Grid

__all__ = ["Steerable"]

# Antisymmetric atoms vanish at bins that are their own mirror image: nobody could fill those.
_POLICIES = (Nyquist.RESIDUAL, Nyquist.ISOTROPIC)


class Steerable(Frame):
    r"""Steerable pyramid: K orientations per octave, whose combinations point anywhere between.

    $\hat g_{j,k}(\omega) = W_j^{1/2}(|\omega|) \, c_K (-i \cos(\theta - \frac{\pi k}{K}))^{K-1}$,
    $c_K = \frac{2^{K-1} (K-1)!}{\sqrt{K (2K-2)!}}$, with $W_j = H_{j-1} - H_j$ of Simoncelli's ladder:
    directional derivatives of order K - 1, so real, symmetric in space for odd K and antisymmetric
    for even K. $\sum_k \cos^{2K-2}(\theta - \pi k / K) = c_K^{-2}$ makes the frame Parseval on every
    grid shape. Output atom $H_J^{1/2}(|\omega|)$, one isotropic residual $1 - H_0(|\omega|)$.

    On grids of more than unit spacing the finest bands run into the highest frequency; then, on an
    even axis, antisymmetric atoms have an imaginary part.

    Args:
        scales: J >= 1; scale 1 is the finest.
        orientations: K, over half a turn at every scale.
        nyquist: RESIDUAL or ISOTROPIC, see `Nyquist`. FILL does not exist: antisymmetric atoms
            vanish at the Nyquist bins, so they would leave holes there.

    Raises:
        ValueError: if a count is no positive integer, the grid is not 2-D, `scales` is too deep, or
            `nyquist` is "fill".

    Source: Simoncelli & Freeman 1995; Portilla & Simoncelli 2000; undecimated and with absolute
    frequencies (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> bank = wi.frames.Steerable(scales=2, orientations=4).on(wi.Grid((64, 48)))
    >>> len(bank), bank.real
    (9, True)
    """

    scales: int = eqx.field(static=True)
    orientations: int = eqx.field(static=True)
    nyquist: Nyquist = eqx.field(static=True)

    def __init__(
        self, scales: int, orientations: int = 4, nyquist: Nyquist | str = Nyquist.RESIDUAL
    ):
        self.scales = check_integer("Steerable", "scales", scales)
        self.orientations = check_integer("Steerable", "orientations", orientations)
        self.nyquist = checked_nyquist("Steerable", nyquist, _POLICIES)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of two axes."""
        check_dimension(self, grid, (2,))
        check_scales(self, self.scales, grid)
        check_size(self, self.scales * self.orientations, grid)
        dtype = resolve_real_dtype(dtype, "Steerable.on")
        isotropic, symmetric = self.nyquist is Nyquist.ISOTROPIC, self.orientations % 2 == 1
        axes, ladder = moduli(grid), SimoncelliLadder()
        residual = np.zeros(()) if isotropic else ladder.high(_radius(axes))
        counts = [self.orientations] * self.scales
        counts[0] = 1 if isotropic else counts[0]
        rows = sum(counts) + bool(residual.any())
        stack = aligned_zeros(
            (rows, *grid.shape), dtype if symmetric or max(counts) == 1 else complex_dtype(dtype)
        )
        labels, row, real = [], 0, True
        for j, count in enumerate(counts, start=1):
            own = stack[row : row + count]
            if j == 1 and isotropic:
                mirror_images(ladder.high(2 * _radius(axes)), own[0].real)
                labels.append("scale=1")
            else:
                # Real up to (-i)^(K-1), which is a sign times 1 or i.
                own = own if symmetric else np.imag(own)  # a view
                self._cut(own, ladder, [w[w <= 2.0**-j] for w in axes], j)
                if symmetric:
                    make_real(own)
                else:
                    real = real and not _reaches_nyquist(own)
                labels += [f"scale={j},orientation={k}" for k in range(count)]
            row += count
        if residual.any():
            mirror_images(residual, stack[row].real)
            labels.append("residual")
        output_atom = aligned_zeros(grid.shape, dtype)
        mirror_images(ladder.low(_radius(axes) * 2.0**self.scales), output_atom)
        return FilterBank(
            jax.device_put(stack),
            jax.device_put(output_atom),
            grid,
            labels=tuple(labels),
            real=(real, True),
            frame=self,
        )

    def weights(self, angle: float) -> np.ndarray:
        r"""Weights $w_k(\phi)$ with which a scale's K atoms add up to the one rotated by $\phi$.

        $w_k(\phi) = \frac{1}{K} \sum_n \cos(n (\phi - \frac{\pi k}{K}))$ over
        n = K-1, K-3, ..., 1-K: $\cos^{K-1}$ has these angular frequencies only.

        Args:
            angle: phi in radians; k pi / K is the direction of atom k.

        Returns:
            Array of shape (orientations,).

        Source: Freeman & Adelson 1991.

        >>> import wiatowski as wi
        >>> wi.frames.Steerable(scales=1, orientations=2).weights(0.0).round(6).tolist()
        [1.0, 0.0]
        """
        count = self.orientations
        away = angle - np.pi * np.arange(count) / count
        return np.mean([np.cos(n * away) for n in range(1 - count, count, 2)], axis=0)

    def _cut(self, atoms: np.ndarray, ladder: SimoncelliLadder, axes, scale: int) -> None:
        """Write one scale's amplitudes, up to 1 or i, on the frequencies of these moduli."""
        count, *sides = atoms.shape
        radius = _radius(axes)
        odd = np.arange(1.0, 2 * count - 2, 2)
        norm = np.sqrt(np.prod((odd + 1) / odd) / count)  # c_K without factorials that overflow
        norm *= (1, -1, -1, 1)[(count - 1) % 4]  # the sign of (-i)^(K-1)
        corona = norm * ladder.low(radius * 2.0 ** (scale - 1)) * ladder.high(radius * 2.0**scale)
        unit = [w / np.where(radius > 0, radius, 1.0) for w in np.ix_(*axes)]
        for k in range(count):
            along = np.cos(np.pi * k / count) * unit[0]
            across = np.sin(np.pi * k / count) * unit[1]
            for turn in (1, -1):
                amplitude = corona * _power(along + turn * across, count - 1)
                for signs, parity in (((1, turn), 1), ((-1, -turn), (-1) ** (count - 1))):
                    taken, bins = zip(*map(images, sides, radius.shape, signs))
                    atoms[k][bins] = parity * amplitude[taken]


def _radius(axes: list[np.ndarray]) -> np.ndarray:
    """Euclidean length of the frequencies."""
    return np.sqrt(axes[0][:, None] ** 2 + axes[1] ** 2)


def _power(base: np.ndarray, exponent: int) -> np.ndarray:
    """Several times as fast as numpy's, for small exponents."""
    result = np.ones_like(base)
    for _ in range(exponent):
        result = result * base
    return result


def _reaches_nyquist(atoms: np.ndarray) -> bool:
    """Whether an atom has a bin of half a cycle per sample."""
    lines = (np.take(atoms, n // 2, i + 1) for i, n in enumerate(atoms.shape[1:]) if n % 2 == 0)
    return any(line.any() for line in lines)
