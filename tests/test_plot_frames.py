"""Figures of banks: every dimension and kind, axes named, and what cannot be drawn is refused."""

from __future__ import annotations

import base64
import re
from decimal import Decimal

import numpy as np
import pytest

import wiatowski as wi
from experiments import frame_gallery
from wiatowski import frames, plot
from wiatowski.plot.centres import cyclic_centre, cyclic_distance

BANKS = {
    "line": frames.Meyer(scales=3).on(wi.Grid((64,))),
    "complex line": frames.Morlet(scales=2, voices=4).on(wi.Grid((97,), 0.75)),
    "plane": frames.Curvelets(scales=2).on(wi.Grid((33, 47))),
    "one-sided plane": frames.Curvelets(scales=1, one_sided=True).on(wi.Grid((32, 32))),
    "finite": frames.BSplineFramelets(scales=1).on(wi.Grid((16, 20))),
    "solid": frames.Meyer(scales=1).on(wi.Grid((8, 9, 12))),
    "one atom": wi.FilterBank(np.ones((1, 16)), np.zeros(16), wi.Grid((16,))),
    "zeros": wi.FilterBank(np.zeros((2, 8, 8)), np.zeros((8, 8)), wi.Grid((8, 8))),
    "tiny line": wi.FilterBank(np.ones((1, 2)), np.zeros(2), wi.Grid((2,))),
    "tiny plane": wi.FilterBank(np.ones((1, 3, 2)), np.ones((3, 2)), wi.Grid((3, 2))),
    "no atom": wi.FilterBank(np.zeros((0, 16)), np.ones(16), wi.Grid((16,))),
}
MATRIX = frames.MatrixFilters(np.random.default_rng(0).standard_normal((3, 2, 3, 3)), stride=2)


@pytest.mark.parametrize(
    "draw", [plot.frequency_tiling, plot.support_envelope, plot.littlewood_paley, plot.atoms]
)
@pytest.mark.parametrize("name", BANKS)
def test_every_bank_can_be_drawn(draw, name):
    figure = draw(BANKS[name])
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert axes.get_ylabel()
    named = [a.get_xlabel() for a in figure.axes if a.get_xlabel()]
    assert named
    assert all("cycles" in name or "units" in name for name in named)


def test_the_tiling_has_a_region_per_atom_and_a_colour_per_scale():
    bank = frames.Meyer(scales=2).on(wi.Grid((32, 32)))
    (axes,) = plot.frequency_tiling(bank).axes
    atoms = [label for label in bank.labels if label != "residual"]
    # One filled region and one outline per atom; outlines of the residual and the output atom.
    assert len(axes.collections) == 2 * len(atoms) + 2
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["scale 1", "scale 2", "output atom", "residual"]


def test_atoms_without_scales_have_a_colour_each():
    (axes,) = plot.frequency_tiling(frames.Gabor(5).on(wi.Grid((32, 32)))).axes
    colours = {tuple(c.get_edgecolor()[0]) for c in axes.collections if len(c.get_edgecolor())}
    assert len(colours) == 3**2 - 1 + 1  # the output atom and the residual share one
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["channels -1,-1", "...", "channels 1,1", "output atom", "residual"]


def test_a_solid_names_the_axes_of_its_slice():
    bank = BANKS["solid"]
    for axes in (plot.frequency_tiling(bank).axes[0], plot.littlewood_paley(bank).axes[0]):
        assert "omega_3" in axes.get_xlabel()
        assert "omega_2" in axes.get_ylabel()
    space, *_, frequency = (a for a in plot.atoms(bank).axes if a.get_ylabel())
    assert "x_3" in space.get_xlabel()
    assert "omega_3" in frequency.get_xlabel()


def test_atoms_are_drawn_around_their_centres():
    """Wherever the taps begin, the picture shows them, and shows them whole."""
    taps = np.arange(1.0, 26.0).reshape(1, 5, 5)
    atoms_hat = np.fft.fft2(np.roll(np.pad(taps, [(0, 0), (0, 27), (0, 27)]), (17, -2), (1, 2)))
    bank = wi.FilterBank(atoms_hat, np.zeros((32, 32)), wi.Grid((32, 32)))
    shown = np.asarray(plot.atoms(bank).axes[0].images[0].get_array())
    assert shown.shape == (9, 9)
    np.testing.assert_allclose(np.sort(shown.ravel())[-25:], taps.ravel(), rtol=1e-4)


