"""Wavelets of finite filters: taps in extended precision, the engine, and PyWavelets beside both."""

from __future__ import annotations

import itertools
import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import pywt
import strategies

import wiatowski as wi
from wiatowski import frames
from wiatowski.frames import a_trous, biorthogonal, daubechies, half_band
from wiatowski.frames.biorthogonal import biorthogonal_lows
from wiatowski.frames.coiflets import coiflet_low
from wiatowski.frames.daubechies import daubechies_low, symlet_low

# name in PyWavelets -> our frame of J scales, vanishing moments of its atoms
FAMILIES = {
    "haar": (frames.Haar, 1),
    **{f"db{n}": (lambda j, n=n: frames.Daubechies(j, n), n) for n in range(1, 21)},
    **{f"sym{n}": (lambda j, n=n: frames.Symlets(j, n), n) for n in range(2, 21)},
    **{f"coif{n}": (lambda j, n=n: frames.Coiflets(j, n), 2 * n) for n in range(1, 6)},
    **{
        f"bior{r}.{d}": (lambda j, r=r, d=d: frames.Biorthogonal(j, r, d), 6 if r == 5 else r)
        for r, d in biorthogonal.PAIRS
    },
}
LOW_PASSES = {
    **{f"db{n}": (daubechies_low, n, n) for n in range(1, 21)},
    **{f"sym{n}": (symlet_low, n, n) for n in range(2, 21)},
    **{f"coif{n}": (coiflet_low, n, 2 * n) for n in range(1, 6)},
}
PARSEVAL = [
    *(frames.Haar(3), frames.Daubechies(3, 4), frames.Daubechies(2, 20), frames.Symlets(3, 8)),
    *(frames.Coiflets(2, 5), frames.BSplineFramelets(2, 2), frames.BSplineFramelets(1, 5)),
]
SHAPES = [
    *[(32, 32), (64, 64), (128, 128), (256, 256), (65, 100), (33, 47), (97, 97)],
    *[(256,), (97,), (16, 16, 16), (9, 8, 11)],
]
SMALL = [
    *(frames.Haar(2), frames.Daubechies(2, 3), frames.Symlets(1, 5), frames.Coiflets(2, 1)),
    *(frames.Biorthogonal(2, 3, 1), frames.Biorthogonal(1, 4, 4), frames.BSplineFramelets(1, 3)),
]


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def _rows(bank: wi.FilterBank) -> np.ndarray:
    """Transforms of all atoms and then of the output atom."""
    return np.concatenate([np.asarray(bank.atoms_hat), np.asarray(bank.output_atom_hat)[None]])


# --- taps in extended precision -----------------------------------------------------------------------------


def orthogonality_defect(low) -> float:
    """Largest deviation of sum_m l[m] l[m + 2k] from 1/2 at k = 0 and from 0 elsewhere."""
    half = half_band.precise.mpf(1) / 2
    sums = (
        sum(a * b for a, b in zip(low, low[lag:])) - (half if lag == 0 else 0)
        for lag in range(0, len(low), 2)
    )
    return float(max(map(abs, sums)))


def moment(taps, power: int, centre=0) -> float:
    """|sum_m (m - c)^p t[m]|, relative to the sum of moduli."""
    terms = [half_band.precise.mpf(m - centre) ** power * tap for m, tap in enumerate(taps)]
    return float(abs(sum(terms)) / sum(map(abs, terms)))


@pytest.mark.parametrize("name", LOW_PASSES)
def test_low_passes_are_orthogonal_with_vanishing_moments(name):
    build, number, moments = LOW_PASSES[name]
    low = build(number)
    assert orthogonality_defect(low) <= 1e-40
    assert abs(sum(low) - 1) <= 1e-40
    high = a_trous.mirrored(low)
    assert max(moment(high, power) for power in range(moments)) <= 1e-40
    assert moment(high, moments) > 1e-12  # no more of them than promised


def test_rounded_taps_are_noticed():
    low = [half_band.precise.mpf(tap) for tap in half_band.rounded(daubechies_low(4))]
    assert 1e-20 < orthogonality_defect(low) < 1e-15


@pytest.mark.parametrize("order", range(1, 6))
def test_coiflets_have_moments_of_the_low_pass_too(order):
    low = coiflet_low(order)
    assert len(low) == 6 * order
    centre = 4 * order - 1
    # One more than the construction asks for: the even one follows from orthogonality.
    assert max(moment(low, power, centre) for power in range(1, 2 * order + 1)) <= 1e-40
    assert moment(low, 2 * order + 1, centre) > 1e-6


