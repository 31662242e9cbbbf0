"""Scattering of time series, with the arguments, order and numbers of kymatio's Scattering1D."""

from __future__ import annotations

import math
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from wiatowski._integers import check_integer, is_integer
from wiatowski._types import Array, resolve_real_dtype
from wiatowski.extractor import FeatureExtractor
from wiatowski.grid import Grid
from wiatowski.scattering._arguments import PADDINGS, as_signals, check_choice
from wiatowski.scattering._network import (
    Sampling,
    Wavelets,
    extended,
    followed,
    placed,
    run,
    scale_of,
    scattering_network,
)
from wiatowski.scattering._transform import AbstractScattering, compiled
from wiatowski.scattering.morlet_1d import SIGMA, Wavelet, family, gaussian, morlet_bank

__all__ = ["Scattering1D"]

_BORDER = 1e-3  # share of the low-pass in l^1 that padding may leave out


class Scattering1D(AbstractScattering):
    r"""Averages $x * \phi$, $|x * \psi_{\lambda_1}| * \phi$, $||x * \psi_{\lambda_1}| * \psi_{\lambda_2}| * \phi$, ..

    Paths follow increasing $j_1 < j_2 < \dots$, $2^j$ the stride that a wavelet's band allows; coefficients are
    kept on every $2^{\lfloor \log_2 T \rfloor}$-th sample. Signals are extended by reflection to a power of two and
    cropped afterwards. Leading axes are a batch, and go through in chunks that stay in the cache.

    Args:
        J: the widest wavelets measure about $2^J$ samples.
        shape: N, samples of the signals, any number.
        Q: wavelets per octave in the first layer, or one number per layer; the last one holds for
            all deeper layers (1, if Q is one number).
        T: samples over which to average, $1 \le T \le N$, by default $2^J$; 0: do not average.
        max_order: largest number of wavelets along a path, any m >= 1.
        oversampling: log2 of how many times more samples to keep everywhere.
        out_type: "array", (..., paths, N'), "list", one dictionary per path, or "dict", by wavelet numbers.
        padding: "reflect", "symmetric", "periodic" or "zero".
        wavelets: to use in place of kymatio's filters: a frame, a `FilterBank` on `padded_grid`, or one
            for each layer, with labels "scale=j,...", $2^j$ the stride that the band allows, and a real output
            atom. A frame's parameters may be traced: they can be learned.
        dtype: float32 or float64 of the filters; by default that of the context.
        memory: ceiling in bytes for the temporaries of a call.

    Raises:
        ValueError: for arguments out of range, signals too short for J, or wavelets without scales.
        TypeError: for wavelets that are no frame of atoms.

    Source: Andén & Mallat 2014; filters, sub-sampling and order as in kymatio, with the scaling of its
    main branch (0.3.0 divides by $2^{j_1 + j_2 + \dots}$; the migration page says how to).

    >>> import jax.numpy as jnp
    >>> from wiatowski.scattering import Scattering1D
    >>> S = Scattering1D(J=4, shape=300, Q=2)
    >>> S(jnp.ones((5, 300))).shape, S.output_size(detail=True)
    ((5, 20, 19), (1, 9, 10))
    """

    network: FeatureExtractor
    J: int = eqx.field(static=True)
    shape: tuple[int] = eqx.field(static=True)
    Q: tuple[int, ...] = eqx.field(static=True)
    T: float = eqx.field(static=True)
    max_order: int = eqx.field(static=True)
    oversampling: int = eqx.field(static=True)
    average: bool = eqx.field(static=True)
    out_type: str = eqx.field(static=True)
    padding: str = eqx.field(static=True)
    families: tuple[tuple[Wavelet, ...], ...] | None = eqx.field(static=True)

    def __init__(
        self,
        J: int,
        shape: int | tuple[int],
        Q: int | tuple[int, ...] = 1,
        T: float | None = None,
        max_order: int = 2,
        oversampling: int = 0,
        out_type: str = "array",
        *,
        padding: str = "reflect",
        wavelets: Wavelets | None = None,
        dtype=None,
        memory: int | None = None,
    ):
        self.J = check_integer("Scattering1D", "J", J, 1)
        self.max_order = check_integer("Scattering1D", "max_order", max_order, 1)
        self.oversampling = check_integer("Scattering1D", "oversampling", oversampling, 0)
        self.out_type = check_choice(
            "Scattering1D", "out_type", out_type, ("array", "dict", "list")
        )
        self.padding = check_choice("Scattering1D", "padding", padding, tuple(PADDINGS))
        self.shape = _checked_shape(shape, self.J)
        self.Q = _checked_voices(Q, self.max_order)
        self.T, self.average = _checked_support(T, self.J, self.shape[0])
        if not self.average and out_type == "array":
            raise ValueError(
                "Scattering1D: without averaging (T=0) the paths have different lengths and make no "
                'array; write out_type="list" or out_type="dict".'
            )
        dtype = resolve_real_dtype(dtype, "Scattering1D")
        grid = Grid((_padded_length(self.shape[0], self.T),))
        if wavelets is None:
            self.families = tuple(tuple(family(self.J, q)) for q in self.Q)
            made = {own: morlet_bank(grid, own, self.T, dtype) for own in set(self.families)}
            banks = [made[own] for own in self.families]
        else:
            self.families = None
            banks = placed("Scattering1D", wavelets, self.max_order, grid, dtype)
        scales = [scale_of("Scattering1D", label) for bank in banks for label in bank.labels]
        output = int(math.log2(self.T)) if self.average else max(scales)
        sampling = Sampling(
            lambda j: 2 ** max(min(j, output) - self.oversampling, 0),
            2 ** max(output - self.oversampling, 0),
            periodised=True,
        )
        self.network = scattering_network("Scattering1D", banks, sampling, memory)

    @property
    def padded_grid(self) -> Grid:
        """The grid of the extended signals, which the filters have."""
        return self.network.grid

    @property
    def pad_left(self) -> int:
        """Samples added before the signal."""
        return (self.padded_grid.shape[0] - self.shape[0]) // 2

    @property
    def pad_right(self) -> int:
        """Samples added behind the signal."""
        return self.padded_grid.shape[0] - self.shape[0] - self.pad_left

    def scattering(self, x: Array) -> Any:
        """The coefficients of signals.

        Args:
            x: (..., N), real or complex.

        Returns:
            (..., paths, N'), or with `out_type="list"` dictionaries with "coef", "j", "n" for each
            path, or with `out_type="dict"` the coefficients by the tuple of wavelet numbers.

        Raises:
            ValueError: for another length or samples that are not finite.
        """
        signals, batch = as_signals("Scattering1D", x, self.shape, self.network.banks[0].dtype)
        if self.average:
            array = _coefficients(self, signals)
            array = array.reshape(*batch, *array.shape[1:])
            if self.out_type == "array":
                return array
            rows = [array[..., row, :] for row in range(array.shape[-2])]
        else:
            rows = [row.reshape(*batch, -1) for row in _moduli(self, signals)]
        keys = followed(self.network)
        if self.out_type == "dict":
            return dict(zip(keys, rows, strict=True))
        return [
            {"coef": row, "j": tuple(self._scale(i, n) for i, n in enumerate(key)), "n": key}
            for row, key in zip(rows, keys, strict=True)
        ]

    def meta(self) -> dict[str, Any]:
        """What each path is: "order", "key" (wavelet numbers), and "n", "xi", "sigma", "j", padded with NaN.

        Arrays of shape (paths,) and (paths, max_order), in the order of the coefficients; xi and sigma in
        cycles per sample, NaN for wavelets that were given.
        """
        keys = followed(self.network)
        table = np.full((4, len(keys), self.max_order), np.nan)
        for row, key in enumerate(keys):
            for layer, n in enumerate(key):
                known = self.families[layer][n][:2] if self.families else (np.nan, np.nan)
                table[:, row, layer] = n, *known, self._scale(layer, n)
        order = np.array([len(key) for key in keys])
        names = ("n", "xi", "sigma", "j")
        return {"order": order, "key": keys, **dict(zip(names, table, strict=True))}

    def output_size(self, detail: bool = False) -> int | tuple[int, ...]:
        """Number of paths, in all or per order."""
        counts = self.network.path_counts
        return counts if detail else sum(counts)

    def _scale(self, layer: int, n: int) -> int:
        return scale_of("Scattering1D", self.network.layers[layer].labels[n])