@pytest.mark.parametrize("name", ["complex line", "one-sided plane"])
def test_both_parts_of_complex_atoms_are_shown(name):
    bank = BANKS[name]
    figure = plot.atoms(bank, count=1)
    atom = np.fft.ifftn(np.asarray(bank.atoms_hat[0]))
    if bank.grid.ndim == 1:
        imaginary, real = (line.get_ydata() for line in figure.axes[0].get_lines())
        assert [t.get_text() for t in figure.legends[0].get_texts()][1] == "imaginary part"
    else:
        real, imaginary = (figure.axes[i].images[0].get_array() for i in (0, 2))
        assert figure.axes[2].get_ylabel().startswith("imaginary part")
    np.testing.assert_allclose(np.abs(real).max(), np.abs(atom.real).max(), rtol=1e-5)
    np.testing.assert_allclose(np.abs(imaginary).max(), np.abs(atom.imag).max(), rtol=1e-5)


@pytest.mark.parametrize("n", [1, 7, 8])
def test_the_cyclic_centre_moves_with_the_weights(n):
    weights = np.random.default_rng(n).random((n, 9)) ** 8
    centre = np.array(cyclic_centre(weights))
    moved = np.array(cyclic_centre(np.roll(weights, (3, -2), (0, 1))))
    step = (moved - centre - (3, -2) + 1e-9) % (n, 9)
    np.testing.assert_allclose(step, 1e-9, atol=1e-8)
    assert cyclic_centre(np.ones((4, 5))) == (0.0, 0.0)
    np.testing.assert_allclose(cyclic_distance((6,), (5.5,)), [0.5, 1.5, 2.5, 2.5, 1.5, 0.5])


def test_quiet_banks_and_flat_atoms_are_drawn_as_well():
    bank = frames.Meyer(scales=2).on(wi.Grid((32, 32)))
    loud, quiet = (plot.frequency_tiling(b).axes[0] for b in (bank, bank.scaled_by(1e-7)))
    assert len(quiet.collections) == len(loud.collections)
    flat = wi.FilterBank(np.ones((1, 8, 8)), np.zeros((8, 8)), wi.Grid((8, 8)))
    assert plot.frequency_tiling(flat).axes[0].patches


def test_the_envelope_is_that_of_the_atoms():
    """Haar's taps 1/2, -1/2 end half a sample from their centre; a smooth window never does."""
    (axes,) = plot.support_envelope(frames.Haar(scales=1).on(wi.Grid((32,)))).axes
    lines = {line.get_label(): line.get_xydata() for line in axes.get_lines()}
    np.testing.assert_allclose(lines["scale 1"][:-1], [[0, 1], [0.5, 1]], atol=1e-6)
    assert lines["scale 1"][-1, 0] == lines["scale 1"][-2, 0]
    assert lines["scale 1"][-1, 1] < axes.get_ylim()[0]
    bank = frames.Meyer(scales=1).on(wi.Grid((63,)))
    (axes,) = plot.support_envelope(bank).axes
    curve = next(line.get_xydata() for line in axes.get_lines() if line.get_label() == "scale 1")
    assert curve[0, 1] == 1
    assert curve[-1, 0] == 30.5
    assert curve[-1, 1] > axes.get_ylim()[0]  # no drop there
    atom = np.abs(np.fft.ifft(np.asarray(bank.atoms_hat[0])))
    for distance in (1, 5, 20):
        expected = atom[distance : 63 - distance + 1].max() / atom.max()
        height = curve[np.searchsorted(curve[:, 0], distance - 1e-6), 1]
        np.testing.assert_allclose(height, expected, rtol=1e-5)


