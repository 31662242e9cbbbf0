"""Networks: stages beside their definitions, their Lipschitz constants, and whole architectures."""

from __future__ import annotations

import subprocess
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_networks
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import networks
from wiatowski.networks import Convolution, Dense, Head, Network, Parallel, PassThrough, Residual


class Recorded(networks.RandomWeights):
    """Random weights that remember what was asked for."""

    def __init__(self, seed=0):
        super().__init__(seed)
        self.arrays = {}

    def take(self, name, shape, fan_in):
        self.arrays[name] = super().take(name, shape, fan_in)
        return self.arrays[name]


def random(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def conv_layer(channels, window=3, seed=0, nonlinearity=None, pooling=None, **options):
    into, out = channels
    taps = random(seed, out, into, window, window) / (window * into**0.5)
    options = {"padding": window // 2, **options}
    stage = Convolution(taps, random(seed + 1, out), **options)
    return wi.Layer(stage, nonlinearity or wi.ReLU(), pooling)


def small_network(**options):
    layers = {
        "first": conv_layer((3, 4), pooling=wi.AveragePool(2)),
        "sum": wi.Layer(Residual([conv_layer((4, 4), seed=3)]), wi.Tanh()),
        "ways": wi.Layer(
            Parallel([[conv_layer((4, 2), 1, 5)], [conv_layer((4, 3), 3, 7)]]), wi.Identity()
        ),
    }
    head = Head([Dense(random(9, 6, 5), random(10, 6))], averages=True)
    return Network(layers, wi.Grid((8, 12)), 3, head, **options)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("vgg16", 224),
        ("resnet50", 224),
        ("googlenet", 224),
        ("squeezenet", 224),
        ("squeezenet", 97),
        ("efficientnet_lite0", 224),
        ("lenet5", 28),
    ],
)
def test_architectures_are_those_of_the_reference(name, size):
    recorded = Recorded()
    with jax.enable_x64(True):
        for weights, dtype, tolerance in (
            (recorded, "float64", 1e-10),
            (recorded.arrays, "float32", 1e-4),
        ):
            network = getattr(networks, name)(weights, size=size, dtype=dtype)
            f = random(1, network.channels, size, size)
            found = eqx.filter_jit(network)(f)
            expected = getattr(reference_networks, name)(recorded.arrays, f)
            assert found.dtype == dtype
            error = np.max(np.abs(found - expected)) / np.max(np.abs(expected))
            assert error < tolerance


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from([1, 2, 4]),
    st.sampled_from([1, 3]),
    st.integers(0, 2**31),
)
def test_a_convolution_is_the_sum_of_correlations(window, stride, padding, groups, own, seed):
    taps, u = random(seed, 4, own, window, window), random(seed + 1, own * groups, 7, 9)
    bias = random(seed + 2, 4)
    with jax.enable_x64(True):
        stage = Convolution(taps, bias, stride, padding, groups).on(wi.Grid((7, 9)))
        found = np.asarray(stage(jnp.asarray(u)))
    assert found.shape[1:] == stage.maps_grid.shape
    padded = np.pad(u, ((0, 0), (padding, padding), (padding, padding)))
    for o in range(4):
        first = own * (o * groups // 4)
        whole = sum(
            scipy.signal.correlate(padded[first + i], taps[o, i], mode="valid") for i in range(own)
        )
        np.testing.assert_allclose(found[o], whole[::stride, ::stride] + bias[o], atol=1e-12)


def test_wrapped_is_the_periodic_convolution():
    taps, u = random(0, 2, 3, 3, 2), random(1, 3, 6, 8)
    with jax.enable_x64(True):
        stage = Convolution(taps, padding=((1, 1), (0, 1)), wraps=True).on(wi.Grid((6, 8)))
        reversed_taps = taps[:, :, ::-1, ::-1]  # a correlation is the convolution with these
        bank = wi.frames.MatrixFilters(reversed_taps, np.zeros((1, 1))).on(wi.Grid((6, 8)))
        expected = np.roll(bank.analysis(u).maps, (-1, -1), (1, 2))
        np.testing.assert_allclose(stage(jnp.asarray(u)), expected, atol=1e-12)
        shifted = stage(jnp.roll(jnp.asarray(u), (2, 3), (1, 2)))
        np.testing.assert_allclose(shifted, np.roll(expected, (2, 3), (1, 2)), atol=1e-12)


def test_a_window_longer_than_the_period_wraps_around_it():
    taps, u = random(0, 1, 1, 11), random(1, 1, 4)
    with jax.enable_x64(True):
        stage = Convolution(taps, padding=5, wraps=True).on(wi.Grid((4,)))
        folded = sum(taps[0, 0, m] * np.roll(u[0], 5 - m) for m in range(11))
        np.testing.assert_allclose(stage(jnp.asarray(u))[0], folded, atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "stride", "most"),
    [
        ((3, 4, 3, 3), 1, 1.012),
        ((3, 4, 3, 3), 2, 1.012),
        ((5, 2, 5), 3, 1.012),
        ((7, 2, 1, 1), 1, 1 + 1e-9),
        ((70, 80, 3), 1, 1.03),
        ((66, 70, 1), 1, 1.01),
    ],
)
def test_operator_norm_encloses_the_largest_singular_value(shape, stride, most):
    taps = random(3, *shape)
    with jax.enable_x64(True):
        bound = float(networks.operator_norm(taps, stride))
        grid = wi.Grid((60,) * (len(shape) - 2))
        none = np.zeros((1,) * (len(shape) - 2))
        bank = wi.frames.MatrixFilters(taps, none, stride=stride).on(grid)
        found = float(bank.frame_bounds().upper) ** 0.5
    assert found * (1 - 1e-12) <= bound <= most * found


