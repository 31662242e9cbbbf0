"""The numbers of a report: constants of the layers, energies, differences and their bounds."""

from __future__ import annotations

import inspect
import math
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from wiatowski import bounds, signals
from wiatowski.actions import deform, translate
from wiatowski.extractor import FeatureExtractor, Trace
from wiatowski.features import Features
from wiatowski.frames.scaled import Scaled
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.nonlinearities import (
    Modulus,
    ReLU,
    ShiftedSigmoid,
    Tanh,
)
from wiatowski.poolings import AbstractPooling, Decimate, Dilate

__all__ = [
    "Companion",
    "channel",
    "companions",
    "constants",
    "deformation",
    "describe",
    "extract",
    "translation",
]

#: The paper's Lipschitz constants; valid, for three of the four not sharp.
PAPER_LIPSCHITZ = {Modulus: 1.0, ReLU: 2.0, Tanh: 2.0, ShiftedSigmoid: 0.5}

_COMPANION_SIDE = 64
_DEFORMATION_SIDE = 128
_COMPANION_SAMPLES = 32_000_000
_SHIFTS = (1, 2, 3, 4, 8, 16)
_FIXED_SHIFT = 3
_AMPLITUDES = (0.5, 1.0, 2.0, 4.0, 8.0)


def describe(member: eqx.Module | None) -> str:
    """A member as it is written in Python: ``Meyer(scales=2)``; scalings as a factor in front."""
    if member is None:
        return "user's arrays"
    if isinstance(member, Scaled):
        return f"{member.factor:.4g} × {describe(member.frame)}"
    arguments = []
    for name, parameter in inspect.signature(type(member)).parameters.items():
        value = getattr(member, name)
        if isinstance(value, (eqx.Module, str, bool)) and value == parameter.default:
            continue
        if isinstance(value, eqx.Module):
            arguments.append(f"{name}={describe(value)}")
        elif isinstance(value, (int, float, str)):
            arguments.append(
                f"{name}={str(value)!r}" if isinstance(value, str) else f"{name}={value!r}"
            )
    return (
        f"{type(member).__name__}({', '.join(arguments)})" if arguments else type(member).__name__
    )


def constants(phi: FeatureExtractor) -> dict[str, Any]:
    """Everything the theorems need to know of the layers."""
    layers = []
    for number, layer in enumerate(phi.layers, start=1):
        bank = layer.bank
        lower, upper = (float(b) for b in bank.frame_bounds())
        layers.append(
            {
                "number": number,
                "grid": list(bank.grid.shape),
                "spacing": bank.grid.spacing,
                "frame": describe(bank.frame),
                "atoms": len(bank),
                "nonlinearity": describe(layer.nonlinearity),
                "pooling": describe(layer.pooling),
                "A": lower,
                "B": upper,
                "L": layer.nonlinearity.lipschitz,
                "L_paper": PAPER_LIPSCHITZ.get(type(layer.nonlinearity)),
                "R": layer.pooling.lipschitz(bank.maps_grid),
                "S": layer.factor,
                "gain": float(layer.gain()),
            }
        )
    output = phi.output_bank
    certified = phi.constants(phi.certify())
    return {
        "layers": layers,
        "output": {
            "frame": describe(output.frame),
            "grid": list(output.grid.shape),
            "spacing": output.grid.spacing,
            "sup": float(jnp.max(jnp.abs(output.output_atom_hat))),
        },
        "paths": [len(p) for p in _labels(phi)],
        "admissible": phi.is_admissible(),
        "lipschitz_bound": float(phi.lipschitz_bound()),
        "certified": {
            "upper_bounds": list(certified.upper_bounds),
            "gain": max(certified.gains),
            "lipschitz_bound": certified.lipschitz_bound,
            "tiers": list(certified.tiers),
        },
        "output_decay": [float(bounds.output_decay(phi, n)) for n in range(phi.depth + 1)],
    }


@eqx.filter_jit
def extract(phi: FeatureExtractor, channels: jax.Array) -> tuple[Features, jax.Array, jax.Array]:
    """Features of every channel, and per channel the energies of features and of maps."""

    def one(f):
        trace: Trace = phi.trace(f)
        return trace.features, trace.features.energies(), trace.propagated_energies()

    return jax.vmap(one)(channels)


def channel(features: Features, index: int) -> Features:
    """The features of one of several signals."""
    return jax.tree.map(lambda a: a[index], features)


class Companion(NamedTuple):
    """The extractor with one pooling everywhere, and the crop of the image that it sees."""

    dilated: FeatureExtractor
    decimated: FeatureExtractor
    signal: jax.Array


