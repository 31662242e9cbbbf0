r"""The laws of the theory as assertions: call them on your own frames, layers and extractors.

Each compares norms in double precision and allows for rounding only, by a formula in the precision
eps, the number of samples and the depth. A discrete Fourier transform of N samples is taken to be
accurate to $5 \epsilon (1 + \log_2 N)$ in the Euclidean norm.
"""

from __future__ import annotations

import functools as ft
import math
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski.actions import translate
from wiatowski.definition import features_by_definition
from wiatowski.extractor import FeatureExtractor
from wiatowski.features import Features
from wiatowski.frames.bank import AbstractBank
from wiatowski.frames.filter_bank import FilterBank

__all__ = [
    "assert_agrees_with_definition",
    "assert_covariant",
    "assert_finite_gradient",
    "assert_frame",
    "assert_lipschitz",
    "assert_nonexpansive",
    "assert_parseval",
    "assert_reconstructs",
    "assert_same_under_jit_and_vmap",
]


def assert_frame(bank: AbstractBank, f) -> None:
    r"""The frame inequality $A\|f\|^2 \le \sum_\lambda \|f * g_\lambda\|^2 \le B\|f\|^2$.

    A and B are `bank.frame_bounds()`, those for real input where `f` is real.

    Args:
        bank: the atoms on a grid.
        f: a signal on that grid, real or complex; for a `MatrixBank` one per channel.

    Raises:
        AssertionError: naming the side that fails and by how much.

    Source: Wiatowski & Boelcskei 2018, semi-discrete frames.

    >>> import numpy as np, wiatowski as wi
    >>> assert_frame(wi.frames.Haar(scales=2).on(wi.Grid((16,))), np.arange(16.0))
    """
    lower, upper = (float(b) for b in _bounds(bank, not np.iscomplexobj(f)))
    energy, measured = _norm(f) ** 2, _norm(_analysis(bank, f)) ** 2
    eps = _eps(bank, f)
    relative = 4 * _transform_rounding(bank.grid.size, eps) + _bank_rounding(bank, eps)
    slack = relative * upper * energy
    _require(
        "frame inequality, lower side: A ||f||^2 <= sum ||f * g||^2",
        lower * energy,
        measured,
        slack,
    )
    _require(
        "frame inequality, upper side: sum ||f * g||^2 <= B ||f||^2",
        measured,
        upper * energy,
        slack,
    )


def assert_parseval(bank: FilterBank, tolerance: float | None = None) -> None:
    r"""Parseval: $\sum_\lambda |\hat g_\lambda(\omega)|^2 + |\hat\chi(\omega)|^2 = 1$ on the grid.

    Args:
        bank: the atoms on a grid.
        tolerance: largest deviation allowed; by default the rounding (atoms + 4) eps.

    Raises:
        AssertionError: with the worst deviation and its frequency.

    Source: Wiatowski & Boelcskei 2018, tight frames with A = B = 1.

    >>> import wiatowski as wi
    >>> assert_parseval(wi.frames.Meyer(scales=2).on(wi.Grid((32, 24))))
    """
    deviation = np.abs(np.asarray(bank.littlewood_paley(), np.float64) - 1)
    allowed = (len(bank) + 4) * _eps(bank) if tolerance is None else tolerance
    worst = np.unravel_index(int(np.argmax(deviation)), deviation.shape)
    axes = (np.fft.fftfreq(n, d=bank.grid.spacing) for n in bank.grid.shape)
    where = tuple(float(w[i]) for w, i in zip(axes, worst))
    _require(f"Parseval: |sum - 1| at {where} cycles per unit length", deviation[worst], 0, allowed)


def assert_reconstructs(bank: AbstractBank, f) -> None:
    r"""The canonical dual inverts: $\sum_\lambda (f * g_\lambda) * I \tilde g_\lambda = f$.

    Args:
        bank: a frame (A > 0) on a grid.
        f: a signal on that grid; for a `MatrixBank` one per channel.

    Raises:
        ValueError: if the lower bound vanishes, so that nothing inverts.
        AssertionError: with the norm of the difference.

    Source: Wiatowski & Boelcskei 2018, dual frames; exact on the grid.

    >>> import numpy as np, wiatowski as wi
    >>> assert_reconstructs(wi.frames.Haar(scales=2).on(wi.Grid((16,))), np.arange(16.0))
    """
    lower, upper = (float(b) for b in _bounds(bank, False))
    if not lower > 0:
        bank.reconstruct(bank.analysis(f))  # raises, and names the frequencies that no atom covers
    back = _round_trip(bank, f)
    eps = _eps(bank, f)
    relative = 2 * _transform_rounding(bank.grid.size, eps) + _bank_rounding(bank, eps)
    slack = relative * math.sqrt(upper / lower) * _norm(f)
    _require("reconstruction: ||dual synthesis of the analysis - f||", _distance(back, f), 0, slack)


