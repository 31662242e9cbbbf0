"""What a frame does with the frequencies next to half a cycle per unit length."""

from __future__ import annotations

import enum

__all__ = ["Nyquist"]


class Nyquist(enum.StrEnum):
    """Who covers the frequencies at and above half a cycle per unit length.

    - `RESIDUAL`: the finest band vanishes at half a cycle; one atom without direction covers the
      rest. Atoms are smooth in frequency and real on every grid.
    - `FILL`: the finest band runs up to the highest frequency of the grid, and is cut there. One
      atom fewer, but finest atoms decay slower in space; directional ones are averaged with
      their mirror images on Nyquist bins to stay real.
    - `ISOTROPIC`: the finest scale is one atom without direction that covers all the rest.

    Written in TOML, and accepted everywhere, as "residual", "fill", "isotropic".

    Source: utility; the trade-off is measured in `paper_notes.md`, frames.
    """

    RESIDUAL = "residual"
    FILL = "fill"
    ISOTROPIC = "isotropic"


def checked_nyquist(name: str, value, allowed: tuple[Nyquist, ...] = tuple(Nyquist)) -> Nyquist:
    """The policy that a text or member names; raises where the family has no such policy."""
    for policy in allowed:
        if policy == value:
            return policy
    known = ", ".join(f'"{p}"' for p in allowed)
    raise ValueError(f"{name}: nyquist must be one of {known}, not {str(value)!r}.")
