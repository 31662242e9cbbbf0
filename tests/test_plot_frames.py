"""Figures of banks: every dimension and kind, axes named, and what cannot be drawn is refused."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest

import wiatowski as wi
from experiments import frame_gallery
from wiatowski import frames, plot

BANKS = {
    "line": frames.Meyer(scales=3).on(wi.Grid((64,))),
    "complex line": frames.Morlet(scales=2, voices=4).on(wi.Grid((97,), 0.75)),
    "plane": frames.Curvelets(scales=2).on(wi.Grid((33, 47))),
    "one-sided plane": frames.Curvelets(scales=1, one_sided=True).on(wi.Grid((32, 32))),
    "finite": frames.BSplineFramelets(scales=1).on(wi.Grid((16, 20))),
    "solid": frames.Meyer(scales=1).on(wi.Grid((8, 9, 12))),
    "one atom": wi.FilterBank(np.ones((1, 16)), np.zeros(16), wi.Grid((16,))),
    "zeros": wi.FilterBank(np.zeros((2, 8, 8)), np.zeros((8, 8)), wi.Grid((8, 8))),
    "no atom": wi.FilterBank(np.zeros((0, 16)), np.ones(16), wi.Grid((16,))),
}
MATRIX = frames.MatrixFilters(np.random.default_rng(0).standard_normal((3, 2, 3, 3)), stride=2)


@pytest.mark.parametrize("draw", [plot.frequency_tiling, plot.support_envelope])
@pytest.mark.parametrize("name", BANKS)
def test_every_bank_can_be_drawn(draw, name):
    figure = draw(BANKS[name])
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert axes.get_xlabel()
    assert axes.get_ylabel()
    assert "cycles" in axes.get_xlabel() or "units" in axes.get_xlabel()


def test_the_tiling_has_a_region_per_atom_and_a_colour_per_scale():
    bank = frames.Meyer(scales=2).on(wi.Grid((32, 32)))
    (axes,) = plot.frequency_tiling(bank).axes
    atoms = [label for label in bank.labels if label != "residual"]
    # One filled region and one outline per atom; outlines of the residual and the output atom.
    assert len(axes.collections) == 2 * len(atoms) + 2
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["scale 1", "scale 2", "output atom", "residual"]


def test_quiet_banks_and_flat_atoms_are_drawn_as_well():
    bank = frames.Meyer(scales=2).on(wi.Grid((32, 32)))
    loud, quiet = (plot.frequency_tiling(b).axes[0] for b in (bank, bank.scaled_by(1e-7)))
    assert len(quiet.collections) == len(loud.collections)
    flat = wi.FilterBank(np.ones((1, 8, 8)), np.zeros((8, 8)), wi.Grid((8, 8)))
    assert plot.frequency_tiling(flat).axes[0].patches


def test_the_envelope_is_that_of_the_atoms():
    """Haar's taps 1/2, -1/2 end one sample from their peak; a smooth window never does."""
    (axes,) = plot.support_envelope(frames.Haar(scales=1).on(wi.Grid((32,)))).axes
    lines = {line.get_label(): line.get_xydata() for line in axes.get_lines()}
    np.testing.assert_allclose(lines["scale 1"], [[0, 1], [1, 1]], atol=1e-6)
    (axes,) = plot.support_envelope(frames.Meyer(scales=1).on(wi.Grid((64,)))).axes
    for line in axes.get_lines():
        assert np.all(np.diff(line.get_ydata()) <= 0)
        assert line.get_ydata()[0] == 1


@pytest.mark.parametrize("shape", [(24,), (16, 12), (8, 8, 8)])
def test_singular_values(shape):
    taps = np.random.default_rng(1).standard_normal((3, 2, *(3,) * len(shape)))
    bank = frames.MatrixFilters(taps, stride=2).on(wi.Grid(shape))
    (axes,) = plot.singular_values(bank).axes
    assert len(axes.get_lines()) == bank.singular_values().shape[-1]
    highest = max(line.get_ydata().max() for line in axes.get_lines())
    np.testing.assert_allclose(highest**2, bank.frame_bounds().upper, rtol=1e-5)
    assert "cycles" in axes.get_xlabel()


def test_what_cannot_be_drawn_is_refused():
    bank = MATRIX.on(wi.Grid((8, 8)))
    for draw in (
        plot.frequency_tiling,
        plot.support_envelope,
        plot.atoms,
        plot.littlewood_paley,
    ):
        with pytest.raises(TypeError, match=r"expected a FilterBank.*singular_values"):
            draw(bank)
    with pytest.raises(TypeError, match=r"expected a MatrixBank.*littlewood_paley"):
        plot.singular_values(BANKS["line"])


def test_a_small_gallery(tmp_path, capsys):
    names = ["Meyer", "Haar", "Steerable", "Morlet", "LearnedMatrixFilters"]
    options = [option for name in names for option in ("--family", name)]
    assert frame_gallery.main(["--out", str(tmp_path), "--size", "32", *options]) == 0
    page = (tmp_path / "frame_gallery.html").read_text()
    assert str(tmp_path) in capsys.readouterr().out
    for name in names:
        assert f"<h3>{name}(" in page
    assert re.search(r"A &ge; 1\.0, B &le; 1\.0", page)
    for text in re.findall(r"base64,([^\"]+)\"", page):
        assert base64.b64decode(text).startswith(b"\x89PNG")
    assert "branch-and-bound" in page
    assert "trigonometric" in page


def test_the_gallery_shows_every_family(monkeypatch):
    shown = {type(s.frame).__name__ for own in frame_gallery.specimens().values() for s in own}
    assert shown == set(frame_gallery.FRAMES)
    monkeypatch.setitem(frame_gallery.FRAMES, "Novelty", frames.Haar)
    with pytest.raises(LookupError, match="no specimen of Novelty"):
        frame_gallery.specimens()