def companions(phi: FeatureExtractor, f: np.ndarray) -> Companion | str:
    """The same frames and nonlinearities with every pooling `Dilate(2)` and `Decimate(2)`.

    Returns:
        The pair with a central crop of `f`, or the reason why there is none.
    """
    multiple = 2**phi.depth
    shape = tuple(min(n, _COMPANION_SIDE) // multiple * multiple for n in f.shape)
    if min(shape) < 2 * multiple:
        return f"the image is too small to be halved {phi.depth} times"
    try:
        dilated, decimated = (
            _rebuilt(phi, shape, pooling).admissible() for pooling in (Dilate(2), Decimate(2))
        )
    except ValueError as error:
        return str(error)
    paths = dilated.path_counts[-1]
    if paths * math.prod(shape) > _COMPANION_SAMPLES:
        return f"{paths} undecimated paths take too long for a figure"
    return Companion(dilated, decimated, signals.crop(jnp.asarray(f), shape))


def translation(pair: Companion) -> dict[str, Any]:
    r"""Measured $|||\Phi^n(T_t f) - \Phi^n(f)|||$ and its bounds, all divided by ||f||.

    Shifts are t samples along the second axis. Per extractor an array (shifts, depths) each.
    """
    f = pair.signal
    longest = f.shape[1] // 4
    shifts = [t for t in _SHIFTS if t <= longest] or [1]
    norm = float(jnp.linalg.norm(f)) or 1.0
    result: dict[str, Any] = {
        "shape": list(f.shape),
        "shifts": shifts,
        "fixed_shift": min(_FIXED_SHIFT, shifts[-1]),
    }
    for name, phi in (("dilation", pair.dilated), ("decimation", pair.decimated)):
        depths = range(phi.depth + 1)
        trace = phi.trace(f)
        own = np.sqrt(np.asarray(trace.features.energies(), float))
        propagated = np.sqrt(np.asarray(trace.propagated_energies(), float)) / norm
        decay = np.array([float(bounds.output_decay(phi, n)) for n in depths])
        shrink = np.array([g.spacing / s for g, s in zip(phi.grids, phi.strides, strict=True)])
        measured, valid = [], []
        for t in shifts:
            moved = phi(translate(f, (0, t)))
            difference = np.sqrt(np.asarray((moved - trace.features).energies(), float))
            measured.append(difference)
            if name == "decimation":
                d3 = bounds.translation_decimated(phi, f, (0, t))
                valid.append(np.asarray(d3, float) / norm)
        measured = np.array(measured)
        # bounds.translation on every shift at once; its hypotheses (admissible, whole shifts of a
        # dilating extractor) hold by construction for dilation, and are the point for decimation.
        theorem = 2 * np.pi * np.array(shifts)[:, None] * (decay * shrink)
        entry = {
            "measured": (measured / norm).tolist(),
            "relative": (measured / np.where(own > 0, own, 1)).tolist(),
            "theorem_1": theorem.tolist(),
            "theorem_1_sharper": (theorem * propagated).tolist(),
        }
        if name == "decimation":
            entry["theorem_1_decimated"] = np.array(valid).tolist()
        result[name] = entry
    return result


def deformation(phi: FeatureExtractor, f: np.ndarray, band: int, seed: int) -> dict[str, Any]:
    r"""Measured $\|F_\tau f - f\|$ and $|||\Phi(F_\tau f) - \Phi(f)|||$, bounds, over ||f||.

    `f` is cropped centrally where the same extractor fits a smaller grid (the exact bound takes
    long on a large one), then projected to `band`; one random smooth field is scaled to each
    amplitude.
    """
    stride = phi.output_stride or phi.strides[-1]
    shape = tuple(min(n, max(_DEFORMATION_SIDE, 2 * band + 2) // stride * stride) for n in f.shape)
    try:
        phi = _rebuilt(phi, shape) if shape != phi.grid.shape else phi
    except ValueError:
        shape = phi.grid.shape
    kept, dropped = signals.project(signals.crop(jnp.asarray(f), shape), band)
    norm = float(jnp.linalg.norm(kept)) or 1.0
    field = signals.random_displacement(jax.random.key(seed), Grid(shape), 1.0, math.inf)
    field = field / jnp.max(jnp.linalg.norm(field, axis=0))
    amplitudes = [a for a in _AMPLITUDES if a <= min(shape) / 16] or [min(shape) / 16]
    radius = math.sqrt(sum((band / n) ** 2 for n in shape))
    lipschitz = float(phi.lipschitz_bound())
    before = phi(kept)
    rows: dict[str, list[float]] = {k: [] for k in ("input", "features", "exact", "rough")}
    for amplitude in amplitudes:
        tau = field * amplitude
        moved = deform(kept, tau, band=band)
        rows["input"].append(float(jnp.linalg.norm(moved - kept)) / norm)
        rows["features"].append(float((phi(moved) - before).norm()) / norm)
        rows["exact"].append(_operator_norm(np.asarray(tau), band))
        rows["rough"].append(bounds.deformation_rough(radius, amplitude, 0.0, len(shape)))
    return {
        "shape": list(shape),
        "band": band,
        "dropped_energy": float(dropped),
        "amplitudes": amplitudes,
        "lipschitz_bound": lipschitz,
        **rows,
        "exact_features": [lipschitz * v for v in rows["exact"]],
    }


def _operator_norm(tau: np.ndarray, band: int) -> float:
    """T2d in float64: in float32 its rounding allowance would show at small amplitudes."""
    with jax.enable_x64(True):
        return float(bounds.deformation_operator_norm(jnp.asarray(tau, jnp.float64), band)[0])


def _rebuilt(
    phi: FeatureExtractor, shape: tuple[int, ...], pooling: AbstractPooling | None = None
) -> FeatureExtractor:
    """The same frames and nonlinearities on another grid, with the same or another pooling.

    Raises:
        ValueError: if a bank has no frame to sample again, or a frame does not fit.
    """
    frames = [bank.frame for bank in phi.banks if bank.frame is not None]
    if len(frames) < len(phi.banks):
        raise ValueError(
            "a filter bank of the extractor is given by arrays, which fit its own grid only"
        )
    layers = [
        Layer(frame, layer.nonlinearity, layer.pooling if pooling is None else pooling)
        for frame, layer in zip(frames, phi.layers)
    ]
    stride = phi.output_stride if pooling is None else None
    return FeatureExtractor(layers, Grid(shape, phi.grid.spacing), frames[-1], stride)


def _labels(phi: FeatureExtractor) -> list[range]:
    """Number of paths per depth, as ranges."""
    return [range(count) for count in phi.path_counts]