@pytest.mark.parametrize("pair", biorthogonal.PAIRS, ids=str)
def test_biorthogonal_pairs_reconstruct_and_have_their_zeros(pair):
    synthesis, analysis = biorthogonal_lows(*pair)
    product = half_band.times(synthesis, analysis)
    middle = len(product) // 2
    assert middle % 2 == 1
    expected = [half_band.precise.mpf(m == middle) / 2 for m in range(1, len(product), 2)]
    budget = 0 if pair in biorthogonal.SPLINES else 1e-50  # dyadic taps are exact
    assert max(abs(a - b) for a, b in zip(product[1::2], expected)) <= budget
    for low, zeros in zip((synthesis, analysis), (6, 4) if pair == (5, 5) else pair):
        assert max(abs(a - b) for a, b in zip(low, reversed(low))) <= budget
        alternating = [tap * (-1) ** m for m, tap in enumerate(low)]
        assert max(moment(alternating, power) for power in range(zeros)) <= budget
        assert moment(alternating, zeros) > 1e-6


def test_nothing_changes_the_users_precision():
    before = mpmath.mp.dps
    half_band.root_groups.__wrapped__(6)
    assert mpmath.mp.dps == before != half_band.precise.dps


@pytest.mark.parametrize("moments", range(2, 13))
def test_symlets_are_least_asymmetric(moments):
    """The closed form of the mean square deviation, against sampled phases of every choice."""
    zeros = [half_band.zeros_inside(group) for group in half_band.root_groups(moments)]
    theta = np.linspace(0, 2 * np.pi, 1024, endpoint=False)
    circle = np.exp(-1j * theta)
    phases = np.array([sum(np.angle(1 - complex(z) * circle) for z in own) for own in zeros])
    choices = list(itertools.product((1, -1), repeat=len(zeros)))
    deviations = [np.mean((np.array(signs) @ phases) ** 2) for signs in choices]
    chosen = deviations[choices.index(daubechies.least_asymmetric(zeros))]
    np.testing.assert_allclose(chosen, min(deviations), rtol=1e-12)
    # All but the reversal are worse, so rounding does not decide.
    assert sum(d < chosen * (1 + 1e-6) for d in deviations) == 2


# --- PyWavelets' tables -------------------------------------------------------------------------------------