def test_a_dot_marks_most_of_the_energy():
    atom = np.zeros(32)
    atom[[3, 4, 5, 10]] = 1, 10, 1, 0.5  # 0.25 of 102.25 lies beyond one sample
    bank = wi.FilterBank(np.fft.fft(atom)[None], np.zeros(32), wi.Grid((32,), 2.0))
    (axes,) = plot.support_envelope(bank).axes
    curve, dot, _ = axes.get_lines()
    centre = cyclic_centre(atom**2)[0]
    np.testing.assert_allclose(dot.get_xdata()[0], 2 * (centre - 3), rtol=1e-5)
    np.testing.assert_allclose(dot.get_ydata()[0], 0.1, rtol=1e-4)
    np.testing.assert_allclose(curve.get_xdata()[-1], 2 * (10 - centre), rtol=1e-5)


@pytest.mark.parametrize("shape", [(24,), (16, 12), (8, 8, 8)])
def test_singular_values(shape):
    taps = np.random.default_rng(1).standard_normal((3, 2, *(3,) * len(shape)))
    bank = frames.MatrixFilters(taps, stride=2).on(wi.Grid(shape))
    (axes,) = plot.singular_values(bank).axes
    *curves, upper, lower = axes.get_lines()
    assert len(curves) == bank.singular_values().shape[-1]
    bounds = bank.frame_bounds()
    np.testing.assert_allclose(
        max(c.get_ydata().max() for c in curves) ** 2, bounds.upper, rtol=1e-5
    )
    np.testing.assert_allclose(upper.get_ydata()[0] ** 2, bounds.upper, rtol=1e-5)
    np.testing.assert_allclose(lower.get_ydata()[0] ** 2, bounds.lower, rtol=1e-3, atol=1e-6)
    # Classes modulo half a cycle: at most a quarter per axis.
    farthest = curves[0].get_xdata().max()
    assert 0.2 * len(shape) ** 0.5 < farthest <= 0.25 * len(shape) ** 0.5
    assert "modulo 0.5 (cycles" in axes.get_xlabel()


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
    names = ["Meyer", "Morlet", "RandomFilters", "LearnedMatrixFilters"]
    options = [option for name in names for option in ("--family", name)]
    assert frame_gallery.main(["--out", str(tmp_path), "--size", "32", *options]) == 0
    page = (tmp_path / "frame_gallery.html").read_text()
    assert str(tmp_path) in capsys.readouterr().out
    for name in names:
        assert re.search(rf"<h3>{name}\([^<]*\) in \d-D</h3>", page)
        assert re.search(rf'<td><a href="#f\d-\d">{name}\(', page)
    assert "A &ge; 1, B &le; 1</b> on all of R²" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert len(re.findall(r"<img ", page)) == len(re.findall(r"<figure", page))
    for text in re.findall(r"base64,([^\"]+)\"", page):
        assert base64.b64decode(text).startswith(b"\x89PNG")
    assert "branch-and-bound" in page
    assert "trigonometric" in page
    assert "real signals on this grid" in page
    assert "$" not in re.sub(r"base64,[^\"]+", "", page)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--size", "16"], "at least 32"),
        (["--out", __file__], "is a file"),
        (["--family", "Novelty"], "invalid choice"),
    ],
)
def test_the_gallery_refuses_bad_options(options, message, capsys):
    with pytest.raises(SystemExit):
        frame_gallery.main(options)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "bound", [0.0, 1.0, 1 - 2**-53, 1 + 2**-52, 1.664e-5, 0.1, 1.1243829387490585]
)
def test_bounds_are_printed_rounded_outward(bound):
    for up in (False, True):
        text = frame_gallery.outward(bound, up)
        one, sign, rest = text.partition(" ")
        printed = Decimal(one)
        if sign:
            printed += Decimal(rest.replace("−", "-").replace(" ", ""))
        assert printed >= Decimal(bound) if up else printed <= Decimal(bound)
        assert abs(printed - Decimal(bound)) <= Decimal("0.005") * Decimal(bound)


def test_the_gallery_shows_every_family(monkeypatch):
    shown = {type(s.frame).__name__ for own in frame_gallery.specimens().values() for s in own}
    assert shown == set(frame_gallery.FRAMES)
    monkeypatch.setitem(frame_gallery.FRAMES, "Novelty", frames.Haar)
    with pytest.raises(LookupError, match="no specimen of Novelty"):
        frame_gallery.specimens()
