"""A figure of how far the atoms of a bank reach in space."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wiatowski.frames.filter_bank import FilterBank
from wiatowski.plot.canvas import COLOURS, check_scalar, figure, legend, line_axes
from wiatowski.plot.centres import cyclic_centre, cyclic_distance
from wiatowski.plot.scales import RESIDUAL, by_scale, readable, shades

__all__ = ["support_envelope"]

_OUTPUT = "output atom"
_ENERGY = 0.99
_FLOOR = 1e-8


class _Staircase(NamedTuple):
    """Falling steps: `height` holds up to and with `distance`.

    `finite` says that nothing but rounding lies beyond the last one; `radius` holds most energy.
    """

    distance: np.ndarray
    height: np.ndarray
    finite: bool
    radius: float


def support_envelope(bank: FilterBank) -> Figure:
    r"""How far the atoms reach in space: the envelope of their supports.

    For each scale and distance r the largest $|g_\lambda(x)|$ at $|x - x_\lambda| \ge r$ relative to the
    atom's peak, over all atoms of the scale; $x_\lambda$ is the centre of the atom's energy, and distances
    are cyclic. A dot marks the radius that holds 99 % of the energy of each of them. Finite filters
    end, where the curve drops; spectra with an edge, as at the Nyquist frequency, level off.

    Args:
        bank: any bank of atoms that do not mix channels.

    Returns:
        A figure.

    Raises:
        TypeError: for a `MatrixBank`, whose atoms are matrices.

    Source: utility.

    >>> import wiatowski as wi
    >>> figure = wi.plot.support_envelope(wi.frames.Haar(scales=3).on(wi.Grid((64,))))
    >>> figure.axes[0].get_xlabel()
    "distance from the atom's centre (units)"
    """
    check_scalar(bank, "support_envelope")
    groups = by_scale(bank)
    members: dict[str, list[np.ndarray]] = {group: [] for group in groups if group != RESIDUAL}
    members |= {_OUTPUT: [np.asarray(bank.output_atom_hat)], RESIDUAL: []}
    for group, atom_hat in zip(groups, np.asarray(bank.atoms_hat)):
        members[group].append(atom_hat)
    # What the transform's rounding leaves is no support.
    noise = max(_FLOOR, 10 * float(np.finfo(bank.dtype).eps))
    # From there on only some corners and the far side of the circle are left.
    far = max(0.5 * max(bank.grid.shape) - 1, 0.5)
    colours = shades(groups)
    canvas, ((axes,),) = figure(6.4, 3.4)
    lowest = 1.0
    for group, atoms_hat in members.items():
        steps = _staircase(atoms_hat, noise)
        if steps is not None:
            colour = colours.get(group, COLOURS["neutral"])
            lowest = min(lowest, _draw(axes, steps, far, noise, bank.grid.spacing, group, colour))
    axes.set_yscale("log")
    axes.set_ylim(max(noise, min(0.2 * lowest, 0.01)), 2.0)
    line_axes(
        axes,
        "distance from the atom's centre (units)",
        "largest modulus beyond,\nrelative to the peak",
    )
    if axes.get_lines():
        axes.plot([], [], "o", color=COLOURS["neutral"], ms=5, label=f"{_ENERGY:.0%} of the energy")
        legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return canvas


def _draw(
    axes: Axes,
    steps: _Staircase,
    far: float,
    noise: float,
    spacing: float,
    group: str,
    colour,
) -> float:
    """One curve and its dot; the lowest height drawn."""
    kept = steps.distance < far
    distance, height = steps.distance[kept], steps.height[kept]
    lowest = float(height[-1])
    if not kept.all():
        distance, height = np.append(distance, far), np.append(height, steps.height[len(height)])
    elif steps.finite:
        distance, height = np.append(distance, distance[-1]), np.append(height, noise / 10)
    axes.step(
        spacing * distance,
        height,
        color=colour,
        ls="--" if group == RESIDUAL else "-",
        lw=1.5,
        label=readable(group),
    )
    level = steps.height[np.searchsorted(steps.distance, steps.radius)]
    axes.plot([spacing * steps.radius], [level], "o", color=colour, ms=5)
    return lowest


def _staircase(atoms_hat: list[np.ndarray], noise: float) -> _Staircase | None:
    """Of several atoms together, in samples; nothing where all of them are zero."""
    distances, moduli, radius = [], [], 0.0
    for atom_hat in atoms_hat:
        modulus = np.abs(np.fft.ifftn(atom_hat))
        peak = float(modulus.max())
        if peak > 0:
            distance = cyclic_distance(modulus.shape, cyclic_centre(modulus**2)).ravel()
            modulus = modulus.ravel() / peak
            order = np.argsort(distance)
            energy = np.cumsum(modulus[order] ** 2)
            outermost = np.searchsorted(energy, _ENERGY * energy[-1])
            radius = max(radius, float(distance[order[outermost]]))
            distances.append(distance)
            moduli.append(modulus)
    if not distances:
        return None
    distance, modulus = np.concatenate(distances), np.concatenate(moduli)
    order = np.argsort(distance)
    distance, modulus = distance[order], modulus[order]
    beyond = np.maximum.accumulate(modulus[::-1])[::-1]
    # The far end of each step, and the peak at the start.
    ends = np.flatnonzero((beyond > np.append(beyond[1:], 0)) & (beyond > noise))
    return _Staircase(
        np.concatenate([[0.0], distance[ends]]),
        np.concatenate([[1.0], beyond[ends]]),
        bool(ends[-1] < len(distance) - 1),
        radius,
    )
