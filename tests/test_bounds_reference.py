"""Every right-hand side equals its independent evaluation from the statement.

The fixed comparisons, `comparisons()`, cover every public name and are what `mutation.py` runs against
altered code; drawn ones come from hypothesis.
"""

from __future__ import annotations

import functools
import inspect
import types

import bounds_comparisons as numbers
import bounds_network_comparisons as networks
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import reference_bounds as plain
import strategies
from bounds_comparisons import CHOICES, RANGES, SCALARS, Comparison
from hypothesis import given, settings
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import bounds, nonlinearities, poolings
from wiatowski.frames.subsampled_bank import subsampled


@functools.cache
def comparisons() -> tuple[Comparison, ...]:
    """All fixed ones."""
    with jax.enable_x64(True):
        found = [*numbers.scalars(), *numbers.constants(), *numbers.operator_norms()]
        found += [*networks.energies(), *networks.declared_constants(), *networks.folded()]
        for i, phi in enumerate(networks.extractors()):
            found += networks.lipschitz_of(phi, i)
            shallow = 0 < phi.depth < 3  # deep ones take long to compile
            found += networks.translation_of(phi.admissible(), i, seed=i, traced=shallow)
        for i, phi in enumerate(networks.mixing_extractors()):
            found += networks.lipschitz_of(phi, f"mixing {i}")
    return tuple(found)


def names_to_cover() -> list[str]:
    """What `wiatowski.bounds` exports, and the constants that enter bounds."""
    exported = [
        name
        for name, value in vars(bounds).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    ]
    members = [
        f"{name}.lipschitz"
        for name in (*nonlinearities.__all__, *poolings.__all__)
        if isinstance(getattr(wi, name, None), type) and not inspect.isabstract(getattr(wi, name))
    ]
    return [
        *exported,
        *members,
        "FeatureExtractor.lipschitz_bound",
        "Layer.gain",
        "Layer.lipschitz",
    ]


def check(name: str) -> None:
    """Every comparison of a name, and that there is one."""
    found = [comparison for comparison in comparisons() if comparison.name == name]
    assert found, f"{name} is compared with nothing: give it a row in the comparisons"
    for comparison in found:
        comparison.check()


@pytest.mark.parametrize("name", names_to_cover())
def test_it_equals_the_reference(name):
    check(name)


def test_a_bound_without_a_comparison_is_noticed():
    with pytest.raises(AssertionError, match="compared with nothing"):
        check("a_new_bound")


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_a_comparison_notices_five_per_cent(factor):
    for ours in (lambda: factor * bounds.stretch_factor(0.5), lambda: [bounds.stretch_factor(0.5)]):
        with pytest.raises(AssertionError):
            Comparison("stretch_factor", "", ours, lambda: plain.stretch(0.5)).check()


def drawn_number(low: float, high: float) -> st.SearchStrategy[float]:
    """The lower end, or a number whose products do not underflow."""
    return st.just(low) | st.floats(max(low, 1e-15), high)


def drawn_arguments(name: str) -> st.SearchStrategy[list]:
    """Arguments of a bound of numbers."""
    keys = SCALARS[name][1].split()
    drawn = (
        st.sampled_from(CHOICES[key]) if key in CHOICES else drawn_number(*RANGES[key])
        for key in keys
    )
    return st.tuples(*drawn).map(list)


@pytest.mark.parametrize("name", SCALARS)
@given(data=st.data())
def test_bounds_of_drawn_numbers_equal_the_reference(name, data):
    numbers.scalar(name, data.draw(drawn_arguments(name))).check()


@given(data=st.data(), seed=strategies.seeds())
@settings(max_examples=5)
def test_bounds_of_drawn_networks_equal_the_reference(data, seed):
    with jax.enable_x64(True):
        phi = data.draw(strategies.extractors(shapes=((24,), (12, 18)), most_layers=3))
        found = [*networks.lipschitz_of(phi, "drawn")]
        found += networks.translation_of(phi.admissible(), "drawn", seed)
    for comparison in found:
        comparison.check()


