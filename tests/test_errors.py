"""Every error of the core is raised by a case below, and says what is wrong and what to write.

The last test reads the sources: a `raise` that no case reaches makes it fail.
"""

from __future__ import annotations

import ast
import pathlib
import re
import zipfile
from unittest import mock

import catalogue
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_bounds_errors import ERRORS as BOUNDS
from test_directional import ERRORS as DIRECTIONAL
from test_explain_errors import ERRORS as EXPLAIN
from test_fast_path_errors import ERRORS as FAST_PATH
from test_finite_wavelets import ERRORS as FINITE_WAVELETS
from test_learn_errors import ERRORS as LEARN
from test_networks_errors import ERRORS as NETWORKS
from test_scattering_errors import ERRORS as SCATTERING
from test_serialization import rewritten
from test_time_frequency import ERRORS as TIME_FREQUENCY

import wiatowski as wi
from wiatowski import bounds, frames, serialization, signals
from wiatowski.frames.filter_bank import FilterBank

G8, G16, PLANE = wi.Grid((8,)), wi.Grid((16,)), wi.Grid((16, 16))
HAAR = frames.Haar(scales=1)
KEY = jax.random.key(0)
OTHERS = {
    "_certify_command.py",
    "constants.py",
    "cli.py",
    "options.py",
    "report.py",
    "plot.py",
    "testing.py",
    "__main__.py",
}  # tested on their own


def phi(nonlinearity=None, pooling=None, grid=G16, frame=HAAR, **options):
    return wi.FeatureExtractor([wi.Layer(frame, nonlinearity, pooling)], grid, **options)


def loud():
    return phi(frame=HAAR.on(G16).scaled_by(2.0))


def bank(atoms=None, output=None, grid=G8, **options):
    atoms = np.ones((1, 8)) if atoms is None else atoms
    return FilterBank(atoms, np.zeros(8) if output is None else output, grid, **options)


def matrix_bank(atoms=None, output=None, **options):
    atoms = np.eye(2)[..., None] * np.ones(8) if atoms is None else atoms
    return wi.MatrixBank(atoms, np.zeros(8) if output is None else output, G8, **options)


def ladder(profile):
    return frames.TensorWavelets(scales=1, ladder=frames.Ladder(profile)).on(G16)


def toml(layer='frame = {name = "Haar", scales = 1}', head="grid = {shape = [8]}") -> str:
    return f"{head}\n[[layers]]\n{layer}\n"


def garbage(folder):
    (folder / "photo.jpg").write_bytes(b"not a zip")
    return wi.load(folder / "photo.jpg")


