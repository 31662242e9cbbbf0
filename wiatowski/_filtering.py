r"""Many maps times many atoms in frequency, folded to the samples that are kept.

Spectra travel as *windows*: all frequencies $-W/2 \le k < W/2$ of each axis, in the order of the FFT or,
*centred*, from the lowest to the highest, so that smaller windows are slices of larger ones. Atoms that
vanish outside a window are stored, and multiplied, only there.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from wiatowski._fourier import spatial_axes
from wiatowski._types import Array

# Sums of up to so many terms are written out: XLA's reductions over leading axes do not vectorise.
_WRITTEN_OUT = 16


def window(u_hat: Array, shape: tuple[int, ...]) -> Array:
    """The frequencies of a window from full spectra."""
    for axis, width in zip(spatial_axes(len(shape)), shape, strict=True):
        size = u_hat.shape[axis]
        if width < size:
            low = _part(u_hat, axis, 0, (width + 1) // 2)
            high = _part(u_hat, axis, size - width // 2, size)
            u_hat = jnp.concatenate([low, high], axis=axis)
    return u_hat


def window_of_half(half: Array, shape: tuple[int, ...]) -> Array:
    """The frequencies of a window from the half spectra of real maps (`rfftn` over the same axes)."""
    width = shape[-1]
    positive = window(half[..., : (width + 1) // 2], (*shape[:-1], (width + 1) // 2))
    negative = half[..., 1 : width // 2 + 1][..., ::-1]
    for axis, own in zip(spatial_axes(len(shape))[:-1], shape[:-1], strict=True):
        size, positives = negative.shape[axis], (own + 1) // 2
        parts = [  # what stands at -k for k = 0, 1, ..., -2, -1
            _part(negative, axis, 0, 1),
            jnp.flip(_part(negative, axis, size - positives + 1, size), axis),
            jnp.flip(_part(negative, axis, 1, own // 2 + 1), axis),
        ]
        negative = jnp.concatenate(parts, axis=axis)
    return jnp.concatenate([positive, jnp.conj(negative)], axis=-1)


def centred(u_hat: Array, shape: tuple[int, ...]) -> Array:
    """A centred window from full spectra in the order of the FFT."""
    for axis, width in zip(spatial_axes(len(shape)), shape, strict=True):
        u_hat = _ascending(u_hat, axis, width // 2, width)
    return u_hat


def centred_of_half(half: Array, shape: tuple[int, ...]) -> Array:
    """A centred window from the half spectra of real maps."""
    width, axes = shape[-1], spatial_axes(len(shape))[:-1]
    positive, negative = half[..., : (width + 1) // 2], half[..., 1 : width // 2 + 1]
    for axis, own in zip(axes, shape[:-1], strict=True):
        positive = _ascending(positive, axis, own // 2, own)
        negative = _ascending(negative, axis, (own - 1) // 2, own)
    mirrored = jnp.conj(jnp.flip(negative, (*axes, -1)))  # what stands at -k
    return jnp.concatenate([mirrored, positive], axis=-1)


def _ascending(u_hat: Array, axis: int, below: int, width: int) -> Array:
    """The frequencies from -below on, in order, of an axis in the order of the FFT."""
    size = u_hat.shape[axis]
    parts = [_part(u_hat, axis, size - below, size), _part(u_hat, axis, 0, width - below)]
    return jnp.concatenate(parts, axis=axis) if below else parts[1]


def middle(values: Array, shape: tuple[int, ...]) -> Array:
    """A smaller centred window of a centred window."""
    for axis, width in zip(spatial_axes(len(shape)), shape, strict=True):
        start = values.shape[axis] // 2 - width // 2
        values = _part(values, axis, start, start + width)
    return values


def folded_middle(values: Array, shape: tuple[int, ...]) -> Array:
    """Sums of the values of a centred window whose frequencies agree modulo `shape`, centred."""
    for axis, n in zip(spatial_axes(len(shape)), shape, strict=True):
        below, width = values.shape[axis] // 2 - n // 2, values.shape[axis]
        before = -below % n
        after = -(before + width) % n
        pads = [(0, 0, 0)] * values.ndim
        pads[axis] = (before, after, 0)
        values = jax.lax.pad(values, jnp.zeros((), values.dtype), pads)
        starts = range(0, values.shape[axis], n)
        values = _written_out([_part(values, axis, t, t + n) for t in starts])
    return values


def folded(values: Array, shape: tuple[int, ...]) -> Array:
    """Sums of the values of a window whose frequencies agree modulo `shape`."""
    for axis, n in zip(spatial_axes(len(shape)), shape, strict=True):
        width = values.shape[axis]
        missing = -width % n
        if missing:  # zeros where the window ends, in the middle of the FFT's order
            low = _part(values, axis, 0, (width + 1) // 2)
            high = _part(values, axis, (width + 1) // 2, width)
            gap = list(values.shape)
            gap[axis] = missing
            values = jnp.concatenate([low, jnp.zeros(gap, values.dtype), high], axis=axis)
        tiles = [_part(values, axis, t, t + n) for t in range(0, width + missing, n)]
        values = _written_out(tiles)
    return values


def filtered(u_hat: Array, atoms_hat: Array, shape: tuple[int, ...]) -> Array:
    r"""$\sum_j \hat u_p[k + jn]\, \hat g_a[k + jn]$ for every map and atom: products, folded.

    Args:
        u_hat: (maps, *window) spectra.
        atoms_hat: (atoms, *window), real or complex; the window is a multiple of `shape`.
        shape: n, samples per axis of the result.

    Returns:
        (maps, atoms, *shape).
    """
    tiles = tuple(w // n for w, n in zip(u_hat.shape[1:], shape, strict=True))
    return _filtered.bind(u_hat, atoms_hat, tiles=tiles)


def chosen(values: Array, rows: Sequence[int]) -> Array:
    """Some rows, in order; runs of neighbours are copied, which gathers are slow at."""
    if list(rows) == list(range(len(values))):
        return values
    starts = [i for i, row in enumerate(rows) if i == 0 or row != rows[i - 1] + 1]
    ends = [*starts[1:], len(rows)]
    runs = [_part(values, 0, rows[a], rows[b - 1] + 1) for a, b in zip(starts, ends)]
    return runs[0] if len(runs) == 1 else jnp.concatenate(runs)


def _part(values: Array, axis: int, start: int, stop: int) -> Array:
    return jax.lax.slice_in_dim(values, start, stop, axis=axis)


def _split(values: Array, tiles: tuple[int, ...]) -> Array:
    """(rows, W1, ..) -> (rows, c1, n1, c2, n2, ..)."""
    parts = [part for c, w in zip(tiles, values.shape[1:]) for part in (c, w // c)]
    return values.reshape(values.shape[0], *parts)


def _written_out(terms: list[Array]) -> Array:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _products(u_hat: Array, atoms_hat: Array, *, tiles: tuple[int, ...]) -> Array:
    u_hat, atoms_hat = _split(u_hat, tiles), _split(atoms_hat, tiles)
    at = [
        (slice(None), *(i for t in tile for i in (t, slice(None))))
        for tile in itertools.product(*map(range, tiles))
    ]

    def folded_products(u, g):
        return _written_out([u[own][:, None] * g[own][None] for own in at])

    return _by_parts(folded_products, u_hat, atoms_hat)


def _against(folded: Array, other: Array, axis: int, tiles: tuple[int, ...]) -> Array:
    """Cotangent of one factor: sum over the other's rows of the unfolded cotangent times them."""
    other = _split(other, tiles)
    folded = folded.reshape(*folded.shape[:2], *(i for n in folded.shape[2:] for i in (1, n)))
    folded = jnp.moveaxis(folded, axis, 0)
    count = other.shape[0]

    def sums(folded, other):
        if count <= _WRITTEN_OUT:
            total = _written_out([folded[i] * other[i] for i in range(count)])
        else:
            start = jnp.zeros((folded.shape[1], *other.shape[1:]), jnp.result_type(folded, other))
            total = jax.lax.scan(
                lambda t, pair: (t + pair[0] * pair[1], None), start, (folded, other)
            )[0]
        sizes = (c * n for c, n in zip(total.shape[1::2], total.shape[2::2]))
        return total.reshape(total.shape[0], *sizes)

    return _by_parts(sums, folded, other)


