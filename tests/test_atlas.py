"""The atlas: one page that holds every claim, says what fails, and can be read without colour."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser

import jax
import numpy as np
import pytest
from matplotlib.colors import to_rgb

import wiatowski as wi
from proofs_numeric.atlas import cells, crossing, facts, pictures, render
from proofs_numeric.atlas.subjects import OTHER, subject
from proofs_numeric.engine.results import collected
from proofs_numeric.engine.run import all_claims, execute, planned
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.settings import drawn_signals
from proofs_numeric.engine.units import Store
from wiatowski.report.mathtext import typeset

VOID = {"meta", "link", "br", "img", "col", "wbr", "hr", "input"}
NAMES = ("wb2018_lipschitz", "derived_translation_aliased", "mallat2012_deformation", "new_words")


class Tags(HTMLParser):
    """Every tag closed in order; ids, targets of links, and the text of each claim's card."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if "id" in named:
            self.ids.append(str(named["id"]))
        if str(named.get("href", "")).startswith("#"):
            self.targets.append(str(named["href"])[1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_startendtag(self, tag, attrs):
        pass


def card(html: str, name: str) -> str:
    """The part of the page about one claim."""
    start = html.index(f'id="{name}"')
    end = re.search(r'<div class="claim|<footer', html[start:])
    assert end is not None
    return html[start : start + end.start()]


def row(name: str, verdict: str = "holds") -> dict:
    """One claim of a document, evaluated on two settings and not on a third."""
    idle = verdict in ("not applicable", "hypotheses not met")
    ratio = {"holds": 0.8125, "tight": 0.9975, "fails": 1.25}.get(verdict, 0.0)
    hypothesis = {"text": r"admissible, $B \leq 1$", "holds": True, "value": "0.9", "scope": False}
    unmet = hypothesis | {"holds": False, "value": "3.685"}
    side = {"predicted": 1.0, "budget": 3e-14, "origin": "search", "group": "depth 1"}

    def setting(name, kind, own):
        return {
            "setting": name,
            "verdict": kind,
            "hypotheses": [hypothesis if own else unmet],
            "cases": 8 if own else 0,
            "informative": 6 if own else 0,
            "holds": kind != "fails",
            "tightness": ratio if own else 0.0,
            "groups": {"depth 1": ratio} if own else {},
            "ceilings": {"depth 1": 0.9876} if own else {},
        }

    settings = [] if idle else [setting("a line", verdict, True), setting("a plane", "holds", True)]
    settings.append(setting("a loud one", verdict if idle else "hypotheses not met", False))
    worst = {
        **side,
        "measured": ratio,
        "description": "||f|| = 1, depth 1",
        "setting": "a line",
        "parameters": {"shift": [1.0, 2.5], "kind": "smooth", "slope": None},
        "arrays": {"signal": f"{name}/signal", "displacement": f"{name}/displacement"},
        "second": {"dtype": "float32", "holds": True, **side, "measured": ratio}
        | {"description": "||f|| = 1"},
        "smallest": {**side, "measured": 0.8124, "text": "waves of frequency 5", "description": ""}
        | {"arrays": {"signal": f"{name}/smallest/signal"}},
    }
    control = {"name": "not admissible", "description": "||f|| = 9", "violated": True}
    return {
        "name": name,
        "title": f"The title of {name}",
        "statement": rf"$|||\Phi(f)||| \leq \|f\|$ as {name} says",
        "source": "Somebody 2018, after $L^2$",
        "verdict": verdict,
        "tightness": None if idle else ratio,
        "cases": 0 if idle else 16,
        "settings": settings,
        "worst": None if idle else worst,
        "controls": [{**control, **side, "measured": 2.345}],
        "errors": [{"unit": "a unit", "text": "OverflowError: too <large>", "traceback": ""}]
        if verdict == "not evaluated"
        else [],
    }


def document(*verdicts: str) -> tuple[dict, dict[str, np.ndarray]]:
    rows = [row(name, verdict) for name, verdict in zip(NAMES, verdicts)]
    wave = np.cos(np.arange(48.0))
    arrays = {}
    for name in NAMES:
        arrays[f"{name}/signal"] = wave + 0.1 * wave**2
        arrays[f"{name}/displacement"] = wave[None]
        arrays[f"{name}/smallest/signal"] = wave
    content = {"seed": 7, "dtype": "float64", "versions": {"jax": "1.2.3"}, "claims": rows}
    return {"format": "wiatowski claims", "version": 3, **content}, arrays


def crossed(seed: int, names=NAMES[:2]) -> dict:
    """A crossing whose numbers are drawn; the second claim speaks of the modulus alone."""
    random = np.random.default_rng(seed)
    frames = [{"name": "Haar", "grid": [96]}, {"name": "Curvelets", "grid": [24, 16]}]
    nonlinearities, poolings = ["Modulus", "ReLU", "Tanh"], ["NoPooling", "Dilate"]
    mixed = ["2-D drawn: Haar, ReLU, Dilate; Meyer, Tanh, NoPooling"]
    keys = [f"{f['name']}|{m}|{p}" for f in frames for m in nonlinearities for p in poolings]
    own: dict = {name: {} for name in names}
    for i, name in enumerate(names):
        for key in [*keys, *mixed]:
            tightness = float(random.uniform(0, 0.98))
            place = {"verdict": "holds", "tightness": tightness}
            if i == 1 and "Modulus" not in key:
                place = {"verdict": "not applicable", "tightness": None}
            own[name][key] = place
    return {
        "frames": frames,
        "nonlinearities": nonlinearities,
        "poolings": poolings,
        "mixed": mixed,
        "cells": own,
        "document": {"seed": 3, "dtype": "float32", "versions": {"jax": "4.5.6"}},
    }


FINDINGS = [
    {
        "title": r"The constant is $2\pi$",
        "status": "proof",
        "statement": r"For $d = 1$ it is $\frac{1}{2}$ & <b>no</b> smaller.",
        "evidence": [r"measured $0.99$ on $R$", "a line <i>of text</i>"],
        "series": {
            "x_label": "R",
            "y_label": "ratio",
            "title": "of $R$",
            "x_log": True,
            "curves": [{"label": "found", "x": [1, 2, 4], "y": [0.5, 0.75, 0.875]}],
        },
    },
    {"title": "Unproved", "status": "conjecture", "statement": "In every d.", "evidence": []},
]


@pytest.fixture(scope="module")
def full() -> str:
    return render(*document("holds", "tight", "not applicable", "holds"), crossed(0), FINDINGS)


@pytest.fixture(scope="module")
def real() -> tuple[dict, dict[str, np.ndarray]]:
    """Two claims on one small extractor."""
    chosen = [c for c in all_claims() if c.name in ("wb2018_norm", "wb2018_translation_dilated")]
    with jax.enable_x64(True):
        grid = wi.Grid((32,))
        layer = wi.Layer(wi.frames.Meyer(scales=1), wi.Modulus(), wi.Dilate(2))
        phi = wi.FeatureExtractor([layer], grid)
        signals = drawn_signals(jax.random.key(0), grid, 2)
        setting = Setting("small", phi, signals, ("random",) * 2, band=3)
        plan = planned(chosen, [setting], own=False)
        store = Store(None, {})
        execute(plan, store, lambda text: None)
        return collected(plan, store, lambda text: None, simplify=True)


# --- the page ---------------------------------------------------------------------------------


def test_the_page_is_one_file_that_fetches_and_runs_nothing(full):
    assert not re.search(r'(?:src|href)="(?!data:image/png|#)', full)
    assert "<script" not in full
    assert "url(" not in full
    assert "@import" not in full


def test_every_anchor_is_there_once_and_every_link_leads_to_one(full):
    tags = Tags(full)
    for name in NAMES:
        assert tags.ids.count(name) == 1
    assert len(tags.ids) == len(set(tags.ids))
    assert set(tags.targets) <= set(tags.ids)
    assert {"summary", "findings", "crossing", "claims", "made", *NAMES} <= set(tags.targets)


def test_the_sections_stand_in_the_promised_order(full):
    marks = ["verdict", "summary", "findings", "crossing", "claims", NAMES[0], "made"]
    positions = [full.index(f'id="{mark}"') for mark in marks]
    assert positions == sorted(positions)


def test_numbers_of_a_claim_stand_on_its_card(full):
    text = card(full, NAMES[0])
    for shown in (
        "0.8125",
        "0.9876",
        "0.8124",
        "2.345",
        "3\u202f·\u202f10<sup>−14</sup>",
        "6 of 8",
    ):
        assert shown in text
    assert "waves of frequency 5" in text
    assert "shift (1, 2.5); kind smooth." in text
    assert "float32" in text
    assert "‖f‖ = 9" in text
    assert "(met by 2 of 3 settings)" in text
    assert "here 3.685" in text
    assert text.count("<img ") == 3  # two arrays as found, one simplified


def test_seeds_and_versions_stand_in_the_footer(full):
    footer = full[full.index("<footer") :]
    for shown in ("Seed 7", "jax 1.2.3", "seed 3", "float32", "jax 4.5.6", "--atlas --seed 7"):
        assert shown in footer


def test_a_crossing_need_not_say_how_it_was_made():
    cross = crossed(0)
    del cross["document"]
    html = render(*document("holds", "holds"), cross | {"mixed": []}, [])
    assert "The crossing: seed" not in html
    assert "Mixed extractors" not in html


def test_what_fails_is_marked():
    whole, arrays = document("holds", "fails")
    html = render(whole, arrays, None, [])
    assert 'class="claim bad" id="derived_translation_aliased"' in html
    assert 'class="claim" id="wb2018_lipschitz"' in html
    assert "✗ fails" in card(html, NAMES[1])
    assert "✗ fails" not in card(html, NAMES[0])
    assert 'class="verdict bad"' in html
    assert 'class="verdict"' in render(*document("holds", "tight"), None, [])


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (lambda d, c: d["claims"][0]["controls"][0].update(violated=False), "1 controls do not"),
        (lambda d, c: d["claims"][0]["worst"]["second"].update(holds=False), "second precision"),
        (lambda d, c: next(iter(c["cells"][NAMES[0]].values())).update(verdict="fails"), "FAILS"),
    ],
    ids=["control", "precision", "crossing"],
)
def test_no_trouble_hides_behind_claims_that_hold(trouble, words):
    whole, arrays = document("holds", "holds")
    cross = crossed(0)
    trouble(whole, cross)
    html = render(whole, arrays, cross, [])
    assert 'class="verdict bad"' in html
    assert words in html
    assert "✗" in html[html.index('id="verdict"') : html.index("<nav")]


