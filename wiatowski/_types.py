"""Array types and precision rules shared by every module."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from jaxtyping import Array

__all__ = [
    "Array",
    "ArrayLike",
    "complex_dtype",
    "is_concrete",
    "real_dtype",
    "resolve_real_dtype",
]


def resolve_real_dtype(dtype, call: str) -> np.dtype:
    """The real dtype to build in: float32, or float64 inside ``jax.enable_x64(True)``.

    Args:
        dtype: `None` for the precision of the surrounding context, or float32 / float64.
        call: name of the public call, for the message.

    Raises:
        ValueError: for any other dtype, and for float64 where 64-bit arrays are switched off.
    """
    context = jnp.zeros(()).dtype
    if dtype is None:
        return np.dtype(context)
    resolved = np.dtype(dtype)
    if resolved not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ValueError(f"{call}: dtype must be float32 or float64, not {resolved}.")
    if resolved == np.float64 and context != jnp.float64:
        raise ValueError(
            f"{call}: float64 needs 64-bit arrays; put `with jax.enable_x64(True):` around "
            "the whole computation."
        )
    return resolved


def real_dtype(dtype) -> np.dtype:
    """The real dtype of the same precision: complex64 -> float32."""
    return np.dtype(jnp.finfo(dtype).dtype)


def complex_dtype(dtype) -> np.dtype:
    """The complex dtype of the same precision: float32 -> complex64."""
    return np.dtype(jnp.result_type(dtype, jnp.complex64))


def all_finite(array) -> bool:
    """Whether no number is NaN or infinite, as far as that can be seen: tracers pass."""
    return not is_concrete(array) or bool(np.isfinite(np.asarray(array)).all())


def is_concrete(*values) -> bool:
    """Whether no value is a JAX tracer, so that its numbers may be looked at."""
    return not any(isinstance(leaf, Tracer) for value in values for leaf in jax.tree.leaves(value))
