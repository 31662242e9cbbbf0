"""Where adversarial searches begin: noise, and signals that theory names as extremal."""

from __future__ import annotations

import jax
import numpy as np

from proofs_numeric.engine.setting import Setting, white_noise


def noise(setting: Setting, key: jax.Array, count: int) -> np.ndarray:
    """Independent white noise, real or complex as the setting's signals."""
    return white_noise(key, (count, *setting.grid.shape), setting.real)


def wave(setting: Setting, index: tuple[int, ...], offset: float = 0.0) -> np.ndarray:
    r"""$\cos$ (real settings) or $\exp$ of $2\pi\langle k, n/N\rangle$ plus a constant `offset`."""
    positions = np.meshgrid(*(np.arange(n) / n for n in setting.grid.shape), indexing="ij")
    phase = 2 * np.pi * sum(k * x for k, x in zip(index, positions))
    return offset + (np.cos(phase) if setting.real else np.exp(1j * phase))


def peak(values) -> tuple[int, ...]:
    """Index of the largest value, as signed frequencies."""
    values = np.asarray(values)
    return signed_index(np.unravel_index(int(np.argmax(values)), values.shape), values.shape)


def signed_index(index, shape) -> tuple[int, ...]:
    """An index in the order of FFTs as signed frequencies."""
    return tuple(int(i) - n if i > n // 2 else int(i) for i, n in zip(index, shape))


def loudest_wave(setting: Setting) -> np.ndarray:
    """The wave that the first output atom passes best: it comes out unchanged."""
    return wave(setting, peak(np.abs(setting.phi.banks[0].output_atom_hat)))


def steepest_wave(setting: Setting, shift) -> np.ndarray:
    """The wave that one shift changes most behind the first output atom."""
    grid = setting.grid
    along = sum(t * w for t, w in zip(np.asarray(shift, float), grid.frequencies())) * grid.spacing
    multiplier = np.abs(np.sin(np.pi * along)) * np.abs(setting.phi.banks[0].output_atom_hat)
    return wave(setting, peak(multiplier))


def modulated_wave(setting: Setting, depth: int, shift) -> np.ndarray:
    """A carrier in the first layer's loudest atom, its envelope where the output atom is steepest.

    After a modulus the envelope is all that is left, so this is nearly extremal at depth >= 1.
    """
    phi = setting.phi
    atoms = np.asarray(phi.banks[0].atoms_hat).reshape(-1, *phi.grid.shape)
    energy = np.sum(np.abs(atoms) ** 2, axis=tuple(range(1, atoms.ndim)))
    carrier = wave(setting, peak(np.abs(atoms[int(np.argmax(energy))])))
    output = phi.banks[depth]
    along = sum(t * w for t, w in zip(np.asarray(shift, float), output.grid.frequencies()))
    slow = peak(
        np.abs(
            np.sin(np.pi * along * output.grid.spacing / phi.strides[depth])
            * np.asarray(np.abs(output.output_atom_hat))
        )
    )
    return carrier * np.real(wave(setting, slow, offset=1.0))
