"""Analytic windows: Gabor frames, Morlet, log-Gabor and gammatone wavelets."""

from __future__ import annotations

import itertools
import math
import pathlib

import equinox as eqx
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import strategies
from kymatio.scattering1d.filter_bank import compute_sigma_psi, gauss_1d, morlet_1d
from kymatio.scattering2d.filter_bank import gabor_2d, morlet_2d

import wiatowski as wi
from wiatowski import frames, testing

SHAPES = [
    *[(32, 32), (64, 64), (128, 128), (65, 100), (33, 47), (97, 97)],
    *[(256,), (97,), (8,), (16, 16, 16), (15, 16, 17)],
]


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def rows_of(bank: wi.FilterBank) -> np.ndarray:
    """Transforms of the output atom and all atoms."""
    return np.concatenate([np.asarray(bank.output_atom_hat)[None], np.asarray(bank.atoms_hat)])


# --- Gabor ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["residual", "fill"])
@pytest.mark.parametrize("shape", SHAPES)
def test_meyer_windows_are_parseval(shape, policy):
    for channels in (2, 5, 8):
        bank = frames.Gabor(channels, nyquist=policy).on(wi.Grid(shape))
        rows = rows_of(bank)
        assert np.abs(np.sum(rows**2, axis=0) - 1).max() <= 1e-13
        assert np.all(rows[(slice(1, None), *(0,) * len(shape))] == 0)
        f = strategies.signal(channels, shape)
        spectrum = np.fft.fftn(f)  # synthesis of the analysis, with numpy's transforms
        axes = tuple(range(1, f.ndim + 1))
        maps = np.fft.fftn(np.fft.ifftn(spectrum * rows, axes=axes), axes=axes)
        back = np.fft.ifftn(np.sum(maps * rows, axis=0))
        assert np.linalg.norm(back - f) <= 1e-13 * np.linalg.norm(f)


@pytest.mark.parametrize(
    ("channels", "policy", "per_axis"),
    [(8, "fill", 8), (5, "fill", 5), (8, "residual", 7), (9, "residual", 7), (2, "residual", 1)],
)
def test_number_of_windows(channels, policy, per_axis):
    """Under RESIDUAL those that end at half a cycle, and one atom for the others."""
    for ndim in (1, 2):
        bank = frames.Gabor(channels, nyquist=policy).on(wi.Grid((32,) * ndim))
        assert bank.redundancy() == per_axis**ndim + (policy == "residual")
        names = [label for label in bank.labels if label != "residual"]
        assert len(names) == per_axis**ndim - 1
        assert all(name.startswith("channel=" if ndim == 1 else "channels=") for name in names)


def test_windows_are_translates():
    grid = wi.Grid((64,), 0.75)
    bank = frames.Gabor(8, frames.GaussianWindow(0.7)).on(grid)
    (omega,) = grid.frequencies()
    for m in (-3, -1, 2):
        expected = np.exp(-((8 * omega - m) ** 2) / (2 * 0.7**2))
        atom = bank.atoms_hat[bank.labels.index(f"channel={m}")]
        np.testing.assert_allclose(atom, expected, atol=1e-15)


def test_conjugate_atoms_and_the_real_ones():
    """g_-m is the conjugate of g_m; alone on their grid, output atom and residual are real."""
    bank = frames.Gabor(6).on(wi.Grid((20, 33)))
    assert (bank.atoms_real, bank.output_real) == (False, True)
    atoms = {name: np.fft.ifftn(a) for name, a in zip(bank.labels, np.asarray(bank.atoms_hat))}
    np.testing.assert_allclose(
        atoms["channels=1,-2"], atoms["channels=-1,2"].conj(), atol=1e-16, rtol=0
    )
    assert np.abs(atoms["residual"].imag).max() <= 1e-16
    for frame in (frames.Gabor(2), frames.Gabor(2, nyquist="fill")):
        for shape in ((32,), (33,), (12, 15)):
            bank = frame.on(wi.Grid(shape))
            assert bank.real
            atoms = np.fft.ifftn(rows_of(bank), axes=range(1, len(shape) + 1))
            assert np.abs(atoms.imag).max() <= 1e-15


