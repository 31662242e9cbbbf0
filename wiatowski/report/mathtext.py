r"""Text with formulas between dollar signs, as HTML: each formula becomes inline SVG outlines.

Nothing is fetched and no script runs: the glyphs' outlines come from matplotlib's mathtext.
"""

from __future__ import annotations

import functools
import re

import numpy as np
from markupsafe import Markup, escape
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

__all__ = ["typeset"]

_SIZE = 100.0  # outlines are drawn in these units per em and scaled by the style sheet's font size
_FORMULA = re.compile(r"\$([^$]+)\$")
# LaTeX that mathtext does not know, in terms of what it knows.
_COMMANDS = {
    "le": r"\leq",
    "ge": r"\geq",
    "lVert": r"\|",
    "rVert": r"\|",
    "Vert": r"\|",
    "lvert": "|",
    "rvert": "|",
    "vert": "|",
    "tfrac": r"\frac",
    "implies": r"\Rightarrow",
    "colon": ":",
    "dots": r"\ldots",
    "big": "",
    "Big": "",
    "bigl": "",
    "bigr": "",
    "Bigl": "",
    "Bigr": "",
    "limits": "",
    "displaystyle": "",
}
_COMMAND = re.compile(
    r"\\(" + "|".join(sorted(_COMMANDS, key=len, reverse=True)) + r")(?![A-Za-z])"
)
_SHORT_FRACTION = re.compile(r"\\frac\s*([^{}\s\\])\s*([^{}\s\\])")
_FRACTION = re.compile(r"\\d?frac(?=\s*\{)")
# Spaces that TeX sets and mathtext does not, in order.
_SCRIPT = r"[_^](?:\{[^{}]*\}|\\[A-Za-z]++|[A-Za-z0-9])"
_SPACES = [
    # The outlines of an italic f, and of a hat, lean into what stands before and after them.
    (re.compile(r"(\\\||\|)\s*(?=f(?![A-Za-z])|\\(?:wide)?hat\b)"), r"\1\\hspace{0.15}"),
    (
        re.compile(rf"((?:{_SCRIPT}|[\]=+-])\s*|^)(?=(?:\\hat\s*)?f(?![A-Za-z]))"),
        r"\1\\hspace{0.15}",
    ),
    (re.compile(r"(?<![A-Za-z\\])f(?=\\\||\||\s*[-+=])"), r"f\\hspace{0.12}"),
    # Large operators, and names of functions after what they multiply.
    (re.compile(r"(?<=[\w}\])|])\s*(?=\\(?:sum|prod|int)(?![A-Za-z]))"), r"\\,"),
    (re.compile(rf"(\\(?:sum|prod)(?:{_SCRIPT})*+)"), r"\1\\hspace{0.2}"),
    (
        re.compile(r"((?<![\\A-Za-z])[A-Za-z0-9]|[)\]}])\s*(?=\\(?:cos|sin|ln|log|max|min)\b)"),
        r"\1\\,",
    ),
    # A sign alone is no operation.
    (re.compile(r"([_^])([+-])"), r"\1{\2}"),
]
_CODES = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}


def typeset(text: str, display: bool = False) -> Markup:
    """HTML of a text with formulas.

    Args:
        text: plain text; formulas between dollar signs, in LaTeX as far as mathtext knows it. A
            formula that it does not know is shown as it is written.
        display: fractions as large as in a formula on a line of its own.

    Returns:
        Safe markup: everything outside formulas is escaped.
    """
    pieces, end = [], 0
    for match in _FORMULA.finditer(text):
        pieces += [escape(text[end : match.start()]), _formula(match[1], display)]
        end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])


@functools.lru_cache(maxsize=1024)
def _formula(source: str, display: bool) -> Markup:
    try:
        outlines, width, height, depth = _outlines(f"${_known(source, display)}$")
    except ValueError:  # mathtext's own message names a column of the translated text: no use
        return Markup("<code>{}</code>").format(source)
    em = 1.0 / _SIZE
    return Markup(
        '<svg class="math" role="img" aria-label="{}" viewBox="0 {:.1f} {:.1f} {:.1f}" '
        'style="width:{:.3f}em;height:{:.3f}em;vertical-align:{:.3f}em"><path d="{}"/></svg>'
    ).format(
        source,
        depth - height,
        width,
        height,
        width * em,
        height * em,
        -depth * em,
        outlines,
    )


def _known(source: str, display: bool) -> str:
    """The formula in mathtext's commands, with the spaces that TeX would set."""
    known = source.replace(r"\'", "'")  # a raw string's escaped quote, meant as a prime
    known = _SHORT_FRACTION.sub(r"\\frac{\1}{\2}", _COMMAND.sub(_replacement, known))
    for pattern, spaced in _SPACES:
        known = pattern.sub(spaced, known)
    known = _with_room_around_fractions(known)
    return re.sub(r"\\frac(?![A-Za-z])", r"\\dfrac", known) if display else known


def _with_room_around_fractions(formula: str) -> str:
    """A small space on both sides of each fraction, whose bar else runs into its neighbours."""
    pieces, end = [], 0
    for match in _FRACTION.finditer(formula):
        stop = match.end()
        for _ in range(2):
            stop = _end_of_group(formula, stop)
        if stop < end:  # within a fraction before it
            continue
        inner = formula[match.end() : stop]
        before, name = formula[end : match.start()], match[0]
        pieces += [before, r"\hspace{0.12}", name, inner, r"\hspace{0.12}"]
        end = stop
    return "".join([*pieces, formula[end:]])


def _end_of_group(formula: str, start: int) -> int:
    """Where the group in braces ends that begins at or after `start`."""
    depth = 0
    for i in range(start, len(formula)):
        if formula[i] in "{}" and formula[i - 1] != "\\":
            depth += 1 if formula[i] == "{" else -1
            if depth == 0:
                return i + 1
    return len(formula)


def _outlines(formula: str) -> tuple[str, float, float, float]:
    """SVG path data, y downwards from the baseline; width, height, depth below the baseline."""
    properties = FontProperties(size=_SIZE, math_fontfamily="stix")
    converter = TextToPath()
    width, height, depth = converter.get_text_width_height_descent(formula, properties, True)
    # The converter draws at its own size; bring it to ours.
    scale = _SIZE / converter.FONT_SCALE
    vertices, codes = converter.get_text_path(properties, formula, True)
    drawing = []
    if len(vertices):
        for points, code in Path(np.asarray(vertices), codes).iter_segments(
            simplify=False, curves=True
        ):
            if code == Path.CLOSEPOLY:
                drawing.append("Z")
                continue
            xy = np.asarray(points).reshape(-1, 2) * (scale, -scale)
            drawing.append(_CODES[code] + " ".join(f"{x:.1f},{y:.1f}" for x, y in xy))
    return "".join(drawing), float(width), float(height), float(depth)


def _replacement(match: re.Match) -> str:
    replaced = _COMMANDS[match[1]]
    return f"{replaced} " if replaced.startswith("\\") and replaced[-1].isalpha() else replaced
