r"""What the theorems do to a signal: translate $T_t$, deform and modulate $F_{\tau,\omega}$.

Signals are trigonometric polynomials through their samples (periodic); shifts and displacements
are in input samples. All spatial axes are those of the array: batches go through `jax.vmap`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._fourier import (
    evaluate_trigonometric,
    from_spectrum,
    spectrum,
    translation_multiplier,
    trigonometric_coefficients,
)
from wiatowski._types import Array, ArrayLike, is_concrete, real_dtype

__all__ = ["deform", "modulate", "translate", "translate_batch"]


def translate(f: ArrayLike, shift: ArrayLike | Sequence[float]) -> Array:
    r"""$T_t f(x) = f(x - t)$ on the torus, exact for the trigonometric interpolant.

    Whole concrete shifts only move samples. For fractional ones the Nyquist bin of an even axis
    is multiplied by $\cos \pi t$ (so real stays real); the shift is then unitary only if that bin
    is empty.

    Args:
        f: real or complex, one axis per dimension.
        shift: t in samples, one number per axis (a single number in 1-D).

    Raises:
        ValueError: if `shift` has not one number per axis.

    Source: Wiatowski & Boelcskei 2018, translation operator.

    >>> import jax.numpy as jnp
    >>> translate(jnp.arange(4.0), 1).tolist()
    [3.0, 0.0, 1.0, 2.0]
    """
    f = _signal(f)
    if np.shape(shift) not in ((f.ndim,), () if f.ndim == 1 else (f.ndim,)):
        raise ValueError(
            f"translate: the shift needs one number per axis, that is shape ({f.ndim},), but its "
            f"shape is {np.shape(shift)}; move batches through jax.vmap."
        )
    if is_concrete(shift):
        exact = np.atleast_1d(np.asarray(shift, dtype=float))
        if not np.isfinite(exact).all():
            raise ValueError(f"translate: the shift must be finite, not {exact.tolist()}.")
        shift = np.fmod(exact, f.shape)  # before the cast: float32 rounds long shifts
        if np.all(shift == np.round(shift)):
            return _rolled(f, shift.astype(int))
    shift = jnp.atleast_1d(jnp.asarray(shift, dtype=real_dtype(f.dtype)))
    return translate_batch(f[None], shift)[0]


@jax.jit
def _rolled(f: Array, shift: ArrayLike) -> Array:
    """One program for every shift."""
    return jnp.roll(f, tuple(jnp.asarray(shift)), tuple(range(f.ndim)))


@jax.jit
def translate_batch(maps: Array, shift: ArrayLike) -> Array:
    """`translate` of every row, through the transform: maps (rows, N1, ..., Nd), one shift (d,)."""
    ndim = maps.ndim - 1
    maps_hat = spectrum(maps, ndim)
    for factor in translation_multiplier(maps.shape[1:], jnp.asarray(shift)):
        maps_hat = maps_hat * factor
    return from_spectrum(maps_hat, ndim, not jnp.iscomplexobj(maps))


def modulate(f: ArrayLike, omega: ArrayLike) -> Array:
    r"""$e^{2\pi i \omega(x)} f(x)$ for a real phase $\omega$ in cycles.

    Args:
        f: real or complex.
        omega: real, of the same shape, or one number.

    Raises:
        ValueError: if the shapes differ.

    Source: Wiatowski & Boelcskei 2018, the modulation in F_{tau, omega}.
    """
    f = _signal(f)
    omega = jnp.asarray(omega, dtype=real_dtype(f.dtype))
    if omega.ndim and omega.shape != f.shape:
        raise ValueError(
            f"modulate: omega has shape {omega.shape}, but the signal {f.shape}; give one phase "
            "per sample or a single number."
        )
    return f * jnp.exp(2j * jnp.pi * omega)


def deform(
    f: ArrayLike, tau: ArrayLike, omega: ArrayLike | None = None, band: int | None = None
) -> Array:
    r"""$F_{\tau,\omega} f(x) = e^{2\pi i \omega(x)} f(x - \tau(x))$ at the grid's samples.

    Evaluates the trigonometric polynomial exactly (a sum over all its frequencies at each
    displaced point), never by interpolation between samples.

    Args:
        f: real or complex, shape (N1, ..., Nd).
        tau: displacement in samples, shape (d, N1, ..., Nd); (N,) also in 1-D.
        omega: phase in cycles, of the signal's shape; none by default.
        band: only frequencies $|k_i| \le$ `band` are evaluated. For signals known to have no
            others this costs less; what lies outside is dropped.

    Returns:
        Real for real `f` without modulation, else complex.

    Raises:
        ValueError: for a displacement of the wrong shape or a band beyond the Nyquist frequency.

    Source: Wiatowski & Boelcskei 2018, deformation F_{tau, omega}.

    >>> import jax.numpy as jnp
    >>> deform(jnp.arange(4.0), jnp.ones(4)).round(4).tolist()
    [3.0, 0.0, 1.0, 2.0]
    """
    f = _signal(f)
    tau = jnp.asarray(tau, dtype=real_dtype(f.dtype))
    if f.ndim == 1 and tau.shape == f.shape:
        tau = tau[None]
    if tau.shape != (f.ndim, *f.shape):
        raise ValueError(
            f"deform: tau has shape {tau.shape}, but a signal of shape {f.shape} needs "
            f"{(f.ndim, *f.shape)}: one displacement per axis and sample."
        )
    if band is not None and not 0 <= band <= (min(f.shape) - 1) // 2:
        raise ValueError(
            f"deform: band must lie between 0 and {(min(f.shape) - 1) // 2} for a signal of shape "
            f"{f.shape}, not {band}; leave it out to evaluate every frequency."
        )
    values = _displaced_values(f, tau, band)
    if omega is not None:
        return modulate(values, omega)
    return values if jnp.iscomplexobj(f) else jnp.real(values)


@functools.partial(jax.jit, static_argnames="band")
def _displaced_values(f: Array, tau: Array, band: int | None) -> Array:
    """f(n - tau(n)), complex."""
    coefficients, modes = trigonometric_coefficients(f, band)
    values = evaluate_trigonometric(coefficients, modes, f.shape, displaced_points(tau))
    return values.reshape(f.shape)


def displaced_points(tau: Array) -> Array:
    """Positions n - tau(n) in samples, one row per sample: (samples, d)."""
    positions = np.meshgrid(*(np.arange(n) for n in tau.shape[1:]), indexing="ij")
    return jnp.stack([jnp.asarray(p, tau.dtype) - t for p, t in zip(positions, tau)], -1).reshape(
        -1, tau.shape[0]
    )


def _signal(f: ArrayLike) -> Array:
    f = jnp.asarray(f)
    return f if jnp.issubdtype(f.dtype, jnp.inexact) else f.astype(float)