def theta(x: float, width: float) -> float:
    """The sum of exp(-(x - m)^2 / width^2) over all integers m, by Jacobi's function."""
    with mpmath.workdps(30):
        nome = mpmath.exp(-((mpmath.pi * width) ** 2))
        value = mpmath.jtheta(3, mpmath.pi * mpmath.mpf(x), nome)
        return float(width * mpmath.sqrt(mpmath.pi) * value)


def test_bounds_of_gaussian_windows_are_theta_functions():
    lower, upper = theta(0.5, 0.6), theta(0.0, 0.6)
    assert abs(lower - 1.00256454317359) < 1e-14
    assert abs(upper - 1.12438293874906) < 1e-14
    for policy in ("residual", "fill"):
        frame = frames.Gabor(8, frames.GaussianWindow(0.6), policy)
        for ndim, shape in ((1, (64,)), (2, (32, 48)), (3, (16, 16, 16))):
            bounds = frame.on(wi.Grid(shape)).frame_bounds()
            np.testing.assert_allclose(bounds, (lower**ndim, upper**ndim), rtol=1e-14)


@pytest.mark.parametrize("spacing", strategies.SPACINGS)
@pytest.mark.parametrize("width", [0.25, 0.6, 2.5])
@pytest.mark.parametrize("channels", [2, 5, 8])
def test_the_residual_completes_the_frame_of_the_whole_space(channels, width, spacing):
    """On every grid the sum is the theta function at the grid's frequencies."""
    grid = wi.Grid((17, 24), spacing)
    bank = frames.Gabor(channels, frames.GaussianWindow(width)).on(grid)
    lines = [
        np.array([theta(float(channels * w), width) for w in omega.ravel()])
        for omega in grid.frequencies()
    ]
    np.testing.assert_allclose(bank.littlewood_paley(), np.outer(*lines), rtol=1e-13)


def test_the_residual_does_not_cancel():
    """At frequency 0 its square is 1e-19 of the sum, far below what a difference could show."""
    frame = frames.Gabor(8, frames.GaussianWindow(0.6))
    for ndim in (1, 2):
        residual = frame.on(wi.Grid((20,) * ndim)).atoms_hat[(-1, *(0,) * ndim)]
        with mpmath.workdps(60):
            squares = [
                mpmath.exp(-(mpmath.mpf(m) ** 2) / mpmath.mpf(0.6) ** 2) for m in range(-20, 21)
            ]
            kept = sum(squares[17:24])
            expected = mpmath.sqrt(sum(squares) ** ndim - kept**ndim)
            assert 0 < expected < 1e-9
        np.testing.assert_allclose(float(residual), float(expected), rtol=1e-13)


def test_a_residual_that_vanishes_is_left_out():
    assert "residual" not in frames.Gabor(8).on(wi.Grid((64,), 1.7)).labels
    assert "residual" in frames.Gabor(8).on(wi.Grid((64,), 1.0)).labels


def test_a_tight_gaussian_frame():
    bank = frames.Gabor(8, frames.GaussianWindow(0.6)).on(wi.Grid((33, 40)))
    testing.assert_parseval(bank.parseval(), 1e-13)
    testing.assert_reconstructs(bank, strategies.signal(4, (33, 40)))


def sine(x):
    return np.cos(np.pi * x / 2)


def hann(x):
    return np.cos(np.pi * x / 2) ** 2


def test_windows_of_the_user():
    for window in (frames.Window(sine, 1), frames.Window(lambda x: np.ones_like(x), 0.5 - 1e-9)):
        for policy in ("residual", "fill"):
            testing.assert_parseval(frames.Gabor(6, window, policy).on(wi.Grid((35,))), 1e-13)
    asymmetric = frames.Window(lambda x: np.where(x < 0, 1 + x, np.sqrt(1 - x)), 1)
    bank = frames.Gabor(6, asymmetric).on(wi.Grid((36,)))
    assert not bank.output_real
    assert frames.Gabor(6, frames.Window(hann, 1)).on(wi.Grid((36,))).output_real
    narrow = frames.Gabor(4, frames.Window(hann, 0.3)).on(wi.Grid((40,)))
    with pytest.raises(ValueError, match=r"no atom covers 16 of 40 frequencies, .*\(0\.1,\)"):
        narrow.parseval()


