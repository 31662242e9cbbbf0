"""Every claim holds on small extractors, every control fails, and ceilings of the theory are reached."""

import dataclasses
import json
import subprocess
import sys

import jax
import numpy as np
import pytest

import wiatowski as wi
from proofs_numeric.__main__ import succeeded, table
from proofs_numeric.claim import Cases, Claim, Control, Hypothesis
from proofs_numeric.drawn_settings import drawn_signals
from proofs_numeric.run import all_claims, run_claims, write_results
from proofs_numeric.setting import Setting

CLAIMS = {claim.name: claim for claim in all_claims()}


@pytest.fixture(autouse=True)
def double():
    """Proofs run in float64."""
    with jax.enable_x64(True):
        yield


def setting(pooling, nonlinearity=None, layers=2, size=64) -> Setting:
    grid = wi.Grid((size,))
    layer = wi.Layer(wi.frames.Meyer(scales=2), nonlinearity or wi.Modulus(), pooling)
    phi = wi.FeatureExtractor([layer] * layers, grid)
    signals = drawn_signals(jax.random.key(0), grid, 3)
    return Setting("small", phi, signals, ("random",) * 3, band=5)


def run(claims, settings, controls=False):
    results, arrays = run_claims(claims, settings, 0, controls, lambda text: None)
    return {row["name"]: row for row in results["claims"]}, arrays


def test_there_is_one_claim_a_file():
    assert len(CLAIMS) == len(all_claims()) == 13


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_controls_fail(name):
    controls = CLAIMS[name].controls(jax.random.key(3))
    assert controls
    for control in controls:
        assert control.violated, (control.name, control.cases.ratios.max())
        assert control.cases.ratios.max() > 1.05


def test_claims_on_a_dilating_extractor():
    rows, arrays = run(list(CLAIMS.values()), [setting(wi.Dilate(2))])
    decimated = {"derived_translation_aliased", "wtsgb2016_translation_aligned"}
    for name, row in rows.items():
        expected = "not applicable" if name in decimated else "holds"
        assert row["verdict"] == expected, name
        assert (row["cases"] == 0) == (expected == "not applicable")
    # Ceilings of the theory, within two per cent.
    assert rows["wb2018_lipschitz"]["tightness"] == pytest.approx(1, abs=1e-6)
    assert rows["derived_lipschitz_recursion"]["tightness"] == pytest.approx(1, abs=1e-6)
    assert rows["wb2018_norm"]["tightness"] == pytest.approx(1, abs=1e-6)
    assert 0.85 < rows["wb2018_deformation_torus"]["tightness"] <= 2 * np.pi / 7.3612 + 1e-4
    assert rows["derived_deformation_spectral"]["tightness"] == pytest.approx(1, abs=1e-6)
    assert rows["derived_deformation_stretch"]["tightness"] == pytest.approx(1, abs=1e-4)
    assert rows["wgb2018_energy_identity"]["tightness"] == pytest.approx(1, abs=1e-12)
    for row in rows.values():
        if row["worst"]:
            assert set(row["worst"]["arrays"].values()) <= set(arrays)


def test_claims_on_a_decimating_extractor():
    rows, _ = run(list(CLAIMS.values()), [setting(wi.Decimate(2))])
    for name in ("wb2018_translation_dilated", "wgb2018_energy_identity"):
        assert rows[name]["verdict"] == "not applicable"
        unmet = [h for h in rows[name]["settings"][0]["hypotheses"] if not h["holds"]]
        assert unmet
    for name in ("derived_translation_aliased", "wtsgb2016_translation_aligned"):
        assert rows[name]["verdict"] == "holds"


def test_theorem_one_is_tight_at_depth_zero_and_070_after_a_modulus():
    grid = wi.Grid((256,))
    layer = wi.Layer(wi.frames.Meyer(scales=3), wi.Modulus(), wi.Dilate(2))
    phi = wi.FeatureExtractor([layer] * 2, grid)
    deep = Setting("deep", phi, drawn_signals(jax.random.key(0), grid, 2), ("random",) * 2, band=5)
    rows, _ = run([CLAIMS["wb2018_translation_dilated"]], [deep])
    groups = rows["wb2018_translation_dilated"]["settings"][0]["groups"]
    assert groups["depth 0"] > 0.99
    # The ceiling for maps >= 0 and a band-limited output atom is 2^(-1/2).
    assert 0.65 < max(groups["depth 1"], groups["depth 2"]) <= 0.7072


