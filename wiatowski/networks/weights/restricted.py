"""Pickles of arrays and nothing else: every other name that a file asks for is refused."""

from __future__ import annotations

import importlib
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import IO, Any

import numpy as np

__all__ = ["NUMPY_NAMES", "unpickled"]

# Old and new name of one module; what pickles of arrays ask of it has no public one.
_ARRAYS = ("numpy.core.multiarray", "numpy._core.multiarray")
_multiarray = importlib.import_module(_ARRAYS[1])
#: What a pickle of numpy arrays needs.
NUMPY_NAMES: Mapping[tuple[str, str], Any] = {
    **{(module, "_reconstruct"): _multiarray._reconstruct for module in _ARRAYS},
    **{(module, "scalar"): _multiarray.scalar for module in _ARRAYS},
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("collections", "OrderedDict"): OrderedDict,
}


class _Restricted(pickle.Unpickler):
    def __init__(
        self,
        file: IO[bytes],
        names: Mapping[tuple[str, str], Any],
        persistent: Callable[[Any], Any] | None,
    ):
        super().__init__(file, encoding="latin1")
        self._names, self._persistent = names, persistent

    def find_class(self, module_name: str, global_name: str) -> Any:
        found = self._names.get((module_name, global_name))
        if found is None:
            raise ValueError(
                f"the pickle asks for {module_name}.{global_name}, which is no array; it is not opened, since "
                "a pickle can run any program. Save the weights as safetensors"
            )
        return found

    def persistent_load(self, pid: Any) -> Any:
        if self._persistent is None:
            raise ValueError("the pickle refers to data outside of it")
        return self._persistent(pid)


def unpickled(
    file: IO[bytes],
    names: Mapping[tuple[str, str], Any] = NUMPY_NAMES,
    persistent: Callable[[Any], Any] | None = None,
) -> Any:
    """One object of a pickle that may only ask for `names`.

    Args:
        file: at the beginning of the pickle; left behind its end.
        names: what is found, by module and name.
        persistent: finds what the pickle keeps outside of itself.

    Raises:
        ValueError: for a pickle that asks for anything else, or is damaged.
    """
    try:
        return _Restricted(file, names, persistent).load()
    except ValueError:
        raise
    except Exception as error:  # a damaged pickle raises nearly anything
        raise ValueError(f"the pickle is damaged ({type(error).__name__}: {error})") from None
