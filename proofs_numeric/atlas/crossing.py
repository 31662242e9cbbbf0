"""Tables of claims x frames x nonlinearities x poolings, and of claims x mixed extractors."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

from proofs_numeric.atlas.cells import Cell, cell, largest
from proofs_numeric.atlas.subjects import by_subject

__all__ = ["Table", "Whole", "in_words", "margins", "mixed", "wholes"]

Entry = dict[str, Any]


class Table(NamedTuple):
    """Claims in rows, under their subjects; each column is a name with a remark."""

    title: str
    columns: Sequence[tuple[str, str]]
    groups: Sequence[tuple[str, Sequence[tuple[Entry, Sequence[Cell]]]]]


class Whole(NamedTuple):
    """All combinations of one claim: frames in rows, poolings within nonlinearities in columns."""

    claim: Entry
    applies: int
    tight: int
    fails: int
    rows: Sequence[tuple[str, str, Sequence[Cell]]]


def margins(crossed: Entry, claims: Sequence[Entry]) -> list[Table]:
    """One table per factor; each cell the largest over the two other factors."""
    names = _names(crossed)
    grids = [" × ".join(map(str, frame["grid"])) for frame in crossed["frames"]]
    remarks = (grids, [""] * len(names[1]), [""] * len(names[2]))
    titles = ("Frames", "Nonlinearities", "Poolings")
    tables = []
    for axis, title in enumerate(titles):

        def places(own: Entry, member: str, axis: int = axis) -> list[Entry]:
            chosen = [[member] if i == axis else names[i] for i in range(3)]
            keys = map("|".join, itertools.product(*chosen))
            return [own[key] for key in keys if key in own]

        groups = _groups(crossed, claims, names[axis], places, 3)
        tables.append(Table(title, list(zip(names[axis], remarks[axis])), groups))
    return tables


def mixed(crossed: Entry, claims: Sequence[Entry]) -> Table | None:
    """Claims x extractors whose layers differ; columns are numbered, names are remarks."""
    names = list(crossed["mixed"])
    if not names:
        return None
    columns = [(str(number), name) for number, name in enumerate(names, 1)]
    groups = _groups(
        crossed, claims, names, lambda own, name: [own[name]] if name in own else [], 2
    )
    return Table("Mixed extractors", columns, groups)


def wholes(crossed: Entry, claims: Sequence[Entry]) -> list[Whole]:
    """Per claim the whole table."""
    frames, nonlinearities, poolings = _names(crossed)
    tables = []
    for claim in _asked(crossed, claims):
        own = crossed["cells"][claim["name"]]
        rows, seen = [], []
        for frame, entry in zip(frames, crossed["frames"]):
            keys = (
                "|".join((frame, *pair)) for pair in itertools.product(nonlinearities, poolings)
            )
            found = [own.get(key) for key in keys]
            seen += [place["verdict"] for place in found if place is not None]
            shown = [
                cell(None, None, 2) if p is None else cell(p["verdict"], p["tightness"], 2, True)
                for p in found
            ]
            rows.append((frame, " × ".join(map(str, entry["grid"])), shown))
        tight, fails = seen.count("tight"), seen.count("fails")
        tables.append(Whole(claim, tight + fails + seen.count("holds"), tight, fails, rows))
    return tables


def in_words(crossed: Entry | None, name: str) -> str:
    """Where a claim came closest in the crossing; empty if it was not part of it."""
    if crossed is None or name not in crossed["cells"]:
        return ""
    own = crossed["cells"][name]
    applied = {k: p for k, p in own.items() if p["verdict"] in ("holds", "tight", "fails")}
    if not applied:
        return f"In the crossing it applies to none of {len(own)} extractors."
    tight, fails = (
        sum(place["verdict"] == verdict for place in applied.values())
        for verdict in ("tight", "fails")
    )
    best = max(applied, key=lambda key: applied[key]["tightness"] or 0.0)
    return (
        f"In the crossing it applies to {len(applied)} of {len(own)} extractors"
        f"{f', FAILS on {fails}' if fails else ''} and is tight on {tight}; largest on "
        f"{best.replace('|', ', ')}: {applied[best]['tightness'] or 0.0:.4g}."
    )


def _groups(crossed: Entry, claims: Sequence[Entry], members: Sequence[str], places, digits):
    """Rows of claims under their subjects; `places` gives a claim's entries for one column."""
    groups = []
    for title, own in by_subject(_asked(crossed, claims)):
        rows = []
        for claim in own:
            found = crossed["cells"][claim["name"]]
            shown = [cell(*largest(places(found, member)), digits) for member in members]
            rows.append((claim, shown))
        groups.append((title, rows))
    return groups


def _asked(crossed: Entry, claims: Sequence[Entry]) -> list[Entry]:
    """Claims that the crossing has, in the page's order."""
    known = [claim for claim in claims if claim["name"] in crossed["cells"]]
    return [claim for _, own in by_subject(known) for claim in own]


def _names(crossed: Entry) -> tuple[list[str], list[str], list[str]]:
    frames = [frame["name"] for frame in crossed["frames"]]
    return frames, list(crossed["nonlinearities"]), list(crossed["poolings"])