def _by_parts(function, one: Array, other: Array) -> Array:
    """A real-bilinear function of a complex and a real array, without making the real one complex."""
    if jnp.iscomplexobj(one) and not jnp.iscomplexobj(other):
        return jax.lax.complex(function(one.real, other), function(one.imag, other))
    return function(one, other)


def _against_atoms(cotangent, u_hat, atoms_hat, *, tiles):
    return _against(cotangent, atoms_hat, 1, tiles)


def _against_maps(cotangent, u_hat, atoms_hat, *, tiles):
    total = _against(cotangent, u_hat, 0, tiles)
    return total if jnp.issubdtype(atoms_hat.aval.dtype, jnp.complexfloating) else jnp.real(total)


def _batched(operands, axes, *, tiles):
    if axes[1] is None:  # more maps
        u_hat = jnp.moveaxis(operands[0], axes[0], 0)
        rows = u_hat.reshape(-1, *u_hat.shape[2:])
        out = _filtered.bind(rows, operands[1], tiles=tiles)
        return out.reshape(*u_hat.shape[:2], *out.shape[1:]), 0
    each = jax.vmap(lambda u, g: _products(u, g, tiles=tiles), tuple(axes))
    return each(*operands), 0


def _shape(u_hat, atoms_hat, *, tiles):
    folded = (w // c for w, c in zip(u_hat.shape[1:], tiles))
    dtype = jnp.promote_types(u_hat.dtype, atoms_hat.dtype)
    return ShapedArray((u_hat.shape[0], atoms_hat.shape[0], *folded), dtype)


_filtered = Primitive("filtered")
_filtered.def_impl(jax.jit(_products, static_argnames="tiles"))
_filtered.def_abstract_eval(_shape)
mlir.register_lowering(_filtered, mlir.lower_fun(_products, multiple_results=False))
ad.defbilinear(_filtered, _against_atoms, _against_maps)
batching.primitive_batchers[_filtered] = _batched
