"""Bad input to the right-hand sides of the theorems.

The rows are tried by `tests/test_errors.py`, which also sees that none is forgotten.
"""

from __future__ import annotations

import numpy as np

import wiatowski as wi
from wiatowski import bounds, frames

LINE, PLANE = wi.Grid((16,)), wi.Grid((16, 16))
MEYER = frames.Meyer(scales=1)


def phi(frame=MEYER, nonlinearity=None, pooling=None, grid=LINE, layers=2):
    layer = wi.Layer(frame, nonlinearity or wi.Modulus(), pooling)
    return wi.FeatureExtractor([layer] * layers, grid)


def mixing():
    filters = frames.MatrixFilters(np.ones((2, 1, 3)) / 3)
    return wi.FeatureExtractor([wi.Layer(filters, wi.Modulus())], LINE)


def subsampled():
    few = frames.Subsampled(frames.Morlet(scales=2), most=2, tolerance=0.2)
    layer = wi.Layer(few, wi.Modulus())
    return wi.FeatureExtractor([layer], LINE, output_stride=2).admissible()


F = np.ones(16)
RANDOM = frames.RandomFilters(count=2, size=3)

NAN, INFINITE = float("nan"), float("inf")

ERRORS = {
    "translation of no norm": (
        lambda _: bounds.translation(phi(), 1, 1, -1.0),
        ValueError,
        r"translation: signal_norm must be a finite number from 0 on",
    ),
    "covariance of no norm": (
        lambda _: bounds.covariance(phi(), 1, 1, NAN),
        ValueError,
        r"covariance: signal_norm must be a finite number from 0 on",
    ),
    "translation_relative of no norm": (
        lambda _: bounds.translation_relative(phi(), 1, 1, np.array([1.0, INFINITE])),
        ValueError,
        r"translation_relative: features_norm must be a finite number from 0 on",
    ),
    "translation_all_depths of no norm": (
        lambda _: bounds.translation_all_depths(phi(), 1, -1.0),
        ValueError,
        r"translation_all_depths: signal_norm must be a finite number from 0 on",
    ),
    "rough displacement beyond Nyquist": (
        lambda _: bounds.deformation_rough(0.75, 1, 0, 2),
        ValueError,
        r"deformation_rough: bandwidth 0\.75 must lie below Nyquist.*R < 0\.707107; it counts",
    ),
    "deformation of a negative bandwidth": (
        lambda _: bounds.deformation_torus(-1, 1, 1, 0.1, 1),
        ValueError,
        r"deformation_torus: bandwidth must be a finite number from 0 on, not -1",
    ),
    "undefined displacement": (
        lambda _: bounds.deformation_line(0.1, NAN, 0),
        ValueError,
        r"deformation_line: tau_sup must be a finite number from 0 on, not nan",
    ),
    "infinite phase": (
        lambda _: bounds.deformation_rough(0.1, 1, INFINITE, 1),
        ValueError,
        r"deformation_rough: omega_sup must be a finite number from 0 on, not inf",
    ),
    "rough displacement of the torus, negative": (
        lambda _: bounds.deformation_rough_torus(0.1, -1, 0, 1),
        ValueError,
        r"deformation_rough_torus: tau_sup must be a finite number from 0 on, not -1",
    ),
    "expansion of a negative phase": (
        lambda _: bounds.deformation_expansion(0.1, 1, -1, 0.1, 1),
        ValueError,
        r"deformation_expansion: omega_sup must be a finite number from 0 on, not -1",
    ),
    "Schur, negative": (
        lambda _: bounds.deformation_schur(0.1, -1, 0),
        ValueError,
        r"deformation_schur: tau_sup must be a finite number from 0 on, not -1",
    ),
    "negative slope": (
        lambda _: bounds.deformation_sobolev(0.1, -0.1, 1, 1.0, order=0.5),
        ValueError,
        r"deformation_sobolev: jacobian_sup must be a finite number from 0 on, not -0.1",
    ),
    "almost band-limited, negative": (
        lambda _: bounds.almost_band_limited(-0.1, 0.1, 0.1, 1, 0.5),
        ValueError,
        r"almost_band_limited: bandwidth must be a finite number from 0 on, not -0.1",
    ),
    "sieve of a negative displacement": (
        lambda _: bounds.deformation_sieve(0.1, -1, 0, 0.1),
        ValueError,
        r"deformation_sieve: tau_sup must be a finite number from 0 on, not -1",
    ),
    "sieve of no axis": (
        lambda _: bounds.deformation_sieve([], 1, 0, 0.1),
        ValueError,
        r"sieve_factor: bandwidths need one number per axis.*not \[\]",
    ),
    "sieve beyond Nyquist": (
        lambda _: bounds.sieve_factor(0.1, [0.1, 0.5]),
        ValueError,
        r"in \[0, 1/2\), not \[0.1, 0.5\]",
    ),
    "half a dimension": (
        lambda _: bounds.deformation_rough(0.1, 1, 0, 3.5),
        ValueError,
        r"deformation_rough: ndim must be a whole number from 1 on, not 3.5",
    ),
    "no dimension": (
        lambda _: bounds.decay_integral(0),
        ValueError,
        r"decay_integral: ndim must be a whole number from 1 on, not 0",
    ),
    "cartoon in infinitely many dimensions": (
        lambda _: bounds.cartoon(1, 1, 1, INFINITE, 0.1),
        ValueError,
        r"cartoon: ndim must be a whole number from 1 on, not inf",
    ),
    "cartoon of a negative perimeter": (
        lambda _: bounds.cartoon(1, 1, -1, 2, 0.1),
        ValueError,
        r"cartoon: perimeter must be a finite number from 0 on, not -1",
    ),
    "no samples of a cartoon": (
        lambda _: bounds.cartoon_samples(1, -1, 1),
        ValueError,
        r"cartoon_samples: count must be a finite number from 0 on, not -1",
    ),
    "Lipschitz functions of negative support": (
        lambda _: bounds.lipschitz_class(1, 1, -1),
        ValueError,
        r"lipschitz_class: support must be a finite number from 0 on, not -1",
    ),
    "infinite band": (
        lambda _: bounds.band_growth(1, INFINITE),
        ValueError,
        r"band_growth: 0 < low < high is needed, both finite, not low=1, high=inf",
    ),
    "infinite growth": (
        lambda _: bounds.depth_for_share(0.5, 1, 1, INFINITE),
        ValueError,
        r"depth_for_share: .* all finite, not 0.5, 1, 1, inf",
    ),
    "contraction beyond one": (
        lambda _: bounds.contraction_factor(1.0),
        ValueError,
        r"contraction_factor: kappa must lie in \[0, 1\), not 1.0",
    ),
    "expansion beyond one": (
        lambda _: bounds.expansion_factor(1.0, 2),
        ValueError,
        r"expansion_factor: rho = sup \|\|D tau\|\|_op must lie in \[0, 1\), not 1.0",
    ),
    "Sobolev order beyond one": (
        lambda _: bounds.deformation_sobolev(0.1, 0.1, 1, 1.0, order=2),
        ValueError,
        r"order s must lie in \[0, 1\], not 2",
    ),
    "more than everything outside the band": (
        lambda _: bounds.almost_band_limited(0.1, 0.1, 0.1, 1, 1.5),
        ValueError,
        r"epsilon must lie in \[0, 1\], not 1.5",
    ),
    "band upside down": (
        lambda _: bounds.band_growth(2, 1),
        ValueError,
        r"band_growth: 0 < low < high is needed",
    ),
    "growth in the plane": (
        lambda _: bounds.growth_factor(MEYER.on(PLANE)),
        ValueError,
        r"growth_factor: the statement is one-dimensional.*energy_decay_groups holds",
    ),
    "decay with a ReLU": (
        lambda _: bounds.energy_decay(phi(nonlinearity=wi.ReLU()), F),
        ValueError,
        r"energy_decay, layer 1: the proof needs the modulus, not ReLU",
    ),
    "decay with decimation": (
        lambda _: bounds.energy_decay_bands(phi(pooling=wi.Decimate(2)), F),
        ValueError,
        r"energy_decay_bands, layer 1: Decimate\(factor=2\) drops samples.*use Dilate or NoPooling",
    ),
    "decay of filters with a mean": (
        lambda _: bounds.energy_decay_groups(phi(RANDOM), F),
        ValueError,
        r"energy_decay_groups: atoms beyond the first layer must vanish at frequency zero",
    ),
    "one step of filters with a mean": (
        lambda _: bounds.energy_one_step(phi(RANDOM), F),
        ValueError,
        r"energy_one_step: the atoms must vanish at frequency zero",
    ),
    "decay of channels that mix": (
        lambda _: bounds.energy_decay(mixing(), F),
        ValueError,
        r"energy_decay, layer 1: a MatrixBank mixes channels or leaves samples out",
    ),
    "gap of channels that mix": (
        lambda _: bounds.spectral_gap(mixing().banks[0]),
        ValueError,
        r"MatrixBank: statements on the decay of energy are about scalar filters",
    ),
    "share beyond one": (
        lambda _: bounds.depth_for_share(1.5, 1, 1, 2),
        ValueError,
        r"depth_for_share: 0 < lost < 1, bandwidth > 0, gap > 0 and growth > 1 are needed",
    ),
    "local constant at no depth": (
        lambda _: bounds.lipschitz_local(phi(), 3),
        ValueError,
        r"lipschitz_local: depth must lie in 0..2, not 3",
    ),
    "shift of maps on several grids": (
        lambda _: bounds.translation(subsampled(), 1, 1, 1.0),
        ValueError,
        r"translation, layer 1: the maps of a Subsampled frame lie on several grids",
    ),
    "program of channels that mix": (
        lambda _: bounds.lipschitz_program(mixing()),
        ValueError,
        r"lipschitz_program, layer 1: MatrixBank mixes channels or leaves samples out; use phi.lipschitz_bound\(\)",
    ),
}
