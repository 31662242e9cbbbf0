"""Matrix-valued banks against dense linear algebra: bounds, adjoint, inverse, tight version."""

from __future__ import annotations

import catalogue
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_frames
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import wiatowski as wi
from wiatowski import frames, testing
from wiatowski.frames import alias_classes

SIZES = [((7,), 1), ((12,), 3), ((5, 4), 1), ((4, 6), 2), ((4, 4, 4), 2)]  # shape and stride
EXAMPLES = [
    (name, d, f) for name, rows in catalogue.MATRIX_FRAMES.items() for d in rows for f in rows[d]
]
IDS = [f"{name}-{d}d-{i}" for i, (name, d, _) in enumerate(EXAMPLES)]


def random_bank(shape, stride, channels=(9, 2), real=True, seed=0) -> wi.MatrixBank:
    """Gaussian atoms as wide as the grid; frames if there are enough channels."""
    atoms = strategies.signal(seed, (*channels, *shape), real)
    output = strategies.signal(seed + 1, shape, real)
    axes = tuple(range(-len(shape), 0))
    scale = np.sqrt(np.prod(shape) * channels[0])
    return wi.MatrixBank(
        np.fft.fftn(atoms, axes=axes) / scale, np.fft.fftn(output) / scale, wi.Grid(shape), stride
    )


