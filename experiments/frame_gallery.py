"""Every family of frames on one page: tiling, atoms, Littlewood-Paley sum, and proved bounds.

``python -m experiments.frame_gallery [--out DIR] [--size N] [--family NAME ...]`` writes
``DIR/frame_gallery.html``, one self-contained file.
"""

from __future__ import annotations

import argparse
import base64
import inspect
import io
import time
from pathlib import Path
from typing import NamedTuple

import jax
import jinja2
import numpy as np
from tqdm import tqdm

import wiatowski as wi
from wiatowski import frames, plot
from wiatowski.serialization import FRAMES, write_whole

_DPI = 80


class Specimen(NamedTuple):
    """A frame in the dimension in which it is shown."""

    frame: wi.Frame
    ndim: int


def specimens() -> dict[str, list[Specimen]]:
    """By kind, at least one of every family.

    Raises:
        LookupError: naming a family of `wiatowski.frames` that has no specimen.
    """
    taps = np.random.default_rng(1).standard_normal((6, 5, 5)) / 6
    matrices = np.random.default_rng(2).standard_normal((8, 3, 3, 3)) / 5
    kinds = {
        "Ladders and tensor wavelets": [
            Specimen(frames.Meyer(scales=4), 1),
            Specimen(frames.Meyer(scales=3), 2),
            Specimen(frames.Meyer(scales=2), 3),
            Specimen(frames.Shannon(scales=3), 2),
            Specimen(frames.Simoncelli(scales=3), 2),
            Specimen(frames.TensorWavelets(scales=3, ladder=frames.MeyerLadder(passes=0.45)), 1),
        ],
        "Finite wavelets": [
            Specimen(frames.Haar(scales=2), 2),
            Specimen(frames.Daubechies(scales=4, moments=4), 1),
            Specimen(frames.Symlets(scales=2), 2),
            Specimen(frames.Coiflets(scales=2), 2),
            Specimen(frames.Biorthogonal(scales=4), 1),
            Specimen(frames.BSplineFramelets(scales=3), 1),
        ],
        "Directional frames": [
            Specimen(frames.Curvelets(scales=3), 2),
            Specimen(frames.Curvelets(scales=2, one_sided=True), 2),
            Specimen(frames.Shearlets(scales=3), 2),
            Specimen(frames.Shearlets(scales=1), 3),
            Specimen(frames.Ridgelets(scales=3), 2),
            Specimen(frames.DirectionalWavelets(scales=3), 2),
            Specimen(frames.AlphaMolecules(scales=3, alpha=0.75), 2),
            Specimen(frames.Steerable(scales=3), 2),
        ],
        "Time and frequency": [
            Specimen(frames.Gabor(12, frames.GaussianWindow(0.6)), 1),
            Specimen(frames.Gabor(6), 2),
            Specimen(frames.Morlet(scales=4, voices=4), 1),
            Specimen(frames.Morlet(scales=3), 2),
            Specimen(frames.LogGabor(scales=3), 2),
            Specimen(frames.Gammatone(scales=3, voices=4), 1),
        ],
        "Learned and unstructured": [
            Specimen(frames.RandomFilters(count=6, size=5), 2),
            Specimen(frames.FiniteFilters(taps), 2),
            Specimen(frames.LearnedFilters(4 * taps), 2),
            Specimen(frames.MatrixFilters(matrices), 2),
            Specimen(frames.LearnedMatrixFilters(4 * matrices, stride=2), 2),
            Specimen(frames.Scaled(frames.Meyer(scales=3), 0.7), 1),
        ],
    }
    shown = {type(s.frame).__name__ for own in kinds.values() for s in own}
    missing = sorted(set(FRAMES) - shown)
    if missing:
        raise LookupError(f"frame_gallery: no specimen of {', '.join(missing)}; add one.")
    return kinds


