"""Solid harmonic scattering in 3-D, with the arguments, order and numbers of kymatio's."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array, is_concrete, resolve_real_dtype
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.bank import FrameBounds
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.solid_harmonics import SolidHarmonics
from wiatowski.frames.subsampled_bank import SubsampledBank, subsampled
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.nonlinearities import GroupModulus
from wiatowski.scattering._network import as_signals, check_integer, run

__all__ = ["HarmonicScattering3D"]


class HarmonicScattering3D(eqx.Module):
    r"""$S_{j,l,q} x = \int (\sum_m |x * \psi_{j,l,m}|^2)^{q/2}$, and along paths $j_1 < j_2 < \dots$ of one degree l.

    Invariant under translations, and under rotations as far as the grid allows. Signals are periodic, on all
    samples. Real signals take the real harmonics, which have the same sums of squares and need half the
    work. Leading axes are a batch, and go through in chunks that stay in the cache.

    Args:
        J: the wavelets have the scales 0..J, deviations $\sigma_0 2^j$.
        shape: (M, N, O) of the signals, any size.
        L: largest degree.
        sigma_0: deviation of the finest Gaussian in samples; may be traced: it can be learned.
        max_order: largest number of wavelets along a path, any m >= 1.
        rotation_covariant: join the orders m of a degree; otherwise only m = -l is used.
        method: "integral".
        integral_powers: q > 0.
        dtype: float32 or float64 of the filters; by default that of the context.
        memory: ceiling in bytes for the temporaries of a call.

    Raises:
        ValueError: for arguments out of range, or a signal too small for J.

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
        dtype=None,
        memory: int | None = None,
    ):
        self.J = check_integer("HarmonicScattering3D", "J", J, 0)
        self.L = check_integer("HarmonicScattering3D", "L", L, 0)
        self.max_order = check_integer("HarmonicScattering3D", "max_order", max_order, 1)
        self.shape = _checked_shape(shape)
        self.rotation_covariant = bool(rotation_covariant)
        self.integral_powers = _checked_powers(integral_powers)
        if method != "integral":
            raise ValueError(f'HarmonicScattering3D: method must be "integral", not {method!r}.')
        dtype = resolve_real_dtype(dtype, "HarmonicScattering3D")
        frame = SolidHarmonics(self.J + 1, self.L, sigma_0, real=self.rotation_covariant)
        bank = _audible(frame.on(Grid(self.shape), dtype), self.rotation_covariant)
        scales = [int(label.split(",")[0].removeprefix("scale=")) for label in bank.labels]
        bands = subsampled(bank, [1] * len(bank), apart=scales)
        layer = Layer(bands, GroupModulus(over=("order", "part")))
        self.network = FeatureExtractor(
            [layer] * self.max_order, Grid(self.shape), paths=_one_degree, memory=memory
        )

    def __call__(self, x: Array) -> Array:
        """The coefficients: see `scattering`."""
        return self.scattering(x)

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

    def frame_bounds(self, real: bool = True) -> FrameBounds:
        """Frame bounds of the wavelets with the low-pass: the Littlewood-Paley report in two numbers."""
        return self.network.banks[0].frame_bounds(real)

    def littlewood_paley(self, real: bool = True) -> Array:
        r"""$|\hat\phi|^2 + \sum_\lambda |\hat\psi_\lambda|^2$ on the grid."""
        bank = self.network.layers[0].bank
        assert isinstance(bank, SubsampledBank)
        return bank.littlewood_paley(real)

    def admissible(self) -> HarmonicScattering3D:
        """The same transform with filters divided so that no energy is gained."""
        return eqx.tree_at(lambda s: s.network, self, self.network.admissible())

    def _scale_paths(self) -> list[tuple[int, ...]]:
        return [
            path
            for order in range(1, self.max_order + 1)
            for path in itertools.combinations(range(self.J + 1), order)
        ]


@eqx.filter_jit
def _coefficients(s: HarmonicScattering3D, signals: Array) -> Array:
    def integrals(maps: Array, depth: int) -> Array:
        return jnp.stack([_integral(maps, q) for q in s.integral_powers], axis=-1)

    features = run(s.network, signals, readout=integrals).features
    groups = s.network.layers[0].labels
    where = {label: number for number, label in enumerate(groups)}
    depths = range(1, s.max_order + 1)
    paths = [path for depth in depths for path in s.network.trees[0].paths(depth)]
    number_of = {path: number for number, path in enumerate(paths)}
    order = [
        [number_of[tuple(where[f"scale={j},degree={l}"] for j in path)] for l in range(s.L + 1)]
        for path in s._scale_paths()
    ]
    return jnp.concatenate([features[n] for n in depths], axis=1)[
        :, np.asarray(order, int).reshape(-1, s.L + 1)
    ]


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


def _one_degree(path: tuple[str, ...]) -> bool:
    """Whether the last two of a path have one degree and increasing scales."""
    if "residual" in path:
        return False
    if len(path) < 2:
        return True
    (first, one), (second, other) = (label.split(",") for label in path[-2:])
    return one == other and int(first.partition("=")[2]) < int(second.partition("=")[2])


def _audible(bank: FilterBank, covariant: bool) -> FilterBank:
    """Without the atoms that are zero to working precision, or of the orders that are not used."""
    keep = []
    peaks = None
    if is_concrete(bank.atoms_hat):
        peaks = np.abs(np.asarray(bank.atoms_hat)).max(axis=(1, 2, 3))
    for number, label in enumerate(bank.labels):
        fields = dict(field.split("=") for field in label.split(",") if "=" in field)
        lowest = "degree" not in fields or int(fields["order"]) == -int(fields["degree"])
        eps = 8 * float(jnp.finfo(bank.dtype).eps)
        loud = peaks is None or "part" not in fields or peaks[number] > eps
        if loud and (covariant or lowest):
            keep.append(number)
    return FilterBank(
        bank.atoms_hat[np.asarray(keep)],
        bank.output_atom_hat,
        bank.grid,
        tuple(bank.labels[i] for i in keep),
        (bank.atoms_real, bank.output_real),
    )


def _checked_shape(shape) -> tuple[int, int, int]:
    try:
        first, second, third = (int(n) for n in shape)
    except (TypeError, ValueError):
        raise ValueError(
            f"HarmonicScattering3D: shape must be (M, N, O), such as (32, 32, 32), not {shape!r}."
        ) from None
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
