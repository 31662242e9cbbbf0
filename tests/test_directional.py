"""Directional frames: curvelets, shearlets, ridgelets, directional wavelets, steerable pyramids."""

from __future__ import annotations

import pathlib

import jax
import numpy as np
import pytest
import strategies

import wiatowski as wi
from wiatowski import frames, testing
from wiatowski.frames import Nyquist, alpha_molecules

FAMILIES = {
    "Curvelets": frames.Curvelets,
    "Shearlets": frames.Shearlets,
    "Ridgelets": frames.Ridgelets,
    "DirectionalWavelets": frames.DirectionalWavelets,
    "Steerable": frames.Steerable,
}
PLANES = [(32, 32), (64, 64), (128, 128), (256, 256), (65, 100), (33, 47), (97, 97)]
POLICIES = {
    name: [p for p in Nyquist if (name, p) != ("Steerable", Nyquist.FILL)] for name in FAMILIES
}
SETTINGS = [
    (name, policy, shape)
    for name in FAMILIES
    for policy in POLICIES[name]
    for shape in PLANES + ([(16, 16, 16), (15, 16, 17)] if name == "Shearlets" else [])
]


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def atoms_of(bank: wi.FilterBank, scale: int) -> np.ndarray:
    """Transforms of the atoms of one scale."""
    kept = [i for i, label in enumerate(bank.labels) if label.split(",")[0] == f"scale={scale}"]
    return np.asarray(bank.atoms_hat)[kept]


def in_space(atoms_hat: np.ndarray) -> np.ndarray:
    """Inverse transforms over all axes but the first."""
    return np.fft.ifftn(atoms_hat, axes=range(1, atoms_hat.ndim))


def corona_of(atoms: np.ndarray) -> np.ndarray:
    """Root of the sum of squares."""
    return np.sqrt(np.sum(np.abs(atoms) ** 2, axis=0))


@pytest.mark.parametrize(("name", "policy", "shape"), SETTINGS)
def test_parseval_real_and_without_mean(name, policy, shape):
    bank = FAMILIES[name](scales=2, nyquist=policy).on(wi.Grid(shape))
    rows = np.asarray(bank.atoms_hat)
    total = np.sum(np.abs(rows) ** 2, axis=0) + np.abs(np.asarray(bank.output_atom_hat)) ** 2
    assert np.abs(total - 1).max() <= 1e-13
    assert np.all(rows[(slice(None), *(0,) * len(shape))] == 0)
    assert bank.real
    atoms = in_space(rows)
    assert np.abs(atoms.imag).max() <= 1e-15 * np.abs(atoms).max()
    f = np.random.default_rng(1).standard_normal(shape)
    spectrum = np.fft.fftn(f)  # synthesis of the analysis, with numpy's transforms
    maps = np.fft.fftn(in_space(spectrum * rows).real, axes=range(1, f.ndim + 1))
    back = np.sum(maps * rows.conj(), axis=0) + spectrum * np.abs(bank.output_atom_hat) ** 2
    assert np.linalg.norm(np.fft.ifftn(back) - f) <= 1e-13 * np.linalg.norm(f)


@pytest.mark.parametrize("name", FAMILIES)
def test_white_noise_comes_back_from_analysis(name):
    for shape in [(64, 64), (33, 47)]:
        f = strategies.signal(2, shape)
        testing.assert_reconstructs(FAMILIES[name](scales=3).on(wi.Grid(shape)), f)


@pytest.mark.parametrize(
    ("name", "policy", "counts"),
    [
        ("Curvelets", "fill", (13, 21, 37, 53)),
        ("Shearlets", "fill", (13, 21, 37, 53)),
        ("Ridgelets", "fill", (13, 29, 61, 125)),
        ("DirectionalWavelets", "fill", (9, 13, 17, 21)),
        ("Curvelets", "residual", (6, 14, 22, 38)),
        ("Shearlets", "residual", (6, 14, 22, 38)),
        ("Ridgelets", "residual", (6, 14, 30, 62)),
        ("DirectionalWavelets", "residual", (6, 10, 14, 18)),
        ("Steerable", "residual", (6, 10, 14, 18)),
        ("Curvelets", "isotropic", (6, 14, 22, 38)),
    ],
)
def test_number_of_filters(name, policy, counts):
    """The output atom is counted; as many scales as leave a coarsest wedge of 8 x 8 bins."""
    least = 1 if policy == "residual" else 2
    for i, (side, count) in enumerate(zip((32, 64, 128, 256), counts)):
        bank = FAMILIES[name](scales=i + least, nyquist=policy).on(wi.Grid((side, side)))
        assert bank.redundancy() == count


