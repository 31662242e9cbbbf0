r"""How good a heatmap is: what the score of the class does when the photo is masked by it, and what else.

Scores are probabilities, softmax over the classes. A photo is masked in the space of the network's input,
where zero is the mean of the training photos.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats

from wiatowski._integers import check_integer
from wiatowski._types import Array, ArrayLike
from wiatowski.explain.upsampling import unit_range, upsampled
from wiatowski.networks import AbstractClassifier, Network

__all__ = [
    "Interval",
    "deletion_curve",
    "energy_inside",
    "insertion_curve",
    "masked_score",
    "mean_interval",
    "points",
    "points_at",
    "proportion_interval",
    "randomised",
    "rank_agreement",
]

Model = TypeVar("Model", bound=AbstractClassifier)


class Interval(NamedTuple):
    """A mean or a proportion over photos with a two-sided interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def mean_interval(values, level: float = 0.95) -> Interval:
    r"""$\bar x \pm t_{n-1} s / \sqrt n$: Student's interval for the mean of independent photos.

    Args:
        values: one per photo, at least two.
        level: of confidence.

    Raises:
        ValueError: for fewer than two values.

    >>> print(mean_interval([0.0, 1.0, 2.0]))
    1.000 [-1.484, 3.484]
    """
    values = np.asarray(values, float).ravel()
    _check_level("mean_interval", level)
    if len(values) < 2:
        raise ValueError(
            f"mean_interval: an interval needs at least two photos, not {len(values)}; measure more."
        )
    half = scipy.stats.t.ppf((1 + level) / 2, len(values) - 1) * scipy.stats.sem(values)
    mean = float(values.mean())
    return Interval(mean, mean - float(half), mean + float(half))


def proportion_interval(successes: int, trials: int, level: float = 0.95) -> Interval:
    r"""Wilson's interval for a proportion p: all p with $|\hat p - p| \le z \sqrt{p (1 - p) / n}$.

    Args:
        successes: how many photos of the n meet a condition.
        trials: n, at least one.
        level: of confidence.

    Raises:
        ValueError: for counts that no photos have.

    Source: Wilson 1927 (from memory).

    >>> print(proportion_interval(10, 10))
    1.000 [0.722, 1.000]
    """
    _check_level("proportion_interval", level)
    whole = float(successes).is_integer() and float(trials).is_integer()
    if not whole or not 0 <= successes <= trials or trials < 1:
        raise ValueError(
            f"proportion_interval: {successes} of {trials} is no proportion; give successes from 0 to the "
            "number of trials, which is at least 1."
        )
    found = scipy.stats.binomtest(int(successes), int(trials)).proportion_ci(level, "wilson")
    return Interval(successes / trials, float(found.low), float(found.high))


def _check_level(call: str, level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"{call}: level must lie between 0 and 1, such as 0.95, not {level!r}.")


