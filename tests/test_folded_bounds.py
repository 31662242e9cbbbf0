"""Atoms that are folded for maps on few samples may grow; the constants of an extractor know it."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import wiatowski as wi
from wiatowski._filtering import folded, window
from wiatowski.frames.subsampled_bank import subsampled

GRID = wi.Grid((32,))


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def few_samples(seed: int, periodised: bool, real: bool = True):
    """Three broad random atoms, B = 1, kept on every first, second and fourth sample."""
    random = np.random.default_rng(seed)
    atoms = random.standard_normal((3, 32))
    atoms_hat = np.fft.fft(atoms) if real else atoms
    low_hat = np.fft.fft(random.standard_normal(32))
    bank = wi.FilterBank(atoms_hat, low_hat, GRID, real=(real, True)).scaled_to(1.0)
    return subsampled(bank, [1, 2, 4], periodised=periodised)


def extractor(bank, **options):
    """Linear, so that its Lipschitz constant is the norm of a matrix."""
    layers = [wi.Layer(bank, wi.Identity())] * 2
    return wi.FeatureExtractor(layers, GRID, bank, output_stride=4, **options)


def norm(phi) -> float:
    columns = [phi(e.astype(complex)).flatten() for e in np.eye(32)]
    return float(np.linalg.norm(np.stack(columns, axis=1), 2))


@pytest.mark.parametrize("periodised", [False, True])
@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("paths", ["all", [("atom=0", "atom=2"), ("atom=2", "atom=0")]])
def test_the_bound_holds_however_few_the_samples(periodised, real, paths):
    for seed in range(6):
        phi = extractor(few_samples(seed, periodised, real), paths=paths)
        assert norm(phi) <= float(phi.lipschitz_bound()) * (1 + 1e-12)


def test_the_bound_of_the_whole_bank_alone_would_not():
    """With B = 1 on all samples the recursion over whole banks gives at most 1."""
    phi = extractor(few_samples(3, periodised=True))
    whole = phi.layers[0].bank.whole()
    assert float(whole.upper_bound()) <= 1 + 1e-12
    assert norm(phi) > 1.2
    assert not phi.is_admissible()
    assert float(phi.constants().upper_bounds[1]) > 1
    rescaled = phi.admissible()
    assert rescaled.is_admissible()
    assert norm(rescaled) <= 1


def test_atoms_that_are_cut_never_grow():
    phi = extractor(few_samples(3, periodised=False))
    assert phi.is_admissible()
    assert norm(phi) <= 1


@pytest.mark.parametrize("periodised", [False, True])
@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_atoms_on_few_samples_are_those_of_the_definition(periodised, real, stride):
    bank = few_samples(0, periodised, real)
    seen = bank.on_samples(stride, [2, 0])
    change = folded if periodised else window
    expected = change(bank.atoms_hat[np.array([2, 0])], (32 // stride,))
    np.testing.assert_allclose(seen.atoms_hat, expected, atol=1e-14)
    low = change(bank.output_atom_hat[None], (32 // stride,))[0]
    np.testing.assert_allclose(seen.output_atom_hat, low, atol=1e-13)
    assert seen.grid == GRID.decimated(stride)
    assert seen.labels == (bank.labels[2], bank.labels[0])