@pytest.mark.parametrize("layers", [0, 1])
def test_a_black_image_and_an_extractor_without_layers(layers):
    grid = wi.Grid((32,))
    stack = [wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Dilate(2))] * layers
    phi = wi.FeatureExtractor(stack, grid, wi.frames.Meyer(scales=1))
    black = Setting("black", phi, np.zeros((2, 32)), ("black",) * 2, band=5)
    rows, _ = run(list(CLAIMS.values()), [black])
    verdicts = {name: row["verdict"] for name, row in rows.items()}
    assert "fails" not in verdicts.values(), verdicts
    assert verdicts["wb2018_lipschitz"] == "holds"


def test_a_claim_that_needs_admissibility_is_not_applied_without_it():
    grid = wi.Grid((48,))
    loud = wi.Layer(wi.frames.Scaled(wi.frames.Meyer(scales=2), 1.5), wi.Modulus())
    phi = wi.FeatureExtractor([loud], grid)
    where = Setting("loud", phi, drawn_signals(jax.random.key(0), grid, 2), ("random",) * 2, band=5)
    rows, _ = run([CLAIMS["wb2018_lipschitz"], CLAIMS["derived_lipschitz_recursion"]], [where])
    assert rows["wb2018_lipschitz"]["verdict"] == "not applicable"
    assert rows["derived_lipschitz_recursion"]["verdict"] == "holds"


def cases(measured, predicted, budget=0.0) -> Cases:
    count = len(measured)
    return Cases(
        np.array(measured),
        np.array(predicted),
        np.full(count, budget),
        ["random"] * count,
        ["case"] * count,
        lambda i: {"signal": np.zeros(4)},
    )


def test_a_nan_fails_and_is_the_worst_case():
    found = cases([0.5, np.nan, 0.9], [1.0, 1.0, 1.0])
    assert not found.holds
    assert found.worst() == 1


def test_cases_of_different_length_are_refused():
    with pytest.raises(ValueError, match="columns differ in length"):
        dataclasses.replace(cases([1.0], [1.0]), origin=["a", "b"])


class FalseClaim(Claim):
    name, title, statement, source = "false", "False", "$1 \\leq 0$", "nobody"

    def hypotheses(self, setting):
        return (Hypothesis("none", True),)

    def cases(self, setting, key):
        return cases([1.0], [0.0])

    def search(self, setting, key):
        return cases([0.5], [1.0])

    def controls(self, key):
        return (Control("holds although it should not", "", cases([0.0], [1.0])),)


def test_a_false_claim_fails_and_so_does_the_run(tmp_path):
    results, arrays = run_claims(
        [FalseClaim()], [setting(wi.Dilate(2))], 0, True, lambda text: None
    )
    assert results["claims"][0]["verdict"] == "fails"
    assert results["claims"][0]["worst"]["measured"] == 1.0
    assert not results["claims"][0]["controls"][0]["violated"]
    assert not succeeded(results)
    assert "fails" in table(results)
    write_results(tmp_path / "claims.json", results, arrays)
    assert json.loads((tmp_path / "claims.json").read_text())["claims"][0]["name"] == "false"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["claims.json", "claims.npz"]


def test_nothing_applicable_is_no_success():
    results, _ = run_claims(
        [CLAIMS["wgb2018_energy_identity"]], [setting(wi.Decimate(2))], 0, False, lambda text: None
    )
    assert not succeeded(results)


def test_the_same_seed_gives_the_same_results():
    where = setting(wi.Dilate(2), layers=1)
    claim = CLAIMS["wb2018_norm"]
    first, second = (run([claim], [dataclasses.replace(where)])[0] for _ in range(2))
    assert first == second


def test_the_command_checks_an_extractor_of_ones_own(tmp_path):
    grid = wi.Grid((32,))
    layer = wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Dilate(2))
    wi.save(wi.FeatureExtractor([layer], grid, output_stride=2), tmp_path / "phi.wi")
    np.savez(tmp_path / "s.npz", signals=np.eye(2, 32), names=np.array(["first", "second"]))
    command = [sys.executable, "-m", "proofs_numeric", "--claims", "wb2018_norm"]
    command += ["--extractor", tmp_path / "phi.wi", "--signals", tmp_path / "s.npz"]
    done = subprocess.run(
        [*map(str, command), "--json", str(tmp_path / "c.json")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "wb2018_norm" in done.stdout
    row = json.loads((tmp_path / "c.json").read_text())["claims"][0]
    assert row["settings"][0]["setting"] == "your extractor"
    np.savez(tmp_path / "s.npz", signals=np.eye(2, 31), names=np.array(["first", "second"]))
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 2
    assert "must be finite, of shape (count, (32,))" in done.stderr


def test_an_unknown_claim_is_named():
    done = subprocess.run(
        [sys.executable, "-m", "proofs_numeric", "--claims", "wb2018_nrm"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "no claim named wb2018_nrm; known: " in done.stderr