def convolutions(bank: wi.MatrixBank, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Output and maps from sums of shifted signals, no transform of the signal."""
    shape, ndim = bank.grid.shape, bank.grid.ndim
    axes = tuple(range(-ndim, 0))
    atoms = np.fft.ifftn(np.asarray(bank.atoms_hat), axes=axes)
    output = np.fft.ifftn(np.asarray(bank.output_atom_hat))
    outputs = np.zeros(f.shape, complex)
    maps = np.zeros((len(bank), *shape), complex)
    for m in np.ndindex(shape):
        moved = np.roll(f, m, axes)
        outputs += output[m] * moved
        maps += np.tensordot(atoms[(..., *m)], moved, 1)
    return outputs, maps[(slice(None), *(slice(None, None, bank.stride),) * ndim)]


def dense(bank: wi.MatrixBank) -> np.ndarray:
    """The matrix of `analysis` on complex signals, outputs first."""
    basis = np.eye(bank.channels[1] * bank.grid.size, dtype=complex)
    signals = jnp.asarray(basis.reshape(-1, bank.channels[1], *bank.grid.shape))
    columns = jax.vmap(bank.analysis)(signals)
    return np.concatenate([np.asarray(c).reshape(len(basis), -1) for c in columns], axis=1).T


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
@pytest.mark.parametrize(("shape", "stride"), SIZES)
def test_analysis_is_a_sum_of_shifts_and_a_stride(shape, stride, real):
    with jax.enable_x64(True):
        bank = random_bank(shape, stride, (3, 2), real)
        for real_signal in (True, False):
            f = strategies.signal(5, (2, *shape), real_signal)
            ours = bank.analysis(f)
            assert [jnp.iscomplexobj(c) for c in ours] == [not (real and real_signal)] * 2
            for a, b in zip(ours, convolutions(bank, f), strict=True):
                np.testing.assert_allclose(a, b, atol=1e-13 * np.linalg.norm(f))


@eqx.filter_jit
def figures(bank: wi.MatrixBank):
    """Singular values and bounds for complex and for real signals, and a weighted bound."""
    values = [bank.singular_values(), bank.singular_values(real=True)]
    return values, [bank.frame_bounds(), bank.frame_bounds(real=True)], bank.upper_bound(2.3)


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
@pytest.mark.parametrize("channels", [(2, 3), (9, 2)], ids=str)
@pytest.mark.parametrize(("shape", "stride"), SIZES)
def test_singular_values_and_bounds_are_those_of_the_dense_operator(shape, stride, channels, real):
    with jax.enable_x64(True):
        bank = random_bank(shape, stride, channels, real)
        matrix = dense(bank)
        # On real signals the matrix acts like its real above its imaginary part.
        operators = [matrix, np.concatenate([matrix.real, matrix.imag])]
        values, bounds, weighted = figures(bank)
        for operator, ours, own in zip(operators, values, bounds, strict=True):
            expected = np.linalg.svd(operator, compute_uv=False)
            assert ours.shape == (*bank.maps_grid.shape, channels[1] * stride ** len(shape))
            tolerance = {"rtol": 0, "atol": 1e-13 * len(matrix) * expected[0]}
            np.testing.assert_allclose(np.sort(ours, axis=None)[::-1], expected, **tolerance)
            squares = [expected[-1] ** 2, expected[0] ** 2]
            np.testing.assert_allclose(own, squares, **tolerance)
        matrix[channels[1] * bank.grid.size :] *= np.sqrt(2.3)
        np.testing.assert_allclose(weighted, np.linalg.norm(matrix, 2) ** 2, rtol=1e-12)


@eqx.filter_jit
def inverses(bank: wi.MatrixBank, coefficients):
    return bank.synthesis(coefficients), bank.reconstruct(coefficients)


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
@pytest.mark.parametrize(("shape", "stride"), SIZES)
def test_synthesis_is_the_adjoint_and_reconstruction_the_pseudo_inverse(shape, stride, real):
    with jax.enable_x64(True):
        bank = random_bank(shape, stride, (3, 2), real)
        matrix = dense(bank)
        anything = strategies.signal(3, (len(matrix),), real=False)
        outputs, maps = np.split(anything, [2 * bank.grid.size])
        pair = frames.MatrixCoefficients(
            outputs.reshape(2, *shape), maps.reshape(3, *bank.maps_grid.shape)
        )
        adjoint, inverse = inverses(bank, pair)
        np.testing.assert_allclose(adjoint.ravel(), matrix.conj().T @ anything, atol=1e-11)
        np.testing.assert_allclose(inverse.ravel(), np.linalg.pinv(matrix) @ anything, atol=1e-9)


@given(data=st.data(), seed=strategies.seeds(), real=st.booleans())
@settings(max_examples=5)
def test_the_laws_of_frames(data, seed, real):
    shape, stride = data.draw(st.sampled_from(SIZES))
    bank = random_bank(shape, stride, (9, 2), data.draw(st.booleans()), seed)
    f = strategies.like(bank.dtype, strategies.signal(seed + 2, (2, *shape), real))
    testing.assert_frame(bank, f)
    testing.assert_reconstructs(bank, f)
    np.testing.assert_allclose(bank.scaled_to(0.5).frame_bounds().upper, 0.5, rtol=1e-5)
    assert bank.redundancy() == 9 / (2 * stride ** len(shape)) + 1


@eqx.filter_jit
def tightened(bank: wi.MatrixBank, f):
    """The tight bank, its tight version's atoms, its bounds, and a signal there and back."""
    tight = bank.parseval()
    again = tight.parseval().atoms_hat
    return tight, again, tight.frame_bounds(), tight.synthesis(tight.analysis(f))


@pytest.mark.parametrize(("shape", "stride"), [((12,), 3), ((5, 4), 1), ((4, 6), 2)])
@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_parseval(shape, stride, real):
    """A = B = 1, the output atom is kept, and a tight bank is its own tight version."""
    with jax.enable_x64(True):
        channels = (2 * stride ** len(shape), 2)
        bank = random_bank(shape, stride, channels, real).scaled_to(0.9)
        bank.parseval()  # the checks need concrete arrays
        f = jnp.asarray(strategies.signal(0, (2, *shape)))
        tight, again, bounds, back = tightened(bank, f)
        np.testing.assert_allclose(bounds, [1, 1], atol=1e-13)
        np.testing.assert_array_equal(tight.output_atom_hat, bank.output_atom_hat)
        np.testing.assert_allclose(again, tight.atoms_hat, atol=1e-12)
        np.testing.assert_allclose(back, f, atol=1e-13)
        assert tight.real == real


def test_parseval_without_output_atom_is_the_canonical_tight_frame():
    with jax.enable_x64(True):
        bank = random_bank((12,), 1, (4, 2), real=False)
        bank = wi.MatrixBank(bank.atoms_hat, np.zeros(12), bank.grid)
        tight = np.asarray(bank.parseval().atoms_hat)
        for k in range(12):
            h = np.asarray(bank.atoms_hat[..., k])
            values, vectors = np.linalg.eigh(h.conj().T @ h)
            root = vectors @ np.diag(values**-0.5) @ vectors.conj().T
            np.testing.assert_allclose(tight[..., k], h @ root, atol=1e-12)


def test_parseval_where_the_output_atom_leaves_no_room():
    """Zero-mean atoms and an output atom that is 1 at frequency 0: the usual case."""
    for dtype in (np.float32, np.float64):
        with jax.enable_x64(dtype is np.float64):
            taps = strategies.signal(0, (4, 2, 3))
            taps -= taps.mean(axis=2, keepdims=True)
            bank = frames.MatrixFilters(taps).on(wi.Grid((9,)), dtype)
            tight = bank.parseval()
            np.testing.assert_allclose(tight.frame_bounds(), [1, 1], atol=50 * np.finfo(dtype).eps)
            np.testing.assert_allclose(tight.atoms_hat[..., 0], 0, atol=2e-3)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("of", ["upper", "lower", "weighted", "tight"])
def test_gradients_in_the_atoms(of, stride):
    with jax.enable_x64(True):
        taps = jnp.asarray(strategies.signal(0, (5, 2, 3))) / 3
        weights = strategies.signal(1, (5, 2, 6))

        @jax.jit
        def value(taps):
            bank = frames.MatrixFilters(taps, stride=stride).on(wi.Grid((6,)))
            if of == "weighted":
                return bank.upper_bound(jnp.sum(taps**2))
            if of == "tight":
                return jnp.real(jnp.sum(weights * bank.scaled_to(0.9).parseval().atoms_hat))
            return getattr(bank.frame_bounds(), of)

        direction, step = strategies.signal(2, taps.shape), 1e-6
        rise = value(taps + step * direction) - value(taps - step * direction)
        slope = jnp.sum(jax.jit(jax.grad(value))(taps) * direction)
        np.testing.assert_allclose(slope, rise / (2 * step), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])
