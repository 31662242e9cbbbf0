"""Changes of signals that leave their classes: functions of a key and a signal, for `train`."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp

from wiatowski._integers import check_integer
from wiatowski._types import Array

__all__ = ["Deformed", "Flipped", "Noisy", "Shifted"]


class Shifted(eqx.Module):
    """Moved by whole samples, each axis by itself, zeros moving in.

    Args:
        most: samples in either direction.

    Raises:
        ValueError: for a negative number.

    >>> import jax, jax.numpy as jnp
    >>> Shifted(2)(jax.random.key(0), jnp.ones((1, 8, 8))).shape
    (1, 8, 8)
    """

    most: int = eqx.field(static=True)

    def __init__(self, most: int):
        self.most = check_integer("Shifted", "most", most, 0)

    def __call__(self, key: Array, f: Array) -> Array:
        """(channels, *shape) -> the same."""
        m, axes = self.most, f.ndim - 1
        wide = jnp.pad(f, ((0, 0), *((m, m),) * axes))
        starts = jax.random.randint(key, (axes,), 0, 2 * m + 1)
        return jax.lax.dynamic_slice(wide, (0, *starts), f.shape)


class Flipped(eqx.Module):
    """Reversed along the last axis, one time in two: left and right of an image."""

    def __call__(self, key: Array, f: Array) -> Array:
        """(channels, *shape) -> the same."""
        return jnp.where(jax.random.bernoulli(key), jnp.flip(f, axis=-1), f)


class Noisy(eqx.Module):
    """White Gaussian noise added.

    Args:
        deviation: of each sample.

    Raises:
        ValueError: for a negative one.
    """

    deviation: float = eqx.field(static=True)

    def __init__(self, deviation: float):
        if not 0 <= deviation < float("inf"):
            raise ValueError(f"Noisy: deviation must be a number >= 0, not {deviation!r}.")
        self.deviation = float(deviation)

    def __call__(self, key: Array, f: Array) -> Array:
        """(channels, *shape) -> the same."""
        return f + self.deviation * jax.random.normal(key, f.shape, f.dtype)


class Deformed(eqx.Module):
    r"""$f(x - \tau(x))$, linear between samples, zero outside: $\tau$ a random smooth field.

    Every component of the field is a sum of the sine and cosine products of up to `waves` periods per axis, scaled
    so that $\|\tau\|_\infty$ is uniform between 0 and `most`.

    Args:
        most: samples.
        waves: periods over the signal.

    Raises:
        ValueError: for a negative displacement, or less than one wave.
    """

    most: float = eqx.field(static=True)
    waves: int = eqx.field(static=True)

    def __init__(self, most: float, waves: int = 2):
        if not 0 <= most < float("inf"):
            raise ValueError(f"Deformed: most must be a number of samples >= 0, not {most!r}.")
        self.waves = check_integer("Deformed", "waves", waves)
        self.most = float(most)

    def __call__(self, key: Array, f: Array) -> Array:
        """(channels, *shape) -> the same."""
        shape = f.shape[1:]
        tau = self.field(key, shape)
        places = jnp.stack(jnp.meshgrid(*map(jnp.arange, shape), indexing="ij")) - tau
        return jax.vmap(lambda u: jax.scipy.ndimage.map_coordinates(u, list(places), order=1))(f)

    def field(self, key: Array, shape: tuple[int, ...]) -> Array:
        r"""$\tau$ in samples, (axes, *shape)."""
        drawn, sized = jax.random.split(key)
        ndim = len(shape)
        waves = jax.random.normal(drawn, (ndim, *(2 * self.waves + 1,) * ndim))
        for axis, n in enumerate(shape):
            turns = 2 * jnp.pi * jnp.outer(jnp.arange(n), jnp.arange(self.waves + 1)) / n
            basis = jnp.concatenate([jnp.cos(turns), jnp.sin(turns[:, 1:])], axis=1)
            waves = jnp.moveaxis(jnp.tensordot(basis, waves, axes=(1, axis + 1)), 0, axis + 1)
        size = jnp.sqrt(jnp.sum(waves**2, axis=0)).max()
        return waves / size * jax.random.uniform(sized, maxval=self.most)
