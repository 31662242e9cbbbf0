"""Extractors and signals that users bring to `python -m proofs_numeric`."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import wiatowski as wi
from proofs_numeric.engine.brought import brought

LAYER = wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Dilate(2))
ONES = np.ones((2, 32))
TOML = """
[[layers]]
frame = { name = "Meyer", scales = 2 }
nonlinearity = "ReLU"
"""


@pytest.fixture
def extractor(tmp_path):
    with jax.enable_x64(True):
        wi.save(wi.FeatureExtractor([LAYER], wi.Grid((32,))), tmp_path / "phi.wi")
    return tmp_path / "phi.wi"


def setting(extractor, signals=None, dtype="float64", band=8):
    return brought(extractor, signals, band, seed=0, dtype=dtype)


def test_signals_are_named_or_numbered_and_doubled(extractor, tmp_path):
    np.savez(tmp_path / "s.npz", signals=ONES.astype(np.uint8), names=["first", "second"])
    found = setting(extractor, tmp_path / "s.npz")
    assert (found.names, found.signals.dtype, found.band) == (("first", "second"), np.float64, 8)
    np.save(tmp_path / "s.npy", ONES.astype(np.complex64))
    found = setting(extractor, tmp_path / "s.npy", band=100)
    assert (found.names, found.signals.dtype) == (("signal 1", "signal 2"), np.complex128)
    assert found.band == 15


def test_signals_are_drawn_where_none_are_brought(extractor):
    found = setting(extractor)
    assert found.signals.shape == (3, 32)
    np.testing.assert_allclose(np.linalg.norm(found.signals, axis=1), 1, rtol=1e-12)


def test_an_extractor_in_toml_takes_its_grid_from_the_text_or_the_signals(tmp_path):
    path = tmp_path / "phi.toml"
    path.write_text("grid = { shape = [32] }\n" + TOML)
    assert setting(path).phi.grid == wi.Grid((32,))
    path.write_text(TOML)
    np.save(tmp_path / "s.npy", np.ones((1, 24)))
    assert setting(path, tmp_path / "s.npy").phi.grid == wi.Grid((24,))
    with pytest.raises(ValueError, match="grid"):
        setting(path)


def test_features_are_taken_at_every_sample_of_the_same_paths(tmp_path):
    two = wi.FeatureExtractor([LAYER, LAYER], wi.Grid((32,)))
    first, second = two.layers[0].labels[0], two.layers[1].labels[1]
    paths = [(first,), (first, second)]
    with jax.enable_x64(True):
        phi = wi.FeatureExtractor([LAYER, LAYER], wi.Grid((32,)), output_stride=2, paths=paths)
        wi.save(phi, tmp_path / "few.wi")
    found = setting(tmp_path / "few.wi").phi
    assert found.output_stride is None
    assert found.path_counts == phi.path_counts == (1, 1, 1)
    signal = np.random.default_rng(0).standard_normal(32)
    with jax.enable_x64(True):
        for ours, theirs in zip(found(signal), phi(signal), strict=True):
            np.testing.assert_allclose(ours[..., ::2], theirs, atol=1e-12)


def test_several_grids_are_refused(tmp_path):
    few = wi.frames.Subsampled(wi.frames.Morlet(scales=2), most=2, tolerance=0.2)
    phi = wi.FeatureExtractor([wi.Layer(few, wi.Modulus())], wi.Grid((16,)), output_stride=2)
    wi.save(phi, tmp_path / "few.wi")
    with pytest.raises(ValueError, match="Subsampled frame, whose maps lie on several grids"):
        setting(tmp_path / "few.wi")


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"signals": ONES[:0]}, r"`signals` has shape \(0, 32\)"),
        ({"signals": np.array(["a", "b"])}, r"`signals` has shape \(2,\) and type <U1"),
        ({"signals": np.float64(1)}, r"`signals` has shape \(\)"),
        ({"signals": ONES, "names": ["one"]}, r"names of shape \(1,\) for 2 signals"),
        ({"signals": ONES, "names": [["a", "b"]] * 2}, r"names of shape \(2, 2\) for 2 signals"),
        ({"signal": ONES}, "no array `signals` among signal; use numpy.savez"),
        ({"signals": np.array([ONES], object)}, "is no .npy or .npz file"),
        ({"signals": ONES * np.nan}, "every sample must be a finite number"),
        ({"signals": ONES[0]}, r"signals of shape \(count, 32\), not \(32,\).*signals\[None\]"),
        ({"signals": ONES * 1e200}, "divide them by their largest value"),
        ({"signals": ONES * 1e-200}, "divide them by their largest value"),
    ],
)
def test_signals_that_are_none_are_refused(extractor, tmp_path, stored, words):
    np.savez(tmp_path / "s.npz", **stored)
    with pytest.raises(ValueError, match=words):
        setting(extractor, tmp_path / "s.npz")


def test_what_fits_double_precision_need_not_fit_single(extractor, tmp_path):
    np.save(tmp_path / "s.npy", ONES * 1e15)
    setting(extractor, tmp_path / "s.npy")
    with pytest.raises(ValueError, match="in float32, so that their squares are numbers"):
        setting(extractor, tmp_path / "s.npy", dtype="float32")


def test_files_that_hold_something_else_are_refused(extractor, tmp_path):
    path = tmp_path / "s.npz"
    np.savez_compressed(path, signals=np.random.default_rng(0).standard_normal((2, 32)))
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    for content, words in [
        (b"not an archive", "is no .npy or .npz file.* Instead use numpy.savez"),
        (b"", "is damaged"),
        (whole[:300], "is damaged"),
        (bytes(flipped), "is damaged"),
    ]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=words):
            setting(extractor, path)
    (tmp_path / "phi.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not UTF-8"):
        setting(tmp_path / "phi.toml")
    wi.save(wi.networks.lenet5(wi.networks.RandomWeights()), tmp_path / "network")
    with pytest.raises(ValueError, match=r"the file holds a Network, but claims .* are about"):
        setting(tmp_path / "network")


def test_filters_whose_maps_overflow_are_refused(tmp_path):
    loud = wi.frames.FiniteFilters(1e160 * np.ones((2, 3)))
    with jax.enable_x64(True):
        wi.save(wi.FeatureExtractor([wi.Layer(loud)], wi.Grid((32,))), tmp_path / "loud.wi")
    with pytest.raises(ValueError, match=r"frame bounds must be at most 3e\+92 in float64"):
        setting(tmp_path / "loud.wi")


def test_two_samples_along_an_axis_are_enough(tmp_path):
    path = tmp_path / "phi.toml"
    path.write_text(
        "grid = { shape = [2, 16] }\n" + TOML.replace("Meyer", "Haar").replace("2 }", "1 }")
    )
    assert setting(path).signals.shape == (3, 2, 16)