def test_operator_norm_of_groups_is_the_largest_of_theirs():
    taps = random(4, 6, 2, 3, 3)
    own = [float(networks.operator_norm(part)) for part in np.split(taps, 3)]
    assert float(networks.operator_norm(taps, 1, 3)) == pytest.approx(max(own), rel=1e-6)


@pytest.mark.parametrize("power", [-100, 60, 100])
def test_operator_norm_of_taps_whose_squares_leave_the_range(power):
    with jax.enable_x64(False):
        taps = jnp.asarray(np.random.default_rng(0).standard_normal((4, 3, 3, 3)), jnp.float32)
        norm = networks.operator_norm(taps)
        assert networks.operator_norm(taps * 2.0**power) == norm * 2.0**power


def test_operator_norm_of_zeros_and_its_gradient():
    assert float(networks.operator_norm(np.zeros((70, 70, 3)))) == 0
    assert np.all(np.isfinite(jax.grad(networks.operator_norm)(jnp.zeros((2, 2, 3)))))
    taps = random(5, 2, 3, 3)
    with jax.enable_x64(True):
        gradient = jax.grad(networks.operator_norm)(jnp.asarray(taps))
        direction = random(6, *taps.shape)
        step = 1e-6 * direction
        slope = (networks.operator_norm(taps + step) - networks.operator_norm(taps - step)) / 2e-6
        assert float(jnp.sum(gradient * direction)) == pytest.approx(float(slope), rel=1e-6)


STAGES = {
    "zeros": lambda: Convolution(random(0, 4, 3, 3, 3), random(1, 4), padding=1),
    "strided": lambda: Convolution(random(0, 4, 3, 5, 5), random(1, 4), 2, ((0, 3), (2, 1))),
    "wrapped": lambda: Convolution(random(0, 4, 3, 3, 3), padding=1, wraps=True),
    "groups": lambda: Convolution(random(0, 6, 1, 3, 3), padding=1, groups=3),
    "residual": lambda: Residual([conv_layer((3, 5)), conv_layer((5, 3), seed=4)]),
    "shortcut": lambda: Residual(
        [conv_layer((3, 4), stride=2)], [conv_layer((3, 4), 1, 5, stride=2)]
    ),
    "parallel": lambda: Parallel([[conv_layer((3, 2))], [], [conv_layer((3, 4), 1, 5)]]),
    "pass": PassThrough,
}


@pytest.mark.parametrize("name", STAGES)
@given(st.integers(0, 2**31), st.floats(1e-3, 1e3))
def test_stages_never_exceed_their_lipschitz_constants(name, seed, apart):
    with jax.enable_x64(True):
        stage = STAGES[name]().on(wi.Grid((8, 10)))
        u = random(seed, 3, 8, 10)
        v = u + apart * random(seed + 1, 3, 8, 10)
        maps = stage.count_maps(3)
        assert stage(jnp.asarray(u)).shape == (maps, *stage.maps_grid.shape)
        moved = np.linalg.norm(stage(jnp.asarray(u)) - stage(jnp.asarray(v)))
        assert moved <= float(stage.lipschitz()) * np.linalg.norm(u - v) * (1 + 1e-9)


def test_the_bound_of_a_padded_convolution_is_nearly_reached_on_large_grids():
    taps = random(0, 4, 3, 3, 3)
    with jax.enable_x64(True):
        stage = Convolution(taps, random(1, 4), padding=1).on(wi.Grid((48, 48)))
        zero = jnp.zeros((3, 48, 48))
        linear = jax.jit(lambda v: jax.jvp(stage, (zero,), (v,))[1])
        adjoint = jax.jit(lambda w: jax.vjp(stage, zero)[1](w)[0])
        v = jnp.asarray(random(2, 3, 48, 48))
        for _ in range(200):
            v = adjoint(linear(v / jnp.linalg.norm(v)))
        norm, bound = float(jnp.linalg.norm(v)) ** 0.5, float(stage.lipschitz())
    assert 0.97 * bound < norm <= bound


