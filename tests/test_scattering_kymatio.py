"""Scattering transforms against kymatio 0.3.0, against its stored data, and in double precision."""

from __future__ import annotations

import contextlib
import warnings
from pathlib import Path
from unittest import mock

import jax
import numpy as np
import pytest
import scipy.special

import wiatowski as wi
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.scattering import HarmonicScattering3D, Scattering1D, Scattering2D

GOLDEN = Path(__file__).parent / "golden" / "kymatio"
SINGLE, DOUBLE = 1e-5, 1e-10


def _sph_harm(m, n, azimuth, polar):
    return scipy.special.sph_harm_y(n, m, polar, azimuth)


# kymatio 0.3.0 imports a name that scipy 1.17 has dropped.
with mock.patch.object(scipy.special, "sph_harm", _sph_harm, create=True):
    import kymatio
    from kymatio.scattering2d.filter_bank import periodize_filter_fft
    from kymatio.scattering3d.backend.numpy_backend import backend as backend_3d
    from kymatio.scattering3d.core.scattering3d import scattering3d


def kymatio_3d(**case):
    with mock.patch.object(scipy.special, "sph_harm", _sph_harm, create=True):
        return kymatio.HarmonicScattering3D(**case, frontend="numpy")


@contextlib.contextmanager
def quiet():
    """Without kymatio's warnings about small supports and deprecations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def assert_close(ours, theirs, tolerance: float):
    """Of one shape, and close in norm and in the largest coefficient."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert np.linalg.norm(ours - theirs) <= tolerance * np.linalg.norm(theirs)
    assert np.abs(ours - theirs).max() <= tolerance * np.abs(theirs).max()


def assert_same_table(ours: dict, theirs: dict):
    assert [tuple(map(int, key)) for key in theirs["key"]] == ours["key"]
    for name in ("order", "n", "xi", "sigma", "j"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-12)


def line(J, N, Q=1, **options):
    """kymatio's Scattering1D as it is on its main branch: filters summed, not averaged, when folded."""
    with quiet():
        theirs = kymatio.Scattering1D(J, N, Q, frontend="numpy", **options)
    for filters in (*theirs.psi1_f, *theirs.psi2_f, theirs.phi_f):
        filters["levels"] = [2**k * level for k, level in enumerate(filters["levels"])]
    return theirs


LINES = [
    {"J": 6, "N": 512, "Q": 16},
    {"J": 4, "N": 300, "Q": 1},
    {"J": 3, "N": 37, "Q": 1},
    {"J": 5, "N": 701, "Q": (3, 2), "T": 40},
    {"J": 3, "N": 64, "Q": 4, "max_order": 1},
    {"J": 5, "N": 500, "Q": (4,), "oversampling": 2},
    {"J": 4, "N": 129, "Q": 2, "T": 16, "oversampling": 6},
    {"J": 5, "N": 150, "Q": (3, 2), "max_order": 1, "T": 7},
]


@pytest.mark.parametrize("case", LINES, ids=str)
def test_1d(case):
    case = dict(case)
    J, N, Q = (case.pop(name) for name in "JNQ")
    ours, theirs = Scattering1D(J, N, Q, **case), line(J, N, Q, **case)
    x = noise(2, 3, N).astype(np.float32)
    assert_close(ours(x), theirs(x), SINGLE)
    assert_same_table(ours.meta(), theirs.meta())
    assert ours.output_size() == theirs.output_size()
    assert ours.output_size(detail=True) == tuple(theirs.output_size(detail=True))
    assert (ours.pad_left, ours.pad_right) == (theirs.pad_left, theirs.pad_right)


@pytest.mark.parametrize(("T", "oversampling", "order"), [(None, 0, 2), (0, 0, 2), (0, 1, 1)])
def test_1d_as_list(T, oversampling, order):
    settings = {"J": 4, "Q": 2, "T": T, "oversampling": oversampling, "max_order": order}
    x = noise(2, 211).astype(np.float32)
    theirs = line(N=211, out_type="list", **settings)(x)
    paths = Scattering1D(shape=211, out_type="list", **settings)(x)
    for one, other in zip(paths, theirs, strict=True):
        assert (one["j"], one["n"]) == (other["j"], other["n"])
        assert_close(one["coef"], other["coef"], SINGLE)


