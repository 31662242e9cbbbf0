"""Bad input to what keeps maps on few samples, leaves paths out or joins atoms.

The rows are tried by `tests/test_errors.py`, which also sees that none is forgotten.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from wiatowski import frames
from wiatowski.scattering import Scattering1D

GRID = wi.Grid((16,))
MORLET = frames.Morlet(scales=2)
TOML = (
    "grid = {{shape = [16]}}\npaths = {paths}\n[[layers]]\nframe = {{name = 'Morlet', scales = 2}}"
)
FEW = frames.Subsampled(MORLET, most=2, tolerance=0.2)


def extractor(frame=MORLET, grid=GRID, layers=2, pooling=None, nonlinearity=None, **options):
    layer = wi.Layer(frame, nonlinearity, pooling)
    return wi.FeatureExtractor([layer] * layers, grid, **options)


def mixing(**options):
    layer = wi.Layer(frames.MatrixFilters(np.ones((2, 1, 3))), **options)
    return wi.FeatureExtractor([layer], GRID, paths="decreasing")


def traced_rule():
    def loss(centre):
        phi = extractor(frames.Morlet(2, centre=centre), paths="decreasing")
        return phi(jnp.ones(16)).norm()

    return jax.grad(loss)(0.375)


def bank(output=None):
    made = MORLET.on(GRID)
    if output is None:
        return made
    atoms = np.zeros((1, 8, 8))
    return wi.FilterBank(atoms, output, wi.Grid((8, 8)))


def two_bands():
    apart = frames.subsampled(bank(), [1, 2])
    return wi.FeatureExtractor(
        [wi.Layer(apart, wi.GroupModulus(over="scale"))], GRID, output_stride=2
    )


ERRORS = {
    "strides for other atoms": (
        lambda _: frames.subsampled(bank(), [1]),
        ValueError,
        "1 strides for 2 atoms",
    ),
    "low-pass that is not real": (
        lambda _: frames.subsampled(bank(np.ones((8, 1)) * np.arange(8.0)[None] + 1), [1]),
        ValueError,
        "not real in space",
    ),
    "bank in Subsampled": (lambda _: frames.Subsampled(bank(), 2), TypeError, "named frame"),
    "stride no power of two": (
        lambda _: frames.Subsampled(MORLET, 3),
        ValueError,
        "most must be a power of two, not 3",
    ),
    "tolerance of one": (
        lambda _: frames.Subsampled(MORLET, 2, tolerance=1.0),
        ValueError,
        "tolerance must be at least 0 and below 1",
    ),
    "subsampled matrices": (
        lambda _: frames.Subsampled(frames.Subsampled(MORLET, 2), 2).on(GRID),
        ValueError,
        "makes no bank of atoms",
    ),
    "joined across bands": (lambda _: two_bands(), ValueError, "make one map.* several bands"),
    "joined channels": (
        lambda _: mixing(nonlinearity=wi.GroupModulus()),
        ValueError,
        "joins atoms that act on one map",
    ),
    "joined over nothing": (lambda _: wi.GroupModulus(over=()), ValueError, "name fields"),
    "rule with mixing": (lambda _: mixing(), ValueError, "mixes all maps of its depth"),
    "unknown rule": (lambda _: extractor(paths="some"), ValueError, '"all", "decreasing"'),
    "path that does not exist": (
        lambda _: extractor(paths=[("scale=9",)]),
        ValueError,
        "which is no path; labels are",
    ),
    "path that is a number": (
        lambda _: extractor(paths=[3]),
        ValueError,
        "a path is a tuple of labels",
    ),
    "rule on traced atoms": (lambda _: traced_rule(), ValueError, "being traced"),
    "trace of few samples": (
        lambda _: extractor(FEW, output_stride=2).trace(jnp.ones(16)),
        ValueError,
        "lie on several grids",
    ),
    "stride after few samples": (
        lambda _: extractor(FEW, output_stride=8, pooling=wi.Decimate(2)),
        ValueError,
        "cannot be pooled with a stride",
    ),
    "few samples without output_stride": (
        lambda _: extractor(FEW),
        ValueError,
        "pass an output_stride that is a multiple of 2, not None",
    ),
    "ceiling below one map": (
        lambda _: extractor(memory=100),
        ValueError,
        "at least 128 for one map of shape \\(16,\\), not 100",
    ),
    "paths as a number in TOML": (
        lambda _: wi.from_toml(TOML.format(paths="3")),
        ValueError,
        'from_toml: paths must be "all", "decreasing", or a list of paths, .* not 3',
    ),
    "path that is no list in TOML": (
        lambda _: wi.from_toml(TOML.format(paths='["scale=0"]')),
        ValueError,
        r"each a list of labels such as \[\[.*not \['scale=0'\]",
    ),
    "path of numbers in TOML": (
        lambda _: wi.from_toml(TOML.format(paths="[[0]]")),
        ValueError,
        r"each a list of labels .*not \[\[0\]\]",
    ),
    "label in TOML that the grid has not": (
        lambda _: wi.from_toml(TOML.format(paths='[["residual"]]')),
        ValueError,
        "which is no path; labels are, for example, .'scale=0,voice=0'",
    ),
    "few samples without a specification as text": (
        lambda _: wi.to_toml(extractor(frames.subsampled(bank(), [1, 2]), output_stride=2)),
        ValueError,
        "has no text form",
    ),
    "transform in place of its network": (
        lambda folder: wi.save(Scattering1D(2, 32), folder / "S"),
        TypeError,
        r"save: phi must be a FeatureExtractor, Network or Classifier, not a Scattering1D; .* S\.network",
    ),
}
