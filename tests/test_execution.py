"""The fast path against the definition: paths left out, few samples, joined atoms, chunks, derivatives."""

from __future__ import annotations

import catalogue
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import wiatowski as wi
from wiatowski.frames import subsampled

GRIDS = {1: wi.Grid((64,)), 2: wi.Grid((32, 48)), 3: wi.Grid((8, 8, 8))}


def decreasing_scales(path: tuple[str, ...]) -> bool:
    scales = [int(label.split(",")[0].removeprefix("scale=")) for label in path]
    return scales == sorted(set(scales))


def slanted_gaussian(grid: wi.Grid) -> np.ndarray:
    x, y = np.meshgrid(*(np.fft.fftfreq(n) for n in grid.shape), indexing="ij")
    return np.exp(-400 * (x**2 + x * y + y**2))


def scattering(
    ndim: int,
    periodised: bool = False,
    order: int = 2,
    angles: int = 2,
    slanted: bool = False,
    **options,
):
    """Morlet wavelets on as few samples as their scale allows."""
    grid = GRIDS[ndim]
    bank = wi.frames.Morlet(scales=3, orientations=angles, voices=2).on(grid)
    strides = [2 ** int(label.split(",")[0].removeprefix("scale=")) for label in bank.labels]
    if slanted:  # no product over the axes
        bank = eqx.tree_at(lambda b: b.output_atom_hat, bank, slanted_gaussian(grid))
    few = subsampled(bank, strides, periodised=periodised)
    layers = [wi.Layer(few, nonlinearity) for nonlinearity in (wi.Modulus(), wi.Tanh(), wi.ReLU())]
    settings = {"output_frame": few, "output_stride": 8, "paths": decreasing_scales} | options
    return wi.FeatureExtractor(layers[:order], grid, **settings)


def odd(**options):
    """All samples of odd grids, and a nonlinearity that sees phases."""
    grid = wi.Grid((15, 21))
    bank = wi.frames.Morlet(scales=2, orientations=2).on(grid)
    layer = wi.Layer(subsampled(bank, [1] * len(bank)), wi.Tanh())
    return wi.FeatureExtractor([layer, layer], grid, output_stride=3, **options)


def harmonics(**options):
    """Solid harmonics, joined over their orders."""
    frame = wi.frames.SolidHarmonics(scales=2, degree=1)
    layer = wi.Layer(frame, wi.GroupModulus())
    return wi.FeatureExtractor([layer, layer], GRIDS[3], **options)


def tree(**options):
    """All-round layers on all samples; a rule leaves paths out."""
    layers = [
        wi.Layer(wi.frames.Meyer(scales=2), wi.ReLU(), wi.Decimate(2)),
        wi.Layer(wi.frames.Morlet(scales=2, orientations=3), wi.Modulus(), wi.AveragePool(2)),
        wi.Layer(wi.frames.Haar(scales=1), wi.Tanh()),
    ]
    return wi.FeatureExtractor(layers, GRIDS[2], **options)


EXTRACTORS = {
    "few samples, cut, 2-D": lambda **o: scattering(2, **o),
    "few samples, folded, 2-D": lambda **o: scattering(2, periodised=True, **o),
    "few samples, slanted low-pass, cut": lambda **o: scattering(2, slanted=True, **o),
    "few samples, slanted low-pass, folded": lambda **o: scattering(
        2, slanted=True, periodised=True, **o
    ),
    "few samples, cut, 1-D": lambda **o: scattering(1, **o),
    "few samples, folded, 1-D": lambda **o: scattering(1, periodised=True, **o),
    "three layers": lambda **o: scattering(2, order=3, **o),
    "all paths on few samples": lambda **o: scattering(1, **{"paths": "all", **o}),
    "few samples of all-round frames": lambda **o: wi.FeatureExtractor(
        [wi.Layer(wi.frames.Subsampled(wi.frames.Morlet(scales=3, orientations=2), most=4))] * 2,
        GRIDS[2],
        output_stride=8,
        **o,
    ),
    "odd samples, phases that count": odd,
    "joined": harmonics,
    "decreasing": lambda **o: tree(paths="decreasing", **o),
    "chosen": lambda **o: tree(
        paths=[("scale=1,axes=LH", "scale=1,orientation=2"), ("scale=2,axes=HH",)], **o
    ),
    "all": tree,
}


def signal(phi, key: int = 0, kind=jnp.float64, batch: tuple[int, ...] = ()):
    shape = (*batch, *phi.grid.shape)
    return jax.random.normal(jax.random.key(key), shape, kind)


@pytest.mark.parametrize("kind", [jnp.float64, jnp.complex128], ids=["real", "complex"])
@pytest.mark.parametrize("name", EXTRACTORS)
def test_agrees_with_the_definition(name, kind):
    with jax.enable_x64(True):
        phi = EXTRACTORS[name]()
        f = signal(phi, kind=kind)
        ours, exact = phi(f), wi.features_by_definition(phi, f)
        assert ours.paths == exact.paths
        assert tuple(map(len, ours)) == phi.path_counts
        for a, b in zip(ours, exact, strict=True):
            assert a.dtype == b.dtype
            # Atoms are stored where they exceed 8 eps of their peak.
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12 * float(jnp.max(jnp.abs(f))))