def itersine(x):
    return np.sin(np.pi / 2 * np.cos(np.pi * x / 2) ** 2)


def blackman(x):
    return 0.42 + 0.5 * np.cos(np.pi * x / 2) + 0.08 * np.cos(np.pi * x)


LTFAT = {
    "gaussian": (8, frames.GaussianWindow(0.6)),
    "gaussian on an odd grid": (5, frames.GaussianWindow(0.5)),
    "gaussian around the torus": (3, frames.GaussianWindow(0.7)),
    "narrow gaussian": (6, frames.GaussianWindow(0.3)),
    "hann": (8, frames.Window(hann, 1)),
    "hann on an odd grid": (5, frames.Window(hann, 1)),
    "sine": (6, frames.Window(sine, 1)),
    "iterated sine": (4, frames.Window(itersine, 1)),
    "triangle": (3, frames.Window(lambda x: 1 - np.abs(x), 1)),
    "blackman over four steps": (6, frames.Window(blackman, 2)),
}


@pytest.mark.parametrize("name", LTFAT)
def test_cyclic_banks_against_ltfat(name):
    """`golden/make_ltfatpy_gabor.py` says how the numbers were made, with time and frequency exchanged."""
    golden = np.load(pathlib.Path(__file__).parent / "golden" / "ltfatpy_gabor.npz")
    channels, window = LTFAT[name]
    bank = frames.Gabor(channels, window, "fill").on(wi.Grid((golden[f"{name}/window"].size,)))
    tight = bank.parseval().output_atom_hat
    bank = bank.scaled_by(1 / bank.output_atom_hat[0])  # images of the window add to its peak
    for ours, key in (
        (bank.output_atom_hat, "window"),
        (bank.littlewood_paley(), "diagonal"),
        (tight, "tight"),
        (tight, "factorised"),
    ):
        np.testing.assert_allclose(ours, golden[f"{name}/{key}"], rtol=0, atol=1e-14)


# --- Morlet -----------------------------------------------------------------------------------------------


def test_the_morlet_bank_of_forty_eight():
    """xi_j = 2.2 * 2^(-j/8) rad, widths and low-pass by their formulas."""
    grid = wi.Grid((1009,), 0.5)
    frame = frames.Morlet(scales=6, voices=8, centre=2.2 / (2 * np.pi), low_pass=0.6)
    bank = frame.on(grid)
    omega, f = 2 * np.pi * grid.frequencies()[0], 2 ** (-1 / 8)
    assert bank.labels[-1] == "residual"
    assert len(bank) - 1 == 48
    for j, atom in enumerate(np.asarray(bank.atoms_hat)[:-1]):
        xi = 2.2 * 2 ** (-j / 8)
        sigma = xi * (1 - f) / ((1 + f) * np.sqrt(np.log(2)))
        bump = np.exp(-((omega - xi) ** 2) / (2 * sigma**2))
        expected = bump - np.exp(-(xi**2 + omega**2) / (2 * sigma**2))
        np.testing.assert_allclose(atom, expected, atol=1e-13, rtol=0)
    low_pass = np.asarray(bank.output_atom_hat) ** 2
    np.testing.assert_allclose(low_pass, np.exp(-(omega**2) / (0.6 * xi) ** 2), atol=1e-14, rtol=0)


def folded(frame: wi.Frame, shape: tuple[int, ...], times: int) -> tuple[np.ndarray, np.ndarray]:
    """Atoms and output atom with the frequencies of a finer grid added up, as sampling in space does."""
    bank = frame.on(wi.Grid(tuple(n * times for n in shape), 1 / times))
    rows = rows_of(bank)[: -1 if bank.labels[-1] == "residual" else None]
    split = rows.reshape(-1, *itertools.chain.from_iterable((times, n) for n in shape))
    rows = split.sum(axis=tuple(range(1, split.ndim, 2)))
    return rows[1:], rows[0]


def corrected(atom: np.ndarray, bump: np.ndarray) -> np.ndarray:
    """The multiple of the centred bump, which folding changes by the aliases at 0, taken off again."""
    return atom - atom.flat[0] / bump.flat[0] * bump