def main(arguments: list[str] | None = None) -> int:
    """Build, certify and draw every specimen, write the page."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.frame_gallery", description=__doc__
    )
    parser.add_argument("--out", type=Path, default=Path("gallery"), help="folder (gallery)")
    parser.add_argument("--size", type=int, default=128, help="samples per axis in 2-D (128)")
    parser.add_argument(
        "--family",
        action="append",
        choices=sorted(FRAMES),
        metavar="NAME",
        help="only this; repeat",
    )
    options = parser.parse_args(arguments)
    if options.size < 32:
        parser.error("--size: at least 32")
    kinds = {
        kind: [s for s in own if not options.family or type(s.frame).__name__ in options.family]
        for kind, own in specimens().items()
    }
    total = sum(map(len, kinds.values()))
    options.out.mkdir(parents=True, exist_ok=True)
    with tqdm(total=total, unit="frame") as progress:
        cards: dict[str, list[dict]] = {}
        for kind, own in kinds.items():
            for specimen in own:
                progress.set_postfix_str(type(specimen.frame).__name__)
                cards.setdefault(kind, []).append(card(specimen, options.size))
                progress.update()
    path = options.out / "frame_gallery.html"
    page = jinja2.Environment(autoescape=True).from_string(_PAGE)
    write_whole(path, page.render(kinds=cards, size=options.size).encode())
    print(path)
    return 0


def card(specimen: Specimen, size: int) -> dict:
    """Facts and pictures of one frame."""
    frame, ndim = specimen
    side = {1: 2 * size, 2: size, 3: max(16, size // 4)}[ndim]
    grid = wi.Grid((side,) * ndim)
    with jax.enable_x64(True):
        frame.on(grid)  # the first call also loads and compiles
        start = time.perf_counter()
        bank = frame.on(grid)
        jax.block_until_ready(bank.atoms_hat)
        seconds = time.perf_counter() - start
        certificate = proof(frame, bank, ndim)
        if isinstance(bank, wi.FilterBank):
            at_zero = np.asarray(bank.atoms_hat)[(slice(None), *(0,) * ndim)]
            waves = at_zero[[not n.startswith("residual") for n in bank.labels]]
            zero_mean = waves.size > 0 and not waves.any()
            pictures = [
                ("where the atoms live", plot.frequency_tiling(bank)),
                ("atoms", plot.atoms(bank, count=3)),
                ("sum of squares", plot.littlewood_paley(bank)),
                ("reach in space", plot.support_envelope(bank)),
            ]
        else:
            assert isinstance(bank, frames.MatrixBank)
            zero_mean = False
            pictures = [("singular values", plot.singular_values(bank))]
        facts = {
            "dimension": f"{ndim}, drawn on {' x '.join(map(str, grid.shape))} samples",
            "atoms": len(bank),
            "redundancy": f"{bank.redundancy():.3g}",
            "in space": "real" if bank.real else "complex",
            "zero mean": "exactly" if zero_mean else "no",
            "built in": f"{1000 * seconds:.1f} ms (float64)",
        }
        if not bank.real:
            own = wi.certificates.certify_bank(bank, real=True)
            facts["for real signals, on this grid"] = f"A ≥ {own.lower!r}, B ≤ {own.upper!r}"
    return {
        "title": written(frame),
        "line": (inspect.getdoc(type(frame)) or "").splitlines()[0].replace("`", ""),
        "facts": facts,
        "lower": repr(certificate.lower),
        "upper": repr(certificate.upper),
        "domain": {"grid": "on this grid", "torus": "on every grid", "space": f"on R^{ndim}"}[
            certificate.domain["kind"]
        ],
        "tier": certificate.tier,
        "pictures": [(name, encoded(picture)) for name, picture in pictures],
    }


def proof(frame: wi.Frame, bank, ndim: int) -> wi.certificates.Certificate:
    """For all grids at once where that is possible, else for the bank's own."""
    try:
        certificate = wi.certificates.certify(
            frame, None if hasattr(frame, "taps") else ndim, oversampling=16 if ndim > 1 else None
        )
    except ValueError as error:
        if "certify it on a grid" not in str(error):
            raise
        return wi.certificates.certify_bank(bank)
    return certificate


def written(frame) -> str:
    """As in Python, with what differs from the defaults."""
    parts = []
    for name, parameter in inspect.signature(type(frame)).parameters.items():
        value = getattr(frame, name)
        if hasattr(value, "shape"):
            parts.append(f"{name}={' x '.join(map(str, value.shape))}")
        elif value is not None and value != parameter.default:
            nested = type(value).__module__.startswith("wiatowski") and not isinstance(value, str)
            parts.append(f"{name}={written(value) if nested else value}")
    return f"{type(frame).__name__}({', '.join(parts)})"


def encoded(picture) -> str:
    """The figure as the text of a PNG image."""
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=_DPI)
    return base64.b64encode(buffer.getvalue()).decode()


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>wiatowski: frames</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1500px; padding: 0 1rem; color: #222 }
h2 { margin-top: 2.5rem; border-bottom: 2px solid #ddd }
article { border: 1px solid #ddd; border-radius: 6px; padding: .8rem 1rem; margin: 1rem 0 }
h3 { margin: 0; font-size: 1rem; font-family: ui-monospace, monospace; overflow-wrap: anywhere }
.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; color: #444; font-size: .9rem }
.facts b { font-weight: 600; color: #222 }
.pictures { display: flex; flex-wrap: wrap; gap: .6rem; align-items: flex-start }
figure { margin: .4rem 0 } figcaption { font-size: .8rem; color: #555 } img { max-width: 100%; height: auto }
nav a { margin-right: 1.2rem }
</style></head><body>
<h1>Frames of wiatowski</h1>
<p>Bounds are proved, not sampled: A is rounded down, B up, and the tier says how
(<code>wiatowski certify</code> writes the same proof into a file). Regions in the tilings are where an atom exceeds
half of its peak; the output atom is the solid outline, the residual the dashed one.</p>
<nav>{% for kind in kinds %}<a href="#{{ loop.index }}">{{ kind }}</a>{% endfor %}</nav>
{% for kind, cards in kinds.items() %}<h2 id="{{ loop.index }}">{{ kind }}</h2>
{% for card in cards %}<article><h3>{{ card.title }}</h3><p>{{ card.line }}</p>
<div class="facts"><span><b>A &ge; {{ card.lower }}, B &le; {{ card.upper }}</b>
{{ card.domain }} ({{ card.tier }})</span>
{% for name, value in card.facts.items() %}<span>{{ name }}: {{ value }}</span>{% endfor %}</div>
<div class="pictures">{% for name, image in card.pictures %}<figure><img alt="{{ name }} of {{ card.title }}"
src="data:image/png;base64,{{ image }}"><figcaption>{{ name }}</figcaption></figure>{% endfor %}</div></article>
{% endfor %}{% endfor %}
</body></html>
"""

if __name__ == "__main__":
    raise SystemExit(main())
