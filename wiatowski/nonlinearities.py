r"""Nonlinearities $M$ with $M(0) = 0$ and their sharp Lipschitz constants on $\mathbb{C}$.

Unless said otherwise a function of a real variable acts on real and imaginary part. The paper's
constants are larger where noted; both are valid, the sharp ones decide admissibility.
"""

import abc
import functools
import math
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array

__all__ = [
    "GELU",
    "AbstractNonlinearity",
    "GroupModulus",
    "Identity",
    "LeakyReLU",
    "ModReLU",
    "Modulus",
    "Pointwise",
    "ReLU",
    "ReLU6",
    "ShiftedSigmoid",
    "SiLU",
    "SoftThreshold",
    "Tanh",
    "lipschitz_probe",
]

# sup |x sigma(x)|' is attained where x tanh(x / 2) = 2; sup |x Phi(x)|' at sqrt(2). Rounded up.
_SILU_LIPSCHITZ = 1.099839320128867
_GELU_LIPSCHITZ = 1.128904145185155


class AbstractNonlinearity(eqx.Module):
    """A map of arrays with `M(0) = 0`.

    `pointwise` says that each sample is mapped on its own, so that the map commutes with every
    shift and with decimation; `ignores_phase`, that complex samples enter by their moduli alone.
    """

    pointwise: ClassVar[bool] = True
    ignores_phase: ClassVar[bool] = False
    # Whether it makes one map of the maps of several atoms.
    joins: ClassVar[bool] = False
    # Whether it has derivatives forward, or a rule for the way back alone.
    forward: ClassVar[bool] = True

    def groups(self, labels: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        """The numbers of the atoms whose maps enter each new map: one each."""
        return tuple((i,) for i in range(len(labels)))

    def joined_labels(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the new maps, given those of the atoms."""
        return labels

    def join(self, u: Array, axis: int) -> Array:
        """The new maps of groups, whose atoms stand along an axis."""
        return self(jnp.squeeze(u, axis))

    @property
    @abc.abstractmethod
    def lipschitz(self) -> float:
        """Smallest known L with |M(z) - M(w)| <= L |z - w|."""

    @abc.abstractmethod
    def __call__(self, u: Array) -> Array:
        """Apply to an array of any shape, real or complex."""


@jax.custom_jvp
def _modulus(z: Array) -> Array:
    """|z|; its derivative is 0 at zero."""
    return jnp.abs(z)


@_modulus.defjvp
def _modulus_jvp(primals, tangents):
    (z,), (dz,) = primals, tangents
    size = jnp.abs(z)
    safe = jnp.where(size > 0, size, 1)
    return size, (z.real / safe) * dz.real + (z.imag / safe) * dz.imag


def _split(function: Callable[[Array], Array], u: Array) -> Array:
    """Apply to real and imaginary part."""
    if jnp.iscomplexobj(u):
        return jax.lax.complex(function(jnp.real(u)), function(jnp.imag(u)))
    return function(u)


def _shrink_modulus(u: Array, threshold: float) -> Array:
    r"""$(|u| - b)_+ \, u / |u|$ with a finite gradient at zero."""
    if threshold == 0:
        return jnp.asarray(u)
    size = jnp.abs(u)
    safe = jnp.where(size > threshold, size, 1)
    anchor = jax.lax.stop_gradient(safe)  # no square of a tiny modulus in the derivative
    ratio = (threshold / anchor) / (safe / anchor)
    return jnp.where(size > threshold, u * (1 - ratio), jnp.zeros_like(u))


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _root_of_squares(u: Array, axis: int) -> Array:
    parts = [jnp.abs(u.real), jnp.abs(u.imag)] if jnp.iscomplexobj(u) else [jnp.abs(u)]
    # Written out: XLA's reductions over a leading axis are slower than additions.
    rows = [jax.lax.index_in_dim(p, i, axis, False) for p in parts for i in range(u.shape[axis])]
    # Divided by the largest, so that no square over- or underflows.
    peak = functools.reduce(jnp.maximum, rows)
    scale = jnp.where(peak > 0, peak, 1)
    inverse = 1 / scale
    return jnp.where(
        peak > 0, scale * jnp.sqrt(functools.reduce(jnp.add, [(r * inverse) ** 2 for r in rows])), 0
    )


@_root_of_squares.defjvp
def _root_of_squares_jvp(axis: int, primals, tangents):
    # A sum over the group, whose transpose is a broadcast: additions would transpose to as many pads.
    (u,), (du,) = primals, tangents
    root = _root_of_squares(u, axis)
    positive = root > 0
    inverse = jnp.where(positive, 1 / jnp.where(positive, root, 1), 0)
    directions = u * jnp.expand_dims(inverse, axis)
    return root, jnp.sum(jnp.real(jnp.conj(directions) * du), axis)


class Modulus(AbstractNonlinearity):
    r"""$M(z) = |z|$; L = 1 (reverse triangle inequality), as in the paper."""

    ignores_phase = True

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u: Array) -> Array:
        return _modulus(u) if jnp.iscomplexobj(u) else jnp.abs(u)


class GroupModulus(AbstractNonlinearity):
    r"""$M(z_1, \dots, z_k) = (|z_1|^2 + \dots + |z_k|^2)^{1/2}$ over groups of atoms; L = 1.

    Atoms whose labels agree in all but the fields `over` make one map. With solid harmonics this is
    the modulus that commutes with rotations.

    Args:
        over: the label fields that differ within a group.

    Source: reverse triangle inequality in C^k; Eickenberg, Exarchakis, Hirn & Mallat 2017.

    >>> import wiatowski as wi
    >>> wi.GroupModulus(over="order").joined_labels(("scale=0,order=0", "scale=0,order=1"))
    ('scale=0',)
    """

    over: tuple[str, ...] = eqx.field(static=True)
    joins = True
    ignores_phase = True

    def __init__(self, over: str | tuple[str, ...] = ("order", "part")):
        over = (over,) if isinstance(over, str) else tuple(over)
        if not over or not all(isinstance(field, str) and field for field in over):
            raise ValueError(
                f'GroupModulus: over must name fields of the labels, such as "order", not {over!r}.'
            )
        self.over = over

    @property
    def lipschitz(self) -> float:
        return 1.0

    def groups(self, labels: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        """Atoms by what their labels say apart from the fields `over`, in order of appearance."""
        found: dict[str, list[int]] = {}
        for number, label in enumerate(labels):
            found.setdefault(self._stem(label), []).append(number)
        return tuple(map(tuple, found.values()))

    def joined_labels(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """What the labels of a group have in common."""
        return tuple(dict.fromkeys(map(self._stem, labels)))

    def __call__(self, u: Array) -> Array:
        """Of a group of one: the modulus."""
        return jnp.abs(u)

    def join(self, u: Array, axis: int) -> Array:
        """The root of the sum of squared moduli along an axis; its gradient at zero is zero."""
        return _root_of_squares(u, axis)

    def _stem(self, label: str) -> str:
        fields = [f for f in label.split(",") if f.partition("=")[0] not in self.over]
        return ",".join(fields) or "all"


class ReLU(AbstractNonlinearity):
    r"""$M(z) = (\Re z)_+ + i (\Im z)_+$; L = 1 (the paper's constant is 2)."""

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u: Array) -> Array:
        return _split(jax.nn.relu, u)


class ReLU6(AbstractNonlinearity):
    r"""$M(x) = \min(x_+, 6)$ on each part; L = 1."""

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u: Array) -> Array:
        return _split(jax.nn.relu6, u)


class Tanh(AbstractNonlinearity):
    r"""$M(z) = \tanh \Re z + i \tanh \Im z$; L = sup tanh' = 1 (the paper's constant is 2)."""

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u: Array) -> Array:
        return _split(jnp.tanh, u)


