"""The deformation claims: witnesses, both levels of comparison, one class for all forms."""

from __future__ import annotations

import dataclasses
import math
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric import _displacements as fields
from proofs_numeric import _worst_displacement as worst
from proofs_numeric._displacements import Displacement
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.hypotheses import on_a_line
from proofs_numeric.engine.lanczos import tangent, top_singular_pair
from proofs_numeric.engine.search import ascend
from proofs_numeric.engine.setting import (
    Setting,
    differences,
    norms,
    once_per_setting,
    pair_energies,
    rounding_budget,
)
from proofs_numeric.engine.starts import noise, wave

INPUT, NETWORK = "at the input", "through the network"

# Beyond so many frequencies the matrix costs more than thirty products with it.
_MOST_FREQUENCIES = 1200

#: The factor of ||f||, of a setting and a displacement.
Bound = Callable[[Setting, Displacement], float]


@dataclass(frozen=True)
class DeformationClaim(Claim):
    """A bound on ||F f - f|| for band-limited f, and through the network by its Lipschitz constant.

    Args:
        name, title, statement, source: as of every claim.
        bound: the right-hand side at the input.
        speaks_of: which displacements it covers.
        requirements: hypotheses beyond a band-limited signal, of a setting.
        on_torus: norms of L^2 of the torus instead of samples.
        ceiling: the ratio that theory says is reached at the input, of a setting, or none.
        further_controls: beyond a signal outside the band.
    """

    name: str
    title: str
    statement: str
    source: str
    bound: Bound
    speaks_of: Callable[[Setting, Displacement], bool]
    on_torus: bool
    requirements: Callable[[Setting], tuple[Hypothesis, ...]] = lambda _: ()
    ceiling: Callable[[Setting], float] | None = None
    further_controls: Callable[[DeformationClaim], tuple[Control, ...]] = field(
        default=lambda _: ()
    )

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        largest = (min(setting.grid.shape) - 1) // 2
        limited = Hypothesis(
            "band-limited signals", setting.band <= largest, f"|k_i| <= {setting.band}"
        )
        some = Hypothesis("a band of more than constants", setting.band >= 1, scope=True)
        return (limited, some, *self.requirements(setting))

    def given(self, setting: Setting, key: jax.Array) -> list[Witness]:
        return self._covered(setting, given_witnesses(setting))

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        found = searched_witnesses(setting, attempt.number)
        return self._covered(setting, found)

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        return compare(setting, witnesses, self.bound, self.on_torus)

    def simplified(self, setting: Setting, witness: Witness) -> Witness:
        """Back in the band."""
        limited = np.asarray(wi.signals.project(witness.arrays["signal"], setting.band)[0])
        return dataclasses.replace(witness, arrays={**witness.arrays, "signal": limited})

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        """A wave three times beyond the band that the bound is told."""
        grid = wi.Grid((96,))
        phi = wi.FeatureExtractor([wi.Layer(wi.frames.Meyer(scales=2))], grid)
        f = np.zeros((1, 96))
        setting = Setting("band exceeded", phi, f, ("wave",), band=24)
        told = Setting("band exceeded", phi, f, ("wave",), band=8)
        signal = wave(setting, (24,)) / np.linalg.norm(wave(setting, (24,)))
        far = witness(setting, signal, fields.constant(grid, [1.0]), "wave")
        cases = compare(setting, [far], lambda _, d: self.bound(told, d), self.on_torus)
        text = "a wave of frequency 24 where the bound is told |k| <= 8"
        return (Control("signal not in the band", text, cases), *self.further_controls(self))

    def ceilings(self, setting: Setting) -> dict[str, float]:
        return {} if self.ceiling is None else {INPUT: self.ceiling(setting)}

    def _covered(self, setting: Setting, witnesses: tuple[Witness, ...]) -> list[Witness]:
        return [w for w in witnesses if self.speaks_of(setting, displacement(w))]


def bandwidth(setting: Setting) -> float:
    """R = max |k|/N over |k_i| <= band, in cycles per sample."""
    return math.sqrt(sum((setting.band / n) ** 2 for n in setting.grid.shape))


def witness(setting: Setting, signal, field: Displacement, origin: str) -> Witness:
    """A signal within the band, and a displacement."""
    arrays = {"signal": np.asarray(signal), "displacement": np.asarray(field.tau)}
    if field.omega is not None:
        arrays["phase"] = np.asarray(field.omega)
    return Witness(arrays, field.parameters() | {"band": setting.band}, origin)


def displacement(w: Witness) -> Displacement:
    """The displacement of a witness."""
    return Displacement.of(w.parameters, w.arrays["displacement"], w.arrays.get("phase"))


