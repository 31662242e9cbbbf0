"""One or more example instances of every member of every catalogue, and where each may be sharp."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from wiatowski import frames


def _taps(ndim: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal((3, *(2, 3, 2)[:ndim])) / 4


def saturation(u):
    """u / sqrt(1 + |u|^2): a smooth contraction of the complex plane onto the unit disc."""
    return u / jnp.sqrt(1 + jnp.real(u) ** 2 + jnp.imag(u) ** 2)


# name -> dimension -> instances; a dimension that is left out is one the family does not have.
FRAMES = {
    "Curvelets": {
        2: [
            frames.Curvelets(scales=1),
            frames.Curvelets(scales=2, orientations=3),
            frames.Curvelets(scales=1, orientations=1),
        ]
    },
    "FiniteFilters": {d: [frames.FiniteFilters(_taps(d))] for d in (1, 2, 3)},
    "RandomFilters": {d: [frames.RandomFilters(count=3, size=2, seed=5)] for d in (1, 2, 3)},
    "Haar": {d: [frames.Haar(scales=1), frames.Haar(scales=2)] for d in (1, 2, 3)},
    "Meyer": {d: [frames.Meyer(scales=1), frames.Meyer(scales=2)] for d in (1, 2, 3)},
    "Morlet": {
        1: [frames.Morlet(scales=2), frames.Morlet(scales=2, voices=3)],
        2: [frames.Morlet(scales=1, orientations=4), frames.Morlet(scales=2, orientations=3)],
    },
    "Scaled": {
        1: [frames.Scaled(frames.Meyer(scales=2), 0.5)],
        2: [frames.Scaled(frames.Curvelets(scales=1), 1.5)],
        3: [frames.Scaled(frames.Haar(scales=1), 0.7)],
    },
}
PARSEVAL = ("Curvelets", "Haar", "Meyer")  # A = B = 1 on every grid
REAL_ATOMS = ("Curvelets", "FiniteFilters", "RandomFilters", "Haar", "Meyer", "Scaled")
ZERO_MEAN_ATOMS = ("Curvelets", "Haar", "Meyer", "Morlet", "Scaled")  # exactly 0 at frequency 0

# name -> (instance, pair (z, w) at which the declared constant is reached to 1 %).
NONLINEARITIES = {
    "Modulus": [(wi.Modulus(), (1.0, 0.0)), (wi.Modulus(), (1 + 1j, 3 + 3j))],
    "ReLU": [(wi.ReLU(), (1.0, 2.0)), (wi.ReLU(), (1 + 1j, 2 + 3j))],
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
