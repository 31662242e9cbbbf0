"""Where claims are evaluated: an extractor with a batch of signals."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from wiatowski.networks import AbstractClassifier

__all__ = [
    "ClassifierSetting",
    "Continuum",
    "Setting",
    "admissibility",
    "alone",
    "differences",
    "generator",
    "norms",
    "once_per_setting",
    "pair_energies",
    "resolved_band",
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

    def __post_init__(self):
        shape = getattr(self.signals, "shape", None)
        if shape is None or shape[1:] != self.signal_shape or len(self.names) != shape[0]:
            count = "(count, " + ", ".join(map(str, self.signal_shape)) + ")"
            found = type(self.signals).__name__ if shape is None else f"shape {shape}"
            raise ValueError(
                f"Setting: signals must be an array of shape {count} with a name each, not {found} with "
                f"{len(self.names)} names; one signal is f[None]."
            )

    @property
    def grid(self) -> wi.Grid:
        """The input grid."""
        return self.phi.grid

    @property
    def signal_shape(self) -> tuple[int, ...]:
        """Of one signal."""
        return self.phi.grid.shape

    @property
    def subject(self) -> eqx.Module:
        """What searches differentiate through."""
        return self.phi

    @property
    def rebuilt(self) -> bool:
        """Whether its claim builds it again from the seed, so that no file has to hold it."""
        return False

    @property
    def real(self) -> bool:
        """Whether the signals are real."""
        return not np.iscomplexobj(self.signals)

    @property
    def real_dtype(self) -> np.dtype:
        """Of real arrays in this precision."""
        return np.dtype(np.finfo(self.signals.dtype).dtype)

    @property
    def eps(self) -> float:
        """Unit of rounding of the extractor's arrays."""
        return float(jnp.finfo(self.phi.banks[0].dtype).eps)

    def cast(self, dtype) -> Setting:
        """The same in another precision: arrays of the extractor and signals, rounded."""
        phi = _all_cast(self.phi, dtype)
        return dataclasses.replace(self, phi=phi, signals=np.asarray(_cast(self.signals, dtype)))

    @property
    def large(self) -> bool:
        """Whether one exact deformation is dear, so that few are worth their time."""
        return self.grid.size > 20_000

    def paths(self) -> int:
        """Number of maps of all depths, weighted by their samples: the cost of one extraction."""
        counts = zip(self.phi.path_counts, self.phi.grids, strict=True)
        return sum(maps * grid.size for maps, grid in counts)

    def effort(self, small: int, large: int) -> int:
        """A number of steps between `small` and `large`: fewer the dearer one extraction is."""
        return int(np.clip(2e6 / self.paths(), small, large))


@dataclass(frozen=True, eq=False)
class Continuum(Setting):
    """Where statements on functions of R^d are evaluated that are computed without an extractor."""

    ndim: int = 1

    @property
    def rebuilt(self) -> bool:
        return True

    @classmethod
    def of(cls, ndim: int) -> Continuum:
        """R^d, with an extractor that nobody asks."""
        grid = wi.Grid((8,) * ndim)
        phi = wi.FeatureExtractor([], grid, wi.frames.Meyer(scales=1))
        zero = np.zeros((1, *grid.shape))
        return cls(f"functions on R^{ndim}", phi, zero, ("zero",), 1, True, ndim)


@dataclass(frozen=True, eq=False)
class ClassifierSetting(Setting):
    """Where statements on networks and on explanations are evaluated.

    Args:
        model: a network, or an extractor with a head; signals are (count, channels, *grid.shape).
    """

    model: AbstractClassifier = field(kw_only=True)

    @classmethod
    def of(cls, name: str, model: AbstractClassifier, key: jax.Array, count: int = 2):
        """With drawn signals, and an extractor that nobody asks where the model has none."""
        phi = getattr(model, "extractor", None)
        if phi is None:
            phi = wi.FeatureExtractor([], model.grid, wi.frames.Meyer(scales=1))
        signals = white_noise(key, (count, model.channels, *model.grid.shape), True)
        names = ("random",) * count
        return cls(name, phi, signals, names, resolved_band(model.grid), model=model)

    @property
    def signal_shape(self) -> tuple[int, ...]:
        return (self.model.channels, *self.model.grid.shape)

    @property
    def subject(self) -> eqx.Module:
        return self.model

    @property
    def rebuilt(self) -> bool:
        return True

    def cast(self, dtype) -> ClassifierSetting:
        model = _all_cast(self.model, dtype)
        return dataclasses.replace(self, **vars(super().cast(dtype)) | {"model": model})

    def paths(self) -> int:
        shapes = [self.model.tap_shape(n) for n in range(1, self.model.depth + 1)]
        return sum(math.prod(shape) for shape in shapes)


