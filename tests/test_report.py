"""The parts of a report: images of every kind, figures in 1-D to 3-D, formulas, the page."""

from __future__ import annotations

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from claims_fixture import document
from matplotlib.figure import Figure
from PIL import Image

import wiatowski as wi
from wiatowski import plot
from wiatowski.report import claims, measure, page, panels, photo
from wiatowski.report.errors import ClaimsError, InputError
from wiatowski.report.mathtext import typeset

RAMP = np.arange(0, 240, dtype=np.uint8).reshape(12, 20)


def drawn(figure) -> bool:
    """Whether a figure can be rendered (layout and formulas included)."""
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    return True


# --- images -----------------------------------------------------------------------------------


def test_grey_image(tmp_path):
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    image = photo.read(tmp_path / "a.png")
    assert image.names == ("grey",)
    np.testing.assert_allclose(image.channels[0], RAMP / 255, rtol=1e-6)


def test_equal_channels_become_grey(tmp_path):
    Image.fromarray(np.stack([RAMP] * 3, -1)).save(tmp_path / "a.png")
    image = photo.read(tmp_path / "a.png")
    assert image.names == ("grey",)
    assert "three equal channels" in image.notes[-1]


def test_transparency_is_composited_on_white(tmp_path):
    pixels = np.zeros((12, 20, 4), np.uint8)
    pixels[..., 0] = 200
    pixels[:, 10:, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    image = photo.read(tmp_path / "a.png")
    np.testing.assert_allclose(image.channels[:, 0, 0], 1.0)
    np.testing.assert_allclose(image.channels[:, 0, 15], [200 / 255, 0, 0], rtol=1e-6)
    assert "composited on white" in image.notes[0]


def test_palette_becomes_colour(tmp_path):
    picture = Image.fromarray(np.stack([RAMP, 255 - RAMP, RAMP // 2], -1)).quantize(64)
    picture.save(tmp_path / "a.png")
    image = photo.read(tmp_path / "a.png")
    assert image.names == ("red", "green", "blue")
    expected = np.moveaxis(np.asarray(picture.convert("RGB")), -1, 0) / 255
    np.testing.assert_allclose(image.channels, expected, rtol=1e-6)


def test_sixteen_bits(tmp_path):
    values = RAMP.astype(np.uint16) * 257
    Image.fromarray(values).save(tmp_path / "a.png")
    image = photo.read(tmp_path / "a.png")
    np.testing.assert_allclose(image.channels[0], values / 65535, rtol=1e-6)
    assert "16-bit samples" in image.notes


def test_negative_integers_do_not_wrap(tmp_path):
    values = np.round(199 * np.sin(np.arange(256.0).reshape(16, 16))).astype(np.int32)
    Image.fromarray(values).save(tmp_path / "a.tiff")
    image = photo.read(tmp_path / "a.tiff")
    np.testing.assert_allclose(image.channels[0], values / np.abs(values).max(), rtol=1e-6)


def test_exif_rotation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(RAMP).save(tmp_path / "a.png", exif=exif)
    image = photo.read(tmp_path / "a.png")
    assert image.shape == (20, 12)
    np.testing.assert_allclose(image.channels[0], np.rot90(RAMP, -1) / 255, rtol=1e-6)


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.fromarray(RAMP), Image.fromarray(255 - RAMP)]
    frames[0].save(tmp_path / "a.tiff", save_all=True, append_images=frames[1:])
    image = photo.read(tmp_path / "a.tiff")
    assert "first of 2 frames" in image.notes[0]
    np.testing.assert_allclose(image.channels[0], RAMP / 255, rtol=1e-6)


def test_float_values_keep_their_size_inside_the_unit_range_only(tmp_path):
    Image.fromarray((RAMP / 500).astype(np.float32)).save(tmp_path / "a.tiff")
    np.testing.assert_allclose(photo.read(tmp_path / "a.tiff").channels[0], RAMP / 500, rtol=1e-6)
    np.save(tmp_path / "b.npy", RAMP * 1e300)
    image = photo.read(tmp_path / "b.npy")
    np.testing.assert_allclose(image.channels[0], RAMP / 239, rtol=1e-6)
    assert "divided by" in image.notes[0]


def test_never_enlarged_and_cropped_to_the_stride(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).random((37, 50, 3)))
    image = photo.fitted(photo.read(tmp_path / "a.npy"), 256, 8)
    assert image.shape == (32, 48)
    assert "not resized" in image.notes[0]
    assert "cropped centrally to 32 x 48" in image.notes[1]


@pytest.mark.parametrize("name", wi.signals.PHOTOS)
def test_bundled_photos(name):
    image = photo.fitted(photo.bundled(name), 64, 8)
    assert max(image.shape) == 64
    assert len(image.names) == len(image.channels)


def test_a_pixel_limit_exists(tmp_path, monkeypatch):
    monkeypatch.setattr(photo, "MAX_PIXELS", 100)
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="12 x 20 pixels, more than the limit"):
        photo.read(tmp_path / "a.png")


# --- figures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(64,), (32, 24), (8, 8, 8)])
def test_figures_in_every_dimension(shape):
    grid = wi.Grid(shape)
    layer = wi.Layer(wi.frames.Meyer(scales=1), wi.Modulus(), wi.Decimate(2))
    phi = wi.FeatureExtractor([layer], grid)
    f = wi.signals.white_noise(jax.random.key(0), grid)
    trace = phi.trace(f)
    tau = wi.signals.random_displacement(jax.random.key(1), grid, 1.0, 0.2)
    assert drawn(plot.littlewood_paley(phi.banks[0]))
    assert drawn(plot.atoms(phi.banks[0]))
    assert drawn(plot.feature_maps(trace.features))
    assert drawn(plot.energies(trace.features.energies(), trace.propagated_energies()))
    assert drawn(plot.signal(f, "real"))
    assert drawn(plot.signal(f * 1j, "complex"))
    assert drawn(plot.displacement(tau))


def test_figures_of_zeros():
    grid = wi.Grid((16, 16))
    layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.Dilate(2))
    phi = wi.FeatureExtractor([layer], grid)
    trace = phi.trace(jnp.zeros(grid.shape))
    assert drawn(plot.feature_maps(trace.features))
    assert drawn(plot.energies(trace.features.energies(), trace.propagated_energies()))
    assert drawn(plot.signal(np.zeros(grid.shape)))
    assert drawn(plot.displacement(np.zeros((2, *grid.shape))))