def test_a_simplified_example_beyond_its_prediction_is_marked():
    whole, arrays = document("holds")
    assert not any(case.wrong for case in facts.cases(whole["claims"][0]))
    whole["claims"][0]["worst"]["smallest"]["measured"] = 7144.0
    assert [case.wrong for case in facts.cases(whole["claims"][0])] == [False, False, True]
    assert "it breaks a hypothesis" in card(render(whole, arrays, None, []), NAMES[0])


def test_what_json_cannot_hold_is_shown_as_infinite():
    whole, arrays = document("holds")
    whole["claims"][0]["worst"]["smallest"]["predicted"] = 1e308
    text = card(render(whole, arrays, None, []), NAMES[0])
    assert "∞" in text
    assert "<sup>308" not in text


def test_a_ratio_is_told_where_there_is_one():
    control = document("holds")[0]["claims"][0]["controls"][0]
    assert facts.control(control).ratio == pytest.approx(2.345)
    assert facts.control(control | {"predicted": 0.0}).ratio == cells.UNBOUNDED
    assert facts.control(control | {"predicted": -1.0}).ratio is None
    assert facts.control(control | {"measured": 1e308}).ratio is None


def test_text_from_outside_is_escaped(full):
    bad = "<script>alert('x')</script> & \"more\""
    whole, arrays = document("holds")
    claim = whole["claims"][0]
    claim["title"] = claim["statement"] = claim["source"] = bad
    for place in claim["settings"]:
        place["setting"] = bad
        place["hypotheses"][0]["text"] = place["hypotheses"][0]["value"] = bad
    claim["worst"] |= {"description": bad, "setting": bad, "parameters": {bad: bad}}
    claim["worst"]["smallest"]["text"] = bad
    claim["controls"][0] |= {"name": bad, "description": bad}
    cross = crossed(0)
    cross["mixed"], cross["poolings"] = [bad], [bad]
    finding = {"title": bad, "status": "proof", "statement": bad, "evidence": [bad]}
    html = render(whole, arrays, cross, [finding])
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 15
    Tags(html)
    assert "&amp; &lt;b&gt;no&lt;/b&gt; smaller" in full


