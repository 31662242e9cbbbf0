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
from proofs_numeric._starts import noise
from proofs_numeric.claim import Cases
from proofs_numeric.search import ascend
from proofs_numeric.setting import Setting, differences, norms, rounding_budget

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


def bandwidth(setting: Setting) -> float:
    """R = max |k|/N over |k_i| <= band, in cycles per sample."""
    return math.sqrt(sum((setting.band / n) ** 2 for n in setting.grid.shape))


def given_trials(setting: Setting, key: jax.Array, form: Form) -> list[Trial]:
    """The signals projected to the band, under displacements of every kind of the form."""
    grid, d = setting.grid, setting.grid.ndim
    keys = jax.random.split(key, 4)
    amplitude = min(1.0, 0.25 / bandwidth(setting))
    made = [
        fields.constant(grid, [0.1 * amplitude] + [0.0] * (d - 1)),
        fields.smooth(keys[0], grid, amplitude, 0.9 / (2 * d)),
        fields.smooth(keys[1], grid, 0.2 * amplitude, 0.9 / (2 * d), phase=0.02),
        fields.rough(keys[2], grid, amplitude),
    ]
    return [
        Trial(np.asarray(wi.signals.project(f, setting.band)[0]), field, name)
        for field in made
        if field.kind in form.kinds
        for f, name in zip(setting.signals, setting.names)
    ]


def evaluate(setting: Setting, trials: list[Trial], form: Form) -> Cases:
    """Both levels of every trial: ||F f - f|| and |||Phi(F f) - Phi(f)|||."""
    phi, band = setting.phi, setting.band
    through = float(phi.lipschitz_bound())
    before = [t.signal for t in trials]
    after = [_deformed(t.signal, t.field, band) for t in trials]
    bounds = {id(t.field): form.bound(setting, t.field) for t in trials}
    factor = np.array([bounds[id(t.field)] for t in trials])
    sizes, moved = norms(before), norms([a - b for a, b in zip(after, before)])
    spread = np.zeros(len(trials))
    if form.on_torus:
        # The mean over the samples of a smooth integrand; twice the samples tell how close it is.
        exact = np.array([_torus_difference(t, band) for t in trials])
        spread = 2 * np.abs(exact - moved)
        moved = exact
    network = _network_differences(setting, after, before)
    eps = float(jnp.finfo(phi.banks[0].dtype).eps)
    evaluation = eps * 16 * (2 * band + 1) ** setting.grid.ndim * sizes + spread
    rounding = rounding_budget(phi, 2 * sizes) + through * evaluation
    return Cases(
        np.concatenate([moved, network]),
        np.concatenate([factor * sizes, through * factor * sizes]),
        np.concatenate([evaluation, rounding]),
        [t.origin for t in trials] * 2,
        [f"{t.field.text}, {level}" for level in (INPUT, NETWORK) for t in trials],
        lambda i: {
            "signal": np.asarray(trials[i % len(trials)].signal),
            "other": np.asarray(after[i % len(trials)]),
            "displacement": np.asarray(trials[i % len(trials)].field.tau),
        },
        [INPUT] * len(trials) + [NETWORK] * len(trials),
    )


def searched_trials(setting: Setting, key: jax.Array, form: Form) -> list[Trial]:
    """For fixed displacements the top singular vector; for rough ones also the worst displacement.

    The signals found at the input then start an ascent through the network.
    """
    grid, d = setting.grid, setting.grid.ndim
    keys = jax.random.split(key, 3)
    reach = bandwidth(setting)
    # Shorter than any band-limited signal notices beyond first order, along the longest frequency.
    direction = np.array([setting.band / n for n in grid.shape]) / reach
    made = [
        fields.constant(grid, 0.002 / reach * direction),
        fields.smooth(keys[0], grid, 0.1 / reach, 0.9 / (2 * d)),
        fields.rough(keys[1], grid, 0.05 / reach),
    ]
    trials = []
    for field in (m for m in made if m.kind in form.kinds):
        signal = worst_signal(setting, field)
        if field.kind == "rough":
            field = fields.given_rough(worst_displacement(signal, field.tau_sup))
            signal = worst_signal(setting, field)
        trials.append(Trial(signal, field, "search"))
    starts = np.stack([t.signal for t in trials])
    starts = np.concatenate([starts, noise(setting, keys[2], 1)])
    chosen = [t.field for t in trials] + [trials[-1].field]
    # The band travels as a shape, so that only its frequencies are evaluated.
    band = np.zeros((len(chosen), setting.band))
    contexts = (np.stack([field.tau for field in chosen]), band)
    steps = setting.effort(4, 30)
    _, points = ascend(network_ratio, setting.phi, starts, contexts, steps, chunk=2)
    for point, field in zip(points, chosen):
        limited = np.asarray(wi.signals.project(point, setting.band)[0])
        trials.append(Trial(limited, field, "search"))
    return trials


def worst_signal(setting: Setting, field: Displacement) -> jax.Array:
    """A band-limited signal on which F - I attains its norm; real for real settings."""
    _, coefficients = wi.bounds.deformation_operator_norm(field.tau, setting.band, field.omega)
    f_hat = np.zeros(setting.grid.shape, complex)
    modes = np.arange(-setting.band, setting.band + 1)
    f_hat[np.ix_(*(modes % n for n in setting.grid.shape))] = np.asarray(coefficients)
    f = np.fft.ifftn(f_hat) * setting.grid.size
    if setting.real:  # a real operator: both parts are worst cases, or zero
        f = max(f.real, f.imag, key=np.linalg.norm)
    return np.asarray(f / np.linalg.norm(f))


def worst_displacement(f: jax.Array, amplitude: float, steps: int = 8) -> jax.Array:
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
    difference = (phi(moved) - phi(limited)).energies()
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
