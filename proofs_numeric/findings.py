"""What the search and the proofs settle, or leave open: three questions, with their evidence."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

import wiatowski as wi
from proofs_numeric._lipschitz import searched_pairs, stacked
from proofs_numeric._one_sided import blocks
from proofs_numeric._radial import certified_constant, radial_example
from proofs_numeric.engine.search import CHUNK, attack, target
from proofs_numeric.engine.setting import Setting, differences, norms
from proofs_numeric.engine.settings import drawn_signals
from proofs_numeric.engine.starts import noise
from proofs_numeric.engine.units import Store

__all__ = ["findings", "found_again"]

_DIMENSIONS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 40, 64, 96, 128)
_REACHES = (0.03, 0.035, 0.04, 0.045, 0.05, 0.06)


def findings(rounds: int, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """All findings; what they depend on is computed here and now.

    Args:
        rounds: chunks of restarts of the searches among them.
        progress: called with a line of text after each.
    """
    made = []
    for make in (_best_constant, functools.partial(_one_step, rounds), _trained):
        made.append(make())
        progress(f"finding: {made[-1]['title']}")
    return made


def found_again(store: Store, rounds: int, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """`findings`, kept in the store of a run."""
    kept, _ = store.once("findings", lambda: ({"findings": findings(rounds, progress)}, {}))
    return kept["findings"]


def _best_constant() -> dict[str, Any]:
    """Theorem 2: the best constant is 2 pi on a line, and more in many dimensions."""
    best = [
        max(radial_example(d, reach).constant for reach in _REACHES) / (2 * math.pi)
        for d in _DIMENSIONS
    ]
    limit = wi.bounds.DEFORMATION_CONSTANT / (2 * math.pi)
    first = next(d for d, value in zip(_DIMENSIONS, best) if value > 1)
    evidence = [
        r"Proof for $d = 1$: $|f(x - \tau) - f(x)|^2 \leq |\tau(x)| \int_{I_x} |f'|^2$, $I_x$ between "
        r"$x - \tau(x)$ and $x$. If $x - \tau(x)$ does not decrease, a point $y$ lies in $I_x$ for the "
        r"$x$ of one interval, no longer than $\|\tau\|_\infty$; integrating, $\|F_\tau f - f\| \leq "
        r"\|\tau\|_\infty \|f'\| \leq 2\pi R \|\tau\|_\infty \|f\|$. Constant displacements attain it. The "
        r"claims derived_deformation_line and derived_deformation_line_samples check it.",
        r"Proof that $2\pi$ is not enough in $d = 20$ and $40$: $\hat f$ the indicator of a ball, a "
        r"displacement outward, $\tau(x) = T \min(|x|/(2dT), 1)\,x/|x|$, which has $\|D\tau\|_\infty = 1/(2d)$. "
        + _certified(),
        f"The same example, integrated numerically, exceeds $2\\pi$ from $d = {first}$ on among the "
        f"dimensions tried, by {best[-1] - 1:.1%} in $d = {_DIMENSIONS[-1]}$; no example at all exceeds "
        f"{limit - 1:.1%}, the proved constant $2\\pi(4 - 2\\sqrt{{2}})$.",
        r"Open: $2 \leq d < 10$. Radial functions of optimal shape exceed $2\pi$ from $d = 10$ on; nothing "
        r"was found below.",
    ]
    return {
        "title": "The best constant of Theorem 2",
        "status": "proof",
        "statement": r"The smallest $C$ with $\|F_\tau f - f\| \leq C R \|\tau\|_\infty \|f\|$ under the "
        r"hypotheses of Theorem 2 is $2\pi$ in $d = 1$ and larger than $2\pi$ in $d = 20$ and $d = 40$: "
        r"it depends on the dimension.",
        "evidence": evidence,
        "series": {
            "title": "What one radial example reaches",
            "x_label": "dimension $d$",
            "y_label": r"constant divided by $2\pi$",
            "x_log": True,
            "curves": [
                {"label": "radial example", "x": list(_DIMENSIONS), "y": best},
                {"label": "$2\\pi$", "x": [1, _DIMENSIONS[-1]], "y": [1.0, 1.0]},
                {"label": "proved upper bound", "x": [1, _DIMENSIONS[-1]], "y": [limit, limit]},
            ],
        },
    }


def _certified() -> str:
    try:
        lower = {d: certified_constant(d, reach) for d, reach in ((20, 0.045), (40, 0.04))}
    except ImportError:
        return "(The enclosures in ball arithmetic need python-flint.)"
    parts = [rf"$C > {_down(v)}$ in $d = {d}$" for d, v in lower.items()]
    return f"Ball arithmetic proves {' and '.join(parts)}, where $2\\pi = 6.2832$."


def _down(value: float) -> str:
    return f"{math.floor(value * 1e3) / 1e3:.3f}"


def _one_step(rounds: int) -> dict[str, Any]:
    """What one layer of a Weyl-Heisenberg network can keep of the energy."""
    rows = []
    for width in (7, 15, 31):
        gap = (width + 1) // 2  # the low-pass is as wide as the filters
        grid = wi.Grid((8 * width + 1,))
        bank = blocks(grid, gap, width)
        phi = wi.FeatureExtractor([wi.Layer(bank, wi.Modulus())] * 2, grid, bank)
        setting = Setting(
            f"blocks of {width}", phi, np.zeros((1, *grid.shape), complex), ("zero",), 5
        )
        found = _worst_step(setting, rounds)
        bands = wi.bounds.energy_step_factor(bank, bank)
        rows.append((width, found, bands, 1 - 1 / wi.bounds.spectral_support(bank)))
    texts = [
        rf"$S = {s}$ bins: {found:.3f} found; at most {bands:.3f} by the claim derived_energy_bands, "
        rf"{get:.3f} by $1 - 1/S$."
        for s, found, bands, get in rows
    ]
    curves = [
        ("found by the search", [r[1] for r in rows]),
        ("proved here", [r[2] for r in rows]),
        ("bound $1 - 1/S$", [r[3] for r in rows]),
    ]
    return {
        "title": "The energy factor of one Weyl-Heisenberg layer",
        "status": "proof",
        "statement": r"$\sup_f W_2(f)/W_1(f)$ for filters of $S$ bins and a low-pass as wide as they are stays "
        r"below 0.75 for every $S$ tried, where $1 - 1/S$ tends to 1: the decay is exponential with a factor of "
        r"the bandwidths alone. What the search finds is smaller still; the exact value is open.",
        "evidence": [
            r"Proof: for $r \geq 0$ and every whole $\nu$, $|u| \ast r \geq |u \ast r e^{2\pi i \nu n/N}|$ at every "
            r"sample, so $\|\,|u| \ast r\|^2$ is at least every average of $\|u \ast r e^{2\pi i \nu n/N}\|^2$ over "
            r"$\nu$. The triangle $\hat r = \varphi_\delta$ fits under the low-pass, and the weights of the average "
            r"are the solution of a game against the frequencies of $u$, a linear program.",
            *texts,
            f"Ascent from {rounds * CHUNK * 4} starts each; what it finds is attained.",
        ],
        "series": {
            "title": "Energy that one layer hands on",
            "x_label": "width of the filters $S$ (bins)",
            "y_label": "$W_2/W_1$",
            "x_log": True,
            "curves": [{"label": n, "x": [r[0] for r in rows], "y": y} for n, y in curves],
        },
    }


def _worst_step(setting: Setting, rounds: int) -> float:
    atoms = np.asarray(setting.phi.banks[0].atoms_hat)
    aim = target(
        setting,
        mask=np.abs(atoms[0]) > 0,
        propagated=np.array([0, 0, 1]),
        energy=np.array([0, 1, 0]),
        size=1e-9,
    )
    best = 0.0
    for i in range(rounds):
        key = jax.random.fold_in(jax.random.key(5, impl="unsafe_rbg"), i)
        f, _ = attack(setting, list(noise(setting, key, 4 * CHUNK)), [aim] * (4 * CHUNK), steps=300)
        energy = differences(setting, f, np.zeros_like(f))["energy"]
        best = max(best, float(np.max(energy[:, 2] / energy[:, 1])))
    return best


def _trained() -> dict[str, Any]:
    """How far the backward recursion is from the Lipschitz constant of trained layers."""
    texts, rows = [], []
    for name, setting in (("random", _network(0)), ("trained", _network(150))):
        pairs = [w for i in range(2) for w in searched_pairs(setting, i, CHUNK)]
        f, h = stacked(pairs)
        ratio = differences(setting, f, h)["total"] / norms(f - h)
        found = float(ratio.max())
        recursion = float(setting.phi.lipschitz_bound())
        product = float(wi.bounds.lipschitz_product(setting.phi))
        rows.append((name, found, recursion, product))
        texts.append(
            f"{name} filters: constant at least {found:.4f} (searched), at most {recursion:.4f} (recursion), "
            f"{product:.4f} (product); the recursion is at most {recursion / found:.3f} times too large."
        )
    return {
        "title": "The backward recursion on trained layers",
        "status": "observation",
        "statement": r"$\sqrt{v_0}$ against $\sup |||\Phi(f) - \Phi(h)|||/\|f - h\|$ for two layers of free "
        r"filters, ReLU and averages of two samples, before and after training to tell two textures apart.",
        "evidence": [
            *texts,
            "Lower bounds come from the top singular vector of the Jacobian (Lanczos) and from ascent over "
            "pairs; they are attained.",
        ],
    }


def _network(steps: int) -> Setting:
    """Two layers of filters without any constraint, trained for some steps."""
    grid = wi.Grid((64,))
    random = np.random.default_rng(7)
    start = [0.5 * random.standard_normal((4, 5)) for _ in range(2)]
    x = np.arange(64)
    phases = random.uniform(0, 2 * np.pi, (64, 1))
    slow, fast = (np.cos(2 * np.pi * k * x / 64 + phases) for k in (7, 10))
    signals = jnp.asarray(np.concatenate([slow, fast]) + 0.3 * random.standard_normal((128, 64)))
    classes = jnp.asarray(np.repeat([1.0, -1.0], 64))

    def built(taps) -> wi.FeatureExtractor:
        pooled = grid.decimated(2)
        layers = []
        for own, where in zip(taps, (grid, pooled)):
            padded = jnp.zeros((len(own), *where.shape)).at[:, : own.shape[1]].set(own)
            atoms = jnp.fft.fft(padded)
            low = np.exp(-0.5 * (np.asarray(where.frequency_norm()) / 0.05) ** 2)
            bank = wi.FilterBank(atoms, jnp.asarray(low), where, real=True)
            layers.append(wi.Layer(bank, wi.ReLU(), wi.AveragePool(2)))
        last = grid.decimated(4)
        low = jnp.asarray(np.exp(-0.5 * (np.asarray(last.frequency_norm()) / 0.05) ** 2))
        output = wi.FilterBank(jnp.zeros((0, *last.shape)), low, last, real=True)
        return wi.FeatureExtractor(layers, grid, output)

    def loss(parameters):
        taps, weights = parameters
        features = jax.vmap(lambda f: jnp.mean(built(taps)(f)[2], axis=1))(signals)
        margin = classes * ((features - jnp.mean(features, axis=0)) @ weights)
        return jnp.mean(jax.nn.softplus(-margin))

    parameters: Any = ([jnp.asarray(t) for t in start], jnp.asarray(random.standard_normal(16)))
    optimiser = optax.adam(0.02)
    state = optimiser.init(parameters)

    @eqx.filter_jit
    def step(parameters, state):
        gradient = jax.grad(loss)(parameters)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(parameters, updates), state

    for _ in range(steps):
        parameters, state = step(parameters, state)
    phi = built(parameters[0])
    key = jax.random.key(0, impl="unsafe_rbg")
    signals = drawn_signals(key, grid, 2)
    return Setting(f"filters after {steps} steps", phi, signals, ("random",) * 2, band=5)
