"""Signals of the classes that the theorems speak of, and real ones that ship with dependencies."""

from __future__ import annotations

import functools
import importlib.util
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from wiatowski._fourier import from_spectrum, spectrum
from wiatowski._types import Array, ArrayLike
from wiatowski.grid import Grid, nearest_divisible_shapes

__all__ = [
    "PHOTOS",
    "band_limited",
    "cartoon",
    "crop",
    "lipschitz",
    "photo",
    "project",
    "random_displacement",
    "recording",
    "resize",
    "white_noise",
]

PHOTOS = ("grace_hopper", "camera", "ascent", "aero")
"""The names that `photo` knows."""


def white_noise(key: Array, grid: Grid, real: bool = True) -> Array:
    """Independent normal samples of unit norm in all: shape `grid.shape`.

    Args:
        key: a `jax.random` key.
        grid: where to sample.
        real: real or complex samples.
    """
    parts = jax.random.normal(key, (2, *grid.shape))
    noise = parts[0] if real else jax.lax.complex(parts[0], parts[1])
    return noise / jnp.linalg.norm(noise)


def band_limited(key: Array, grid: Grid, bandwidth: float, real: bool = True) -> Array:
    r"""White noise restricted to $|\omega| \le$ `bandwidth`, of unit norm.

    Args:
        key: a `jax.random` key.
        grid: where to sample.
        bandwidth: R in cycles per unit length (Euclidean length of the frequency).
        real: real or complex samples.

    Raises:
        ValueError: for a negative bandwidth (no frequency would be left).
    """
    if not bandwidth >= 0:
        raise ValueError(f"band_limited: bandwidth must be >= 0, not {bandwidth!r}.")
    passed = grid.frequency_norm() <= bandwidth
    noise = white_noise(key, grid, real)
    noise_hat = spectrum(noise, grid.ndim) * passed
    limited = from_spectrum(noise_hat, grid.ndim, real)
    return limited / jnp.linalg.norm(limited)


@functools.partial(jax.jit, static_argnames=("grid", "pieces"))
def cartoon(key: Array, grid: Grid, pieces: int = 3) -> Array:
    r"""A cartoon function $f_0 + \sum_i 1_{B_i} (1 + f_i)$: smooth parts and ellipsoids with jumps.

    Args:
        key: a `jax.random` key.
        grid: where to sample; one unit torus is the whole grid.
        pieces: number of ellipsoids.

    Source: Donoho's cartoon functions as in Grohs, Wiatowski & Boelcskei 2016 (`paper_notes.md`).
    """
    positions = np.meshgrid(*(np.arange(n) / n for n in grid.shape), indexing="ij")
    x = jnp.asarray(np.stack(positions), float)
    waves = np.array(list(np.ndindex(*(3,) * grid.ndim)), float)
    draws = jax.random.uniform(key, (pieces + 1, 2 * len(waves) + 2 * grid.ndim))

    def smooth(draw):  # a trigonometric polynomial of low degree with values in [-1/2, 1/2]
        amplitudes, phases = draw[: len(waves)], draw[len(waves) : 2 * len(waves)]
        turns = jnp.tensordot(jnp.asarray(waves, x.dtype), x, axes=1) + _expand(phases, x)
        return jnp.tensordot(amplitudes, jnp.cos(2 * jnp.pi * turns), axes=1) / (2 * len(waves))

    def piece(draw):
        centre, radii = draw[-2 * grid.ndim : -grid.ndim], 0.1 + 0.25 * draw[-grid.ndim :]
        distance = _expand(centre, x) - x
        distance = (distance - jnp.round(distance)) / _expand(radii, x)
        return jnp.where(jnp.sum(distance**2, axis=0) <= 1, 1.0 + smooth(draw), 0.0)

    return smooth(draws[0]) + jnp.sum(jax.vmap(piece)(draws[1:]), axis=0)


