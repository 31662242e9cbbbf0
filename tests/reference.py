"""The feature extractor in plain NumPy, written sharing no code with the package.

Slow on purpose: Fourier transforms are explicit matrices, paths are Python loops. Everything is
double precision. A layer is a `ReferenceLayer` of arrays and callables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import erf


class ReferenceLayer(NamedTuple):
    """Transforms of atoms and output atom, whether the atoms are real in space, and two maps."""

    atoms_hat: np.ndarray
    output_atom_hat: np.ndarray
    real_atoms: bool
    real_output: bool
    nonlinearity: Callable[[np.ndarray], np.ndarray]
    pooling: Callable[[np.ndarray], np.ndarray]


def dft(u: np.ndarray, sign: int = -1) -> np.ndarray:
    """Sum over n of u[n] exp(sign 2 pi i k n / N), one explicit matrix per axis."""
    for axis, n in enumerate(u.shape):
        index = np.arange(n)
        matrix = np.exp(sign * 2j * np.pi * (np.outer(index, index) % n) / n)
        u = np.moveaxis(np.tensordot(matrix, u, axes=(1, axis)), 0, axis)
    return u


def convolve(u: np.ndarray, atom_hat: np.ndarray, real_atom: bool) -> np.ndarray:
    """Circular convolution with an atom given by its transform."""
    v = dft(dft(u) * atom_hat, sign=+1) / u.size
    return v.real if real_atom and not np.iscomplexobj(u) else v


def features(layers, output_atom_hat, real_output: bool, f: np.ndarray) -> list[list[np.ndarray]]:
    """Per depth the list over paths of U[q]f * chi_n, the last atom varying fastest."""
    maps, collected = [f], []
    for layer in layers:
        collected.append([convolve(u, layer.output_atom_hat, layer.real_output) for u in maps])
        children = []
        for u in maps:
            for atom_hat in layer.atoms_hat:
                v = convolve(u, atom_hat, layer.real_atoms)
                children.append(layer.pooling(layer.nonlinearity(v)))
        maps = children
    collected.append([convolve(u, output_atom_hat, real_output) for u in maps])
    return collected


# Nonlinearities. Those of a real variable act on real and imaginary part.


def on_parts(function: Callable) -> Callable:
    def apply(z):
        return function(z.real) + 1j * function(z.imag) if np.iscomplexobj(z) else function(z)

    return apply


def shrink(amount: float) -> Callable:
    """(|z| - amount)_+ exp(i arg z); on real arrays the sign takes the place of the phase."""

    def apply(z):
        size = np.maximum(np.abs(z) - amount, 0)
        return size * np.exp(1j * np.angle(z)) if np.iscomplexobj(z) else size * np.sign(z)

    return apply


def nonlinearity(name: str, **parameters) -> Callable:
    """By the class name of ours and its parameters."""
    table = {
        "Modulus": lambda: np.abs,
        "GroupModulus": lambda over: np.abs,  # of groups of one
        "ReLU": lambda: on_parts(lambda x: np.maximum(x, 0)),
        "ReLU6": lambda: on_parts(lambda x: np.clip(x, 0, 6)),
        "Tanh": lambda: on_parts(np.tanh),
        "ShiftedSigmoid": lambda: on_parts(lambda x: 1 / (1 + np.exp(-x)) - 0.5),
        "Identity": lambda: lambda z: z,
        "ModReLU": lambda bias: shrink(bias),
        "LeakyReLU": lambda slope: on_parts(lambda x: np.maximum(x, 0) + slope * np.minimum(x, 0)),
        "SiLU": lambda: on_parts(lambda x: x / (1 + np.exp(-x))),
        "GELU": lambda: on_parts(lambda x: x * (1 + erf(x / np.sqrt(2))) / 2),
        "SoftThreshold": lambda threshold: on_parts(shrink(threshold)),
        "Pointwise": lambda: lambda z: z / np.sqrt(1 + np.abs(z) ** 2),  # catalogue.saturation
    }
    return table[name](**parameters)


# Poolings, by loops over the output samples.


def over_windows(statistic: Callable, size: int) -> Callable:
    """The statistic of every disjoint window of `size` samples per axis."""

    def apply(u):
        shape = tuple(n // size for n in u.shape)
        values = [
            statistic(u[tuple(slice(i * size, (i + 1) * size) for i in index)])
            for index in np.ndindex(shape)
        ]
        return np.array(values).reshape(shape)

    return apply


def sinc_decimate(factor: int) -> Callable:
    """S^{d/2} (u * phi)[S n] with the ideal low-pass of width N / S, its edges at 2^{-1/2}."""

    def apply(u):
        u_hat = dft(u)
        for axis, n in enumerate(u.shape):
            k = (np.arange(n) + n // 2) % n - n // 2  # centred
            weight = np.where(2 * factor * np.abs(k) < n, 1.0, 0.0)
            if factor > 1:
                weight[2 * factor * np.abs(k) == n] = np.sqrt(0.5)
            else:
                weight[:] = 1
            u_hat = u_hat * weight.reshape([-1 if a == axis else 1 for a in range(u.ndim)])
        low = dft(u_hat, sign=+1) / u.size
        low = low if np.iscomplexobj(u) else low.real
        return low[(slice(None, None, factor),) * u.ndim] * factor ** (u.ndim / 2)

    return apply


def pooling(name: str, **parameters) -> Callable:
    """By the class name of ours and its parameters."""

    def largest(window):
        return np.max(np.abs(window) if np.iscomplexobj(window) else window)

    table = {
        "NoPooling": lambda: lambda u: u,
        "Dilate": lambda factor: lambda u: u,
        "Decimate": lambda factor: over_windows(lambda w: w.flat[0], factor),
        "LowPassDecimate": lambda factor: sinc_decimate(factor),
        "AveragePool": lambda factor: over_windows(lambda w: w.sum() / w.size, factor),
        "MaxPool": lambda factor: over_windows(largest, factor),
        "LpPool": lambda p, factor: over_windows(
            lambda w: np.sum(np.abs(w) ** p) ** (1 / p), factor
        ),
    }
    return table[name](**parameters)