def test_number_of_filters_in_three_dimensions():
    bank = frames.Shearlets(scales=2, nyquist="fill").on(wi.Grid((16, 16, 16)))
    assert bank.redundancy() == 103
    assert "scale=1,pyramid=2,shears=-2,1" in bank.labels
    isotropic = frames.Shearlets(scales=2, nyquist="isotropic").on(wi.Grid((16, 16, 16)))
    assert isotropic.redundancy() == 1 + 27 + 1


@pytest.mark.parametrize("name", ["Curvelets", "Shearlets", "Ridgelets", "DirectionalWavelets"])
@pytest.mark.parametrize("shape", [(32, 32), (33, 47)])
def test_one_sided_atoms(name, shape):
    """Twice as many; each misses half of the plane; the squares of a pair add up to the real one's."""
    grid = wi.Grid(shape)
    real, bank = (FAMILIES[name](scales=2, one_sided=s).on(grid) for s in (False, True))
    testing.assert_parseval(bank, 1e-13)
    np.testing.assert_allclose(bank.frame_bounds(real=True), 1, atol=1e-13)
    assert not bank.atoms_real
    assert bank.output_real
    for scale in (1, 2):
        pairs, whole = atoms_of(bank, scale), atoms_of(real, scale)
        count = len(whole)
        assert len(pairs) == 2 * count
        np.testing.assert_allclose(
            pairs[:count] ** 2 + pairs[count:] ** 2, whole**2, atol=1e-14 * count
        )
        x, y = (np.broadcast_to(w, shape) for w in grid.frequencies())
        assert not pairs[0][x < 0].any()
        assert not pairs[count][x > 0].any()
        assert not pairs[count // 2][y < 0].any()


@pytest.mark.parametrize("orientations", [1, 3, 5])
def test_odd_numbers_of_wedges(orientations):
    for angle in alpha_molecules.Angle:
        frame = frames.AlphaMolecules(scales=2, orientations=orientations, angle=angle)
        bank = frame.on(wi.Grid((40, 33)))
        testing.assert_parseval(bank, 1e-13)
        assert bank.real


def test_shearlets_of_a_cone_are_shears_of_each_other():
    """Window l at (k1, k2 + k1 l / n) is window 0 at (k1, k2), wherever both lie in the cone."""
    steps = 4
    bank = frames.Shearlets(scales=1, orientations=4 * steps).on(wi.Grid((128, 128)))
    atoms = atoms_of(bank, 1)
    corona = corona_of(atoms)
    seen = np.flatnonzero(corona.ravel() > 1e-3)
    k1, k2 = (k[seen] for k in signed_bins((128, 128)))
    for shear in range(-steps + 1, steps):
        moved = k2 + shear * k1 // steps
        fits = (k1 % steps == 0) & (np.abs(k2) < np.abs(k1)) & (np.abs(moved) < np.abs(k1))
        assert np.count_nonzero(fits) > 500
        here, there = (k1[fits], k2[fits]), (k1[fits], moved[fits])
        visible = corona[there] > 1e-3
        one = (atoms[shear][there] / np.maximum(corona[there], 1e-9))[visible]
        other = (atoms[0][here] / corona[here])[visible]
        assert other.max() > 0.9
        np.testing.assert_allclose(one, other, atol=1e-13)


def test_shearlets_of_a_pyramid_are_shears_of_each_other():
    steps, shape = 2, (32, 32, 32)
    bank = frames.Shearlets(scales=1, orientations=4 * steps).on(wi.Grid(shape))
    atoms = atoms_of(bank, 1)
    corona = corona_of(atoms)
    k = signed_bins(shape)
    inside = np.abs(k[1:]).max(axis=0) * (steps + 1) < np.abs(k[0]) * steps  # of one pyramid only
    k = k[:, inside & (k[0] % steps == 0) & (corona.ravel() > 1e-3)]
    middle = atoms[bank.labels.index("scale=1,pyramid=0,shears=0,0")]
    for shears in [(1, 0), (0, -1), (1, 1)]:
        sheared = atoms[bank.labels.index(f"scale=1,pyramid=0,shears={shears[0]},{shears[1]}")]
        moved = np.array([k[0], *(k[i + 1] + s * k[0] // steps for i, s in enumerate(shears))])
        fits = np.abs(moved[1:]).max(axis=0) * (steps + 1) < np.abs(moved[0]) * steps
        here, there = tuple(k[:, fits]), tuple(moved[:, fits])
        visible = corona[there] > 1e-3
        one = (sheared[there] / np.maximum(corona[there], 1e-9))[visible]
        other = (middle[here] / corona[here])[visible]
        assert np.count_nonzero(other) > 20
        np.testing.assert_allclose(one, other, atol=1e-13)


def signed_bins(shape) -> np.ndarray:
    """Integer frequencies, shape (axes, samples)."""
    axes = (np.fft.fftfreq(n, 1 / n).round().astype(int) for n in shape)
    return np.stack([k.ravel() for k in np.meshgrid(*axes, indexing="ij")])


@pytest.mark.parametrize("orientations", [1, 2, 3, 4, 5])
def test_steerable_atoms_steer(orientations):
    """A rotated atom, whatever the angle, is a combination of its scale's K atoms."""
    frame = frames.Steerable(scales=2, orientations=orientations)
    grid = wi.Grid((33, 33))
    bank = frame.on(grid)
    x, y = grid.frequencies()
    for scale in (1, 2):
        atoms = atoms_of(bank, scale)
        corona = corona_of(atoms)
        for angle in (0.3, 1.0, -2.0):
            power = (-1j * np.cos(np.arctan2(y, x) - angle)) ** (orientations - 1)
            turned = np.tensordot(frame.weights(angle), atoms, 1)
            expected = peak_of(orientations) * corona * power
            np.testing.assert_allclose(turned, expected, atol=1e-14)
        # A quarter turn of the samples, where no formula enters.
        atoms = in_space(atoms).real
        turned = np.rot90(np.fft.fftshift(atoms[0]))
        combined = np.fft.fftshift(np.tensordot(frame.weights(np.pi / 2), atoms, 1))
        np.testing.assert_allclose(combined, turned, atol=1e-14)


def peak_of(orientations: int) -> float:
    """c_K from the mean of cos^(2K - 2) over the circle."""
    circle = np.cos(2 * np.pi * np.arange(64) / 64) ** (2 * orientations - 2)
    return 1 / np.sqrt(orientations * circle.mean())


@pytest.mark.parametrize("orientations", [2, 3, 4])
def test_steerable_atoms_are_derivatives(orientations):
    """Symmetric or antisymmetric in space as a derivative of order K - 1 is."""
    bank = frames.Steerable(scales=2, orientations=orientations).on(wi.Grid((32, 36)))
    atoms = in_space(atoms_of(bank, 1)).real
    mirrored = np.roll(atoms[:, ::-1, ::-1], 1, (1, 2))
    np.testing.assert_allclose(mirrored, (-1) ** (orientations - 1) * atoms, atol=1e-16)


def test_antisymmetric_atoms_on_a_coarse_grid_are_not_said_to_be_real():
    grid = wi.Grid((32, 32), spacing=1.7)
    for orientations, real in ((3, True), (4, False)):
        bank = frames.Steerable(scales=2, orientations=orientations).on(grid)
        testing.assert_parseval(bank, 1e-13)
        assert bank.real is real
    assert frames.Steerable(scales=2, orientations=4).on(wi.Grid((33, 33), 1.7)).real


GOLDEN = {"square": (2, 4), "rectangle": (2, 3), "shipped": (2, 4)}


@pytest.mark.parametrize("name", GOLDEN)
def test_steerable_pyramid_of_plenoptic(name):
    """`golden/make_steerable.py` says how the numbers were made, and why `shipped` is coarser.

    Interpolation errors fall with the square of the table's step: 64 times finer, 4096 times less.
    """
    golden = np.load(pathlib.Path(__file__).parent / "golden" / "steerable.npz")[name]
    scales, orientations = GOLDEN[name]
    image = np.random.default_rng(0).standard_normal(golden.shape[1:])
    bank = frames.Steerable(scales, orientations).on(wi.Grid(image.shape))
    maps = np.asarray(bank.analysis(image))
    assert bank.labels[-1] == "residual"
    ours = np.concatenate([maps[-1:], maps[1:-1], maps[:1]])
    difference = np.abs(ours - golden).max()
    if name == "shipped":
        assert 1e-6 < difference < 1e-5
    else:
        assert difference < 1e-5 / 64**2


def tail(atoms_hat: np.ndarray) -> float:
    """Largest share of an atom's norm that lies more than 64 samples from its centre."""
    atoms = np.abs(in_space(atoms_hat))
    away = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n, 1 / n) for n in atoms.shape[1:]))) > 64
    return np.sqrt(((atoms * away) ** 2).sum((1, 2)) / (atoms**2).sum((1, 2))).max()


