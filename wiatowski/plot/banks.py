"""Figures of a filter bank: its Littlewood-Paley sum, its atoms in space and in frequency."""

from __future__ import annotations

import re

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from wiatowski.frames.filter_bank import FilterBank
from wiatowski.plot.canvas import (
    COLOURS,
    central_slice,
    check_scalar,
    colour_bar,
    figure,
    image,
    legend,
    line_axes,
    name_frequencies,
    symmetric_limit,
)
from wiatowski.plot.centres import cyclic_centre
from wiatowski.plot.scales import RESIDUAL

__all__ = ["atoms", "littlewood_paley"]

_FREQUENCY = "cycles per unit length"
_WINDOW_ENERGY = 0.98
_SMALLEST_WINDOW = 4  # samples
_FEW_SAMPLES = 32  # are drawn as dots, joined by lines
# The commas of a label that part its parameters, not those inside a value.
_PARAMETERS = re.compile(r",(?=[a-z]+=)")


def littlewood_paley(bank: FilterBank, real: bool = False) -> Figure:
    r"""The sum $\sum_\lambda|\hat g_\lambda|^2 + |\hat\chi|^2$ over frequency, with its bounds.

    In 2-D (and 3-D: the central slice) an image, and beside it the smallest and largest value on
    each circle $|\omega|$ = const; in 1-D a curve.

    Args:
        bank: any bank of atoms that do not mix channels.
        real: the symmetrised sum, for real input.

    Returns:
        A figure.

    Raises:
        TypeError: for a `MatrixBank`, whose atoms are matrices: see `singular_values`.

    Source: utility.
    """
    check_scalar(bank, "littlewood_paley")
    total = np.asarray(bank.littlewood_paley(real), dtype=float)
    lower, upper = float(total.min()), float(total.max())
    ndim = bank.grid.ndim
    if ndim == 1:
        canvas, ((curve,),) = figure(7.4, 3.0)
        omega = np.fft.fftshift(bank.grid.frequencies()[0].ravel())
        sums = np.fft.fftshift(total)
        curve.plot(omega, sums, color=COLOURS["measured"], lw=1.6, zorder=3, label="sum")
        _bounds(curve, lower, upper)
        line_axes(curve, rf"frequency $\omega$ ({_FREQUENCY})", "Littlewood-Paley sum")
        return canvas
    canvas, ((plane, curve),) = figure(10.4, 3.2, columns=2, width_ratios=(1, 1.1))
    canvas.set_layout_engine("constrained", w_pad=0.15)  # colour bars and legends need room
    shown = image(
        plane,
        _centred(total, ndim),
        extent=_frequency_extent(bank),
        origin="lower",
        vmin=min(0.0, lower),
        vmax=max(1.0, upper),
    )
    colour_bar(plane, shown, "sum")
    name_frequencies(plane, ndim)
    radius, smallest, largest = _radial_range(bank, total)
    curve.fill_between(radius, smallest, largest, color=COLOURS["measured"], alpha=0.25, lw=0)
    curve.plot(radius, largest, color=COLOURS["measured"], lw=1.6, label="largest on the circle")
    curve.plot(
        radius, smallest, color=COLOURS["measured"], lw=1.6, ls=":", label="smallest on the circle"
    )
    _bounds(curve, lower, upper)
    line_axes(curve, rf"$|\omega|$ ({_FREQUENCY})", "Littlewood-Paley sum")
    return canvas


def atoms(bank: FilterBank, count: int = 5) -> Figure:
    r"""A handful of atoms and the output atom $\chi$: in space above, their transforms below.

    In space each atom is moved to the centre of its energy, has a scale of its own and is cut to
    where 98 % of its energy is. 1-D: the real part; of complex atoms also the imaginary part and the
    modulus. 2-D: of complex atoms a row for each part; one window for all, so that sizes compare (the
    residual aside, which can be as long as the grid). 3-D: the plane of fixed $x_1$ that holds most
    energy, and the root mean square of $|\hat g(\omega)|$ over $\omega_1$.

    Args:
        bank: any bank of atoms that do not mix channels.
        count: how many atoms, spread evenly over the bank; the output atom is added.

    Returns:
        A figure.

    Raises:
        TypeError: for a `MatrixBank`, whose atoms are matrices.

    Source: utility.
    """
    check_scalar(bank, "atoms")
    total, ndim = len(bank), bank.grid.ndim
    chosen = [round(i) for i in np.linspace(0, total - 1, min(count, total))] if total else []
    rows = [*np.asarray(bank.atoms_hat)[chosen], np.asarray(bank.output_atom_hat)]
    labels = [*(bank.labels[i] for i in chosen), r"output atom $\chi$"]
    spatial = [_centred_atom(row) for row in rows]
    if bank.real:
        spatial = [np.real(atom) for atom in spatial]
    titles = [_PARAMETERS.sub("\n", label) for label in labels]
    if ndim == 1:
        return _line_atoms(bank, rows, spatial, titles)
    window = _energy_window([a for a, label in zip(spatial, labels) if label != RESIDUAL])
    return _plane_atoms(bank, rows, spatial, window, titles)