def lipschitz(key: Array, grid: Grid, constant: float = 1.0, cones: int = 8) -> Array:
    r"""The lower envelope $\min_i (a_i + C |x - p_i|)$ of cones: Lipschitz with constant exactly C.

    Args:
        key: a `jax.random` key.
        grid: where to sample; distances are cyclic, in units of length.
        constant: C >= 0, per unit length.
        cones: number of cones.

    Raises:
        ValueError: for a negative constant.
    """
    if not constant >= 0:
        raise ValueError(f"lipschitz: constant must be >= 0, not {constant!r}.")
    lengths = np.array(grid.shape) * grid.spacing
    positions = [jnp.asarray(np.arange(n) * grid.spacing, float) for n in grid.shape]
    x = jnp.stack(jnp.meshgrid(*positions, indexing="ij"))
    tips, heights = jax.random.split(key)
    tips = jax.random.uniform(tips, (cones, grid.ndim)) * lengths
    heights = jax.random.uniform(heights, (cones,)) * constant * lengths.min() / 4
    envelope = jnp.full(grid.shape, jnp.inf)
    for tip, height in zip(tips, heights):
        gap = jnp.abs(x - _expand(tip, x))
        gap = jnp.minimum(gap, _expand(jnp.asarray(lengths), x) - gap)
        distance = jnp.linalg.norm(gap, axis=0)
        envelope = jnp.minimum(envelope, height + constant * distance)
    return envelope


@functools.partial(jax.jit, static_argnames="grid")
def random_displacement(key: Array, grid: Grid, amplitude: float, slope: float) -> Array:
    r"""A smooth displacement field with $\|\tau\|_\infty \le$ `amplitude`, slope at most `slope`.

    A random real trigonometric polynomial of degree at most 2 per axis, scaled so that both
    bounds hold for the polynomial itself (sums of the moduli of its coefficients).

    Args:
        key: a `jax.random` key.
        grid: where to sample.
        amplitude: largest Euclidean length, in samples.
        slope: largest entry of the Jacobian, per sample.

    Returns:
        Shape (d, *grid.shape), in samples.
    """
    ndim = grid.ndim
    waves = np.array([k for k in np.ndindex(*(3,) * ndim) if any(k)], dtype=float)
    positions = np.meshgrid(*(np.arange(n) / n for n in grid.shape), indexing="ij")
    turns = np.tensordot(waves, np.stack(positions), axes=1)
    amplitudes, phases = jax.random.split(key)
    c = jax.random.normal(amplitudes, (ndim, len(waves)))
    phase = jax.random.uniform(phases, (ndim, len(waves)))
    field = jnp.stack(
        [
            jnp.tensordot(own, jnp.cos(2 * jnp.pi * (turns + _expand(start, turns))), axes=1)
            for own, start in zip(c, phase)
        ]
    )
    size = jnp.linalg.norm(jnp.sum(jnp.abs(c), axis=1))
    rate = jnp.asarray(2 * np.pi * waves / np.array(grid.shape))
    steepest = jnp.max(jnp.abs(c) @ rate)
    return field * jnp.minimum(amplitude / size, slope / steepest)


def project(f: ArrayLike, band: int) -> tuple[Array, Array]:
    r"""Projection onto the frequencies $|k_i| \le$ `band`, and the share of energy dropped.

    Args:
        f: real or complex.
        band: largest frequency kept on each axis, in cycles per period.

    Returns:
        The projection, and $\|f - Pf\|^2 / \|f\|^2$ (0 for f = 0).

    Raises:
        ValueError: for a band at or beyond the Nyquist frequency.
    """
    f = jnp.asarray(f)
    if not 0 <= band <= (min(f.shape) - 1) // 2:
        raise ValueError(
            f"project: band must lie between 0 and {(min(f.shape) - 1) // 2} for shape {f.shape}, "
            f"not {band}."
        )
    return _projected(f, band)


