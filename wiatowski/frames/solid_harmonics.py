"""Solid harmonic wavelets in three dimensions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._types import Array, complex_dtype, is_concrete, resolve_real_dtype
from wiatowski.frames.alpha_molecules import aligned_zeros
from wiatowski.frames.constant_q import positive, residual
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import (
    Frame,
    array_module,
    check_dimension,
    check_scales,
    check_size,
)
from wiatowski.grid import Grid

__all__ = ["SolidHarmonics"]

_PHASES = (1, -1j, -1, 1j)  # (-i)^l


class SolidHarmonics(Frame):
    r"""Solid harmonic wavelets: spherical harmonics on Gaussian shells, isotropic in groups.

    $\hat\psi_{j,l,m}(\omega) = a_l \, (-ir)^l e^{-r^2/2} \sqrt{\tfrac{4\pi}{2l+1}} \, Y_{l,m}(\omega/|\omega|)$,
    $r = 2\pi\sigma 2^j |\omega|$, $a_l = \frac{\sqrt{\pi/2}}{2^{(l+1)/2} \Gamma((l+3)/2)}$, for $0 \le j < J$,
    $0 \le l \le L$, $|m| \le l$; output atom the Gaussian $\hat\psi_{J-1,0,0}$. Grids that reach beyond half a
    cycle per unit length have one residual atom.

    The 2l + 1 atoms of a scale and degree belong together: by the addition theorem
    $\sum_m |\hat\psi_{j,l,m}|^2 = a_l^2 r^{2l} e^{-r^2}$, and a rotation of the signal rotates
    $(\sum_m |f * \psi_{j,l,m}|^2)^{1/2}$; on grids of odd size quarter turns do so exactly. $a_l$ is such that
    $(\sum_m |\psi_{j,l,m}|^2)^{1/2}$ integrates to one. Degree 0 is the Gaussian, of mean one. Without a
    residual B = J + 1, attained at frequency zero: rescale with `scaled_to` or `admissible()`.

    - Real basis: cosines for $m \ge 0$, sines for $m < 0$, real atoms. The bin of half a cycle per
      sample, which even axes have, stands for both signs, and a harmonic odd in that axis cannot be
      real there. Such bins become atoms of their own (`part=nyquist`), turned by -i: all sums of
      squares over a group stay what they are, at every frequency, and at every sample of
      $f * \psi$ for real f. They follow the 2l + 1 others of their group, all but doubling it where
      every axis is even; from scale 1 on they are tiny at width 1.
    - Complex basis: 2l + 1 atoms on every grid, on even grids those of kymatio.

    Args:
        scales: J >= 1; scale 0 is the finest.
        degree: L >= 0, the largest l.
        width: sigma, the finest Gaussian's deviation in space, in units of length; differentiable.
        real: which basis; the polar axis is the first one, from its negative end.

    Raises:
        ValueError: if a count is too small, `width` is not positive, the grid is not 3-D, or
            `scales` too deep.

    Source: Eickenberg, Exarchakis, Hirn & Mallat 2017; scales and norms as in kymatio
    (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> frame = wi.frames.SolidHarmonics(scales=2, degree=1)
    >>> bank = frame.on(wi.Grid((9, 15, 11)))
    >>> len(bank), bank.real, bank.labels[1]
    (8, True, 'scale=0,degree=1,order=-1')
    >>> frame.group_sizes(bank.grid)
    (1, 3, 1, 3)
    """

    scales: int = eqx.field(static=True)
    degree: int = eqx.field(static=True)
    width: float | Array
    real: bool = eqx.field(static=True)

    def __init__(self, scales: int, degree: int, width: float | Array = 1.0, real: bool = True):
        self.scales = check_integer("SolidHarmonics", "scales", scales)
        self.degree = check_integer("SolidHarmonics", "degree", degree, least=0)
        self.width = positive("SolidHarmonics", "width", width)
        self.real = bool(real)

    def on(self, grid: Grid, dtype=None) -> FilterBank:
        """Sample the atoms on a grid of three axes."""
        self._check(grid)
        dtype = resolve_real_dtype(dtype, "SolidHarmonics.on")
        labels = [label for group in self._groups(grid) for label in group]
        check_size(self, len(labels), grid)
        kind = complex_dtype(dtype) if self.degree else dtype
        rows, concrete = self._samples(grid), is_concrete(self.width)
        if concrete:
            atoms_hat = _filled(rows, (len(labels), *grid.shape), kind)
        else:
            atoms_hat = jnp.stack([jnp.asarray(row, kind) for row in rows])
        return FilterBank(
            atoms_hat,
            jnp.asarray(self._gaussian(grid, self.scales - 1), dtype),
            grid,
            labels=tuple(labels),
            real=(self.real or self.degree == 0, True),
            frame=self if concrete else None,
        )

    def group_sizes(self, grid: Grid) -> tuple[int, ...]:
        """Numbers of consecutive atoms of `on(grid)` whose squares add up to something isotropic.

        One per scale and degree, degrees varying faster; a last 1 where there is a residual. They do
        not depend on `width`.

        Args:
            grid: of three axes; where all are odd, or in the complex basis, groups have 2l + 1 atoms.

        Raises:
            ValueError: as `on`.

        Source: utility.

        >>> import wiatowski as wi
        >>> wi.frames.SolidHarmonics(scales=1, degree=2).group_sizes(wi.Grid((8, 8, 8)))
        (1, 6, 8)
        """
        self._check(grid)
        return tuple(map(len, self._groups(grid)))

    def _check(self, grid: Grid) -> None:
        check_dimension(self, grid, (3,))
        check_scales(self, self.scales, grid, finest=0)

    def _groups(self, grid: Grid) -> Iterator[list[str]]:
        """The labels of each group."""
        for scale, degree in itertools.product(range(self.scales), range(self.degree + 1)):
            yield [
                f"scale={scale},degree={degree},order={order}{',part=nyquist' * part}"
                for order, part in self._members(grid, degree)
            ]
        if np.any(residual(grid)):
            yield ["residual"]

    def _members(self, grid: Grid, degree: int) -> Iterator[tuple[int, bool]]:
        """Order, and whether it is the part on Nyquist bins, of each atom of a group."""
        orders = range(-degree, degree + 1)
        yield from ((order, False) for order in orders)
        if self.real:
            for order in orders:
                if any(_odd_axes(grid, degree, order)):
                    yield order, True

    def _samples(self, grid: Grid) -> Iterator[Any]:
        """Transforms of the atoms, in the order of their labels."""
        harmonics = _real_harmonics(_direction(grid), self.degree)
        angular = [self._angular(grid, own) for own in harmonics]
        distance = grid.frequency_norm()
        for scale in range(self.scales):
            radial = self._gaussian(grid, scale)
            for degree, own in enumerate(angular):
                shell = radial * (_norm(degree) * _PHASES[degree % 4])
                for (_, part), harmonic in zip(self._members(grid, degree), own, strict=True):
                    yield shell * (-1j * harmonic if part else harmonic)
                # One factor after the other: a Gaussian that underflowed stays zero.
                radial = radial * (self._reach(scale) * distance)
        above = residual(grid)
        if np.any(above):
            yield above

    def _angular(self, grid: Grid, real: list[np.ndarray]) -> list[np.ndarray]:
        """The harmonics of a group's atoms, each on the bins that it has, from those of all bins."""
        if not self.real:
            return _complex_harmonics(real)
        degree, own = len(real) // 2, []
        for order, part in self._members(grid, degree):
            moved, harmonic = _on_odd_bins(grid, degree, order), real[degree + order]
            own.append(np.where(moved, harmonic, 0.0) if part else np.where(moved, 0.0, harmonic))
        return own

    def _reach(self, scale: int) -> Any:
        """r per cycle and unit length."""
        return self.width * (2 * math.pi * 2.0**scale)

    def _gaussian(self, grid: Grid, scale: int) -> Any:
        xp = array_module(self.width)
        return xp.exp(-0.5 * (self._reach(scale) * grid.frequency_norm()) ** 2)


class _Direction(NamedTuple):
    """Components of unit vectors, zero at frequency zero; the azimuth turns from `x` to `y`."""

    polar: np.ndarray
    x: np.ndarray
    y: np.ndarray


def _filled(rows: Iterator[np.ndarray], shape: tuple[int, ...], kind: np.dtype) -> Array:
    """The rows as one array, cast one by one, so that no second stack is held."""
    stack = aligned_zeros(shape, kind)
    for into, row in zip(stack, rows, strict=True):
        into[...] = row
    return jax.device_put(stack)


def _norm(degree: int) -> float:
    r"""$a_l$: 1 / (l+1)!! for even l, $\sqrt{\pi/2}$ / (l+1)!! for odd."""
    double_factorial = math.prod(range(degree + 1, 0, -2))
    return (math.sqrt(math.pi / 2) if degree % 2 else 1.0) / double_factorial


def _direction(grid: Grid) -> _Direction:
    length = grid.frequency_norm()
    first, second, third = (w / np.where(length > 0, length, 1.0) for w in grid.frequencies())
    return _Direction(-first, third, second)


def _real_harmonics(direction: _Direction, highest: int) -> list[list[np.ndarray]]:
    r"""$\sqrt{4\pi/(2l+1)} \, Y_{l,m}$ for each l by m = -l, ..., l: sines below 0, cosines from 0 on.

    $K_{l,m} = \frac{(2l-1) z K_{l-1,m} - \sqrt{(l-1)^2 - m^2} K_{l-2,m}}{\sqrt{l^2 - m^2}}$, from
    $K_{m,m} = \sqrt{(2m-1)!! / (2m)!!}$, are the associated Legendre functions over $(x^2+y^2)^{m/2}$ in
    Schmidt's normalisation, $\sum_m = 1$: polynomials in the components, without angles.
    """
    z, x, y = direction
    table = [[z] * (2 * degree + 1) for degree in range(highest + 1)]
    circle, start = np.ones_like(x + 0j), 1.0
    for order in range(highest + 1):
        before, legendre = np.zeros_like(z), np.full_like(z, start)
        for degree in range(order, highest + 1):
            if degree > order:
                inner, outer = (math.sqrt(k**2 - order**2) for k in (degree - 1, degree))
                following = ((2 * degree - 1) * z * legendre - inner * before) / outer
                before, legendre = legendre, following
            weight = legendre * (math.sqrt(2) if order else 1.0)
            table[degree][degree - order] = weight * circle.imag  # for m = 0 replaced at once
            table[degree][degree + order] = weight * circle.real
        circle = circle * (x + 1j * y)
        start *= math.sqrt((2 * order + 1) / (2 * order + 2))
    return table


def _complex_harmonics(real: list[np.ndarray]) -> list[np.ndarray]:
    """The same with the complex exponentials of the azimuth, and the phase of Condon and Shortley."""
    degree = len(real) // 2
    pairs = [
        (real[degree + m] + 1j * real[degree - m]) * math.sqrt(0.5) for m in range(1, degree + 1)
    ]
    below = [np.conj(pair) for pair in reversed(pairs)]
    return [*below, real[degree], *((-1) ** m * pair for m, pair in enumerate(pairs, start=1))]


def _odd_axes(grid: Grid, degree: int, order: int) -> tuple[bool, ...]:
    """Axes with a Nyquist bin in which a real harmonic is odd."""
    sine = order < 0
    odd = ((degree + order) % 2 == 1, sine, (order + sine) % 2 == 1)
    return tuple(n % 2 == 0 and is_odd for n, is_odd in zip(grid.shape, odd))


def _on_odd_bins(grid: Grid, degree: int, order: int) -> np.ndarray:
    """Bins k at which a real harmonic has opposite signs at k and at its mirror image under -k mod N.

    Up to the parity of the degree, that is: where it is odd in an odd number of axes of half a cycle.
    """
    lines = [
        is_odd & (np.arange(n) == n // 2)
        for n, is_odd in zip(grid.shape, _odd_axes(grid, degree, order))
    ]
    first, second, third = np.meshgrid(*lines, indexing="ij", sparse=True)
    return first ^ second ^ third