def test_a_residual_of_opposites_needs_the_sum_of_the_constants():
    # F = -G would cancel: the bound is for the worst pair, F = G.
    double = wi.Layer(Convolution(np.eye(2)[..., None]), wi.Identity())
    stage = Residual([double]).on(wi.Grid((4,)))
    u = jnp.ones((2, 4))
    assert float(stage.lipschitz()) == pytest.approx(2)
    np.testing.assert_allclose(stage(u), 2 * u)


@pytest.mark.parametrize(("factor", "window"), [(1, 3), (2, 3), (2, 2), (3, 4)])
def test_sliding_maximum_reaches_its_constant(factor, window):
    pool, grid = networks.SlidingMaxPool(factor, window), wi.Grid((13, 13))
    u = np.zeros((13, 13))
    u[6, 6] = 1.0  # for some spike all windows that a sample can lie in
    moved = max(
        float(jnp.linalg.norm(pool(jnp.roll(u, (i, j), (0, 1)), grid)))
        for i in range(factor)
        for j in range(factor)
    )
    assert moved == pytest.approx(pool.lipschitz(grid))


def test_taps_are_gradients_at_the_layers():
    with jax.enable_x64(True):
        network = small_network()
        f = random(11, 3, 8, 12)
        traced = network.trace(f)
        assert [m.shape for m in traced.maps[1:]] == [network.tap_shape(n) for n in (1, 2, 3)]
        for n in range(1, network.depth + 1):
            zero = jnp.zeros(network.tap_shape(n))

            def score(tap, n=n):
                return network(f, {n: tap})[2]

            gradient = jax.grad(score)(zero)
            direction = random(n, *zero.shape)
            slope = (score(1e-6 * direction) - score(-1e-6 * direction)) / 2e-6
            assert float(jnp.sum(gradient * direction)) == pytest.approx(float(slope), rel=1e-5)


def test_a_network_is_lipschitz_jits_and_batches():
    with jax.enable_x64(True):
        network = small_network(classes=tuple("abcdef"))
        batch = random(12, 4, 3, 8, 12)
        scores = eqx.filter_jit(eqx.filter_vmap(network))(batch)
        np.testing.assert_allclose(scores, [network(f) for f in batch], rtol=1e-12)
        bound = float(network.lipschitz_bound())
        moved = np.linalg.norm(scores[0] - scores[1])
        assert moved <= bound * np.linalg.norm(batch[0] - batch[1])
        assert network.depth_of("sum") == network.depth_of(2) == 2


def test_matrix_filters_are_layers_of_networks_too():
    with jax.enable_x64(True):
        frame = wi.frames.MatrixFilters(random(0, 4, 3, 3, 3), np.zeros((1, 1)))
        layer = wi.Layer(frame, wi.ReLU(), wi.Decimate(2))
        network = Network([layer], wi.Grid((8, 8)), 3, Head([], averages=True))
        f = random(1, 3, 8, 8)
        tap = random(2, 4, 8, 8)
        maps = np.maximum(network.layers[0].bank.analysis(f).maps, 0) + tap
        np.testing.assert_allclose(network.trace(f, {1: tap}).maps[1], maps, atol=1e-12)
        np.testing.assert_allclose(
            network(f, {1: tap}), maps[:, ::2, ::2].mean(axis=(1, 2)), atol=1e-12
        )


def test_preprocessing_keeps_a_photo_of_the_right_size():
    preprocessing = networks.Preprocessing(1.0, (1.0, 2.0, 3.0), (2.0, 2.0, 4.0), True)
    photo = np.arange(48).reshape(4, 4, 3)
    np.testing.assert_allclose(preprocessing.cropped(photo, 4), photo, atol=1e-4)
    blue = (photo[..., 2] - 3) / 4
    np.testing.assert_allclose(preprocessing(photo, 4)[0], blue, atol=1e-4)
    assert preprocessing(photo[..., 0], 2).shape == (3, 2, 2)


_AT_ONCE = """
import numpy as np
from wiatowski.networks import operator_norm
taps = [np.random.default_rng(i).standard_normal((20, 20, 3, 3)).astype(np.float32) for i in range(8)]
found = set()
for _ in range(60):
    norms = [operator_norm(h) for h in taps]  # dispatched before any is waited for
    found.add(tuple(float(norm) for norm in norms))
assert len(found) == 1
"""


def test_norms_asked_for_at_once_do_not_wait_for_each_other():
    subprocess.run([sys.executable, "-c", _AT_ONCE], timeout=120, check=True)
