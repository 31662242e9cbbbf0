"""What the scattering transforms do beyond kymatio: any depth, size and filters, bounds, derivatives."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_scattering as reference

import wiatowski as wi
from wiatowski.scattering import HarmonicScattering3D, Scattering1D, Scattering2D

PADDINGS = {"reflect": "reflect", "symmetric": "symmetric", "periodic": "wrap", "zero": "constant"}
DOUBLE = 1e-12


def noise(*shape: int, imaginary: bool = False) -> np.ndarray:
    random = np.random.default_rng(sum(shape))
    real = random.standard_normal(shape)
    return real + 1j * random.standard_normal(shape) if imaginary else real


def by_reference(S, x: np.ndarray) -> np.ndarray:
    """The coefficients of one signal, all in NumPy, with the filters of a transform."""
    layers = [
        reference.Filters(
            np.asarray(layer.bank.atoms_hat),
            [int(label.split(",")[0].removeprefix("scale=")) for label in layer.labels],
            list(layer.bank.strides),
        )
        for layer in S.network.layers
    ]
    output = S.network.output_stride
    if isinstance(S, Scattering1D):
        widths = [(S.pad_left, S.pad_right)]
        window = [slice(-(-S.pad_left // output), -(-(S.pad_left + len(x)) // output))]
    else:
        widths = [((p - n) // 2, (p - n + 1) // 2) for n, p in zip(x.shape, S.padded_shape)]
        window = [slice(1, -1)] * 2
    found = reference.coefficients(
        np.pad(x, widths, mode=PADDINGS[S.padding]),
        layers,
        np.asarray(S.network.output_bank.output_atom_hat),
        output,
        isinstance(S, Scattering1D),
        lambda u: u[tuple(window)],
    )
    assert list(found) == S.meta()["key"]
    return np.stack(list(found.values()))


@pytest.mark.parametrize(
    ("build", "imaginary"),
    [
        (lambda: Scattering1D(6, 211, (3, 2, 1), max_order=3), False),
        (lambda: Scattering1D(6, 211, 2, max_order=4, oversampling=1), True),
        (lambda: Scattering2D(4, (33, 47), 2, max_order=3), False),
        (lambda: Scattering2D(4, (16, 37), 1, max_order=4), True),
        (lambda: Scattering1D(5, 100, T=2), False),
        (lambda: Scattering1D(2, 30, padding="periodic"), False),
        (lambda: Scattering1D(2, 30, padding="symmetric"), False),
        (lambda: Scattering2D(2, (13, 8), 2, padding="symmetric"), False),
        (lambda: Scattering2D(2, (13, 8), 2, padding="zero"), False),
        (lambda: Scattering1D(3, 67, wavelets=wi.frames.Morlet(scales=4, voices=2)), False),
        (lambda: Scattering2D(2, (13, 8), wavelets=wi.frames.Morlet(3, orientations=2)), False),
    ],
)
def test_a_slow_network_gives_the_same(build, imaginary):
    with jax.enable_x64(True):
        S = build()
        x = noise(*S.shape, imaginary=imaginary)
        ours, slow = np.asarray(S(x)), by_reference(S, x)
    assert ours.shape == slow.shape
    assert np.abs(ours - slow).max() <= DOUBLE * np.abs(slow).max()


def test_3d_of_any_depth():
    """Paths of three scales: those of a network of one layer, applied to maps in NumPy."""
    with jax.enable_x64(True):
        S = HarmonicScattering3D(2, (8, 9, 10), L=1, max_order=3, integral_powers=(1.0,))
        bank = wi.frames.SolidHarmonics(3, 1).on(wi.Grid((8, 9, 10)))
        x = noise(8, 9, 10)
        ours = dict(zip(S.meta()["key"], np.asarray(S(x))))
    groups: dict = {}
    for label, atom in zip(bank.labels, np.asarray(bank.atoms_hat), strict=True):
        scale, degree = (int(field.split("=")[1]) for field in label.split(",")[:2])
        groups.setdefault((scale, degree), []).append(atom)
    for path in [(1,), (0, 2), (0, 1, 2)]:
        for degree in (0, 1):
            u = x
            for scale in path:
                maps = [np.fft.ifftn(np.fft.fftn(u) * atom) for atom in groups[scale, degree]]
                u = np.sqrt(sum(np.abs(v) ** 2 for v in maps))
            assert ours[path][degree, 0] == pytest.approx(u.sum(), rel=1e-12)
    assert len(ours) == 3 + 3 + 1


TRANSFORMS = {
    "1-D": lambda **o: Scattering1D(3, 61, 2, **o),
    "2-D": lambda **o: Scattering2D(2, (19, 12), 3, **o),
    "3-D": lambda **o: HarmonicScattering3D(1, (7, 9, 5), 1, **o),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_batches_memory_and_transformations(name):
    S = TRANSFORMS[name]()
    x = jnp.asarray(noise(2, 3, *S.shape), jnp.float32)
    found = S(x)
    size = np.abs(found).max()
    one = S(x[1, 2])
    assert one.shape == found.shape[2:]
    for other in (
        TRANSFORMS[name](memory=20_000)(x),
        eqx.filter_jit(jax.vmap(S))(x),
    ):
        assert np.abs(other - found).max() <= 2e-6 * size
    np.testing.assert_allclose(one, found[1, 2], atol=2e-6 * size)
    np.testing.assert_array_equal(S.scattering(np.asarray(x[1, 2], np.float64)), one)
    for kind in (int, bool, np.float16):
        np.testing.assert_array_equal(S(np.ones(S.shape, kind)), S(np.ones(S.shape)))


class Slope:
    """A function of arrays with its gradient, both compiled."""

    def __init__(self, function):
        self.value = eqx.filter_jit(function)
        self.gradient = eqx.filter_jit(eqx.filter_grad(function))

    def assert_along(self, at, direction, step: float):
        """The gradient along a real direction is what central differences give."""

        def value(by: float):
            return self.value(jax.tree.map(lambda a, d: a + by * d, at, direction))

        slopes = jax.tree.map(lambda g, d: jnp.sum((g * d).real), self.gradient(at), direction)
        differences = (value(step) - value(-step)) / (2 * step)
        assert sum(jax.tree.leaves(slopes)) == pytest.approx(float(differences), rel=1e-6)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_gradients_with_respect_to_signal_and_filters(name):
    with jax.enable_x64(True):
        S = TRANSFORMS[name]()
        x = jnp.asarray(noise(*S.shape))
        weights = jnp.asarray(noise(*S(x).shape))
        of_signal = Slope(lambda x: jnp.sum(weights * S(x)))
        of_signal.assert_along(x, jnp.asarray(noise(*x.shape)), 1e-5)
        assert np.isfinite(of_signal.gradient(jnp.zeros_like(x))).all()
        arrays, rest = eqx.partition(S, eqx.is_inexact_array)
        moved = jax.tree.map(lambda a: jnp.asarray(noise(*a.shape)), arrays)
        of_filters = Slope(lambda arrays: jnp.sum(weights * eqx.combine(arrays, rest)(x)))
        of_filters.assert_along(arrays, moved, 1e-6)


def learned_1d(width):
    return Scattering1D(3, 61, wavelets=wi.frames.Morlet(scales=3, voices=2, centre=width))


def learned_2d(width):
    return Scattering2D(2, (19, 12), wavelets=wi.frames.Morlet(2, orientations=3, centre=width))


def learned_3d(width):
    return HarmonicScattering3D(1, (7, 8, 5), L=1, sigma_0=width)


@pytest.mark.parametrize(
    ("build", "at"), [(learned_1d, 0.34), (learned_2d, 0.37), (learned_3d, 1.1)]
)
def test_wavelet_parameters_can_be_learned(build, at):
    with jax.enable_x64(True):
        x = noise(*build(at).shape)
        loss = Slope(lambda width: jnp.sum(build(width)(x) ** 2))
        loss.assert_along(jnp.asarray(at), jnp.asarray(1.0), 1e-5)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_report_gives_the_extremes_of_the_sums(name):
    S = TRANSFORMS[name]()
    report, sums = S.report(), S.littlewood_paley()
    assert len(report.layers) == len(sums) == S.max_order
    for layer, total in zip(report.layers, sums, strict=True):
        assert (layer.lower, layer.upper) == (float(total.min()), float(total.max()))
        for value, frequency in ((total.min(), layer.lowest_at), (total.max(), layer.highest_at)):
            index = tuple(round(w * n) % n for w, n in zip(frequency, total.shape, strict=True))
            assert total[index] == value
    lines = str(report).splitlines()
    assert len(lines) == 1 + S.max_order
    assert f"{report.layers[0].upper:.4g}" in lines[1]


def test_the_two_dimensional_bank_of_kymatio_gains_energy():
    """A little for real images, at frequency zero by its 3.1415 in place of pi; much for complex ones."""
    S = Scattering2D(3, (32, 32))
    assert S.report().layers[0].upper == pytest.approx(1.0186, abs=1e-4)
    assert S.littlewood_paley()[0][0, 0] == pytest.approx((np.pi / 3.1415) ** 2, rel=1e-6)
    assert S.littlewood_paley(real=False)[0].max() == pytest.approx(1.89, abs=0.2)


@pytest.mark.parametrize("imaginary", [False, True])
@pytest.mark.parametrize("name", ["1-D", "2-D"])
def test_admissible_transforms_gain_no_energy(name, imaginary):
    S = TRANSFORMS[name](padding="periodic").admissible(real=not imaginary)
    eps = float(jnp.finfo(jnp.float32).eps)
    for total in S.littlewood_paley(real=not imaginary):
        assert total.max() <= 1 + 64 * eps
    widths = [((p - n) // 2, (p - n + 1) // 2) for n, p in zip(S.shape, S.padded_grid.shape)]
    for x in (noise(*S.shape, imaginary=imaginary), np.ones(S.shape)):
        energy = np.sum(np.abs(np.pad(x, widths, mode="wrap")) ** 2)
        assert np.sum(np.abs(S(x)) ** 2) <= energy
    assert S.network.is_admissible() or not imaginary


def test_averages_of_complex_signals_are_complex():
    S = Scattering1D(3, 61)
    x = noise(61, imaginary=True)
    found = S(x)
    np.testing.assert_allclose(found[0], S(x.real)[0] + 1j * S(x.imag)[0], atol=1e-6)
    np.testing.assert_allclose(np.imag(found[1:]), 0)


def test_layers_with_filters_of_their_own():
    S = Scattering2D(
        2,
        (19, 12),
        wavelets=[wi.frames.Morlet(2, orientations=4), wi.frames.Morlet(2, orientations=2)],
    )
    assert S.network.path_counts == (1, 8, 4 * 2)
    meta = S.meta()
    assert meta["theta"][9].tolist() == [0.0, 0.0]
    assert np.isnan(Scattering1D(3, 61, wavelets=wi.frames.Morlet(3)).meta()["xi"]).all()


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("batch", [(0,), (2, 0, 3)])
def test_no_signals(name, batch):
    S = TRANSFORMS[name]()
    one = S(np.zeros(S.shape))
    assert S(np.zeros((*batch, *S.shape))).shape == (*batch, *one.shape)
