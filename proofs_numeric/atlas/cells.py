"""Coloured cells of tables: a verdict and a tightness as a text and a shade."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from matplotlib.colors import to_hex, to_rgb

from proofs_numeric.engine.claim import TIGHT
from wiatowski.plot.canvas import COLOURS

__all__ = ["UNBOUNDED", "Cell", "cell", "largest", "shade", "style_sheet"]

#: JSON's stand-in for what no bound survives.
UNBOUNDED = 1e307
_STEPS = 10
_DARKEST = 0.7  # share of the colour in the last step below "tight"


class Cell(NamedTuple):
    """What a cell of a table shows."""

    text: str
    shade: str


def shade(tightness: float) -> str:
    """Name of the style of a tightness: `s0` to `s9`, `tight`."""
    if tightness >= TIGHT:
        return "tight"
    return f"s{min(_STEPS - 1, max(0, int(_STEPS * tightness)))}"


def cell(verdict: str | None, tightness: float | None, digits: int, narrow: bool = False) -> Cell:
    """A cell that can be read without its colour.

    Args:
        verdict: of the claim there; None where nothing was asked.
        tightness: largest ratio of the two sides.
        digits: after the point.
        narrow: leave out the zero before it, and a digit of 1 and more.
    """
    if verdict is None:
        return Cell("", "blank")
    if verdict == "not applicable":
        return Cell("○", "idle")
    if verdict == "hypotheses not met":
        return Cell("–", "idle")
    if verdict == "not evaluated":
        return Cell("✗", "broken")
    text = _figures(tightness, digits, narrow)
    if verdict == "fails":
        return Cell(f"✗\u202f{text}", "broken")
    return Cell(text or "✓", shade(tightness or 0.0))


def largest(found: Iterable[dict[str, Any]]) -> tuple[str | None, float | None]:
    """Verdict and tightness of several places together: what fails, then what is tightest."""
    places = list(found)
    for verdict in ("fails", "not evaluated", "tight", "holds"):
        known = [p["tightness"] for p in places if p["verdict"] == verdict]
        if known:
            return verdict, max((t for t in known if t is not None), default=None)
    for verdict in ("hypotheses not met", "not applicable"):
        if any(p["verdict"] == verdict for p in places):
            return verdict, None
    return None, None


def style_sheet() -> str:
    """CSS rules of all shades: one hue that darkens, so that the order survives black and white."""
    hue = COLOURS["measured"]
    rules = [_rule(f"s{i}", _mixed(hue, i * _DARKEST / (_STEPS - 1))) for i in range(_STEPS)]
    rules.append(_rule("tight", _mixed(hue, 1.35), "font-weight:700"))
    rules.append(_rule("broken", COLOURS["bound"], "font-weight:700"))
    return "\n".join(rules)


def _figures(value: float | None, digits: int, narrow: bool) -> str:
    if value is None:
        return ""
    if value == 0:
        return "0"
    if value >= UNBOUNDED:
        return "∞"
    if value >= 10:
        return f"{value:.0f}" if value < 1000 else f"{value:.0e}".replace("e+0", "e")
    text = f"{value:.{digits}f}"
    if not narrow:
        return text
    return text.removeprefix("0") if text.startswith("0") else f"{value:.{digits - 1}f}"


def _mixed(colour: str, share: float) -> str:
    """White with a share of the colour; beyond 1, the colour with black."""
    red, green, blue = (
        1 - share * (1 - c) if share <= 1 else c * (2 - share) for c in to_rgb(colour)
    )
    return to_hex((red, green, blue))


def _rule(name: str, background: str, more: str = "") -> str:
    ink = "#fff" if _luminance(background) < 0.18 else "#111"
    return f".{name}{{background:{background};color:{ink};{more}}}"


def _luminance(colour: str) -> float:
    """Relative luminance of sRGB; black and white ink contrast equally with 0.18."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
