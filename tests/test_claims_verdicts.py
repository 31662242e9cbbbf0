"""What a run makes of cases: verdicts, errors, hypotheses, controls, and the folder it may go on in."""

import contextlib
import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from claim_runs import CLAIMS, run, setting

import wiatowski as wi
from proofs_numeric.__main__ import _identity, succeeded, table
from proofs_numeric.engine import processes
from proofs_numeric.engine.claim import Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.compilation import compiled_quickly
from proofs_numeric.engine.results import write_results
from proofs_numeric.engine.run import planned
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.units import Store


@pytest.fixture(autouse=True)
def double():
    """Proofs run in float64."""
    with jax.enable_x64(True):
        yield


def cases(measured, predicted, budget=0.0) -> Cases:
    count = len(measured)
    return Cases(
        np.array(measured),
        np.array(predicted),
        np.full(count, budget),
        [Witness({"signal": np.zeros(4)})] * count,
        ["case"] * count,
    )


def test_a_nan_fails_and_is_the_worst_case():
    found = cases([0.5, np.nan, 0.9], [1.0, 1.0, 1.0])
    assert not found.holds
    assert found.worst() == 1


def test_cases_of_different_length_are_refused():
    with pytest.raises(ValueError, match="columns differ in length"):
        dataclasses.replace(cases([1.0], [1.0]), description=["a", "b"])


class FalseClaim(Claim):
    name, title, statement, source = "false", "False", "$1 \\leq 0$", "nobody"

    def hypotheses(self, setting):
        return (Hypothesis("none", True),)

    def given(self, setting, key):
        return [Witness({"signal": np.arange(4.0)})]

    def searched(self, setting, attempt):
        return []

    def evaluate(self, setting, witnesses):
        return cases([1.0] * len(witnesses), [0.0] * len(witnesses))

    def controls(self, key):
        return (Control("holds although it should not", "", cases([0.0], [1.0])),)


class SilentClaim(FalseClaim):
    name = "silent"

    def evaluate(self, setting, witnesses):
        return cases([0.0] * len(witnesses), [1.0] * len(witnesses), budget=1e-9)

    def controls(self, key):
        return ()


def test_a_false_claim_fails_and_so_does_the_run(tmp_path):
    _, document, arrays = run([FalseClaim()], [setting(wi.Dilate(2))], controls=True)
    assert document["claims"][0]["verdict"] == "fails"
    assert document["claims"][0]["worst"]["measured"] == 1.0
    assert not document["claims"][0]["controls"][0]["violated"]
    assert not succeeded(document)
    assert "fails" in table(document)
    write_results(tmp_path / "claims.json", document, arrays)
    assert json.loads((tmp_path / "claims.json").read_text())["claims"][0]["name"] == "false"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["claims.json", "claims.npz"]


class RaisingClaim(FalseClaim):
    name = "raising"

    def evaluate(self, setting, witnesses):
        raise OverflowError("beyond what an evaluation bears")


def test_an_error_in_one_claim_is_told_and_ends_nothing_else():
    claims = [RaisingClaim(), SilentClaim(), CLAIMS["wb2018_norm"]]
    rows, document, _ = run(claims, [setting(wi.Dilate(2))])
    assert rows["raising"]["verdict"] == "not evaluated"
    assert [error["unit"] for error in rows["raising"]["errors"]] == ["raising: small: given"]
    assert "in evaluate" in rows["raising"]["errors"][0]["traceback"]
    assert rows["wb2018_norm"]["verdict"] in ("holds", "tight")
    assert not succeeded(document)
    assert "was not evaluated: OverflowError: beyond what an evaluation bears" in table(document)


def test_a_claim_whose_cases_say_nothing_does_not_pass():
    rows, document, _ = run([SilentClaim()], [setting(wi.Dilate(2))])
    assert rows["silent"]["verdict"] == "not applicable"
    assert not succeeded(document)


def test_nothing_applicable_is_no_success():
    _, document, _ = run([CLAIMS["wgb2018_energy_identity"]], [setting(wi.Decimate(2))])
    assert not succeeded(document)


def test_a_bound_of_infinity_holds_and_says_nothing():
    found = cases([1.0, 2.0], [np.inf, 4.0])
    assert found.holds
    assert found.informative == 1
    assert found.ratios.max() == 0.5


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("side", ["measured", "predicted"])
def test_a_control_does_not_fail_for_want_of_numbers(side, value):
    sides = {"measured": [2.0, 0.5], "predicted": [1.0, 1.0]}
    assert Control("", "", cases(**sides)).violated
    sides[side][1] = value
    assert not Control("", "", cases(**sides)).violated


@pytest.mark.parametrize("name", ["wgb2018_energy_identity", "wgb2018_null_set"])
def test_energy_on_paths_that_are_not_followed_is_not_spoken_of(name):
    layer = wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Dilate(2))
    phi = wi.FeatureExtractor([layer] * 2, wi.Grid((64,)), paths="decreasing")
    few = dataclasses.replace(setting(wi.Dilate(2)), phi=phi)
    rows, _, _ = run([CLAIMS[name]], [few])
    assert rows[name]["verdict"] == "hypotheses not met"
    unmet = [h["text"] for h in rows[name]["settings"][0]["hypotheses"] if not h["holds"]]
    assert unmet == ["all paths are followed"]


DECAY = ["derived_energy_decay", "derived_energy_bands", "getter2025_energy_decay"]