def test_findings_show_their_status_and_their_figure(full):
    part = full[full.index('id="findings"') : full.index('id="crossing"')]
    assert part.index(">proof</span>") < part.index(">conjecture</span>")
    assert part.count("<img ") == 1
    with pytest.raises(ValueError, match="'rumour'; write one of proof"):
        render(*document("holds"), None, [FINDINGS[0] | {"status": "rumour"}])


def test_the_page_of_a_real_run(real):
    whole, arrays = real
    html = render(whole, arrays, None, [])
    tags = Tags(html)
    for claim in whole["claims"]:
        assert tags.ids.count(claim["name"]) == 1
        text = card(html, claim["name"])
        assert "<code>$" not in text
        assert str(claim["cases"]) in text
        assert f"{claim['worst']['measured']:.7g}" in text
        assert "<img " in text


def test_every_formula_of_every_claim_is_typeset():
    for claim in all_claims():
        for text in (claim.title, claim.statement, claim.source):
            assert "<code>" not in typeset(text, display=True), claim.name
            assert "$" not in typeset(text), claim.name


# --- subjects, cells, tables ------------------------------------------------------------------


def test_every_claim_has_a_subject():
    assert [c.name for c in all_claims() if subject(c.name) == OTHER] == []
    assert subject("new_words") == OTHER
    assert subject("wb2018_deformation_lipschitz") == "Deformation"