def _line_atoms(bank: FilterBank, rows, spatial, titles: list[str]) -> Figure:
    canvas, axes = figure(max(4.0, 1.72 * len(rows)), 3.6, rows=2, columns=len(rows))
    omega = np.fft.fftshift(bank.grid.frequencies()[0].ravel())
    for column, (row, atom, title) in enumerate(zip(rows, spatial, titles)):
        above, below = axes[:, column]
        above.set_title(title, fontsize=9)
        cut = _cut(atom, _energy_window([atom]))
        position = (np.arange(len(cut)) - len(cut) // 2) * bank.grid.spacing
        marker = "." if len(cut) <= _FEW_SAMPLES else ""
        if not bank.real:
            grey = COLOURS["neutral"]
            above.fill_between(position, -abs(cut), abs(cut), color=grey, alpha=0.2, lw=0)
            above.plot(
                position, np.imag(cut), color=COLOURS["bound"], lw=1.2, ls="--", marker=marker
            )
        above.plot(position, np.real(cut), color=COLOURS["measured"], lw=1.4, marker=marker)
        below.plot(omega, np.fft.fftshift(np.abs(row)), color=COLOURS["neutral"], lw=1.4)
        below.tick_params(labelleft=column == 0)
        for panel in (above, below):
            panel.locator_params(axis="x", nbins=3)
            panel.locator_params(axis="y", nbins=5)
    if not bank.real:
        handles = [
            Line2D([], [], color=COLOURS["measured"], lw=1.4, label="real part"),
            Line2D([], [], color=COLOURS["bound"], lw=1.2, ls="--", label="imaginary part"),
            Patch(color=COLOURS["neutral"], alpha=0.2, lw=0, label="modulus"),
        ]
        canvas.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    line_axes(axes[0, 0], "from the centre (units)", "atom")
    line_axes(axes[1, 0], r"$\omega$ (cycles per unit)", r"$|\hat g(\omega)|$")
    return canvas


def _plane_atoms(bank: FilterBank, rows, spatial, window: int, titles: list[str]) -> Figure:
    ndim, spacing = bank.grid.ndim, bank.grid.spacing
    parts = ["in space"] if bank.real else ["real part", "imaginary part"]
    canvas, axes = figure(
        max(4.0, 1.72 * len(rows)), 0.6 + 1.65 * (len(parts) + 1), len(parts) + 1, len(rows)
    )
    extent = _frequency_extent(bank)
    for column, (row, atom, title) in enumerate(zip(rows, spatial, titles)):
        axes[0, column].set_title(title, fontsize=9)
        cut = _cut(_loudest_plane(atom), window)
        y, x = (0.5 * n * spacing for n in cut.shape)
        limit = symmetric_limit(cut)
        for panel, part in zip(axes[:, column], (np.real(cut), np.imag(cut))[: len(parts)]):
            image(
                panel,
                part,
                signed=True,
                extent=(-x, x, -y, y),
                origin="lower",  # as below, so that an atom stands across its frequencies
                vmin=-limit,
                vmax=limit,
            )
            panel.locator_params(nbins=3)
        magnitude = np.fft.fftshift(np.abs(row))
        if ndim == 3:
            magnitude = np.sqrt(np.mean(magnitude**2, axis=0))
        below = axes[-1, column]
        image(below, magnitude, extent=extent, origin="lower", vmin=0)
        for axis in (below.xaxis, below.yaxis):
            ticks = (-0.25 / spacing, 0.0, 0.25 / spacing)
            axis.set_ticks(ticks, [f"{tick:.3g}" for tick in ticks])
        for panel in axes[:, column]:
            panel.tick_params(labelleft=column == 0)
    for panel, part in zip(axes[:, 0], parts):
        panel.set_ylabel(f"{part}\n$x_{ndim - 1}$ (units)")
    axes[len(parts) - 1, 0].set_xlabel(f"$x_{ndim}$ (units)")
    line_axes(
        axes[-1, 0],
        rf"$\omega_{ndim}$ (cycles/unit)",
        "in frequency\n" + rf"$\omega_{ndim - 1}$",
    )
    return canvas


def _centred_atom(atom_hat: np.ndarray) -> np.ndarray:
    """The atom in space, the centre of its energy in the middle of the array."""
    atom = np.fft.ifftn(atom_hat)
    centre = cyclic_centre(np.abs(atom) ** 2)
    shift = [n // 2 - round(c) for n, c in zip(atom.shape, centre)]
    return np.roll(atom, shift, axis=tuple(range(atom.ndim)))


def _loudest_plane(atom: np.ndarray) -> np.ndarray:
    """Of a 3-D atom the plane that holds most energy: an odd one vanishes in the middle."""
    if atom.ndim < 3:
        return atom
    return atom[int(np.argmax(np.sum(np.abs(atom) ** 2, axis=(1, 2))))]


def _cut(atom: np.ndarray, window: int) -> np.ndarray:
    """The samples at most `window` from the middle along each axis."""
    reaches = [min(window, n // 2, n - n // 2 - 1) for n in atom.shape]
    return atom[tuple(slice(n // 2 - r, n // 2 + r + 1) for n, r in zip(atom.shape, reaches))]


def _energy_window(spatial: list[np.ndarray]) -> int:
    """The reach around the middle, in samples, that holds most of the energy of every atom."""
    window = _SMALLEST_WINDOW
    for atom in spatial:
        steps = [np.abs(np.arange(n) - n // 2) for n in atom.shape]
        distance = np.max(np.meshgrid(*steps, indexing="ij"), axis=0)
        energy = np.bincount(distance.ravel(), weights=np.abs(atom.ravel()) ** 2).cumsum()
        if energy[-1] > 0:
            window = max(window, int(np.searchsorted(energy, _WINDOW_ENERGY * energy[-1])))
    return window


def _centred(values: np.ndarray, ndim: int) -> np.ndarray:
    """Frequency zero in the middle; of a 3-D array the slice through it."""
    return central_slice(np.fft.fftshift(values), ndim)


def _frequency_extent(bank: FilterBank) -> tuple[float, float, float, float]:
    """Left, right, bottom, top of the trailing two axes, so that bin centres sit at their omega."""
    edges = []
    for n, omega in list(zip(bank.grid.shape, bank.grid.frequencies()))[-2:]:
        line, half = np.sort(omega.ravel()), 0.5 / (n * bank.grid.spacing)
        edges.append((line[0] - half, line[-1] + half))
    return (*edges[1], *edges[0])


def _radial_range(bank: FilterBank, total: np.ndarray):
    """Smallest and largest value in rings one bin wide."""
    norm = bank.grid.frequency_norm()
    width = 1.0 / (min(bank.grid.shape) * bank.grid.spacing)
    ring = np.rint(norm / width).astype(int).ravel()
    smallest = np.full(ring.max() + 1, np.inf)
    largest = np.full(ring.max() + 1, -np.inf)
    np.minimum.at(smallest, ring, total.ravel())
    np.maximum.at(largest, ring, total.ravel())
    kept = np.isfinite(smallest)
    return np.arange(len(smallest))[kept] * width, smallest[kept], largest[kept]


def _bounds(axes, lower: float, upper: float) -> None:
    """The frame bounds as lines; the axis starts at zero so that their ratio is seen."""
    axes.axhline(
        upper, color=COLOURS["upper"], lw=1.4, ls="--", label=f"upper bound B = {upper:.4g}"
    )
    axes.axhline(
        lower, color=COLOURS["neutral"], lw=1.4, ls="--", label=f"lower bound A = {lower:.4g}"
    )
    axes.set_ylim(0, 1.12 * max(upper, 1e-12))
    legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
