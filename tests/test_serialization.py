"""Extractors come back from files and from text bit for bit; damage is noticed."""

from __future__ import annotations

import catalogue
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import wiatowski as wi

POINTWISE = {m.name: m for m, _ in catalogue.NONLINEARITIES["Pointwise"]}


def named(phi: wi.FeatureExtractor) -> bool:
    """Whether every member has a text form."""
    frames = all(bank.frame is not None for bank in phi.banks)
    return frames and not any(isinstance(n.nonlinearity, wi.Pointwise) for n in phi.layers)


@given(data=st.data(), scaled=st.booleans())
@settings(max_examples=8)
def test_round_trips_are_exact(tmp_path_factory, data, scaled):
    phi = data.draw(strategies.extractors(shapes=((48,), (12, 18), (12, 12, 12))))
    phi = phi.admissible() if scaled else phi
    path = tmp_path_factory.mktemp("saved") / "phi.wiatowski"
    wi.save(phi, path)
    back = wi.load(path, functions=POINTWISE)
    assert eqx.tree_equal(phi, back)
    assert jax.tree.structure(phi) == jax.tree.structure(back)
    if named(phi):
        text = wi.to_toml(phi)
        assert eqx.tree_equal(phi, wi.from_toml(text))
        assert wi.to_toml(wi.from_toml(text)) == text


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