@pytest.mark.parametrize("name", DECAY)
def test_bounds_on_decay_are_not_shown_by_one_layer(name):
    """At depth one they are equalities by definition."""
    claim = CLAIMS[name]
    (where, *_) = claim.own_settings(jax.random.key(0))
    assert min(claim.evaluate(where, claim.given(where, jax.random.key(0))).groups) == "depth 2"
    shallow = dataclasses.replace(where, phi=setting(wi.Dilate(2), layers=1, size=129).phi)
    rows, _, _ = run([claim], [shallow])
    assert rows[name]["verdict"] == "not applicable"


def changed(where):
    """Settings of one name that differ in what results depend on."""
    louder = dataclasses.replace(where, signals=2 * where.signals)
    wider = dataclasses.replace(where, band=where.band + 1)
    threshold = setting(wi.Dilate(2), wi.ModReLU(0.1))
    other = setting(wi.Dilate(2), wi.ModReLU(0.2))
    filters = jax.tree.map(lambda a: a * (1 + 1e-12) if a.dtype == jnp.float64 else a, where.phi)
    return [where, louder, wider, threshold, other, dataclasses.replace(where, phi=filters)]


def test_a_folder_knows_signals_band_filters_and_members():
    identities = []
    for where in changed(setting(wi.Dilate(2))):
        plan = planned([CLAIMS["wb2018_norm"]], [where], own=False)
        identities.append(_identity(plan, 1)["extractors"])
    assert len(set(identities)) == len(identities)
    again = planned([CLAIMS["wb2018_norm"]], [setting(wi.Dilate(2))], own=False)
    assert _identity(again, 1)["extractors"] == identities[0]


def test_results_of_other_code_are_not_gone_on_with(tmp_path, monkeypatch):
    plan = planned([CLAIMS["wb2018_norm"]], [setting(wi.Dilate(2))], own=False)
    Store(tmp_path / "run", _identity(plan, 1))
    Store(tmp_path / "run", _identity(plan, 1))  # the same goes on
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    mine = processes.code_digest()
    monkeypatch.setattr(processes.proofs_numeric, "__file__", str(package / "__init__.py"))
    assert processes.code_digest() != mine
    with pytest.raises(ValueError, match="holds another run, which differs in code"):
        Store(tmp_path / "run", _identity(plan, 1))


def test_quick_runs_spare_optimisation_and_leave_the_option_as_it_was():
    option = "jax_disable_most_optimizations"
    before = jax.config.read(option)
    with compiled_quickly(False):
        assert jax.config.read(option) == before
    with contextlib.suppress(KeyboardInterrupt), compiled_quickly(True):
        assert jax.config.read(option) == (before or jax.default_backend() == "cpu")
        raise KeyboardInterrupt
    assert jax.config.read(option) == before


class Offset(wi.Identity):
    """Does not map zero to zero."""

    def __call__(self, u):
        return u + 1e-3


class Understated(wi.GroupModulus):
    """Three times as steep as it says, where it joins atoms."""

    def join(self, u, axis):
        return 3 * super().join(u, axis)


class LoudPooling(wi.NoPooling):
    """Three times as steep as it says beyond an amplitude."""

    def __call__(self, u, grid):
        return jnp.where(jnp.abs(u) > 50, 3 * u - 100 * u / jnp.maximum(jnp.abs(u), 1), u)


class ImaginaryPooling(wi.NoPooling):
    """Three times as steep as it says in the imaginary part."""

    def __call__(self, u, grid):
        return jax.lax.complex(u.real, 3 * u.imag) if jnp.iscomplexobj(u) else u


@pytest.mark.parametrize(
    ("name", "nonlinearity", "pooling", "verdict"),
    [
        ("wb2018_norm", Offset(), None, "hypotheses not met"),
        ("wb2018_nonlinearities", Understated("scale"), None, "fails"),
        ("wb2018_poolings", wi.Modulus(), LoudPooling(), "fails"),
        ("wb2018_poolings", wi.Identity(), ImaginaryPooling(), "fails"),
    ],
)
def test_members_that_are_not_what_they_declare_are_found_out(name, nonlinearity, pooling, verdict):
    grid = wi.Grid((32,))
    layer = wi.Layer(wi.frames.Morlet(scales=2, voices=2), nonlinearity, pooling)
    phi = wi.FeatureExtractor([layer], grid).admissible()
    where = Setting("false", phi, np.ones((1, 32)) / 6, ("ones",), 5)
    rows, _, _ = run([CLAIMS[name]], [where])
    assert rows[name]["verdict"] == verdict


def test_a_setting_asks_for_signals_on_its_grid():
    where = setting(wi.Dilate(2))
    for signals in (where.signals[0], list(where.signals), where.signals[:, :-1]):
        with pytest.raises(ValueError, match=r"shape \(count, 64\) with a name each.*f\[None\]"):
            dataclasses.replace(where, signals=signals)


def test_silent_filters_give_verdicts():
    """Nothing is divided by a gap or a growth that is infinite."""
    taps = np.zeros((2, 3))
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.FiniteFilters(taps))] * 2, wi.Grid((32,)))
    where = Setting("silent", phi, np.ones((1, 32)), ("ones",), 5)
    rows, _, _ = run([c for c in CLAIMS.values() if c.on_extractors], [where])
    assert not {"fails", "not evaluated"} & {row["verdict"] for row in rows.values()}
