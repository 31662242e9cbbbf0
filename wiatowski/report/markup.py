"""Figures and numbers as markup, for pages that fetch nothing."""

from __future__ import annotations

import base64
import io

from markupsafe import Markup
from matplotlib.figure import Figure

__all__ = ["number", "picture"]

_CSS_PIXELS_PER_INCH = 96
_DENSITY = 1.5  # image pixels per CSS pixel: sharp on dense screens, and the file stays small


def picture(figure: Figure, text: str) -> Markup:
    """A figure as an <img> that holds its own PNG.

    Args:
        figure: drawn at its size in inches, 96 CSS pixels each.
        text: for readers who do not see it; dollar signs of formulas are left out.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_CSS_PIXELS_PER_INCH * _DENSITY)
    width, height = (round(_CSS_PIXELS_PER_INCH * side) for side in figure.get_size_inches())
    return Markup('<img width="{}" height="{}" alt="{}" src="data:image/png;base64,{}">').format(
        width,
        height,
        text.replace("$", ""),
        base64.b64encode(buffer.getvalue()).decode("ascii"),
    )


def number(value: float | None, digits: int = 4) -> Markup:
    r"""A number for readers; a dash for none.

    >>> str(number(0.12345)), str(number(-2.5)), str(number(None))
    ('0.1235', '−2.5', '–')
    >>> str(number(2.5e-9)).replace("\u202f", " ")
    '2.5 · 10<sup>−9</sup>'
    """
    if value is None:
        return Markup("–")
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    mantissa = mantissa.replace("-", "−")
    if not exponent:
        return Markup(mantissa)
    power = str(int(exponent)).replace("-", "−")
    return Markup("{}\u202f·\u202f10<sup>{}</sup>").format(mantissa, power)