class ShiftedSigmoid(AbstractNonlinearity):
    r"""$M = \sigma - \frac12$ on each part, $\sigma(x) = 1/(1+e^{-x})$; L = 1/4 (paper: 1/2)."""

    @property
    def lipschitz(self) -> float:
        return 0.25

    def __call__(self, u: Array) -> Array:
        return _split(lambda x: 0.5 * jnp.tanh(0.5 * x), u)


class Identity(AbstractNonlinearity):
    r"""$M(z) = z$; L = 1."""

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u: Array) -> Array:
        return jnp.asarray(u)


class ModReLU(AbstractNonlinearity):
    r"""$M(z) = (|z| - b)_+ e^{i \arg z}$; L = 1, the proximal map of $b|z|$.

    Args:
        bias: b >= 0.

    Raises:
        ValueError: for b < 0, where the map jumps at zero and has no Lipschitz constant.
    """

    bias: float = eqx.field(static=True)

    def __init__(self, bias: float = 0.1):
        if not (math.isfinite(bias) and bias >= 0):
            raise ValueError(
                f"ModReLU: bias must be a finite number >= 0, not {bias!r} (below zero the map "
                "would jump at zero and have no Lipschitz constant)."
            )
        self.bias = float(bias)

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u: Array) -> Array:
        return _shrink_modulus(u, self.bias)


