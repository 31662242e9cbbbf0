"""Parts of an extractor as plain tables, and back: what a TOML text and a file have in common."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Collection, Mapping
from typing import Any

from wiatowski import frames, nonlinearities, poolings
from wiatowski._description import describe, has_text_form, parameters
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.frame import Frame
from wiatowski.grid import Grid
from wiatowski.nonlinearities import AbstractNonlinearity, Pointwise
from wiatowski.paths import trees_of_paths
from wiatowski.poolings import AbstractPooling

__all__ = [
    "FRAMES",
    "NONLINEARITIES",
    "POOLINGS",
    "ROLES",
    "check_extractor",
    "check_keys",
    "described",
    "grid_table",
    "has_name",
    "member_from",
    "paths_entry",
]


def _members(module, base: type) -> dict[str, type]:
    """The concrete members of a catalogue, by class name."""
    return {
        name: member
        for name, member in vars(module).items()
        if inspect.isclass(member) and issubclass(member, base) and not inspect.isabstract(member)
        if member is not base
    }


FRAMES = _members(frames, Frame)
NONLINEARITIES = _members(nonlinearities, AbstractNonlinearity)
POOLINGS = _members(poolings, AbstractPooling)
ROLES = {"frame": FRAMES, "nonlinearity": NONLINEARITIES, "pooling": POOLINGS}
# Parts of frames that are members themselves: the parameter has the name of the role.
_CATALOGUES = {
    **ROLES,
    "ladder": _members(frames, frames.AbstractLadder),
    "window": _members(frames, frames.AbstractWindow),
}
_PARTS = set(_CATALOGUES) - set(ROLES) | {"frame"}
# These hold arrays or functions: they are saved, but have no text form.
_UNNAMED = {
    "FiniteFilters",
    "Ladder",
    "LearnedFilters",
    "LearnedMatrixFilters",
    "MatrixFilters",
    "Pointwise",
    "Window",
}


def check_extractor(call: str, phi, others: str = "") -> None:
    """Raise for what is no extractor, or none of what else the call takes."""
    if not isinstance(phi, FeatureExtractor):
        raise TypeError(
            f"{call}: phi must be a FeatureExtractor{others}, not a {type(phi).__name__}; of a scattering "
            "transform S write S.network."
        )


def has_name(member) -> bool:
    """Whether a table holds all of the member; `None` is no member."""
    return member is not None and has_text_form(member, _UNNAMED)


def described(member) -> dict[str, Any]:
    """A member as a table; a user's function by its name."""
    if isinstance(member, Pointwise):
        return {"name": "Pointwise", "function": member.name}
    return describe(member)


def grid_table(grid: Grid) -> dict[str, Any]:
    """A grid as a table."""
    return {"shape": list(grid.shape), "spacing": grid.spacing}


def paths_entry(phi: FeatureExtractor) -> str | list[list[str]]:
    """The paths that are followed: a rule, or the labels of each that is no beginning of another.

    Trained filters may not obey the rule any more by which their paths were found: then they are listed.
    """
    if phi.paths != "chosen" and trees_of_paths(phi.layers, phi.paths)[0] == phi.trees:
        return phi.paths
    rows = phi.rows or ()
    beginnings = [{path[:-1] for path in below} for below in (*rows[1:], ())]
    return [
        [layer.labels[i] for layer, i in zip(phi.layers, path)]
        for own, begun in zip(rows, beginnings, strict=True)
        for path in own
        if path not in begun
    ]


def member_from(role: str, entry, where: str):
    """A member from its name or table; unknown names and keys are refused with the nearest one."""
    entry = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise ValueError(
            f'from_toml: the {role} of {where} must be a name or a table {{ name = "...", ... }}, '
            f"not {entry!r}."
        )
    catalogue = {k: v for k, v in _CATALOGUES[role].items() if k not in _UNNAMED}
    name = entry["name"]
    if name in _UNNAMED:
        raise ValueError(
            f"from_toml: {where} asks for the {role} {name}, which holds arrays or a function and "
            "has no text form; build the extractor in Python and keep it with wiatowski.save."
        )
    if name not in catalogue:
        raise ValueError(
            f"from_toml: {where} asks for the {role} {name!r}, which does not exist; "
            f"{_nearest(name, catalogue)}."
        )
    member, arguments = catalogue[name], {k: v for k, v in entry.items() if k != "name"}
    known = parameters(member)
    check_keys(arguments, set(known), f"{name} in {where}")
    missing = [k for k, p in known.items() if p.default is p.empty and k not in arguments]
    if missing:
        raise ValueError(
            f"from_toml: {name} in {where} needs {' and '.join(missing)}; write "
            f'{{ name = "{name}", {", ".join(f"{k} = ..." for k in missing)} }}.'
        )
    for part in _PARTS & set(arguments):
        arguments[part] = member_from(part, arguments[part], f"{name} in {where}")
    try:
        return member(**arguments)
    except ValueError as error:
        raise ValueError(f"from_toml, {where}: {error}") from None
    except (TypeError, OverflowError) as error:
        given = ", ".join(f"{k} = {v!r:.40}" for k, v in arguments.items())
        raise ValueError(
            f"from_toml, {where}: {name} cannot be built with {given}: {error}; give plain numbers."
        ) from None


def check_keys(table: Mapping, known: Collection[str], where: str) -> None:
    """Raise for a key that is not known, naming the nearest one."""
    for key in table:
        if key not in known:
            raise ValueError(f"from_toml: unknown key {key!r} in {where}; {_nearest(key, known)}.")


def _nearest(word: str, known: Collection[str]) -> str:
    folded = {k.lower(): k for k in sorted(known)}
    close = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.5)
    if close:
        return f"did you mean {folded[close[0]]!r}?  Known: {', '.join(sorted(known))}"
    return f"known: {', '.join(sorted(known)) or 'none'}"
