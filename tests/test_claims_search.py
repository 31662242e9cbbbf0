"""The parts of the adversarial search, each against a slow and obvious way."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import wiatowski as wi
from proofs_numeric import _displacements as fields
from proofs_numeric import _worst_displacement as worst
from proofs_numeric import findings, wb2018_norm
from proofs_numeric._deformation import _by_lanczos, worst_signal
from proofs_numeric._slopes import fitted
from proofs_numeric.engine import crossing
from proofs_numeric.engine.claim import Attempt
from proofs_numeric.engine.lanczos import tangent, top_singular_pair
from proofs_numeric.engine.run import all_claims
from proofs_numeric.engine.search import attack, ratio, target
from proofs_numeric.engine.setting import Setting, differences, norms
from proofs_numeric.engine.settings import all_settings, drawn_signals
from proofs_numeric.engine.units import Store
from proofs_numeric.wb2018_translation_dilated import CLAIM as DILATED


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def small(real=True, nonlinearity=None) -> Setting:
    grid = wi.Grid((48,))
    layer = wi.Layer(wi.frames.Meyer(scales=2), nonlinearity or wi.Modulus(), wi.Dilate(2))
    phi = wi.FeatureExtractor([layer] * 2, grid)
    signals = drawn_signals(jax.random.key(0), grid, 2, real)
    return Setting("small", phi, signals, ("random",) * 2, band=5)


@pytest.mark.parametrize("is_complex", [False, True])
def test_lanczos_finds_the_largest_singular_value(is_complex):
    random = np.random.default_rng(0)
    matrix = random.standard_normal((30, 20))
    if is_complex:
        matrix = matrix + 1j * random.standard_normal((30, 20))
    start = random.standard_normal(20) + (1j if is_complex else 0) * random.standard_normal(20)
    forward, adjoint = tangent(lambda v: jnp.asarray(matrix) @ v, jnp.asarray(start))
    value, vector = top_singular_pair(forward, adjoint, start, 40)
    assert float(value) == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-12)
    assert np.linalg.norm(matrix @ vector) == pytest.approx(float(value), rel=1e-12)


def test_few_steps_of_lanczos_give_an_attained_lower_bound():
    matrix = np.diag(np.linspace(1, 2, 50))
    forward, adjoint = tangent(lambda v: jnp.asarray(matrix) @ v, jnp.ones(50))
    value, vector = top_singular_pair(forward, adjoint, np.ones(50), 3)
    assert 1.8 < float(value) < 2
    assert np.linalg.norm(matrix @ vector) == pytest.approx(float(value), rel=1e-12)


def test_lanczos_and_the_gram_matrix_agree_on_the_worst_signal():
    setting = small()
    field = fields.smooth(jax.random.key(1), setting.grid, 0.5, 0.3)
    for found in (_by_lanczos(setting, field), worst_signal(setting, field)):
        moved = np.asarray(wi.deform(found, field.tau, band=setting.band)) - found
        exact, _ = wi.bounds.deformation_operator_norm(field.tau, setting.band)
        assert np.linalg.norm(moved) == pytest.approx(float(exact), rel=1e-6)


def test_dynamic_programming_finds_the_best_closed_trajectory():
    f = np.random.default_rng(2).standard_normal(6)
    amplitude, slope, levels = 1.0, 0.5, 5
    lattice = np.linspace(-amplitude, amplitude, levels)
    gains = np.stack([worst.change(f, [t]) for t in lattice], axis=1)
    best = max(
        sum(gains[n, j] for n, j in enumerate(path))
        for path in itertools.product(range(levels), repeat=6)
        if all(
            abs(lattice[a] - lattice[b]) <= slope + 1e-9 for a, b in zip(path, path[1:] + path[:1])
        )
    )
    tau = worst.with_slope(f, amplitude, slope, levels)[0]
    assert np.all(np.abs(tau - np.roll(tau, 1)) <= slope + 1e-9)
    found = sum(gains[n, int(np.argmin(np.abs(lattice - t)))] for n, t in enumerate(tau))
    assert found == pytest.approx(best, rel=1e-12)


def test_the_worst_pointwise_displacement_is_at_least_any_other():
    f = np.random.default_rng(3).standard_normal(20)
    tau = worst.pointwise(f, 0.8)
    assert np.abs(tau).max() <= 0.8 + 1e-12
    best = np.linalg.norm(np.asarray(wi.deform(f, tau)) - f)
    for seed in range(5):
        steps = np.random.default_rng(seed).integers(-8, 9, 20) / 10
        assert np.linalg.norm(np.asarray(wi.deform(f, steps[None])) - f) <= best + 1e-9


@pytest.mark.parametrize("real", [True, False])
def test_a_target_is_the_ratio_that_the_claim_evaluates(real):
    setting = small(real)
    witnesses = DILATED.given(setting, jax.random.key(0))[:1]
    cases = DILATED.evaluate(setting, witnesses)
    shift = witnesses[0].parameters["shift"]
    f = witnesses[0].arrays["signal"]
    for n in range(3):
        one = np.eye(3)[n]
        scale = cases.predicted[n] ** 2 / differences(setting, f[None], f[None])["energy"][0, n]
        aim = target(setting, shift=shift, difference=one, energy=scale * one)
        value = float(ratio(setting.phi, (f, 0 * f), aim))
        assert value == pytest.approx(float(cases.ratios[n]) ** 2, rel=1e-9)


@pytest.mark.parametrize("real", [True, False])
def test_an_attack_only_improves_and_keeps_the_mask(real):
    setting = small(real)
    mask = np.abs(np.fft.fftfreq(48, 1 / 48).round()) <= 7
    aim = target(setting, shift=(1,), mask=mask, difference=[0, 1, 0], size=1.0)
    starts = list(setting.signals)
    before = [float(ratio(setting.phi, (f, 0 * f), aim)) for f in starts]
    f, h = attack(setting, starts, [aim] * 2, steps=20)
    assert np.abs(np.fft.fft(f)[:, ~mask]).max() < 1e-12 * np.abs(f).max() * 48
    assert np.allclose(h, np.roll(f, 1, axis=1))
    assert np.iscomplexobj(f) is not real
    found = differences(setting, f, h)["difference"][:, 1] ** 2 / norms(f) ** 2
    assert np.all(found >= np.array(before) * (1 - 1e-9))
    assert found.max() > 1.5 * max(before)


class Root(wi.AbstractNonlinearity):
    """Of the positive part: its slope at zero is infinite, and zero times that is no number."""

    @property
    def lipschitz(self):
        return 1.0

    def __call__(self, u):
        return jnp.sqrt(jnp.maximum(u, 0))


def test_a_search_without_a_gradient_says_so():
    with jax.enable_x64(True):
        phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(1), Root())], wi.Grid((16,)))
        setting = Setting("rooted", phi, np.ones((1, 16)), ("one",), 4)
        aim = [target(setting, difference=1.0, size=1.0)]
        with pytest.raises(FloatingPointError, match="not finite on rooted: 1 of 1 restarts were"):
            attack(setting, [np.ones(16)], aim)


def test_silent_output_atoms_are_not_searched():
    """Their bound is zero, and so would be the denominator of the ratio."""
    with jax.enable_x64(True):
        grid = wi.Grid((16,))
        mean = np.zeros(16)
        mean[0] = 1.0
        banks = [wi.FilterBank(np.ones((1, 16)) / 2, chi, grid) for chi in (mean, np.ones(16) / 2)]
        layers = [wi.Layer(bank) for bank in banks]
        signals = np.eye(16)[:2]
        for output, depths in ((mean, {1}), (np.ones(16) / 2, {1, 2})):
            phi = wi.FeatureExtractor(layers, grid, wi.FilterBank(np.ones((0, 16)), output, grid))
            setting = Setting("silent", phi, signals, ("one", "two"), 4)
            found = DILATED.searched(setting, Attempt(jax.random.key(0)))
            assert {w.parameters["depth"] for w in found if w.parameters["depth"]} == depths
        silent = wi.FeatureExtractor([layers[0]], grid, wi.FilterBank(np.ones((0, 16)), mean, grid))
        setting = Setting("silent everywhere", silent, signals, ("one", "two"), 4)
        assert DILATED.searched(setting, Attempt(jax.random.key(0))) == []


def test_the_same_attempt_finds_the_same_and_another_finds_another():
    setting = small()
    key = jax.random.key(1)
    one, same, other = (
        DILATED.searched(setting, Attempt(k, 1)) for k in (key, key, jax.random.key(2))
    )
    assert np.array_equal(one[0].arrays["signal"], same[0].arrays["signal"])
    assert not np.array_equal(one[0].arrays["signal"], other[0].arrays["signal"])


def test_exponents_of_powers_are_exact_and_zeros_have_none():
    x = np.array([1.0, 2.0, 4.0, 8.0])
    found = fitted(x, 3 * x**1.5)
    assert found.value == pytest.approx(1.5, abs=1e-12)
    assert found.error < 1e-12
    assert fitted(x, x + x**2).error > 0.1
    assert fitted(x, [1, 0, 1, 1]).value == -np.inf


@pytest.mark.parametrize("seed", range(6))
def test_settings_of_every_seed_can_be_built(seed):
    settings = all_settings(seed)
    assert len(settings) >= 10
    assert len({s.name for s in settings}) == len(settings)
    assert {s.grid.ndim for s in settings} == {1, 2, 3}


class Raising(type(wb2018_norm.CLAIM)):
    """A claim that no extractor can bear."""

    name = "raising"

    def evaluate(self, setting, witnesses):
        raise OverflowError("beyond what it bears")


def test_the_crossing_is_as_wide_as_it_says(monkeypatch):
    assert len(crossing.FRAMES) >= 12
    assert len(crossing.NONLINEARITIES) >= 6
    assert len(crossing.POOLINGS) >= 5
    monkeypatch.setattr(crossing, "FRAMES", (crossing.FRAMES[0], crossing.FRAMES[2]))
    monkeypatch.setattr(crossing, "NONLINEARITIES", crossing.NONLINEARITIES[:1])
    monkeypatch.setattr(crossing, "POOLINGS", crossing.POOLINGS[1:3])
    monkeypatch.setattr(crossing, "all_settings", lambda seed, full: [small()])
    crossing._everything.cache_clear()
    names = ("wb2018_norm", "wb2018_translation_dilated")
    claims = [claim for claim in all_claims() if claim.name in names]
    claims.append(Raising())
    store, seen = Store(None, {}), []
    crossing.cross(claims, 0, store, seen.append)
    crossing.cross(claims, 0, store, seen.append)  # nothing is done twice
    found = crossing.table(claims, 0, store)
    crossing._everything.cache_clear()
    assert len(seen) == 2 * crossing.steps(0) == 10
    cells = found["cells"]["wb2018_translation_dilated"]
    assert set(cells) == {
        f"{frame}|Modulus|{pooling}"
        for frame in ("Meyer", "Haar")
        for pooling in ("Dilate", "Decimate")
    } | {"small"}
    assert cells["Meyer|Modulus|Decimate"]["verdict"] == "not applicable"
    assert cells["Meyer|Modulus|Dilate"]["verdict"] == "tight"
    assert found["cells"]["wb2018_norm"]["Haar|Modulus|Decimate"]["tightness"] > 0.99
    broken = found["cells"]["raising"]["Haar|Modulus|Decimate"]
    assert broken["verdict"] == "not evaluated"
    assert "OverflowError: beyond what it bears" in broken["error"]


def test_padding_with_zero_atoms_changes_no_statement():
    bank = wi.frames.Meyer(scales=2).on(wi.Grid((32,)))
    padded = crossing._padded(bank, 7)
    assert len(padded) == 7
    assert padded.real == bank.real
    sums = (bank.littlewood_paley(), padded.littlewood_paley())
    np.testing.assert_allclose(*sums, rtol=bank.rounding)  # zeros change the order of summation
    assert wi.bounds.spectral_support(bank) == wi.bounds.spectral_support(padded)
    assert wi.bounds.growth_factor(bank) == wi.bounds.growth_factor(padded)


def test_the_best_constant_is_stated_with_its_proof():
    found = findings._best_constant()
    assert found["status"] == "proof"
    assert any("$C > 6.527$ in $d = 40$" in text for text in found["evidence"])
    curves = {c["label"]: c["y"] for c in found["series"]["curves"]}
    assert curves["radial example"][0] < 1 < max(curves["radial example"])
    assert max(curves["radial example"]) < curves["proved upper bound"][0]


def test_findings_are_kept_with_the_run(monkeypatch):
    monkeypatch.setattr(findings, "findings", lambda rounds, progress: [{"title": str(rounds)}])
    store = Store(None, {})
    assert findings.found_again(store, 2, print) == [{"title": "2"}]
    assert findings.found_again(store, 3, print) == [{"title": "2"}]


def test_one_layer_hands_on_less_than_the_games_value_and_the_search_less_than_that():
    widths = (3, 7, 15, 31)
    for width in widths:
        from proofs_numeric._one_sided import blocks

        bank = blocks(wi.Grid((8 * width + 1,)), (width + 1) // 2, width)
        factor = wi.bounds.energy_step_factor(bank, bank)
        assert factor < min(0.75, 1 - 1 / width)
        assert factor > 0.5