def assert_lipschitz(function: Callable, constant: float, u, v, depth: int = 1) -> None:
    r"""$\|F(u) - F(v)\| \le L \|u - v\|$ for a map with F(0) = 0, Euclidean norms on samples.

    Args:
        function: takes an array, returns an array or a collection of arrays (`Features`).
        constant: L.
        u: one argument.
        v: another one of the same shape.
        depth: stages of the map, each of which may round like two Fourier transforms.

    Raises:
        AssertionError: with both sides and the ratio.

    Source: Wiatowski & Boelcskei 2018, Lipschitz property.

    >>> import jax.numpy as jnp
    >>> assert_lipschitz(jnp.abs, 1.0, jnp.array([1.0, -2.0]), jnp.array([0.5, 3.0]))
    """
    u, v = jnp.asarray(u), jnp.asarray(v)
    moved, apart = _distance(function(u), function(v)), _distance(u, v)
    relative = 2 * depth * _transform_rounding(u.size, _eps(u, v))
    slack = relative * constant * (_norm(u) + _norm(v))
    ratio = moved / apart if apart else math.nan
    _require(
        f"Lipschitz with constant {constant:.6g} (ratio {ratio:.6g}): ||F(u) - F(v)||",
        moved,
        constant * apart,
        slack,
    )


def assert_nonexpansive(function: Callable, u, v, depth: int = 1) -> None:
    r"""$\|F(u) - F(v)\| \le \|u - v\|$, the law of admissible extractors: L = 1.

    Args:
        function: takes an array, returns an array or a collection of arrays.
        u: one argument.
        v: another one of the same shape.
        depth: stages of the map; for a feature extractor, `phi.depth + 1`.

    Raises:
        AssertionError: with both sides and the ratio.

    Source: Wiatowski & Boelcskei 2018, Lipschitz property of admissible extractors.

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> assert_nonexpansive(wi.Tanh(), jnp.array([1.0, -2.0]), jnp.array([0.5, 3.0]))
    """
    assert_lipschitz(function, 1.0, u, v, depth)


