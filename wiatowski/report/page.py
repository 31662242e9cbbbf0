"""One self-contained HTML page from sections, numbers and claims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from wiatowski.report.claims import outcome
from wiatowski.report.markup import picture
from wiatowski.report.panels import Panel, Section, worst_case
from wiatowski.report.templates import rendered

__all__ = ["Drawn", "drawn", "render"]


class Drawn(NamedTuple):
    """A section whose figures are pictures already."""

    section: Section
    pictures: tuple[Markup, ...]


def drawn(section: Section) -> Drawn:
    """Turn a section's figures into pictures, which takes a while."""
    return Drawn(section, tuple(_picture(panel) for panel in section.panels))


def _picture(panel: Panel) -> Markup:
    return picture(panel.figure, panel.caption or "worst case")


def render(
    title: str,
    photo: tuple[Panel, Sequence[str]],
    extractor: dict[str, Any],
    sections: Sequence[Drawn],
    document: dict[str, Any],
    arrays: dict[str, np.ndarray],
    footer: str,
) -> str:
    """The page.

    Args:
        title: of the page.
        photo: the image and what was done to it.
        extractor: numbers of `measure.constants`, with `name`, `note` and `text` beside them.
        sections: figures in order.
        document: the claims, of `claims.checked`.
        arrays: of the claims' worst cases.
        footer: versions, seed, time.
    """
    holds, verdict = outcome(document)
    return rendered(
        "page.html",
        title=title,
        holds=holds,
        verdict=verdict,
        photo=photo[0],
        photo_image=_picture(photo[0]),
        photo_notes=photo[1],
        extractor=extractor,
        sections=[(section, list(zip(section.panels, pictures))) for section, pictures in sections],
        claims=[
            (claim, [_picture(panel) for panel in worst_case(claim, arrays)], _unmet(claim))
            for claim in document["claims"]
        ],
        footer=footer,
    )


def _unmet(claim: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The settings a claim does not speak of, each with the hypotheses that were not met."""
    rows = []
    for setting in claim["settings"]:
        failed = [h for h in setting.get("hypotheses", []) if not h.get("holds")]
        if setting["verdict"] in ("not applicable", "hypotheses not met"):
            rows.append((setting.get("name", ""), failed))
    return rows
