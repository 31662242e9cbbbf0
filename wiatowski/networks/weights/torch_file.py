"""State dictionaries as torch.save writes them, read without torch: zip archives and the older format."""

from __future__ import annotations

import io
import math
import zipfile
from typing import IO, Any, NamedTuple

import numpy as np

from wiatowski.networks.weights.restricted import NUMPY_NAMES, unpickled

__all__ = ["state_dict_of"]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
# What follows a storage's name; torch's bfloat16 has no numpy type.
_TYPES = {
    "FloatStorage": np.float32,
    "DoubleStorage": np.float64,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
    "IntStorage": np.int32,
    "ShortStorage": np.int16,
    "CharStorage": np.int8,
    "ByteStorage": np.uint8,
    "BoolStorage": np.bool_,
}


# Under which training scripts keep the state dictionary in a checkpoint.
_CHECKPOINT = ("state_dict", "model_state_dict", "model")


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype
    length: int


class _Tensor(NamedTuple):
    """A view of a storage, as torch describes it."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def within(self, data: np.ndarray) -> np.ndarray:
        """The values, copied; raises for a view that leaves the storage."""
        numbers = (self.offset, *self.shape, *self.strides)
        if not all(isinstance(n, int) and n >= 0 for n in numbers):
            raise ValueError("a tensor has a negative size")
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides))
        if 0 in self.shape:
            return np.zeros(self.shape, data.dtype)
        if last >= len(data) or len(self.shape) != len(self.strides):
            raise ValueError("a tensor reaches beyond its data: the file is truncated or damaged")
        strides = tuple(s * data.itemsize for s in self.strides)
        view = np.lib.stride_tricks.as_strided(data[self.offset :], self.shape, strides)
        if math.prod(self.shape) > len(data):
            raise ValueError("a tensor has more numbers than its data")
        return np.array(view)


def _rebuilt(storage, offset, shape, strides, *_unused) -> _Tensor:
    if not isinstance(storage, _Storage):
        raise ValueError("a tensor has no storage")
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _parameter(tensor: _Tensor, *_unused) -> _Tensor:
    return tensor


_NAMES: dict[tuple[str, str], Any] = {
    **NUMPY_NAMES,
    **{("torch", name): np.dtype(own) for name, own in _TYPES.items()},
    ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
    ("torch._utils", "_rebuild_parameter"): _parameter,
}


def state_dict_of(file: IO[bytes]) -> dict[str, np.ndarray]:
    """The arrays of a state dictionary, or of the one inside a checkpoint, by name.

    Args:
        file: what torch.save wrote, open for reading.

    Raises:
        ValueError: for a file that is none, is truncated, or whose pickle asks for anything but arrays.
    """
    content = file.read()
    zipped = content.startswith(b"PK")
    tensors, data = _zipped(content) if zipped else _older(content)
    if isinstance(tensors, dict):
        inside = (tensors[key] for key in _CHECKPOINT if isinstance(tensors.get(key), dict))
        tensors = next(inside, tensors)
    if not isinstance(tensors, dict) or not any(isinstance(t, _Tensor) for t in tensors.values()):
        raise ValueError("the file holds no state dictionary")
    return {
        str(name): tensor.within(data[tensor.storage.key])
        for name, tensor in tensors.items()
        if isinstance(tensor, _Tensor)
    }


def _zipped(content: bytes) -> tuple[Any, dict[str, np.ndarray]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name.partition("/")[2]: name for name in archive.namelist()}
            if "data.pkl" not in members:
                raise ValueError("the archive holds no data.pkl, so torch did not write it")
            if "byteorder" in members and archive.read(members["byteorder"]).strip() != b"little":
                raise ValueError("the file was written on a machine of another byte order")
            storages: dict[str, _Storage] = {}
            tensors = unpickled(
                io.BytesIO(archive.read(members["data.pkl"])), _NAMES, _collected(storages)
            )
            data = {
                key: np.frombuffer(archive.read(members[f"data/{key}"]), storage.dtype)
                for key, storage in storages.items()
            }
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, RuntimeError) as error:
        raise ValueError(f"the archive is damaged ({error})") from None
    return tensors, data


def _older(content: bytes) -> tuple[Any, dict[str, np.ndarray]]:
    file = io.BytesIO(content)
    if unpickled(file, {}) != _MAGIC or unpickled(file, {}) != _PROTOCOL:
        raise ValueError("the file is not one that torch wrote")
    system = unpickled(file, {})
    if not isinstance(system, dict) or not system.get("little_endian"):
        raise ValueError("the file was written on a machine of another byte order")
    storages: dict[str, _Storage] = {}
    tensors = unpickled(file, _NAMES, _collected(storages))
    data = {}
    for key in unpickled(file, {}):
        storage = storages.get(str(key))
        count = int.from_bytes(file.read(8), "little")
        if storage is None or count != storage.length:
            raise ValueError("the lengths of its data do not match: it is truncated or damaged")
        raw = file.read(count * storage.dtype.itemsize)
        if len(raw) < count * storage.dtype.itemsize:
            raise ValueError("its data end early: it is truncated")
        data[storage.key] = np.frombuffer(raw, storage.dtype)
    return tensors, data


def _collected(storages: dict[str, _Storage]):
    """Remembers the storages that a pickle refers to."""

    def persistent(pid: Any) -> _Storage:
        if not (isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage"):
            raise ValueError("the pickle refers to something that is no storage")
        _, dtype, key, _, length = pid[:5]
        if not isinstance(dtype, np.dtype) or not isinstance(length, int):
            raise ValueError("a storage has no type of numbers, or no length")
        storage = _Storage(str(key), dtype, int(length))
        storages[storage.key] = storage
        return storage

    return persistent
