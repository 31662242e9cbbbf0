"""Right-hand sides as claims evaluate them, beside the reference: no factor may be lost on the way."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest
import reference_network_bounds as nets
from bounds_network_comparisons import network_of
from claim_runs import CLAIMS, setting

import wiatowski as wi
from proofs_numeric import _displacements as fields
from proofs_numeric._functions import Cartoon
from proofs_numeric.engine.setting import rounding_budget

GRIDS = {1: (32,), 2: (12, 16), 3: (8, 8, 10)}


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def energies_of(where, f):
    """Per depth the root of W_n(f), and the norm of the features."""
    trace = where.phi.trace(f)
    features = [float(np.linalg.norm(a)) for a in trace.features]
    return np.sqrt(np.asarray(trace.propagated_energies(), float)), features


def translated(network, name, n, shift, f, moved, features):
    """The right-hand side of one case."""
    norm = float(np.linalg.norm(f))
    if name == "ckk2024_translation":
        return nets.translation_all_depths(network, shift, norm)
    if name == "derived_translation_aliased":
        return nets.translation_decimated(network, f, shift)[n]
    if name == "derived_translation_relative":
        return nets.translation_relative(network, n, shift, features[n])
    if name == "derived_translation_multiplier":
        samples = [int(t // network.strides()[n]) for t in shift]
        return nets.translation_multiplier_norm(network, n, samples) * moved[n]
    side = nets.covariance if name == "wb2018_covariance" else nets.translation
    return side(network, n, shift, moved[n])


@pytest.mark.parametrize("pooling", [wi.Dilate(2), wi.Decimate(2)])
@pytest.mark.parametrize(
    "name",
    [
        "ckk2024_translation",
        "derived_translation_aliased",
        "derived_translation_multiplier",
        "derived_translation_relative",
        "wb2018_covariance",
        "wb2018_translation_dilated",
        "wtsgb2016_translation_aligned",
    ],
)
def test_translation(name, pooling):
    where, claim = setting(pooling, size=32), CLAIMS[name]
    if not all(h.holds for h in claim.hypotheses(where)):
        return
    network = network_of(where.phi)
    cases = claim.evaluate(where, claim.given(where, jax.random.key(0)))
    for i, (witness, text) in enumerate(zip(cases.witnesses, cases.description)):
        f = np.asarray(witness.arrays["signal"])
        shift = [float(text.partition("(")[2].partition(",")[0])]
        depth = int(text.rpartition(" ")[2]) if "depth" in text else 0
        moved, features = energies_of(where, f)
        expected = translated(network, name, depth, shift, f, moved, features)
        np.testing.assert_allclose(cases.predicted[i], expected, rtol=1e-9, atol=1e-13)


def test_every_translation_claim_speaks_of_one_of_the_poolings():
    names = [name for name in CLAIMS if "translation" in name and CLAIMS[name].on_extractors]
    names += ["wb2018_covariance"]
    for name in set(names) - {"mallat2012_translation"}:
        where = [setting(pooling, size=32) for pooling in (wi.Dilate(2), wi.Decimate(2))]
        assert any(all(h.holds for h in CLAIMS[name].hypotheses(w)) for w in where), name


ENERGY = {
    "derived_energy_bands": nets.energy_decay_bands,
    "derived_energy_decay": nets.energy_decay,
    "derived_energy_one_step": nets.energy_one_step,
    "getter2025_energy_decay": nets.energy_decay_groups,
}


def own(name):
    """The claim's first own setting, and its given cases there."""
    claim = CLAIMS[name]
    where = (claim.own_settings(jax.random.key(0)) or [setting(wi.Dilate(2))])[0]
    return where, claim.evaluate(where, claim.given(where, jax.random.key(0)))


@pytest.mark.parametrize("name", sorted(ENERGY))
def test_energy(name):
    where, cases = own(name)
    network = network_of(where.phi)
    for witness, group, predicted in zip(cases.witnesses, cases.groups, cases.predicted):
        expected = ENERGY[name](network, np.asarray(witness.arrays["signal"]))
        np.testing.assert_allclose(predicted, expected[int(group[-1]) - 1], rtol=1e-9)


def test_depth_against_bandwidth_and_pooling():
    for where in CLAIMS["wgb2017_topology"].own_settings(jax.random.key(0)):
        claim = CLAIMS["wgb2017_topology"]
        cases = claim.evaluate(where, claim.given(where, jax.random.key(0)))
        atoms = [np.asarray(layer.bank.atoms_hat) for layer in where.phi.layers]
        factor = where.phi.layers[0].factor
        gap = min(map(nets.spectral_gap, atoms)) * factor ** (where.phi.depth - 1)
        growth = min(map(nets.growth_factor, atoms)) / factor
        for witness, group, predicted in zip(cases.witnesses, cases.groups, cases.predicted):
            n = int(group[-1])
            expected = nets.energy_beyond(witness.arrays["signal"], gap * growth ** (n - 1))
            np.testing.assert_allclose(predicted, expected, rtol=1e-9)


def test_the_share_is_the_least_for_which_the_formula_asks_for_no_more_layers():
    where, cases = own("wgb2018_depth")
    atoms = [np.asarray(layer.bank.atoms_hat) for layer in where.phi.layers]
    gap, growth = min(map(nets.spectral_gap, atoms)), min(map(nets.growth_factor, atoms))
    last = where.phi.depth - 1
    for witness, predicted in zip(cases.witnesses, cases.predicted):
        share = predicted / np.linalg.norm(witness.arrays["signal"]) ** 2
        band = witness.parameters["band"]
        assert 0 < share < 1
        assert wi.bounds.depth_for_share(share * (1 + 1e-9), band, gap, growth) <= last
        assert wi.bounds.depth_for_share(share * (1 - 1e-9), band, gap, growth) == last + 1