def test_the_kernel_of_the_schur_constant_is_its_fourier_integral():
    for x in (0, 0.2, 0.5, 1.4, 3.3):
        closed = plain.schur_kernel_closed(plain.mp.mpf(x))
        assert mpmath.almosteq(plain.schur_kernel(plain.mp.mpf(x)), closed, abs_eps=1e-25)


def test_one_step_holds_for_a_nonlinearity_that_enlarges():
    with jax.enable_x64(True):
        grid = wi.Grid((32,))
        layer = wi.Layer(wi.frames.Meyer(scales=2), wi.LeakyReLU(-2.0))
        phi = wi.FeatureExtractor([layer, layer], grid)
        wave = jnp.cos(2 * np.pi * 10 * np.arange(32) / 32)
        measured = np.asarray(phi.trace(wave).propagated_energies())[1:]
        assert measured[0] > 2 * float(jnp.sum(wave**2))  # L = 1 would be too little
        assert np.all(measured <= np.asarray(bounds.energy_one_step(phi, wave)) * (1 + 1e-12))


@pytest.mark.parametrize("name", ["energy_decay", "energy_decay_groups", "energy_one_step"])
def test_decay_of_energy_is_not_claimed_for_layers_that_mix_channels(name):
    """Two equal maps add up to four times the energy of each, twice that of both."""
    with jax.enable_x64(True):
        grid, k = wi.Grid((32,)), np.abs(np.fft.fftfreq(32, 1 / 32))
        twice = np.broadcast_to(np.where((k >= 5) & (k <= 9), 0.7, 0.0), (2, 32))
        added = wi.frames.MatrixBank(np.broadcast_to(1.0 * (k > 0), (1, 2, 32)), np.zeros(32), grid)
        layers = [wi.Layer(wi.FilterBank(twice, 1.0 * (k < 5), grid)), wi.Layer(added)]
        phi = wi.FeatureExtractor(layers, grid, wi.frames.Meyer(scales=2))
        f = jnp.asarray(strategies.signal(0, (32,)))
        maps = phi.trace(f).maps
        kept = np.sum(np.abs(maps[1] - np.mean(maps[1], axis=1, keepdims=True)) ** 2)
        assert np.sum(np.abs(maps[2]) ** 2) > 1.9 * kept
        with pytest.raises(ValueError, match=f"{name}, layer 2: a MatrixBank mixes channels"):
            getattr(bounds, name)(phi, f)
        with pytest.raises(ValueError, match="MatrixBank: statements on the decay of energy"):
            bounds.spectral_gap(added)


def test_translation_is_not_claimed_for_maps_on_several_grids():
    """The alternating signal again: a sub-sampled all-pass and ReLU, moved by one sample."""
    with jax.enable_x64(True):
        grid = wi.Grid((64,))
        low = np.where(np.abs(np.fft.fftfreq(64)) < 0.05, 1.0, 0.0)
        allpass = subsampled(wi.FilterBank(np.ones((1, 64)), np.zeros(64), grid), [2])
        output = subsampled(wi.FilterBank(np.ones((1, 64)), low, grid), [2]).without_atoms()
        phi = wi.FeatureExtractor([wi.Layer(allpass, wi.ReLU())], grid, output, output_stride=2)
        f = jnp.asarray((-1.0) ** np.arange(64) / 8)
        moved = np.sqrt(np.asarray((phi(wi.translate(f, 1)) - phi(f)).energies()))
        assert moved[1] > 2 * 2 * np.pi * float(bounds.output_decay(phi, 1))
        with pytest.raises(
            ValueError, match="layer 1: the maps of a Subsampled frame lie on several"
        ):
            bounds.translation(phi, 1, 1, 1.0)
        assert (
            float(bounds.translation(phi, 0, 1, 1.0)) == 0.0
        )  # before the layer there is one grid
