"""Weights from a file that the user has."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from wiatowski.networks.weights.torch_file import state_dict_of

__all__ = ["read_weights"]

_WRAPPERS = ("module.", "_orig_mod.")  # of DataParallel and torch.compile, before every name


def read_weights(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The arrays of a file by name, without torch: .safetensors, or what torch.save wrote of a state dictionary.

    A checkpoint with the dictionary under "state_dict", "model_state_dict" or "model" is one, too; what
    DataParallel and torch.compile put before every name is taken off.

    Args:
        path: the file; one that ends in .safetensors needs the package safetensors.

    Raises:
        ValueError: for a file that is truncated, damaged or something else, or that asks for anything but
            arrays: a pickle can run any program, so it is not opened then.
        OSError: for one that cannot be read.
        ImportError: for .safetensors without the package.

    Source: utility.
    """
    path = Path(path)
    arrays = _safetensors(path) if path.suffix.lower() == ".safetensors" else _torch(path)
    for prefix in _WRAPPERS:
        if all(name.startswith(prefix) for name in arrays):
            arrays = {name.removeprefix(prefix): a for name, a in arrays.items()}
    return arrays


def _torch(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        try:
            return state_dict_of(file)
        except ValueError as error:
            raise ValueError(f"read_weights: {path.name}: {error}.") from None


def _safetensors(path: Path) -> dict[str, np.ndarray]:
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load
    except ImportError:
        raise ImportError(
            'read_weights: .safetensors needs a package: pip install "wiatowski[weights]".'
        ) from None
    try:
        return load(path.read_bytes())
    except KeyError as error:
        raise ValueError(
            f"read_weights: {path.name} holds numbers of the type {error}, which numpy has not; save the weights "
            "in float32."
        ) from None
    except SafetensorError as error:
        raise ValueError(
            f"read_weights: {path.name} is no safetensors file, or it is damaged ({error})."
        ) from None
