"""The backward recursion for the Lipschitz constant: between what is measured and the product."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import wiatowski as wi


def product_bound(phi: wi.FeatureExtractor) -> float:
    """Product over layers of max{1, B, B L^2 R^2}, with the output: Balan, Singh & Zou."""
    total = 1.0
    for layer in phi.layers:
        sums = np.sum(np.abs(np.asarray(layer.bank.atoms_hat)) ** 2, axis=0)
        output = np.abs(np.asarray(layer.bank.output_atom_hat)) ** 2
        constant = layer.nonlinearity.lipschitz * layer.pooling.lipschitz(layer.bank.grid)
        total *= max(1.0, np.max(sums * max(1, constant**2) + output))
    last = np.max(np.abs(np.asarray(phi.output_bank.output_atom_hat)) ** 2)
    return float(np.sqrt(total * max(1.0, last)))


def recursion(phi: wi.FeatureExtractor) -> float:
    """Theory section 5.4 once more, in NumPy and over explicit frequencies."""
    v = max(abs(x) ** 2 for x in np.asarray(phi.output_bank.output_atom_hat).ravel())
    for layer in reversed(phi.layers):
        atoms = np.asarray(layer.bank.atoms_hat).reshape(len(layer.bank), -1)
        output = np.asarray(layer.bank.output_atom_hat).ravel()
        constant = layer.nonlinearity.lipschitz * layer.pooling.lipschitz(layer.bank.grid)
        v = max(
            abs(output[k]) ** 2 + v * constant**2 * sum(abs(a) ** 2 for a in atoms[:, k])
            for k in range(output.size)
        )
    return float(np.sqrt(v))


@given(data=st.data(), seed=strategies.seeds(), real=st.booleans())
@settings(max_examples=8)
def test_measured_below_recursion_below_product(data, seed, real):
    with jax.enable_x64(True):
        phi = data.draw(strategies.extractors(shapes=((48,), (12, 18)), most_layers=3))
        bound = float(phi.lipschitz_bound())
        np.testing.assert_allclose(bound, recursion(phi), rtol=1e-12)
        assert bound <= product_bound(phi) * (1 + 1e-12)
        f = jnp.asarray(strategies.signal(seed, phi.grid.shape, real))
        h = f + jnp.asarray(strategies.signal(seed + 1, phi.grid.shape, real, scale=0.01))
        measured = float((phi(f) - phi(h)).norm() / jnp.linalg.norm(f - h))
        assert measured <= bound * (1 + 1e-12)


def test_the_bound_is_attained_by_a_constant_signal():
    """Parseval, output atom 1 at frequency 0: all of the difference leaves at depth 0."""
    with jax.enable_x64(True):
        phi = wi.FeatureExtractor(
            [wi.Layer(wi.frames.Meyer(scales=2), wi.ReLU(), wi.Decimate(2))] * 2, wi.Grid((64,))
        )
        np.testing.assert_allclose(phi.lipschitz_bound(), 1.0, rtol=1e-13)
        f = jnp.ones(64)
        np.testing.assert_allclose(phi(f).norm(), jnp.linalg.norm(f), rtol=1e-13)


def test_admissible_divides_by_the_root_of_the_gain():
    grid = wi.Grid((32,))
    bank = wi.frames.Meyer(scales=2).on(grid).scaled_by(3.0)
    phi = wi.FeatureExtractor(
        [wi.Layer(bank, wi.LeakyReLU(2.0), wi.LpPool(1, 2))], grid, wi.frames.Meyer(scales=2)
    )
    gain = 9.0 * 2.0**2 * 2.0  # B L^2 R^2
    np.testing.assert_allclose(phi.layers[0].gain(), gain, rtol=1e-6)
    safe = phi.admissible()
    np.testing.assert_allclose(
        safe.layers[0].bank.atoms_hat, bank.atoms_hat / np.sqrt(gain), rtol=1e-5
    )
    np.testing.assert_allclose(safe.layers[0].gain(), 1.0, rtol=1e-6)
    assert safe.admissible().is_admissible()


def test_the_paper_constant_would_reject_what_the_sharp_one_admits():
    phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(scales=1), wi.ReLU())], wi.Grid((16,)))
    assert phi.is_admissible()
    louder = wi.FeatureExtractor(
        [wi.Layer(wi.frames.Haar(scales=1), wi.LeakyReLU(slope=2.0))], wi.Grid((16,))
    )
    assert not louder.is_admissible()