def test_wedges_that_run_into_the_seam_decay_slowly():
    grid = wi.Grid((256, 256))
    tails = {
        policy: tail(atoms_of(frames.Curvelets(1, 8, nyquist=policy).on(grid), 1))
        for policy in ("fill", "residual")
    }
    assert 3.2e-2 < tails["fill"] < 3.5e-2
    assert 0.9e-4 < tails["residual"] < 1.2e-4
    round_wedges = frames.DirectionalWavelets(1, 8).on(grid)
    assert tail(atoms_of(round_wedges, 1)) < 3e-5


def test_without_the_average_even_wedges_are_not_real(monkeypatch):
    """The control of `make_real`: the imaginary part that it removes, relative to the peak."""
    monkeypatch.setattr(alpha_molecules, "make_real", lambda atoms: None)
    for scales, side, expected in ((2, 32, 6.3e-2), (3, 64, 3.2e-2), (4, 128, 1.7e-2)):
        bank = frames.Curvelets(scales, nyquist="fill").on(wi.Grid((side, side)))
        atoms = in_space(np.asarray(bank.atoms_hat))
        parts = np.abs(atoms.imag).max((1, 2)) / np.abs(atoms).max((1, 2))
        np.testing.assert_allclose(parts.max(), expected, rtol=0.05)
    odd = in_space(np.asarray(frames.Curvelets(2, nyquist="fill").on(wi.Grid((33, 33))).atoms_hat))
    assert np.abs(odd.imag).max() <= 1e-16