def test_margins_are_the_largest_over_the_two_other_factors():
    cross, (whole, _) = crossed(1), document("holds", "holds")
    tables = crossing.margins(cross, whole["claims"])
    assert [table.title for table in tables] == ["Frames", "Nonlinearities", "Poolings"]
    for axis, table in enumerate(tables):
        members = [name for name, _ in table.columns]
        shown = {claim["name"]: row for _, rows in table.groups for claim, row in rows}
        for i, member in enumerate(members):
            own = cross["cells"][NAMES[0]]
            keys = [k for k in own if "|" in k and k.split("|")[axis] == member]
            assert shown[NAMES[0]][i].text == f"{max(own[k]['tightness'] for k in keys):.3f}"
    assert tables[0].columns[1] == ("Curvelets", "24 × 16")


def test_a_statement_that_does_not_apply_has_a_dot(full):
    cross, (whole, _) = crossed(1), document("holds", "holds")
    table = crossing.margins(cross, whole["claims"])[1]
    row = next(row for _, rows in table.groups for claim, row in rows if claim["name"] == NAMES[1])
    assert [cell.text for cell in row][1:] == ["○", "○"]
    assert row[0].text != "○"
    assert '<td class="c idle">○</td>' in full
    assert cells.cell("hypotheses not met", None, 2).text == "–"
    assert cells.cell(None, None, 2).text == ""


def test_a_failure_shows_through_larger_tightness():
    places = [{"verdict": "tight", "tightness": 1.0}, {"verdict": "fails", "tightness": 0.6}]
    assert cells.largest(places) == ("fails", 0.6)
    assert cells.cell("fails", 0.6, 2) == cells.Cell("✗\u202f0.60", "broken")
    cross = copy.deepcopy(crossed(1))
    cross["cells"][NAMES[0]]["Haar|ReLU|Dilate"] = {"verdict": "fails", "tightness": 1.5}
    whole = document("holds", "holds")[0]["claims"]
    for table, column in zip(crossing.margins(cross, whole), (0, 1, 1)):
        (claim, row), *_ = table.groups[0][1]
        assert claim["name"] == NAMES[0]
        assert row[column].text == "✗\u202f1.500"
    assert crossing.wholes(cross, whole)[0].fails == 1


