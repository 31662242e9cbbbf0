"""Values of the package beside values of the reference: bounds of numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
import reference_bounds as plain
import strategies

from wiatowski import bounds


class Comparison:
    """A value of the package beside the reference's.

    Args:
        name: what it covers: a public name of `bounds`, or a constant elsewhere.
        label: of this case.
        ours: evaluates the package's code, whatever it is at the moment.
        reference: the independent value, evaluated once.
        rtol: largest relative difference.
        side: "above" if ours may not lie below the reference at all, "below" if not above.
        atol: largest difference where the value may be zero up to rounding.
        compiled: whether jit is on, for what traces a network. Off, changed code is run as it is, and
            nothing of it stays compiled.
    """

    def __init__(
        self,
        name: str,
        label: object,
        ours: Callable[[], Any],
        reference: Callable[[], Any],
        rtol: float = 1e-13,
        side: str = "",
        atol: float = 0.0,
        compiled: bool = False,
    ):
        self.name, self.label, self.ours = name, f"{name}: {label}", ours
        self.reference, self.rtol, self.side, self.atol = reference, rtol, side, atol
        self.compiled = compiled

    @functools.cached_property
    def expected(self) -> Any:
        return self.reference()

    def check(self) -> None:
        """Raise an AssertionError unless both agree."""
        with jax.enable_x64(True), jax.disable_jit(not self.compiled):
            ours = np.asarray(self.ours())
        expected = np.asarray(self.expected, dtype=float)
        assert ours.shape == expected.shape, (self.label, ours.shape, expected.shape)
        np.testing.assert_allclose(
            ours, expected, self.rtol, self.atol, equal_nan=False, err_msg=self.label
        )
        if self.side == "above":
            assert float(ours) >= self.expected, (self.label, ours, self.expected)
        if self.side == "below":
            assert float(ours) <= self.expected, (self.label, ours, self.expected)


# Bounds of numbers: name -> reference, names of the arguments.

SCALARS: dict[str, tuple[Callable, str]] = {
    "stretch_factor": (plain.stretch, "kappa"),
    "contraction_factor": (plain.contraction, "kappa"),
    "expansion_factor": (plain.expansion, "slope ndim"),
    "sieve_factor": (plain.sieve, "slope bandwidths"),
    "decay_integral": (plain.decay_integral, "ndim"),
    "deformation_torus": (
        plain.deformation_torus,
        "bandwidth tau_sup omega_sup jacobian_sup ndim",
    ),
    "deformation_expansion": (
        plain.deformation_expansion,
        "bandwidth tau_sup omega_sup slope ndim",
    ),
    "deformation_sieve": (plain.deformation_sieve, "bandwidths tau_sup omega_sup slope"),
    "deformation_line": (plain.deformation_line, "bandwidth tau_sup omega_sup monotone samples"),
    "deformation_schur": (
        lambda r, t, w: plain.deformation_schur(r, t, w, bounds.SCHUR_CONSTANT),
        "bandwidth tau_sup omega_sup",
    ),
    "deformation_rough_torus": (
        plain.deformation_rough_torus,
        "bandwidth tau_sup omega_sup ndim",
    ),
    "deformation_rough": (plain.deformation_rough, "bandwidth tau_sup omega_sup ndim"),
    "deformation_sobolev": (
        plain.deformation_sobolev,
        "tau_sup jacobian_sup ndim seminorm order",
    ),
    "almost_band_limited": (
        plain.almost_band_limited,
        "bandwidth tau_sup jacobian_sup ndim outside",
    ),
    "lipschitz_class": (plain.lipschitz_class, "constant tau_sup support"),
    "cartoon": (plain.cartoon, "constant tau_sup perimeter ndim jacobian_sup"),
    "cartoon_samples": (plain.cartoon_samples, "constant count tau_sup jumps"),
    "band_growth": (plain.band_growth, "low high"),
    "depth_for_share": (plain.depth_for_share, "lost bandwidth gap growth"),
}
KEYWORDS = ("monotone", "samples", "jumps", "order")  # may be left out, or are keyword-only
RANGES = {
    "kappa": (0.0, 0.99),
    "slope": (0.0, 0.99),
    "bandwidth": (0.01, 0.5),
    "tau_sup": (0.0, 5.0),
    "omega_sup": (0.0, 1.0),
    "jacobian_sup": (0.0, 1 / 6),  # d times it is at most 1/2
    "seminorm": (0.1, 3.0),
    "order": (0.0, 1.0),
    "outside": (0.0, 1.0),
    "constant": (0.1, 3.0),
    "support": (0.1, 9.0),
    "perimeter": (0.1, 9.0),
    "low": (0.1, 1.0),
    "high": (1.1, 5.0),
    "lost": (0.01, 0.99),
    "gap": (0.001, 1.0),
    "growth": (1.02, 3.0),
}
CHOICES: dict[str, tuple] = {
    "ndim": (1, 2, 3),
    "count": (1, 7, 64),
    "jumps": (2, 1, 3, 0),
    "monotone": (True, False),
    "samples": (False, True),
    "bandwidths": (0.3, (0.1, 0.4), (0.05, 0.2, 0.45)),
}
# Where formulas change: series, whole numbers, ends of ranges, defaults.
CORNERS: dict[str, list[tuple]] = {
    "stretch_factor": [(0.0,)],
    "contraction_factor": [(0.0,), (9.9e-13,), (1.1e-12,)],
    "sieve_factor": [(0.0, 0.3), (1 - 1e-7, (0.1, 0.1, 0.1)), (1e-9, (0.1, 0.4))],
    "expansion_factor": [(0.0, 2), (9.9e-9, 1), (9.9e-9, 3), (1.1e-8, 1), (1.1e-8, 2)],
    "deformation_line": [
        (0.2, 2.0, 0.1),
        (0.2, 2.0, 0.1, True, True),
        (0.2, 1.5, 0.1, False, False),
    ],
    "deformation_rough": [(0.2, 1.5, 0.1, 1), (0.2, 2.0, 0.0, 3)],
    "deformation_sobolev": [(0.7, 0.1, 2, 1.3), (0.7, 0.1, 2, 1.3, 0.0)],
    "cartoon_samples": [(1.2, 20, 0.07)],
    "depth_for_share": [(0.5, 0.01, 9.0, 1.5)],
}
TOLERANCES = {
    "contraction_factor": 5e-15,
    "expansion_factor": 5e-15,
    "depth_for_share": 0.0,
    "sieve_factor": 2e-12,  # a quadrature to 1e-12, and its error estimate on top
    "deformation_sieve": 2e-12,
}


def scalar(name: str, args: Sequence) -> Comparison:
    """A bound of numbers at some arguments."""
    reference, names = SCALARS[name]
    keywords = {key: value for key, value in zip(names.split(), args) if key in KEYWORDS}
    positional = list(args[: len(args) - len(keywords)])
    return Comparison(
        name,
        args,
        lambda: getattr(bounds, name)(*positional, **keywords),
        lambda: reference(*args),
        TOLERANCES.get(name, 1e-13),
        # The factor of the sieve carries the error of its quadrature.
        "above" if name == "sieve_factor" else "",
    )


def scalars(draws: int = 9) -> Iterator[Comparison]:
    """The corners and a few seeded arguments of every bound of numbers."""
    generator = np.random.default_rng(0)
    for name, (_, names) in SCALARS.items():
        yield from (scalar(name, args) for args in CORNERS.get(name, ()))
        for _ in range(draws):
            yield scalar(
                name,
                [
                    CHOICES[key][generator.integers(len(CHOICES[key]))]
                    if key in CHOICES
                    else float(generator.uniform(*RANGES[key]))
                    for key in names.split()
                ],
            )


def constants() -> Iterator[Comparison]:
    """The two constants of Theorem 2."""
    name = "DEFORMATION_CONSTANT"
    yield Comparison(name, "", lambda: bounds.DEFORMATION_CONSTANT, plain.deformation_constant)
    for end, side in ((0, "above"), (1, "above")):
        yield Comparison(
            "SCHUR_CONSTANT",
            ("lower end", "upper end")[end],
            lambda: bounds.SCHUR_CONSTANT,
            lambda end=end: plain.schur_constant()[end],
            2e-4,  # 0.02 %
            side,
        )


def operator_norms() -> Iterator[Comparison]:
    """Displacements of one and two dimensions, with and without modulation."""
    name = "deformation_operator_norm"
    for seed, (shape, band) in enumerate([((24,), 11), ((4, 5), 1)]):
        tau = strategies.signal(seed, (len(shape), *shape)) * 0.6
        for omega in (None, strategies.signal(seed + 9, shape) * 0.2):
            phase = np.zeros(shape) if omega is None else omega
            matrix = plain.deformation_matrix(tau, band, phase)
            exact = plain.deformation_operator_norm(tau, band, phase)

            def norm_and_image(tau=tau, band=band, omega=omega, matrix=matrix):
                norm, worst = bounds.deformation_operator_norm(tau, band, omega)
                worst = np.asarray(worst).ravel()
                return [norm, np.linalg.norm(matrix @ worst), np.linalg.norm(worst)]

            label = (shape, band, omega is not None)
            yield Comparison(name, label, norm_and_image, lambda e=exact: [e, e, 1.0], 1e-12)
    # No displacement: what is left is the allowance for rounding, 4 M eps for M frequencies.
    for band, rtol in ((0, 1e-12), (11, 1.0)):

        def allowance(band=band):
            return bounds.deformation_operator_norm(np.zeros((1, 24)), band)[0] ** 2

        # A little less, for the root and the square.
        least = (4 - 1e-12) * (2 * band + 1) * 2.0**-52
        yield Comparison(name, band, allowance, lambda least=least: least, rtol, "above")
