"""`wiatowski explain`: the files, exit statuses, and what it says about bad input."""

from __future__ import annotations

import base64
import io
import json
import pickle
import re
import urllib.error
import urllib.request
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import safetensors.numpy
from markupsafe import escape
from PIL import Image

import wiatowski as wi
from wiatowski import networks
from wiatowski.cli import main
from wiatowski.networks.preprocessing import TORCHVISION
from wiatowski.report import explanation, methods, subject

SIZE = 24
CLASSES = ("crane", "goose", "Bull mastiff", "crane", "boxer")
PIXELS = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)


def tiny(weights=None, classes=CLASSES, averages=True):
    """Two layers and a head, in place of a trained network."""
    draw = np.random.default_rng(1)
    taps = draw.standard_normal((6, 3, 3, 3)) / 3, draw.standard_normal((8, 6, 3, 3)) / 5
    layers = {
        "edges": wi.Layer(networks.Convolution(taps[0], padding=1), wi.ReLU(), wi.MaxPool(2)),
        "parts": wi.Layer(networks.Convolution(taps[1], padding=1), wi.ReLU()),
    }
    inputs = 8 if averages else 8 * (SIZE // 2) ** 2
    head = networks.Head([networks.Dense(draw.standard_normal((5, inputs)))], averages=averages)
    return networks.Network(
        layers, wi.Grid((SIZE, SIZE)), 3, head, classes=classes, preprocessing=TORCHVISION
    )


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder with a photo, and a network that needs no download."""
    monkeypatch.chdir(tmp_path)
    known = subject.NETWORKS["squeezenet"]
    monkeypatch.setitem(subject.NETWORKS, "squeezenet", known._replace(trained=tiny))
    Image.fromarray(PIXELS).save("photo.png")
    return tmp_path


def explain(capsys, *arguments: str) -> tuple[int, str, str]:
    status = main(["explain", *arguments, "--out", "out"])
    return status, *capsys.readouterr()


def refused(capsys, *arguments: str) -> str:
    """The message of a refused call, which must be one short paragraph and leave nothing behind."""
    status, out, err = explain(capsys, *arguments)
    assert (status, out) == (2, "")
    message = err.split("wiatowski explain: ", 1)[1].strip()
    assert "\n" not in message
    assert len(message) < 500
    assert not Path("out").exists()
    return message


def document() -> dict:
    return json.loads(Path("out/explanation.json").read_text())


def test_every_method_on_one_page(work, capsys):
    status, out, err = explain(capsys, "photo.png", "--top", "2")
    assert status == 0
    found = document()
    assert found["methods"] == list(methods.METHODS)
    best = found["classes"][0]
    assert out.splitlines()[0] == f"{best['name']}: {best['probability']:.3g}"
    assert {Path(line) for line in out.splitlines()[2:]} == set(Path("out").iterdir())
    assert "Score-CAM" in err
    html = Path("out/explanation.html").read_text()
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", html)  # fetches nothing
    assert html.count("<img") == 2 + 3 * 2
    for method in methods.METHODS.values():
        assert str(escape(method.sentence)) in html
    assert "hardly depends on the weights" in html
    assert Image.open("out/explanation.png").size[0] > 1500


def test_help_names_every_network_and_method_and_the_limit_of_classes(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["explain", "--help"])
    told = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert all(name in told for name in (*subject.NETWORKS, *methods.METHODS))
    assert subject.MOST == 10
    assert told.count("up to ten") == 2


def test_the_numbers_are_those_of_the_functions(work, capsys):
    explain(capsys, "photo.png", "--classes", "bull_mastiff, 4", "--layer", "edges")
    found, network = document(), tiny()
    f = TORCHVISION(PIXELS, SIZE)
    assert [answer["number"] for answer in found["classes"]] == [2, 4]
    assert (found["network"]["layer"], found["network"]["maps"]) == ("edges", [6, SIZE, SIZE])
    for answer in found["classes"]:
        c = answer["number"]
        assert answer["score"] == pytest.approx(float(network(f)[c]), rel=1e-5)
        heatmap = wi.explain.grad_cam_plus_plus(network, f, c, "edges")
        guided = np.abs(wi.explain.guided_grad_cam(network, f, c, "edges")).sum(axis=0)
        for name, values in (("grad_cam_plus_plus", heatmap), ("guided_grad_cam", guided)):
            score = wi.explain.measures.masked_score(network, f, c, values)
            assert answer["masked"][name] == pytest.approx(score, rel=1e-4)
        largest = max(answer["masked"].values())
        assert largest == max(answer["masked"][name] for name in answer["best"])
        numbers, shares, _ = wi.explain.top_maps(network, f, c, 4, "edges")
        assert [one["map"] for one in answer["top_maps"]] == np.asarray(numbers).tolist()
        np.testing.assert_allclose([one["share"] for one in answer["top_maps"]], shares, rtol=1e-4)


def test_the_command_on_the_page_gives_the_same_again(work, capsys):
    arguments = ("photo.png", "--classes", "boxer", "--methods", "Grad-CAM,saliency", "--quiet")
    status, _, err = explain(capsys, *arguments)
    assert (status, err) == (0, "")
    first, html = document(), Path("out/explanation.html").read_text()
    (command,) = re.findall("<pre>wiatowski (.*)</pre>", html)
    assert main([*command.split(), "--quiet"]) == 0
    assert document() == first
    assert first["methods"] == ["grad_cam", "saliency"]
    assert "hardly depends on the weights" not in html


def test_gradients_of_a_network_that_takes_blue_first_are_drawn_red_first(monkeypatch):
    drawn = {}
    monkeypatch.setattr(explanation.plot, "panel", lambda _, maps, title: drawn.update(maps))
    gradient = np.arange(3.0).reshape(1, 3, 1, 1)
    for flipped in (False, True):
        preprocessing = networks.Preprocessing(1.0, (0, 0, 0), (1, 1, 1), flipped)
        network = mock.Mock(preprocessing=preprocessing, classes=CLASSES)
        asked = mock.Mock(network=network, classes=[1])
        explanation._panel(asked, mock.Mock(maps={"saliency": gradient}), 0)
        assert drawn["Saliency"].ravel().tolist() == ([2, 1, 0] if flipped else [0, 1, 2])


def image(mode: str) -> Image.Image:
    """The photo, or what is left of it, in another mode."""
    photo = Image.fromarray(PIXELS)
    if mode == "I;16":
        return Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257)
    return photo.convert(mode)


@pytest.mark.parametrize(
    ("mode", "note"),
    [("RGBA", "transparency"), ("L", None), ("I;16", "16-bit"), ("P", "converted from P")],
)
def test_other_kinds_of_image(work, capsys, mode, note):
    picture = image(mode)
    if mode == "RGBA":
        picture.putalpha(128)
    picture.save("a.png")
    assert explain(capsys, "a.png", "--top", "1", "--methods", "saliency")[0] == 0
    notes = " ".join(document()["photo"]["notes"])
    assert note is None or note in notes
    assert document()["photo"]["seen"] == [SIZE, SIZE, 3]


def test_a_grey_16_bit_photo_is_seen_as_the_8_bit_one(work, capsys):
    Image.fromarray(PIXELS[..., 0]).save("8.png")
    image("I;16").save("16.png")
    seen = []
    for name in ("8.png", "16.png"):
        explain(capsys, name, "--top", "1", "--methods", "saliency")
        seen.append(document()["photo"]["seen_sha256"])
    assert seen[0] == seen[1]


def test_a_turned_photo_is_seen_upright_and_an_animation_by_its_first_frame(work, capsys):
    upright = Image.fromarray(PIXELS)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter
    upright.transpose(Image.Transpose.ROTATE_90).save("turned.png", exif=exif)
    other = Image.fromarray(255 - PIXELS)
    upright.save("moving.png", save_all=True, append_images=[other])
    seen = []
    for name in ("photo.png", "turned.png", "moving.png"):
        explain(capsys, name, "--top", "1", "--methods", "saliency")
        seen.append(document()["photo"]["seen_sha256"])
    assert seen[0] == seen[1] == seen[2]


def test_bundled_photos_by_name(work, capsys):
    assert explain(capsys, "camera", "--top", "1", "--methods", "saliency")[0] == 0
    assert document()["photo"]["source"] == "the bundled photo camera"


@pytest.mark.parametrize(
    ("photo", "message"),
    [
        ("nowhere.png", "there is no file nowhere.png.*grace_hopper.*imagenet_00"),
        ("text.png", "text.png is not an image"),
        ("empty.png", "is empty"),
        (".", "is a folder"),
        ("cut.png", "damaged"),
        ("huge.png", "more than the limit"),
        ("strip.png", "crop the photo"),
        ("nan.npy", "NaN or infinite"),
    ],
)
def test_photos_that_are_refused(work, capsys, photo, message):
    Path("text.png").write_text("no image")
    Path("empty.png").touch()
    Path("cut.png").write_bytes(Path("photo.png").read_bytes()[:900])
    Image.new("1", (9000, 9000)).save("huge.png")
    Image.new("L", (300, 3)).save("strip.png")
    np.save("nan.npy", np.full((9, 9), np.nan))
    assert re.search(message, refused(capsys, photo))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--network", "squezenet"), "did you mean 'squeezenet'"),
        (("--network", "vgg16"), "no weights in the package index.*--weights FILE"),
        (
            ("--classes", "mastiff"),
            r"no class is named 'mastiff'; the nearest are 'Bull mastiff' \(2\)",
        ),
        (("--classes", "Gose"), r"'goose' \(1\)"),
        (("--classes", "xylophone?"), "numbers go from 0 to 4"),
        (("--classes", "crane"), "classes 0 and 3; give the number"),
        (("--classes", "5"), "class 5 does not exist"),
        (("--classes", "-1"), "class -1 does not exist"),
        (("--classes", ","), "name 1 to 10"),
        (("--top", "11"), "use at most 10"),
        (("--layer", "fire9"), "no layer 'fire9'.*edges, parts"),
        (("--layer", "3"), "no layer 3"),
        (("--methods", "lime"), "there is no method 'lime'; choose from cam, grad_cam"),
    ],
)
def test_options_that_are_refused(work, capsys, options, message):
    if options[1] == "-1":
        options = (f"{options[0]}={options[1]}",)
    assert re.search(message, refused(capsys, "photo.png", *options))


def test_cam_where_it_cannot_be(work, capsys, monkeypatch):
    known = subject.NETWORKS["squeezenet"]._replace(trained=lambda: tiny(averages=False))
    monkeypatch.setitem(subject.NETWORKS, "squeezenet", known)
    assert "use --methods grad_cam" in refused(capsys, "photo.png", "--methods", "cam")
    assert explain(capsys, "photo.png", "--top", "1")[0] == 0
    assert "cam" not in document()["methods"]
    assert "CAM is not shown" in Path("out/explanation.html").read_text()


def test_a_head_without_a_dense_layer_is_explained_one_layer_earlier():
    averages = networks.Head([], averages=True)
    layers = tiny().layers
    network = networks.Network(layers, wi.Grid((SIZE, SIZE)), 3, averages)
    assert subject.chosen_layer(network, None) == 1
    assert subject.chosen_layer(tiny(), None) == 2


class Evil:
    def __reduce__(self):
        return print, ("run",)


def weights_file(name: str, content: dict[str, np.ndarray]) -> Path:
    Path(name).write_bytes(safetensors.numpy.save(content))
    return Path(name)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("nowhere.pth", "nowhere.pth cannot be read"),
        ("other.safetensors", "does not fit resnet50: .*those of another architecture"),
        ("cut.safetensors", "no safetensors file, or it is damaged"),
        ("evil.pth", "does not fit resnet50: read_weights: evil.pth"),
        ("text.pth", "does not fit resnet50: read_weights: text.pth"),
    ],
)
def test_weights_that_are_refused(work, capsys, file, message):
    whole = weights_file("other.safetensors", {"fc.bias": np.ones(7, np.float32)})
    Path("cut.safetensors").write_bytes(whole.read_bytes()[:-5])
    Path("evil.pth").write_bytes(pickle.dumps(Evil()))
    Path("text.pth").write_text("no weights")
    found = refused(capsys, "photo.png", "--network", "resnet50", "--weights", file)
    assert re.search(message, found)


def test_weights_of_a_file_give_the_number_of_classes(work, capsys, monkeypatch):
    known = subject.NETWORKS["vgg16"]._replace(build=tiny)
    monkeypatch.setitem(subject.NETWORKS, "vgg16", known)
    file = weights_file("w.safetensors", {known.last: np.ones(5, np.float32)})
    options = ("--network", "vgg16", "--weights", str(file), "--methods", "saliency")
    assert explain(capsys, "photo.png", "--classes", "3", *options)[0] == 0
    assert document()["classes"][0]["name"] == "3"
    assert document()["network"]["weights"].startswith("w.safetensors, SHA-256 ")


@pytest.mark.parametrize("photo", ["photo.png", "imagenet_00"])
def test_without_a_connection(tmp_path, monkeypatch, capsys, photo):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WIATOWSKI_CACHE", str(tmp_path / "cache"))
    Image.fromarray(PIXELS).save("photo.png")
    unreachable = urllib.error.URLError("unreachable")
    with mock.patch.object(urllib.request, "urlopen", side_effect=unreachable):
        message = refused(capsys, photo)
    assert re.search("could not be fetched.*unreachable.*by hand", message)


@pytest.mark.parametrize("out", ["photo.png", "photo.png/below"])
def test_where_nothing_can_be_written(work, capsys, out):
    assert main(["explain", "photo.png", "--out", out]) == 2
    assert "is a file" in capsys.readouterr().err


def test_a_full_disk_leaves_nothing(work, capsys, monkeypatch):
    monkeypatch.setattr(explanation, "placed", mock.Mock(side_effect=OSError(28, "No space left")))
    message = refused(capsys, "photo.png", "--top", "1", "--methods", "saliency")
    assert message.endswith("writing failed (No space left); nothing was written.")


def test_stopped_it_writes_nothing(work, capsys, monkeypatch):
    monkeypatch.setattr(methods, "computed", mock.Mock(side_effect=KeyboardInterrupt))
    status, out, err = explain(capsys, "photo.png")
    assert (status, out) == (130, "")
    assert err.endswith("wiatowski explain: stopped; nothing was written.\n")
    assert not Path("out").exists()


def test_what_a_report_needs_is_told(work, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "jinja2" else name)
    assert "jinja2 is missing" in refused(capsys, "photo.png")


def test_a_trained_network_on_a_labelled_photo(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = ("--top", "1", "--methods", "cam,grad_cam", "--quiet")
    status, out, _ = explain(capsys, "imagenet_04", *options)
    assert status == 0
    assert out.startswith("strawberry: ")
    assert document()["network"]["layer"] == "fire9"
    html = Path("out/explanation.html").read_text()
    first = re.search('data:image/png;base64,([^"]+)', html)
    assert first is not None
    assert Image.open(io.BytesIO(base64.b64decode(first[1]))).size[0] > 100