@functools.partial(jax.jit, static_argnames="band")
def _projected(f: Array, band: int) -> tuple[Array, Array]:
    f_hat = spectrum(f, f.ndim)
    for axis, n in enumerate(f.shape):
        passed = np.abs(np.fft.fftfreq(n, d=1 / n).round()) <= band
        f_hat = f_hat * passed.reshape([-1 if a == axis else 1 for a in range(f.ndim)])
    kept = from_spectrum(f_hat, f.ndim, not jnp.iscomplexobj(f))
    energy = jnp.sum(jnp.abs(f) ** 2)
    dropped = jnp.sum(jnp.abs(f - kept) ** 2) / jnp.where(energy > 0, energy, 1)
    return kept, dropped


def photo(name: str = "grace_hopper") -> np.ndarray:
    """A real photo that ships inside a dependency, values in [0, 1].

    `grace_hopper` is a colour photo (matplotlib's sample data, 600 x 512); `camera`, `ascent` and
    `aero` are grey photos (PyWavelets, 512 x 512).

    Returns:
        float32 array, (3, H, W) for colour and (1, H, W) for grey.

    Raises:
        ValueError: for an unknown name.
        ImportError: if the package that ships the photo is not installed.
    """
    if name not in PHOTOS:
        raise ValueError(f"photo: there is no photo {name!r}; choose one of {', '.join(PHOTOS)}.")
    if name == "grace_hopper":
        _require("matplotlib", "photo")
        _require("PIL", "photo", "pillow")
        import matplotlib.cbook
        from PIL import Image

        path: Any = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
        pixels = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32)
        return np.moveaxis(pixels, -1, 0) / 255
    _require("pywt", "photo", "PyWavelets")
    import pywt.data

    pixels = np.asarray(getattr(pywt.data, name)(), dtype=np.float32)
    return pixels[None] / max(255.0, float(pixels.max()))


def recording() -> np.ndarray:
    """A real electrocardiogram: 1024 samples, in units of its largest modulus (PyWavelets).

    Raises:
        ImportError: if PyWavelets is not installed.
    """
    _require("pywt", "recording", "PyWavelets")
    import pywt.data

    samples = np.asarray(pywt.data.ecg(), dtype=np.float32)
    return samples / np.abs(samples).max()


def crop(f: Array, shape: tuple[int, ...]) -> Array:
    """The central window of the given shape over the trailing axes.

    Raises:
        ValueError: if the window is larger than the array.
    """
    f = jnp.asarray(f)
    start = _trailing(f, shape, "crop")
    if any(n > m for n, m in zip(shape, f.shape[start:])):
        raise ValueError(
            f"crop: {tuple(shape)} does not fit into {f.shape[start:]}; use signals.resize."
        )
    window = tuple(slice((m - n) // 2, (m - n) // 2 + n) for n, m in zip(shape, f.shape[start:]))
    return f[(..., *window)]


def resize(f: Array, shape: tuple[int, ...]) -> Array:
    """Resampled to the given shape over the trailing axes, smoothed first where it shrinks."""
    f = jnp.asarray(f)
    start = _trailing(f, shape, "resize")
    return jax.image.resize(f, (*f.shape[:start], *shape), method="cubic", antialias=True)


def crop_to_multiple(f: Array, factor: int, ndim: int = 2) -> Array:
    """The largest central window whose sides `factor` divides."""
    shape = f.shape[f.ndim - ndim :]
    return crop(f, nearest_divisible_shapes(shape, factor)[0])


def _trailing(f: Array, shape, call: str) -> int:
    if len(shape) > f.ndim or any(n < 1 for n in shape):
        raise ValueError(
            f"{call}: shape {tuple(shape)} does not name {f.ndim} or fewer non-empty axes."
        )
    return f.ndim - len(shape)


def _expand(values: Array, x: Array | np.ndarray) -> Array:
    return values.reshape(-1, *(1,) * (x.ndim - 1))


def _require(module: str, call: str, package: str | None = None) -> None:
    if importlib.util.find_spec(module) is None:
        raise ImportError(
            f"signals.{call}: needs {package or module}; install it with "
            'pip install "wiatowski[verify]".'
        )
