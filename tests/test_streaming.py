"""Streaming a data set through an extractor: same numbers, bounded memory, resumed after a kill."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import time
from pathlib import Path
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import zarr
from streaming_process import CHUNK, SIGNALS, extractor, noise, run, start

import wiatowski as wi
from wiatowski import streaming
from wiatowski.streaming.ceiling import in_bytes, largest_within
from wiatowski.streaming.identity import digest
from wiatowski.streaming.program import Program
from wiatowski.streaming.source import open_source
from wiatowski.streaming.writer import Writer

# More of them on demand: WIATOWSKI_KILLS=20 pytest tests/test_streaming.py -k killed
KILLS = int(os.environ.get("WIATOWSKI_KILLS", "3"))


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the process did not get there"
        time.sleep(0.001)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """An uninterrupted store, for the tests that stop and go on, or compare."""
    folder = tmp_path_factory.mktemp("finished") / "store"
    run(extractor(), noise(SIGNALS), folder, chunk=CHUNK)
    return folder


class OnlySlices:
    """The least that a source must have; it notes what is read."""

    def __init__(self, array):
        self._array, self.shape, self.dtype = array, array.shape, array.dtype
        self.lengths: list[int] = []

    def __getitem__(self, block: slice):
        self.lengths.append(block.stop - (block.start or 0))
        return self._array[block]


class Short(OnlySlices):
    """A source that holds less than its shape says."""

    def __getitem__(self, block: slice):
        return self._array[block] if block.stop - block.start == 1 else self._array[block][:1]


def archive(folder):
    np.savez(folder / "x.npz", noise(3))
    return folder / "x.npz"


def as_npy(array, folder):
    np.save(folder / "x.npy", array)
    return folder / "x.npy"


def as_zarr(array, folder):
    return zarr.create_array(folder / "x.zarr", data=array, chunks=(2, *array.shape[1:]))


SOURCES = {
    "array": lambda array, _: array,
    "jax array": lambda array, _: jnp.asarray(array),
    "memory map": lambda array, folder: np.load(as_npy(array, folder), mmap_mode="r"),
    ".npy file": lambda array, folder: str(as_npy(array, folder)),
    "Fortran file": lambda array, folder: as_npy(np.asfortranarray(array), folder),
    "Zarr array": as_zarr,
    "Zarr folder": lambda array, folder: as_zarr(array, folder).store.root,
    "slices": lambda array, _: OnlySlices(array),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_the_features_of_every_signal(tmp_path, kind):
    """From each kind of source, with a last chunk that is not full."""
    phi, signals = extractor(), noise(7)
    store = run(phi, SOURCES[kind](signals, tmp_path), tmp_path / "store", chunk=3)
    expected = jax.jit(jax.vmap(phi))(signals)
    assert len(store) == 7
    assert store.finished.all()
    for depth, array in enumerate(expected):
        assert store[depth].shape == array.shape
        assert store[depth].dtype == array.dtype
        assert store[depth].chunks == (3, *array.shape[1:])
        np.testing.assert_allclose(store[depth][:], array, atol=1e-6)


def test_a_store_says_what_it_holds(tmp_path):
    phi, signals = extractor(), noise(3)
    run(phi, signals, tmp_path / "store")
    store = streaming.load(tmp_path / "store")
    expected = phi(jnp.asarray(signals[2]))
    features = store.features(2)
    assert features.paths == expected.paths
    assert features.grids == expected.grids
    np.testing.assert_allclose(features.norm(), expected.norm(), rtol=1e-6)
    attributes = dict(zarr.open_group(tmp_path / "store", mode="r").attrs["wiatowski"])
    assert attributes["extractor"] == digest(phi)
    assert attributes["source"]["shape"] == [3, 16, 16]
    assert attributes["features"]["labels"] == [list(layer) for layer in expected.labels]
    assert "depth_2 (3, 16, 4, 4)" in repr(store)


@pytest.mark.parametrize(
    ("dtype", "double", "expected"),
    [
        (np.uint8, False, "float32"),
        (np.float64, False, "float32"),
        (np.float64, True, "float64"),
        (np.complex64, False, "complex64"),
        (">f4", False, "float32"),
    ],
)
def test_types(tmp_path, dtype, double, expected):
    """Features have the type that the extractor gives them."""
    signals = (100 * noise(3, (16,))).astype(dtype)
    with jax.enable_x64(double):
        phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(1), wi.Tanh())], wi.Grid((16,)))
        store = run(phi, signals, tmp_path / "store", chunk=2)
        own = jnp.asarray(signals.astype(signals.dtype.newbyteorder("=")))
        np.testing.assert_allclose(store[1][:], jax.vmap(phi)(own)[1], atol=1e-6)
        assert store[1].dtype == store[0].dtype == expected


def test_any_pytree(tmp_path):
    def statistics(f):
        return {"mean": f.mean(), "one": 1, "parts": [f[:4], (f > 0).astype(int)]}

    signals = noise(5, (8,))
    store = run(statistics, signals, tmp_path / "store", chunk=2)
    assert set(store.arrays) == {"mean", "one", "parts.0", "parts.1"}
    np.testing.assert_array_equal(store["one"][:], 1)
    assert store["parts.1"].dtype == np.int32
    np.testing.assert_allclose(store["mean"][:], signals.mean(axis=1), atol=1e-6)
    np.testing.assert_array_equal(store["parts.0"][:], signals[:, :4])
    assert list(run(jnp.abs, signals, tmp_path / "one").arrays) == ["features"]
    with pytest.raises(
        ValueError, match=r"no features of a FeatureExtractor; read its arrays: mean"
    ):
        store.features(0)


def test_chunks_that_equal_the_fill_value_are_there_too(tmp_path):
    store = run(
        lambda f: (jnp.log(f), f.astype(int)), np.full((4, 2), -1e-9), tmp_path / "s", chunk=2
    )
    assert store.finished.all()
    assert np.isnan(store["0"][:]).all()


# Memory.


def test_the_ceiling_chooses_the_chunk(tmp_path):
    phi, signals = lambda f: jnp.abs(jnp.fft.fft2(f)), noise(40)
    program = Program(phi, jax.ShapeDtypeStruct((16, 16), np.float32), jax.local_devices())
    need = program.memory(7, signals[0].nbytes)
    store = run(phi, signals, tmp_path / "store", memory=need)
    assert store["features"].chunks[0] == 7
    # A store that was begun keeps its chunk, and says so if the ceiling is now too low.
    assert run(phi, signals, tmp_path / "store")["features"].chunks[0] == 7
    with pytest.raises(
        ValueError, match=r"chunk of 7 signals needs .*largest chunk that fits is 5"
    ):
        run(phi, signals, tmp_path / "store", memory=program.memory(5, signals[0].nbytes))
    with pytest.raises(ValueError, match=r"a chunk of 40 .*largest chunk that fits is 7"):
        run(phi, signals, tmp_path / "other", memory=need, chunk=40)
    with pytest.raises(ValueError, match=r"one signal needs [\d,]{5,}"):
        run(phi, signals, tmp_path / "other", memory="1kB")
    with pytest.raises(ValueError, match=r"one signal needs [\d,]{5,}"):
        run(phi, signals, tmp_path / "other", memory="1kB", chunk=4)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("most", [1, 30, 10**6])
@pytest.mark.parametrize(
    "needed", [lambda n: 100 + 7 * n, lambda n: 5 * n, lambda n: 100 + 7 * n + 50 * (n > 20)]
)
def test_the_largest_count_that_fits(needed, most):
    for memory in (4, 106, 107, 230, 260, 7000):
        counted = mock.Mock(side_effect=needed)
        found = largest_within(memory, counted, most)
        exact = max((n for n in range(1, min(most, 1500) + 1) if needed(n) <= memory), default=0)
        assert exact - 7 <= found <= exact
        assert counted.call_count <= 8


def test_the_last_chunk_compiles_nothing(tmp_path):
    with mock.patch.object(
        Program, "compiled", autospec=True, side_effect=Program.compiled
    ) as used:
        run(jnp.abs, noise(8), tmp_path / "store", chunk=3)
    assert [call.args[1] for call in used.call_args_list] == [3, 3, 3]


def test_no_more_than_a_chunk_is_read_at_once(tmp_path):
    source = OnlySlices(noise(8))
    run(jnp.abs, source, tmp_path / "store", chunk=3)
    assert max(source.lengths) == 3
    assert source.lengths.count(3) == 2


def test_a_file_is_not_held_in_memory(tmp_path):
    """Blocks are copies: no map of the whole file stays open."""
    source = open_source(as_npy(noise(8), tmp_path))
    block = source.read(2, 5)
    assert block.base is None
    np.testing.assert_array_equal(block, noise(8)[2:5])


# Stopped and started again.


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_at_a_random_moment(tmp_path, finished, seed):
    """The same call afterwards ends with the bytes of an uninterrupted run, and repeats nothing."""
    np.save(tmp_path / "x.npy", noise(SIGNALS))
    store, draw = tmp_path / "store", random.Random(seed)
    process = start("stream", tmp_path / "x.npy", store)
    # Any moment from the first file on; counted in chunks, whatever the machine is busy with.
    chunks = draw.randrange(SIGNALS // CHUNK - 20)
    wait_for(lambda: store.exists() and len(list(store.glob("depth_0/c.*"))) >= chunks)
    time.sleep(draw.random() * 0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    written = {p: p.stat().st_mtime_ns for p in store.glob("depth_2/c.*")}
    assert len(written) < SIGNALS // CHUNK
    run(extractor(), tmp_path / "x.npy", store)
    assert files(store) == files(finished)
    assert written == {p: p.stat().st_mtime_ns for p in written}


def leave(name: str, content: bytes = b""):
    def act(store: Path) -> None:
        (store / name).write_bytes(content)

    return act


def remove(name: str):
    return lambda store: (store / name).unlink()


def cut(store: Path) -> None:
    os.truncate(store / "depth_1/c.9.0.0.0", 100)


def only_group(store: Path) -> None:
    """What is there when a process is killed just after it began."""
    for folder in store.glob("depth_*"):
        shutil.rmtree(folder)


def nothing(store: Path) -> None:
    shutil.rmtree(store)
    store.mkdir()
    (store / ".zarr.json.a1b2c3d4").touch()


LEFTOVERS = {
    "half-written chunk": leave("depth_1/.c.9.0.0.0.a1b2c3d4", b"half"),
    "half-written metadata": leave(".zarr.json.a1b2c3d4", b"{"),
    "one array of a chunk missing": remove("depth_2/c.9.0.0.0"),
    "metadata of an array missing": remove("depth_2/zarr.json"),
    "truncated chunk": cut,
    "empty chunk": leave("depth_0/c.9.0.0.0"),
    "chunk that is too long": leave("depth_0/c.9.0.0.0", bytes(10**5)),
    "arrays missing": only_group,
    "nothing yet": nothing,
}


@pytest.mark.parametrize("name", LEFTOVERS)
def test_what_a_kill_leaves_is_made_good(tmp_path, finished, name):
    store = tmp_path / "store"
    shutil.copytree(finished, store)
    LEFTOVERS[name](store)
    run(extractor(), noise(SIGNALS), store, chunk=CHUNK)
    assert files(store) == files(finished)


def test_a_damaged_chunk_is_noticed(tmp_path, finished):
    """Its size is right, so only reading tells: an error, and `recheck` computes it again."""
    shutil.copytree(finished, tmp_path / "store")
    path = tmp_path / "store/depth_1/c.4.0.0.0"
    path.write_bytes(path.read_bytes()[:-8] + bytes(8))
    store = run(extractor(), noise(SIGNALS), tmp_path / "store")
    with pytest.raises(ValueError, match="checksum"):
        store[1][:]
    run(extractor(), noise(SIGNALS), tmp_path / "store", recheck=True)
    assert files(tmp_path / "store") == files(finished)


def interrupted(store: Path, chunks: int, **options) -> str:
    """Ctrl-C after some chunks; what it says."""
    original, written = Writer.write, []

    def write(self, chunk, arrays):
        if len(written) == chunks:
            raise KeyboardInterrupt
        written.append(chunk)
        original(self, chunk, arrays)

    with mock.patch.object(Writer, "write", write), pytest.raises(KeyboardInterrupt) as stopped:
        streaming.transform(extractor(), noise(SIGNALS), store, chunk=CHUNK, **options)
    return str(stopped.value)


def test_interrupted_and_resumed_with_a_bar(tmp_path, finished, capsys):
    store = tmp_path / "store"
    message = interrupted(store, 5)
    assert re.search("stopped with 5 of 200 chunks in .*the same call goes on from there", message)
    with pytest.raises(
        ValueError, match="holds 15 of 600 signals; make the call of transform again"
    ):
        streaming.load(store)
    partial = streaming.load(store, partial=True)
    np.testing.assert_array_equal(partial.finished, np.arange(SIGNALS) < 15)
    assert np.isnan(partial[2][15:18]).all()
    capsys.readouterr()
    streaming.transform(extractor(), noise(SIGNALS), store)
    bar = capsys.readouterr().err
    assert " 5/200 " in bar
    assert "200/200" in bar
    assert " 0/200 " not in bar
    assert files(store) == files(finished)


def test_no_bar_where_none_is_wanted(tmp_path, capsys):
    run(extractor(), noise(2), tmp_path / "store")
    assert capsys.readouterr() == ("", "")


# Several devices and processes.


@pytest.fixture(scope="module")
def devices_and_processes(tmp_path_factory) -> Path:
    """Stores of one process with two devices, and of two such processes, and what these said."""
    folder = tmp_path_factory.mktemp("processes")
    np.save(folder / "x.npy", noise(23))
    np.save(folder / "other.npy", noise(23)[::-1])
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    started = [start("devices", folder)]
    started += [start("process", folder, address, number) for number in range(2)]
    for process in started:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    return folder


def test_two_devices_give_the_bits_of_one(devices_and_processes, tmp_path):
    """The same number of signals on each device; the chunks of the stores differ."""
    two = streaming.load(devices_and_processes / "two_devices")
    one = streaming.load(devices_and_processes / "one_device")
    run(extractor(), devices_and_processes / "x.npy", tmp_path / "here", chunk=2)
    assert files(tmp_path / "here") == files(devices_and_processes / "one_device")
    for name, array in two.arrays.items():
        np.testing.assert_array_equal(array[:], one[name][:])


def test_two_processes_write_the_store_of_one(devices_and_processes):
    """Two devices each; half of the chunks were there, from one process, before they started."""
    expected = files(devices_and_processes / "two_devices")
    assert files(devices_and_processes / "two_processes") == expected
    assert files(devices_and_processes / "resumed") == expected


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    ("case", "messages"),
    [
        ("extractor", ["process 1 and process 0 differ in extractor; nothing was written"] * 2),
        ("source", ["process 1 and process 0 differ in source; nothing was written"] * 2),
        ("chunk", ["process 1 and process 0 differ in chunk; nothing was written"] * 2),
        ("no source", ["RuntimeError: .*process 1 failed", "FileNotFoundError: .*no source"]),
        (
            "another run",
            ["ValueError: .*belongs to another run", "RuntimeError: .*process 0 failed"],
        ),
        ("own disk", ["RuntimeError: .*process 1 failed", "process 1 does not see the store"]),
        ("not finite", ["RuntimeError: .*process 1 failed", "signal 4 holds NaN"]),
    ],
)
def test_processes_that_differ_stop(devices_and_processes, case, number, messages):
    said = json.loads((devices_and_processes / f"said{number}.json").read_text())
    assert re.search(messages[number], said[case])
    if case in ("extractor", "source", "chunk", "no source"):
        assert not (devices_and_processes / case).exists()


# Bad input.


def garbage(folder: Path) -> Path:
    (folder / "x.npy").write_bytes(b"no array")
    return folder / "x.npy"


def not_finite(folder: Path) -> np.ndarray:
    signals = noise(5)
    signals[3, 2, 1] = np.inf
    return signals


# What is passed as the source, the kind of error, and what it says.
BAD_SOURCES = {
    "missing": (lambda folder: folder / "x.npy", FileNotFoundError, "there is no source .*x.npy"),
    "garbage": (garbage, ValueError, r"x.npy is no .npy file of numbers .*write it with np\.save"),
    "objects": (lambda f: as_npy(np.array([{}]), f), ValueError, "is no .npy file of numbers"),
    "folder": (lambda folder: folder, ValueError, "is no Zarr array .*path of one of its arrays"),
    "list": (lambda _: [[1.0] * 16], TypeError, "`dtype` and slices, which list lacks"),
    "texts": (lambda _: np.array([["a"]]), ValueError, "holds <U1, not real or complex numbers"),
    "empty": (lambda _: np.zeros((0, 16, 16)), ValueError, r"shape \(0, 16, 16\), so it holds no"),
    "scalar": (lambda _: np.zeros(()), ValueError, r"shape \(\), so it holds no signals"),
    "other grid": (
        lambda _: noise(2, (8, 8)),
        ValueError,
        r"signal has shape \(8, 8\), but the grid",
    ),
    "fewer than it says": (
        lambda _: Short(noise(12)),
        ValueError,
        r"its slice 0:12 has shape \(1, 16, 16\) instead of \(12, 16, 16\)",
    ),
    "archive": (archive, ValueError, "no .npy file of numbers .an archive of several arrays"),
    "not finite": (not_finite, ValueError, "signal 3 holds NaN or infinite samples; replace them"),
}


@pytest.mark.parametrize("name", BAD_SOURCES)
def test_bad_sources(tmp_path, name):
    make, kind, message = BAD_SOURCES[name]
    with pytest.raises(kind, match=message):
        run(extractor(), make(tmp_path), tmp_path / "store")


BAD_CALLS = {
    "no function": ((3,), {}, TypeError, "phi must map one signal to arrays"),
    "no chunk": ((abs,), {"chunk": 0}, ValueError, "chunk must be a number of signals >= 1, not 0"),
    "chunk of text": ((abs,), {"chunk": "2"}, ValueError, "chunk must be a number of signals"),
    "no memory": ((abs,), {"memory": 0}, ValueError, 'bytes >= 1 or a text like "2GB".* not 0'),
    "memory of text": ((abs,), {"memory": "much"}, ValueError, "text like \"2GB\".* not 'much'"),
    "no devices": ((abs,), {"devices": []}, ValueError, r"distinct devices .*not \(\)"),
    "no device": ((abs,), {"devices": "01"}, ValueError, r"distinct devices .*not \('0', '1'\)"),
    "strange names": ((lambda f: {"a/b": f},), {}, ValueError, "no distinct names of Zarr arrays"),
    "same names": (
        (lambda f: {"a": {"b": f}, "a.b": f},),
        {},
        ValueError,
        "no distinct names of Zarr arrays",
    ),
    "no arrays": ((lambda f: (),), {}, ValueError, "phi gives no arrays"),
    "empty arrays": (
        (lambda f: f[:0],),
        {},
        ValueError,
        r"features of shape \(0,\) and type float32",
    ),
    "short floats": (
        (lambda f: f.astype(jnp.bfloat16),),
        {},
        ValueError,
        "type bfloat16; a store holds arrays of numbers",
    ),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_bad_calls(tmp_path, name):
    arguments, options, kind, message = BAD_CALLS[name]
    with pytest.raises(kind, match=message) as caught:
        run(*arguments, noise(2, (8,)), tmp_path / "store", **options)
    assert len(str(caught.value)) < 500
    assert not (tmp_path / "store").exists()


LAST = np.float32([0, 0, 0, 0, 0, 1])[:, None, None]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: {"phi": extractor(2)}, r'extractor \("\w{11}\.\.\. there'),
        (lambda: {"source": noise(5)}, r"source shape \(\[6, 16, 16\] there, \[5, 16, 16\] here\)"),
        (lambda: {"source": noise(6).astype(float)}, r'source dtype \("<f4" there, "<f8" here\)'),
        (lambda: {"source": noise(6) + LAST}, "differs in source last"),
        (lambda: {"chunk": 3}, r"chunk \(2 there, 3 here\)"),
    ],
)
def test_a_store_of_another_run_is_refused(tmp_path, change, message):
    call = {"phi": extractor(), "source": noise(6), "store": tmp_path / "store", "chunk": 2}
    run(**call)
    before = files(tmp_path / "store")
    with pytest.raises(ValueError, match=message) as caught:
        run(**{**call, **change()})
    assert "It is not touched: choose another path, or delete it." in str(caught.value)
    assert len(str(caught.value)) < 500 + len(str(tmp_path))
    assert files(tmp_path / "store") == before


def other_group(store: Path) -> None:
    zarr.create_group(store, attributes={"mine": 1})


def other_folder(store: Path) -> None:
    store.mkdir()
    (store / "photo.jpg").touch()


def next_release(store: Path) -> None:
    run(jnp.abs, noise(2), store)
    path = store / "zarr.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))


@pytest.mark.parametrize("make", [other_group, other_folder, next_release, Path.touch])
def test_other_things_are_never_overwritten(tmp_path, make):
    store = tmp_path / "store"
    make(store)
    before = files(tmp_path)
    for act in (lambda: run(jnp.abs, noise(2), store), lambda: streaming.load(store)):
        with pytest.raises(
            ValueError, match="no store of features of this release, and is not touched"
        ):
            act()
    assert files(tmp_path) == before


def test_nothing_to_load(tmp_path):
    with pytest.raises(FileNotFoundError, match="load: there is no store of features at"):
        streaming.load(tmp_path / "store")
    store = run(extractor(), noise(2), tmp_path / "store")
    with pytest.raises(IndexError, match="there is no signal 2 among 2"):
        store.features(2)
    (store.path / "depth_1/zarr.json").unlink()
    with pytest.raises(ValueError, match="was only begun; make the call of transform again"):
        streaming.load(store.path, partial=True)


@pytest.mark.parametrize("module", ["zarr", "tqdm"])
def test_without_the_extra(tmp_path, module):
    with (
        mock.patch("importlib.util.find_spec", lambda name: None if name == module else 1),
        pytest.raises(ImportError, match=rf'{module} is missing; .*"wiatowski\[stream\]"'),
    ):
        run(jnp.abs, noise(2), tmp_path / "store")


@pytest.mark.parametrize("place", [0, 4])
def test_what_a_store_knows_its_source_by_is_read_first(tmp_path, place):
    """After the repair the same call goes on: no store was made for the damaged source."""
    good, bad = noise(5), noise(5)
    bad[place, 0, 0] = np.nan
    with pytest.raises(ValueError, match=f"signal {place} holds NaN"):
        run(jnp.abs, bad, tmp_path / "store", chunk=2)
    assert len(run(jnp.abs, good, tmp_path / "store", chunk=2)) == 5


@pytest.mark.parametrize(
    ("text", "count"),
    [("50000000", 50_000_000), ("50mb", 50_000_000), ("1KB", 1000), ("1 kib", 1024), (1e8, 10**8)],
)
def test_ways_to_write_a_ceiling(text, count):
    assert in_bytes(text) == count
