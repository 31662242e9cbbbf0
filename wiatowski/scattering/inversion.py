"""Signals from their scattering coefficients, by gradient descent."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._extras import imported
from wiatowski._integers import check_integer
from wiatowski._types import Array
from wiatowski.scattering.harmonic_3d import HarmonicScattering3D
from wiatowski.scattering.scattering_1d import Scattering1D
from wiatowski.scattering.scattering_2d import Scattering2D

__all__ = ["Inversion", "invert"]

Transform = Scattering1D | Scattering2D | HarmonicScattering3D

_MEMORY = 10  # pairs of steps and gradients that L-BFGS keeps


class Inversion(NamedTuple):
    """Where a descent has arrived; `invert(..., start=inversion)` goes on from there.

    `errors[k]` is $\\|S x_k - c\\| / \\|c\\|$ before step k, the last one that of `signal`.
    """

    signal: Array
    errors: np.ndarray
    state: Any  # of the optimiser


def invert(
    transform: Transform,
    coefficients: Any,
    *,
    steps: int = 200,
    start: Array | Inversion | None = None,
    key: Array | None = None,
    progress: bool = True,
) -> Inversion:
    r"""A real signal x that minimises $\|Sx - c\|^2 / \|c\|^2$, by L-BFGS with a line search.

    The minimum is not unique: at best, averages hide a shift or a sign. More scales, a lower J or
    oversampling bring x closer to the signal behind c.

    Args:
        transform: one of this module's; it may be `admissible()`, or hold filters of your own.
        coefficients: c, as the transform returns them, batch axes included.
        steps: of the descent.
        start: a signal to begin with, (..., *shape); or what an earlier call returned, to go on as
            if it had not stopped. By default white noise with coefficients of the norm of c.
        key: of the noise.
        progress: show a bar with the error.

    Raises:
        TypeError: for another transform, or a complex start.
        ValueError: for coefficients or a start of a wrong shape, or that are not finite.
        ImportError: without optax or tqdm, naming the extra that brings them.

    Source: utility; gradient descent as by Bruna & Mallat 2013, section 2.

    >>> import wiatowski as wi
    >>> S = wi.scattering.Scattering1D(J=2, shape=64, Q=4)
    >>> heart = wi.signals.recording()[:64]
    >>> found = wi.scattering.invert(S, S(heart), steps=20, progress=False)
    >>> found = wi.scattering.invert(S, S(heart), steps=20, start=found, progress=False)
    >>> found.signal.shape, len(found.errors), bool(found.errors[-1] < 0.02)
    ((64,), 41, True)
    """
    if not isinstance(transform, Transform):
        raise TypeError(
            "invert: transform must be a Scattering1D, Scattering2D or HarmonicScattering3D, not "
            f"{type(transform).__name__}."
        )
    steps = check_integer("invert", "steps", steps, 1)
    optax: Any = imported("invert", "invert", "optax")
    bar = imported("invert", "invert", "tqdm").tqdm if progress else None
    target, batch = _checked_coefficients(transform, coefficients)
    shape, dtype = (*batch, *_signal_shape(transform)), transform.network.banks[0].dtype
    if isinstance(start, Inversion):
        x = _checked_start(start.signal, shape, dtype)
        errors, state = list(start.errors[:-1]), start.state
    else:
        if start is None:
            start = _noise(transform, target, shape, key)
        x = _checked_start(start, shape, dtype)
        errors, state = [], _typed(_optimiser(optax).init(x))

    rounds = range(steps) if bar is None else bar(range(steps), desc="inversion", unit="step")
    for _ in rounds:
        x, state, value = _step(optax, transform, target, x, state)
        errors.append(float(jnp.sqrt(value)))
        if bar is not None:
            rounds.set_postfix_str(f"error {errors[-1]:.2e}", refresh=False)  # pyright: ignore[reportAttributeAccessIssue]
    errors.append(float(jnp.sqrt(_loss(transform, target, x))))
    return Inversion(x, np.array(errors), state)


def _optimiser(optax):
    return optax.lbfgs(memory_size=_MEMORY)


@eqx.filter_jit
def _step(optax, transform: Transform, target: list[Array], x: Array, state):
    """The next signal and state, and the loss before; optax is imported only when it is needed."""

    def loss(x):
        return _loss(transform, target, x)

    value, gradient = optax.value_and_grad_from_state(loss)(x, state=state)
    update, state = _optimiser(optax).update(
        gradient, state, x, value=value, grad=gradient, value_fn=loss
    )
    return optax.apply_updates(x, update), _typed(state), value


def _typed(state):
    """Without weak types, which would compile the first two steps apart."""
    return jax.tree.map(lambda a: jnp.asarray(a, jnp.result_type(a)), state)


@eqx.filter_jit
def _loss(transform: Transform, target: list[Array], x: Array) -> Array:
    found = _arrays(transform(x))
    missed = sum(jnp.sum((a - c) ** 2) for a, c in zip(found, target, strict=True))
    size = sum(jnp.sum(c**2) for c in target)
    return missed / jnp.where(size > 0, size, 1)


def _arrays(coefficients: Any) -> list:
    """The arrays, not the numbers of the wavelets, of whatever a transform returns."""
    leaves = jax.tree.leaves(coefficients)
    return [a for a in leaves if hasattr(a, "dtype") and jnp.issubdtype(a.dtype, jnp.inexact)]


def _signal_shape(transform: Transform) -> tuple[int, ...]:
    if isinstance(transform, Scattering2D) and transform.pre_pad:
        return transform.padded_shape
    return transform.shape


def _checked_coefficients(
    transform: Transform, coefficients: Any
) -> tuple[list[Array], tuple[int, ...]]:
    """The arrays of the coefficients, and their batch axes."""
    dtype = transform.network.banks[0].dtype

    def expected(batch: tuple[int, ...]):
        signal = jax.ShapeDtypeStruct((*batch, *_signal_shape(transform)), dtype)
        return jax.eval_shape(transform, signal)

    single = expected(())
    wanted = [a.shape for a in _arrays(single)]
    given = _arrays(coefficients)
    shapes = [jnp.shape(a) for a in given]
    batch = shapes[0][: len(shapes[0]) - len(wanted[0])] if shapes else ()
    alike = jax.tree.structure(coefficients) == jax.tree.structure(single)
    if not alike or shapes != [(*batch, *own) for own in wanted]:
        form = f"(..., {', '.join(map(str, wanted[0]))})"
        form = form if len(wanted) == 1 else f"{len(wanted)} paths, the first one {form}"
        raise ValueError(
            f"invert: the transform returns {form}, but the coefficients are "
            f"{shapes if len(shapes) < 3 else f'{len(shapes)} arrays'}; pass what the transform returned, "
            "or build it with the arguments with which they were computed."
        )
    if any(jnp.iscomplexobj(a) for a in given):
        raise ValueError(
            "invert: the coefficients are complex, but the signals that it looks for are real; pass "
            "coefficients of a real signal."
        )
    target = [jnp.asarray(a, dtype) for a in given]
    if not all(np.isfinite(np.asarray(a)).all() for a in target):
        raise ValueError("invert: the coefficients hold NaN or infinite samples; mask them first.")
    return target, batch


def _checked_start(start: Any, shape: tuple[int, ...], dtype) -> Array:
    start = jnp.asarray(start)
    if jnp.iscomplexobj(start):
        raise TypeError("invert: the signal sought is real; pass a real start.")
    if start.shape != shape:
        raise ValueError(
            f"invert: the signals behind these coefficients have shape {shape}, but start has {start.shape}."
        )
    if not np.isfinite(np.asarray(start)).all():
        raise ValueError("invert: start holds NaN or infinite samples; start from zeros or noise.")
    return start.astype(dtype)


def _noise(
    transform: Transform, target: list[Array], shape: tuple[int, ...], key: Array | None
) -> Array:
    key = jax.random.key(0) if key is None else key
    x = jax.random.normal(key, shape, transform.network.banks[0].dtype)
    norms = [jnp.sqrt(sum(jnp.sum(a**2) for a in own)) for own in (target, _arrays(transform(x)))]
    return x * (norms[0] / norms[1])