@once_per_setting
def given_witnesses(setting: Setting) -> tuple[Witness, ...]:
    """The signals projected to the band, under displacements of every kind; once per setting."""
    grid, d = setting.grid, setting.grid.ndim
    keys = jax.random.split(_key(0), 4)
    amplitude = min(1.0, 0.25 / bandwidth(setting))
    made = [
        fields.constant(grid, [0.1 * amplitude] + [0.0] * (d - 1)),
        fields.smooth(keys[0], grid, amplitude, 0.9 / (2 * d)),
        # Modulated signals are complex, another program to compile.
        fields.smooth(keys[1], grid, 0.2 * amplitude, 0.9 / (2 * d), phase=0.02 * setting.attacked),
        fields.smooth(keys[3], grid, 4 * amplitude, 0.9 / d),
        fields.rough(keys[2], grid, amplitude),
    ]
    if setting.large:
        made = [made[0], made[2], made[4]]
    signals = [np.asarray(wi.signals.project(f, setting.band)[0]) for f in setting.signals]
    return tuple(
        witness(setting, f, tau, name) for tau in made for f, name in zip(signals, setting.names)
    )


@once_per_setting
def searched_witnesses(setting: Setting, number: int) -> tuple[Witness, ...]:
    """For fixed displacements the top singular vector, for fixed signals the worst displacement.

    Rough displacements and, in one dimension, displacements of bounded slope are alternated with
    the signal. The signals found at the input then start an ascent through the network.
    """
    grid, d = setting.grid, setting.grid.ndim
    keys = jax.random.split(jax.random.fold_in(_key(1), number), 4)
    reach = bandwidth(setting)
    # Shorter than any band-limited signal notices beyond first order, along the longest frequency.
    direction = np.array([setting.band / n for n in grid.shape]) / reach
    size = 0.05 * (1 + number)
    chosen = [
        fields.constant(grid, 0.002 * (1 + number) / reach * direction),
        fields.smooth(keys[0], grid, 2 * size / reach, 0.9 / (2 * d)),
        fields.smooth(keys[3], grid, 4 * size / reach, 0.9 / d),
        fields.rough(keys[1], grid, size / reach),
    ]
    if setting.large:
        chosen = [chosen[0], chosen[1], chosen[3]]
    found = []
    for tau in chosen:
        signal = worst_signal(setting, tau)
        if tau.kind == "rough":
            tau = fields.given_rough(worst.pointwise(signal, tau.tau_sup))
            signal = worst_signal(setting, tau)
        found.append((signal, tau))
    if d == 1:
        found += _alternated(setting, found[0][0], (0.1, 0.3, 0.6)[number % 3] / reach, 0.5)
    # The band travels as a shape, so that only its frequencies are evaluated.
    contexts = (np.stack([f.tau for _, f in found]), np.zeros((len(found), setting.band)))
    starts = np.stack([signal for signal, _ in found])
    _, points = ascend(network_ratio, setting, starts, contexts, setting.effort(2, 30))
    limited = [np.asarray(wi.signals.project(point, setting.band)[0]) for point in points]
    witnesses = [witness(setting, signal, tau, "search") for signal, tau in found]
    witnesses += [witness(setting, f, tau, "search") for f, (_, tau) in zip(limited, found)]
    return tuple(witnesses)


def _alternated(setting: Setting, signal, amplitude: float, slope: float, rounds: int = 3):
    """Signal and displacement of bounded slope, each the worst for the other in turn."""
    found = []
    for _ in range(rounds):
        tau = fields.stepped(worst.with_slope(np.asarray(signal), amplitude, slope), slope)
        signal = worst_signal(setting, tau)
        found = [(signal, tau)]
    return found


class Measured(NamedTuple):
    """All that every form compares: no right-hand side yet."""

    sizes: np.ndarray
    on_samples: np.ndarray
    on_torus: np.ndarray
    network: np.ndarray


_KNOWN: weakref.WeakKeyDictionary[Setting, dict[int, tuple[Witness, tuple]]] = (
    weakref.WeakKeyDictionary()
)
_GUARD = threading.Lock()


def measure(setting: Setting, witnesses: Sequence[Witness]) -> Measured:
    """The left-hand sides; each witness is measured once, however many forms compare it."""
    with _GUARD:
        known = _KNOWN.setdefault(setting, {})
        new = [w for w in {id(w): w for w in witnesses}.values() if id(w) not in known]
    if new:
        moves = [displacement(w) for w in new]
        before = [w.arrays["signal"] for w in new]
        after = [_deformed(f, x, setting.band) for f, x in zip(before, moves)]
        on_samples = norms([a - b for a, b in zip(after, before)])
        on_torus = [
            torus_difference(f, x, setting.band)[1] if x.on_torus else s
            for f, x, s in zip(before, moves, on_samples)
        ]
        network = _network_differences(setting, after, before)
        rows = zip(norms(before), on_samples, on_torus, network)
        with _GUARD:
            known.update({id(w): (w, row) for w, row in zip(new, rows)})
    return Measured(*(np.array(c) for c in zip(*(known[id(w)][1] for w in witnesses))))