def test_the_polar_factor_has_a_derivative_where_singular_values_coincide(real):
    """Q(X + E) = Q + Q (Q^* E - E^* Q) / 2 + (I - Q Q^*) E to first order at an isometry X = Q."""
    with jax.enable_x64(True):
        q, _ = np.linalg.qr(strategies.signal(0, (5, 3), real))
        change = strategies.signal(1, (5, 3), real)
        _, ours = jax.jvp(alias_classes.polar_factor, (q,), (change,))
        turn = q.conj().T @ change
        expected = q @ (turn - turn.conj().T) / 2 + change - q @ turn
        np.testing.assert_allclose(ours, expected, atol=1e-14)


def test_classes_come_apart_again():
    x = strategies.signal(0, (2, 3, 4, 6))
    np.testing.assert_array_equal(
        alias_classes.unstacked(alias_classes.stacked(jnp.asarray(x), 2, 2), 2, 2),
        x.astype(np.float32),
    )


@pytest.mark.parametrize(("name", "ndim", "frame"), EXAMPLES, ids=IDS)
@pytest.mark.parametrize("spacing", [1.0, 0.75, 1.7])
def test_frames_of_matrices(name, ndim, frame, spacing):
    """Both precisions, an honest real flag, distinct labels, the output atom alone."""
    grid = wi.Grid({1: (12,), 2: (6, 10), 3: (4, 6, 4)}[ndim], spacing)
    single = frame.on(grid)
    with jax.enable_x64(True):
        bank = frame.on(grid)
        assert (single.dtype, bank.dtype) == (np.float32, np.float64)
        np.testing.assert_allclose(single.atoms_hat, bank.atoms_hat, atol=1e-6)
        f = strategies.signal(3, (bank.channels[1], *grid.shape))
        for a, b in zip(bank.analysis(f), convolutions(bank, f), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-13 * np.linalg.norm(f))
        alone = frame.output_on(grid)
        np.testing.assert_array_equal(alone.output_atom_hat, bank.output_atom_hat)
        assert len(alone) == 0
    assert len(set(bank.labels)) == len(bank)
    assert bank.stride == frame.stride


@pytest.mark.parametrize("spacing", [1.0, 0.5])
def test_filters_are_transforms_of_their_taps(spacing):
    with jax.enable_x64(True):
        for shape in ((12,), (9, 8), (4, 6, 5)):
            taps = strategies.signal(0, (2, 3, *(2, 3, 2)[: len(shape)]))
            bank = frames.MatrixFilters(taps).on(wi.Grid(shape, spacing))
            for o, i in np.ndindex(2, 3):
                expected = reference_frames.transform_of_taps(taps[o, i], shape, spacing)
                np.testing.assert_allclose(bank.atoms_hat[o, i], expected, atol=1e-13)


def test_one_input_channel_is_a_filter_bank():
    with jax.enable_x64(True):
        taps, output = strategies.signal(0, (3, 2, 3)), strategies.signal(1, (2, 2))
        grid = wi.Grid((8, 6))
        plain = frames.FiniteFilters(taps, output).on(grid)
        matrix = frames.MatrixFilters(taps[:, None], output).on(grid)
        np.testing.assert_allclose(matrix.frame_bounds(), plain.frame_bounds(), rtol=1e-13)
        np.testing.assert_allclose(matrix.singular_values(), plain.singular_values(), rtol=1e-13)
        f = strategies.signal(2, grid.shape)
        both = matrix.analysis(f[None])
        np.testing.assert_allclose(jnp.concatenate(both), plain.analysis(f), atol=1e-13)


@eqx.filter_jit
def traced_bounds(taps):
    return frames.MatrixFilters(taps, stride=2).on(wi.Grid((8,))).frame_bounds()


def test_bounds_are_the_same_while_traced():
    taps = jnp.asarray(strategies.signal(0, (3, 2, 3)).astype(np.float32))
    plain = frames.MatrixFilters(taps, stride=2).on(wi.Grid((8,))).frame_bounds()
    np.testing.assert_allclose(traced_bounds(taps), plain, rtol=1e-5)
