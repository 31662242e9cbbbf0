"""Where claims are evaluated: an extractor with a batch of signals."""

from __future__ import annotations

import functools
import math
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi

__all__ = [
    "Setting",
    "admissibility",
    "differences",
    "generator",
    "norms",
    "once_per_setting",
    "pair_energies",
    "rounding_budget",
    "white_noise",
]


@dataclass(frozen=True, eq=False)
class Setting:
    """An extractor and signals on its grid.

    Args:
        name: shown in tables.
        phi: extractor with arrays of the precision of the context.
        signals: (count, *grid.shape), all real or all complex.
        names: one name per signal; "random" for drawn ones.
        band: largest frequency per axis, in cycles per period, of the signals that deformation
            claims project to.
        attacked: whether searches run here too, which compile and cost the most.
    """

    name: str
    phi: wi.FeatureExtractor
    signals: np.ndarray
    names: tuple[str, ...]
    band: int
    attacked: bool = True

    @property
    def grid(self) -> wi.Grid:
        """The input grid."""
        return self.phi.grid

    @property
    def real(self) -> bool:
        """Whether the signals are real."""
        return not np.iscomplexobj(self.signals)

    def paths(self) -> int:
        """Number of maps of all depths, weighted by their samples: the cost of one extraction."""
        counts = zip(self.phi.path_counts, self.phi.grids, strict=True)
        return sum(maps * grid.size for maps, grid in counts)

    def effort(self, small: int, large: int) -> int:
        """A number of steps between `small` and `large`: fewer the dearer one extraction is."""
        return int(np.clip(2e6 / self.paths(), small, large))


def once_per_setting(function: Callable) -> Callable:
    """Remember the result for each setting object; claims that share a search run it once."""
    results: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
    locks: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
    guard = threading.Lock()

    @functools.wraps(function)
    def remembered(setting: Setting):
        with guard:
            lock = locks.setdefault(setting, threading.Lock())
        with lock:
            if setting not in results:
                results[setting] = function(setting)
            return results[setting]

    return remembered


def generator(key: jax.Array) -> np.random.Generator:
    """NumPy's generator seeded by a JAX key: drawing with it compiles nothing."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel())


def white_noise(key: jax.Array, shape: tuple[int, ...], real: bool) -> np.ndarray:
    """Normal samples, (count, *grid.shape), each signal of unit norm."""
    random = generator(key)
    noise = random.standard_normal(shape)
    if not real:
        noise = noise + 1j * random.standard_normal(shape)
    return noise / norms(noise).reshape(-1, *(1,) * (len(shape) - 1))


def rounding_budget(phi: wi.FeatureExtractor, norm) -> np.ndarray:
    r"""$\varepsilon (D+1)(16 \log_2 N + 32) \max(1, \sqrt{v_0}) \|f\|$: rounding of one extraction.

    Each of the D + 1 stages is one forward and one inverse transform (relative error of a few
    $\varepsilon \log_2 N$ in the Euclidean norm), a product and pointwise work; later stages do not
    amplify beyond the Lipschitz bound.

    Args:
        phi: the extractor; its precision gives eps.
        norm: norm of the signal, or the sum of norms where features are subtracted.
    """
    eps = float(jnp.finfo(phi.banks[0].dtype).eps)
    stages = (phi.depth + 1) * (16 * math.log2(phi.grid.size) + 32)
    return eps * stages * max(1.0, float(phi.lipschitz_bound())) * np.asarray(norm, dtype=float)


def norms(signals) -> np.ndarray:
    """Euclidean norm of every signal of a batch."""
    return np.array([np.linalg.norm(np.asarray(f)) for f in signals])


def admissibility(phi: wi.FeatureExtractor) -> tuple[bool, str]:
    """Whether max{B, B L^2 R^2} <= 1 in every layer, with the largest such figure."""
    gains = [float(layer.gain()) for layer in phi.layers]
    gains.append(float(jnp.max(jnp.abs(phi.output_bank.output_atom_hat)) ** 2))
    return phi.is_admissible(), f"max{{B, B L^2 R^2}} = {max(gains):.6g}"


def differences(setting: Setting, f, h) -> dict[str, np.ndarray]:
    r"""Per pair and depth $|||\Phi^n(f) - \Phi^n(h)|||$ and $W_n(f)$.

    Args:
        setting: gives the extractor.
        f, h: (count, *grid.shape).

    Returns:
        `difference` (count, D + 1), `total` (count,): over all depths, and `energy` (count, D + 1).
    """
    count, chunk = len(f), _chunk(setting)
    padding = [(0, -count % chunk)] + [(0, 0)] * setting.grid.ndim
    f, h = np.pad(np.asarray(f), padding), np.pad(np.asarray(h), padding)
    blocks = [slice(i, i + chunk) for i in range(0, count, chunk)]
    found = [_differences(setting.phi, f[b], h[b]) for b in blocks]
    per_depth, energy = (np.concatenate(part)[:count] for part in zip(*found, strict=True))
    return {
        "difference": np.sqrt(per_depth),
        "total": np.sqrt(per_depth.sum(axis=1)),
        "energy": energy,
    }


@eqx.filter_jit
def _differences(phi: wi.FeatureExtractor, f, h):
    return jax.vmap(lambda ours, theirs: pair_energies(phi, ours, theirs))(f, h)


def pair_energies(phi: wi.FeatureExtractor, f, h):
    r"""Per depth $|||\Phi^n(f) - \Phi^n(h)|||^2$ and $W_n(f)$; both extractions side by side."""
    traces = jax.vmap(phi.trace)(jnp.stack([f, h]))
    difference = jax.tree.map(lambda a: a[0] - a[1], traces.features)
    energy = [jnp.sum(jnp.abs(u[0]) ** 2) for u in traces.maps]
    return difference.energies(), jnp.stack(energy)


def _chunk(setting: Setting) -> int:
    """Signals extracted side by side: more where one extraction is small."""
    return int(np.clip(4_000_000 // setting.paths(), 1, 8))