def test_strongest_paths_come_first():
    arrays = (jnp.ones((1, 4)), jnp.array([[0.0] * 4, [3.0] * 4, [1.0] * 4]))
    features = wi.Features(arrays, (("a", "b", "c"),), (wi.Grid((4,)),) * 2)
    assert plot.strongest_paths(features, 1, 2) == [1, 2]


def test_figures_refuse_what_they_cannot_draw():
    with pytest.raises(ValueError, match="one to three axes"):
        plot.signal(np.zeros((2, 2, 2, 2)))
    with pytest.raises(ValueError, match="tau must have shape"):
        plot.displacement(np.zeros((3, 4, 4)))
    with pytest.raises(ValueError, match="no panel"):
        plot.curves([], "x", "y")
    with pytest.raises(ValueError, match="2 positions but 1 values"):
        plot.curves([("", [plot.Curve("a", [1, 2], [1])])], "x", "y")


def test_frequencies_in_figures_sit_at_their_bins():
    bank = wi.frames.Meyer(scales=1).on(wi.Grid((8, 12), spacing=0.5))
    axes = plot.littlewood_paley(bank).axes[0]
    left, right, bottom, top = axes.images[0].get_extent()
    np.testing.assert_allclose((left, right), (-1 - 1 / 12, 5 / 6 + 1 / 12))
    np.testing.assert_allclose((bottom, top), (-1 - 1 / 8, 0.75 + 1 / 8))


# --- numbers ----------------------------------------------------------------------------------


def two_layers(grid, pooling):
    layer = wi.Layer(wi.frames.Meyer(scales=1), wi.Modulus(), pooling)
    return wi.FeatureExtractor([layer] * 2, grid).admissible()


def test_translation_numbers_respect_their_bounds():
    phi = two_layers(wi.Grid((32, 32)), wi.AveragePool(2))
    f = np.asarray(wi.signals.cartoon(jax.random.key(0), phi.grid))
    pair = measure.companions(phi, f)
    assert isinstance(pair.dilated.layers[0].pooling, wi.Dilate)
    assert isinstance(pair.decimated.layers[1].pooling, wi.Decimate)
    numbers = measure.translation(pair)
    dilation = {k: np.array(v) for k, v in numbers["dilation"].items()}
    assert np.all(dilation["measured"] <= dilation["theorem_1_sharper"] + 1e-5)
    assert np.all(dilation["theorem_1_sharper"] <= dilation["theorem_1"] + 1e-5)
    row = numbers["shifts"].index(1)
    expected = wi.bounds.translation(pair.dilated, 1, (0, 1), 1.0)
    np.testing.assert_allclose(dilation["theorem_1"][row, 1], expected, rtol=1e-5)
    decimation = {k: np.array(v) for k, v in numbers["decimation"].items()}
    assert np.all(decimation["measured"] <= decimation["theorem_1_decimated"] + 1e-5)
    assert drawn(panels.translation_section(numbers).panels[0].figure)


