"""A figure of where the atoms of a bank live in frequency."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wiatowski.frames.filter_bank import FilterBank
from wiatowski.plot.canvas import (
    COLOURS,
    central_slice,
    check_scalar,
    figure,
    line_axes,
    name_frequencies,
)
from wiatowski.plot.scales import RESIDUAL, each_or_by_scale, legend_beside, shades

__all__ = ["frequency_tiling"]

# Below this share of the loudest atom there is nothing to outline but rounding.
_SILENT = 1e-6


def frequency_tiling(bank: FilterBank) -> Figure:
    r"""Where each atom lives in frequency.

    1-D: $|\hat g_\lambda|^2$ of every atom and of the output atom, under their sum. 2-D (and 3-D: the slice
    $\omega_1 = 0$): the regions where $|\hat g_\lambda|$ exceeds half of its peak, one colour per scale, or per
    atom where there are no scales; the output atom and the residual are outlines.

    Args:
        bank: any bank of atoms that do not mix channels.

    Returns:
        A figure.

    Raises:
        TypeError: for a `MatrixBank`, whose atoms are matrices: see `singular_values`.

    Source: utility.

    >>> import wiatowski as wi
    >>> bank = wi.frames.Curvelets(scales=2).on(wi.Grid((32, 48)))
    >>> wi.plot.frequency_tiling(bank).axes[0].get_xlabel()
    '$\\omega_2$ (cycles per unit)'
    """
    check_scalar(bank, "frequency_tiling")
    groups = each_or_by_scale(bank)
    colours = shades(groups)
    if bank.grid.ndim == 1:
        return _line_tiling(bank, groups, colours)
    canvas, ((axes,),) = figure(5.8, 4.0, layout="compressed")
    axes.grid(False)
    axes.set_aspect("equal")
    omega = [_once_more(w, bank.grid.spacing) for w in bank.grid.frequencies()][-2:]
    atoms, output = np.abs(np.asarray(bank.atoms_hat)), np.abs(np.asarray(bank.output_atom_hat))
    silent = _SILENT * max(float(atoms.max(initial=0.0)), float(output.max()))
    outlines = [(output, "-")]
    for group, atom in zip(groups, atoms):
        if group == RESIDUAL:
            outlines.append((atom, "--"))
        else:
            _region(axes, omega, _on_slice(bank, atom), silent, colours[group])
    for atom, style in outlines:
        _outline(axes, omega, _on_slice(bank, atom), silent, COLOURS["neutral"], style)
    nyquist = 0.5 / bank.grid.spacing
    axes.set_xlim(-nyquist, nyquist)
    axes.set_ylim(-nyquist, nyquist)
    name_frequencies(axes, bank.grid.ndim)
    legend_beside(axes, colours, residual=RESIDUAL in groups, total=False)
    return canvas


def _line_tiling(bank: FilterBank, groups: list[str], colours: dict[str, tuple]) -> Figure:
    canvas, ((axes,),) = figure(6.4, 3.4)
    omega = np.fft.fftshift(bank.grid.frequencies()[0].ravel())
    grey = COLOURS["neutral"]
    for group, atom in zip(groups, np.asarray(bank.atoms_hat)):
        squares = np.fft.fftshift(np.abs(atom) ** 2)
        colour, style = (grey, "--") if group == RESIDUAL else (colours[group], "-")
        axes.plot(omega, squares, color=colour, ls=style, lw=1.2)
    output = np.fft.fftshift(np.abs(np.asarray(bank.output_atom_hat)) ** 2)
    axes.plot(omega, output, color=grey, lw=1.6)
    total = np.fft.fftshift(np.asarray(bank.littlewood_paley(), dtype=float))
    axes.plot(omega, total, color=COLOURS["bound"], lw=1.8)
    axes.set_ylim(0, 1.12 * float(total.max()) or 1.0)
    line_axes(axes, r"frequency $\omega$ (cycles per unit length)", r"$|\hat g(\omega)|^2$")
    legend_beside(axes, colours, residual=RESIDUAL in groups, total=True)
    return canvas


def _region(axes: Axes, omega, magnitude: np.ndarray, silent: float, colour) -> None:
    """Where a magnitude exceeds half of its peak, filled and outlined."""
    peak = float(magnitude.max())
    if peak <= silent:
        return
    y, x = omega
    if float(magnitude.min()) >= 0.5 * peak:  # everywhere: no contour would show it
        axes.axvspan(x[0], x[-1], color=colour, alpha=0.3, lw=0)
        return
    axes.contourf(x, y, magnitude, levels=[0.5 * peak, 1.01 * peak], colors=[colour], alpha=0.3)
    _outline(axes, omega, magnitude, silent, colour, "-")


def _outline(axes: Axes, omega, magnitude: np.ndarray, silent: float, colour, style: str) -> None:
    peak = float(magnitude.max())
    if peak <= silent or float(magnitude.min()) >= 0.5 * peak:
        return
    y, x = omega
    axes.contour(
        x, y, magnitude, levels=[0.5 * peak], colors=[colour], linewidths=1.0, linestyles=style
    )


def _on_slice(bank: FilterBank, magnitude: np.ndarray) -> np.ndarray:
    """One period with frequency zero in the middle, and a sample more on either side."""
    plane = central_slice(np.fft.fftshift(magnitude), bank.grid.ndim)
    return np.pad(plane, 1, mode="wrap")


def _once_more(omega: np.ndarray, spacing: float) -> np.ndarray:
    """The frequencies of such a period along one axis."""
    line = np.fft.fftshift(omega.ravel())
    step = 1.0 / (len(line) * spacing)
    return np.concatenate([[line[0] - step], line, [line[-1] + step]])