PLANE, SPACE = wi.Grid((16, 16)), wi.Grid((16, 16, 16))
# What is done (a folder is passed), the kind of error, and what its message says.
ERRORS = {
    **{
        f"{name} on a line": (
            lambda _, make=make: make(1).on(wi.Grid((16,))),
            ValueError,
            "but the grid has 1 axes",
        )
        for name, make in FAMILIES.items()
    },
    "curvelets in space": (lambda _: frames.Curvelets(1).on(SPACE), ValueError, "exists in 2-D"),
    "too many wedges for the grid": (
        lambda _: frames.Curvelets(1, orientations=200).on(PLANE),
        ValueError,
        r"Curvelets\.on: the grid does not resolve 200 orientations at scale 1: .* use fewer",
    ),
    "too many shears for the grid": (
        lambda _: frames.Shearlets(1, orientations=32).on(wi.Grid((8, 8, 8))),
        ValueError,
        r"Shearlets\.on: the grid does not resolve 867 orientations at scale 1",
    ),
    "too many samples": (
        lambda _: frames.Steerable(1, orientations=10**7).on(PLANE),
        ValueError,
        "more than the limit",
    ),
    "too deep": (lambda _: frames.Ridgelets(5).on(PLANE), ValueError, "use scales <= 4"),
    "too deep in space": (lambda _: frames.Shearlets(5).on(SPACE), ValueError, "use scales <= 4"),
    "no multiple of four": (
        lambda _: frames.Shearlets(1, orientations=6),
        ValueError,
        "Shearlets: orientations must be a multiple of 4, not 6, .* use 8, or AlphaMolecules",
    ),
    "one-sided in space": (
        lambda _: frames.Shearlets(1, one_sided=True).on(SPACE),
        ValueError,
        "one-sided shearlets exist in 2-D; leave out one_sided",
    ),
    "steerable without residual": (
        lambda _: frames.Steerable(1, nyquist="fill"),
        ValueError,
        'Steerable: nyquist must be one of "residual", "isotropic"',
    ),
    "unknown policy": (
        lambda _: frames.Ridgelets(1, nyquist="none"),
        ValueError,
        "nyquist must be one of",
    ),
    "alpha beyond one": (
        lambda _: frames.AlphaMolecules(1, alpha=1.5),
        ValueError,
        r"alpha must lie in \[0, 1\], not 1\.5",
    ),
    "unknown angle": (
        lambda _: frames.AlphaMolecules(1, angle="elliptic"),
        ValueError,
        'angle must be one of "polar", "slope", not \'elliptic\'',
    ),
    "no scale": (
        lambda _: frames.DirectionalWavelets(0),
        ValueError,
        "scales must be an integer >= 1",
    ),
    "no orientation": (
        lambda _: frames.Steerable(1, 0),
        ValueError,
        "orientations must be an integer >= 1",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_message(name):
    act, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        act(None)
