"""Proved norms of convolutions: they enclose what is known, closely, and refuse what is too small."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import wiatowski as wi
from wiatowski.certificates import _definite, certified_norm, norm_on_torus


@pytest.mark.parametrize(
    ("shape", "stride", "groups"),
    [
        ((3, 4, 3, 3), 1, 1),
        ((4, 3, 3, 3), 2, 1),
        ((6, 2, 3), 3, 1),
        ((6, 2, 4), 1, 1),
        ((2, 3, 2, 3, 2), 1, 1),
        ((70, 9, 3), 1, 1),
        ((6, 1, 3, 3), 1, 6),
        ((6, 2, 3, 3), 2, 3),
        ((4, 3, 1, 1), 2, 1),
    ],
)
def test_the_enclosure_holds_on_fine_grids_and_is_narrow(shape, stride, groups):
    taps = np.random.default_rng(sum(shape)).standard_normal(shape)
    proved = certified_norm(taps, stride, groups)
    ndim, found = len(shape) - 2, 0.0
    grid = wi.Grid(({1: 240, 2: 60, 3: 24}[ndim],) * ndim)
    with jax.enable_x64(True):
        for part in np.split(taps, groups):
            frame = wi.frames.MatrixFilters(part, np.zeros((1,) * ndim), stride=stride)
            found = max(found, float(frame.on(grid).frame_bounds().upper) ** 0.5)
    assert proved.lower <= found * (1 + 1e-3)
    assert found <= proved.upper
    assert proved.upper < 1.02 * proved.lower


def test_few_points_still_enclose_what_large_matrices_do():
    """More than 64 channels in and out: half as many points, 4 % in two dimensions."""
    taps = np.random.default_rng(3).standard_normal((66, 68, 2, 2))
    proved = certified_norm(taps)
    angles = 2 * np.pi * np.random.default_rng(4).uniform(size=(40, 2))
    phases = np.exp(-1j * np.einsum("pa,aij->pij", angles, np.indices((2, 2))))
    found = np.linalg.svd(np.einsum("oiab,pab->poi", taps, phases), compute_uv=False)[:, 0]
    assert found.max() <= proved.upper < 1.04 * proved.lower


def test_every_batch_is_proved(monkeypatch):
    """The bound found on the first frequencies must hold, or be raised, on the others."""
    taps = np.random.default_rng(5).standard_normal((5, 4, 3, 3))
    at_once = certified_norm(taps)
    monkeypatch.setattr(norm_on_torus, "_ENTRIES", 60)
    piecemeal = certified_norm(taps)
    np.testing.assert_allclose(piecemeal, at_once, rtol=1e-9)


def test_known_norms():
    shift = np.zeros((2, 2, 3, 3))
    shift[0, 1, 2, 0], shift[1, 0, 1, 1] = 3.0, -2.0  # permutes channels, moves and scales
    lower, upper = certified_norm(shift)
    assert lower <= 3 <= upper
    assert upper - lower < 0.04
    ones = certified_norm(np.ones((5, 4, 1, 1)))
    assert ones.lower <= 20**0.5 <= ones.upper
    assert ones.upper - ones.lower < 1e-6
    assert certified_norm(np.zeros((2, 3, 3))) == (0, 0)


def test_the_networks_bound_is_never_below_the_proved_one():
    for shape in ((4, 3, 3, 3), (70, 66, 3)):
        taps = np.random.default_rng(0).standard_normal(shape)
        with jax.enable_x64(True):
            computed = float(wi.networks.operator_norm(taps))
        assert computed >= certified_norm(taps).lower


def test_a_bound_below_the_norm_is_not_proved():
    """The negative control: what the factorisations are asked must be true."""
    taps = np.random.default_rng(1).standard_normal((5, 4, 3))
    (frequencies,) = norm_on_torus._batches((32,), 20)
    grams, error = norm_on_torus._grams_at(taps[None], frequencies, (32,))
    largest = float(np.linalg.eigvalsh(grams)[:, -1].max())
    assert _definite.proved_range(grams, error, 0.0, largest * (1 + 1e-9))
    assert not _definite.proved_range(grams, error, 0.0, largest * (1 - 1e-9))


def test_an_underestimate_of_the_search_is_mended(monkeypatch):
    taps = np.random.default_rng(2).standard_normal((5, 4, 3))
    honest = certified_norm(taps)
    monkeypatch.setattr(norm_on_torus, "_largest_eigenvalues", lambda g: np.full(len(g), 1e-3))
    careless = certified_norm(taps)
    assert careless.upper >= honest.lower
    assert careless.upper < 1.01 * honest.upper


def test_taps_without_numbers_are_refused():
    with pytest.raises(ValueError, match="certified_norm: the taps hold NaN"):
        certified_norm(np.full((1, 1, 3), np.nan))