def resolved_band(grid: wi.Grid) -> int:
    """A band that the grid resolves well."""
    return max(1, min(6, (min(grid.shape) - 1) // 4))


def once_per_setting(function: Callable) -> Callable:
    """Remember the result for each setting and further arguments, which must be hashable.

    Claims that share signals or a search compute them once.
    """
    results: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
    guard = threading.Lock()

    @functools.wraps(function)
    def remembered(setting: Setting, *arguments):
        with guard:
            known = results.setdefault(setting, {})
            lock, _ = known.setdefault(arguments, (threading.Lock(), []))
        with lock:
            _, found = known[arguments]
            if not found:
                found.append(function(setting, *arguments))
            return found[0]

    return remembered


_FIRST: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_FIRST_GUARD = threading.Lock()


@contextlib.contextmanager
def alone(setting: Setting, program: str) -> Iterator[None]:
    """Enter alone the first time, so that threads do not compile one program twice."""
    with _FIRST_GUARD:
        locks = _FIRST.setdefault(setting, {})
        lock, compiled = locks.setdefault(program, (threading.Lock(), threading.Event()))
    if compiled.is_set():
        yield
        return
    with lock:
        yield
        compiled.set()


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
    constants = phi.constants()
    return constants.admissible, f"max{{B, B L^2 R^2}} = {max(constants.gains):.6g}"


def differences(setting: Setting, f, h) -> dict[str, np.ndarray]:
    r"""Per pair and depth $|||\Phi^n(f) - \Phi^n(h)|||$, $W_n(f)$ and $|||\Phi^n(f)|||^2$.

    Args:
        setting: gives the extractor.
        f, h: (count, *grid.shape).

    Returns:
        `difference` (count, D + 1), `total` (count,): over all depths, `energy` and `features`
        (count, D + 1).
    """
    real = setting.signals.dtype
    complex_type = np.result_type(real, np.complex64)
    is_complex = np.iscomplexobj(f) or np.iscomplexobj(h)
    f, h = (np.asarray(a, complex_type if is_complex else real) for a in (f, h))
    count, chunk = len(f), _chunk(setting)
    padding = [(0, -count % chunk)] + [(0, 0)] * setting.grid.ndim
    f, h = np.pad(f, padding), np.pad(h, padding)
    blocks = [slice(i, i + chunk) for i in range(0, len(f), chunk)]
    found = []
    for block in blocks:
        with alone(setting, f"differences of {f.dtype}"):
            parts = _differences(setting.phi, f[block], h[block])
            found.append([np.asarray(part, np.float64) for part in parts])
    squared, energy, features = (np.concatenate(part)[:count] for part in zip(*found, strict=True))
    return {
        "difference": np.sqrt(squared),
        "total": np.sqrt(squared.sum(axis=1)),
        "energy": energy,
        "features": features,
    }


@eqx.filter_jit
def _differences(phi: wi.FeatureExtractor, f, h):
    return jax.vmap(lambda ours, theirs: pair_energies(phi, ours, theirs))(f, h)


def pair_energies(phi: wi.FeatureExtractor, f, h):
    r"""Per depth $|||\Phi^n(f) - \Phi^n(h)|||^2$, $W_n(f)$, $|||\Phi^n(f)|||^2$; extracted side by side."""
    traces = jax.vmap(phi.trace)(jnp.stack([f, h]))
    difference = jax.tree.map(lambda a: a[0] - a[1], traces.features)
    own = jax.tree.map(lambda a: a[0], traces.features)
    energy = [jnp.sum(jnp.abs(u[0]) ** 2) for u in traces.maps]
    return difference.energies(), jnp.stack(energy), own.energies()


def _chunk(setting: Setting) -> int:
    """Signals extracted side by side: more where one extraction is small."""
    return int(np.clip(4_000_000 // setting.paths(), 1, 8))


def _all_cast(module, dtype):
    """With every array rounded."""
    return jax.tree.map(lambda a: _cast(a, dtype) if eqx.is_array(a) else a, module)


def _cast(a, dtype):
    """Rounded to the precision of a real type; whole numbers and truth values stay."""
    if jnp.issubdtype(a.dtype, jnp.complexfloating):
        return a.astype(np.result_type(dtype, np.complex64))
    return a.astype(dtype) if jnp.issubdtype(a.dtype, jnp.floating) else a
