"""One or more example instances of every member of every catalogue, and where each may be sharp."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from wiatowski import frames


def _taps(ndim: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal((3, *(2, 3, 2)[:ndim])) / 4


def _matrix_taps(ndim: int) -> np.ndarray:
    return np.random.default_rng(4).standard_normal((4, 3, *(2, 3, 2)[:ndim])) / 6


def saturation(u):
    """u / sqrt(1 + |u|^2): a smooth contraction of the complex plane onto the unit disc."""
    return u / jnp.sqrt(1 + jnp.real(u) ** 2 + jnp.imag(u) ** 2)


# name -> dimension -> instances; a dimension that is left out is one the family does not have.
FRAMES = {
    "AlphaMolecules": {
        2: [
            frames.AlphaMolecules(scales=2, alpha=0.75, nyquist="fill"),
            frames.AlphaMolecules(scales=2, orientations=3, corona="round", nyquist="isotropic"),
        ]
    },
    "Curvelets": {
        2: [
            frames.Curvelets(scales=1),
            frames.Curvelets(scales=2, orientations=3),
            frames.Curvelets(scales=1, orientations=1),
        ]
    },
    "DirectionalWavelets": {2: [frames.DirectionalWavelets(scales=2, orientations=3)]},
    "FiniteFilters": {d: [frames.FiniteFilters(_taps(d))] for d in (1, 2, 3)},
    "LearnedFilters": {d: [frames.LearnedFilters(9 * _taps(d))] for d in (1, 2, 3)},
    "RandomFilters": {d: [frames.RandomFilters(count=3, size=2, seed=5)] for d in (1, 2, 3)},
    "Gabor": {
        1: [frames.Gabor(8), frames.Gabor(5, frames.GaussianWindow(0.7))],
        2: [frames.Gabor(5)],
        3: [frames.Gabor(4, frames.GaussianWindow())],
    },
    "Gammatone": {1: [frames.Gammatone(scales=2, voices=2)]},
    "Daubechies": {d: [frames.Daubechies(scales=2, moments=3)] for d in (1, 2, 3)},
    "Symlets": {d: [frames.Symlets(scales=1, moments=5)] for d in (1, 2, 3)},
    "Coiflets": {d: [frames.Coiflets(scales=1)] for d in (1, 2, 3)},
    "Biorthogonal": {
        d: [frames.Biorthogonal(scales=2, reconstruction=3, decomposition=1)] for d in (1, 2, 3)
    },
    "BSplineFramelets": {
        **{d: [frames.BSplineFramelets(scales=1, order=3)] for d in (1, 2)},
        3: [frames.BSplineFramelets(scales=1)],
    },
    "Haar": {d: [frames.Haar(scales=1), frames.Haar(scales=2)] for d in (1, 2, 3)},
    "LogGabor": {
        1: [frames.LogGabor(scales=2, voices=2)],
        2: [frames.LogGabor(scales=2, orientations=3)],
    },
    "Meyer": {d: [frames.Meyer(scales=1), frames.Meyer(scales=2)] for d in (1, 2, 3)},
    "Morlet": {
        1: [frames.Morlet(scales=2), frames.Morlet(scales=2, voices=3)],
        2: [frames.Morlet(scales=1, orientations=4), frames.Morlet(scales=2, orientations=3)],
    },
    "Ridgelets": {2: [frames.Ridgelets(scales=1), frames.Ridgelets(scales=2, nyquist="fill")]},
    "Shearlets": {
        2: [frames.Shearlets(scales=1), frames.Shearlets(scales=2, nyquist="isotropic")],
        3: [frames.Shearlets(scales=1)],
    },
    "SolidHarmonics": {
        3: [frames.SolidHarmonics(scales=2, degree=1), frames.SolidHarmonics(1, 2, real=False)]
    },
    "Steerable": {
        2: [frames.Steerable(scales=2, orientations=3), frames.Steerable(scales=1, orientations=4)]
    },
    "Shannon": {
        d: [frames.Shannon(scales=2), frames.Shannon(scales=1, nyquist="fill")] for d in (1, 2, 3)
    },
    "Simoncelli": {
        d: [frames.Simoncelli(scales=2), frames.Simoncelli(scales=2, nyquist="isotropic")]
        for d in (1, 2, 3)
    },
    "TensorWavelets": {
        d: [frames.TensorWavelets(scales=2, ladder=frames.MeyerLadder(passes=0.3))]
        for d in (1, 2, 3)
    },
    "Scaled": {
        1: [frames.Scaled(frames.Meyer(scales=2), 0.5)],
        2: [frames.Scaled(frames.Curvelets(scales=1), 1.5)],
        3: [frames.Scaled(frames.Haar(scales=1), 0.7)],
    },
}
PARSEVAL = (
    "Daubechies",
    "Symlets",
    "Coiflets",
    "BSplineFramelets",
    "AlphaMolecules",
    "DirectionalWavelets",
    "Ridgelets",
    "Shearlets",
    "Steerable",
    "Curvelets",
    "Haar",
    "Meyer",
    "Shannon",
    "Simoncelli",
    "TensorWavelets",
)  # A = B = 1 on every grid
REAL_ATOMS = (
    "Daubechies",
    "Symlets",
    "Coiflets",
    "BSplineFramelets",
    "Biorthogonal",
    "LearnedFilters",
    "AlphaMolecules",
    "DirectionalWavelets",
    "Ridgelets",
    "Shearlets",
    "Steerable",
    "Curvelets",
    "FiniteFilters",
    "RandomFilters",
    "Haar",
    "Meyer",
    "Shannon",
    "Simoncelli",
    "TensorWavelets",
    "Scaled",
)
ZERO_MEAN_ATOMS = (
    "Daubechies",
    "Symlets",
    "Coiflets",
    "BSplineFramelets",
    "Biorthogonal",
    "AlphaMolecules",
    "DirectionalWavelets",
    "Ridgelets",
    "Shearlets",
    "Steerable",
    "Curvelets",
    "Gammatone",
    "LogGabor",
    "Haar",
    "Meyer",
    "Shannon",
    "Simoncelli",
    "TensorWavelets",
    "Morlet",
    "Scaled",
)  # exactly 0 at frequency 0

# The same for frames of matrices, which mix maps: laws in test_matrix_bank.py and test_matrix_layers.py.
MATRIX_FRAMES = {
    "MatrixFilters": {
        d: [frames.MatrixFilters(_matrix_taps(d), stride=stride) for stride in (1, 2)]
        for d in (1, 2, 3)
    },
    "LearnedMatrixFilters": {
        d: [frames.LearnedMatrixFilters(9 * _matrix_taps(d), stride=stride) for stride in (1, 2)]
        for d in (1, 2, 3)
    },
}

# The same for frames that keep maps on few samples: laws in test_execution.py.
SUBSAMPLED_FRAMES = {
    "Subsampled": {
        1: [frames.Subsampled(frames.Morlet(scales=3, voices=2), most=4)],
        2: [frames.Subsampled(frames.Morlet(scales=2), most=2, tolerance=0.05)],
    },
}

# name -> (instance, pair (z, w) at which the declared constant is reached to 1 %).
NONLINEARITIES = {
    "Modulus": [(wi.Modulus(), (1.0, 0.0)), (wi.Modulus(), (1 + 1j, 3 + 3j))],
    "GroupModulus": [(wi.GroupModulus(), (1 + 1j, 3 + 3j))],
    "ReLU": [(wi.ReLU(), (1.0, 2.0)), (wi.ReLU(), (1 + 1j, 2 + 3j))],
    "ReLU6": [(wi.ReLU6(), (1.0, 2.0)), (wi.ReLU6(), (1 + 1j, 2 + 3j))],
    "Tanh": [(wi.Tanh(), (0.01, -0.01)), (wi.Tanh(), (0.01j, -0.01j))],
    "ShiftedSigmoid": [(wi.ShiftedSigmoid(), (0.01, -0.01))],
    "Identity": [(wi.Identity(), (1 + 2j, -1.0))],
    "ModReLU": [(wi.ModReLU(), (1 + 1j, 2 + 2j)), (wi.ModReLU(bias=0.0), (1.0, 1j))],
    "LeakyReLU": [(wi.LeakyReLU(), (1.0, 2.0)), (wi.LeakyReLU(slope=-1.5), (-1.0, -2.0))],
    "SiLU": [(wi.SiLU(), (2.38, 2.42))],
    "GELU": [(wi.GELU(), (1.40, 1.43)), (wi.GELU(), (1.40j, 1.43j))],
    "SoftThreshold": [(wi.SoftThreshold(), (1.0, 2.0)), (wi.SoftThreshold(0.0), (-1.0, 2j))],
    "Pointwise": [(wi.Pointwise(saturation, 1.0, "saturation"), (0.01, -0.01))],
}

# name -> instances; factors 2 and 3 divide the shapes of strategies.POOLED_SHAPES.
POOLINGS = {
    "NoPooling": [wi.NoPooling()],
    "Dilate": [wi.Dilate(2), wi.Dilate(1.5)],
    "Decimate": [wi.Decimate(2), wi.Decimate(3)],
    "LowPassDecimate": [wi.LowPassDecimate(2), wi.LowPassDecimate(3), wi.LowPassDecimate(1)],
    "AveragePool": [wi.AveragePool(2), wi.AveragePool(3)],
    "MaxPool": [wi.MaxPool(2), wi.MaxPool(3)],
    "LpPool": [wi.LpPool(2, 2), wi.LpPool(1, 2), wi.LpPool(3.5, 3)],
}


def frames_in(ndim: int) -> list:
    """Every example frame that exists in the dimension."""
    return [frame for rows in FRAMES.values() for frame in rows.get(ndim, [])]


def nonlinearities() -> list:
    """Every example nonlinearity once per setting."""
    return [member for rows in NONLINEARITIES.values() for member, _ in rows]


def poolings() -> list:
    """Every example pooling."""
    return [member for rows in POOLINGS.values() for member in rows]