def test_dilation_curves_fall_with_depth_for_the_default_preset():
    phi = wi.presets.scattering(wi.Grid((64, 64)))
    f = photo.fitted(photo.bundled("camera"), 64, 8).channels[0]
    numbers = measure.translation(measure.companions(phi, f))
    row = numbers["shifts"].index(numbers["fixed_shift"])
    for name in ("measured", "theorem_1", "theorem_1_sharper"):
        assert np.all(np.diff(np.array(numbers["dilation"][name])[row]) < 0), name


def test_companions_say_why_there_are_none():
    grid = wi.Grid((16, 16))
    bank = wi.FilterBank(np.ones((1, *grid.shape)), np.zeros(grid.shape), grid)
    phi = wi.FeatureExtractor([wi.Layer(bank)], grid)
    assert "given by arrays" in measure.companions(phi, np.zeros(grid.shape))
    phi = two_layers(wi.Grid((4, 64)), wi.NoPooling())
    assert "too small" in measure.companions(phi, np.zeros((4, 64)))


def test_deformation_numbers_respect_their_bounds():
    phi = two_layers(wi.Grid((32, 32)), wi.Decimate(2))
    f = np.asarray(wi.signals.cartoon(jax.random.key(0), phi.grid))
    numbers = measure.deformation(phi, f, band=3, seed=0)
    assert 0 < numbers["dropped_energy"] < 1
    assert np.all(np.array(numbers["input"]) <= np.array(numbers["exact"]) + 1e-5)
    assert np.all(np.array(numbers["exact"]) <= np.array(numbers["rough"]) + 1e-5)
    assert np.all(np.array(numbers["features"]) <= np.array(numbers["exact_features"]) + 1e-5)
    assert drawn(panels.deformation_section(numbers).panels[0].figure)


def test_energies_of_channels_are_those_of_each():
    phi = two_layers(wi.Grid((16, 16)), wi.Decimate(2))
    channels = jax.random.normal(jax.random.key(0), (3, 16, 16))
    features, energies, propagated = measure.extract(phi, channels)
    for i in range(3):
        own = phi.trace(channels[i])
        np.testing.assert_allclose(energies[i], own.features.energies(), rtol=1e-5)
        np.testing.assert_allclose(propagated[i], own.propagated_energies(), rtol=1e-5)
        one = measure.channel(features, i)
        np.testing.assert_allclose(one.flatten(), own.features.flatten(), atol=1e-5)


def test_members_are_described_as_they_are_written():
    assert measure.describe(wi.frames.Meyer(scales=2)) == "Meyer(scales=2)"
    assert measure.describe(wi.Modulus()) == "Modulus"
    assert measure.describe(wi.Decimate(2)) == "Decimate(factor=2)"
    assert measure.describe(wi.Dilate(1.5)) == "Dilate(factor=1.5)"
    assert measure.describe(wi.Pointwise(lambda u: u / 2, 0.5, "half")).startswith("Pointwise(")
    assert (
        measure.describe(wi.frames.Scaled(wi.frames.Haar(scales=1), 0.5)) == "0.5 × Haar(scales=1)"
    )
    assert measure.describe(None) == "user's arrays"


# --- formulas and claims ----------------------------------------------------------------------


def test_formulas_become_outlines_and_the_rest_is_escaped():
    html = typeset(r"If $x \le \tfrac12$ & <b>")
    assert "&amp; &lt;b&gt;" in html
    assert html.count("<svg") == 1
    assert "<code>" not in html
    assert 'aria-label="x \\le \\tfrac12"' in html