class LeakyReLU(AbstractNonlinearity):
    r"""$x_+ - a\, x_-$ on each part; L = max(1, |a|).

    Args:
        slope: a, the slope for negative values.
    """

    slope: float = eqx.field(static=True)

    def __init__(self, slope: float = 0.01):
        if not math.isfinite(slope):
            raise ValueError(f"LeakyReLU: slope must be finite, not {slope!r}.")
        self.slope = float(slope)

    @property
    def lipschitz(self) -> float:
        return max(1.0, abs(self.slope))

    def __call__(self, u: Array) -> Array:
        return _split(lambda x: jnp.where(x >= 0, x, self.slope * x), u)


class SiLU(AbstractNonlinearity):
    r"""$x \sigma(x)$ on each part; L = 1.09984, attained where $x \tanh(x/2) = 2$."""

    @property
    def lipschitz(self) -> float:
        return _SILU_LIPSCHITZ

    def __call__(self, u: Array) -> Array:
        return _split(jax.nn.silu, u)


class GELU(AbstractNonlinearity):
    r"""$x \Phi(x)$ on each part, $\Phi$ the normal distribution; L = 1.12890, attained at $\sqrt 2$."""

    @property
    def lipschitz(self) -> float:
        return _GELU_LIPSCHITZ

    def __call__(self, u: Array) -> Array:
        return _split(lambda x: jax.nn.gelu(x, approximate=False), u)


class SoftThreshold(AbstractNonlinearity):
    r"""$\mathrm{sign}(x)(|x| - \theta)_+$ on each part; L = 1 (for the modulus see `ModReLU`).

    Args:
        threshold: theta >= 0.

    Raises:
        ValueError: for a negative threshold.
    """

    threshold: float = eqx.field(static=True)

    def __init__(self, threshold: float = 0.1):
        if not (math.isfinite(threshold) and threshold >= 0):
            raise ValueError(f"SoftThreshold: threshold must be >= 0, not {threshold!r}.")
        self.threshold = float(threshold)

    @property
    def lipschitz(self) -> float:
        return 1.0

    def __call__(self, u: Array) -> Array:
        return _split(lambda x: _shrink_modulus(x, self.threshold), u)


class Pointwise(AbstractNonlinearity):
    r"""A user's own function of one sample, with its declared Lipschitz constant.

    Args:
        function: maps an array sample by sample (real and complex); zero to zero.
        lipschitz: L, as declared.
        name: shown in reports and needed to load a saved extractor.

    Raises:
        ValueError: if `function(0)` is not 0, or the constant is exceeded on `lipschitz_probe()`.

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> wi.Pointwise(jnp.sin, 0.5, "sine")
    Traceback (most recent call last):
    ...
    ValueError: Pointwise('sine'): the declared Lipschitz constant 0.5 is exceeded on the probe ...
    """

    function: Callable[[Array], Array] = eqx.field(static=True)
    declared: float = eqx.field(static=True)
    name: str = eqx.field(static=True)

    def __init__(self, function: Callable[[Array], Array], lipschitz: float, name: str):
        if not (math.isfinite(lipschitz) and lipschitz > 0):
            raise ValueError(
                f"Pointwise({name!r}): the Lipschitz constant must be positive and finite, "
                f"not {lipschitz!r}."
            )
        self.function, self.name = function, str(name)
        self.declared = float(lipschitz)
        _check_declared(self)

    @property
    def lipschitz(self) -> float:
        return self.declared

    def __call__(self, u: Array) -> Array:
        return self.function(u)