@pytest.mark.parametrize("name", ["few samples, cut, 2-D", "three layers", "joined", "decreasing"])
def test_small_chunks_change_nothing(name):
    with jax.enable_x64(True):
        whole, chunked = EXTRACTORS[name](), EXTRACTORS[name](memory=25_000)
        f = signal(whole)
        for a, b in zip(whole(f), chunked(f), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-13 * float(jnp.max(jnp.abs(f))))


@pytest.mark.parametrize("memory", [None, 25_000], ids=["whole", "chunks"])
@pytest.mark.parametrize(
    "name", ["few samples, cut, 2-D", "few samples, folded, 1-D", "joined", "chosen"]
)
def test_gradients_agree_with_finite_differences(name, memory):
    """With respect to the signal and every array of the extractor, along random directions."""
    with jax.enable_x64(True):
        phi = EXTRACTORS[name](memory=memory)
        arrays, rest = eqx.partition(phi, eqx.is_inexact_array)
        f = signal(phi)

        def value(arrays, f):
            features = eqx.combine(arrays, rest)(f)
            return sum(jnp.sum(jnp.cos(b) * b) for a in features for b in (a.real, a.imag))

        gradient = jax.grad(value, (0, 1))(arrays, f)
        leaves, structure = jax.tree.flatten((arrays, f))
        keys = jax.random.split(jax.random.key(1), len(leaves))
        direction = jax.tree.unflatten(
            structure,
            [
                jax.random.normal(k, a.shape, a.dtype) * jnp.max(jnp.abs(a), initial=0)
                for k, a in zip(keys, leaves)
            ],
        )
        # d/dt f(x + t v) for real t is the real part of v . grad, in JAX's convention.
        expected = sum(
            float(jnp.sum(jnp.real(g * v)))
            for g, v in zip(jax.tree.leaves(gradient), jax.tree.leaves(direction), strict=True)
        )
        step = 1e-6
        moved = [
            value(*jax.tree.map(lambda x, v, s=s: x + s * step * v, (arrays, f), direction))
            for s in (1, -1)
        ]
        assert float(moved[0] - moved[1]) / (2 * step) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["few samples, cut, 2-D", "joined"])
def test_gradients_are_finite_at_zero(name):
    phi = EXTRACTORS[name]()
    zero = jnp.zeros(phi.grid.shape)
    assert np.isfinite(np.asarray(jax.grad(lambda f: phi(f).norm())(zero))).all()


@pytest.mark.parametrize("name", ["few samples, cut, 2-D", "joined"])
def test_forward_mode_and_batches(name):
    with jax.enable_x64(True):
        phi = EXTRACTORS[name](memory=25_000)
        f, v = signal(phi), signal(phi, 1)
        loss = lambda f: phi(f).norm()  # noqa: E731
        _, forward = jax.jvp(loss, (f,), (v,))
        assert float(forward) == pytest.approx(float(jnp.vdot(jax.grad(loss)(f), v)), rel=1e-10)
        batch = signal(phi, 2, batch=(3,))
        mapped = jax.vmap(phi)(batch)
        for one, row in enumerate(batch):
            for a, b in zip(mapped, phi(row), strict=True):
                np.testing.assert_allclose(a[one], b, rtol=0, atol=1e-13)
        gradients = jax.vmap(jax.grad(loss))(batch)
        np.testing.assert_allclose(gradients[1], jax.grad(loss)(batch[1]), rtol=0, atol=1e-12)


def test_programs_do_not_grow_with_the_paths():
    """Lines of the lowered program for 2 and for 16 orientations, 18 and 816 paths."""
    sizes = []
    for angles in (2, 16):
        phi = scattering(2, angles=angles, memory=50_000)
        arrays, rest = eqx.partition(phi, eqx.is_array)
        lowered = jax.jit(lambda a, f, rest=rest: eqx.combine(a, rest)(f)).lower(
            arrays, jnp.zeros(phi.grid.shape)
        )
        sizes.append(lowered.as_text().count("\n"))
    assert sizes[1] < 1.7 * sizes[0]  # loops where one call was enough, and their remainders


@pytest.mark.parametrize(
    ("ndim", "frame"),
    [
        (d, f)
        for rows in catalogue.SUBSAMPLED_FRAMES.values()
        for d, own in rows.items()
        for f in own
    ],
)
def test_few_samples_change_no_bound(ndim, frame):
    """Atoms, output atom, sums and bounds are those of the inner frame, up to what is not stored."""
    with jax.enable_x64(True):
        few, whole = frame.on(GRIDS[ndim]), frame.frame.on(GRIDS[ndim])
        assert few.labels == whole.labels
        np.testing.assert_allclose(few.atoms_hat, whole.atoms_hat, rtol=0, atol=2e-15)
        np.testing.assert_allclose(few.output_atom_hat, whole.output_atom_hat, rtol=0, atol=2e-15)
        for real in (False, True):
            np.testing.assert_allclose(few.frame_bounds(real), whole.frame_bounds(real), atol=1e-14)
        halved = few.scaled_by(0.5)
        np.testing.assert_allclose(halved.atoms_hat, few.atoms_hat / 2, rtol=1e-15)
        f = jax.random.normal(jax.random.key(0), GRIDS[ndim].shape)
        np.testing.assert_allclose(few.analysis(f), whole.analysis(f), rtol=0, atol=1e-13)
