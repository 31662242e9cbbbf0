"""The figures of a report with their captions: here plots and bounds meet."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from wiatowski import plot
from wiatowski.extractor import FeatureExtractor
from wiatowski.features import Features
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.plot import Curve
from wiatowski.plot.canvas import figure
from wiatowski.report.photo import Photo

__all__ = [
    "Panel",
    "Section",
    "deformation_section",
    "extractor_sections",
    "feature_sections",
    "photo_panel",
    "translation_section",
    "worst_case",
]


class Panel(NamedTuple):
    """One figure and the sentence below it; formulas between dollar signs."""

    figure: Figure
    caption: str
    heading: str = ""


class Section(NamedTuple):
    """A heading, a sentence, figures."""

    name: str
    title: str
    lead: str
    panels: tuple[Panel, ...]


def photo_panel(photo: Photo) -> Panel:
    """The image as the extractor sees it."""
    height, width = photo.shape
    scale = 3.4 / max(photo.shape)
    canvas, ((axes,),) = figure(width * scale + 0.9, height * scale + 0.6)
    pixels = np.moveaxis(photo.channels, 0, -1)
    low = min(0.0, float(pixels.min()))
    pixels = np.clip((pixels - low) / max(1.0, float(pixels.max()) - low), 0, 1)
    axes.imshow(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, cmap="gray", vmin=0, vmax=1)
    axes.grid(False)
    axes.set_xlabel("column (pixels)")
    axes.set_ylabel("row (pixels)")
    signals = "one signal" if len(photo.names) == 1 else f"{len(photo.names)} signals"
    return Panel(
        canvas,
        f"The image exactly as the extractor sees it: {height} x {width} pixels, "
        f"{signals} ({', '.join(photo.names)}).",
    )


def extractor_sections(phi: FeatureExtractor) -> list[Section]:
    """The Littlewood-Paley sum and the atoms of every layer."""
    sums, shapes = [], []
    for number, layer in enumerate(phi.layers, start=1):
        bank = layer.bank
        if not isinstance(bank, FilterBank):
            continue  # matrices have no Littlewood-Paley sum to draw
        sums.append(
            Panel(
                plot.littlewood_paley(bank),
                f"Layer {number}: how strongly each frequency passes its {len(bank)} atoms and its "
                "output atom together; flat at 1 means that none is lost and none amplified."
                + _real_remark(bank),
                f"Layer {number}",
            )
        )
        shapes.append(
            Panel(
                plot.atoms(bank),
                f"Layer {number}: some of its {len(bank)} atoms and its output atom; above the "
                "pattern that each looks for (red positive, blue negative), below the frequencies "
                "that it lets pass (bright).",
                f"Layer {number}",
            )
        )
    return [
        Section(
            "littlewood-paley",
            "Littlewood-Paley sums",
            r"The sum $\sum_\lambda\,|\hat g_\lambda(\omega)|^2+|\hat\chi(\omega)|^2$ decides the "
            "frame bounds: $A$ is its smallest value and $B$ its largest.",
            tuple(sums),
        ),
        Section(
            "atoms",
            "Atoms",
            "Every layer compares the maps it gets with these patterns, at every position.",
            tuple(shapes),
        ),
    ]


def feature_sections(
    features: Features, name: str, energies: np.ndarray, propagated: np.ndarray
) -> list[Section]:
    """Feature maps of one channel, and the energies of all of them."""
    whole = float(propagated[0]) or 1.0
    put_out, rest = float(np.sum(energies)) / whole, float(propagated[-1]) / whole
    return [
        Section(
            "feature-maps",
            "Feature maps",
            r"A feature map of depth $n$ is the image after $n$ rounds of filtering, nonlinearity "
            "and pooling along one path of atoms, smoothed by the output atom.",
            (
                Panel(
                    plot.feature_maps(features),
                    f"The strongest maps of each depth for the {name} channel, named by the atoms "
                    "of their path; the percentage is the map's share of the energy of its depth, "
                    "and each map has its own brightness scale.",
                ),
            ),
        ),
        Section(
            "energy",
            "Energy per depth",
            r"What a layer does not put out as features travels on to the next: "
            r"$W_n(f)=\sum_{|q|=n}\|U[q]f\|^2$ is what still travels at depth $n$.",
            (
                Panel(
                    plot.energies(energies, propagated),
                    f"Of the image's energy, {put_out:.1%} is in the features of all depths "
                    f"together, and {_share(rest)} of it would still travel to deeper layers (all "
                    "channels together).",
                ),
            ),
        ),
    ]


def translation_section(numbers: dict[str, Any]) -> Section:
    """Measured translation differences against their bounds, over depth and over the shift."""
    shifts, fixed = numbers["shifts"], numbers["fixed_shift"]
    row = shifts.index(fixed)
    last = len(numbers["dilation"]["measured"][0]) - 1
    depths = list(range(last + 1))

    def panels_over(x, pick):
        groups = []
        for name in ("dilation", "decimation"):
            entry = {k: pick(np.array(v)) for k, v in numbers[name].items()}
            group = [Curve("measured", x, entry["measured"])]
            if name == "dilation":
                group += [
                    Curve(
                        r"Theorem 1: $2\pi|t|K_n/(S_1\cdots S_n)$",
                        x,
                        entry["theorem_1"],
                        "bound",
                        "--",
                    ),
                    Curve(
                        r"Theorem 1, with $\sqrt{W_n(f)}$ for $\|f\|$",
                        x,
                        entry["theorem_1_sharper"],
                        "bound",
                        ":",
                    ),
                ]
            else:
                group += [
                    Curve(
                        "the formula of Theorem 1: no bound here", x, entry["theorem_1"]
                    )._replace(role="invalid bound", line="--"),
                    Curve(
                        r"the same with $\sqrt{W_n(f)}$: no bound here",
                        x,
                        entry["theorem_1_sharper"],
                        "invalid bound",
                        ":",
                    ),
                    Curve(
                        "valid bound D3: adds the aliasing",
                        x,
                        entry["theorem_1_decimated"],
                        "second bound",
                        "--",
                    ),
                ]
            title = "pooling by dilation" if name == "dilation" else "pooling by decimation"
            groups.append((title, group))
        return groups

    size = " x ".join(map(str, numbers["shape"]))
    y_label = r"$|||\Phi^n(T_tf)-\Phi^n(f)|||\,/\,\|f\|$"
    plural = "pixel" if fixed == 1 else "pixels"
    dilated = np.array(numbers["dilation"]["measured"])[row]
    falls = bool(np.all(np.diff(dilated) < 0))
    bound = np.array(numbers["dilation"]["theorem_1_sharper"])[row]
    below = bool(np.all(dilated <= bound * (1 + 1e-3)))
    over_depth = Panel(
        plot.curves(panels_over(depths, lambda v: v[row]), "depth n", y_label, x_whole=True),
        f"The image moved by {fixed} {plural}: with dilation the change of the features "
        f"{'falls' if falls else 'does not always fall'} from depth to depth"
        f"{' and stays below its bound' if below else ''}; with decimation the "
        "same formula promises nothing, since dropped samples alias, and the valid bound adds that "
        "aliasing.",
        "Over depth, at a fixed shift",
    )
    over_shift = Panel(
        plot.curves(
            panels_over(shifts, lambda v: v[:, last]), "shift t (pixels)", y_label, x_log=True
        ),
        f"The same at depth {last}, the deepest, for shifts from {shifts[0]} to {shifts[-1]} "
        f"pixels; the bound grows in proportion to the shift.{_exceeded(numbers, last)}",
        "Over the shift, at the deepest layer",
    )
    relative = plot.curves(
        [
            (
                "",
                [
                    Curve("pooling by dilation", depths, numbers["dilation"]["relative"][row]),
                    Curve(
                        "pooling by decimation",
                        depths,
                        numbers["decimation"]["relative"][row],
                        "second bound",
                    ),
                ],
            )
        ],
        "depth n",
        r"$|||\Phi^n(T_tf)-\Phi^n(f)|||\,/\,|||\Phi^n(f)|||$",
        y_log=False,
        x_whole=True,
    )
    return Section(
        "translation",
        "Translation",
        "Theorem 1 says that features change less and less, the deeper they are, when the image is "
        f"moved. Measured on the central {size} pixels (mean of the channels), with the "
        "extractor's frames and nonlinearities and every pooling replaced by a factor of 2, once "
        "by dilation (the theorem's pooling, every sample kept) and once by decimation (every "
        "second sample), rescaled where needed so that it is admissible.",
        (
            over_depth,
            over_shift,
            Panel(
                relative,
                f"The same change for a shift of {fixed} {plural}, now relative to the features of "
                "the same depth: where this falls too, features become invariant and do not merely "
                "become small.",
                "Relative to the features",
            ),
        ),
    )


def _exceeded(numbers: dict[str, Any], depth: int) -> str:
    """Where the formula that is no bound for decimation is indeed exceeded, in a sentence."""
    entry = numbers["decimation"]
    over = [
        str(shift)
        for shift, measured, formula in zip(
            numbers["shifts"], entry["measured"], entry["theorem_1_sharper"]
        )
        if measured[depth] > formula[depth] * (1 + 1e-3)
    ]
    if not over:
        return ""
    return (
        f" With decimation the measured change exceeds the dotted formula at t = {', '.join(over)}."
    )


def _deformation_remark(numbers: dict[str, Any]) -> str:
    """What the curves show, from their numbers."""
    slack = 1 + 1e-3  # the figures are computed in float32
    pairs = (("input", "exact"), ("features", "exact_features"))
    below = all(
        value <= bound * slack
        for measured, limit in pairs
        for value, bound in zip(numbers[measured], numbers[limit])
    )
    calmer = all(b <= a * slack for a, b in zip(numbers["input"], numbers["features"]))
    kept = "neither the image nor its features change" if below else "a measured curve changes"
    last = "; the features change less than the image itself" if calmer else ""
    return f"{kept} more than the theorem allows{last}."


def _share(part: float) -> str:
    """A share in percent, small ones by their bound."""
    return f"{part:.1%}" if part >= 1e-3 else "less than 0.1%"


def _real_remark(bank: FilterBank) -> str:
    """What the sum means for real maps, where atoms see only one of two opposite frequencies."""
    if bank.real:
        return ""
    lower, upper = (float(b) for b in bank.frame_bounds(real=True))
    return (
        " Its atoms are complex; for real maps, where opposite frequencies count together, the "
        f"bounds are {lower:.3g} and {upper:.3g}."
    )


def deformation_section(numbers: dict[str, Any]) -> Section:
    """Measured deformation differences against their bounds, over the amplitude."""
    x = numbers["amplitudes"]
    lipschitz = numbers["lipschitz_bound"]
    drawn = plot.curves(
        [
            (
                r"the image: $\|F_\tau f-f\|\,/\,\|f\|$",
                [
                    Curve("measured", x, numbers["input"]),
                    Curve(
                        "exact largest value for this $\\tau$ (T2d)", x, numbers["exact"]
                    )._replace(role="bound", line="--"),
                    Curve("for any $\\tau$ of this amplitude (T2b)", x, numbers["rough"])._replace(
                        role="second bound", line=":"
                    ),
                ],
            ),
            (
                r"the features: $|||\Phi(F_\tau f)-\Phi(f)|||\,/\,\|f\|$",
                [
                    Curve("measured", x, numbers["features"]),
                    Curve(
                        f"T2d times the Lipschitz bound {lipschitz:.4g}",
                        x,
                        numbers["exact_features"],
                        "bound",
                        "--",
                    ),
                ],
            ),
        ],
        r"largest displacement $\|\tau\|_\infty$ (pixels)",
        "relative change",
        x_log=True,
    )
    band, size = numbers["band"], " x ".join(map(str, numbers["shape"]))
    return Section(
        "deformation",
        "Deformation",
        r"Theorem 2 bounds how much the features change when the image is bent, "
        r"$F_\tau f(x)=f(x-\tau(x))$. It speaks of band-limited images, so the central "
        f"{size} pixels are first reduced to frequencies of at most {band} cycles per side, which "
        f"drops {numbers['dropped_energy']:.2%} of their energy (mean of the channels).",
        (
            Panel(
                drawn,
                "One smooth random displacement field, scaled to growing amplitude: "
                + _deformation_remark(numbers),
            ),
        ),
    )


def worst_case(claim: dict[str, Any], arrays: dict[str, np.ndarray]) -> list[Panel]:
    """The arrays of a claim's worst case as pictures; what cannot be drawn is left out."""
    worst = claim.get("worst") or {}
    panels = []
    for role, key in (worst.get("arrays") or {}).items():
        values = arrays.get(key)
        if values is None or not np.all(np.isfinite(values)):
            continue
        title = {"signal": "the signal $f$", "other": "the second signal"}.get(str(role), str(role))
        try:
            if role == "displacement":
                drawn = plot.displacement(values, r"the displacement $\tau$")
            else:
                drawn = plot.signal(values, title)
        except ValueError:
            continue
        panels.append(Panel(drawn, ""))
    return panels
