"""Displacement fields of the deformation claims, with bounds that hold between the samples too."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.setting import generator

_DEGREE = 2


@dataclass(frozen=True, eq=False)
class Displacement:
    """A displacement and a phase with what theorems ask of them.

    Args:
        kind: constant, smooth (a trigonometric polynomial), stepped (Lipschitz samples) or rough.
        tau: (d, *shape), in samples.
        omega: phase in cycles, or none.
        tau_sup, omega_sup: suprema; of the whole torus for constant and smooth fields.
        jacobian_sup: sup of the largest entry of |D tau|; infinite where nothing is known between
            samples.
        operator_sup: sup of the operator norm of D tau; likewise.
        lipschitz: of the samples in the maximum norm, infinite for rough fields.
    """

    kind: str
    tau: np.ndarray
    omega: np.ndarray | None
    tau_sup: float
    omega_sup: float
    jacobian_sup: float
    operator_sup: float
    lipschitz: float

    @property
    def text(self) -> str:
        """For tables."""
        phase = "" if self.omega is None else f", ||omega|| = {self.omega_sup:.3g}"
        return f"{self.kind}, ||tau|| = {self.tau_sup:.3g}{phase}"

    @property
    def on_torus(self) -> bool:
        """Whether the field is known between the samples."""
        return self.kind in ("constant", "smooth")

    def parameters(self) -> dict[str, Any]:
        """What is not an array; infinities as none."""
        names = ("tau_sup", "omega_sup", "jacobian_sup", "operator_sup", "lipschitz")
        values = {name: getattr(self, name) for name in names}
        return {"kind": self.kind} | {n: v if v < math.inf else None for n, v in values.items()}

    @classmethod
    def of(cls, parameters: Mapping[str, Any], tau, omega) -> Displacement:
        """From `parameters` and arrays."""
        names = ("tau_sup", "omega_sup", "jacobian_sup", "operator_sup", "lipschitz")
        values = [parameters[n] if parameters[n] is not None else math.inf for n in names]
        return cls(parameters["kind"], tau, omega, *values)


def constant(grid: wi.Grid, vector) -> Displacement:
    """The same displacement everywhere."""
    vector = np.asarray(vector, dtype=float)
    tau = np.broadcast_to(vector.reshape(-1, *(1,) * grid.ndim), (grid.ndim, *grid.shape))
    return Displacement("constant", tau, None, float(np.linalg.norm(vector)), 0.0, 0.0, 0.0, 0.0)


def smooth(key: jax.Array, grid: wi.Grid, amplitude: float, slope: float, phase: float = 0.0):
    """A random trigonometric polynomial within both bounds, and a random phase of size `phase`."""
    field, modulation = jax.random.split(key)
    tau = np.asarray(wi.signals.random_displacement(field, grid, amplitude, slope))
    # Both hold between the samples: the sampler's own bound and the one from the samples.
    tau_sup = min(amplitude, between_samples(np.linalg.norm(tau, axis=0)))
    omega, omega_sup = None, 0.0
    if phase:
        omega = np.asarray(wi.signals.random_displacement(modulation, grid, phase, math.inf)[0])
        omega_sup = min(phase, between_samples(np.abs(omega)))
    jacobian = _jacobian(tau)
    steepest = min(slope, between_samples(np.abs(jacobian).max(axis=(0, 1))))
    operator = np.linalg.norm(np.moveaxis(jacobian, (0, 1), (-2, -1)), ord=2, axis=(-2, -1))
    rho = min(grid.ndim * steepest, between_samples(operator))
    lipschitz = grid.ndim * steepest
    return Displacement("smooth", tau, omega, tau_sup, omega_sup, steepest, rho, lipschitz)


def rough(key: jax.Array, grid: wi.Grid, amplitude: float) -> Displacement:
    """Independent displacements at every sample, uniform in a cube, clipped to its ball."""
    tau = generator(key).uniform(-amplitude, amplitude, (grid.ndim, *grid.shape))
    length = np.linalg.norm(tau, axis=0)
    return given_rough(tau * np.minimum(1.0, amplitude / length))


def given_rough(tau: np.ndarray) -> Displacement:
    """A displacement known by its samples only."""
    size = float(np.linalg.norm(tau, axis=0).max())
    return Displacement("rough", tau, None, size, 0.0, *[math.inf] * 3)


def stepped(tau: np.ndarray, lipschitz: float) -> Displacement:
    """One-dimensional samples with a cyclic Lipschitz constant."""
    size = float(np.abs(tau).max())
    return Displacement("stepped", tau, None, size, 0.0, math.inf, math.inf, lipschitz)


def between_samples(size: np.ndarray, degree: int = _DEGREE) -> float:
    r"""Bound on the sup of a trigonometric polynomial: grid maximum / $\prod_i \cos(\pi n/N_i)$.

    Source: Ehlich & Zeller's inequality, axis by axis; infinite on grids too coarse for it.
    """
    if min(size.shape) <= 2 * degree:
        return math.inf
    return float(size.max() / np.prod([math.cos(math.pi * degree / n) for n in size.shape]))


def _jacobian(tau: np.ndarray) -> np.ndarray:
    """D tau of trigonometric polynomials at the samples: (component, axis, *shape)."""
    ndim = tau.shape[0]
    rows = []
    for component in tau:
        transform = np.fft.fftn(component)
        row = []
        for axis, n in enumerate(component.shape):
            k = np.fft.fftfreq(n, d=1 / n).round()
            k[np.abs(k) > _DEGREE] = 0
            line = [-1 if a == axis else 1 for a in range(ndim)]
            row.append(np.fft.ifftn(transform * (2j * np.pi / n * k).reshape(line)).real)
        rows.append(row)
    return np.array(rows)


def upsampled(values: np.ndarray, factor: int = 2) -> np.ndarray:
    """The trigonometric polynomial through real samples, on a grid `factor` times finer."""
    coarse = np.fft.fftn(np.asarray(values))
    fine_shape = tuple(factor * n for n in coarse.shape)
    fine = np.zeros(fine_shape, complex)
    corner = [np.fft.fftfreq(n, d=1 / n).round().astype(int) for n in coarse.shape]
    fine[np.ix_(*(k % m for k, m in zip(corner, fine_shape)))] = coarse
    result = np.fft.ifftn(fine) * factor**coarse.ndim
    return result if np.iscomplexobj(values) else result.real
