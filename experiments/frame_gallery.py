"""Every family of frames on one page: tiling, atoms, Littlewood-Paley sum, and proved bounds.

``python -m experiments.frame_gallery [--out DIR] [--size N] [--family NAME ...]`` writes
``DIR/frame_gallery.html``, one self-contained file.
"""

from __future__ import annotations

import argparse
import base64
import decimal
import inspect
import io
import time
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jinja2
import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

import wiatowski as wi
from wiatowski import frames, plot
from wiatowski.frames import AbstractBank
from wiatowski.report.mathtext import typeset
from wiatowski.serialization import FRAMES, write_whole

_DPI = 110
_BROAD = 7.5  # inches: such a figure takes two columns
_SMALLEST = 32
# A frame this tight has a flat Littlewood-Paley sum, which its bounds tell better than a picture.
_TIGHT = 1e-9
_PLACES = {"grid": "this grid", "torus": "every grid", "space": "all of R{}"}
_POWERS = {1: "", 2: "²", 3: "³"}
_TEMPLATE = Path(__file__).with_name("frame_gallery_page.html")


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
            Specimen(frames.SolidHarmonics(scales=2, degree=2), 3),
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
            Specimen(frames.Subsampled(frames.Morlet(scales=3, voices=2), most=4), 1),
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
    if options.size < _SMALLEST:
        parser.error(f"--size {options.size}: the scales shown need at least {_SMALLEST}")
    if options.out.exists() and not options.out.is_dir():
        parser.error(f"--out {options.out} is a file; name a folder")
    chosen = [
        (kind, specimen)
        for kind, own in specimens().items()
        for specimen in own
        if not options.family or type(specimen.frame).__name__ in options.family
    ]
    kinds: dict[str, list[dict[str, Any]]] = {}
    with tqdm(chosen, unit="frame") as progress:
        for kind, specimen in progress:
            progress.set_postfix_str(type(specimen.frame).__name__)
            kinds.setdefault(kind, []).append(card(specimen, options.size))
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["math"] = typeset
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(kinds=kinds)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "frame_gallery.html"
    write_whole(path, page.encode())
    print(path)
    return 0


def card(specimen: Specimen, size: int) -> dict[str, Any]:
    """Facts and pictures of one frame, all in float64."""
    frame, ndim = specimen
    side = {1: 2 * size, 2: size, 3: max(16, size // 4)}[ndim]
    grid = wi.Grid((side,) * ndim)
    with jax.enable_x64(True):
        bank, seconds = built(frame, grid)
        certificate = proof(frame, bank, ndim)
        lower, upper = certificate.lower, certificate.upper
        facts = {
            "built in": f"{1000 * seconds:.1f} ms",
            "drawn on": f"{' x '.join(map(str, grid.shape))} samples",
        }
        if not bank.real:
            own = wi.certificates.certify_bank(bank, real=True)
            facts["real signals on this grid"] = (
                f"A ≥ {outward(own.lower, up=False)}, B ≤ {outward(own.upper, up=True)}"
            )
        pictures, zero_mean = drawn(bank, tight=upper - lower < _TIGHT)
    return {
        "title": written(frame),
        "line": (inspect.getdoc(type(frame)) or "").splitlines()[0].replace("`", ""),
        "ndim": ndim,
        "atoms": len(bank),
        "redundancy": f"{bank.redundancy():.3g}",
        "space": "real" if bank.real else "complex",
        "zero_mean": "exactly" if zero_mean else "no",
        "lower": outward(lower, up=False),
        "upper": outward(upper, up=True),
        "exact": f"A ≥ {lower!r}, B ≤ {upper!r}",
        "place": _PLACES[certificate.domain["kind"]].format(_POWERS[ndim]),
        "tier": certificate.tier,
        "facts": facts,
        "pictures": [
            (name, encoded(picture), picture.get_figwidth() > _BROAD) for name, picture in pictures
        ],
    }


def built(frame: wi.Frame, grid: wi.Grid) -> tuple[wi.FilterBank | frames.MatrixBank, float]:
    """The bank and the shortest of three times to build it, after what only the first call pays."""
    times = []
    bank = frame.on(grid)
    for _ in range(3):
        start = time.perf_counter()
        bank = frame.on(grid)
        jax.block_until_ready(bank.atoms_hat)
        times.append(time.perf_counter() - start)
    if isinstance(bank, frames.SubsampledBank):
        bank = bank.whole()  # the same atoms; what is left out are samples of the maps
    assert isinstance(bank, wi.FilterBank | frames.MatrixBank)
    return bank, min(times)


def drawn(
    bank: wi.FilterBank | frames.MatrixBank, tight: bool
) -> tuple[list[tuple[str, Figure]], bool]:
    """Pictures with captions, and whether all atoms but the residual vanish at frequency 0."""
    if isinstance(bank, frames.MatrixBank):
        return [("Singular values of the layer", plot.singular_values(bank))], False
    at_zero = np.asarray(bank.atoms_hat)[(slice(None), *(0,) * bank.grid.ndim)]
    waves = at_zero[[label != "residual" for label in bank.labels]]
    pictures = [
        ("Where the atoms live", plot.frequency_tiling(bank)),
        ("Some of them, and the output atom", plot.atoms(bank, count=3)),
        ("How far they reach", plot.support_envelope(bank)),
    ]
    if not tight:
        seen = "" if bank.real else ", for real signals"
        sums = plot.littlewood_paley(bank, real=not bank.real)
        pictures.append((f"Littlewood-Paley sum{seen}", sums))
    return pictures, waves.size > 0 and not waves.any()


def proof(frame: wi.Frame, bank: AbstractBank, ndim: int) -> wi.certificates.Certificate:
    """For all grids at once where that is possible, else for the bank's own."""
    try:
        return wi.certificates.certify(
            frame, None if hasattr(frame, "taps") else ndim, oversampling=16 if ndim > 1 else None
        )
    except ValueError as error:
        if "certify it on a grid" not in str(error):
            raise
        return wi.certificates.certify_bank(bank)


def outward(bound: float, up: bool) -> str:
    """Seven digits (three for tiny bounds), rounded so that a bound stays one; near 1 how near.

    >>> outward(1.1243829387490585, up=True), outward(1.0025645431735917, up=False)
    ('1.124383', '1.002564')
    >>> outward(1 - 2.43e-14, up=False), outward(1.0, up=True), outward(1.6649e-5, up=False)
    ('1 − 2.5e-14', '1', '1.66e-5')
    """
    rounding = decimal.ROUND_CEILING if up else decimal.ROUND_FLOOR
    exact = decimal.Decimal(bound)
    excess = exact - 1
    if 0 < abs(excess) < decimal.Decimal("1e-6"):
        rounded = decimal.Context(prec=2, rounding=rounding).plus(excess)
        return f"1 {'+' if excess > 0 else '−'} {abs(rounded):.1e}"
    if 0 < bound < 1e-3:
        return f"{decimal.Context(prec=3, rounding=rounding).plus(exact):.2e}"
    return str(decimal.Context(prec=7, rounding=rounding).plus(exact))


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


def encoded(picture: Figure) -> str:
    """The figure as the text of a PNG image."""
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=_DPI)
    return base64.b64encode(buffer.getvalue()).decode()


if __name__ == "__main__":
    raise SystemExit(main())