def compare(setting: Setting, witnesses: Sequence[Witness], bound: Bound, on_torus: bool) -> Cases:
    """At the input and through the network."""
    measured = measure(setting, witnesses)
    sizes, moved = measured.sizes, measured.on_samples
    shared: dict[int, float] = {}
    for w in witnesses:
        tau = w.arrays["displacement"]
        if id(tau) not in shared:
            shared[id(tau)] = bound(setting, displacement(w))
    factor = np.array([shared[id(w.arrays["displacement"])] for w in witnesses])
    spread = np.zeros(len(witnesses))
    if on_torus:
        # The mean over samples of a smooth integrand; twice as many samples tell how close it is.
        spread = 2 * np.abs(measured.on_torus - moved)
        moved = measured.on_torus
    through = float(setting.phi.lipschitz_bound())
    evaluation = setting.eps * 16 * (2 * setting.band + 1) ** setting.grid.ndim * sizes + spread
    rounding = rounding_budget(setting.phi, 2 * sizes) + through * evaluation
    texts = [displacement(w).text for w in witnesses]
    return Cases(
        np.concatenate([moved, measured.network]),
        np.concatenate([factor * sizes, through * factor * sizes]),
        np.concatenate([evaluation, rounding]),
        [*witnesses, *witnesses],
        [f"{text}, {level}" for level in (INPUT, NETWORK) for text in texts],
        [level for level in (INPUT, NETWORK) for _ in witnesses],
    )


def worst_signal(setting: Setting, field: Displacement) -> np.ndarray:
    """A band-limited signal on which F - I attains its norm; real for real settings.

    From the Gram matrix of all frequencies, or by Lanczos' method where they are too many.
    """
    if (2 * setting.band + 1) ** setting.grid.ndim > _MOST_FREQUENCIES:
        return _by_lanczos(setting, field)
    _, coefficients = wi.bounds.deformation_operator_norm(field.tau, setting.band, field.omega)
    f_hat = np.zeros(setting.grid.shape, complex)
    modes = np.arange(-setting.band, setting.band + 1)
    f_hat[np.ix_(*(modes % n for n in setting.grid.shape))] = np.asarray(coefficients)
    f = np.fft.ifftn(f_hat) * setting.grid.size
    if setting.real:  # a real operator: both parts are worst cases, or zero
        f = max(np.real(f), np.imag(f), key=np.linalg.norm)
    return np.asarray(f / np.linalg.norm(f))


def _by_lanczos(setting: Setting, field: Displacement) -> np.ndarray:
    def change(f):
        limited, _ = wi.signals.project(f, setting.band)
        return wi.deform(limited, field.tau, field.omega, band=setting.band) - limited

    start = setting.signals[0] if np.any(setting.signals[0]) else np.ones(setting.grid.shape)
    start = jnp.asarray(start) + 0.1 * jnp.asarray(noise(setting, _key(2), 1)[0])
    _, top = top_singular_pair(*tangent(change, start), start, 30)
    limited = np.asarray(wi.signals.project(top, setting.band)[0])
    return limited / np.linalg.norm(limited)


def network_ratio(phi: wi.FeatureExtractor, f, context):
    """Squared |||Phi(F f) - Phi(f)||| / ||f|| for f projected to the band."""
    tau, band = context
    limited, _ = wi.signals.project(f, len(band))
    moved = wi.deform(limited, tau, band=len(band))
    difference = pair_energies(phi, moved, limited)[0]
    return jnp.sum(difference) / jnp.sum(jnp.abs(limited) ** 2)


def smooth_slope(setting: Setting, field: Displacement) -> bool:
    """What Theorem 2 asks of a displacement."""
    return field.on_torus and field.jacobian_sup <= 1 / (2 * setting.grid.ndim)


def everything(setting: Setting, field: Displacement) -> bool:
    """Any displacement."""
    return True


def known_between(setting: Setting, field: Displacement) -> bool:
    """Any displacement whose norm over the torus can be computed."""
    return field.on_torus


def enough_samples(setting: Setting) -> tuple[Hypothesis, ...]:
    """Between fewer samples nothing is known of a smooth displacement."""
    enough = min(setting.grid.shape) > 4
    return (Hypothesis("grid of more than four samples per axis", enough, scope=True),)


def enough_on_a_line(setting: Setting) -> tuple[Hypothesis, ...]:
    """The same for statements on d = 1."""
    return (*enough_samples(setting), on_a_line(setting))


def _key(stream: int) -> jax.Array:
    return jax.random.key(stream, impl="unsafe_rbg")


def torus_difference(
    signal: np.ndarray, field: Displacement, band: int | None
) -> tuple[float, float]:
    """||F f - f|| over the torus in units of samples, from the samples and from twice as many."""
    found = []
    for factor in (1, 2):
        f = fields.upsampled(signal, factor)
        tau = factor * np.stack([fields.upsampled(t, factor) for t in field.tau])
        omega = None if field.omega is None else fields.upsampled(field.omega, factor)
        moved = np.asarray(wi.deform(f, tau, omega, band=band)) - f
        found.append(float(np.linalg.norm(moved)) / math.sqrt(factor**f.ndim))
    return found[0], found[1]


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