def table_defect(wavelet: pywt.Wavelet, moments: int) -> float:
    """How far a table is from perfect reconstruction and from its vanishing moments."""
    product = np.convolve(wavelet.dec_lo, wavelet.rec_lo)
    middle = len(wavelet.dec_lo) - 1
    around = product[middle % 2 :: 2].copy()
    around[middle // 2] -= 1
    position = np.linspace(-1, 1, len(wavelet.dec_hi))
    sums = [position**power @ wavelet.dec_hi for power in range(moments)]
    return float(max(np.abs(around).max(), np.abs(sums).max()))


def masks_of(frame) -> tuple[np.ndarray, np.ndarray]:
    """Low and high taps of a frame of one scale."""
    taps = frame.finite_taps(1)
    return taps.output_atom, taps.atoms["scale=1"]


@pytest.mark.parametrize("name", FAMILIES)
def test_taps_agree_with_the_tables(name):
    """To rounding where the table is exact, else to its own defect (1.5e-11 for sym20)."""
    family, moments = FAMILIES[name]
    wavelet = pywt.Wavelet(name)
    defect = table_defect(wavelet, moments)
    assert defect <= (5e-11 if name.startswith("sym") else 5e-12 if name == "bior5.5" else 3e-12)
    for own, table in zip(masks_of(family(1)), (wavelet.dec_lo, wavelet.dec_hi)):
        table = np.trim_zeros(np.array(table))
        table *= np.sign(table[0] * own[0])
        error = np.abs(math.sqrt(2) * own - table).max()
        assert error <= 2 * defect + 2e-15


# --- the transform ------------------------------------------------------------------------------------------


def their_wavelet(name: str) -> pywt.Wavelet:
    """PyWavelets' own where its table is exact, else its transform with our taps in the table's places."""
    family, moments = FAMILIES[name]
    wavelet = pywt.Wavelet(name)
    if table_defect(wavelet, moments) <= 1e-14:
        return wavelet
    bank = []
    for own, table in zip(masks_of(family(1)), (wavelet.dec_lo, wavelet.dec_hi)):
        first, *_, last = np.flatnonzero(table)
        laid = np.zeros(len(table))
        laid[first : last + 1] = math.sqrt(2) * own * np.sign(table[first] * own[0])
        bank.append(laid)
    return pywt.Wavelet(name + " refined", filter_bank=[*bank, wavelet.rec_lo, wavelet.rec_hi])


def shifted(u: np.ndarray, wavelet: pywt.Wavelet, scale: int, kinds: str, frame) -> np.ndarray:
    """Our coefficients at PyWavelets' places: its filters look ahead by half their length and may
    begin with zeros, and its details may change sign."""
    low, high = (
        len(table) // 2 - np.flatnonzero(table)[0] for table in (wavelet.dec_lo, wavelet.dec_hi)
    )
    own = masks_of(frame)[1]
    sign = np.sign(own[0] * np.trim_zeros(np.array(wavelet.dec_hi))[0])
    below = low * (2 ** (scale - 1) - 1)
    ahead = [below + 2 ** (scale - 1) * (high if kind == "H" else low) for kind in kinds]
    return sign ** kinds.count("H") * np.roll(u, [-a for a in ahead], range(u.ndim))


def coefficients(frame, f: np.ndarray) -> dict[str, np.ndarray]:
    bank = frame.on(wi.Grid(f.shape))
    return dict(zip(("output", *bank.labels), np.asarray(bank.analysis(jnp.asarray(f)))))


@pytest.mark.filterwarnings("ignore:norm=True")  # they warn for all but orthogonal tables
@pytest.mark.parametrize("name", FAMILIES)
def test_stationary_transform_of_a_line(name):
    family, _ = FAMILIES[name]
    wavelet, scales, one = their_wavelet(name), 3, family(1)
    f = strategies.signal(scales, (64,))
    ours = coefficients(family(scales), f)
    approximation, *details = pywt.swt(f, wavelet, scales, trim_approx=True, norm=True)
    own = shifted(ours["output"], wavelet, scales, "L", one)
    np.testing.assert_allclose(own, approximation, rtol=0, atol=1e-12)
    for j, detail in zip(range(scales, 0, -1), details, strict=True):
        own = shifted(ours[f"scale={j}"], wavelet, j, "H", one)
        np.testing.assert_allclose(own, detail, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:norm=True")  # they warn for all but orthogonal tables
@pytest.mark.parametrize("name", FAMILIES)
def test_stationary_transform_of_a_plane(name):
    family, _ = FAMILIES[name]
    wavelet, scales, one = their_wavelet(name), 2, family(1)
    f = strategies.signal(scales, (32, 48))
    ours = coefficients(family(scales), f)
    approximation, *details = pywt.swt2(f, wavelet, scales, trim_approx=True, norm=True)
    own = shifted(ours["output"], wavelet, scales, "LL", one)
    np.testing.assert_allclose(own, approximation, rtol=0, atol=1e-12)
    for j, triple in zip(range(scales, 0, -1), details, strict=True):
        for axes, detail in zip(("HL", "LH", "HH"), triple, strict=True):
            own = shifted(ours[f"scale={j},axes={axes}"], wavelet, j, axes, one)
            np.testing.assert_allclose(own, detail, rtol=0, atol=1e-12)


def test_a_forgotten_shift_is_noticed():
    f = strategies.signal(0, (64,))
    ours = coefficients(frames.Haar(scales=2), f)
    approximation, *_ = pywt.swt(f, "haar", 2, trim_approx=True, norm=True)
    assert np.abs(ours["output"] - approximation).max() > 0.1


def test_daubechies_with_one_moment_and_splines_of_order_one_are_haar():
    grid = wi.Grid((12, 9))
    haar = frames.Haar(scales=2).on(grid)
    daubechies_1, spline = (f(2, 1).on(grid) for f in (frames.Daubechies, frames.BSplineFramelets))
    np.testing.assert_array_equal(daubechies_1.atoms_hat, haar.atoms_hat)
    np.testing.assert_array_equal(spline.atoms_hat, haar.atoms_hat)
    assert haar.labels == daubechies_1.labels == spline.labels


# --- frames -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("frame", PARSEVAL, ids=str)
def test_orthogonal_families_and_framelets_are_parseval(frame, shape):
    bank = frame.on(wi.Grid(shape))
    rows = _rows(bank)
    assert bank.real
    assert np.abs(np.sum(np.abs(rows) ** 2, axis=0) - 1).max() <= 1e-13
    assert not rows[(slice(-1), *(0,) * len(shape))].any()  # exactly zero at frequency zero
    f = strategies.signal(1, shape)  # numpy's transforms of white noise and back
    axes = tuple(range(1, f.ndim + 1))
    maps = np.fft.fftn(np.fft.ifftn(np.fft.fftn(f) * rows, axes=axes), axes=axes)
    back = np.fft.ifftn(np.sum(maps * np.conj(rows), axis=0))
    assert np.linalg.norm(back - f) <= 1e-13 * np.linalg.norm(f)


@pytest.mark.parametrize(
    ("pair", "lower", "upper"),
    [((2, 2), 0.907, 1.700), ((4, 4), 0.839, 1.106), ((6, 8), 0.946, 1.118)],
)
def test_bounds_of_biorthogonal_frames(pair, lower, upper):
    """J = 4 in one dimension, low-pass with sum one; the infimum over a fine grid."""
    bank = frames.Biorthogonal(4, *pair).on(wi.Grid((2**14,)))
    np.testing.assert_allclose(bank.frame_bounds(), (lower, upper), rtol=0, atol=1e-3)
    bank = frames.Biorthogonal(4, *pair).on(wi.Grid((256,)))
    f = jnp.asarray(strategies.signal(2, (256,)))
    back = bank.dual().synthesis(bank.analysis(f))
    assert jnp.linalg.norm(back - f) <= 1e-13 * jnp.linalg.norm(f)


def test_phases_of_distant_taps_are_exact():
    """Against exp(-2 pi i m t) with m t reduced in integers."""
    k, n = np.arange(128), 128
    phases = a_trous.unit_phases(k / n, 500)
    exact = np.exp(-2j * np.pi * (np.outer(np.arange(500), k) % n) / n)
    np.testing.assert_allclose(phases, exact, rtol=0, atol=1e-15)
    assert set(phases[:, n // 4]) == {1, -1j, -1, 1j}


# --- finite taps --------------------------------------------------------------------------------------------


def wrapped_transform(taps: np.ndarray, shape) -> np.ndarray:
    """Transform of taps laid around the torus."""
    total = np.zeros(shape, taps.dtype)
    index = np.ix_(*(np.arange(k) % n for k, n in zip(taps.shape, shape)))
    np.add.at(total, index, taps)
    return np.fft.fftn(total)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_banks_are_the_transforms_of_their_finite_taps(ndim):
    shape = ((15,), (9, 10), (5, 4, 6))[ndim - 1]
    random = strategies.signal(ndim, (2, *(2, 3, 2)[:ndim]), real=False)
    filters = [frames.FiniteFilters(random), frames.RandomFilters(count=2, size=3)]
    for frame in (*SMALL, *filters):
        bank, taps = frame.on(wi.Grid(shape)), frame.finite_taps(ndim)
        assert tuple(taps.atoms) == bank.labels
        for own, atom in zip((*taps.atoms.values(), taps.output_atom), _rows(bank), strict=True):
            assert own.ndim == ndim
            assert own.dtype == (complex if frame is filters[0] and own.dtype != float else float)
            budget = 4e-16 * np.abs(own).sum() * max(own.shape)
            np.testing.assert_allclose(atom, wrapped_transform(own, shape), rtol=0, atol=budget)


def test_haar_taps_are_boxes_and_steps():
    taps = frames.Haar(scales=3).finite_taps(2)
    np.testing.assert_array_equal(taps.output_atom, np.full((8, 8), 1 / 64))
    step = np.repeat([1, -1], 4)
    np.testing.assert_array_equal(taps.atoms["scale=3,axes=LH"], np.tile(step, (8, 1)) / 64)


ERRORS = {
    "moments beyond the table": (
        lambda _: frames.Daubechies(1, moments=21),
        ValueError,
        r"Daubechies: moments must lie in 1\.\.20, not 21",
    ),
    "symlet of one moment": (
        lambda _: frames.Symlets(1, moments=1),
        ValueError,
        "Symlets: moments must be an integer >= 2, not 1",
    ),
    "coiflet of order six": (
        lambda _: frames.Coiflets(1, order=6),
        ValueError,
        r"Coiflets: order must lie in 1\.\.5, not 6",
    ),
    "order of a half": (
        lambda _: frames.BSplineFramelets(1, order=1.5),
        ValueError,
        "BSplineFramelets: order must be an integer >= 1, not 1.5",
    ),
    "pair of no family": (
        lambda _: frames.Biorthogonal(1, 2, 3),
        ValueError,
        r"no pair \(reconstruction, decomposition\) = \(2, 3\); choose one of \(1, 1\), .*\(6, 8\)",
    ),
    "wavelet too deep": (
        lambda _: frames.Coiflets(scales=5).on(wi.Grid((16,))),
        ValueError,
        r"Coiflets\(scales=5\)\.on: too deep .* use scales <= 4",
    ),
    "too many framelets": (
        lambda _: frames.BSplineFramelets(1, order=20).on(wi.Grid((64, 64, 64))),
        ValueError,
        r"BSplineFramelets\.on: 9260 atoms .* more than the limit",
    ),
    "too many taps": (
        lambda _: frames.Daubechies(6, moments=20).finite_taps(3),
        ValueError,
        r"Daubechies\(scales=6\)\.finite_taps: .* taps in 3 dimensions.* use fewer scales",
    ),
    "finite taps of another dimension": (
        lambda _: frames.FiniteFilters([[1.0, 2.0]]).finite_taps(2),
        ValueError,
        r"the taps have 1 axes, not 2; write finite_taps\(1\)",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_message(name):
    act, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        act(None)
