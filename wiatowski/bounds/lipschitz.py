r"""Lipschitz constants: what admissibility asks for, and bounds beside the backward recursion."""

from __future__ import annotations

import math

import jax.numpy as jnp

from wiatowski._types import Array
from wiatowski.extractor import FeatureExtractor
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.grid import Grid
from wiatowski.nonlinearities import AbstractNonlinearity
from wiatowski.poolings import AbstractPooling

__all__ = [
    "admissible_ceiling",
    "lipschitz_local",
    "lipschitz_product",
    "lipschitz_program",
]


def admissible_ceiling(
    nonlinearity: AbstractNonlinearity, pooling: AbstractPooling, grid: Grid
) -> float:
    r"""$1 / \max(1, L^2 R^2)$: the largest B for which $\max\{B, B L^2 R^2\} \le 1$, rounded down.

    Args:
        nonlinearity: M, with constant L.
        pooling: P, with constant R.
        grid: of the maps that P pools.

    Source: Wiatowski & Boelcskei 2018, admissibility condition, solved for B.

    >>> import wiatowski as wi
    >>> ceiling = admissible_ceiling(wi.LeakyReLU(2.0), wi.MaxPool(2), wi.Grid((8, 8)))
    >>> round(ceiling, 12)
    0.25
    """
    constant = nonlinearity.lipschitz * pooling.lipschitz(grid)
    return 1.0 if constant <= 1 else (1 - 4 * math.ulp(1.0)) / constant**2


def lipschitz_local(phi: FeatureExtractor, depth: int) -> Array:
    r"""$|||\Phi^n(f) - \Phi^n(h)||| \le \|\hat\chi_n\|_\infty\prod_{m\le n}\beta_m^{1/2}L_mR_m\,\|f - h\|$.

    $\beta_m = \sup_\omega\sum_\lambda|\hat g_{\lambda_m}(\omega)|^2$, output atom left out.

    Args:
        phi: extractor whose layers have scalar banks.
        depth: n.

    Raises:
        ValueError: for a depth outside 0..D, or a layer that mixes channels.

    Source: Wiatowski et al. 2016, local results (from memory, there with $\|\chi_n\|_1$ and the whole
    frame bound); proof in `paper_notes.md`.
    """
    if not 0 <= depth <= phi.depth:
        raise ValueError(f"lipschitz_local: depth must lie in 0..{phi.depth}, not {depth!r}.")
    sums = _sums(phi, "lipschitz_local")
    value = jnp.max(jnp.abs(phi.banks[depth].output_atom_hat))
    for layer, (propagated, _) in zip(phi.layers[:depth], sums):
        value = value * jnp.sqrt(jnp.max(propagated)) * layer.lipschitz()
    return value


def lipschitz_product(phi: FeatureExtractor) -> Array:
    r"""$\prod_m\max\{1, \beta_m\}^{1/2}$ for $\beta_m = \sup(|\hat\chi_{m-1}|^2 + L_m^2R_m^2\sum|\hat g_\lambda|^2)$.

    The last factor is that of the deepest output atom. The coarsest of the bounds that are products or
    programs of suprema; `FeatureExtractor.lipschitz_bound` is never larger.

    Source: Balan, Singh & Zou (arXiv 1701.05217), their comparison (from memory).
    """
    value = jnp.maximum(1.0, jnp.max(jnp.abs(phi.output_bank.output_atom_hat)) ** 2)
    for layer, (propagated, output) in zip(phi.layers, _sums(phi, "lipschitz_product")):
        value = value * jnp.maximum(1.0, jnp.max(output + layer.lipschitz() ** 2 * propagated))
    return jnp.sqrt(value)


def lipschitz_program(phi: FeatureExtractor) -> Array:
    r"""The linear program $\max\sum_m z_m$ with $y_0 = 1$, $y_{m+1} + z_m \le \beta_m y_m$,
    $y_{m+1} \le \beta'_m y_m$, $z_m \le \beta''_m y_m$, in closed form; the root of its value.

    $\beta, \beta', \beta''$ are the suprema of $|\hat\chi|^2 + L^2R^2\sum|\hat g_\lambda|^2$, of its second and
    of its first part. The polygon at each depth is that of one pair (y, z), so that the program is
    solved from the deepest layer up: its value is linear, hence attained at a corner.

    Source: Balan, Singh & Zou (arXiv 1701.05217; the program from memory).
    """
    value = jnp.max(jnp.abs(phi.output_bank.output_atom_hat)) ** 2
    rows = list(zip(phi.layers, _sums(phi, "lipschitz_program")))
    for layer, (propagated, output) in reversed(rows):
        weighted = layer.lipschitz() ** 2 * propagated
        joint, handed, put_out = jnp.max(output + weighted), jnp.max(weighted), jnp.max(output)
        handed, put_out = jnp.minimum(handed, joint), jnp.minimum(put_out, joint)
        corners = ((handed, joint - handed), (joint - put_out, put_out))
        value = jnp.max(jnp.stack([value * y + jnp.minimum(z, put_out) for y, z in corners]))
    return jnp.sqrt(value)


def _sums(phi: FeatureExtractor, call: str) -> list[tuple[Array, Array]]:
    """Per layer the sum of squares of the atoms and the square of the output atom."""
    found = []
    for number, layer in enumerate(phi.layers, start=1):
        if not isinstance(layer.bank, FilterBank):
            raise ValueError(
                f"{call}, layer {number}: {type(layer.bank).__name__} mixes channels or leaves samples "
                "out; use phi.lipschitz_bound(), which covers it."
            )
        bank = layer.bank
        atoms = jnp.sum(jnp.abs(bank.atoms_hat) ** 2, axis=0)
        found.append((atoms, jnp.abs(bank.output_atom_hat) ** 2))
    return found
