"""Extractors come back from files and from text bit for bit; damage is noticed."""

from __future__ import annotations

import json
import time
import zipfile

import catalogue
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from test_execution import EXTRACTORS

import wiatowski as wi
from wiatowski.scattering import HarmonicScattering3D, Scattering1D, Scattering2D

POINTWISE = {m.name: m for m, _ in catalogue.NONLINEARITIES["Pointwise"]}


def named(phi: wi.FeatureExtractor) -> bool:
    """Whether every member has a text form."""
    frames = all(bank.frame is not None for bank in phi.banks)
    return frames and not any(isinstance(n.nonlinearity, wi.Pointwise) for n in phi.layers)


def through_file(phi: wi.FeatureExtractor, folder) -> wi.FeatureExtractor:
    """Saved and loaded."""
    wi.save(phi, folder / "phi.wiatowski")
    return wi.load(folder / "phi.wiatowski", functions=POINTWISE)


def assert_same(phi: wi.FeatureExtractor, back: wi.FeatureExtractor) -> None:
    """Bit for bit, what is no array included."""
    assert eqx.tree_equal(phi, back)
    assert jax.tree.structure(phi) == jax.tree.structure(back)
    assert (phi.trees, phi.rows, phi.memory) == (back.trees, back.rows, back.memory)


def assert_round_trips(phi: wi.FeatureExtractor, folder) -> None:
    """Through a file and, where every member has a name, through text."""
    assert_same(phi, through_file(phi, folder))
    if named(phi):
        text = wi.to_toml(phi)
        back = wi.from_toml(text, dtype=phi.banks[0].dtype)
        assert_same(phi, back)
        assert wi.to_toml(back) == text


