"""Any extractor as a transformer of scikit-learn."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data
from tqdm import tqdm

from wiatowski import streaming
from wiatowski._integers import check_integer
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames import Haar
from wiatowski.grid import Grid
from wiatowski.layer import Layer
from wiatowski.learn._columns import Chosen, whole
from wiatowski.learn._rows import Rows
from wiatowski.learn._signals import as_array
from wiatowski.learn._targets import one_for_each
from wiatowski.streaming.ceiling import in_bytes

__all__ = ["FeatureTransformer"]

_NAME = "FeatureTransformer"
_NO_FUNCTIONS = (eqx.Module, type)  # of a grid, though they can be called
Extractor = FeatureExtractor | Sequence[Layer] | Callable[..., Any]


class FeatureTransformer(TransformerMixin, BaseEstimator):
    r"""Rows of numbers, or images, to the rows $\Phi_\Omega(f)$ of their features.

    Signals are computed in blocks on all devices under a ceiling of memory. Features that would not fit below
    it go to a file, and come back as a memory map; `select` keeps only chosen columns of every block.

    Args:
        extractor: a `FeatureExtractor`, whose features are those of every channel; a `Network` or `Classifier`,
            whose features are the scores; a scattering transform; a list of `Layer`s, whose grid is that of the
            signals; or a function of a `Grid` that makes one of these, or any other function of one signal that
            gives arrays. By default one layer of Haar wavelets and moduli.
        shape: of one signal, of which a row may hold several channels, one behind the other. By default
            that of the extractor, or of the images, or one axis as long as a row.
        select: a transformer with `get_support` that chooses columns in `fit`, such as
            `OrthogonalLeastSquares`; it sees the features of the first `select_rows` signals.
        select_rows: all by default; where there are fewer than all, the signals should come in random order.
        memory: ceiling in bytes, or a text such as "2GB", for the arrays of one block on host and devices, and
            for the features that come back in memory. What Python, JAX and compilation take comes on top.
        folder: where features beyond the ceiling go; by default one of the system for temporary files. The
            file goes with the array, or when Python ends; other processes can map it until then.
        progress: show a bar.

    Attributes:
        extractor_: the extractor, on its grid.
        columns_: numbers of the features that are kept, or None for all.
        n_features_in_: numbers per row.

    Raises:
        ValueError: for rows that are no whole number of signals, images of another shape, NaN or infinite
            samples or features, or a ceiling below one signal.
        TypeError: for what is no extractor.

    Source: utility; features after Wiatowski & Boelcskei 2018.

    >>> import numpy as np, wiatowski as wi
    >>> from wiatowski.learn import FeatureTransformer
    >>> images = np.random.default_rng(0).random((3, 8, 8))
    >>> layers = [wi.Layer(wi.frames.Haar(1), wi.Modulus(), wi.Decimate(2))]
    >>> features = FeatureTransformer(layers).fit(images)
    >>> features.transform(images).shape, features.get_feature_names_out()[-1]
    ((3, 112), 'depth=1 scale=1,axes=HH at 3,3')
    """

    def __init__(
        self,
        extractor: Extractor | None = None,
        *,
        shape: tuple[int, ...] | None = None,
        select=None,
        select_rows: int | None = None,
        memory: int | str = "1GB",
        folder: str | os.PathLike | None = None,
        progress: bool = False,
    ):
        self.extractor = extractor
        self.shape = shape
        self.select = select
        self.select_rows = select_rows
        self.memory = memory
        self.folder = folder
        self.progress = progress

    def fit(self, X, y=None) -> FeatureTransformer:
        """Put the extractor on the signals' grid, and choose columns where there is something to choose with.

        Args:
            X: (signals, numbers), or images, (signals, [channels,] *shape).
            y: targets, for `select`.
        """
        self._fitted(X, y)
        return self

    def fit_transform(self, X, y=None, **fit_params) -> Any:
        """`fit`, then `transform`; features that `select` has seen are not computed again."""
        X, seen = self._fitted(X, y)
        if seen is not None and len(seen) == len(X):
            return seen[:, self.columns_]
        return self._features(X, "transform")

    def _fitted(self, X, y) -> tuple[np.ndarray, np.ndarray | None]:
        """The rows, and all features of those that `select` has seen."""
        self._check_parameters()
        X = as_array(_NAME, X)
        images = X.shape[1:] if getattr(X, "ndim", 2) > 2 else None
        rows = self._rows(X, reset=True)
        shape = self._shape_of(rows.shape, images)
        if images is not None:
            _check_arranged(images, shape)
        self.extractor_ = self._on_grid(shape)
        self.columns_ = None
        self._compiled: dict[Any, streaming.Blocks] = {}
        self._whole = whole(_NAME, self.extractor_, rows.shape[1] // math.prod(shape), shape)
        if self.select is None:
            return rows, None
        if y is not None:
            y = one_for_each(_NAME, y, len(rows), "signals")
        first = slice(None, self.select_rows)
        seen = self._features(rows[first], "select")
        selector: Any = clone(self.select)
        try:
            self.select_ = selector.fit(seen, None if y is None else y[first])
        except ValueError as error:
            if self.select_rows is not None:
                error.add_note(
                    f"{_NAME}: `select` saw the first {len(seen)} signals (select_rows)."
                )
            raise
        self.columns_ = self.select_.get_support(indices=True)
        return rows, seen

    def transform(self, X) -> np.ndarray:
        """The features, (signals, columns), in single precision unless X and JAX have 64 bits.

        Args:
            X: as for `fit`.
        """
        check_is_fitted(self)
        X = as_array(_NAME, X)
        if getattr(X, "ndim", 2) > 2:
            _check_arranged(X.shape[1:], self._whole.shape)
        return self._features(self._rows(X, reset=False), "transform")

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Depth, path and sample of every column: `depth=1 scale=1,axes=LH at 3,0`.

        Args:
            input_features: names of the numbers of a row, which are not used.
        """
        check_is_fitted(self)
        count: Any = self  # scikit-learn counts them
        if input_features is not None and len(input_features) != count.n_features_in_:
            raise ValueError(
                f"{_NAME}: input_features should have length equal to the number of numbers per row, "
                f"{count.n_features_in_}, not {len(input_features)}."
            )
        names = np.array(self._whole.names(), dtype=object)
        return names if self.columns_ is None else names[self.columns_]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        tags.target_tags.required = self.select is not None
        return tags

    def _rows(self, X, reset: bool) -> np.ndarray:
        """(signals, numbers), finite."""
        if getattr(X, "ndim", 2) > 2:
            X = check_array(X, dtype="numeric", allow_nd=True, estimator=self)
            X = X.reshape(len(X), -1)
        rows: Any = validate_data(self, X, reset=reset, dtype="numeric")
        return rows

    def _check_parameters(self) -> None:
        in_bytes(self.memory, _NAME)
        if self.select_rows is not None:
            check_integer(_NAME, "select_rows", self.select_rows)
        if self.shape is not None:
            if not isinstance(self.shape, (tuple, list)) or not self.shape:
                raise ValueError(
                    f"{_NAME}: shape must be a tuple such as (28, 28), not {self.shape!r}."
                )
            for side in self.shape:
                check_integer(_NAME, "every side of shape", side)
        if self.folder is not None and not Path(self.folder).is_dir():
            raise FileNotFoundError(f"{_NAME}: there is no folder {self.folder}; make it first.")
        if self.select is not None and not hasattr(self.select, "get_support"):
            raise TypeError(
                f"{_NAME}: select must choose columns, with `fit` and `get_support`, such as "
                f"OrthogonalLeastSquares(100); put {type(self.select).__name__} behind this in a pipeline."
            )

    def _shape_of(self, rows: tuple[int, ...], images: tuple[int, ...] | None) -> tuple[int, ...]:
        """Of one signal in rows of images of that shape."""
        numbers = rows[1]
        given = self.extractor
        own = getattr(getattr(given, "grid", given), "shape", None)
        shape = tuple(self.shape or own or images or (numbers,))
        if images and not (self.shape or own) and len(images) > 2:
            if images[-1] in (1, 3, 4) and images[0] > 4:  # grey, colours, and opacity
                raise ValueError(
                    f"{_NAME}: images of shape {images} seem to have their channels last; "
                    "np.moveaxis(X, -1, 1) puts them first, and `shape` says that they are none."
                )
            shape = images[1:]  # the first axis holds channels
        size = math.prod(shape)
        if size < 1 or numbers % size:
            advice = "give `shape`, or resize the images to that of the extractor"
            raise ValueError(
                f"{_NAME}: a row holds {numbers} numbers, which is no whole number of signals of shape "
                f"{shape}; {'X[None] is a data set of one signal' if rows == shape else advice}."
            )
        if shape == (1,):
            raise ValueError(
                f"{_NAME}: signals of a single number (n_features = 1) have no frequencies to filter; "
                "give rows of at least two."
            )
        return shape

    def _on_grid(self, shape: tuple[int, ...]) -> Callable:
        given: Any = self.extractor
        if given is None:
            given = [Layer(Haar(scales=1))]
        if callable(given) and not hasattr(given, "grid") and not isinstance(given, _NO_FUNCTIONS):
            given = given(Grid(shape))
        if isinstance(given, (list, tuple)):
            given = FeatureExtractor(list(given), Grid(shape))
        if not callable(given) or isinstance(given, type):
            name = (
                f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__
            )
            raise TypeError(
                f"{_NAME}: extractor must be a FeatureExtractor, a list of layers, or a function of a Grid "
                f"that makes one, not {name}."
            )
        return given

    def _features(self, X: np.ndarray, description: str) -> np.ndarray:
        if X.dtype not in (np.float32, np.float64):
            X = X.astype(np.float32 if X.dtype.itemsize <= 8 else np.float64)
        blocks = self._blocks(
            jax.ShapeDtypeStruct(X.shape[1:], jax.dtypes.canonicalize_dtype(X.dtype))
        )
        shape = (len(X), *blocks.output.shape)
        bar = tqdm(total=len(X), desc=description, unit="signal", disable=not self.progress)
        with (
            bar,
            Rows(_NAME, shape, blocks.output.dtype, in_bytes(self.memory), self.folder) as result,
        ):
            for rows, (block,) in blocks(X):
                if not _is_finite(block):
                    bad = rows.start + int(np.argmin(np.isfinite(block).all(axis=1)))
                    raise ValueError(
                        f"{_NAME}: the features of signal {bad} are NaN or infinite, though its samples, up to "
                        f"{np.abs(X[bad]).max():.3g} in size, are not; scale the signals to sizes of about one."
                    )
                result.append(block)
                bar.update(rows.stop - rows.start)
        return result.array()

    def _blocks(self, row: jax.ShapeDtypeStruct) -> streaming.Blocks:
        """The program for rows of that type, kept until the next `fit` or another ceiling."""
        key = row.shape, row.dtype, self.memory, self.columns_ is None
        if key not in self._compiled:
            phi = self._whole if self.columns_ is None else Chosen(self._whole, self.columns_)
            self._compiled.clear()
            self._compiled[key] = streaming.Blocks(phi, row, memory=self.memory)
        return self._compiled[key]

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        return state | {"_compiled": {}} if "_compiled" in state else state


def _is_finite(block: np.ndarray) -> bool:
    """Of real numbers, without an array beside them."""
    return not block.size or bool(np.isfinite(block.min()) and np.isfinite(block.max()))


def _check_arranged(images: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Raise for images whose numbers would be taken in another order than they stand in."""
    if images != shape and images[1:] != shape:
        advice = (
            "np.moveaxis(X, -1, 1) puts channels first"
            if images[:-1] == shape
            else "resize or crop them, for example with signals.resize"
        )
        raise ValueError(
            f"{_NAME}: images have shape {images}, but {shape} or (channels, {', '.join(map(str, shape))}) is "
            f"needed; {advice}."
        )