@pytest.mark.parametrize(
    "formula",
    [
        r"|||\Phi(f)-\Phi(h)||| \le \sqrt{v_0}\|f-h\|",
        r"\frac{2\pi|t|K_n}{S_1\cdots S_n}\lVert f\rVert",
        r"\sup_\omega\left(|\hat\chi|^2+\sum_\lambda|\hat g_\lambda|^2\right)",
        r"\max\{B_n, B_n L_n^2 R_n^2\} \leq 1",
        r"F_{\tau,\omega}f(x)=e^{2\pi i\omega(x)}f(x-\tau(x))",
        r"\lfloor 2T\rfloor, \mathbb{Z}_N, \ldots, x \in \Lambda, a \to b, \bigl(c\bigr)",
    ],
)
def test_the_claims_formulas_are_known(formula):
    assert "<code>" not in typeset(f"${formula}$")


def width(formula: str, display: bool = False) -> float:
    """Of a formula as it is set, in em."""
    found = re.search(r"width:([\d.]+)em", typeset(f"${formula}$", display))
    assert found is not None
    return float(found[1])


@pytest.mark.parametrize(
    ("formula", "tight", "space"),
    [
        (r"2\ln x", r"2{\ln}x", 0.17),
        (r"A \cos x", r"A{\cos}x", 0.17),
        (r"a\sum_k b", r"a{\sum_k}b", 0.17),
        (r"|\hat g|", r"|{\hat g}|", 0.15),
        (r"U_tf", r"U_t{f}", 0.15),
        (r"|f|", r"|{f}|", 0.27),
    ],
)
def test_spaces_stand_where_tex_sets_them(formula, tight, space):
    assert width(formula) - width(tight) == pytest.approx(space, abs=0.006)


def test_fractions_are_large_where_asked():
    assert width(r"\frac{a}{b}", display=True) > 1.1 * width(r"\frac{a}{b}")
    assert width(r"\dfrac{a}{b}") == width(r"\frac{a}{b}", display=True)
    nested = r"\frac{\frac12}{\sqrt{\frac{a}{\{b\}}}}x"
    assert "<code>" not in typeset(f"${nested}$", display=True)
    assert typeset(r"$\frac{a$") == r"<code>\frac{a</code>"


def test_signs_that_are_no_operations_and_escaped_primes():
    assert width("(x)_+") == width("(x)_{+}")
    assert width(r"\eta\'_1") == width(r"\eta'_1")


def test_unknown_formulas_are_shown_as_written():
    assert typeset(r"$\nonsense{x}$") == r"<code>\nonsense{x}</code>"


def test_verdicts():
    assert claims.outcome(document("holds", "holds"))[0]
    assert not claims.outcome(document("holds", "fails"))[0]
    assert not claims.outcome(document("holds", "not evaluated"))[0]
    assert claims.outcome(document("tight", "hypotheses not met"))[0]
    assert not claims.outcome(document("not applicable"))[0]
    assert not claims.outcome(document("hypotheses not met"))[0]
    assert not claims.outcome(document())[0]


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"format": "wiatowski claims", "version": 2, "claims": []}',
        '{"format": "wiatowski claims", "version": 3, "claims": [{"name": "x"}]}',
    ],
)
def test_foreign_claims_are_refused(text):
    with pytest.raises(ClaimsError):
        claims.checked(text)


def test_the_page_is_one_file_in_the_promised_order():
    phi = two_layers(wi.Grid((16, 16)), wi.Decimate(2))
    image = photo.Photo(np.zeros((1, 16, 16), np.float32), ("grey",), "a.png", ("not resized",))
    constants = {"name": "mine", "note": "A remark.", "text": None, **measure.constants(phi)}
    wave = np.ones((16, 16))
    arrays = {"claim_0/signal": wave, "claim_0/displacement": np.stack([wave, wave])}
    html = page.render(
        "a <title>",
        (panels.photo_panel(image), image.notes),
        constants,
        [page.drawn(section) for section in panels.extractor_sections(phi)],
        document("holds", "not applicable"),
        arrays,
        "footer",
    )
    assert "a &lt;title&gt;" in html
    assert "A remark." in html
    assert not re.search(r'(?:src|href)="(?!data:|#)', html)
    assert "<script" not in html
    marks = ['id="verdict"', 'id="image"', 'id="layers"', 'id="littlewood-paley"', 'id="atoms"']
    positions = [html.index(mark) for mark in [*marks, 'id="claims"', 'id="claim_0"']]
    assert positions == sorted(positions)
    # One photo, two sums, two rows of atoms, two arrays of the worst case.
    assert html.count("<img ") == 7
    assert "not met: “admissible" in html