def lipschitz_probe() -> np.ndarray:
    r"""The documented probe set on which a declared constant is tested.

    The real and imaginary numbers $\pm 2^{e}$, $e = -12, -11.5, \dots, 6$, zero, and the complex
    numbers of these radii (whole $e$) at 16 angles; every pair of neighbours and every pair with
    zero is compared, and every point with a neighbour at distance $2^{-10}$ of its modulus in 8
    directions.

    Returns:
        complex64 array of shape (pairs, 2).
    """
    radii = 2.0 ** np.arange(-12, 6.25, 0.5)
    line = np.concatenate([-radii[::-1], [0.0], radii])
    circle = np.exp(2j * np.pi * np.arange(16) / 16)
    disc = (2.0 ** np.arange(-12, 7))[:, None] * circle
    neighbours = np.stack([line[:-1], line[1:]], axis=-1)
    pairs = [neighbours, 1j * neighbours]
    pairs.append(np.stack([disc, np.roll(disc, 1, axis=1)], axis=-1).reshape(-1, 2))
    points = np.concatenate([line, 1j * line, disc.ravel()])
    points = points[points != 0]
    pairs.append(np.stack([points, np.zeros_like(points)], axis=-1))
    steps = np.abs(points)[:, None] * 2.0**-10 * np.exp(2j * np.pi * np.arange(8) / 8)
    pairs.append(
        np.stack([points[:, None] + steps, points[:, None] + 0 * steps], -1).reshape(-1, 2)
    )
    return np.concatenate(pairs).astype(np.complex64)


def _check_declared(nonlinearity: Pointwise) -> None:
    """Raise if the declared constant is exceeded beyond the rounding of float32."""
    name = f"Pointwise({nonlinearity.name!r})"
    at_zero = np.abs(np.asarray(nonlinearity(jnp.zeros(2, dtype=jnp.complex64))))
    if not np.all(at_zero == 0):
        raise ValueError(f"{name}: M(0) must be 0, but it is {at_zero[0]:g}; subtract it.")
    pairs = lipschitz_probe()
    real = np.real(pairs[np.all(np.imag(pairs) == 0, axis=1)])
    for probe in (pairs, real):
        values = np.asarray(nonlinearity(jnp.asarray(probe)))
        if values.shape != probe.shape:
            raise ValueError(
                f"{name}: the function must keep the shape of its argument, but it turned "
                f"{probe.shape} into {values.shape}."
            )
        eps = np.finfo(np.float32).eps
        moved = np.abs(values[:, 0] - values[:, 1])
        distance = np.abs(probe[:, 0] - probe[:, 1])
        rounding = 16 * eps * (np.abs(values).max(axis=1) + np.abs(probe).max(axis=1))
        excess = moved - nonlinearity.lipschitz * distance - rounding
        if not np.all(excess <= 0):
            worst = int(np.nanargmax(np.where(np.isnan(excess), np.inf, excess)))
            ratio = moved[worst] / distance[worst]
            raise ValueError(
                f"{name}: the declared Lipschitz constant {nonlinearity.lipschitz:g} is "
                f"exceeded on the probe set (lipschitz_probe): |M(z) - M(w)| / |z - w| = "
                f"{ratio:.6g} at z = {probe[worst, 0]:.6g}, w = {probe[worst, 1]:.6g}; declare at "
                f"least {ratio:.6g}, or scale the function down."
            )