def test_1d_as_dict():
    settings = {"J": 3, "shape": 100, "T": 0, "out_type": "dict"}
    x = noise(2, 100).astype(np.float32)
    with quiet():
        theirs = kymatio.Scattering1D(**settings, frontend="numpy", max_order=1)(x)
    ours = Scattering1D(**settings, max_order=1)(x)
    assert list(ours) == list(theirs)
    for key, coefficient in ours.items():
        assert_close(coefficient, theirs[key], SINGLE)


def test_1d_data():
    data = np.load(GOLDEN / "test_data_1d.npz")
    S = Scattering1D(int(data["J"]), data["x"].shape[-1], int(data["Q"]))
    assert_close(S(data["x"]), data["Sx"], SINGLE)


def test_1d_in_double_precision():
    with jax.enable_x64(True):
        theirs = line(5, 300, (4, 2))
        x = noise(3, 300)
        grid = Scattering1D(5, 300).padded_grid
        banks = [
            FilterBank(
                np.stack([f["levels"][0] for f in filters]),
                theirs.phi_f["levels"][0],
                grid,
                labels=tuple(f"scale={f['j']},wavelet={n}" for n, f in enumerate(filters)),
                real=(False, True),
            )
            for filters in (theirs.psi1_f, theirs.psi2_f)
        ]
        assert_close(Scattering1D(5, 300, wavelets=banks)(x), theirs(x), DOUBLE)
        assert_close(Scattering1D(5, 300, (4, 2))(x), theirs(x), DOUBLE)


PLANES = [
    {"J": 2, "shape": (32, 32), "L": 8},
    {"J": 3, "shape": (33, 47), "L": 4},
    {"J": 2, "shape": (31, 53), "L": 3, "max_order": 1},
    {"J": 3, "shape": (8, 20), "L": 2},
    {"J": 1, "shape": (17, 9), "L": 5},
]


@pytest.mark.parametrize("case", PLANES, ids=str)
def test_2d(case):
    ours, theirs = Scattering2D(**case), kymatio.Scattering2D(**case, frontend="numpy")
    x = noise(2, 3, *case["shape"]).astype(np.float32)
    assert_close(ours(x), theirs(x), SINGLE)
    assert ours.padded_shape == (theirs._M_padded, theirs._N_padded)


def test_2d_extended_before():
    case = {"J": 1, "shape": (17, 9), "L": 3}
    ours = Scattering2D(**case, pre_pad=True)
    theirs = kymatio.Scattering2D(**case, pre_pad=True, frontend="numpy")
    x = noise(2, *ours.padded_shape).astype(np.float32)
    assert_close(ours(x), theirs(x), SINGLE)


def test_2d_as_list():
    case = {"J": 2, "shape": (24, 31), "L": 3, "out_type": "list"}
    x = noise(2, 24, 31).astype(np.float32)
    ours = Scattering2D(**case)
    meta = ours.meta()
    theirs = kymatio.Scattering2D(**case, frontend="numpy")(x)
    for row, (one, other) in enumerate(zip(ours(x), theirs, strict=True)):
        for name in ("j", "n", "theta"):
            assert one[name] == other[name]
            known = meta[name][row][: len(one["n"])]
            assert tuple(known) == other[name]
        assert meta["order"][row] == len(other["n"])
        assert meta["key"][row] == other["n"]
        assert_close(one["coef"], other["coef"], SINGLE)


def test_2d_data():
    data = np.load(GOLDEN / "test_data_2d.npz")
    S = Scattering2D(int(data["J"]), data["x"].shape[-2:], pre_pad=bool(data["pre_pad"]))
    assert_close(S(data["x"]), data["Sx"], SINGLE)


def test_2d_in_double_precision():
    case = {"J": 3, "shape": (33, 47), "L": 3}
    theirs = kymatio.Scattering2D(**case, frontend="numpy")
    for psi in theirs.psi:
        psi["levels"] = [level.astype(np.float64) for level in psi["levels"]]
    # Even, and a product, to seven digits only: both keep the real part of what it makes.
    low_pass = theirs.phi["levels"][0].astype(np.float64)
    theirs.phi["levels"] = [periodize_filter_fft(low_pass, k) for k in range(case["J"])]
    with jax.enable_x64(True):
        bank = FilterBank(
            np.stack([psi["levels"][0] for psi in theirs.psi]),
            low_pass,
            Scattering2D(**case).padded_grid,
            labels=tuple(f"scale={psi['j']},orientation={psi['theta']}" for psi in theirs.psi),
            real=(False, True),
        )
        x = noise(2, 33, 47)
        assert_close(Scattering2D(**case, wavelets=bank)(x), theirs(x), DOUBLE)