def test_the_whole_table_holds_every_combination():
    cross = crossed(2)
    whole = crossing.wholes(cross, document("holds", "holds")[0]["claims"])[0]
    assert whole.applies == 12
    name, grid, shown = whole.rows[1]
    assert (name, grid) == ("Curvelets", "24 × 16")
    keys = [f"Curvelets|{m}|{p}" for m in cross["nonlinearities"] for p in cross["poolings"]]
    expected = [f"{cross['cells'][NAMES[0]][key]['tightness']:.2f}"[1:] for key in keys]
    assert [cell.text for cell in shown] == expected


def test_combinations_that_were_not_run_are_blank():
    cross = crossed(0)
    del cross["cells"][NAMES[0]]["Haar|ReLU|Dilate"]
    whole = crossing.wholes(cross, document("holds", "holds")[0]["claims"])[0]
    assert whole.rows[0][2][3] == cells.Cell("", "blank")
    assert whole.applies == 11


def test_mixed_extractors_are_numbered_and_named(full):
    table = crossing.mixed(crossed(0), document("holds", "holds")[0]["claims"])
    assert table is not None
    assert table.columns == [("1", "2-D drawn: Haar, ReLU, Dilate; Meyer, Tanh, NoPooling")]
    assert "<dt>1</dt><dd>2-D drawn: Haar" in full


@pytest.mark.parametrize(
    ("value", "digits", "narrow", "text"),
    [
        (0.98765, 3, False, "0.988"),
        (0.98765, 2, True, ".99"),
        (0.999, 2, True, "1.0"),
        (1.25, 2, True, "1.2"),
        (0.0, 2, True, "0"),
        (12345.0, 2, False, "1e4"),
        (1e308, 2, False, "∞"),
    ],
)
def test_cells_print_their_number(value, digits, narrow, text):
    assert cells.cell("holds", value, digits, narrow).text == text


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    c = np.array(to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_shades_darken_and_their_ink_stays_legible():
    rules = re.findall(r"\.(\w+)\{background:(#\w+);color:(#\w+);", cells.style_sheet())
    assert [name for name, _, _ in rules] == [*(f"s{i}" for i in range(10)), "tight", "broken"]
    steps = [luminance(background) for _, background, _ in rules[:-1]]
    assert np.all(np.diff(steps) < -0.02)
    for _, background, ink in rules:
        darker, lighter = sorted((luminance(background), luminance(ink)))
        assert (lighter + 0.05) / (darker + 0.05) > 4.5
    assert [cells.shade(t) for t in (-0.1, 0.0, 0.55, 0.98, 0.99, 1.2)] == (
        ["s0", "s0", "s5", "s9", "tight", "tight"]
    )


# --- pictures ---------------------------------------------------------------------------------


def test_what_cannot_be_drawn_is_left_out():
    wave = np.ones(8)
    worst = {"arrays": {"signal": "a", "other": "b", "phase": "a", "displacement": "c"}}
    arrays = {"a": wave, "b": np.full(8, np.nan), "c": np.ones((3, 8))}
    assert len(pictures.pairs(worst, arrays)) == 1
    assert pictures.pairs({"arrays": {"signal": "a"}}, {"a": np.ones((2, 2, 2, 2))}) == []
    assert pictures.pairs(worst, {}) == []
    assert pictures.pairs(None, arrays) == []


def test_an_array_that_was_not_simplified_is_drawn_once():
    worst = {"arrays": {"signal": "a"}, "smallest": {"arrays": {"signal": "b"}}}
    (pair,) = pictures.pairs(worst, {"a": np.ones(8), "b": np.ones(8)})
    assert pair.given
    assert pair.smallest is None
    (pair,) = pictures.pairs(worst, {"a": np.ones(8), "b": np.zeros(8)})
    assert pair.smallest