@pytest.mark.parametrize("ndim", sorted(GRIDS))
def test_suprema_of_smooth_fields_hold_between_the_samples_and_are_near(ndim):
    grid = wi.Grid(GRIDS[ndim])
    near = 1 / math.prod(math.cos(2 * math.pi / n) for n in grid.shape) * (1 + 1e-9)
    for seed in range(4):
        # Loose demands, so that the field itself decides.
        field = fields.smooth(jax.random.key(seed), grid, 1.0, 1e3, phase=0.3)
        fine = np.array([fields.upsampled(component, 4) for component in field.tau])
        length = np.linalg.norm(fine, axis=0).max()
        assert length <= field.tau_sup * (1 + 1e-12) <= length * near
        phase = np.abs(fields.upsampled(field.omega, 4)).max()
        assert phase <= field.omega_sup * (1 + 1e-12) <= phase * near
        jacobian = np.array([derivatives(component) for component in fine]) * 4
        entry = np.abs(jacobian).max()
        assert entry <= field.jacobian_sup * (1 + 1e-9) <= entry * near * (1 + 1e-9)
        operator = np.linalg.norm(np.moveaxis(jacobian, (0, 1), (-2, -1)), 2, (-2, -1)).max()
        assert operator <= field.operator_sup * (1 + 1e-9) <= operator * near * (1 + 1e-9)
        rows = np.abs(jacobian).sum(axis=1).max()  # of the maximum norm
        assert rows <= field.lipschitz * (1 + 1e-9) <= ndim * rows * near


def test_rows_of_a_jacobian_exceed_its_entries():
    """Otherwise the test above could not tell a Lipschitz constant from a slope."""
    field = fields.smooth(jax.random.key(0), wi.Grid(GRIDS[2]), 1.0, 1e3)
    fine = np.array([fields.upsampled(component, 4) for component in field.tau])
    jacobian = np.array([derivatives(component) for component in fine]) * 4
    assert np.abs(jacobian).sum(axis=1).max() > 1.1 * field.jacobian_sup


def derivatives(values):
    """Of a trigonometric polynomial along each axis, per sample."""
    found = []
    for axis, n in enumerate(values.shape):
        k = np.fft.fftfreq(n, 1 / n)
        line = [-1 if a == axis else 1 for a in range(values.ndim)]
        turned = np.fft.fft(values, axis=axis) * (2j * np.pi * k / n).reshape(line)
        found.append(np.fft.ifft(turned, axis=axis).real)
    return found


def test_the_constant_of_a_cartoon_is_its_steepest_slope_or_loudest_part():
    x = np.linspace(0, 1, 9001)
    for seed in range(5):
        first, second = np.random.default_rng(seed).standard_normal((2, 9))
        made = Cartoon(first, second, 0.2, 0.7)
        parts = [np.interp(x, np.linspace(0, 1, 9), c) for c in (first, second)]
        steep = max(np.abs(np.diff(part)).max() * 9000 for part in parts)
        np.testing.assert_allclose(made.constant, max(steep, np.abs(second).max()), rtol=1e-6)
    flat = Cartoon(np.zeros(9), np.full(9, -3.0), 0.2, 0.7)
    assert flat.constant == 3.0


def test_the_rounding_budget_is_its_formula_and_no_more():
    """Two layers, 64 samples, Lipschitz bound one: 3 stages of 16 * 6 + 32 units each."""
    where = setting(wi.Dilate(2))
    unit = float(np.finfo(np.float64).eps)
    np.testing.assert_allclose(rounding_budget(where.phi, 2.0), 2 * unit * 3 * 128, rtol=1e-6)


def test_the_rounding_budget_is_not_far_above_what_rounding_does():
    where = setting(wi.Dilate(2))
    single = where.cast(np.float32)
    apart = []
    for f, g in zip(where.signals, single.signals):
        exact = where.phi(f).flatten()
        with jax.enable_x64(False):
            apart.append(np.linalg.norm(np.asarray(single.phi(g).flatten()) - np.asarray(exact)))
    budget = float(rounding_budget(single.phi, 1.0))
    assert max(apart) <= budget <= 1000 * max(apart)


#: Of each measured statement the exponents that it demands.
EXPONENTS = {
    "mallat2012_deformation": {0.1, 1.0},
    "mallat2012_translation": {1.0},
    "nt2023_holder": {1.0},
    "nt2025_growth": {0.5, 1.0, 1.5},
}


@pytest.mark.parametrize("name", sorted(EXPONENTS))
def test_measured_statements_demand_the_exponents_of_their_papers(name):
    claim, demanded = CLAIMS[name], set()
    for where in claim.own_settings(jax.random.key(0)):
        cases = claim.evaluate(where, claim.given(where, jax.random.key(0)))
        for side in (cases.measured, cases.predicted):
            demanded |= set(side) & EXPONENTS[name]
        either = [bool({m, p} & EXPONENTS[name]) for m, p in zip(cases.measured, cases.predicted)]
        assert all(either), cases.description
    assert demanded == EXPONENTS[name]
