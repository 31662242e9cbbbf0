"""The Fourier transforms that an extractor cannot do without, and the time that they alone take."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from wiatowski.paths import Node

BLOCK_BYTES = 2**19  # of spectra per block of transforms: stays in a core's cache


class Transform(NamedTuple):
    """Of one map of a shape: to half a spectrum, or back from a whole one or from half of one."""

    kind: Literal["rfftn", "irfftn", "ifftn"]
    shape: tuple[int, ...]

    @property
    def operations(self) -> float:
        r"""The usual count, $5 n \log_2 n$ for complex samples and half of it for real ones."""
        samples = math.prod(self.shape)
        return (5.0 if self.kind == "ifftn" else 2.5) * samples * math.log2(samples)


def needed(phi: wi.FeatureExtractor, batch: int = 1) -> Counter[Transform]:
    """How many of each kind for a batch of real signals; no layer mixes maps.

    One back for every atom and map, one for every map that has children or an output by transforms,
    and one back for each such output. Output atoms of a `SubsampledBank` are small matrices.
    """
    counted: Counter[Transform] = Counter()
    signal = jax.ShapeDtypeStruct(phi.grid.shape, jnp.float32)
    features = eqx.filter_eval_shape(lambda phi, f: phi(f), phi, signal)

    def count(node: Node, maps: int) -> None:
        bank = phi.banks[node.depth]
        samples = _every(bank.grid.shape, node.stride)
        by_transforms = not isinstance(bank, wi.frames.SubsampledBank)
        if node.branches or by_transforms:
            counted[Transform("rfftn", samples)] += maps
        if by_transforms:
            counted[Transform("irfftn", features[node.depth].shape[1:])] += maps
        for branch in node.branches:
            layer = phi.layers[node.depth]
            atoms = maps * len(branch.rows) * layer.atoms_per_map(branch.rows)
            folds = layer.pooling.stride if layer.folds else 1
            kind = "irfftn" if layer.bank.atoms_real else "ifftn"
            shape = _every(layer.bank.grid.shape, branch.node.stride * folds)
            counted[Transform(kind, shape)] += atoms
            count(branch.node, maps * len(branch.rows))

    (tree,) = phi.trees
    count(tree, batch)
    return counted


def _every(shape: tuple[int, ...], stride: int) -> tuple[int, ...]:
    return tuple(n // stride for n in shape)


def listed(counted: Counter[Transform]) -> list[tuple[str, tuple[int, ...], int]]:
    """The same for a file."""
    return [(kind, shape, number) for (kind, shape), number in counted.items()]


def alone(counted: Counter[Transform]) -> Callable:
    """A call that does so many transforms of each kind one after the other, in a core's cache."""
    generator, blocks, steps = np.random.default_rng(0), [], []
    for transform, number in counted.items():
        rows = min(number, max(1, BLOCK_BYTES // (8 * math.prod(transform.shape))))
        noise = generator.normal(size=(rows, *transform.shape)).astype(np.float32)
        step, block = _step(transform.kind, jnp.asarray(noise))
        blocks.append(block)
        steps.append((math.ceil(number / rows), step))

    @jax.jit
    def everything(blocks):
        return [
            jax.lax.fori_loop(0, times, lambda _, block, step=step: step(block), block)
            for (times, step), block in zip(steps, blocks, strict=True)
        ]

    return lambda: everything(blocks)


def _step(kind: str, noise: jax.Array) -> tuple[Callable, jax.Array]:
    """A transform of a block to something of its kind that depends on it, and the first block."""
    axes, shape = tuple(range(1, noise.ndim)), noise.shape[1:]
    if kind == "rfftn":
        return lambda u: u + 1e-30 * jnp.fft.rfftn(u, axes=axes)[..., :1].real, noise
    if kind == "irfftn":
        half = jnp.fft.rfftn(noise, axes=axes)
        return lambda u: u + 1e-30 * jnp.fft.irfftn(u, s=shape, axes=axes)[..., :1], half
    return partial(jnp.fft.ifftn, axes=axes), noise.astype(jnp.complex64)
