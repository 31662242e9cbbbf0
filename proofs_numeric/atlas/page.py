"""The page itself: one HTML file that fetches nothing and runs nothing."""

from __future__ import annotations

from importlib import resources
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from proofs_numeric.atlas import cells, crossing, facts, pictures
from proofs_numeric.atlas.subjects import by_subject
from wiatowski.report.claims import outcome
from wiatowski.report.markup import number
from wiatowski.report.mathtext import typeset

__all__ = ["render"]

_STATUSES = ("proof", "observation", "conjecture")
_WORDS = {
    "tight": "hold and are tight",
    "holds": "hold and are not tight",
    "fails": "fail",
    "not evaluated": "could not be evaluated",
    "hypotheses not met": "have unmet hypotheses",
    "not applicable": "do not apply",
}
_SIGNS = {"||": "‖", "<=": "≤", ">=": "≥", "^2": "²"}


def render(
    document: dict[str, Any],
    arrays: dict[str, np.ndarray],
    crossed: dict[str, Any] | None,
    findings: list[dict[str, Any]],
) -> str:
    """The atlas as HTML.

    Args:
        document: of `engine.results.collected`.
        arrays: that the document names.
        crossed: claims x frames x nonlinearities x poolings, or None to leave that out.
        findings: `title`, `status` (proof, observation or conjecture), `statement`, `evidence` and
            perhaps a `series` to draw; formulas between dollar signs.

    Raises:
        ValueError: if a finding's status is none of those.

    Source: utility.
    """
    for finding in findings:
        if finding["status"] not in _STATUSES:
            raise ValueError(
                f"atlas: the finding {finding['title']!r} has the status {finding['status']!r}; "
                f"write one of {', '.join(_STATUSES)}."
            )
    claims = document["claims"]
    holds, verdict = outcome(document)
    troubles = _troubles(document, crossed)
    return _template().render(
        holds=holds and not troubles,
        verdict=verdict,
        counts=_counts(claims),
        troubles=troubles,
        controls=sum(len(claim["controls"]) for claim in claims),
        shades=Markup(cells.style_sheet()),
        legend=[cells.cell("holds", t, 2) for t in (0.05, 0.35, 0.65, 0.95, 1.0)],
        broken=cells.cell("fails", 1.3, 2),
        subjects=[
            (title, [_facts(claim, crossed) for claim in own]) for title, own in by_subject(claims)
        ],
        findings=[(f, pictures.series(f["series"]) if f.get("series") else None) for f in findings],
        crossed=crossed,
        margins=crossing.margins(crossed, claims) if crossed else [],
        mixed=crossing.mixed(crossed, claims) if crossed else None,
        wholes=crossing.wholes(crossed, claims) if crossed else [],
        pairs=lambda claim: pictures.pairs(claim["worst"], arrays),
        document=document,
        command=_command(document),
    )


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["math"] = typeset
    environment.filters["number"] = _number
    environment.filters["plain"] = _plain
    source = resources.files("proofs_numeric.atlas").joinpath("page.html")
    return environment.from_string(source.read_text(encoding="utf-8"))


def _facts(claim: dict[str, Any], crossed: dict[str, Any] | None) -> dict[str, Any]:
    """All that the page says about one claim."""
    places = facts.places(claim)
    return {
        "row": claim,
        "ceiling": facts.ceiling(claim),
        "controls": [facts.control(c) for c in claim["controls"]],
        "failed": sum(c["violated"] for c in claim["controls"]),
        "groups": facts.groups(claim),
        "places": places,
        "idle": facts.idle(claim),
        "hypotheses": facts.hypotheses(claim),
        "tight": [p.setting for p in places if p.verdict == "tight"],
        "cases": facts.cases(claim),
        "crossing": crossing.in_words(crossed, claim["name"]),
    }


def _counts(claims: list[dict[str, Any]]) -> list[tuple[str, int]]:
    verdicts = [claim["verdict"] for claim in claims]
    return [(words, verdicts.count(v)) for v, words in _WORDS.items() if v in verdicts]


def _troubles(document: dict[str, Any], crossed: dict[str, Any] | None) -> list[str]:
    """What is wrong although no claim may fail, in sentences."""
    claims = document["claims"]
    controls = sum(not control["violated"] for claim in claims for control in claim["controls"])
    worst = [claim["worst"] for claim in claims if claim["worst"]]
    second = sum("second" in case and not case["second"]["holds"] for case in worst)
    cells = [cell for own in (crossed or {"cells": {}})["cells"].values() for cell in own.values()]
    broken = sum(cell["verdict"] == "fails" for cell in cells)
    unknown = sum(cell["verdict"] == "not evaluated" for cell in cells)
    found = (
        (controls, "controls do not fail, as they must"),
        (second, "worst cases exceed prediction and rounding in the second precision"),
        (broken, "places of the crossing fail"),
        (unknown, "places of the crossing could not be evaluated"),
    )
    return [f"{count} {words}." for count, words in found if count]


def _plain(text: str) -> str:
    """Words of a case with the signs of mathematics for their spelling on a keyboard."""
    for typed, sign in _SIGNS.items():
        text = text.replace(typed, sign)
    return text


def _number(value: Any, digits: int = 4) -> Markup:
    """A number; texts and lists of parameters as they are; what JSON cannot hold as infinity."""
    if isinstance(value, (list, tuple)):
        return Markup("({})").format(Markup(", ").join(_number(v, digits) for v in value))
    if isinstance(value, bool) or not isinstance(value, (int, float, type(None))):
        return Markup("{}").format(value)
    if value is not None and abs(value) >= cells.UNBOUNDED:
        return Markup("∞") if value > 0 else Markup("−∞")
    return number(value, digits)


def _command(document: dict[str, Any]) -> str:
    """What makes this page."""
    words = ["python -m proofs_numeric --atlas"]
    if document.get("seed"):
        words.append(f"--seed {document['seed']}")
    if document.get("dtype", "float64") != "float64":
        words.append(f"--dtype {document['dtype']}")
    return document.get("command") or " ".join(words)