def rewritten(phi: wi.FeatureExtractor, folder, edit) -> wi.FeatureExtractor:
    """A saved extractor with a function applied to its header and its arrays, loaded."""
    wi.save(phi, folder / "phi")
    with zipfile.ZipFile(folder / "phi") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(members["extractor.json"])
    edit(header, members)
    members["extractor.json"] = json.dumps(header).encode()
    with zipfile.ZipFile(folder / "other", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return wi.load(folder / "other")


@given(data=st.data(), scaled=st.booleans(), rule=st.sampled_from(["all", "decreasing"]))
@settings(max_examples=8)
def test_round_trips_are_exact(tmp_path_factory, data, scaled, rule):
    phi = data.draw(strategies.extractors(shapes=((48,), (12, 18), (12, 12, 12))))
    phi = phi.admissible() if scaled else phi
    phi = wi.FeatureExtractor(phi.layers, phi.grid, phi.output_bank, paths=rule, memory=10**7)
    assert_round_trips(phi, tmp_path_factory.mktemp("saved"))


@pytest.mark.parametrize("double", [False, True], ids=["float32", "float64"])
@pytest.mark.parametrize("name", EXTRACTORS)
def test_what_the_fast_path_takes_is_kept(name, double, tmp_path):
    """Rules for paths, few samples, joined atoms; as they are and rescaled."""
    with jax.enable_x64(double):
        phi = EXTRACTORS[name](memory=200_000)
        for own in (phi, phi.admissible()):
            assert own.memory == 200_000
            assert_round_trips(own, tmp_path)


@pytest.mark.parametrize(
    ("ndim", "frame"),
    [(d, f) for own in catalogue.SUBSAMPLED_FRAMES.values() for d, fs in own.items() for f in fs],
)
def test_few_samples_have_names(ndim, frame, tmp_path):
    layers = [wi.Layer(frame), wi.Layer(wi.frames.Scaled(frame, 0.5), wi.ReLU())]
    phi = wi.FeatureExtractor(layers, wi.Grid((32, 48)[-ndim:]), frame, output_stride=8)
    assert max(phi.layers[0].bank.strides) > 1
    assert named(phi)
    assert named(phi.admissible())
    assert_round_trips(phi, tmp_path)
    assert_round_trips(phi.admissible(), tmp_path)


def test_the_fields_that_join_atoms_are_a_list(tmp_path):
    joined = wi.GroupModulus(over=("orientation", "voice"))
    layer = wi.Layer(wi.frames.Morlet(scales=2, orientations=2, voices=2), joined)
    phi = wi.FeatureExtractor([layer], wi.Grid((16, 16)))
    assert [len(labels) for labels in (phi.layers[0].bank.labels, phi.layers[0].labels)] == [4, 2]
    assert_round_trips(phi, tmp_path)


LH, HH = ("scale=1,axes=LH",), ("scale=1,axes=HH",)


@pytest.mark.parametrize(
    ("paths", "written"),
    [([], [()]), ([()], [()]), ([HH + HH, HH, LH, ()], [LH, HH + HH])],
    ids=["none", "beginning", "three"],
)
def test_chosen_paths_are_written_without_their_beginnings(paths, written, tmp_path):
    layer = wi.Layer(wi.frames.Meyer(scales=1), wi.ReLU())
    phi = wi.FeatureExtractor([layer, layer], wi.Grid((8, 8)), paths=paths)
    assert wi.serialization.read_toml(wi.to_toml(phi)).paths == written
    assert_round_trips(phi, tmp_path)


def test_paths_stay_when_trained_filters_leave_their_rule(tmp_path):
    layer = wi.Layer(wi.frames.Meyer(scales=3), wi.Modulus())
    phi = wi.FeatureExtractor([layer, layer], wi.Grid((32,)), paths="decreasing")
    trained = eqx.tree_at(
        lambda p: p.layers[1].frame.atoms_hat, phi, replace_fn=lambda atoms: atoms[::-1]
    )
    back = through_file(trained, tmp_path)
    assert (trained.paths, back.paths) == ("decreasing", "chosen")
    assert back.trees == trained.trees
    assert eqx.tree_equal((trained.layers, trained.output_bank), (back.layers, back.output_bank))


SCATTERING = {
    "1-D": lambda: Scattering1D(J=3, shape=60, Q=(2, 1)),
    "2-D": lambda: Scattering2D(J=2, shape=(16, 20), L=3, memory=10**6),
    "3-D": lambda: HarmonicScattering3D(J=1, shape=(8, 8, 8), L=1),
}


@pytest.mark.parametrize("name", SCATTERING)
def test_a_scattering_network_is_kept_and_put_back(name, tmp_path):
    S = SCATTERING[name]()
    trained = eqx.tree_at(
        lambda s: s.network.layers[0].frame.bands[0].values, S, replace_fn=lambda a: 0.7 * a
    )
    back = through_file(trained.network, tmp_path)
    assert_same(trained.network, back)
    restored = eqx.tree_at(lambda s: s.network, S, back)
    x = strategies.like(np.float32, strategies.signal(0, S.shape))
    np.testing.assert_array_equal(restored(x), trained(x))


def test_arrays_that_layers_share_are_kept_once(tmp_path):
    network = Scattering2D(J=2, shape=(16, 16), L=2).network
    back = through_file(network, tmp_path)
    for phi in (network, back):
        first, second = (layer.bank for layer in phi.layers)
        assert first.bands[0].values is second.bands[0].values
        assert phi.output_bank.low_pass.factors[0] is first.low_pass.factors[0]
    with zipfile.ZipFile(tmp_path / "phi.wiatowski") as archive:
        arrays = [name for name in archive.namelist() if name.endswith(".npy")]
    assert len(arrays) == len({id(leaf) for leaf in jax.tree.leaves(network)})


def test_the_same_extractor_makes_the_same_bytes(tmp_path, monkeypatch):
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8,)))
    wi.save(phi, tmp_path / "now")
    later = time.localtime(2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    wi.save(phi, tmp_path / "later")
    assert (tmp_path / "now").read_bytes() == (tmp_path / "later").read_bytes()


def test_files_of_the_first_version_are_read(tmp_path):
    def older(header, _):
        header["version"] = 1
        for key in ("paths", "memory"):
            del header[key]
        for row in (*(layer["bank"] for layer in header["layers"]), header["output_bank"]):
            del row["kind"], row["stride"]

    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8,)))
    assert_same(phi, rewritten(phi, tmp_path, older))