def _checked(call: str, heatmap: ArrayLike, ndim: int) -> np.ndarray:
    """One heatmap of finite values."""
    values = np.asarray(heatmap)
    if values.ndim != ndim or 0 in values.shape or np.iscomplexobj(values):
        raise ValueError(
            f"{call}: one heatmap of {ndim} axes is needed, not an array of {values.dtype} and shape "
            f"{values.shape}; give those of several classes one by one, and of a gradient the sum of its "
            "channels' moduli."
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{call}: the heatmap holds NaN or infinite values.")
    return values


def masked_score(
    model: AbstractClassifier, f: ArrayLike, target: int | str, heatmap: ArrayLike
) -> float:
    r"""The score of a class for $f \odot s(h)$, s bringing the heatmap to the photo's size and to [0, 1].

    Args:
        model: a network or classifier.
        f: (channels, *grid.shape).
        target: the class.
        heatmap: on any grid.

    Source: Chattopadhay et al. 2018 (explanation maps).
    """
    heatmap = _checked("masked_score", heatmap, model.grid.ndim)
    mask = unit_range(upsampled(heatmap, model.grid.shape))
    return float(_probabilities(model, (jnp.asarray(f) * mask)[None])[0, model.class_of(target)])


def deletion_curve(
    model: AbstractClassifier, f: ArrayLike, target: int | str, heatmap: ArrayLike, steps: int = 28
) -> np.ndarray:
    """Scores while the samples are set to zero, those where the heatmap is largest first: low is good.

    Args:
        model, f, target, heatmap: as for `masked_score`.
        steps: equal parts of the samples.

    Returns:
        (steps + 1,), from the whole photo to nothing.

    Source: Petsiuk, Das & Saenko 2018.
    """
    f = jnp.asarray(f)
    return _curve("deletion_curve", model, f, jnp.zeros_like(f), target, heatmap, steps)


def insertion_curve(
    model: AbstractClassifier, f: ArrayLike, target: int | str, heatmap: ArrayLike, steps: int = 28
) -> np.ndarray:
    """Scores while samples are put back into a blurred photo, where the heatmap is largest first: high is good.

    Args:
        model, f, target, heatmap, steps: as for `deletion_curve`.

    Returns:
        (steps + 1,), from the blurred photo to the whole one.

    Source: Petsiuk, Das & Saenko 2018; blurred to a sixteenth of the size.
    """
    f = jnp.asarray(f)
    coarse = tuple(max(1, n // 16) for n in model.grid.shape)
    small = jax.image.resize(f, (len(f), *coarse), "linear")
    return _curve(
        "insertion_curve", model, upsampled(small, model.grid.shape), f, target, heatmap, steps
    )


def _curve(call: str, model, before, after, target, heatmap, steps: int) -> np.ndarray:
    steps = check_integer(call, "steps", steps)
    heatmap = _checked(call, heatmap, model.grid.ndim)
    wide = np.asarray(upsampled(heatmap, model.grid.shape)).ravel()
    order = np.argsort(-wide, kind="stable")
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order))
    counts = np.round(np.linspace(0, len(order), steps + 1)).astype(int)
    scores = _along(
        model,
        before,
        jnp.asarray(after),
        jnp.asarray(rank.reshape(model.grid.shape)),
        jnp.asarray(counts),
    )
    return np.asarray(scores)[:, model.class_of(target)]


@eqx.filter_jit
def _along(model, before, after, rank, counts):
    def one(count):
        return jax.nn.softmax(model(jnp.where(rank < count, after, before)))

    return jax.lax.map(one, counts, batch_size=8)


@eqx.filter_jit
def _probabilities(model, batch):
    return jax.vmap(lambda f: jax.nn.softmax(model(f)))(batch)


def rank_agreement(one: ArrayLike, two: ArrayLike) -> float:
    """Spearman's correlation of two heatmaps of one shape: 1 for the same order of samples; 0 for a constant."""
    shapes = np.shape(one), np.shape(two)
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"rank_agreement: the heatmaps have shapes {shapes[0]} and {shapes[1]}; bring both to one size with "
            "explain.upsampled."
        )
    first, second = (_checked("rank_agreement", a, len(shapes[0])).ravel() for a in (one, two))
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    ranks = [scipy.stats.rankdata(values) for values in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def points(scores, margin: float = 0.0) -> np.ndarray:
    """For every method the number of photos on which its score is the best, or within a margin of it.

    Args:
        scores: (photos, methods).
        margin: of error.

    >>> points([[0.9, 0.8], [0.1, 0.5], [0.4, 0.4]]).tolist()
    [2, 2]
    """
    scores = np.asarray(scores, float)
    if not np.isfinite(scores).all():
        raise ValueError(
            "points: some scores are NaN or infinite, and would give a photo to nobody."
        )
    return np.sum(scores >= scores.max(axis=1, keepdims=True) - margin, axis=0)


def points_at(heatmap: ArrayLike, region: ArrayLike) -> bool:
    """Whether the largest value of the heatmap lies in a region, (H, W) of truth values, on any grid of the photo.

    Source: Zhang, Lin, Brandt, Shen & Sclaroff 2016 (the pointing game).
    """
    wide, inside = _together("points_at", heatmap, region)
    return bool(inside.flat[int(np.argmax(wide))]) and float(np.ptp(wide)) > 0


def energy_inside(heatmap: ArrayLike, region: ArrayLike) -> float:
    """The share of a heatmap without negative values that lies in a region; 0 for a heatmap of zeros.

    Args:
        heatmap: on any grid.
        region: (H, W) of truth values.

    Raises:
        ValueError: for negative values, which cancel others.

    Source: Wang et al. 2020 (energy-based pointing game).

    >>> energy_inside([[3.0, 1.0]], [[True, False]])
    0.75
    """
    wide, inside = _together("energy_inside", heatmap, region)
    if wide.min() < 0:
        raise ValueError(
            "energy_inside: the heatmap has negative values; give its positive part, or its modulus."
        )
    total = float(wide.sum())
    return float(wide[inside].sum()) / total if total > 0 else 0.0


def _together(call: str, heatmap: ArrayLike, region: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Heatmap and region on the finer of their grids."""
    inside = np.asarray(region, bool)
    values = _checked(call, heatmap, inside.ndim)
    shape = tuple(map(max, values.shape, inside.shape))
    cells = np.ix_(*(np.arange(n) * m // n for n, m in zip(shape, inside.shape)))
    return np.asarray(upsampled(values, shape)), inside[cells]


def randomised(model: Model, key: jax.Array, kept: int = 0) -> Model:
    """The same model with its last arrays drawn anew, each normal of the same mean and deviation.

    What an explanation shows that stays the same is not what the model has learned. Drawn from the head
    down, the model loses first what it knows of classes, last what it knows of edges.

    Args:
        model: a network or classifier.
        key: of the draw.
        kept: how many layers, from the first, keep their arrays; the head is always drawn.

    Raises:
        ValueError: for more layers than there are.

    Source: Adebayo et al. 2018 (sanity checks, cascading randomisation).
    """
    if not 0 <= kept <= model.depth:
        raise ValueError(f"randomised: kept must lie in 0..{model.depth}, not {kept!r}.")

    def upper(m):
        layers = m.layers if isinstance(m, Network) else m.extractor.layers
        return *layers[kept:], m.head

    leaves, tree = jax.tree.flatten(upper(model))
    keys = jax.random.split(key, len(leaves))
    drawn = [_drawn(a, k) if eqx.is_inexact_array(a) else a for a, k in zip(leaves, keys)]
    return eqx.tree_at(upper, model, jax.tree.unflatten(tree, drawn))


def _drawn(array: Array, key: jax.Array) -> Array:
    noise = jax.random.normal(key, array.shape, array.dtype)
    return jnp.mean(array) + jnp.std(array) * noise