SPACES = [
    {"J": 2, "shape": (16, 16, 16), "L": 2, "integral_powers": (1.0, 2.0)},
    {"J": 1, "shape": (8, 10, 12), "L": 3},
    {"J": 1, "shape": (8, 8, 8), "L": 2, "max_order": 1, "sigma_0": 1.3},
    {"J": 1, "shape": (12, 8, 10), "L": 1, "rotation_covariant": False},
    {"J": 0, "shape": (8, 6, 8), "L": 2, "integral_powers": (0.5,)},
    {"J": 2, "shape": (8, 12, 6), "L": 2},
    {"J": 3, "shape": (8, 8, 8), "L": 1},
    {"J": 1, "shape": (4, 6, 4), "L": 1},
]


@pytest.mark.parametrize("case", SPACES, ids=str)
def test_3d(case):
    theirs = kymatio_3d(**case)
    x = noise(2, 2, *case["shape"]).astype(np.float32)
    assert_close(HarmonicScattering3D(**case)(x), theirs(x), SINGLE)


def test_3d_data():
    data = np.load(GOLDEN / "test_data_3d.npz")
    x, powers = data["x"], tuple(data["integral_powers"])
    S = HarmonicScattering3D(int(data["J"]), x.shape[1:], int(data["L"]), integral_powers=powers)
    assert_close(S(x).reshape(len(x), -1), data["Sx"][:, len(powers) :], SINGLE)


def space(x, filters, case):
    """kymatio's 3-D network without the cast of its integrals to single precision."""

    def integrals(maps):
        return np.stack([(maps**q).sum((1, 2, 3)) for q in (0.5, 1.0, 2.0)], axis=-1)

    covariant = case.get("rotation_covariant", True)

    return scattering3d(x, filters, covariant, case["L"], case["J"], 2, backend_3d, integrals)


@pytest.mark.parametrize("covariant", [True, False])
def test_3d_in_double_precision(covariant):
    case = {"J": 1, "shape": (8, 10, 8), "L": 2, "rotation_covariant": covariant}
    theirs = kymatio_3d(**case)
    filters = [own.astype(np.complex128) for own in theirs.filters]
    with jax.enable_x64(True):
        grid = wi.Grid(case["shape"])
        places = [(j, d, m) for j in range(2) for d in range(3) for m in range(-d, d + 1)]
        bank = FilterBank(
            np.stack([filters[d][j, d + m] for j, d, m in places]),
            wi.frames.SolidHarmonics(2, 2).on(grid).output_atom_hat,
            grid,
            labels=tuple(f"scale={j},degree={d},order={m}" for j, d, m in places),
        )
        x = noise(2, *case["shape"])
        ours = HarmonicScattering3D(**case, wavelets=bank)
        assert_close(ours(x), space(x, filters, case), DOUBLE)


@pytest.mark.parametrize("shape", [(9, 7, 11), (8, 9, 10), (8, 8, 12)])
def test_3d_of_any_size_by_its_network(shape):
    """Real harmonics here, complex ones, right on odd axes, through kymatio's network."""
    case = {"J": 1, "shape": shape, "L": 3}
    with jax.enable_x64(True):
        bank = wi.frames.SolidHarmonics(2, 3, real=False).on(wi.Grid(shape))
        atoms = dict(zip(bank.labels, np.asarray(bank.atoms_hat), strict=True))
        filters = [
            [[atoms[f"scale={j},degree={d},order={m}"] for m in range(-d, d + 1)] for j in range(2)]
            for d in range(4)
        ]
        x = noise(2, *shape)
        assert_close(HarmonicScattering3D(**case)(x), space(x, filters, case), DOUBLE)


def test_its_odd_axes_are_shifted_by_a_bin():
    """kymatio's frequencies of five samples: zero stands in bin 1."""
    assert np.fft.ifftshift(np.mgrid[-5 // 2 : -5 // 2 + 5]).tolist() == [-1, 0, 1, -3, -2]
    theirs = kymatio_3d(J=0, shape=(9, 8, 8), L=0)
    assert np.unravel_index(np.abs(theirs.filters[0][0, 0]).argmax(), (9, 8, 8)) == (1, 0, 0)