def test_double_precision_and_user_arrays(tmp_path):
    with jax.enable_x64(True):
        grid = wi.Grid((12,), spacing=1 / 3)
        bank = wi.FilterBank(
            strategies.signal(0, (2, 12), real=False), np.ones(12), grid, ("a", "b")
        )
        phi = wi.FeatureExtractor(
            [wi.Layer(bank, wi.ReLU(), wi.Dilate(1.5))], grid, wi.frames.Haar(scales=1)
        )
        wi.save(phi, tmp_path / "phi")
        back = wi.load(tmp_path / "phi")
        assert eqx.tree_equal(phi, back)
        f = jnp.asarray(strategies.signal(1, (12,)))
        for a, b in zip(phi(f), back(f)):
            np.testing.assert_array_equal(a, b)


def test_output_stride_and_output_frame_survive(tmp_path):
    layer = wi.Layer(wi.frames.Haar(scales=1), wi.SoftThreshold(0.25), wi.LpPool(1.5, 2))
    phi = wi.FeatureExtractor(
        [layer], wi.Grid((16, 24)), wi.frames.Meyer(scales=1), output_stride=4
    )
    wi.save(phi, tmp_path / "phi")
    for back in (wi.load(tmp_path / "phi"), wi.from_toml(wi.to_toml(phi))):
        assert eqx.tree_equal(phi, back)
        assert back.output_stride == 4


def test_trained_filters_are_saved_but_not_written_as_text(tmp_path):
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8,)))
    trained = eqx.tree_at(lambda p: p.layers[0].frame.atoms_hat, phi, replace_fn=lambda a: 0.5 * a)
    wi.save(trained, tmp_path / "phi")
    assert eqx.tree_equal(trained, wi.load(tmp_path / "phi"))
    with pytest.raises(ValueError, match="trained or edited"):
        wi.to_toml(trained)


def test_saving_replaces_the_whole_file_and_leaves_nothing_else(tmp_path):
    grid = wi.Grid((8,))
    for scales in (1, 2):
        phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=scales))], grid)
        wi.save(phi, tmp_path / "phi")
    assert [p.name for p in tmp_path.iterdir()] == ["phi"]
    assert len(wi.load(tmp_path / "phi").layers[0].bank) == 2


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8,)))
    wi.save(phi, tmp_path / "phi")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        wi.save(phi, tmp_path / "phi")
    assert [p.name for p in tmp_path.iterdir()] == ["phi"]
    assert eqx.tree_equal(phi, wi.load(tmp_path / "phi"))


def test_every_changed_or_missing_byte_is_refused_or_harmless(tmp_path):
    """A damaged file raises the error that says so, or the damage touched nothing that counts."""
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1))], wi.Grid((8,)))
    whole, damaged = tmp_path / "whole", tmp_path / "damaged"
    wi.save(phi, whole)
    content = whole.read_bytes()
    generator = np.random.default_rng(0)
    refused = 0
    for position in generator.integers(0, len(content), 150):
        other = bytearray(content)
        other[position] ^= 1 << int(generator.integers(8))
        for damage in (bytes(other), content[:position]):
            damaged.write_bytes(damage)
            refused += not loads_unchanged(damaged, phi)
    assert refused > 200


def loads_unchanged(path, phi) -> bool:
    """False for the error that says what is wrong; anything else is the saved extractor."""
    try:
        back = wi.load(path)
    except ValueError as error:
        if "is not an extractor written by" not in str(error):
            raise
        return False
    assert eqx.tree_equal(phi, back)
    return True


def test_a_preset_goes_through_text():
    phi = wi.presets.mixed(wi.Grid((32, 32)))
    assert phi.is_admissible()
    assert eqx.tree_equal(phi, wi.from_toml(wi.to_toml(phi)))
    larger = wi.from_toml(wi.to_toml(phi), grid=wi.Grid((64, 32)))
    assert larger.grid.shape == (64, 32)