@pytest.mark.parametrize(("voices", "tolerance"), [(1, 1e-11), (4, 1e-14), (8, 1e-14)])
def test_morlet_on_a_line_against_kymatio(voices, tolerance):
    """Its filters are ours over their L1 norms. It leaves out aliases below 1e-7 of the peak."""
    n = 256
    atoms, output = folded(frames.Morlet(scales=3, voices=voices), (n,), 9)
    for i, atom in enumerate(atoms):
        xi = 3 / 8 * 2 ** (-i / voices)
        sigma = compute_sigma_psi(xi, voices)
        ours = corrected(atom, np.asarray(gauss_1d(n, sigma)))
        ours /= np.abs(np.fft.ifft(ours)).sum()
        np.testing.assert_allclose(ours, morlet_1d(n, xi, sigma), atol=tolerance, rtol=0)
    low_pass = gauss_1d(n, xi / np.sqrt(2))
    np.testing.assert_allclose(output / output[0], low_pass / low_pass[0], atol=1e-14, rtol=0)


@pytest.mark.parametrize("shape", [(32, 32), (24, 36)])
@pytest.mark.parametrize("orientations", [3, 8])
def test_morlet_in_the_plane_against_kymatio(shape, orientations):
    """It computes in single precision, and divides by 3.1415 instead of pi."""
    scales, slant, ratio = 2, 4 / orientations, np.pi / 3.1415
    atoms, output = folded(frames.Morlet(scales, orientations), shape, 5)
    for atom, (j, k) in zip(atoms, np.ndindex(scales, orientations)):
        width, turn, xi = 0.8 * 2**j, np.pi * k / orientations, 0.75 * np.pi / 2**j
        bump = np.fft.fft2(gabor_2d(*shape, width, turn, 0, slant)).real
        expected = np.fft.fft2(morlet_2d(*shape, width, turn, xi, slant)).real
        np.testing.assert_allclose(ratio * corrected(atom, bump), expected, atol=3e-7, rtol=0)
    expected = np.fft.fft2(gabor_2d(*shape, 0.8 * 2 ** (scales - 1), 0, 0)).real
    np.testing.assert_allclose(ratio * output, expected, atol=3e-7, rtol=0)


# --- log-Gabor and gammatone ------------------------------------------------------------------------------


def test_log_gabor_sums_are_theta_functions_of_log_frequency():
    """Away from both ends the squares of all voices add up as a Gaussian Gabor frame's in octaves."""
    voices, width = 3, 0.6
    grid = wi.Grid((4096,))
    bank = frames.LogGabor(scales=8, voices=voices, bandwidth=width).on(grid)
    total = np.sum(np.asarray(bank.atoms_hat) ** 2, axis=0)
    for k in (100, 123, 311):
        x = voices * np.log2(k / 4096 / 0.375)
        np.testing.assert_allclose(total[k], theta(x, width), rtol=1e-13)


def test_log_gabor_atoms_are_exactly_zero_on_the_other_side():
    bank = frames.LogGabor(scales=3, voices=2).on(wi.Grid((97,), 0.5))
    (omega,) = bank.grid.frequencies()
    assert bank.labels[-1] == "residual"
    atoms = np.asarray(bank.atoms_hat)[:-1]
    assert np.all(atoms[:, omega <= 0] == 0)
    assert np.all(atoms[:, (omega > 0.05) & (omega < 1)] > 0)


