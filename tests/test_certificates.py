"""Certificates: what they enclose, what they refuse, and that a check never needs a search."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import frames
from wiatowski.certificates import Certificate, CertificateError, certify, certify_bank
from wiatowski.certificates._autocorrelation import autocorrelation
from wiatowski.certificates._definite import eigenvalue_range, proved_range
from wiatowski.certificates._sampling import transform
from wiatowski.certificates._subdivision import search
from wiatowski.certificates.by_roots import certify_real_taps
from wiatowski.certificates.on_torus import certify_taps
from wiatowski.frames.frame import FiniteTaps

certify_module = sys.modules["wiatowski.certificates.certify"]
# The bank of 48 one-sided Morlet filters whose bounds were computed independently.
MORLET = frames.Morlet(scales=6, voices=8, centre=2.2 / (2 * math.pi), low_pass=0.6)


def taps_1d(seed: int, count: int = 8, length: int = 16) -> frames.FiniteFilters:
    return frames.FiniteFilters(np.random.default_rng(seed).standard_normal((count, length)))


def power(frame: frames.FiniteFilters, omega: np.ndarray) -> np.ndarray:
    """The Littlewood-Paley sum of one-dimensional filters at any frequencies."""
    rows = [*np.asarray(frame.taps), np.asarray(frame.output_taps)]
    return sum(
        np.abs(np.exp(-2j * np.pi * np.outer(omega, np.arange(len(h)))) @ h) ** 2 for h in rows
    )


def tampered(certificate: Certificate, **changes) -> Certificate:
    """Another claim with a digest and witnesses that fit, as a careful forger would write it."""
    forged = dataclasses.replace(certificate, **changes)
    if "upper_witness" not in changes:
        low, high = forged.lower_witness, forged.upper_witness
        low = dataclasses.replace(low, high=max(low.high, forged.lower))
        high = dataclasses.replace(high, low=min(high.low, forged.upper))
        forged = dataclasses.replace(forged, lower_witness=low, upper_witness=high)
    return Certificate.from_json(forged.to_json())


def assert_rejects_a_tighter_claim(certificate: Certificate, filters=None, by: float = 1e-4):
    certificate.verify(filters)
    lowered = tampered(certificate, lower=0.0, upper=certificate.upper * (1 - by))
    with pytest.raises(CertificateError, match="verify"):
        lowered.verify(filters)
    if 0 < certificate.lower <= certificate.upper * (1 - 2 * by):
        raised = tampered(certificate, lower=certificate.lower + by * certificate.upper)
        with pytest.raises(CertificateError, match="verify"):
            raised.verify(filters)


# --- tier "grid" ------------------------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=20)
def test_grid_certificates_enclose_the_bounds_in_higher_precision(data):
    grid = data.draw(strategies.grids())
    bank = data.draw(strategies.frames_on(grid)).on(grid)
    real = data.draw(st.booleans())
    certificate = certify(bank, real=real)
    certificate.verify(bank)
    rows = np.concatenate([np.asarray(bank.output_atom_hat)[None], np.asarray(bank.atoms_hat)])
    rows = rows.astype(np.clongdouble)
    total = (rows.real**2 + rows.imag**2).sum(axis=0)
    if real:
        mirrored = total[np.ix_(*(-np.arange(n) % n for n in total.shape))]
        total = (total + mirrored) / 2
    assert certificate.lower <= total.min()
    assert total.max() <= certificate.upper
    assert certificate.upper - total.max() <= 1e-12 * certificate.upper
    for witness, extreme in (
        (certificate.lower_witness, total.min()),
        (certificate.upper_witness, total.max()),
    ):
        assert witness.low <= extreme <= witness.high


def test_a_grid_certificate_rebuilds_a_named_frame_in_its_precision():
    bank = frames.Curvelets(scales=2).on(wi.Grid((33, 47)))
    certificate = Certificate.from_json(certify_bank(bank).to_json())
    certificate.verify()
    with jax.enable_x64(True):
        double = certify_bank(frames.Curvelets(scales=2).on(wi.Grid((33, 47))))
        assert double.upper - 1 < 1e-13 < certificate.upper - 1
    double.verify()  # in double precision, whatever the surroundings


def test_grid_certificates_refuse_other_arrays():
    bank = frames.Haar(scales=1).on(wi.Grid((16,)))
    certificate = certify_bank(bank)
    assert_rejects_a_tighter_claim(certificate, bank, 1e-12)
    other = wi.FilterBank(bank.atoms_hat.at[0, 3].add(1e-6), bank.output_atom_hat, bank.grid)
    with pytest.raises(CertificateError, match="about other filters: sha256"):
        certificate.verify(other)
    with pytest.raises(CertificateError, match="about other filters"):
        certificate.verify(frames.Haar(scales=1).on(wi.Grid((32,))))
    moved = wi.FilterBank(bank.atoms_hat, bank.output_atom_hat, wi.Grid((16,), 0.5), bank.labels)
    with pytest.raises(CertificateError, match="lives on"):
        certificate.verify(moved)
    anonymous = certify_bank(wi.FilterBank(bank.atoms_hat, bank.output_atom_hat, bank.grid))
    with pytest.raises(CertificateError, match="pass the bank"):
        anonymous.verify()
    with pytest.raises(CertificateError, match="pass frame"):
        certificate.verify(frames.Haar(scales=1))


def test_a_traced_bank_is_refused():
    grid = wi.Grid((8,))

    def bound(atoms):
        bank = wi.FilterBank(atoms, jnp.zeros(8), grid)
        return certify_bank(bank).upper

    with pytest.raises(TypeError, match="being traced"):
        jax.jit(bound)(jnp.ones((1, 8)))
    with pytest.raises(TypeError, match="expected a FilterBank"):
        certify_bank(np.ones(3))
    with pytest.raises(TypeError, match="expected a frame or a bank"):
        certify(np.ones(3))


# --- finite filters -----------------------------------------------------------------------------


@pytest.mark.parametrize("tier", [certify_real_taps, certify_taps])
def test_500_random_banks_never_leave_their_enclosure(tier):
    rng = np.random.default_rng(0)
    for seed in range(500):
        frame = taps_1d(seed)
        certificate = tier(frame.finite_taps(1), frame)
        omega = np.concatenate([rng.uniform(0, 0.5, 150), np.arange(33) / 64])
        omega = np.append(omega, certificate.upper_witness.frequency)
        values = power(frame, omega)
        slack = 1e-12 * values.max()
        assert certificate.lower - slack <= values.min()
        assert values.max() <= certificate.upper + slack
        assert certificate.upper_witness.low <= values[-1] + slack <= values.max() + 2 * slack


def test_sampling_on_a_short_grid_is_optimistic_and_roots_are_not():
    """The control: what peers report, bounds on 64 bins, lies inside the true interval."""
    worse = 0
    for seed in range(50):
        frame = taps_1d(seed)
        certificate = certify(frame)
        sampled = power(frame, np.arange(32) / 64)
        assert certificate.tier == "roots"
        assert certificate.lower <= sampled.min() * (1 + 1e-12)
        assert sampled.max() <= certificate.upper * (1 + 1e-12)
        worse += sampled.max() < 0.999 * certificate.upper
    assert worse > 10


@pytest.mark.parametrize("length", [1, 2, 9, 33, 65])
def test_roots_agree_with_a_dense_search_to_the_last_digits(length):
    frame = taps_1d(length, 4, length)
    certificate = certify_real_taps(frame.finite_taps(1), frame)
    low, high = certificate.gap()
    assert max(low, high) <= 1e-14 * certificate.upper + 1e-300
    values = power(frame, np.linspace(0, 0.5, 100_001))
    assert certificate.lower <= values.min() * (1 + 1e-13)
    assert values.max() <= certificate.upper * (1 + 1e-13)
    assert certificate.upper <= values.max() * (1 + 1e-5)
    assert_rejects_a_tighter_claim(certificate, frame, 1e-12)


def test_a_bound_that_is_only_just_too_low_is_rejected_by_roots():
    frame = taps_1d(7)
    certificate = certify(frame)
    one_ulp_below = math.nextafter(certificate.upper_witness.low, 0.0)
    with pytest.raises(CertificateError, match="reached or passed"):
        tampered(certificate, upper=one_ulp_below).verify()


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("is_complex", [False, True])
def test_the_enclosure_holds_between_the_samples(ndim, is_complex):
    rng = np.random.default_rng(ndim)
    window = (5, 4, 3)[:ndim]
    taps = rng.standard_normal((3, *window)) + 1j * is_complex * rng.standard_normal((3, *window))
    frame = frames.FiniteFilters(taps if is_complex else taps.real, np.ones(window))
    certificate = certify_taps(frame.finite_taps(ndim), frame)
    fine = sum(
        np.abs(transform(a, (41, 53, 37)[:ndim])) ** 2 for a in (*frame.taps, frame.output_taps)
    )
    assert certificate.lower <= fine.min()
    assert fine.max() <= certificate.upper <= 1.02 * fine.max()
    assert_rejects_a_tighter_claim(certificate, frame, 0.1)
    certificate.verify()


def test_more_points_tighten_the_enclosure_and_three_are_enough_to_be_valid():
    frame = taps_1d(1)
    widths = []
    for oversampling in (3, 8, 64):
        certificate = certify(frame, oversampling=oversampling)
        exact = certify(frame)
        assert certificate.tier == "trigonometric"
        assert certificate.lower <= exact.lower <= exact.upper <= certificate.upper
        widths.append(certificate.upper - certificate.lower)
    assert widths == sorted(widths, reverse=True)


def test_a_tight_bank_has_tight_bounds():
    for frame, ndim in ((frames.Haar(scales=2), 2), (frames.Haar(scales=3), 1)):
        certificate = certify(frame, ndim)
        assert 1 - 1e-12 <= certificate.lower <= 1 <= certificate.upper <= 1 + 1e-12
        certificate.verify(frame)


def test_too_few_sample_points_prove_nothing():
    frame = taps_1d(2)
    certificate = certify_taps(frame.finite_taps(1), frame)
    method = certificate.method | {"points": [30]}
    with pytest.raises(CertificateError, match="twice the degree"):
        tampered(certificate, method=method).verify()
    with pytest.raises(CertificateError, match="more sample points"):
        tampered(certificate, method=certificate.method | {"points": [10**9]}).verify()
    with pytest.raises(CertificateError, match="degrees"):
        tampered(certificate, method=certificate.method | {"degrees": [3]}).verify()


def test_finite_filter_certificates_refuse_other_filters():
    frame, other = taps_1d(3), taps_1d(4)
    for certificate in (certify(frame), certify_taps(frame.finite_taps(1), frame)):
        certificate.verify(frame)
        with pytest.raises(CertificateError, match="other filters"):
            certificate.verify(other)
        with pytest.raises(CertificateError, match="finite filters"):
            certificate.verify(frames.Meyer(scales=2))
        certificate.verify(frame.on(wi.Grid((40,))))
        with pytest.raises(CertificateError, match="other filters"):
            certificate.verify(other.on(wi.Grid((40,))))
        with pytest.raises(CertificateError, match="dimension"):
            certificate.verify(frames.Haar(scales=1).on(wi.Grid((8, 8))))


def test_the_autocorrelation_is_exact():
    taps = {"a": np.array([0.1, 1e-300, -3.0]), "b": np.array([1e10, 2.0**-1074])}
    found = autocorrelation(FiniteTaps(taps, np.array([1 / 3])))
    from fractions import Fraction

    rows = [[Fraction(float(v)) for v in row] for row in (*taps.values(), [1 / 3])]
    for lag in range(3):
        exact = sum((x * y for row in rows for x, y in zip(row, row[lag:])), start=Fraction(0))
        assert Fraction(int(found.real[2 + lag]), 2**found.exponent) == exact


def test_complex_taps_keep_their_autocorrelation_hermitian():
    rng = np.random.default_rng(5)
    taps = rng.standard_normal((2, 4)) + 1j * rng.standard_normal((2, 4))
    found = autocorrelation(FiniteTaps({"0": taps[0], "1": taps[1]}, np.zeros(1)))
    omega = np.linspace(0, 1, 7)
    r = found.rounded()
    series = sum(r[3 + m] * np.exp(-2j * np.pi * m * omega) for m in range(-3, 4))
    waves = np.exp(-2j * np.pi * np.outer(omega, np.arange(4)))
    np.testing.assert_allclose(series, sum(np.abs(waves @ row) ** 2 for row in taps), atol=1e-13)


# --- matrices --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("ndim", [1, 2])
def test_matrix_certificates_bound_every_grid(stride, ndim):
    rng = np.random.default_rng(10 * ndim + stride)
    taps = rng.standard_normal((5, 2, *(3, 2)[:ndim]))
    filters = frames.MatrixFilters(taps, stride=stride)
    certificate = certify(filters)
    certificate.verify(filters)
    with jax.enable_x64(True):
        for n in (6, 8, 10, 24):
            bank = filters.on(wi.Grid((n,) * ndim))
            lower, upper = (float(b) for b in bank.frame_bounds())
            assert certificate.lower <= lower
            assert upper <= certificate.upper
            own = certify_bank(bank)
            own.verify(bank)
            assert own.lower <= lower * (1 + 1e-12) + 1e-12
            assert upper * (1 - 1e-12) <= own.upper <= upper * (1 + 1e-10)
    assert certificate.upper - certificate.upper_witness.low < 0.01 * certificate.upper
    assert_rejects_a_tighter_claim(certificate, filters, 0.02)


def test_matrix_certificates_refuse_other_taps():
    taps = np.random.default_rng(0).standard_normal((3, 2, 3))
    filters = frames.MatrixFilters(taps)
    certificate = certify(filters)
    Certificate.from_json(certificate.to_json()).verify()  # small layers travel in the file
    large = certify(frames.MatrixFilters(np.zeros((130, 130, 1))))
    large.verify(frames.MatrixFilters(np.zeros((130, 130, 1))))
    with pytest.raises(CertificateError, match="pass the filters"):
        large.verify()
    changed = certificate.filters | {"taps": [[0.0] * taps.size] * 2}
    with pytest.raises(CertificateError, match="other filters: sha256"):
        tampered(certificate, filters=changed).verify()
    with pytest.raises(CertificateError, match="other filters: sha256"):
        certificate.verify(frames.MatrixFilters(taps * (1 + 1e-15)))
    with pytest.raises(CertificateError, match="other filters: stride"):
        certificate.verify(frames.MatrixFilters(taps, stride=2))
    with pytest.raises(CertificateError, match="convolution layer"):
        certificate.verify(frames.Haar(scales=1))
    narrowed = certificate.method | {"on_points": [certificate.method["on_points"][0], 0.5]}
    with pytest.raises(CertificateError, match="do not follow"):
        tampered(certificate, method=narrowed).verify(filters)


@given(seed=strategies.seeds(), n=st.integers(1, 8))
@settings(max_examples=25)
def test_a_cholesky_factorisation_proves_what_is_true_and_nothing_else(seed, n):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3, n + 1, n)) + 1j * rng.standard_normal((3, n + 1, n))
    grams = np.conj(np.swapaxes(x, 1, 2)) @ x
    values = np.linalg.eigvalsh(grams)
    lower, upper, lowest, highest = eigenvalue_range(grams, 0.0)
    assert lower <= values.min() <= lowest[2] * (1 + 1e-9) + 1e-9
    assert highest[1] * (1 - 1e-9) <= values.max() <= upper
    assert upper <= values.max() * (1 + 1e-9)
    assert not proved_range(grams, 0.0, 0.0, values.max() * (1 - 1e-9))
    assert not proved_range(grams, 0.0, values.min() * (1 + 1e-9) + 1e-9, upper)
    assert not proved_range(grams, 0.1 * upper, 0.0, upper)  # an error that large proves nothing


# --- formulas on all of R ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def morlet_certificate() -> Certificate:
    return certify(MORLET)


def test_the_morlet_bank_on_all_of_r(morlet_certificate):
    assert 1.164133156320 <= morlet_certificate.upper <= 1.164133156719
    assert max(morlet_certificate.gap()) <= 2e-11
    morlet_certificate.verify()
    morlet_certificate.verify(MORLET)
    assert_rejects_a_tighter_claim(morlet_certificate)
    band = certify(MORLET, band=(0.0, 1 / math.pi))
    assert 0.120989462952 <= band.lower <= 0.120989463235
    band.verify()
    assert_rejects_a_tighter_claim(band)


@pytest.mark.parametrize("real", [False, True])
def test_formulas_bound_every_sample_and_are_attained(real):
    for frame in (
        frames.Morlet(scales=2, voices=1),
        frames.Morlet(scales=3, voices=4, low_pass=0.9),
        frames.LogGabor(scales=3),
        frames.Gammatone(scales=2, voices=2),
        frames.Scaled(frames.Morlet(scales=2), 1.5),
    ):
        certificate = certify(frame, real=real, tolerance=1e-9)
        certificate.verify(frame)
        with jax.enable_x64(True):
            for grid in (wi.Grid((4000,), 0.3), wi.Grid((1001,), 0.5), wi.Grid((997,))):
                total = np.asarray(frame.on(grid).littlewood_paley(real))
                assert certificate.lower <= total.min() + 1e-13
                assert total.max() <= certificate.upper + 1e-13
            (omega,) = certificate.upper_witness.frequency
            assert certificate.upper_witness.low <= certificate.upper
        assert max(certificate.gap()) <= 2e-9 * certificate.upper + 1e-12, frame
        assert_rejects_a_tighter_claim(certificate, frame)
        assert abs(omega) < 100


@pytest.mark.parametrize("real", [False, True])
def test_formulas_in_the_plane(real):
    frame = frames.Morlet(scales=1, orientations=2)
    certificate = certify(frame, 2, real=real, tolerance=1e-2)
    certificate.verify(frame)
    with jax.enable_x64(True):
        for grid in (wi.Grid((128, 97), 0.4), wi.Grid((64, 63))):
            total = np.asarray(frame.on(grid).littlewood_paley(real))
            assert certificate.lower <= total.min() + 1e-13
            assert total.max() <= certificate.upper + 1e-13
    assert certificate.gap()[1] <= 0.011 * certificate.upper
    assert_rejects_a_tighter_claim(certificate, frame, 0.02)


def test_claims_for_real_input_hold_on_even_grids_too():
    """Their Nyquist bins stand for both signs, and hold the mean over them."""
    frame = frames.Morlet(scales=1, orientations=2)
    certificate = certify(frame, 2, real=True, tolerance=2e-2)
    with jax.enable_x64(True):
        for shape in ((64, 64), (65, 64), (20, 31)):
            bank = frame.on(wi.Grid(shape))
            certificate.verify(bank)
            assert bank.frame_bounds(real=True).lower >= certificate.lower


def test_a_tree_of_boxes_must_cover_the_line(morlet_certificate):
    tree = morlet_certificate.method["tree"]
    for wrong, message in (
        (tree[:-1], "ends too early"),
        (tree + "0", "goes on after its end"),
        ("2" + tree, "zeros and ones"),
        ("1" * 5000, "cannot be halved"),
        ("0" * 7, "only known to be"),
        (17, "zeros and ones"),
    ):
        with pytest.raises(CertificateError, match=message):
            tampered(
                morlet_certificate, method=morlet_certificate.method | {"tree": wrong}
            ).verify()
    for precision in (10, "80", 10**6):
        method = morlet_certificate.method | {"precision": precision}
        with pytest.raises(CertificateError, match="precision"):
            tampered(morlet_certificate, method=method).verify()


class Vague:
    """A function of which nothing is known on boxes."""

    def value(self, point):
        return 0.5, 0.5

    def enclose(self, box):
        return 0.0, math.nan, ()

    def counts(self, box):
        return True


def test_an_enclosure_that_never_tightens_proves_nothing():
    with pytest.raises(ValueError, match="cannot be reached"):
        search(Vague(), [(0.5, 1.0)], 1e-3)


def test_formula_certificates_refuse_other_frames(morlet_certificate):
    with pytest.raises(CertificateError, match="other filters"):
        morlet_certificate.verify(frames.Morlet(scales=6, voices=8))
    with pytest.raises(CertificateError, match="other filters"):
        morlet_certificate.verify(frames.Morlet(scales=6, voices=8).on(wi.Grid((256,))))
    morlet_certificate.verify(MORLET.on(wi.Grid((256,))))
    table = morlet_certificate.filters | {"frame": {"name": "Morlet", "scales": 6, "voices": 4}}
    with pytest.raises(CertificateError, match="only known to be"):
        tampered(morlet_certificate, filters=table).verify()
    for wrong in ({"name": "os"}, {"name": "Morlet"}, {"name": "Morlet", "scales": -1}, None):
        filters = morlet_certificate.filters | {"frame": wrong}
        with pytest.raises(CertificateError, match="frame"):
            tampered(morlet_certificate, filters=filters).verify()


def test_requests_out_of_range_are_refused():
    with pytest.raises(ValueError, match="range of float64; scale the filters down"):
        certify(frames.FiniteFilters(np.full((2, 3), 1e200)))
    for filters in (taps_1d(0), frames.MatrixFilters(np.ones((2, 2, 3)))):
        with pytest.raises(ValueError, match="sample points are more than"):
            certify(filters, oversampling=10**8)


def test_filters_of_another_dimension_are_refused():
    frame = frames.FiniteFilters(np.ones((2, 3, 3)))
    certificate = certify(frame)  # their own dimension
    assert certificate.domain["dimension"] == 2
    with pytest.raises(CertificateError, match="other filters"):
        certificate.verify(taps_1d(0))
    with pytest.raises(ValueError, match="taps have 2 axes, not 1"):
        certify(frame, 1)


def test_bad_requests():
    with pytest.raises(ValueError, match="tolerance must lie"):
        certify(MORLET, tolerance=0.0)
    with pytest.raises(ValueError, match="an interval"):
        certify(MORLET, band=(0.3, 0.1))
    with pytest.raises(ValueError, match="ndim"):
        certify(MORLET, 4)
    with pytest.raises(ValueError, match="certify it on a grid"):
        certify(frames.LogGabor(scales=1), 2)
    with pytest.raises(ValueError, match="certify it on a grid"):
        certify(frames.Morlet(scales=1), 3)
    with pytest.raises(ValueError, match="oversampling"):
        certify(taps_1d(0), oversampling=2)
    with pytest.raises(ValueError, match="real input"):
        certify(taps_1d(0), real=True)


# --- closed forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "ndim"),
    [
        (frames.Meyer(scales=2), 1),
        (frames.Simoncelli(scales=2), 3),
        (frames.Curvelets(scales=2), 2),
        (frames.Shearlets(scales=2), 3),
        (frames.Steerable(scales=2), 2),
        (frames.Gabor(8, frames.MeyerWindow()), 2),
    ],
    ids=str,
)
def test_partitions_of_unity_are_tight_on_all_of_space(frame, ndim):
    certificate = certify(frame, ndim)
    assert (certificate.lower, certificate.upper, certificate.tier) == (1.0, 1.0, "closed-form")
    certificate.verify(frame)
    certificate.verify(frame.on(wi.Grid((20,) * ndim)))
    with pytest.raises(CertificateError, match="the formula gives"):
        tampered(certificate, lower=0.5, upper=1 - 1e-15).verify()


def test_gaussian_gabor_bounds_are_theta_functions():
    certificate = certify(frames.Gabor(8, frames.GaussianWindow(0.6)))
    assert abs(certificate.upper - 1.12438293874906) < 1e-14
    assert abs(certificate.lower - 1.00256454317359) < 1e-14
    certificate.verify()
    plane = certify(frames.Gabor(8, frames.GaussianWindow(0.6)), 2)
    assert plane.upper == pytest.approx(certificate.upper**2, rel=1e-14)
    halved = certify(frames.Scaled(frames.Gabor(8, frames.GaussianWindow(0.6)), 0.5))
    assert halved.upper == pytest.approx(certificate.upper / 4, rel=1e-15)
    halved.verify()


def test_scaled_frames_have_scaled_bounds():
    certificate = certify(frames.Scaled(frames.Haar(scales=2), 0.5), 2)
    assert certificate.domain["kind"] == "torus"
    assert certificate.upper == pytest.approx(0.25, rel=1e-12)
    certificate.verify(frames.Scaled(frames.Haar(scales=2), 0.5).on(wi.Grid((16, 16))))
    assert frames.Scaled(frames.Meyer(scales=1), 2.0).finite_taps(1) is None


def test_a_users_ladder_has_no_closed_form():
    linear = frames.Ladder(lambda w: np.sqrt(np.clip(2 - 4 * w, 0, 1)))
    with pytest.raises(ValueError, match="certify it on a grid"):
        certify(frames.TensorWavelets(scales=1, ladder=linear))


# --- files ------------------------------------------------------------------------------------------------


def test_files_round_trip_and_say_who_made_them(tmp_path, morlet_certificate):
    for certificate in (
        morlet_certificate,
        certify(taps_1d(0)),
        certify_bank(frames.Haar(scales=1).on(wi.Grid((8,)))),
    ):
        path = tmp_path / "c.json"
        certificate.save(path)
        assert Certificate.load(path) == certificate
        content = json.loads(path.read_text())
        assert {"claim", "domain", "filters", "method", "witnesses", "versions"} <= set(content)
        assert {"wiatowski", "numpy", "python"} <= set(content["versions"])
        Certificate.load(path).verify()


def test_damaged_files_are_refused(tmp_path, morlet_certificate):
    text = morlet_certificate.to_json()
    path = tmp_path / "c.json"

    def refused(content: str, message: str) -> None:
        path.write_text(content)
        with pytest.raises(CertificateError, match=message):
            Certificate.load(path)

    refused(text[: len(text) // 2], "truncated")
    refused(text.replace("1.1641", "1.1640"), "edited or damaged")
    refused(text.replace('"version": 1', '"version": 2'), "version 2 is not")
    refused(text.replace("wiatowski certificate", "something else"), 'no "wiatowski certificate"')
    refused("[]", 'no "wiatowski certificate"')
    refused("", "not JSON")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CertificateError, match="not text"):
        Certificate.load(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quantity": "temperature"}, "unknown quantity"),
        ({"upper": 0.5, "lower": 0.7}, "lower <= upper"),
        ({"method": {"tier": "magic"}}, "unknown tier"),
        ({"method": {}}, "missing"),
        ({"domain": {"kind": "space", "dimension": 2}}, "only known|formula|missing"),
        ({"filters": {"kind": "taps"}}, "formula"),
    ],
)
def test_forged_fields_are_refused(morlet_certificate, changes, message):
    with pytest.raises(CertificateError, match=message):
        tampered(morlet_certificate, **changes).verify()


def forged_witness(certificate: Certificate) -> Certificate:
    witness = dataclasses.replace(certificate.upper_witness, low=0.0, high=1e-3)
    return tampered(certificate, upper_witness=witness)


def test_witnesses_are_checked(morlet_certificate):
    bank = frames.Haar(scales=1).on(wi.Grid((8,)))
    for certificate in (
        morlet_certificate,
        certify(taps_1d(0)),
        certify(taps_1d(0), oversampling=8),
        certify_bank(bank),
    ):
        with pytest.raises(CertificateError, match="witness"):
            forged_witness(certificate).verify()
    far = dataclasses.replace(morlet_certificate.upper_witness, low=2.0, high=2.0)
    with pytest.raises(CertificateError, match="contradicts"):
        tampered(morlet_certificate, upper_witness=far)
    reversed_ends = dataclasses.replace(morlet_certificate.upper_witness, low=1.0, high=0.5)
    with pytest.raises(CertificateError, match="a witness lies in"):
        tampered(morlet_certificate, upper_witness=reversed_ends)


def test_bands_of_real_input_are_mirrored():
    """The symmetrised sum is even, so a band counts with its mirror image."""
    frame = frames.Morlet(scales=2)
    bands = [(-0.3, 0.1), (-0.3, -0.1), (0.1, 0.3)]
    found = [certify(frame, real=True, band=band, tolerance=1e-8) for band in bands]
    omega = np.fft.fftfreq(3001)
    with jax.enable_x64(True):
        total = np.asarray(frame.on(wi.Grid((3001,))).littlewood_paley(True))
    for certificate, (low, high) in zip(found, bands):
        certificate.verify()
        lowest = total[(omega >= low) & (omega <= high)].min()
        assert lowest - 1e-4 <= certificate.lower <= lowest
        assert "A only on the band" in str(certificate)
    plane = frames.Morlet(scales=1, orientations=2)
    ends = [
        certify(plane, 2, real=True, band=band, tolerance=2e-2).lower
        for band in ((-0.2, 0.1), (-0.1, 0.2))
    ]
    assert ends[0] == pytest.approx(ends[1], abs=0.03)
    with pytest.raises(ValueError, match="band must lie within"):
        certify(frame, band=(1e5, 1e6))


def test_forged_matrix_certificates_are_refused():
    filters = frames.MatrixFilters(np.random.default_rng(0).standard_normal((2, 2, 3)))
    certificate = certify(filters)
    for domain in ({"kind": "space", "dimension": 1}, {"kind": "torus", "dimension": 2}):
        with pytest.raises(CertificateError, match="domain"):
            tampered(certificate, domain=domain).verify()
    for domain in ({"kind": "moon"}, {"kind": "torus", "dimension": True}):
        with pytest.raises(CertificateError, match="missing or wrong"):
            Certificate.from_json(dataclasses.replace(certificate, domain=domain).to_json())
    bank = filters.on(wi.Grid((12,)))
    for own, about in ((certificate, None), (certify_bank(bank), bank)):
        lie = dataclasses.replace(own.upper_witness, low=own.upper * 1.5, high=own.upper * 2)
        louder = tampered(own, upper=own.upper * 2, upper_witness=lie)
        with pytest.raises(CertificateError, match="witness"):
            louder.verify(about)
        nowhere = dataclasses.replace(own.upper_witness, frequency=())
        with pytest.raises(CertificateError):
            tampered(own, upper_witness=nowhere).verify(about)
    huge = certificate.method | {"on_points": [10**400, 10**400]}
    with pytest.raises(CertificateError):
        tampered(certificate, method=huge).verify()


def test_files_that_would_stall_a_check_are_refused(morlet_certificate):
    with pytest.raises(ValueError, match="atoms are more than"):
        certify(frames.Morlet(scales=10**9))
    table = morlet_certificate.filters["frame"] | {"scales": 10**9}
    filters = morlet_certificate.filters | {"frame": table}
    with pytest.raises(CertificateError, match="atoms are more than"):
        tampered(morlet_certificate, filters=filters).verify()
    certificate = certify(frames.Haar(scales=1))
    table = certificate.filters["autocorrelation"] | {"exponent": 10**13}
    filters = certificate.filters | {"autocorrelation": table, "frame": None}
    with pytest.raises(CertificateError, match="exponent"):
        tampered(certificate, filters=filters).verify()
    with pytest.raises(CertificateError, match="0 <= lower"):
        dataclasses.replace(certificate, lower=math.nan)
    with pytest.raises(CertificateError, match="not JSON"):
        Certificate.from_json("[" * 100_000)


def test_numbers_that_are_none_are_refused(morlet_certificate):
    text = morlet_certificate.to_json().replace(str(morlet_certificate.upper), "NaN", 1)
    with pytest.raises(CertificateError, match="digest"):
        Certificate.from_json(text)


def test_the_name_and_the_taps_must_agree():
    certificate = certify(frames.Haar(scales=1))
    other = certify(frames.Haar(scales=2))
    filters = certificate.filters | {"frame": other.filters["frame"]}
    with pytest.raises(CertificateError, match="autocorrelations differ"):
        tampered(certificate, filters=filters).verify()


def test_long_filters_are_known_by_name():
    frame = frames.Daubechies(scales=2, moments=6)
    certificate = certify(frame, 2, oversampling=4)
    assert certificate.filters["autocorrelation"] is None
    assert 1 - 1e-10 < certificate.lower <= 1 <= certificate.upper < 1 + 1e-10
    certificate.verify()
    certificate.verify(frame)
    certificate.verify(frame.on(wi.Grid((64, 48))))
    with pytest.raises(CertificateError, match="other filters"):
        certificate.verify(frames.Daubechies(scales=2, moments=5))
    with pytest.raises(CertificateError, match="do not follow"):
        tampered(certificate, upper=1 - 1e-6, lower=0.0).verify()
    anonymous = frames.FiniteFilters(np.ones((2, 40, 40)))
    with pytest.raises(ValueError, match="too long to be written"):
        certify(anonymous, oversampling=3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"real": [1.5, 1, 1]}, "integers"),
        ({"exponent": -1}, "exponent"),
        ({"shape": [2]}, "shape|reshape"),
        ({"real": [1, 5, 2]}, "Hermitian"),
    ],
)
def test_what_cannot_be_an_autocorrelation_is_refused(change, message):
    certificate = certify(frames.FiniteFilters(np.array([[1.0, -1.0]]), np.array([1.0, 1.0])))
    table = certificate.filters["autocorrelation"] | change
    with pytest.raises(CertificateError, match=message):
        tampered(certificate, filters=certificate.filters | {"autocorrelation": table}).verify()


def test_without_flint_the_message_says_what_to_install(monkeypatch, morlet_certificate):
    monkeypatch.setitem(sys.modules, "flint", None)
    for call in (lambda: certify(MORLET), morlet_certificate.verify):
        with pytest.raises(ImportError, match=r"wiatowski\[certify\]"):
            call()
    taps = taps_1d(0)
    monkeypatch.setattr(certify_module, "is_available", lambda: False)
    assert certify(taps).tier == "trigonometric"


def test_tiers_that_do_not_suit_are_refused(morlet_certificate):
    with pytest.raises(ValueError, match="tier of roots"):
        certify_real_taps(frames.FiniteFilters(np.ones((1, 2, 2))).finite_taps(2))
    with pytest.raises(TypeError, match="expected a frame or a bank"):
        morlet_certificate.verify(np.ones(3))
    closed = certify(frames.Meyer(scales=1))
    with pytest.raises(CertificateError, match="complex input"):
        tampered(closed, quantity="littlewood-paley-real").verify()
    with pytest.raises(CertificateError, match="no closed form"):
        tampered(closed, domain={"kind": "space", "dimension": 1, "lower_on": [0, 1]}).verify()
    bank = frames.Haar(scales=1).on(wi.Grid((8,)))
    with pytest.raises(CertificateError, match="does not go with this bank"):
        tampered(certify_bank(bank), quantity="littlewood-paley-real").verify(bank)


# --- what the theorems do with them ----------------------------------------------------------------


def mixed() -> wi.FeatureExtractor:
    return wi.FeatureExtractor(
        [
            wi.Layer(frames.Curvelets(scales=1), wi.Modulus(), wi.Decimate(2)),
            wi.Layer(frames.Haar(scales=1), wi.SiLU(), wi.AveragePool(2)),
        ],
        wi.Grid((32, 24)),
    )


def test_certified_constants_are_the_computed_ones_rounded_up():
    for phi in (mixed(), mixed().admissible()):
        computed, certified = phi.constants(), phi.constants(phi.certify())
        assert certified.certified
        assert not computed.certified
        assert "certified" in str(certified)
        assert "computed" in str(computed)
        assert certified.admissible == computed.admissible == phi.is_admissible()
        for one, other in zip(computed.gains, certified.gains, strict=True):
            assert one <= other * (1 + 1e-6)
            assert other <= one * (1 + 1e-6)
        assert certified.lipschitz_bound == pytest.approx(float(phi.lipschitz_bound()), rel=1e-6)


def test_certificates_about_all_grids_serve_as_well():
    phi = mixed()
    certificates = [
        certify(frames.Curvelets(scales=1), 2),
        certify(frames.Haar(scales=1), 2),
        certify_bank(phi.output_bank),
    ]
    constants = phi.constants(certificates)
    assert constants.tiers == ("closed-form", "trigonometric", "grid")
    assert constants.lipschitz_bound >= float(phi.lipschitz_bound()) * (1 - 1e-6)


def test_certificates_about_other_filters_are_refused_by_the_extractor():
    phi = mixed()
    good = phi.certify()
    with pytest.raises(ValueError, match="3 certificates are needed"):
        phi.constants(good[:2])
    with pytest.raises(CertificateError, match="layer 1"):
        phi.constants((good[1], good[0], good[2]))
    real = certify_bank(phi.banks[0], real=True)
    with pytest.raises(CertificateError, match="real input only"):
        phi.constants((real, *good[1:]))
    lowered = dataclasses.replace(good[0], lower=0.0, upper=good[0].upper - 1e-4)
    with pytest.raises(CertificateError, match="layer 1"):
        phi.constants((lowered, *good[1:]))
    louder = certify(frames.Scaled(frames.Curvelets(scales=1), 2.0), 2)
    with pytest.raises(CertificateError, match="other filters"):
        phi.constants((louder, *good[1:]))


def test_matrix_layers_have_certified_constants_too():
    taps = np.random.default_rng(0).standard_normal((4, 1, 3)) / 4
    mixing = np.random.default_rng(1).standard_normal((3, 4, 3)) / 8
    phi = wi.FeatureExtractor(
        [
            wi.Layer(frames.MatrixFilters(taps), wi.ReLU(), wi.NoPooling()),
            wi.Layer(frames.MatrixFilters(mixing, stride=2), wi.ReLU(), wi.MaxPool(2)),
        ],
        wi.Grid((32,)),
    )
    everywhere = [certify(frames.MatrixFilters(taps))]
    everywhere += [certify(frames.MatrixFilters(mixing, stride=2)), certify_bank(phi.output_bank)]
    on_all_grids = phi.constants(everywhere)
    assert on_all_grids.tiers == ("trigonometric", "trigonometric", "grid")
    assert on_all_grids.lipschitz_bound >= float(phi.lipschitz_bound()) * (1 - 1e-6)
    for wrong in (frames.MatrixFilters(taps, stride=2), frames.MatrixFilters(1.001 * taps)):
        with pytest.raises(CertificateError, match=r"layer 1: .*other filters"):
            phi.constants([certify(wrong), *everywhere[1:]])
    constants = phi.constants(phi.certify())
    for one, other in itertools.pairwise((phi.constants().gains, constants.gains)):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert constants.lipschitz_bound >= float(phi.lipschitz_bound()) * (1 - 1e-6)