def packed_otherwise(folder):
    with zipfile.ZipFile(folder / "phi", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("extractor.json", "{}")
    return wi.load(folder / "phi")


def double_file(folder):
    with jax.enable_x64(True):
        wi.save(phi(grid=G8), folder / "phi")
    return wi.load(folder / "phi")


def unknown_function(folder):
    wi.save(phi(wi.Pointwise(catalogue.saturation, 1.0, "sine")), folder / "phi")
    return wi.load(folder / "phi")


def without(module: str, call):
    with mock.patch("importlib.util.find_spec", lambda name: None if name == module else 1):
        return call()


def nan_at(shape, value=np.nan):
    f = np.zeros(shape)
    f.flat[3] = value
    return f


FOLDERS = (
    ".",
    "bounds",
    "explain",
    "frames",
    "learn",
    "networks",
    "networks/weights",
    "scattering",
    "serialization",
)


# What is done (a folder is passed), the kind of error, and what its message says.
def no_arrays(folder):
    (folder / "a.npz").write_text("text")
    return serialization.read_arrays(folder / "a.npz")


CASES = {
    "a name that the package does not have": (
        lambda _: getattr(wi, "plots"),  # noqa: B009
        AttributeError,
        "module 'wiatowski' has no attribute 'plots'",
    ),
    "arrays of a text file": (no_arrays, ValueError, r"a.npz is no .npy or .npz file"),
    "too much oversampling": (
        lambda _: frames.LearnedFilters(np.ones((2, 5)), oversampling=10**7).on(G16),
        ValueError,
        "asks for .* samples, more than",
    ),
    "ladder with overlapping bands": (
        lambda _: frames.MeyerLadder(passes=0.2),
        ValueError,
        r"passes must lie in \[1/4, 1/2\).*negative square",
    ),
    "ladder with a hole": (
        lambda _: frames.MeyerLadder(0.5),
        ValueError,
        "from 1/2 on none covers",
    ),
    "ladder that is no function": (lambda _: frames.Ladder(3), TypeError, "must be callable"),
    "ladder that is none": (
        lambda _: frames.TensorWavelets(1, ladder="Meyer"),
        TypeError,
        r"must be one like frames.MeyerLadder\(\)",
    ),
    "profile that is not finite": (
        lambda _: ladder(lambda w: np.where(w > 0.3, np.nan, 1.0)),
        ValueError,
        "is not finite",
    ),
    "profile above one": (lambda _: ladder(lambda w: 2 - 4 * w), ValueError, "leaves .0, 1."),
    "profile that falls early": (
        lambda _: ladder(lambda w: np.clip(1 - 2 * w, 0, 1)),
        ValueError,
        "below 1 inside a quarter cycle.*negative square",
    ),
    "profile that does not end": (
        lambda _: ladder(lambda w: np.where(w > 0.25, 0.5, 1.0)),
        ValueError,
        "does not vanish from half a cycle on",
    ),
    "unknown Nyquist policy": (
        lambda _: frames.Meyer(1, nyquist="none"),
        ValueError,
        "nyquist must be one of .*'none'",
    ),
    "frame that is no call": (
        lambda _: wi.frame_from_text("Haar"),
        ValueError,
        "is not a frame with named plain parameters",
    ),
    "frame with positions": (lambda _: wi.frame_from_text("Haar(2)"), ValueError, "named plain"),
    "frame with a dictionary": (
        lambda _: wi.frame_from_text("Haar(**{'scales': 1})"),
        ValueError,
        "named plain",
    ),
    # precision
    "integer dtype": (lambda _: HAAR.on(G8, dtype=int), ValueError, "must be float32 or float64"),
    "double without x64": (
        lambda _: HAAR.on(G8, dtype=np.float64),
        ValueError,
        r"Haar\.on: float64 needs 64-bit arrays; put `with jax\.enable_x64",
    ),
    # grids
    "shape of floats": (lambda _: wi.Grid((8.5,)), ValueError, "tuple of integers such as"),
    "four axes": (lambda _: wi.Grid((2, 2, 2, 2)), ValueError, "one to three axes"),
    "no axes": (lambda _: wi.Grid(()), ValueError, "one to three axes"),
    "one pixel": (lambda _: wi.Grid((1, 8)), ValueError, "1-sample axis has no frequencies"),
    "empty": (lambda _: wi.Grid((0,)), ValueError, "at least two samples"),
    "negative spacing": (lambda _: wi.Grid((8,), -1), ValueError, "positive and finite"),
    "infinite spacing": (lambda _: wi.Grid((8,), np.inf), ValueError, "positive and finite"),
    "decimated by 3": (lambda _: G8.decimated(3), ValueError, r"nearest .* \(6,\) or \(9,\)"),
    "spacing of text": (lambda _: wi.Grid((8,), "a"), ValueError, "positive and finite, not 'a'"),
    # filter banks
    "bank without grid": (lambda _: bank(grid=(8,)), TypeError, r"write Grid\(\(8,\)\)"),
    "atoms of another shape": (
        lambda _: bank(np.ones((1, 9))),
        ValueError,
        r"atoms_hat has shape \(1, 9\), but the grid asks for \(atoms, 8\)",
    ),
    "output of another shape": (lambda _: bank(None, np.ones(9)), ValueError, "pass zeros of that"),
    "too few labels": (lambda _: bank(labels=()), ValueError, "1 atoms need as many distinct"),
    "labels twice": (
        lambda _: bank(np.ones((2, 8)), labels=("a", "a")),
        ValueError,
        "distinct labels",
    ),
    "NaN in atoms": (lambda _: bank(nan_at((1, 8))), ValueError, "NaN or infinite samples"),
    "zero bank scaled": (
        lambda _: bank(np.zeros((1, 8))).scaled_to(1.0),
        ValueError,
        "every atom is zero",
    ),
    "dual with holes": (
        lambda _: bank(np.eye(8)[:1]).dual(),
        ValueError,
        r"FilterBank\.dual: .* no atom covers 7 of 8 frequencies, among them \[\(0\.125,\)",
    ),
    "parseval with holes": (lambda _: bank(np.eye(8)[:1]).parseval(), ValueError, r"\.parseval: "),
    "analysis of a batch": (
        lambda _: bank().analysis(np.ones((3, 8))),
        ValueError,
        r"analysis: got an array of shape \(3, 8\) .* jax\.vmap",
    ),
    "synthesis of too little": (lambda _: bank().synthesis(np.ones(8)), ValueError, "synthesis"),
    # matrix banks
    "matrices of another shape": (
        lambda _: matrix_bank(np.ones((2, 8))),
        ValueError,
        r"MatrixBank: atoms_hat has shape \(2, 8\), but the grid asks for \(C_out, C_in, 8\)",
    ),
    "no channels": (lambda _: matrix_bank(np.ones((2, 0, 8))), ValueError, "2 x 0 channels"),
    "output of a matrix bank": (
        lambda _: matrix_bank(output=np.ones(9)),
        ValueError,
        r"MatrixBank: output_atom_hat has shape \(9,\).*pass zeros",
    ),
    "stride of a half": (
        lambda _: matrix_bank(stride=0.5),
        ValueError,
        "stride must be an integer",
    ),
    "stride that does not divide the bank": (
        lambda _: matrix_bank(stride=3),
        ValueError,
        r"MatrixBank: stride = 3: .* nearest shapes .* \(6,\) or \(9,\)",
    ),
    "channels labelled twice": (
        lambda _: matrix_bank(labels=("a", "a")),
        ValueError,
        "MatrixBank: 2 channels need as many distinct labels",
    ),
    "NaN in matrices": (lambda _: matrix_bank(nan_at((2, 2, 8))), ValueError, "MatrixBank: .* NaN"),
    "matrices for other maps": (
        lambda _: phi(frame=frames.MatrixFilters(np.ones((2, 3, 1)))),
        ValueError,
        r"layer 1: MatrixBank: the atoms mix 3 maps into 2, but the layer gets 1; .* C_in = 1",
    ),
    "zero matrices scaled": (
        lambda _: matrix_bank(np.zeros((2, 2, 8))).scaled_to(1.0),
        ValueError,
        r"MatrixBank\.scaled_to: every atom is zero",
    ),
    "tight matrices below a loud output": (
        lambda _: matrix_bank(output=np.full(8, 1.5)).parseval(),
        ValueError,
        r"MatrixBank\.parseval: the output atom exceeds 1, up to 1\.5",
    ),
    "tight matrices of low rank": (
        lambda _: matrix_bank(np.ones((2, 2, 8))).parseval(),
        ValueError,
        r"parseval: the lower frame bound vanishes on 8 of 8 .* among them \[\(0\.0,\), \(0\.125,\)",
    ),
    "too few channels for the stride": (
        lambda _: matrix_bank(stride=2).reconstruct((np.ones((2, 8)), np.ones((2, 4)))),
        ValueError,
        r"reconstruct: .* 2 channels .* the 4 that enter .* a smaller stride",
    ),
    "one map for two": (
        lambda _: matrix_bank().analysis(np.ones((1, 8))),
        ValueError,
        r"MatrixBank\.analysis: got an array of shape \(1, 8\) where .* \(2, 8\)",
    ),
    # frames
    "taps without atoms": (lambda _: frames.FiniteFilters([1.0]), ValueError, r"\(atoms, K1"),
    "output taps of another dimension": (
        lambda _: frames.FiniteFilters([[1.0, 2.0]], [[1.0]]),
        ValueError,
        "output_taps has 2 axes, but the atoms have 1",
    ),
    "NaN taps": (lambda _: frames.FiniteFilters([[np.nan]]), ValueError, "NaN or infinite"),
    "taps of another dimension": (
        lambda _: frames.FiniteFilters([[1.0]]).on(PLANE),
        ValueError,
        "the taps have 1 axes, but the grid has 2",
    ),
    "matrix taps without channels": (
        lambda _: frames.MatrixFilters(np.ones((3, 2))),
        ValueError,
        r"MatrixFilters: taps must have shape \(C_out, C_in, K1.*without mixing is FiniteFilters",
    ),
    "matrix output taps of another dimension": (
        lambda _: frames.MatrixFilters(np.ones((3, 2, 4)), np.ones((2, 2))),
        ValueError,
        "output_taps has 2 axes, but the atoms have 1 after the channels",
    ),
    "NaN matrix taps": (
        lambda _: frames.LearnedMatrixFilters(nan_at((2, 2, 2))),
        ValueError,
        "NaN or infinite values",
    ),
    "matrix taps of another dimension": (
        lambda _: frames.MatrixFilters(np.ones((3, 2, 4))).on(PLANE),
        ValueError,
        "the taps have 1 axes after the channels, but the grid has 2",
    ),
    "matrix taps longer than the grid": (
        lambda _: frames.MatrixFilters(np.ones((3, 2, 9))).on(G8),
        ValueError,
        r"MatrixFilters\.on: windows of \(9,\) taps do not fit",
    ),
    "ceiling of nothing": (
        lambda _: frames.LearnedFilters(np.ones((1, 2)), ceiling=0),
        ValueError,
        r"LearnedFilters: ceiling must be a positive number, not 0; .*admissible_ceiling",
    ),
    "ceiling as text": (
        lambda _: frames.LearnedMatrixFilters(np.ones((1, 1, 2)), ceiling="loud"),
        ValueError,
        "LearnedMatrixFilters: ceiling must be a positive number, not 'loud'",
    ),
    "too few samples for a bound": (
        lambda _: frames.LearnedFilters(np.ones((1, 2)), oversampling=2),
        ValueError,
        "LearnedFilters: oversampling must be an integer >= 3, not 2",
    ),
    "polynomial on too few points": (
        lambda _: frames.trigonometric.enclosure(0.0, 1.0, (2, 3), (8, 6)),
        ValueError,
        r"crest_factor: \(8, 6\) points do not hold a polynomial of degrees \(2, 3\)",
    ),
    "taps longer than the grid": (
        lambda _: frames.RandomFilters(size=9).on(G8),
        ValueError,
        r"windows of \(9,\) taps do not fit",
    ),
    "too many scales": (
        lambda _: frames.Meyer(scales=4).on(G8),
        ValueError,
        r"Meyer\(scales=4\)\.on: too deep .* use scales <= 3",
    ),
    "no scale fits": (
        lambda _: HAAR.on(wi.Grid((2,), 0.5)),
        ValueError,
        "no scale fits this grid: pool less",
    ),
    "zero scales": (lambda _: frames.Haar(scales=0), ValueError, "integer >= 1, not 0"),
    "scales as truth": (lambda _: frames.Haar(scales=True), ValueError, "not True"),
    "negative seed": (lambda _: frames.RandomFilters(seed=-1), ValueError, "integer >= 0"),
    "curvelets on a line": (
        lambda _: frames.Curvelets(scales=1).on(G8),
        ValueError,
        r"Curvelets\.on: exists in 2-D, but the grid has 1",
    ),
    "scaled by zero": (lambda _: frames.Scaled(HAAR, 0), ValueError, "positive and finite"),
    "scaled bank": (lambda _: frames.Scaled(bank(), 2), TypeError, r"scaled_by\(factor\)"),
    "scaled arrays": (
        lambda _: frames.Scaled(frames.FiniteFilters([[1.0]]), 2.0),
        TypeError,
        "holds arrays.* multiply its taps",
    ),
    # nonlinearities and poolings
    "negative bias": (lambda _: wi.ModReLU(-0.1), ValueError, "no Lipschitz constant"),
    "infinite slope": (lambda _: wi.LeakyReLU(np.inf), ValueError, "slope must be finite"),
    "negative threshold": (lambda _: wi.SoftThreshold(-1), ValueError, "must be >= 0"),
    "constant not positive": (
        lambda _: wi.Pointwise(jnp.sin, 0.0, "sine"),
        ValueError,
        r"Pointwise\('sine'\): the Lipschitz constant must be positive",
    ),
    "M(0) = 1": (lambda _: wi.Pointwise(jnp.cos, 9.0, "cosine"), ValueError, r"M\(0\) must be 0"),
    "pointwise that sums": (
        lambda _: wi.Pointwise(lambda u: jnp.sum(u), 1.0, "sum"),
        ValueError,
        "must keep the shape",
    ),
    "constant exceeded": (
        lambda _: wi.Pointwise(lambda u: 2 * u, 1.5, "double"),
        ValueError,
        "1.5 is exceeded on the probe set .* = 2 at .* declare at least 2",
    ),
    "dilation below one": (lambda _: wi.Dilate(0.5), ValueError, "must be a number >= 1"),
    "p below one": (lambda _: wi.LpPool(0.5, 2), ValueError, "p must be a finite number >= 1"),
    "p infinite": (lambda _: wi.LpPool(np.inf, 2), ValueError, "use MaxPool"),
    "fractional decimation": (
        lambda _: wi.Decimate(1.5),
        ValueError,
        "Dilate takes any real factor",
    ),
    # layers
    "layer of a number": (lambda _: wi.Layer(3), TypeError, "frame must be one like wi.frames"),
    "layer of a function": (lambda _: wi.Layer(HAAR, jnp.abs), TypeError, "nonlinearity must be"),
    "layer without pooling": (lambda _: wi.Layer(HAAR, None, 2), TypeError, "pooling must be"),
    "bank of a bare layer": (lambda _: wi.Layer(HAAR).bank, ValueError, r"use layer\.on\(grid\)"),
    "bank on another grid": (
        lambda _: phi(frame=bank()),
        ValueError,
        r"FeatureExtractor, layer 1: .* lives on Grid\(shape=\(8,\).*FiniteFilters",
    ),
    # extractors
    "grid as a tuple": (lambda _: phi(grid=(16,)), TypeError, r"write Grid\(\(16,\)\)"),
    "frame for a layer": (
        lambda _: wi.FeatureExtractor([HAAR], G16),
        TypeError,
        "layers must be wiatowski.Layer",
    ),
    "nothing": (lambda _: wi.FeatureExtractor([], G16), ValueError, "nothing to output"),
    "stride that does not divide": (
        lambda _: phi(None, wi.Decimate(3)),
        ValueError,
        r"multiply to 3, which does not divide .* \(15,\) or \(18,\): use signals\.crop",
    ),
    "frame too deep in layer 1": (
        lambda _: phi(frame=frames.Meyer(scales=9)),
        ValueError,
        r"FeatureExtractor, layer 1: Meyer",
    ),
    "bank for the last layer": (
        lambda _: phi(None, wi.Decimate(2), frame=bank(np.ones((1, 16)), np.ones(16), G16)),
        ValueError,
        r"the deepest features lie on Grid\(shape=\(8,\), spacing=1\.0\); pass output_frame=",
    ),
    "output frame that does not fit": (
        lambda _: phi(output_frame=bank()),
        ValueError,
        "FeatureExtractor, output_frame: ",
    ),
    "output stride": (
        lambda _: phi(None, wi.Decimate(2), output_stride=3),
        ValueError,
        r"multiple of the layers' strides \(2 in all\), not 3",
    ),
    "one layer and no list": (
        lambda _: wi.FeatureExtractor(wi.Layer(HAAR), G16),
        TypeError,
        r"layers must be a list; write \[layer\]",
    ),
    "decimated to one sample": (
        lambda _: phi(None, wi.Decimate(16)),
        ValueError,
        "FeatureExtractor, layer 1: Grid: every axis needs at least two samples",
    ),
    "output stride down to one sample": (
        lambda _: phi(output_stride=16),
        ValueError,
        "FeatureExtractor: output_stride = 16: Grid",
    ),
    "output stride of a truth value": (
        lambda _: phi(output_stride=True),
        ValueError,
        "output_stride must be a multiple",
    ),
    "reflection of a signal no longer than the stride": (
        lambda _: phi(None, wi.Decimate(4))(np.ones(4), pad="reflect"),
        ValueError,
        "each longer than the stride 4",
    ),
    "too many atoms": (
        lambda _: frames.RandomFilters(count=10**8).on(PLANE),
        ValueError,
        r"RandomFilters\.on: 100000000 atoms on a grid .* more than the limit",
    ),
    "too many wedges": (
        lambda _: frames.Curvelets(scales=1, orientations=10**7).on(PLANE),
        ValueError,
        "more than the limit",
    ),
    "astronomically many scales": (
        lambda _: frames.Meyer(scales=10**15).on(PLANE),
        ValueError,
        "use scales <= 4",
    ),
    "infinite shift": (
        lambda _: wi.translate(np.ones(8), np.inf),
        ValueError,
        "translate: the shift must be finite",
    ),
    "bound for a shift of NaN": (
        lambda _: bounds.translation(phi(), 1, np.nan, 1.0),
        ValueError,
        "translation: the shift must be finite",
    ),
    "taps in TOML": (
        lambda _: wi.from_toml(toml('frame = "FiniteFilters"')),
        ValueError,
        "holds arrays or a function and has no text form",
    ),
    "text for a number in TOML": (
        lambda _: wi.from_toml(
            toml(
                'frame = {name = "Haar", scales = 1}\nnonlinearity = {name = "ModReLU", bias = "x"}'
            )
        ),
        ValueError,
        "layer 1: ModReLU cannot be built with bias = 'x'",
    ),
    "unknown padding": (lambda _: phi()(np.ones(16), pad="zero"), ValueError, '"reflect"'),
    "signal of another shape": (
        lambda _: phi()(np.ones(15)),
        ValueError,
        r"shape \(15,\), but the grid is \(16,\); use signals\.crop",
    ),
    "NaN in the signal": (lambda _: phi()(nan_at(16)), ValueError, r"jnp\.nan_to_num"),
    "infinity in the signal": (lambda _: phi()(nan_at(16, np.inf)), ValueError, "infinite"),
    "tap of another shape": (
        lambda _: phi()(np.ones(16), taps={1: np.ones(3)}),
        ValueError,
        r"the tap of layer 1 has shape \(3,\), but .* \(1, 16\)",
    ),
    "tap of no layer": (
        lambda _: phi()(np.ones(16), taps={0: np.ones(3)}),
        ValueError,
        r"taps for layers \[0\], but layers are numbered 1 to 1",
    ),
    "reflection of a larger signal": (
        lambda _: phi()(np.ones(17), pad="reflect"),
        ValueError,
        "needs a signal of 1 axes",
    ),
    # actions
    "shift of two numbers": (
        lambda _: wi.translate(np.ones(8), (1, 2)),
        ValueError,
        "one number per axis",
    ),
    "phase of another shape": (
        lambda _: wi.modulate(np.ones(8), np.ones(7)),
        ValueError,
        "omega has shape",
    ),
    "displacement of another shape": (
        lambda _: wi.deform(np.ones((8, 8)), np.ones((8, 8))),
        ValueError,
        r"needs \(2, 8, 8\)",
    ),
    "band beyond Nyquist": (
        lambda _: wi.deform(np.ones(8), np.ones(8), band=4),
        ValueError,
        "between 0 and 3",
    ),
    # bounds
    "fractional multiplier": (
        lambda _: bounds.translation_multiplier_norm(phi(), 0, 0.5),
        ValueError,
        "must be whole samples",
    ),
    "decimated shift of two numbers": (
        lambda _: bounds.translation_decimated(phi(), np.ones(16), (1, 2)),
        ValueError,
        "one number per axis",
    ),
    "stretch beyond one": (lambda _: bounds.stretch_factor(1.0), ValueError, r"in \[0, 1\)"),
    "rough field in Theorem 2": (
        lambda _: bounds.deformation_torus(0.1, 1, 0, 0.6, 1),
        ValueError,
        r"exceeds 1/\(2d\) = 0\.5; use a smoother displacement, or deformation_rough",
    ),
    "steep field in the sieve": (
        lambda _: bounds.deformation_sieve(0.1, 1, 0, 1.0),
        ValueError,
        "use deformation_rough",
    ),
    "exact norm beyond Nyquist": (
        lambda _: bounds.deformation_operator_norm(np.ones((1, 8)), 4),
        ValueError,
        "a band below Nyquist, at most 3",
    ),
    "Theorem 1 without admissibility": (
        lambda _: bounds.translation(loud(), 0, 1, 1.0),
        ValueError,
        r"not admissible.* use phi\.admissible",
    ),
    "Theorem 1 for an odd shift": (
        lambda _: bounds.translation(phi(None, wi.Decimate(2)), 1, 1, 1.0),
        ValueError,
        r"bounds\.translation_decimated\(phi, f, shift\)",
    ),
    "shift per axis": (
        lambda _: bounds.translation(phi(), 0, (1, 2), 1.0),
        ValueError,
        "translation: the shift needs one number per axis",
    ),
    "depth beyond the last": (
        lambda _: bounds.output_decay(phi(), 2),
        ValueError,
        r"depth must lie in 0\.\.1, not 2",
    ),
    # signals
    "negative bandwidth": (
        lambda _: signals.band_limited(KEY, G8, -1.0),
        ValueError,
        "bandwidth must be >= 0",
    ),
    "negative constant": (lambda _: signals.lipschitz(KEY, G8, -1.0), ValueError, ">= 0"),
    "projection beyond Nyquist": (lambda _: signals.project(np.ones(8), 4), ValueError, "0 and 3"),
    "unknown photo": (lambda _: signals.photo("lena"), ValueError, "choose one of grace_hopper"),
    "crop of too little": (
        lambda _: signals.crop(np.ones((4, 4)), (5, 4)),
        ValueError,
        r"use signals\.resize",
    ),
    "resize to nothing": (lambda _: signals.resize(np.ones(4), (0,)), ValueError, "non-empty axes"),
    "without matplotlib": (
        lambda _: without("matplotlib", signals.photo),
        ImportError,
        r'pip install "wiatowski\[verify\]"',
    ),
    "without pillow": (lambda _: without("PIL", signals.photo), ImportError, "needs pillow"),
    "without PyWavelets": (
        lambda _: without("pywt", signals.recording),
        ImportError,
        "recording: needs PyWavelets",
    ),
    # text
    "no TOML": (lambda _: wi.from_toml("grid = "), ValueError, "the text is not TOML"),
    "unknown key": (
        lambda _: wi.from_toml("layer = 1"),
        ValueError,
        "unknown key 'layer' in top level; did you mean 'layers'",
    ),
    "unknown frame": (
        lambda _: wi.from_toml(toml('frame = {name = "Meier", scales = 1}')),
        ValueError,
        "layer 1 asks for the frame 'Meier', which does not exist; did you mean 'Meyer'",
    ),
    "unknown parameter": (
        lambda _: wi.from_toml(toml('frame = {name = "Haar", scale = 1}')),
        ValueError,
        "unknown key 'scale' in Haar in layer 1; did you mean 'scales'",
    ),
    "far from every name": (
        lambda _: wi.from_toml(toml('frame = "zzzzzz"')),
        ValueError,
        "known: AlphaMolecules, ",
    ),
    "missing parameter": (
        lambda _: wi.from_toml(toml('frame = "Haar"')),
        ValueError,
        "Haar in layer 1 needs scales",
    ),
    "bad parameter": (
        lambda _: wi.from_toml(toml('frame = {name = "Haar", scales = -1}')),
        ValueError,
        "from_toml, layer 1: Haar: scales must be an integer >= 1",
    ),
    "frame as a number": (
        lambda _: wi.from_toml(toml("frame = 3")),
        ValueError,
        "the frame of layer 1 must be a name or a table",
    ),
    "layer without frame": (
        lambda _: wi.from_toml(toml('nonlinearity = "ReLU"')),
        ValueError,
        "layer 1 names no frame",
    ),
    "layers as a table": (
        lambda _: wi.from_toml("[layers]\nframe = 1"),
        ValueError,
        r"written as \[\[layers\]\]",
    ),
    "layers as numbers": (lambda _: wi.from_toml("layers = [1]"), ValueError, "must be a table"),
    "no grid": (lambda _: wi.from_toml(toml(head="")), ValueError, r"pass grid=Grid"),
    "grid as a number": (
        lambda _: serialization.read_toml(toml(head="grid = 3")).spacing,
        ValueError,
        "grid must be a table, not 3",
    ),
    "learned filters by name": (
        lambda _: wi.from_toml(toml('frame = "LearnedMatrixFilters"')),
        ValueError,
        "the frame LearnedMatrixFilters, which holds arrays",
    ),
    "matrices as text": (
        lambda _: wi.to_toml(phi(frame=frames.MatrixFilters(np.ones((2, 1, 2))))),
        ValueError,
        r"has no text form .*wiatowski\.save",
    ),
    "arrays as text": (
        lambda _: wi.to_toml(phi(frame=frames.FiniteFilters([[1.0, -1.0]]))),
        ValueError,
        "has no text form",
    ),
    "function as text": (
        lambda _: wi.to_toml(phi(wi.Pointwise(catalogue.saturation, 1.0, "sine"))),
        ValueError,
        "the nonlinearity of layer 1 has no text form",
    ),
    "edited filters as text": (
        lambda _: wi.to_toml(
            phi(
                frame=FilterBank(
                    2 * HAAR.on(G16).atoms_hat, HAAR.on(G16).output_atom_hat, G16, frame=HAAR
                )
            )
        ),
        ValueError,
        r"trained or edited\?\); use wiatowski\.save",
    ),
    # files
    "no extractor": (garbage, ValueError, r"photo\.jpg is not an extractor written by"),
    "another compression": (
        packed_otherwise,
        ValueError,
        "phi is not an extractor .*another method",
    ),
    "another version": (
        lambda folder: rewritten(phi(grid=G8), folder, lambda header, _: header.update(version=99)),
        ValueError,
        "version 99, but this release reads .* up to version 2; load it with",
    ),
    "array left out": (
        lambda folder: rewritten(phi(grid=G8), folder, lambda _, m: m.pop("layer0.atoms_hat.npy")),
        ValueError,
        r"damaged \(without the array 'layer0\.atoms_hat'\)",
    ),
    "double file": (double_file, ValueError, "the file holds 64-bit arrays; put"),
    "function not given": (unknown_function, ValueError, r"pass functions=\{'sine': wi\.Pointwise"),
}


CASES |= FAST_PATH | BOUNDS | NETWORKS | EXPLAIN | LEARN


@pytest.mark.parametrize("name", CASES)
def test_message(name, tmp_path):
    act, kind, message = CASES[name]
    with pytest.raises(kind, match=message) as caught:
        act(tmp_path)
    assert type(caught.value) is kind
    assert len(str(caught.value)) < 500
    assert not re.search(r"<wiatowski|object at 0x", str(caught.value))


CASES |= (
    DIRECTIONAL | TIME_FREQUENCY | FINITE_WAVELETS | SCATTERING
)  # whose messages are tried there


def raise_statements() -> set[tuple[str, int]]:
    """File and first line of every `raise Something(...)` of the core."""
    root = pathlib.Path(wi.__file__).parent
    found = set()
    for path in [p for folder in FOLDERS for p in root.glob(f"{folder}/*.py")]:
        if path.name not in OTHERS:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Raise) and node.exc is not None:
                    found.add((str(path), node.lineno))
    return found


def lines_of(error: BaseException | None) -> set[tuple[str, int]]:
    """Where an error, and the one it replaced, passed."""
    lines = set()
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            lines.add((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        error = error.__context__
    return lines


def test_every_raise_is_reached(tmp_path):
    reached = set()
    for number, (act, kind, _) in enumerate(CASES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            act(folder)
        except kind as error:
            reached |= lines_of(error)
    forgotten = sorted(raise_statements() - reached)
    assert not forgotten, f"add a case for the errors raised at {forgotten}"
