"""What hypothesis draws: grids, frames, layers and their order, shifts, paths, signals.

Shapes come from a short list, so that compiled functions are reused between examples.
"""

from __future__ import annotations

import functools
import math

import catalogue
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

import wiatowski as wi

# Odd, rectangular, prime, even, in one to three dimensions.
SHAPES = ((97,), (64,), (33, 47), (32, 32), (20, 36), (9, 8, 11), (8, 8, 8))
# The strides 2, 3, 4 and 6 divide these.
POOLED_SHAPES = ((96,), (24, 36), (12, 12, 12))
SPACINGS = (1.0, 0.5, 0.75, 1.7)
MOST_PATHS = 150


def seeds():
    """Seeds of numpy generators: arrays are built from a drawn number, not drawn themselves."""
    return st.integers(0, 2**31 - 1)


def signal(seed: int, shape: tuple[int, ...], real: bool = True, scale: float = 1.0) -> np.ndarray:
    """Normal samples in double precision; cast where used."""
    generator = np.random.default_rng(seed)
    values = generator.standard_normal((2, *shape)) * scale
    return values[0] if real else values[0] + 1j * values[1]


def like(bank_dtype, values: np.ndarray):
    """Cast to the precision of a bank, real or complex as the values are."""
    kind = np.result_type(bank_dtype, np.complex64) if np.iscomplexobj(values) else bank_dtype
    return jnp.asarray(values.astype(kind))


@st.composite
def grids(draw, shapes=SHAPES, spacings=SPACINGS):
    """A grid of one to three axes."""
    return wi.Grid(draw(st.sampled_from(shapes)), draw(st.sampled_from(spacings)))


@functools.cache
def examples_on(grid: wi.Grid) -> tuple[tuple[wi.Frame, int], ...]:
    """The catalogue's frames that can be sampled on the grid, with their numbers of atoms."""
    found = []
    for frame in catalogue.frames_in(grid.ndim):
        try:
            found.append((frame, len(frame.on(grid))))
        except ValueError:  # too deep for the grid
            continue
    return tuple(found)


@st.composite
def frames_on(draw, grid: wi.Grid, most_atoms: int = 10**6):
    """A frame of the catalogue that exists on the grid."""
    return draw(st.sampled_from([frame for frame, n in examples_on(grid) if n <= most_atoms]))


def output_bank(grid: wi.Grid) -> wi.FilterBank:
    """A low-pass given as plain samples, for grids on which a layer's own frame does not fit."""
    low_pass = np.exp(-8 * (grid.frequency_norm() * grid.spacing) ** 2)
    return wi.FilterBank(np.zeros((0, *grid.shape)), low_pass, grid)


def pools(pooling, grid: wi.Grid) -> bool:
    """Whether the pooling's stride divides the grid and leaves at least four samples per axis."""
    stride = pooling.stride
    return all(n % stride == 0 and n // stride >= 4 for n in grid.shape)


@st.composite
def extractors(draw, shapes=POOLED_SHAPES, most_layers: int = 3, dtype=None):
    """A composition of up to `most_layers` layers, freely mixed, with at most MOST_PATHS paths."""
    grid = current = wi.Grid(draw(st.sampled_from(shapes)), draw(st.sampled_from((1.0, 0.75))))
    layers, paths = [], 1
    for _ in range(draw(st.integers(1, most_layers))):
        if not any(paths * n <= MOST_PATHS for _, n in examples_on(current)):
            break
        frame = draw(frames_on(current, most_atoms=MOST_PATHS // paths))
        nonlinearity = draw(st.sampled_from(catalogue.nonlinearities()))
        pooling = draw(st.sampled_from([p for p in catalogue.poolings() if pools(p, current)]))
        layers.append(wi.Layer(frame, nonlinearity, pooling))
        paths *= next(n for example, n in examples_on(current) if example is frame)
        current = pooling.pooled(current)
    last = layers[-1].frame
    fits = any(last is frame for frame, _ in examples_on(current))
    output = last if fits else output_bank(current)
    return wi.FeatureExtractor(layers, grid, output_frame=output, dtype=dtype)


@st.composite
def aligned_shifts(draw, phi: wi.FeatureExtractor):
    """A shift per axis by a multiple of the deepest stride."""
    step = phi.output_stride or phi.strides[-1]
    return tuple(step * draw(st.integers(-5, 5)) for _ in phi.grid.shape)


@st.composite
def paths(draw, phi: wi.FeatureExtractor):
    """Indices (i_1, ..., i_n) of the atoms along one path of a drawn depth."""
    depth = draw(st.integers(0, phi.depth))
    return tuple(draw(st.integers(0, len(bank) - 1)) for bank in phi.banks[:depth])


def row_of(phi: wi.FeatureExtractor, path: tuple[int, ...]) -> int:
    """Row of a path among the features of its depth: the last atom varies fastest."""
    sizes = [len(bank) for bank in phi.banks[: len(path)]]
    return int(np.ravel_multi_index(path, sizes)) if path else 0


def count_paths(phi: wi.FeatureExtractor, depth: int) -> int:
    """Number of paths at a depth."""
    return math.prod(len(bank) for bank in phi.banks[:depth])