def test_log_gabor_orientations_are_rotations():
    """A quarter turn of the samples takes orientation k to k + K / 2; the opposite side is empty."""
    n, count = 33, 6
    grid = wi.Grid((n, n))
    bank = frames.LogGabor(scales=2, voices=2, orientations=count).on(grid)
    atoms = np.asarray(bank.atoms_hat).reshape(4, count, n, n)
    assert bank.labels[count + 1] == "scale=0,voice=1,orientation=1"
    centred = np.fft.fftshift(atoms, axes=(2, 3))
    turned = np.rot90(centred, -1, axes=(2, 3))[:, :, ::-1, ::-1]
    np.testing.assert_allclose(turned[:, : count // 2], centred[:, count // 2 :], atol=1e-14)
    for i, xi in enumerate(0.375 * 2.0 ** (-np.arange(4) / 2)):
        peak = np.unravel_index(np.argmax(atoms[i, 0]), (n, n))
        assert abs(peak[0] - xi * n) <= 1
        assert peak[1] == 0
        assert atoms[i, 0][-peak[0], 0] < 1e-15


@pytest.mark.parametrize("order", [2, 4, 7])
@pytest.mark.parametrize("voices", [1, 8])
def test_gammatone_wavelets_peak_at_one_and_vanish_at_zero(order, voices):
    grid = wi.Grid((4001,), 0.5)
    bank = frames.Gammatone(scales=2, voices=voices, order=order).on(grid)
    (omega,) = grid.frequencies()
    for i, atom in enumerate(np.abs(np.asarray(bank.atoms_hat)[:-1])):
        xi = 0.375 * 2.0 ** (-i / voices)
        assert atom[0] == 0
        assert 1 - 1e-3 < atom.max() <= 1 + 1e-15
        assert xi < omega[np.argmax(atom)] < 2 * xi
        np.testing.assert_allclose(atom[2] / atom[1], 2, rtol=0.05)  # a simple zero


def test_gammatone_neighbours_cross_where_they_should():
    """Without the factor omega, |.| is 2^(-1/2) of its peak half a step from the centre."""
    order, voices, n = 4, 3, 30000
    bank = frames.Gammatone(scales=1, voices=voices, order=order).on(wi.Grid((n,)))
    (omega,) = bank.grid.frequencies()
    ratio = 2.0 ** (-1 / voices)
    without = np.abs(np.asarray(bank.atoms_hat[0])[1:]) / omega[1:]
    crossing = 0.375 * (1 - (1 - ratio) / (1 + ratio))
    value = np.interp(crossing, omega[1 : n // 2], without[: n // 2 - 1])
    np.testing.assert_allclose(value / without.max(), 2**-0.5, rtol=1e-6)


def test_gammatone_wavelets_are_derivatives_in_time():
    """The inverse transform is that of t^3 exp(-2 pi (b - i xi) t), t > 0, differentiated."""
    n, spacing, order = 8192, 1 / 32, 4
    frame = frames.Gammatone(scales=1, order=order)
    bank = frame.on(wi.Grid((n,), spacing))
    time = np.arange(n) * spacing
    b = 0.375 / 3 / np.sqrt(2**0.25 - 1)
    rate = 2 * np.pi * (b - 0.375j)
    expected = ((order - 1) * time ** (order - 2) - rate * time ** (order - 1)) * np.exp(
        -rate * time
    )
    ours = np.fft.ifft(np.asarray(bank.atoms_hat[0]))
    alike = np.vdot(ours, expected) / np.linalg.norm(ours) / np.linalg.norm(expected)
    # c > 0, and a derivative multiplies the transform by 2 pi i omega.
    np.testing.assert_allclose(alike, 1j, atol=1e-10)


# --- gradients --------------------------------------------------------------------------------------------

LINE, PLANE = wi.Grid((33,), 0.75), wi.Grid((12, 15), 0.75)
PARAMETERS = {
    "Gabor, width": (lambda v: frames.Gabor(5, frames.GaussianWindow(v)), 0.6, LINE),
    "Gabor in the plane, width": (lambda v: frames.Gabor(4, frames.GaussianWindow(v)), 0.8, PLANE),
    "Gabor around the torus, width": (
        lambda v: frames.Gabor(4, frames.GaussianWindow(v), "fill"),
        0.7,
        wi.Grid((20,)),
    ),
    "Morlet, centre": (lambda v: frames.Morlet(2, voices=2, centre=v), 0.35, LINE),
    "Morlet, low_pass": (lambda v: frames.Morlet(2, low_pass=v), 0.6, LINE),
    "Morlet in the plane, centre": (lambda v: frames.Morlet(1, 3, centre=v), 0.35, PLANE),
    "LogGabor, bandwidth": (lambda v: frames.LogGabor(2, voices=2, bandwidth=v), 0.7, LINE),
    "LogGabor, centre": (lambda v: frames.LogGabor(2, centre=v), 0.4, LINE),
    "LogGabor, low_pass": (lambda v: frames.LogGabor(2, low_pass=v), 0.8, LINE),
    "LogGabor in the plane, bandwidth": (lambda v: frames.LogGabor(1, 3, bandwidth=v), 0.7, PLANE),
    "LogGabor in the plane, angle": (lambda v: frames.LogGabor(1, 3, angular_width=v), 0.5, PLANE),
    "LogGabor in the plane, centre": (lambda v: frames.LogGabor(1, 3, centre=v), 0.4, PLANE),
    "Gammatone, bandwidth": (lambda v: frames.Gammatone(2, bandwidth=v), 0.9, LINE),
    "Gammatone, centre": (lambda v: frames.Gammatone(2, voices=2, centre=v), 0.35, LINE),
    "Gammatone, low_pass": (lambda v: frames.Gammatone(2, low_pass=v), 0.8, LINE),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_gradients_against_finite_differences(name):
    """Of both bounds, and of a sum in which every sample of every atom counts."""
    make, value, grid = PARAMETERS[name]
    kernel = strategies.signal(1, (len(make(value).on(grid)) + 1, *grid.shape), real=False)

    def figures(v):
        bank = make(v).on(grid)
        rows = jnp.concatenate([bank.output_atom_hat[None], bank.atoms_hat])
        return jnp.stack([*bank.frame_bounds(), jnp.sum(jnp.real(kernel * rows))])

    step = 1e-5
    numeric = (figures(value + step) - figures(value - step)) / (2 * step)
    exact = jax.jit(jax.jacrev(figures))(value)
    np.testing.assert_allclose(exact, numeric, rtol=1e-7, atol=1e-8)
    assert np.any(np.abs(exact) > 1e-3)


@pytest.mark.parametrize("name", PARAMETERS)
def test_traced_banks_are_the_concrete_ones(name):
    make, value, grid = PARAMETERS[name]
    concrete = make(value).on(grid)
    traced = eqx.filter_jit(lambda v: make(v).on(grid))(jnp.asarray(value))
    assert concrete.frame == make(value)
    assert traced.frame is None
    assert traced.labels == concrete.labels
    assert (traced.atoms_real, traced.output_real) == (concrete.atoms_real, concrete.output_real)
    np.testing.assert_allclose(traced.atoms_hat, concrete.atoms_hat, atol=1e-14)
    np.testing.assert_allclose(traced.output_atom_hat, concrete.output_atom_hat, atol=1e-14)


def test_parameters_train():
    """Gradient steps on the width of a Gaussian bring the bounds together."""
    grid = wi.Grid((48,))

    def ratio(frame):
        lower, upper = frame.on(grid).frame_bounds()
        return upper / lower

    frame = frames.Gabor(8, frames.GaussianWindow(0.45))
    before = ratio(frame)
    gradient = jax.jit(jax.grad(ratio))
    for _ in range(20):
        slope = gradient(frame)
        frame = jax.tree.map(lambda p, s: p - 0.01 * s, frame, slope)
    assert ratio(frame) < 0.8 * before
    assert frames.Gabor(8, frames.GaussianWindow(frame.window.width)) == frames.Gabor(
        8, frames.GaussianWindow(float(frame.window.width))
    )


def test_specifications_are_hashable_and_have_a_text_form():
    grid = wi.Grid((16,))
    for make, value, _ in PARAMETERS.values():
        frame = make(value)
        assert hash(frame) == hash(make(value))
        assert frame == make(value) != make(value * 1.01)
    for frame in (
        frames.Gabor(8, frames.GaussianWindow(0.7), "fill"),
        frames.Gabor(6),
        frames.Morlet(2, voices=2, centre=0.3, low_pass=0.6),
        frames.LogGabor(2, bandwidth=0.5),
        frames.Gammatone(2, order=3),
    ):
        phi = wi.FeatureExtractor([wi.Layer(frame)], grid)
        assert eqx.tree_equal(wi.from_toml(wi.to_toml(phi)), phi)
        assert wi.to_toml(phi.admissible())


def test_a_users_window_has_no_text_form_but_is_saved(tmp_path):
    phi = wi.FeatureExtractor([wi.Layer(frames.Gabor(4, frames.Window(hann, 1)))], wi.Grid((16,)))
    with pytest.raises(ValueError, match="has no text form"):
        wi.to_toml(phi)
    wi.save(phi, tmp_path / "phi")
    for ours, theirs in zip(rows_of(wi.load(tmp_path / "phi").banks[0]), rows_of(phi.banks[0])):
        np.testing.assert_array_equal(ours, theirs)


# What is done (a folder is passed), the kind of error, and what its message says.
ERRORS = {
    "one channel": (lambda _: frames.Gabor(1), ValueError, "channels must be an integer >= 2"),
    "isotropic Gabor": (
        lambda _: frames.Gabor(8, nyquist="isotropic"),
        ValueError,
        'Gabor: nyquist must be one of "residual", "fill"',
    ),
    "width for a window": (
        lambda _: frames.Gabor(8, 0.6),
        TypeError,
        r"Gabor: window must be one like frames\.MeyerWindow\(\), not 0\.6",
    ),
    "window too long": (
        lambda _: frames.Gabor(4, frames.Window(hann, 3)),
        ValueError,
        "half a cycle is 2 steps, but the window reaches 3; use channels >= 6",
    ),
    "window wider than everything": (
        lambda _: frames.Gabor(4, frames.GaussianWindow(1e6)),
        ValueError,
        r"extends 1\.2e\+07 steps from its centre, more than 1024, .* use a narrower window",
    ),
    "more channels than bins": (
        lambda _: frames.Gabor(20).on(wi.Grid((16, 24))),
        ValueError,
        r"Gabor\(channels=20\)\.on: a step of 1/20 .* use channels <= 16, or a larger signal",
    ),
    "fill on a finer grid": (
        lambda _: frames.Gabor(4, nyquist="fill").on(wi.Grid((16,), 0.5)),
        ValueError,
        'has spacing 0.5; use nyquist="residual"',
    ),
    "too many windows": (
        lambda _: frames.Gabor(100).on(wi.Grid((128, 128, 128))),
        ValueError,
        r"Gabor\.on: 970299 atoms .* more than the limit",
    ),
    "width of zero": (
        lambda _: frames.GaussianWindow(0.0),
        ValueError,
        "GaussianWindow: width must be a positive number, not 0.0",
    ),
    "window of a number": (
        lambda _: frames.Window(1.0, 1),
        TypeError,
        "Window: function must be callable",
    ),
    "negative reach": (lambda _: frames.Window(hann, -1), ValueError, "reach must be a positive"),
    "complex window": (
        lambda _: frames.Gabor(4, frames.Window(lambda x: np.exp(1j * x), 1)).on(LINE),
        ValueError,
        r"must return finite real numbers, but at an offset of .* steps it is \(",
    ),
    "infinite window": (
        lambda _: frames.Gabor(
            4, frames.Window(lambda x: np.where(np.abs(x) < 1, 1, np.inf), 1)
        ).on(LINE),
        ValueError,
        "use real amplitudes, and a reach within which they are finite",
    ),
    "negative centre": (
        lambda _: frames.Morlet(1, centre=-0.3),
        ValueError,
        "Morlet: centre must be a positive number",
    ),
    "low-pass of text": (
        lambda _: frames.Morlet(1, low_pass="wide"),
        ValueError,
        "Morlet: low_pass must be a positive number, not 'wide'",
    ),
    "centre below the first bin": (
        lambda _: frames.Morlet(3, centre=0.1).on(wi.Grid((16,))),
        ValueError,
        r"Morlet\(scales=3\)\.on: the coarsest octave is centred at 0\.025 .* use centre >= 0\.188",
    ),
    "log-Gabor too deep": (
        lambda _: frames.LogGabor(5).on(wi.Grid((16,))),
        ValueError,
        "use scales <= 4",
    ),
    "log-Gabor in space": (
        lambda _: frames.LogGabor(1).on(wi.Grid((8, 8, 8))),
        ValueError,
        "exists in 1-D and 2-D",
    ),
    "infinite bandwidth": (
        lambda _: frames.LogGabor(1, bandwidth=math.inf),
        ValueError,
        "LogGabor: bandwidth must be a positive number, not inf",
    ),
    "gammatone in the plane": (
        lambda _: frames.Gammatone(1).on(PLANE),
        ValueError,
        r"Gammatone\.on: exists in 1-D, but the grid has 2 axes",
    ),
    "gammatone of order one": (
        lambda _: frames.Gammatone(1, order=1),
        ValueError,
        "order must be an integer >= 2, not 1",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_message(name):
    act, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        act(None)