def assert_covariant(phi: FeatureExtractor, f, shift) -> None:
    r"""Aligned shifts: $\Phi^n(T_t f) = T_{t/D_n} \Phi^n(f)$ with $D_n$ the product of the strides.

    Args:
        phi: any extractor.
        f: a signal on its grid.
        shift: t in input samples, one number per axis, each a multiple of the stride of the
            deepest features (of `output_stride`, where that is set).

    Raises:
        ValueError: for a shift that is not aligned, for which the law is false in general.
        AssertionError: naming the depth, with the norm of the difference.

    Source: Wiatowski et al. 2016, translation on the cyclic group; exact (`paper_notes.md`, D1).

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.MaxPool(2))
    >>> assert_covariant(wi.FeatureExtractor([layer], wi.Grid((8,))), jnp.arange(8.0), 2)
    """
    t = np.atleast_1d(np.asarray(shift))
    steps = [phi.output_stride or own for own in phi.strides]
    if np.any(t % max(steps)):
        raise ValueError(
            f"assert_covariant: the shift {t.tolist()} is not a multiple of {max(steps)} samples, "
            "the stride of the deepest features; only aligned shifts commute with decimation."
        )
    moved, still = phi(translate(jnp.asarray(f), t)), phi(f)
    slack = _extractor_rounding(phi, f)
    for depth, step in enumerate(steps):
        own = tuple(int(s) for s in t // step)
        expected = jnp.roll(still[depth], own, tuple(range(1, still[depth].ndim)))
        _require(
            f"covariance at depth {depth}: ||Phi^n(T_t f) - T_(t/D_n) Phi^n(f)||",
            _distance(moved[depth], expected),
            0,
            slack,
        )


def assert_agrees_with_definition(phi: FeatureExtractor, f) -> None:
    r"""The fast path equals the definition, one path $(U[q]f) * \chi_n$ at a time.

    Args:
        phi: any extractor; the definition costs one convolution per path.
        f: a signal on its grid.

    Raises:
        AssertionError: for another number, order or dtype of the paths, or naming the depth, with
            the norm of the difference.

    Source: Wiatowski & Boelcskei 2018, feature extractor (`wiatowski.definition`).

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.MaxPool(2))
    >>> assert_agrees_with_definition(wi.FeatureExtractor([layer], wi.Grid((8,))), jnp.arange(8.0))
    """
    _assert_same_features("agreement with the definition", phi, f, phi(f), _definition(phi, f))


def assert_finite_gradient(function: Callable, x) -> None:
    r"""The derivative of every output is finite: $J^* 1$ (and $J^* i$) hold no NaN and no infinity.

    Args:
        function: takes an array, returns an array or a collection of arrays.
        x: where to differentiate: try zeros, ties and constant signals.

    Raises:
        AssertionError: with the number of samples whose derivative is not finite.

    Source: utility.

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> assert_finite_gradient(wi.Modulus(), jnp.zeros(4, dtype=jnp.complex64))
    """
    outputs, pull = jax.vjp(function, jnp.asarray(x))
    for imaginary in (0, 1):
        cotangent = jax.tree.map(ft.partial(_ones_like, imaginary=imaginary), outputs)
        (gradient,) = pull(cotangent)
        bad = int(np.sum(~np.isfinite(np.asarray(gradient))))
        if bad:
            raise AssertionError(
                f"finite gradient: {bad} of {gradient.size} samples of the derivative are NaN or "
                "infinite."
            )


def assert_same_under_jit_and_vmap(phi: FeatureExtractor, batch) -> None:
    r"""Compiled, batched and eager evaluation give the same features.

    Args:
        phi: any extractor.
        batch: signals on its grid, (count, *grid.shape).

    Raises:
        AssertionError: naming the transformation and the depth, with the norm of the difference.

    Source: utility.

    >>> import jax.numpy as jnp, wiatowski as wi
    >>> phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8,)))
    >>> assert_same_under_jit_and_vmap(phi, jnp.eye(8)[:2])
    """
    batch = jnp.asarray(batch)
    compiled = eqx.filter_jit(phi)
    together = _batched(phi, batch)
    for i, f in enumerate(batch):
        with jax.disable_jit():
            eager = phi(f)
        _assert_same_features("jit = eager", phi, f, compiled(f), eager)
        row = jax.tree.map(lambda a, i=i: a[i], together)
        _assert_same_features("vmap = loop", phi, f, row, eager)


@eqx.filter_jit
def _analysis(bank: AbstractBank, f):
    return bank.analysis(f)


@eqx.filter_jit
def _round_trip(bank: AbstractBank, f):
    return bank.reconstruct(bank.analysis(f))


@eqx.filter_jit
def _bounds(bank: AbstractBank, real: bool):
    return bank.frame_bounds(real)


@eqx.filter_jit
def _batched(phi: FeatureExtractor, batch) -> Features:
    return jax.vmap(phi)(batch)


@eqx.filter_jit
def _definition(phi: FeatureExtractor, f) -> Features:
    return features_by_definition(phi, f)


def _assert_same_features(law: str, phi, f, ours: Features, expected: Features) -> None:
    slack = _extractor_rounding(phi, f)
    for depth, (a, b) in enumerate(zip(ours, expected, strict=True)):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise AssertionError(
                f"{law}: at depth {depth} {a.dtype}{a.shape} differs from {b.dtype}{b.shape}."
            )
        _require(f"{law} at depth {depth}: norm of the difference", _distance(a, b), 0, slack)


def _extractor_rounding(phi: FeatureExtractor, f) -> float:
    """4 transforms per depth, amplified by the product of the layers' gains that exceed one."""
    gains = [max(1.0, float(gain)) for gain in (layer.gain() for layer in phi.layers)]
    gains.append(max(1.0, float(jnp.max(jnp.abs(phi.output_bank.output_atom_hat))) ** 2))
    relative = 4 * (phi.depth + 1) * _transform_rounding(phi.grid.size, _eps(phi, f))
    return relative * math.sqrt(math.prod(gains)) * _norm(f)


def _bank_rounding(bank: AbstractBank, eps: float) -> float:
    """That of the bank's bounds and of two more operations, in the precision eps."""
    return (bank.rounding / float(jnp.finfo(bank.dtype).eps) + 2) * eps


def _transform_rounding(size: int, eps: float) -> float:
    """Relative error of one Fourier transform of `size` samples."""
    return 5 * eps * (1 + math.log2(max(size, 1)))


def _eps(*values) -> float:
    """The coarsest precision among the arrays."""
    leaves = [leaf for value in values for leaf in jax.tree.leaves(value)]
    types = [a.dtype for a in map(jnp.asarray, leaves) if jnp.issubdtype(a.dtype, jnp.inexact)]
    return max(
        (float(jnp.finfo(dtype).eps) for dtype in types), default=float(jnp.finfo(float).eps)
    )


def _ones_like(array, imaginary: int):
    value = 1j if imaginary and jnp.iscomplexobj(array) else 1
    return jnp.full(array.shape, value, array.dtype)


def _double(leaf) -> np.ndarray:
    leaf = np.asarray(leaf)
    return leaf.astype(np.complex128 if np.iscomplexobj(leaf) else np.float64)


def _norm(value) -> float:
    return math.sqrt(sum(float(np.sum(np.abs(_double(a)) ** 2)) for a in jax.tree.leaves(value)))


def _distance(one, other) -> float:
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return math.sqrt(sum(float(np.sum(np.abs(_double(a) - _double(b)) ** 2)) for a, b in pairs))


def _require(law: str, smaller: float, larger: float, slack: float) -> None:
    if not smaller <= larger + slack:
        raise AssertionError(
            f"{law} fails: {smaller:.6g} exceeds {larger:.6g} by {smaller - larger:.3g}, and the "
            f"rounding allowed for is {slack:.3g}."
        )
