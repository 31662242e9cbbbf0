"""A user's own extractor and signals as a setting."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.setting import Setting, norms
from proofs_numeric.engine.settings import drawn_signals
from wiatowski.serialization import read_arrays, read_toml

__all__ = ["brought"]


def brought(extractor: Path, signals: Path | None, band: int, seed: int, dtype: str) -> Setting:
    """The setting of the options --extractor, --signals and --band.

    Args:
        extractor: written by `wiatowski.save`, or TOML.
        signals: .npz with `signals` and perhaps `names`, or .npy; three drawn signals if there is none.
        band: of deformed signals, lowered to what the grid resolves.
        seed: of drawn signals.
        dtype: of the run, whose squares of norms must be numbers.

    Raises:
        ValueError: for files that hold something else, or signals that do not fit the extractor.
    """
    with jax.enable_x64(True):  # files hold doubles; the plan rounds them where need be
        found, names = (None, ()) if signals is None else _signals(signals)
        phi = _on_one_grid(_extractor(extractor, found))
        if found is None:
            key = jax.random.key(seed, impl="unsafe_rbg")
            found, names = drawn_signals(key, phi.grid, 3), ("random",) * 3
    if found.shape[1:] != phi.grid.shape:
        count = "(count, " + ", ".join(map(str, phi.grid.shape)) + ")"
        raise ValueError(
            f"--signals {signals}: the extractor needs signals of shape {count}, not {found.shape}; one "
            "signal is signals[None]."
        )
    _require_squares(found, dtype)
    _require_bounds(phi, dtype)
    return Setting("your extractor", phi, found, names, min(band, (min(phi.grid.shape) - 1) // 2))


def _extractor(path: Path, signals: np.ndarray | None) -> wi.FeatureExtractor:
    if path.suffix.lower() != ".toml":
        phi = wi.load(path)
        if not isinstance(phi, wi.FeatureExtractor):
            raise ValueError(
                f"--extractor {path}: the file holds a {type(phi).__name__}, but claims that can be checked on one's "
                "own are about extractors; of a Classifier save its `extractor`."
            )
        return phi
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"--extractor {path}: not UTF-8 text; save it as UTF-8.") from None
    recipe = read_toml(text)
    named = recipe.grid_table is not None and "shape" in recipe.grid_table
    if named or signals is None:
        return wi.from_toml(text)
    return recipe.on(wi.Grid(signals.shape[1:], recipe.spacing))


def _on_one_grid(phi: wi.FeatureExtractor) -> wi.FeatureExtractor:
    """Every sample of the features, which claims speak of."""
    if any(kind[0] > 1 for layer in phi.layers for kind in layer.kinds()):
        raise ValueError(
            "the extractor has a Subsampled frame, whose maps lie on several grids; the claims speak of "
            "maps on one grid: save the extractor with the inner frame."
        )
    if phi.output_stride is None:
        return phi
    paths = "all" if phi.rows is None else _named_paths(phi)
    return wi.FeatureExtractor(phi.layers, phi.grid, phi.output_bank, paths=paths)


def _named_paths(phi: wi.FeatureExtractor) -> list[tuple[str, ...]]:
    """The paths that an extractor follows, by the labels of their atoms."""
    rows = [row for rows in phi.rows or () for row in rows]
    return [tuple(layer.labels[i] for layer, i in zip(phi.layers, row)) for row in rows]


def _signals(path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """Signals in double precision and their names."""
    form = (
        "use numpy.savez(file, signals=..., names=[...]), an array of numbers and a text for each"
    )
    try:
        arrays = read_arrays(path)
    except ValueError as error:
        raise ValueError(f"--signals: {error} Instead {form}.") from None
    held, names = arrays.get("", arrays.get("signals")), arrays.get("names")
    if held is None:
        among = ", ".join(arrays) or "none"
        raise ValueError(f"--signals {path}: no array `signals` among {among}; {form}.")
    if held.dtype.kind not in "biufc" or held.ndim == 0 or not len(held):
        raise ValueError(
            f"--signals {path}: `signals` has shape {held.shape} and type {held.dtype}; {form}."
        )
    if names is not None and names.shape != held.shape[:1]:
        raise ValueError(
            f"--signals {path}: names of shape {names.shape} for {len(held)} signals; {form}."
        )
    double = np.complex128 if held.dtype.kind == "c" else np.float64
    samples = held.astype(double)
    if not np.isfinite(samples).all():
        raise ValueError(f"--signals {path}: every sample must be a finite number in float64.")
    texts = names if names is not None else (f"signal {i}" for i in range(1, len(held) + 1))
    return samples, tuple(map(str, texts))


def _require_squares(signals: np.ndarray, dtype: str) -> None:
    """Energies are squares: they must neither overflow nor vanish."""
    limits = np.finfo(dtype)
    least, most = limits.tiny**0.3, limits.max**0.3
    flat = np.abs(signals).reshape(len(signals), -1)
    peaks = flat.max(axis=1)
    sizes = peaks * norms(flat / np.where(peaks > 0, peaks, 1)[:, None])
    if np.any((sizes > most) | ((sizes < least) & (sizes > 0))):
        raise ValueError(
            f"the signals' norms must be zero or lie between {least:.0e} and {most:.0e} in {dtype}, so "
            "that their squares are numbers; divide them by their largest value."
        )


def _require_bounds(phi: wi.FeatureExtractor, dtype: str) -> None:
    """Filters so loud that maps overflow say nothing about the theorems."""
    most = np.finfo(dtype).max ** 0.3
    with jax.enable_x64(True):
        largest = max(phi.constants().gains)
    if not largest <= most:
        raise ValueError(
            f"the extractor's frame bounds must be at most {most:.0e} in {dtype}, so that energies of its maps "
            f"are numbers, not {largest:.3g}; divide its filters by their largest value."
        )
