"""What the page says about one claim, from its row of the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from proofs_numeric.atlas.cells import UNBOUNDED

__all__ = [
    "Case",
    "Hypotheses",
    "Place",
    "cases",
    "ceiling",
    "control",
    "groups",
    "hypotheses",
    "idle",
    "places",
]

Entry = dict[str, Any]
_IDLE = ("not applicable", "hypotheses not met")
#: Groups beyond these many make a table too broad.
_MOST_GROUPS = 6


class Place(NamedTuple):
    """A setting on which a claim was evaluated; per group the largest ratio and the ceiling."""

    setting: str
    verdict: str
    cases: str
    tightness: float
    groups: Sequence[tuple[float | None, float | None]]


class Hypotheses(NamedTuple):
    """A hypothesis and how many settings meet it."""

    text: str
    met: int
    asked: int


class Case(NamedTuple):
    """Both sides of one case, and what to know about it."""

    name: str
    text: str
    measured: float
    predicted: float
    budget: float
    ratio: float | None
    remark: str
    wrong: bool


def ceiling(claim: Entry) -> float | None:
    """The largest ratio that theory says is reached on some setting; None where it says nothing."""
    known = [value for s in claim["settings"] for value in s.get("ceilings", {}).values()]
    return max(known, default=None)


def groups(claim: Entry) -> list[str]:
    """Names of the groups whose tightness is told apart, those with the largest first if too many."""
    evaluated = [s for s in claim["settings"] if s["cases"]]
    largest: dict[str, float] = {}
    for setting in evaluated:
        for group, ratio in setting.get("groups", {}).items():
            largest[group] = max(largest.get(group, 0.0), ratio)
        for group in setting.get("ceilings", {}):
            largest.setdefault(group, 0.0)
    chosen = sorted(largest, key=lambda group: -largest[group])[:_MOST_GROUPS]
    return sorted(chosen)


def places(claim: Entry) -> list[Place]:
    """The settings with cases, the tightest first."""
    names = groups(claim)
    found = []
    for setting in claim["settings"]:
        if setting["verdict"] in _IDLE:
            continue
        tightness, every = setting["tightness"], setting["cases"]
        told = setting.get("informative", every)
        reached, ceilings = setting.get("groups", {}), setting.get("ceilings", {})
        found.append(
            Place(
                setting["setting"],
                setting["verdict"],
                str(every) if told == every else f"{told} of {every}",
                tightness,
                [(reached.get(name), ceilings.get(name)) for name in names],
            )
        )
    return sorted(found, key=lambda p: (p.verdict not in ("fails", "not evaluated"), -p.tightness))


def idle(claim: Entry) -> list[tuple[str, str, list[Entry]]]:
    """Settings without a case: name, verdict, the hypotheses that fail."""
    return [
        (s["setting"], s["verdict"], [h for h in s.get("hypotheses", []) if not h["holds"]])
        for s in claim["settings"]
        if s["verdict"] in _IDLE
    ]


def hypotheses(claim: Entry) -> list[Hypotheses]:
    """Every hypothesis once, with the number of settings that meet it."""
    met: dict[str, list[bool]] = {}
    for setting in claim["settings"]:
        for hypothesis in setting.get("hypotheses", []):
            met.setdefault(hypothesis["text"], []).append(hypothesis["holds"])
    return [Hypotheses(text, sum(found), len(found)) for text, found in met.items()]


def cases(claim: Entry) -> list[Case]:
    """The worst case as found, in the second precision, and simplified."""
    worst = claim["worst"]
    if worst is None:
        return []
    found = [_case("As found", worst, worst["description"])]
    if second := worst.get("second"):
        remark = "" if second["holds"] else "exceeds prediction and rounding"
        found.append(_case(f"In {second['dtype']}", second, second["description"], remark))
    if smallest := worst.get("smallest"):
        remark = ""
        if claim["verdict"] != "fails" and not _below(smallest):
            # No case of a claim that holds exceeds its prediction.
            remark = "above its prediction: it breaks a hypothesis, and is no case of the claim"
        found.append(_case("Smallest example", smallest, smallest["text"], remark))
    return found


def control(row: Entry) -> Case:
    """A negative control."""
    case = _case(row["name"], row, row["description"])
    if row["violated"]:
        return case._replace(remark="violated, as it must be")
    return case._replace(remark="NOT violated", wrong=True)


def _case(name: str, row: Entry, text: str, wrong: str = "") -> Case:
    measured, predicted = row["measured"], row["predicted"]
    ratio = None
    if 0 < predicted < UNBOUNDED and measured < UNBOUNDED:
        ratio = measured / predicted
    elif predicted == 0 and measured > 0:
        ratio = UNBOUNDED
    return Case(name, text, measured, predicted, row["budget"], ratio, wrong, bool(wrong))


def _below(row: Entry) -> bool:
    return row["measured"] <= row["predicted"] + row["budget"] and row["predicted"] < UNBOUNDED
