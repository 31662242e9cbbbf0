"""Solid harmonic scattering in 3-D, with the arguments, order and numbers of kymatio's."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._types import Array, is_concrete, resolve_real_dtype
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.solid_harmonics import SolidHarmonics
from wiatowski.frames.subsampled_bank import subsampled
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.nonlinearities import GroupModulus
from wiatowski.scattering._arguments import (
    as_signals,
    check_choice,
    check_integers,
)
from wiatowski.scattering._network import (
    Wavelets,
    placed,
    run,
    scale_of,
)
from wiatowski.scattering._transform import AbstractScattering, compiled

__all__ = ["HarmonicScattering3D"]


class HarmonicScattering3D(AbstractScattering):
    r"""$S_{j,l,q} x = \int (\sum_m |x * \psi_{j,l,m}|^2)^{q/2}$, and along paths $j_1 < j_2 < \dots$ of one degree l.

    Invariant under translations, and under rotations as far as the grid allows. Signals are periodic, on all
    samples. The harmonics are real where orders are joined: of real signals their sums of squares are
    those of the complex ones, for half the work. Leading axes are a batch, and go through in chunks
    that stay in the cache.

    Args:
        J: the wavelets have the scales 0..J, deviations $\sigma_0 2^j$.
        shape: (M, N, O) of the signals, any size.
        L: largest degree.
        sigma_0: deviation of the finest Gaussian in samples; may be traced: it can be learned.
        max_order: largest number of wavelets along a path, any m >= 1.
        rotation_covariant: join the orders m of a degree; otherwise only m = -l is used.
        method: "integral".
        integral_powers: q > 0.
        wavelets: to use in place of `frames.SolidHarmonics`: a frame, a `FilterBank` on the grid of the
            signals, or one for each layer, with labels "scale=j,degree=l,order=m".
        dtype: float32 or float64 of the filters; by default that of the context.
        memory: ceiling in bytes for the temporaries of a call.

    Raises:
        ValueError: for arguments out of range, a signal too small for J, or wavelets that lack a scale
            or a degree.
        TypeError: for wavelets that are no frame of atoms.

    Source: Eickenberg, Exarchakis, Hirn & Mallat 2017; order and norms as in kymatio 0.3.0.

    >>> import jax.numpy as jnp
    >>> from wiatowski.scattering import HarmonicScattering3D
    >>> S = HarmonicScattering3D(J=1, shape=(8, 9, 10), L=2)
    >>> S(jnp.ones((5, 8, 9, 10))).shape
    (5, 3, 3, 3)
    """

    network: FeatureExtractor
    J: int = eqx.field(static=True)
    shape: tuple[int, int, int] = eqx.field(static=True)
    L: int = eqx.field(static=True)
    max_order: int = eqx.field(static=True)
    rotation_covariant: bool = eqx.field(static=True)
    integral_powers: tuple[float, ...] = eqx.field(static=True)

    def __init__(
        self,
        J: int,
        shape: tuple[int, int, int],
        L: int = 3,
        sigma_0: float | Array = 1.0,
        max_order: int = 2,
        rotation_covariant: bool = True,
        method: str = "integral",
        integral_powers: Sequence[float] = (0.5, 1.0, 2.0),
        *,
        wavelets: Wavelets | None = None,
        dtype=None,
        memory: int | None = None,
    ):
        self.J = check_integer("HarmonicScattering3D", "J", J, 0)
        self.L = check_integer("HarmonicScattering3D", "L", L, 0)
        self.max_order = check_integer("HarmonicScattering3D", "max_order", max_order, 1)
        self.shape = _checked_shape(shape)
        self.rotation_covariant = bool(rotation_covariant)
        self.integral_powers = _checked_powers(integral_powers)
        check_choice("HarmonicScattering3D", "method", method, ("integral",))
        dtype, grid = resolve_real_dtype(dtype, "HarmonicScattering3D"), Grid(self.shape)
        if wavelets is None:
            real = self.rotation_covariant
            wavelets = SolidHarmonics(self.J + 1, self.L, sigma_0, real).on(grid, dtype)
        banks = placed("HarmonicScattering3D", wavelets, self.max_order, grid, dtype)
        made = {id(bank): self._layer(bank) for bank in banks}
        self.network = FeatureExtractor(
            [made[id(bank)] for bank in banks], grid, paths=_one_degree, memory=memory
        )

    def _layer(self, bank: FilterBank) -> Layer:
        """The atoms that are used, joined over their orders.

        Raises:
            ValueError: if a scale or a degree has none.
        """
        bank = _audible(bank, self.rotation_covariant)
        joined = GroupModulus(over=("order", "part"))
        for label in bank.labels:
            scale_of("HarmonicScattering3D", label)
        # A band for each group: whole bands are used as they stand.
        number = {i: n for n, group in enumerate(joined.groups(bank.labels)) for i in group}
        few = subsampled(bank, [1] * len(bank), apart=[number[i] for i in range(len(bank))])
        layer = Layer(few, joined)
        for name in itertools.starmap(
            _group, itertools.product(range(self.J + 1), range(self.L + 1))
        ):
            if name not in layer.labels:
                raise ValueError(
                    f'HarmonicScattering3D: no wavelet has a label "{name},order=m", which J = {self.J} and '
                    f"L = {self.L} ask for; use frames.SolidHarmonics(scales={self.J + 1}, degree={self.L})."
                )
        return layer

    def scattering(self, x: Array) -> Array:
        """The coefficients of signals.

        Args:
            x: (..., M, N, O), real or complex.

        Returns:
            (..., paths of scales, L + 1, powers): paths of one scale, then of two, and so on.

        Raises:
            ValueError: for another shape or samples that are not finite.
        """
        dtype = self.network.banks[0].dtype
        signals, batch = as_signals("HarmonicScattering3D", x, self.shape, dtype)
        coefficients = _coefficients(self, signals)
        return coefficients.reshape(*batch, *coefficients.shape[1:])

    def meta(self) -> dict[str, Any]:
        """The paths of scales: "order" (paths,), "key" and "j" (paths, max_order), padded with NaN."""
        keys = self._scale_paths()
        scales = np.full((len(keys), self.max_order), np.nan)
        for row, key in enumerate(keys):
            scales[row, : len(key)] = key
        return {"order": np.array([len(key) for key in keys]), "key": keys, "j": scales}

    def _scale_paths(self) -> list[tuple[int, ...]]:
        return [
            path
            for order in range(1, self.max_order + 1)
            for path in itertools.combinations(range(self.J + 1), order)
        ]


@compiled
def _coefficients(s: HarmonicScattering3D, signals: Array) -> Array:
    def integrals(maps: Array, depth: int) -> Array:
        return jnp.stack([_integral(maps, q) for q in s.integral_powers], axis=-1)

    features = run(s.network, signals, readout=integrals).features
    depths = range(1, s.max_order + 1)
    (tree,) = s.network.trees
    number_of = {path: n for n, path in enumerate(p for depth in depths for p in tree.paths(depth))}
    rows = [
        number_of[
            tuple(
                layer.labels.index(_group(scale, degree))
                for layer, scale in zip(s.network.layers, scales)
            )
        ]
        for scales in s._scale_paths()
        for degree in range(s.L + 1)
    ]
    coefficients = jnp.concatenate([features[n] for n in depths], axis=1)
    return coefficients[:, np.asarray(rows).reshape(-1, s.L + 1)]


def _integral(maps: Array, power: float) -> Array:
    """Sum over space of the powers of maps that are not negative; its gradient at zero is finite."""
    maps = maps.reshape(len(maps), -1)
    if power == 1:
        return jnp.sum(maps, axis=1)
    if power == 2:
        return jnp.sum(maps**2, axis=1)
    positive = maps > 0
    safe = jnp.where(positive, maps, 1)
    raised = jnp.sqrt(safe) if power == 0.5 else safe**power
    return jnp.sum(jnp.where(positive, raised, 0), axis=1)


def _group(scale: int, degree: int) -> str:
    """The label of the wavelets of a scale and degree, joined over their orders."""
    return f"scale={scale},degree={degree}"


def _fields(label: str) -> dict[str, str]:
    return dict(field.split("=") for field in label.split(",") if field.count("=") == 1)


def _one_degree(path: tuple[str, ...]) -> bool:
    """Whether the last two of a path have one degree and increasing scales."""
    if len(path) < 2:
        return True
    one, other = map(_fields, path[-2:])
    return one["degree"] == other["degree"] and int(one["scale"]) < int(other["scale"])


def _audible(bank: FilterBank, covariant: bool) -> FilterBank:
    """Without the atoms of orders that are not used, or that are zero to working precision."""
    peaks = np.full(len(bank), np.inf)
    if is_concrete(bank.atoms_hat):
        peaks = np.abs(np.asarray(bank.atoms_hat)).max(axis=(1, 2, 3))
    silent = 8 * float(jnp.finfo(bank.dtype).eps)
    keep = []
    for number, label in enumerate(bank.labels):
        fields = _fields(label)
        harmonic = {"scale", "degree", "order"} <= set(fields)  # not so a residual
        loud = "part" not in fields or peaks[number] > silent
        if harmonic and loud and (covariant or int(fields["order"]) == -int(fields["degree"])):
            keep.append(number)
    return FilterBank(
        bank.atoms_hat[np.asarray(keep, int)],
        bank.output_atom_hat,
        bank.grid,
        tuple(bank.labels[i] for i in keep),
        (bank.atoms_real, bank.output_real),
    )


def _checked_shape(shape) -> tuple[int, int, int]:
    first, second, third = check_integers("HarmonicScattering3D", "(32, 32, 32)", shape)
    return first, second, third


def _checked_powers(powers) -> tuple[float, ...]:
    try:
        checked = tuple(float(q) for q in powers)
    except (TypeError, ValueError):
        checked = ()
    if not checked or not all(0 < q < np.inf for q in checked):
        raise ValueError(
            f"HarmonicScattering3D: integral_powers must be positive numbers, not {powers!r}."
        )
    return checked
