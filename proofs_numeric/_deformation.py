"""Cases and search shared by the forms of the deformation theorem."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric import _displacements as fields
from proofs_numeric._displacements import Displacement
from proofs_numeric.claim import Cases
from proofs_numeric.search import ascend
from proofs_numeric.setting import (
    Setting,
    differences,
    norms,
    once_per_setting,
    pair_energies,
    rounding_budget,
)

INPUT, NETWORK = "at the input", "through the network"


class Form(NamedTuple):
    """One right-hand side.

    Args:
        bound: of a setting and a displacement: the factor of ||f||.
        on_torus: norms of L^2 of the torus instead of samples.
        kinds: displacements it speaks of.
    """

    bound: Callable[[Setting, Displacement], float]
    on_torus: bool
    kinds: tuple[str, ...]


class Trial(NamedTuple):
    """One deformed signal."""

    signal: np.ndarray
    field: Displacement
    origin: str


class Measured(NamedTuple):
    """Trials with all that every form compares: no right-hand side yet."""

    trials: list[Trial]
    after: list[np.ndarray]
    sizes: np.ndarray
    on_samples: np.ndarray
    on_torus: np.ndarray
    network: np.ndarray


def bandwidth(setting: Setting) -> float:
    """R = max |k|/N over |k_i| <= band, in cycles per sample."""
    return math.sqrt(sum((setting.band / n) ** 2 for n in setting.grid.shape))


@once_per_setting
def given_measured(setting: Setting) -> Measured:
    """The signals projected to the band, under displacements of every kind; once per setting."""
    grid, d = setting.grid, setting.grid.ndim
    keys = jax.random.split(_key(0), 3)
    amplitude = min(1.0, 0.25 / bandwidth(setting))
    made = [
        fields.constant(grid, [0.1 * amplitude] + [0.0] * (d - 1)),
        fields.smooth(keys[0], grid, amplitude, 0.9 / (2 * d)),
        fields.smooth(keys[1], grid, 0.2 * amplitude, 0.9 / (2 * d), phase=0.02),
        fields.rough(keys[2], grid, amplitude),
    ]
    signals = [np.asarray(wi.signals.project(f, setting.band)[0]) for f in setting.signals]
    return measure(
        setting,
        [Trial(f, field, n) for field in made for f, n in zip(signals, setting.names)],
    )


@once_per_setting
def searched_measured(setting: Setting) -> Measured:
    """For fixed displacements the top singular vector; for rough ones also the worst displacement.

    The signals found at the input then start an ascent through the network.
    """
    grid, d = setting.grid, setting.grid.ndim
    keys = jax.random.split(_key(1), 3)
    reach = bandwidth(setting)
    # Shorter than any band-limited signal notices beyond first order, along the longest frequency.
    direction = np.array([setting.band / n for n in grid.shape]) / reach
    trials = []
    for field in (
        fields.constant(grid, 0.002 / reach * direction),
        fields.smooth(keys[0], grid, 0.1 / reach, 0.9 / (2 * d)),
        fields.rough(keys[1], grid, 0.05 / reach),
    ):
        signal = worst_signal(setting, field)
        if field.kind == "rough":
            field = fields.given_rough(worst_displacement(signal, field.tau_sup))
            signal = worst_signal(setting, field)
        trials.append(Trial(signal, field, "search"))
    chosen = [t.field for t in trials]
    # The band travels as a shape, so that only its frequencies are evaluated.
    contexts = (np.stack([f.tau for f in chosen]), np.zeros((len(chosen), setting.band)))
    starts = np.stack([t.signal for t in trials])
    steps = setting.effort(2, 30)
    _, points = ascend(network_ratio, setting.phi, starts, contexts, steps, chunk=1)
    for point, field in zip(points, chosen):
        limited = np.asarray(wi.signals.project(point, setting.band)[0])
        trials.append(Trial(limited, field, "search"))
    return measure(setting, trials)


def measure(setting: Setting, trials: list[Trial]) -> Measured:
    """The left-hand sides: at the input on samples and on the torus, and through the network."""
    before = [t.signal for t in trials]
    after = [_deformed(t.signal, t.field, setting.band) for t in trials]
    on_samples = norms([a - b for a, b in zip(after, before)])
    on_torus = [
        s if t.field.kind == "rough" else _torus_difference(t, setting.band)
        for t, s in zip(trials, on_samples)
    ]
    network = _network_differences(setting, after, before)
    return Measured(trials, after, norms(before), on_samples, np.array(on_torus), network)


def compare(setting: Setting, measured: Measured, form: Form) -> Cases:
    """Both levels of the trials that the form speaks of."""
    phi, band = setting.phi, setting.band
    chosen = [i for i, t in enumerate(measured.trials) if t.field.kind in form.kinds]
    trials = [measured.trials[i] for i in chosen]
    sizes, moved = measured.sizes[chosen], measured.on_samples[chosen]
    used = {id(t.field): t.field for t in trials}
    bounds = {name: form.bound(setting, field) for name, field in used.items()}
    factor = np.array([bounds[id(t.field)] for t in trials])
    spread = np.zeros(len(trials))
    if form.on_torus:
        # The mean over samples of a smooth integrand; twice as many samples tell how close it is.
        exact = measured.on_torus[chosen]
        spread = 2 * np.abs(exact - moved)
        moved = exact
    through = float(phi.lipschitz_bound())
    eps = float(jnp.finfo(phi.banks[0].dtype).eps)
    evaluation = eps * 16 * (2 * band + 1) ** setting.grid.ndim * sizes + spread
    rounding = rounding_budget(phi, 2 * sizes) + through * evaluation
    return Cases(
        np.concatenate([moved, measured.network[chosen]]),
        np.concatenate([factor * sizes, through * factor * sizes]),
        np.concatenate([evaluation, rounding]),
        [t.origin for t in trials] * 2,
        [f"{t.field.text}, {level}" for level in (INPUT, NETWORK) for t in trials],
        lambda i: {
            "signal": trials[i % len(trials)].signal,
            "other": measured.after[chosen[i % len(trials)]],
            "displacement": trials[i % len(trials)].field.tau,
        },
        [INPUT] * len(trials) + [NETWORK] * len(trials),
    )


def _key(stream: int) -> jax.Array:
    return jax.random.key(stream, impl="unsafe_rbg")


def worst_signal(setting: Setting, field: Displacement) -> np.ndarray:
    """A band-limited signal on which F - I attains its norm; real for real settings."""
    _, coefficients = wi.bounds.deformation_operator_norm(field.tau, setting.band, field.omega)
    f_hat = np.zeros(setting.grid.shape, complex)
    modes = np.arange(-setting.band, setting.band + 1)
    f_hat[np.ix_(*(modes % n for n in setting.grid.shape))] = np.asarray(coefficients)
    f = np.fft.ifftn(f_hat) * setting.grid.size
    if setting.real:  # a real operator: both parts are worst cases, or zero
        f = max(np.real(f), np.imag(f), key=np.linalg.norm)
    return np.asarray(f / np.linalg.norm(f))


def worst_displacement(f: np.ndarray, amplitude: float, steps: int = 8) -> np.ndarray:
    """At every sample the displacement of at most that length that changes the signal most."""
    d = f.ndim
    lattice = np.linspace(-amplitude, amplitude, 2 * steps + 1 if d == 1 else 5)
    candidates = np.array(np.meshgrid(*[lattice] * d)).reshape(d, -1).T
    candidates = candidates[np.linalg.norm(candidates, axis=1) <= amplitude * (1 + 1e-12)]
    best = np.full(f.shape, -1.0)
    tau = np.zeros((d, *f.shape))
    for vector in candidates:
        change = np.abs(np.asarray(wi.actions.translate_batch(f[None], vector))[0] - f)
        better = change > best
        best = np.where(better, change, best)
        tau = np.where(better, np.asarray(vector).reshape(-1, *(1,) * d), tau)
    return tau


def network_ratio(phi: wi.FeatureExtractor, f, context):
    """Squared |||Phi(F f) - Phi(f)||| / ||f|| for f projected to the band."""
    tau, band = context
    limited, _ = wi.signals.project(f, len(band))
    moved = wi.deform(limited, tau, band=len(band))
    difference, _ = pair_energies(phi, moved, limited)
    return jnp.sum(difference) / jnp.sum(jnp.abs(limited) ** 2)


def _torus_difference(trial: Trial, band: int) -> float:
    """||F f - f|| over the torus in units of samples, from a grid twice as fine."""
    f = fields.upsampled(trial.signal)
    tau = 2 * np.stack([fields.upsampled(t) for t in trial.field.tau])
    omega = trial.field.omega
    omega = None if omega is None else fields.upsampled(omega)
    moved = np.asarray(wi.deform(f, tau, omega, band=band)) - f
    return float(np.linalg.norm(moved)) / math.sqrt(2**f.ndim)


def _deformed(f: np.ndarray, field: Displacement, band: int) -> np.ndarray:
    return np.asarray(wi.deform(f, field.tau, field.omega, band=band))


def _network_differences(setting: Setting, after: list, before: list) -> np.ndarray:
    """Real pairs and complex pairs (modulated ones) each in one batch."""
    result = np.zeros(len(after))
    for is_complex in (False, True):
        chosen = [i for i, a in enumerate(after) if np.iscomplexobj(a) == is_complex]
        if chosen:
            ours = np.stack([after[i] for i in chosen])
            theirs = np.stack([before[i] for i in chosen]).astype(ours.dtype)
            result[chosen] = differences(setting, ours, theirs)["total"]
    return result
