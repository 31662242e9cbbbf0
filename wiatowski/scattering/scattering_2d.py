"""Scattering of images, with the arguments, order and numbers of kymatio's Scattering2D."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from wiatowski._types import Array, resolve_real_dtype
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.bank import FrameBounds
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.frames.frame import Frame
from wiatowski.grid import Grid
from wiatowski.scattering._network import (
    Family,
    as_signals,
    bank_of,
    check_integer,
    check_out_type,
    check_padding,
    followed,
    padded,
    run,
    scattering_network,
)
from wiatowski.scattering.morlet_2d import morlet_bank

__all__ = ["Scattering2D"]


class Scattering2D(eqx.Module):
    r"""$S x = \{x * \phi_J, |x * \psi_{\lambda_1}| * \phi_J, ||x * \psi_{\lambda_1}| * \psi_{\lambda_2}| * \phi_J, ..\}$.

    Paths follow increasing scales $j_1 < j_2 < \dots < J$; coefficients are kept on every $2^J$-th sample.
    The image is extended by reflection to a multiple of $2^J$ and cropped afterwards. Leading axes are
    a batch, and go through in chunks that stay in the cache.

    Args:
        J: scales; averages over $2^J$ samples.
        shape: (M, N) of the images, any size of at least $2^J$.
        L: orientations over half a turn.
        max_order: largest number of wavelets along a path, any m >= 1.
        pre_pad: the images come extended already, with `padded_shape`.
        out_type: "array", (..., paths, M', N'), or "list", one dictionary per path.
        padding: "reflect", "symmetric", "periodic" or "zero".
        wavelets: a frame or a bank on `padded_grid` to use in place of kymatio's filters, with labels
            "scale=j,..." and a separable output atom. A frame's parameters may be traced: they can be learned.
        dtype: float32 or float64 of the filters; by default that of the context.
        memory: ceiling in bytes for the temporaries of a call.

    Raises:
        ValueError: for arguments out of range, an image smaller than $2^J$, wavelets without scales.

    Source: Bruna & Mallat 2013; filters, sub-sampling and order as in kymatio 0.3.0.

    >>> import jax.numpy as jnp
    >>> from wiatowski.scattering import Scattering2D
    >>> S = Scattering2D(J=2, shape=(30, 33), L=4)
    >>> S(jnp.ones((5, 3, 30, 33))).shape, S.meta()["key"][9]
    ((5, 3, 25, 7, 8), (0, 4))
    """

    network: FeatureExtractor
    J: int = eqx.field(static=True)
    shape: tuple[int, int] = eqx.field(static=True)
    L: int = eqx.field(static=True)
    max_order: int = eqx.field(static=True)
    pre_pad: bool = eqx.field(static=True)
    out_type: str = eqx.field(static=True)
    padding: str = eqx.field(static=True)

    def __init__(
        self,
        J: int,
        shape: tuple[int, int],
        L: int = 8,
        max_order: int = 2,
        pre_pad: bool = False,
        out_type: str = "array",
        *,
        padding: str = "reflect",
        wavelets: Frame | FilterBank | None = None,
        dtype=None,
        memory: int | None = None,
    ):
        self.J = check_integer("Scattering2D", "J", J, 1)
        self.L = check_integer("Scattering2D", "L", L, 1)
        self.max_order = check_integer("Scattering2D", "max_order", max_order, 1)
        check_out_type("Scattering2D", out_type, ("array", "list"))
        check_padding("Scattering2D", padding)
        self.shape = _checked_shape(shape, self.J)
        self.pre_pad, self.out_type, self.padding = bool(pre_pad), out_type, padding
        dtype = resolve_real_dtype(dtype, "Scattering2D")
        grid = Grid(_padded_shape(self.shape, self.J))
        if wavelets is None:
            bank = morlet_bank(grid, self.J, self.L, dtype)
        else:
            bank = wavelets.on(grid, dtype) if isinstance(wavelets, Frame) else wavelets
        if not isinstance(bank, FilterBank):
            raise TypeError(
                f"Scattering2D: wavelets must be a frame or FilterBank of atoms, not {wavelets!r}."
            )
        scales = tuple(map(_scale_of, bank.labels))
        family = Family(bank, scales, tuple(2**j for j in scales))
        self.network = scattering_network(
            [family] * self.max_order, 2**self.J, periodised=False, memory=memory
        )

    @property
    def padded_shape(self) -> tuple[int, int]:
        """The shape of the extended images, which the filters have."""
        return _padded_shape(self.shape, self.J)

    @property
    def padded_grid(self) -> Grid:
        """The grid of the extended images."""
        return self.network.grid

    def __call__(self, x: Array) -> Any:
        """The coefficients: see `scattering`."""
        return self.scattering(x)

    def scattering(self, x: Array) -> Any:
        """The coefficients of images.

        Args:
            x: (..., M, N), real or complex; with `pre_pad`, (..., *padded_shape).

        Returns:
            (..., paths, M', N'), or with `out_type="list"` dictionaries with "coef", "j", "n",
            "theta" for each path.

        Raises:
            ValueError: for another shape or samples that are not finite.
        """
        shape = self.padded_shape if self.pre_pad else self.shape
        signals, batch = as_signals("Scattering2D", x, shape, self.network.banks[0].dtype)
        coefficients = _coefficients(self, signals)
        coefficients = coefficients.reshape(*batch, *coefficients.shape[1:])
        if self.out_type == "array":
            return coefficients
        meta = self.meta()
        return [
            {
                "coef": coefficients[..., row, :, :],
                "j": tuple(self._scale(n) for n in key),
                "n": key,
                "theta": tuple(self._angle(n) for n in key),
            }
            for row, key in enumerate(meta["key"])
        ]

    def meta(self) -> dict[str, Any]:
        """What each path is: "order", "key" (wavelet numbers), and "n", "j", "theta", padded with NaN.

        Arrays of shape (paths,) and (paths, max_order), in the order of the coefficients.
        """
        keys = followed(self.network)
        rows = np.full((3, len(keys), self.max_order), np.nan)
        for row, key in enumerate(keys):
            for position, n in enumerate(key):
                rows[:, row, position] = n, self._scale(n), self._angle(n)
        order = np.array([len(key) for key in keys])
        return {"order": order, "key": keys, "n": rows[0], "j": rows[1], "theta": rows[2]}

    def frame_bounds(self, real: bool = True) -> FrameBounds:
        """Frame bounds of the wavelets with the low-pass: the Littlewood-Paley report in two numbers."""
        return self.network.banks[0].frame_bounds(real)

    def littlewood_paley(self, real: bool = True) -> Array:
        r"""$|\hat\phi|^2 + \sum_\lambda |\hat\psi_\lambda|^2$ on `padded_grid`, for real images symmetrised."""
        return bank_of(self.network, 0).littlewood_paley(real)

    def admissible(self) -> Scattering2D:
        """The same transform with filters divided so that no energy is gained: norms stay below one."""
        return eqx.tree_at(lambda s: s.network, self, self.network.admissible())

    def _scale(self, n: int) -> int:
        return _scale_of(self.network.layers[0].labels[n])

    def _angle(self, n: int) -> int:
        numbers = [i for i in range(n) if self._scale(i) == self._scale(n)]
        return len(numbers)


@eqx.filter_jit
def _coefficients(s: Scattering2D, signals: Array) -> Array:
    if not s.pre_pad:
        widths = [((p - n) // 2, (p - n + 1) // 2) for n, p in zip(s.shape, s.padded_shape)]
        signals = padded(signals, widths, s.padding)
    rows, columns = (n // 2**s.J for n in s.padded_shape)
    features = run(s.network, signals, window=((1, rows - 1), (1, columns - 1))).features
    return jnp.concatenate([features[n] for n in range(s.max_order + 1)], axis=1)


def _padded_shape(shape: tuple[int, int], scales: int) -> tuple[int, int]:
    """At least half of 2^J samples on either side, to a multiple of 2^J."""
    step = 2**scales
    rows, columns = (((n + step) // step + 1) * step for n in shape)
    return rows, columns


def _checked_shape(shape, scales: int) -> tuple[int, int]:
    try:
        rows, columns = (int(n) for n in shape)
    except (TypeError, ValueError):
        raise ValueError(
            f"Scattering2D: shape must be (M, N), such as (32, 32), not {shape!r}."
        ) from None
    if min(rows, columns) < 2**scales:
        raise ValueError(
            f"Scattering2D: J = {scales} averages over {2**scales} samples, more than the shape "
            f"{(rows, columns)} has; use J <= {max(min(rows, columns), 1).bit_length() - 1} or larger images."
        )
    return rows, columns


def _scale_of(label: str) -> int:
    for field in label.split(","):
        name, _, value = field.partition("=")
        if name == "scale" and value.isdigit():
            return int(value)
    raise ValueError(
        f"Scattering2D: the wavelet {label!r} names no scale; labels must hold scale=j, as those of "
        "frames.Morlet do."
    )