@compiled
def _coefficients(s: Scattering1D, signals: Array) -> Array:
    ends = _window(s, s.network.output_stride or 1)
    features = run(s.network, _extended(s, signals), window=((ends.start, ends.stop),)).features
    return jnp.concatenate([features[n] for n in range(s.max_order + 1)], axis=1)


@compiled
def _moduli(s: Scattering1D, signals: Array) -> list[Array]:
    """The signal and the maps U[q]x of all paths, each on its own samples."""
    maps = run(s.network, _extended(s, signals), collect=True, readout=_one_sample).maps
    (tree,) = s.network.trees
    rows = []
    for depth in range(s.max_order + 1):
        held = sorted(tree.held(depth)) if depth in tree.depths() else []
        seen: dict[int, int] = {}
        for _, stride in held:
            row = seen.get(stride, 0)
            seen[stride] = row + 1
            rows.append(maps[depth, stride][:, row, _window(s, stride)])
    return rows


def _one_sample(maps: Array, depth: int) -> Array:
    """In place of averages that nobody asked for."""
    return maps[:, :1]


def _extended(s: Scattering1D, signals: Array) -> Array:
    return extended(signals, [(s.pad_left, s.pad_right)], s.padding)


def _window(s: Scattering1D, stride: int) -> slice:
    """The samples, `stride` apart, that lie in the signal before it was extended."""
    start, stop = s.pad_left, s.pad_left + s.shape[0]
    return slice(-(-start // stride), -(-stop // stride))


def _padded_length(samples: int, support: float) -> int:
    """A power of two that leaves three widths of the low-pass on either side, if the signal is long enough."""
    response = np.abs(np.fft.ifft(gaussian(samples, SIGMA / support)))[: samples // 2]
    outside = np.cumsum(response[::-1])[::-1]
    small = np.flatnonzero(outside <= _BORDER)
    width = 3 * (int(small[0]) + 1 if len(small) else samples // 2)
    wanted = math.ceil(math.log2(samples + 2 * width))
    return 2 ** min(wanted, int(math.log2(3 * samples - 2)))


def _checked_shape(shape, scales: int) -> tuple[int]:
    given = shape
    if isinstance(shape, (tuple, list)) and len(shape) == 1:
        (shape,) = shape
    if not is_integer(shape) or shape < 2:
        raise ValueError(f"Scattering1D: shape must be an integer N >= 2 or (N,), not {given!r}.")
    if 2**scales > shape:
        raise ValueError(
            f"Scattering1D: J = {scales} asks for wavelets of {2**scales} samples, more than the "
            f"{shape} of the signals; use J <= {int(shape).bit_length() - 1} or longer signals."
        )
    return (int(shape),)


def _checked_voices(voices, order: int) -> tuple[int, ...]:
    given = (voices, 1) if is_integer(voices) else voices
    if not isinstance(given, (tuple, list)) or not given:
        raise ValueError(f"Scattering1D: Q must be an integer or a tuple of them, not {voices!r}.")
    given = (*given, 1) if len(given) == 1 else tuple(given)
    for q in given:
        check_integer("Scattering1D", "Q", q, 1)
    if len(given) > max(order, 2):
        raise ValueError(
            f"Scattering1D: Q = {voices!r} has {len(given)} numbers for {order} layers; give at most one "
            "per layer, or raise max_order."
        )
    return tuple(int(given[min(n, len(given) - 1)]) for n in range(order))


def _checked_support(support, scales: int, samples: int) -> tuple[float, bool]:
    if support is None:
        return 2.0**scales, True
    number = isinstance(support, (int, float, np.integer, np.floating))
    if not number or isinstance(support, bool) or not (support == 0 or 1 <= support <= samples):
        raise ValueError(
            f"Scattering1D: T must be 0 (no averaging) or between 1 and the {samples} samples of the "
            f"signals, not {support!r}."
        )
    return (float(support), True) if support else (2.0**scales, False)
