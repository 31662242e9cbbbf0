"""Figures of where a bank's atoms live: in frequency, and how far they reach in space."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.matrix_bank import MatrixBank
from wiatowski.plot.canvas import COLOURS, central_slice, check_scalar, figure, legend, line_axes

__all__ = ["frequency_tiling", "singular_values", "support_envelope"]

_MOST_IN_LEGEND = 6


def frequency_tiling(bank: FilterBank) -> Figure:
    r"""Where each atom lives in frequency.

    1-D: $|\hat g_\lambda|^2$ of every atom and of the output atom, under their sum. 2-D (and 3-D: the slice
    $\omega_1 = 0$): the regions where $|\hat g_\lambda|$ exceeds half of its peak, one colour per scale; the
    output atom and the residual are drawn as outlines.

    Args:
        bank: any bank of atoms that do not mix channels.

    Returns:
        A figure.

    Raises:
        TypeError: for a `MatrixBank`, whose atoms are matrices: see `singular_values`.

    Source: utility.
    """
    check_scalar(bank, "frequency_tiling")
    groups = _groups(bank)
    shades = _shades(groups)
    if bank.grid.ndim == 1:
        return _line_tiling(bank, groups, shades)
    canvas, ((axes,),) = figure(5.8, 4.0, layout="compressed")
    axes.grid(False)
    axes.set_aspect("equal")
    omega = [np.fft.fftshift(w.ravel()) for w in bank.grid.frequencies()][-2:]
    rows = (bank.output_atom_hat, bank.atoms_hat)
    loudest = max((float(np.max(np.abs(a))) for a in rows if a.size), default=0.0) or 1.0
    for row, group in enumerate(groups):
        if group != "residual":
            magnitude = _magnitude(bank, bank.atoms_hat[row])
            _region(axes, omega, magnitude, loudest, shades[group])
    for group, row in (("residual", _last(groups, "residual")), ("output", None)):
        atom = bank.output_atom_hat if row is None else bank.atoms_hat[row]
        if group == "output" or row is not None:
            style = "--" if group == "residual" else "-"
            magnitude = _magnitude(bank, atom)
            _region(axes, omega, magnitude, loudest, COLOURS["neutral"], style, fill=False)
    axes.set_xlim(omega[1][0], omega[1][-1])
    axes.set_ylim(omega[0][0], omega[0][-1])
    first = bank.grid.ndim - 1
    line_axes(
        axes, rf"$\omega_{first + 1}$ (cycles per unit)", rf"$\omega_{first}$ (cycles per unit)"
    )
    _name_groups(axes, groups, shades, "-" if "residual" not in groups else "both")
    return canvas


def support_envelope(bank: FilterBank) -> Figure:
    r"""How far atoms reach in space: the envelope of their moduli.

    For each scale and distance r the largest $|g_\lambda(x)|$ at $|x - x_\lambda| \ge r$, relative to the
    atom's peak at $x_\lambda$ and maximised over the scale's atoms. Distances are cyclic. Finite
    filters end; smooth windows fall faster than any power, cut ones like a power of 1 / r.

    Args:
        bank: any bank of atoms that do not mix channels.

    Returns:
        A figure.

    Raises:
        TypeError: for a `MatrixBank`, whose atoms are matrices.

    Source: utility.
    """
    check_scalar(bank, "support_envelope")
    groups = _groups(bank)
    shades = _shades(groups)
    canvas, ((axes,),) = figure(6.4, 3.4)
    rows = [("output atom", np.asarray(bank.output_atom_hat))]
    rows += list(zip(groups, np.asarray(bank.atoms_hat)))
    floor = max(1e-8, 10 * float(np.finfo(bank.dtype).eps))
    curves: dict[str, np.ndarray] = {}
    for group, atom in rows:
        own = _envelope(atom)
        if own is not None:
            curves[group] = np.maximum(curves.get(group, 0.0), own)
    for group, curve in curves.items():
        distance = np.arange(len(curve)) * bank.grid.spacing
        shown = curve > floor
        colour, style = shades.get(group, COLOURS["neutral"]), "-"
        if group in ("residual", "output atom"):
            colour, style = COLOURS["neutral"], "--" if group == "residual" else "-"
        axes.semilogy(
            distance[shown], curve[shown], color=colour, ls=style, lw=1.5, label=_label(group)
        )
    line_axes(
        axes, "distance from the peak (units)", "largest modulus beyond,\nrelative to the peak"
    )
    if curves:
        axes.set_ylim(bottom=floor)
        legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return canvas


def singular_values(bank: MatrixBank) -> Figure:
    r"""Singular values of a convolution layer over the classes of frequencies, largest first.

    Their squares lie between the frame bounds A and B, output atom included.

    Args:
        bank: a matrix-valued bank.

    Returns:
        A figure: 1-D a curve per singular value, else their range on each ring $|\omega|$ = const.

    Raises:
        TypeError: for a bank of scalar atoms, see `littlewood_paley`.

    Source: utility.
    """
    if not isinstance(bank, MatrixBank):
        raise TypeError(
            f"plot.singular_values: expected a MatrixBank, not {type(bank).__name__}; see "
            "plot.littlewood_paley."
        )
    values = np.asarray(bank.singular_values())
    count = values.shape[-1]
    coarse = bank.maps_grid
    norm = coarse.frequency_norm().ravel()
    canvas, ((axes,),) = figure(6.4, 3.2)
    width = 1.0 / (min(coarse.shape) * coarse.spacing)
    ring = np.rint(norm / width).astype(int)
    colours = colormaps["viridis"](np.linspace(0, 0.9, count))
    for i, colour in enumerate(colours):
        flat = values[..., i].ravel()
        ends = np.array(
            [(r * width, flat[ring == r].min(), flat[ring == r].max()) for r in np.unique(ring)]
        )
        axes.fill_between(ends[:, 0], ends[:, 1], ends[:, 2], color=colour, alpha=0.35, lw=0)
        named = i in (0, count - 1)
        label = ("largest" if i == 0 else "smallest") if named else None
        axes.plot(ends[:, 0], ends[:, 2], color=colour, lw=1.4, label=label)
    axes.set_ylim(bottom=0)
    line_axes(axes, r"$|\omega|$ (cycles per unit length)", "singular value")
    legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0), title="singular value")
    return canvas


def _line_tiling(bank: FilterBank, groups: list[str], shades) -> Figure:
    canvas, ((axes,),) = figure(6.8, 3.0)
    omega = np.fft.fftshift(bank.grid.frequencies()[0].ravel())
    for group, atom in zip(groups, np.asarray(bank.atoms_hat)):
        style = "--" if group == "residual" else "-"
        colour = COLOURS["neutral"] if group == "residual" else shades[group]
        squares = np.fft.fftshift(np.abs(atom) ** 2)
        axes.plot(omega, squares, color=colour, ls=style, lw=1.2)
    output = np.fft.fftshift(np.abs(np.asarray(bank.output_atom_hat)) ** 2)
    axes.plot(omega, output, color=COLOURS["neutral"], lw=1.6)
    total = np.fft.fftshift(np.asarray(bank.littlewood_paley(), dtype=float))
    axes.plot(omega, total, color=COLOURS["bound"], lw=1.8, label="sum")
    axes.set_ylim(0, 1.12 * max(float(total.max()), 1e-12))
    line_axes(axes, r"frequency $\omega$ (cycles per unit length)", r"$|\hat g(\omega)|^2$")
    _name_groups(axes, groups, shades, "both" if "residual" in groups else "-", sums=True)
    return canvas


def _groups(bank: FilterBank) -> list[str]:
    """The scale of each atom, by its label; atoms without a scale form one group."""
    heads = [label.split(",")[0] for label in bank.labels]
    return [h if h.startswith("scale") or h == "residual" else "atoms" for h in heads]


def _shades(groups: list[str]) -> dict[str, tuple]:
    """One colour per scale, dark for the first."""
    names = [group for group in dict.fromkeys(groups) if group != "residual"]
    tones = colormaps["viridis"](np.linspace(0.0, 0.85, max(len(names), 1)))
    return {name: tuple(tone) for name, tone in zip(names, tones)}


def _label(group: str) -> str:
    return group.replace("=", " ")


def _name_groups(axes, groups: list[str], shades, outlines: str, sums: bool = False) -> None:
    handles = [Line2D([], [], color=c, lw=3, label=_label(g)) for g, c in shades.items()]
    if len(handles) > _MOST_IN_LEGEND:
        handles = [handles[0], handles[-1]]
    handles.append(Line2D([], [], color=COLOURS["neutral"], lw=1.5, label="output atom"))
    if outlines == "both":
        handles.append(Line2D([], [], color=COLOURS["neutral"], lw=1.5, ls="--", label="residual"))
    if sums:
        handles.append(Line2D([], [], color=COLOURS["bound"], lw=1.8, label="sum"))
    legend(axes, handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _region(
    axes, omega, magnitude: np.ndarray, loudest: float, colour, style: str = "-", fill: bool = True
) -> None:
    """Where a magnitude exceeds half of its peak; nothing for an atom that vanishes on the slice."""
    peak = float(magnitude.max())
    if peak <= 1e-6 * loudest:
        return
    y, x = omega
    if float(magnitude.min()) >= 0.5 * peak:  # everywhere: no contour would show it
        if fill:
            axes.axvspan(x[0], x[-1], color=colour, alpha=0.3, lw=0)
        return
    if fill:
        axes.contourf(x, y, magnitude, levels=[0.5 * peak, 1.01 * peak], colors=[colour], alpha=0.3)
    axes.contour(
        x, y, magnitude, levels=[0.5 * peak], colors=[colour], linewidths=1.0, linestyles=style
    )


def _magnitude(bank: FilterBank, atom) -> np.ndarray:
    return central_slice(np.fft.fftshift(np.abs(np.asarray(atom))), bank.grid.ndim)


def _envelope(atom_hat: np.ndarray) -> np.ndarray | None:
    """Largest modulus at and beyond each whole distance from the peak, relative to it."""
    modulus = np.abs(np.fft.ifftn(atom_hat))
    peak = float(modulus.max())
    if peak == 0:
        return None
    centre = np.unravel_index(int(modulus.argmax()), modulus.shape)
    squares = np.zeros(())
    for axis, (n, c) in enumerate(zip(modulus.shape, centre)):
        steps = np.abs(np.arange(n) - c)
        steps = np.minimum(steps, n - steps).astype(float) ** 2
        squares = squares + steps.reshape([-1 if a == axis else 1 for a in range(modulus.ndim)])
    distance = np.rint(np.sqrt(squares)).astype(int).ravel()
    largest = np.zeros(min(modulus.shape) // 2 + 1)
    inside = distance < len(largest)
    np.maximum.at(largest, distance[inside], modulus.ravel()[inside])
    far = float(modulus.ravel()[~inside].max(initial=0.0))
    largest[-1] = max(largest[-1], far)
    return np.maximum.accumulate(largest[::-1])[::-1] / peak


def _last(groups: list[str], name: str) -> int | None:
    return len(groups) - 1 - groups[::-1].index(name) if name in groups else None
