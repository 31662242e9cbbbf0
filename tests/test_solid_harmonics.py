"""Solid harmonic wavelets: formulas, both bases, Nyquist bins, rotations, kymatio's filters."""

from __future__ import annotations

import itertools
import math
from types import ModuleType

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import strategies

import wiatowski as wi
from wiatowski import frames, testing
from wiatowski.serialization import frame_from_text

EVEN, MIXED, ODD = (16, 16, 16), (15, 16, 17), (9, 11, 9)
SHAPES = [EVEN, MIXED, ODD, (8, 10, 9)]


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def kymatio() -> ModuleType:
    """Its filters; they ask scipy for a name that scipy 1.17 no longer has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            scipy.special,
            "sph_harm",
            lambda m, n, azimuth, polar: scipy.special.sph_harm_y(n, m, polar, azimuth),
            raising=False,
        )
        from kymatio.scattering3d import filter_bank
    return filter_bank


def atoms_of(frame: frames.SolidHarmonics, shape, spacing: float = 1.0) -> np.ndarray:
    return np.asarray(frame.on(wi.Grid(shape, spacing)).atoms_hat)


def spread(sizes) -> list[slice]:
    """Consecutive groups as slices."""
    ends = list(itertools.accumulate(sizes, initial=0))
    return [slice(*pair) for pair in itertools.pairwise(ends)]


def convolved(f: np.ndarray, atoms_hat: np.ndarray) -> np.ndarray:
    return np.fft.ifftn(np.fft.fftn(f) * atoms_hat, axes=(1, 2, 3))


def invariants(frame: frames.SolidHarmonics, f: np.ndarray) -> np.ndarray:
    """The root of the sum of squares over each group: (groups, *shape)."""
    maps = convolved(f, atoms_of(frame, f.shape))
    groups = spread(frame.group_sizes(wi.Grid(f.shape)))
    return np.stack([np.linalg.norm(maps[group], axis=0) for group in groups])


def kymatio_atoms(module: ModuleType, shape, scales: int, degree: int, width: float) -> np.ndarray:
    """Its filters in our order, and its Gaussian of the coarsest scale first."""
    own = module.solid_harmonic_filter_bank(*shape, scales - 1, degree, width)
    gaussian = module.gaussian_filter_bank(*shape, scales - 1, width)[-1]
    rows = [own[d][j] for j, d in itertools.product(range(scales), range(degree + 1))]
    return np.concatenate([gaussian[None], *rows]).astype(complex)


def closed_form(omega_norm: np.ndarray, scale: int, degree: int, width: float) -> np.ndarray:
    r"""$\frac{\pi}{2} (r^l e^{-r^2/2} / I_l)^2$ with $I_l = \int_0^\infty t^{l+2} e^{-t^2/2} dt$."""
    r = 2 * np.pi * width * 2**scale * omega_norm
    integral = 2 ** ((degree + 1) / 2) * math.gamma((degree + 3) / 2)
    return np.pi / 2 * (r**degree * np.exp(-(r**2) / 2) / integral) ** 2


# --- formulas ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spacing", [1.0, 0.5, 1.7])
@pytest.mark.parametrize("shape", SHAPES)
def test_complex_atoms_are_scipys_spherical_harmonics(shape, spacing):
    scales, degree, width = 2, 8, 0.8
    grid = wi.Grid(shape, spacing)
    bank = frames.SolidHarmonics(scales, degree, width, real=False).on(grid)
    first, second, third = (2 * np.pi * w for w in grid.frequencies())
    azimuth = np.arctan2(second, third)
    polar = np.arctan2(np.hypot(second, third), -first)
    atoms = dict(zip(bank.labels, np.asarray(bank.atoms_hat)))
    for j, d in itertools.product(range(scales), range(degree + 1)):
        r = width * 2**j * 2 * np.pi * grid.frequency_norm()
        norm = np.pi / np.sqrt(d + 0.5) / 2 ** ((d + 1) / 2) / math.gamma((d + 3) / 2)
        for m in range(-d, d + 1):
            expected = scipy.special.sph_harm_y(d, m, polar, azimuth) * r**d * np.exp(-(r**2) / 2)
            ours = atoms[f"scale={j},degree={d},order={m}"]
            np.testing.assert_allclose(ours, norm * (-1j) ** d * expected, rtol=0, atol=2e-15)
    coarsest = np.exp(-0.5 * (width * 2 ** (scales - 1) * 2 * np.pi * grid.frequency_norm()) ** 2)
    np.testing.assert_allclose(bank.output_atom_hat, coarsest, rtol=1e-14)
    assert ("residual" in bank.labels) == (spacing < 1)


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_group_and_the_whole_sum_in_closed_form(shape, real):
    """The addition theorem at every frequency, Nyquist bins too; B = J + 1 at frequency zero."""
    frame = frames.SolidHarmonics(scales=3, degree=4, width=0.7, real=real)
    grid = wi.Grid(shape)
    bank, distance = frame.on(grid), grid.frequency_norm()
    whole = np.exp(-((2 * np.pi * 0.7 * 4 * distance) ** 2))
    members = itertools.product(range(3), range(5))
    for group, (j, d) in zip(spread(frame.group_sizes(grid)), members, strict=True):
        total = np.sum(np.abs(np.asarray(bank.atoms_hat)[group]) ** 2, axis=0)
        expected = closed_form(distance, j, d, 0.7)
        np.testing.assert_allclose(total, expected, rtol=1e-12, atol=1e-300)
        assert all(name.startswith(f"scale={j},degree={d},") for name in bank.labels[group])
        whole = whole + expected
    np.testing.assert_allclose(bank.littlewood_paley(), whole, rtol=1e-12)
    lower, upper = bank.frame_bounds()
    np.testing.assert_allclose(upper, 4, rtol=1e-15)
    np.testing.assert_allclose(lower, whole.min(), rtol=1e-12)


def test_scaled_it_is_admissible():
    frame = frames.SolidHarmonics(scales=2, degree=2)
    phi = wi.FeatureExtractor([wi.Layer(frame, wi.Modulus(), wi.Decimate(2))], wi.Grid((8, 8, 8)))
    assert not phi.is_admissible()
    assert phi.admissible().is_admissible()


@pytest.mark.parametrize("degree", range(5))
def test_the_root_of_the_sum_of_squares_integrates_to_one(degree):
    frame = frames.SolidHarmonics(scales=1, degree=degree, width=3.0)
    own = atoms_of(frame, (53, 53, 53))[degree**2 :]
    integral = np.sum(np.linalg.norm(np.fft.ifftn(own, axes=(1, 2, 3)), axis=0))
    # |x|^l is not smooth at the origin for odd l: the error of the sum falls like step^(l + 3).
    np.testing.assert_allclose(integral, 1, rtol=3.0 ** -(degree + 3) if degree % 2 else 1e-12)


def test_degree_zero_is_the_gaussian():
    bank = frames.SolidHarmonics(scales=2, degree=0).on(wi.Grid(MIXED))
    assert bank.real
    assert bank.labels == ("scale=0,degree=0,order=0", "scale=1,degree=0,order=0")
    assert not np.iscomplexobj(bank.atoms_hat)
    np.testing.assert_array_equal(bank.atoms_hat[1], bank.output_atom_hat)
    assert np.all(np.asarray(bank.atoms_hat)[:, 0, 0, 0] == 1)
    higher = atoms_of(frames.SolidHarmonics(scales=2, degree=5), MIXED)[:, 0, 0, 0]
    assert np.count_nonzero(higher) == 2


@pytest.mark.parametrize("width", [1e-12, 1e-3, 1e3, 1e60])
def test_extreme_widths_give_finite_atoms(width):
    atoms = atoms_of(frames.SolidHarmonics(scales=1, degree=8, width=width), (4, 5, 4))
    assert np.all(np.isfinite(atoms))


# --- the two bases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_real_atoms_are_real_arrays(shape):
    frame = frames.SolidHarmonics(scales=2, degree=4, width=0.6)
    bank = frame.on(wi.Grid(shape))
    atoms = np.fft.ifftn(np.asarray(bank.atoms_hat), axes=(1, 2, 3))
    assert bank.real
    assert np.abs(atoms.imag).max() <= 1e-16
    assert not frames.SolidHarmonics(2, 4, 0.6, real=False).on(wi.Grid(shape)).atoms_real


@pytest.mark.parametrize("shape", SHAPES)
def test_both_bases_have_the_same_invariants_for_real_signals(shape):
    f = strategies.signal(1, shape)
    one = invariants(frames.SolidHarmonics(2, 4, 0.6), f)
    other = invariants(frames.SolidHarmonics(2, 4, 0.6, real=False), f)
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-14 * other.max())


def test_for_complex_signals_they_agree_on_odd_axes_only():
    """On even axes the parts at the Nyquist bins are added in quadrature, which needs real maps."""
    for shape, agree in ((ODD, True), (EVEN, False)):
        f = strategies.signal(2, shape, real=False)
        one = invariants(frames.SolidHarmonics(1, 3), f)
        other = invariants(frames.SolidHarmonics(1, 3, real=False), f)
        error = np.abs(one - other).max() / other.max()
        assert error <= 1e-14 if agree else error > 1e-3


def test_without_the_nyquist_parts_the_invariants_differ():
    """The negative control: the Hermitian parts alone are off in the third digit at width 1."""
    frame, grid = frames.SolidHarmonics(1, 3), wi.Grid(EVEN)
    f, bank = strategies.signal(3, EVEN), frame.on(grid)
    kept = np.array(["nyquist" not in label for label in bank.labels])
    maps = np.where(kept[:, None, None, None], convolved(f, np.asarray(bank.atoms_hat)), 0)
    group = spread(frame.group_sizes(grid))[3]
    alone, whole = np.linalg.norm(maps[group], axis=0), invariants(frame, f)[3]
    assert 1e-3 < np.abs(alone - whole).max() / whole.max() < 1e-2


@pytest.mark.parametrize("shape", [(6, 6, 6), (5, 6, 6), (6, 5, 7), (5, 5, 7)])
def test_no_smaller_group_of_real_atoms_has_these_invariants(shape):
    """A sum of squares of f * a with real a has as many terms as the real and imaginary parts span."""
    complex_basis = frames.SolidHarmonics(1, 3, 0.3, real=False)
    atoms = np.fft.ifftn(atoms_of(complex_basis, shape), axes=(1, 2, 3)).reshape(16, -1)
    sizes = frames.SolidHarmonics(1, 3, 0.3).group_sizes(wi.Grid(shape))
    for group, size in zip(spread(complex_basis.group_sizes(wi.Grid(shape))), sizes, strict=True):
        parts = np.concatenate([atoms[group].real, atoms[group].imag])
        assert np.linalg.matrix_rank(parts, tol=1e-9) == size


def test_groups_follow_the_axes():
    frame = frames.SolidHarmonics(scales=2, degree=2)
    assert frame.group_sizes(wi.Grid(ODD)) == (1, 3, 5) * 2
    assert frame.group_sizes(wi.Grid(EVEN)) == (1, 6, 8) * 2
    assert frame.group_sizes(wi.Grid((16, 15, 17))) == (1, 4, 7) * 2
    assert frame.group_sizes(wi.Grid(ODD, 0.5)) == (*(1, 3, 5) * 2, 1)
    assert frames.SolidHarmonics(2, 2, real=False).group_sizes(wi.Grid(EVEN)) == (1, 3, 5) * 2
    labels = frame.on(wi.Grid((16, 15, 17))).labels
    assert labels[:5] == (
        "scale=0,degree=0,order=0",
        "scale=0,degree=1,order=-1",
        "scale=0,degree=1,order=0",
        "scale=0,degree=1,order=1",
        "scale=0,degree=1,order=0,part=nyquist",
    )
    assert len(labels) == 24


# --- rotations --------------------------------------------------------------------------------------------

TURNS = [(0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize("axes", TURNS, ids=str)
@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_quarter_turns_turn_the_invariants_on_odd_grids(axes, real):
    frame = frames.SolidHarmonics(scales=2, degree=4, width=0.5, real=real)
    f = strategies.signal(4, (9, 9, 9), real=real)
    turned = invariants(frame, np.rot90(f, axes=axes))
    expected = np.rot90(invariants(frame, f), axes=(axes[0] + 1, axes[1] + 1))
    np.testing.assert_allclose(turned, expected, rtol=0, atol=1e-14 * expected.max())
    one_atom = np.abs(convolved(np.rot90(f, axes=axes), atoms_of(frame, f.shape)[2:3]))
    moved = np.rot90(np.abs(convolved(f, atoms_of(frame, f.shape)[2:3])), axes=(1, 2))
    assert np.abs(one_atom - moved).max() > 1e-2 * moved.max()  # no atom alone is covariant


def without_nyquist_bins(f: np.ndarray, axes) -> np.ndarray:
    """The signal without half a cycle per sample along some axes."""
    f_hat = np.fft.fftn(f)
    for axis in axes:
        f_hat[(slice(None),) * axis + (f.shape[axis] // 2,)] = 0
    return np.fft.ifftn(f_hat).real


@pytest.mark.parametrize("axes", TURNS, ids=str)
def test_quarter_turns_on_even_grids(axes):
    """Exact for real signals with half a cycle per sample along at most one axis; else nearly."""
    frame = frames.SolidHarmonics(scales=1, degree=3)
    noise = strategies.signal(5, (12, 12, 12))
    errors = []
    for silent in ((0, 1, 2), *TURNS, ()):
        f = without_nyquist_bins(noise, silent)
        turned = invariants(frame, np.rot90(f, axes=axes))
        expected = np.rot90(invariants(frame, f), axes=(axes[0] + 1, axes[1] + 1))
        errors.append(np.abs(turned - expected).max() / expected.max())
    assert max(errors[:4]) <= 1e-14
    assert 1e-5 < errors[4] < 1e-2


# --- kymatio ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1.0, 0.7])
def test_filters_and_invariants_of_kymatio_on_even_grids(kymatio, width):
    scales, degree = 3, 4
    expected = kymatio_atoms(kymatio, EVEN, scales, degree, width)
    frame = frames.SolidHarmonics(scales, degree, width, real=False)
    bank = frame.on(wi.Grid(EVEN))
    np.testing.assert_allclose(bank.output_atom_hat, expected[0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(bank.atoms_hat, expected[1:], rtol=0, atol=1e-6)
    f = strategies.signal(6, EVEN)
    maps = convolved(f, expected[1:])
    theirs = [np.linalg.norm(maps[s], axis=0) for s in spread((1, 3, 5, 7, 9) * scales)]
    for real in (True, False):
        ours = invariants(frames.SolidHarmonics(scales, degree, width, real=real), f)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * other.max())


def test_filters_and_invariants_of_kymatio_on_odd_axes(kymatio):
    """There it starts counting one bin too late: frequency zero lies at bin 1, and the last bin says -N/2 - 1/2.

    Hence its convolution with f is, up to that bin, ours with f moved by one bin.
    """
    scales, degree, odd = 2, 3, (0, 2)
    theirs = kymatio_atoms(kymatio, MIXED, scales, degree, 1.0)
    assert theirs[0][0, 0, 0] < 0.9  # a Gaussian of mean one would be 1
    rolled = np.roll(theirs, [-1, -1], [axis + 1 for axis in odd])
    frame = frames.SolidHarmonics(scales, degree, real=False)
    bank = frame.on(wi.Grid(MIXED))
    kept = np.ones(MIXED, bool)
    for axis in odd:
        kept[(slice(None),) * axis + (MIXED[axis] // 2,)] = False
    np.testing.assert_allclose(bank.output_atom_hat * kept, rolled[0] * kept, rtol=0, atol=1e-6)
    np.testing.assert_allclose(bank.atoms_hat * kept, rolled[1:] * kept, rtol=0, atol=1e-6)
    g = np.fft.ifftn(np.fft.fftn(strategies.signal(7, MIXED)) * kept)
    first, _, third = np.ix_(*(np.arange(n) / n for n in MIXED))
    maps = convolved(g * np.exp(2j * np.pi * (first + third)), theirs[1:])
    for ours, group in zip(invariants(frame, g), spread((1, 3, 5, 7) * scales), strict=True):
        expected = np.linalg.norm(maps[group], axis=0)
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-6 * expected.max())


# --- as a frame -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
@pytest.mark.parametrize("shape", [(6, 6, 6), (5, 6, 7)])
def test_gradient_in_the_width(shape, real):
    """Of both bounds, and of a sum in which every sample of every atom counts."""
    grid = wi.Grid(shape, 0.8)

    def rows(width):
        bank = frames.SolidHarmonics(2, 3, width, real).on(grid)
        return bank, jnp.concatenate([bank.output_atom_hat[None], bank.atoms_hat])

    kernel = strategies.signal(8, rows(0.6)[1].shape, real=False)

    def figures(width):
        bank, atoms = rows(width)
        return jnp.stack([*bank.frame_bounds(), jnp.sum(jnp.real(kernel * atoms))])

    step = 1e-5
    numeric = (figures(0.6 + step) - figures(0.6 - step)) / (2 * step)
    exact = jax.jit(jax.jacrev(figures))(0.6)
    np.testing.assert_allclose(exact, numeric, rtol=1e-7, atol=1e-8)
    assert abs(exact[2]) > 1


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_traced_banks_are_the_concrete_ones(real):
    grid = wi.Grid((6, 7, 8), 0.7)
    concrete = frames.SolidHarmonics(2, 3, 0.9, real).on(grid)
    traced = eqx.filter_jit(lambda w: frames.SolidHarmonics(2, 3, w, real).on(grid))(
        jnp.asarray(0.9)
    )
    assert concrete.frame == frames.SolidHarmonics(2, 3, 0.9, real)
    assert traced.frame is None
    assert traced.labels == concrete.labels
    assert (traced.atoms_real, traced.output_real) == (concrete.atoms_real, concrete.output_real)
    np.testing.assert_allclose(traced.atoms_hat, concrete.atoms_hat, atol=1e-15)
    np.testing.assert_allclose(traced.output_atom_hat, concrete.output_atom_hat, atol=1e-15)


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_both_precisions_text_and_the_frame_inequality(real):
    frame = frames.SolidHarmonics(scales=2, degree=2, width=0.9, real=real)
    grid = wi.Grid((8, 9, 10))
    double, single = frame.on(grid), frame.on(grid, dtype=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(
        single.atoms_hat, np.asarray(double.atoms_hat).astype(np.complex64)
    )
    text = f"SolidHarmonics(scales=2, degree=2, width=0.9, real={real})"
    assert frame_from_text(text) == frame
    phi = wi.FeatureExtractor([wi.Layer(frame, wi.Modulus(), wi.Decimate(1))], grid)
    assert eqx.tree_equal(phi, wi.from_toml(wi.to_toml(phi)))
    testing.assert_frame(double, jnp.asarray(strategies.signal(9, grid.shape, real=False)))


ERRORS = {
    "solid harmonics without scales": (
        lambda _: frames.SolidHarmonics(0, 2),
        ValueError,
        "SolidHarmonics: scales must be an integer >= 1, not 0",
    ),
    "solid harmonics of negative degree": (
        lambda _: frames.SolidHarmonics(2, -1),
        ValueError,
        "SolidHarmonics: degree must be an integer >= 0, not -1",
    ),
    "solid harmonics of a truth value as degree": (
        lambda _: frames.SolidHarmonics(2, True),
        ValueError,
        "SolidHarmonics: degree must be an integer >= 0, not True",
    ),
    "solid harmonics without width": (
        lambda _: frames.SolidHarmonics(2, 1, width=0.0),
        ValueError,
        "SolidHarmonics: width must be a positive number, not 0.0",
    ),
    "solid harmonics in the plane": (
        lambda _: frames.SolidHarmonics(2, 1).on(wi.Grid((16, 16))),
        ValueError,
        r"SolidHarmonics\.on: exists in 3-D, but the grid has 2 axes",
    ),
    "groups of solid harmonics on a line": (
        lambda _: frames.SolidHarmonics(2, 1).group_sizes(wi.Grid((16,))),
        ValueError,
        r"SolidHarmonics\.on: exists in 3-D, but the grid has 1 axes",
    ),
    "solid harmonics too deep": (
        lambda _: frames.SolidHarmonics(5, 1).on(wi.Grid((16, 16, 9))),
        ValueError,
        r"SolidHarmonics\(scales=5\)\.on: too deep .* use scales <= 4",
    ),
    "too many solid harmonics": (
        lambda _: frames.SolidHarmonics(3, 20).on(wi.Grid((64, 64, 64))),
        ValueError,
        r"SolidHarmonics\.on: \d+ atoms .* more than the limit",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_message(name):
    act, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        act(None)
