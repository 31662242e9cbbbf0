"""Figures of a filter bank: its Littlewood-Paley sum, its atoms in space and in frequency."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

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
    symmetric_limit,
)

__all__ = ["atoms", "littlewood_paley"]

_FREQUENCY = "cycles per unit length"


def littlewood_paley(bank: FilterBank, real: bool = False) -> Figure:
    r"""The sum $\sum_\lambda|\hat g_\lambda|^2 + |\hat\chi|^2$ over frequency, with its bounds.

    In 2-D (and 3-D: the central slice) an image, and beside it the smallest and largest value on
    each circle $|\omega|$ = const; in 1-D a curve.

    Args:
        bank: any bank.
        real: the symmetrised sum, for real input.

    Returns:
        A figure.

    Source: utility.
    """
    check_scalar(bank, "littlewood_paley")
    total = np.asarray(bank.littlewood_paley(real), dtype=float)
    lower, upper = float(total.min()), float(total.max())
    ndim = bank.grid.ndim
    if ndim == 1:
        canvas, ((curve,),) = figure(8.6, 2.9)
        omega = np.fft.fftshift(bank.grid.frequencies()[0].ravel())
        curve.plot(omega, np.fft.fftshift(total), color=COLOURS["measured"], lw=1.6)
        _bounds(curve, lower, upper)
        line_axes(curve, rf"frequency $\omega$ ({_FREQUENCY})", "Littlewood-Paley sum")
        return canvas
    canvas, ((plane, curve),) = figure(10.4, 3.2, columns=2, width_ratios=(1, 1.1))
    shown = image(
        plane,
        _centred(total, ndim),
        extent=_frequency_extent(bank),
        origin="lower",
        vmin=min(0.0, lower),
        vmax=max(1.0, upper),
    )
    colour_bar(plane, shown, "Littlewood-Paley sum")
    line_axes(plane, r"$\omega_2$ (cycles per unit)", r"$\omega_1$ (cycles per unit)")
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

    Spatial atoms (real part) are centred and cut to the window that holds their energy; each
    has its own scale. Complex atoms show the real part.

    Args:
        bank: any bank.
        count: how many atoms, spread evenly over the bank; the output atom is added.

    Returns:
        A figure.

    Source: utility.
    """
    check_scalar(bank, "atoms")
    rows = np.concatenate([np.asarray(bank.atoms_hat), np.asarray(bank.output_atom_hat)[None]])
    labels = [*bank.labels, r"output atom $\chi$"]
    total = len(labels) - 1
    chosen = [round(i) for i in np.linspace(0, total - 1, min(count, total))] if total else []
    chosen = [*dict.fromkeys(chosen), total]
    ndim = bank.grid.ndim
    spatial_axes = tuple(range(-ndim, 0))
    spatial = np.fft.fftshift(np.fft.ifftn(rows[chosen], axes=spatial_axes), axes=spatial_axes)
    window = _energy_window(spatial, ndim)
    canvas, axes = figure(
        max(4.0, 1.72 * len(chosen)), 3.9 if ndim > 1 else 3.6, rows=2, columns=len(chosen)
    )
    for column, index in enumerate(chosen):
        above, below = axes[:, column]
        title = labels[index].replace(",", "\n") if index < total else labels[index]
        above.set_title(title, fontsize=9)
        _draw_atom(above, spatial[column].real, window, bank)
        magnitude = np.abs(rows[index])
        if ndim == 1:
            omega = np.fft.fftshift(bank.grid.frequencies()[0].ravel())
            below.plot(omega, np.fft.fftshift(magnitude), color=COLOURS["bound"], lw=1.4)
        else:
            extent = _frequency_extent(bank)
            image(below, _centred(magnitude, ndim), extent=extent, origin="lower", vmin=0)
        if column:
            below.tick_params(labelleft=False)
            above.tick_params(labelleft=ndim == 1)
    if ndim == 1:
        line_axes(axes[0, 0], "position (units)", "atom (real part)")
        line_axes(axes[1, 0], r"$\omega$ (cycles per unit)", r"$|\hat g(\omega)|$")
    else:
        line_axes(axes[0, 0], r"$x_2$ (units)", "in space\n$x_1$ (units)")
        line_axes(axes[1, 0], r"$\omega_2$ (cycles/unit)", "in frequency\n" + r"$\omega_1$")
    return canvas


def _draw_atom(axes, values: np.ndarray, window: int, bank: FilterBank) -> None:
    ndim, spacing = bank.grid.ndim, bank.grid.spacing
    values = central_slice(values, ndim)
    middle = [n // 2 for n in values.shape]
    reach = [min(window, m, n - m - 1) for m, n in zip(middle, values.shape)]
    cut = values[tuple(slice(m - r, m + r + 1) for m, r in zip(middle, reach))]
    if ndim == 1:
        position = np.arange(-reach[0], reach[0] + 1) * spacing
        axes.plot(position, cut, color=COLOURS["measured"], lw=1.4)
        return
    y, x = (reach[-2] + 0.5) * spacing, (reach[-1] + 0.5) * spacing
    limit = symmetric_limit(cut)
    image(axes, cut, signed=True, extent=(-x, x, y, -y), vmin=-limit, vmax=limit)


def _energy_window(spatial: np.ndarray, ndim: int) -> int:
    """The reach around the centre, in samples, that holds 95 % of the energy of every atom."""
    shape = spatial.shape[-ndim:]
    distance = np.max(
        np.meshgrid(*(np.abs(np.arange(n) - n // 2) for n in shape), indexing="ij"), axis=0
    )
    reach = 4
    for atom in spatial:
        energy = np.bincount(distance.ravel(), weights=np.abs(atom.ravel()) ** 2)
        if energy.sum() > 0:
            reach = max(reach, int(np.searchsorted(energy.cumsum(), 0.95 * energy.sum())))
    return reach


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
