r"""Right-hand sides about networks once more, by loops over plain arrays.

A network is a tuple of stages: arrays, names and numbers. Nothing of the package is imported. Bins are
centred, $-N/2 \le k < N/2$; suprema over bins are loops, the linear program is solved by a solver,
layers that mix channels are matrices.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
import reference
import scipy.optimize
from reference_bounds import nonlinearity_constant, pooling_constant


class Stage(NamedTuple):
    """A layer: atoms (atoms, *shape) or, where it mixes channels, (out, in, *shape)."""

    atoms_hat: np.ndarray
    output_hat: np.ndarray
    real: tuple[bool, bool]  # whether atoms, and whether the output atom, are real in space
    nonlinearity: tuple[str, dict]
    pooling: tuple[str, dict]
    stride: int = 1  # of the frame

    @property
    def constant(self) -> float:
        """L R."""
        name, parameters = self.nonlinearity
        pooling, own = self.pooling
        coarse = tuple(n // self.stride for n in self.output_hat.shape)
        return float(
            nonlinearity_constant(name, **parameters) * pooling_constant(pooling, coarse, **own)
        )


class Network(NamedTuple):
    """Stages, the deepest output atom, and the spacing of the input's samples."""

    stages: tuple[Stage, ...]
    last_hat: np.ndarray
    spacing: float

    def output_hat(self, depth: int) -> np.ndarray:
        """The output atom of a depth."""
        return [*(s.output_hat for s in self.stages), self.last_hat][depth]

    def strides(self) -> list[int]:
        """Input samples per sample at depths 0..D."""
        found = [1]
        for stage in self.stages:
            name, parameters = stage.pooling
            kept = name in ("NoPooling", "Dilate")
            found.append(found[-1] * stage.stride * (1 if kept else parameters["factor"]))
        return found

    def products(self) -> list[float]:
        """S_1 ... S_n at depths 0..D."""
        found = [1.0]
        for stage in self.stages:
            found.append(found[-1] * stage.stride * stage.pooling[1].get("factor", 1))
        return found

    def spacing_at(self, depth: int) -> float:
        """Units of length per sample: dilation divides them."""
        return self.spacing * self.strides()[depth] / self.products()[depth]


def bins(shape):
    """Every index with its centred bin."""
    for index in np.ndindex(*shape):
        yield index, [k - n if 2 * k >= n else k for k, n in zip(index, shape)]


def power(atoms_hat):
    """Per bin the sum of squares over the atoms; zero without any."""
    total = np.zeros(atoms_hat.shape[1:])
    for atom in atoms_hat:
        for index, _ in bins(atom.shape):
            total[index] += abs(complex(atom[index])) ** 2
    return total


# Translation.


def frequency_norms(network, depth):
    """|omega| in cycles per unit length, by index."""
    shape, spacing = network.output_hat(depth).shape, network.spacing_at(depth)
    return {
        i: math.hypot(*(k_i / (n * spacing) for k_i, n in zip(k, shape))) for i, k in bins(shape)
    }


def output_decay(network, depth):
    """The largest |omega| |chi|."""
    atom = network.output_hat(depth)
    return max(w * abs(complex(atom[i])) for i, w in frequency_norms(network, depth).items())


def output_cutoff(network, depth):
    """The largest |omega| that the output atom passes."""
    atom = network.output_hat(depth)
    return max((w for i, w in frequency_norms(network, depth).items() if atom[i] != 0), default=0.0)


def shift_rate(network, depth, shift):
    r"""$2\pi|t|\Delta/(S_1\cdots S_n)$ with $|t|\Delta$ the shift in units of length."""
    return 2 * math.pi * math.hypot(*shift) * network.spacing / network.products()[depth]


def translation(network, depth, shift, norm):
    """Theorem 1."""
    return shift_rate(network, depth, shift) * output_decay(network, depth) * norm


def covariance(network, depth, shift, norm):
    """Corollary 1: T_t on the features and on the signal differ by t/D - t."""
    length = math.hypot(*shift) * network.spacing
    apart = abs(length / network.products()[depth] - length)
    return 2 * math.pi * apart * output_decay(network, depth) * norm


def translation_multiplier_norm(network, depth, samples):
    r"""The largest $|e^{-2\pi i\langle m, k/N\rangle} - 1||\hat\chi|$."""
    atom = network.output_hat(depth)
    return max(
        abs(np.exp(-2j * np.pi * sum(m * k_i / n for m, k_i, n in zip(samples, k, atom.shape))) - 1)
        * abs(complex(atom[i]))
        for i, k in bins(atom.shape)
    )


def translation_relative(network, depth, shift, norm):
    """The cutoff in place of the decay, the features' norm in place of the signal's."""
    return shift_rate(network, depth, shift) * output_cutoff(network, depth) * norm


def translation_all_depths(network, shift, norm):
    """The largest of the relative rates."""
    depths = range(len(network.stages) + 1)
    return max(translation_relative(network, n, shift, norm) for n in depths)


def translation_decimated(network, f, shift):
    """D3: the decay term with the energy of the maps, and the aliasing term."""
    before, after = maps(network, f), maps(network, shifted(f, shift))
    values = []
    for depth, stride in enumerate(network.strides()):
        local = [t / stride for t in shift]
        energy = sum(np.sum(np.abs(u) ** 2) for u in before[depth])
        aliased = sum(
            np.sum(np.abs(v - shifted(u, local)) ** 2)
            for u, v in zip(before[depth], after[depth], strict=True)
        )
        linear = shift_rate(network, depth, shift) * output_decay(network, depth)
        loudest = np.max(np.abs(network.output_hat(depth)))
        values.append(linear * np.sqrt(energy) + loudest * np.sqrt(aliased))
    return np.array(values)


def maps(network, f):
    """Per depth the list of maps U[q]f."""
    found = [[f]]
    for stage in network.stages:
        act = reference.nonlinearity(stage.nonlinearity[0], **stage.nonlinearity[1])
        pool = reference.pooling(stage.pooling[0], **stage.pooling[1])
        found.append(
            [
                pool(act(reference.convolve(u, atom, stage.real[0])))
                for u in found[-1]
                for atom in stage.atoms_hat
            ]
        )
    return found


def shifted(u, shift):
    """Phases at every bin; on the Nyquist bin of an even axis the mean over both signs."""
    u_hat = reference.dft(np.asarray(u))
    for axis, (n, t) in enumerate(zip(u.shape, shift)):
        phases = np.array([np.exp(-2j * np.pi * k[0] * t / n) for _, k in bins((n,))])
        if n % 2 == 0:
            phases[n // 2] = np.cos(np.pi * t)
        u_hat = u_hat * phases.reshape([-1 if a == axis else 1 for a in range(u.ndim)])
    moved = reference.dft(u_hat, sign=+1) / u.size
    return moved if np.iscomplexobj(u) else moved.real


# Energy.


def spectral_gap(atoms_hat):
    """The smallest |k| that an atom passes."""
    total = power(atoms_hat)
    return min((math.hypot(*k) for i, k in bins(total.shape) if total[i] > 0), default=math.inf)


def spectral_support(atoms_hat):
    """The largest number of bins of an atom."""
    return max((sum(1 for i, _ in bins(a.shape) if a[i] != 0) for a in atoms_hat), default=0)


def growth_factor(atoms_hat):
    """The smallest over atoms of the best ratio |k| / |k - nu| over whole nu, far ones included."""
    factors = []
    for atom in atoms_hat:
        support = [k[0] for i, k in bins(atom.shape) if atom[i] != 0]
        ratios = [
            min((abs(k) / abs(k - nu) for k in support if k != nu), default=math.inf)
            for nu in range(-3 * len(atom), 3 * len(atom) + 1)
        ]
        factors += [max(ratios)] if support else []
    return min(factors, default=math.inf)


def energy_beyond(f, reach, gains=None):
    r"""$\frac1N\sum|\hat f|^2G(1 - \varphi_\rho^2)$."""
    f_hat, total = reference.dft(f), 0.0
    for i, k in bins(f.shape):
        triangle = 1 - abs(k[0]) / reach if abs(k[0]) < reach else 0.0
        gain = 1.0 if gains is None else gains[i]
        total += abs(f_hat[i]) ** 2 * gain * (1 - triangle**2) / f.size
    return total


def energy_decay(network, f):
    r"""$\beta_n\frac1N\sum|\hat f|^2G_1(1 - \varphi_{\rho_n}^2)$, n = 1..D."""
    f_hat = reference.dft(f)
    first, values = power(network.stages[0].atoms_hat), []
    for n in range(1, len(network.stages) + 1):
        loud = math.prod(power(s.atoms_hat).max() for s in network.stages[1:n])
        growth = math.prod(growth_factor(s.atoms_hat) for s in network.stages[: n - 1])
        gap = spectral_gap(network.stages[n - 1].atoms_hat)
        total = 0.0
        for i, k in bins(f.shape):
            inside = gap > 0 and abs(k[0]) < gap * growth
            triangle = 1 - abs(k[0]) / (gap * growth) if inside else 0.0
            total += abs(f_hat[i]) ** 2 * first[i] * (1 - triangle**2) / f.size
        values.append(loud * total)
    return np.array(values)


def energy_decay_groups(network, f):
    r"""$W_1\prod_{m<n}(1 - 1/S_m)\max G_{m+1}$, n = 1..D; nothing is left behind a silent layer."""
    f_hat, first = reference.dft(f), power(network.stages[0].atoms_hat)
    values = [sum(abs(f_hat[i]) ** 2 * first[i] for i, _ in bins(f.shape)) / f.size]
    for before, after in itertools.pairwise(network.stages):
        support = spectral_support(before.atoms_hat)
        kept = (support - 1) / support if support else 0.0
        values.append(values[-1] * kept * power(after.atoms_hat).max())
    return np.array(values)


def energy_step_factor(before_hat, after_hat):
    r"""$\max_\lambda(1 - v_\lambda)$, v the value of the game $\varphi_\delta[k - \nu]^2$, from the side of k."""
    gap = spectral_gap(after_hat)
    values = []
    for atom in before_hat:
        support = [k[0] for i, k in bins(atom.shape) if atom[i] != 0]
        if support and gap > 0:
            shifts = range(-len(atom), len(atom) + 1)
            game = [[max(0, 1 - abs(k - nu) / gap) ** 2 for k in support] for nu in shifts]
            # The smallest t with sum_k p_k game[nu][k] <= t for every shift.
            rows = np.column_stack([np.array(game), -np.ones(len(game))])
            ones = np.append(np.ones(len(support)), 0.0)[None]
            cost = np.append(np.zeros(len(support)), 1.0)
            solved = scipy.optimize.linprog(
                cost, rows, np.zeros(len(game)), ones, [1.0], method="highs-ds"
            )
            values.append(1 - solved.fun)
    return max(values, default=0.0 if gap > 0 else 1.0)


def energy_decay_bands(network, f):
    r"""$W_1\prod_{m<n}\gamma_m\max G_{m+1}$, n = 1..D."""
    f_hat, first = reference.dft(f), power(network.stages[0].atoms_hat)
    values = [sum(abs(f_hat[i]) ** 2 * first[i] for i, _ in bins(f.shape)) / f.size]
    for before, after in itertools.pairwise(network.stages):
        share = energy_step_factor(before.atoms_hat, after.atoms_hat)
        values.append(values[-1] * share * power(after.atoms_hat).max())
    return np.array(values)


def energy_one_step(network, f):
    r"""$L^2\max G_{n+1}\sum_q(\|u\|^2 - |\hat u[0]|^2/N)$ of the maps at depths 0..D-1."""
    values = []
    for level, stage in zip(maps(network, f), network.stages):
        kept = sum(np.sum(np.abs(u) ** 2) - abs(np.sum(u)) ** 2 / u.size for u in level)
        constant = float(nonlinearity_constant(stage.nonlinearity[0], **stage.nonlinearity[1]))
        values.append(constant**2 * power(stage.atoms_hat).max() * kept)
    return np.array(values)


# Lipschitz constants.


def joint_supremum(stage, weight):
    r"""$\sup(|\hat\chi|^2 + w\sum|\hat g_\lambda|^2)$, by bins or, where channels mix, of a matrix."""
    if stage.atoms_hat.ndim > stage.output_hat.ndim + 1:
        matrix = analysis_matrix(stage.atoms_hat, stage.output_hat, stage.stride, weight)
        return np.linalg.svd(matrix, compute_uv=False)[0] ** 2
    total = power(stage.atoms_hat)
    return max(
        abs(complex(stage.output_hat[i])) ** 2 + weight * total[i] for i, _ in bins(total.shape)
    )


def analysis_matrix(atoms_hat, output_hat, stride, weight):
    """All samples of all channels to all coefficients, column by column."""
    channels, shape = atoms_hat.shape[1], output_hat.shape
    columns = []
    for channel, *n in np.ndindex(channels, *shape):
        unit = np.zeros(shape)
        unit[tuple(n)] = 1.0
        outputs = np.zeros((channels, *shape), complex)
        outputs[channel] = reference.convolve(unit, output_hat, False)
        mixed = [reference.convolve(unit, row[channel], False) for row in atoms_hat]
        kept = [v[(slice(None, None, stride),) * v.ndim].ravel() for v in mixed]
        columns.append(np.concatenate([outputs.ravel(), *(np.sqrt(weight) * v for v in kept)]))
    return np.stack(columns, 1)


def lipschitz_bound(network):
    """The backward recursion."""
    value = np.max(np.abs(network.last_hat)) ** 2
    for stage in reversed(network.stages):
        value = joint_supremum(stage, value * stage.constant**2)
    return np.sqrt(value)


def folded_lipschitz_bound(atoms_hat, output_hat, strides, paths, factor):
    """The backward recursion on a line where maps are kept on few samples and atoms folded to them.

    Args:
        atoms_hat, output_hat, strides: of every layer.
        paths: numbers of atoms; every beginning is a path too.
        factor: L^2 R^2 of every layer.
    """
    size, depth = len(output_hat), max(map(len, paths))

    def fold(values, stride):
        kept = size // stride
        return [sum(values[k + j * kept] for j in range(stride)) for k in range(kept)]

    def supremum(stride, rows, weight):
        squares = [abs(x) ** 2 for x in fold(output_hat, stride)]
        for row in rows:
            squares = [
                s + weight * abs(x) ** 2 for s, x in zip(squares, fold(atoms_hat[row], stride))
            ]
        return max(squares)

    value = 0.0
    for n in range(depth, -1, -1):
        weight = value * factor
        inner = range(len(atoms_hat)) if n < depth else ()
        found = [supremum(1, inner, weight)]
        for stride in set(strides):
            onward = [p for p in paths if max([1, *(strides[i] for i in p[:n])]) == stride]
            if any(len(p) >= n for p in onward):
                rows = {p[n] for p in onward if len(p) > n}
                found.append(supremum(stride, rows, weight))
        value = max(found)
    return np.sqrt(value)


def gain(stage):
    """The larger one of B and B L^2 R^2."""
    upper = joint_supremum(stage, 1.0)
    return max(upper, upper * stage.constant**2)


def lipschitz_local(network, depth):
    """The product of what layers 1..n and the output atom pass at most."""
    passed = [np.sqrt(power(s.atoms_hat).max()) * s.constant for s in network.stages[:depth]]
    return math.prod(passed) * np.max(np.abs(network.output_hat(depth)))


def lipschitz_product(network):
    """The product of max(1, joint supremum), the deepest output atom the last."""
    factors = [joint_supremum(s, s.constant**2) for s in network.stages]
    factors.append(np.max(np.abs(network.last_hat)) ** 2)
    return np.sqrt(math.prod(max(1.0, factor) for factor in factors))


def lipschitz_program(network):
    """Maximise sum z in the variables y_1..y_D, z_0..z_D, by a solver that ends in a corner."""
    depth = len(network.stages)
    rows, sides = [], []

    def at_most(left: dict[str, float], n: int, bound: float) -> None:
        """sum(left) <= bound * y_n, where y_0 = 1."""
        row, side = np.zeros(2 * depth + 1), 0.0
        for name, factor in left.items():
            row[int(name[1:]) - 1 if name[0] == "y" else depth + int(name[1:])] += factor
        if n == 0:
            side = bound
        else:
            row[n - 1] -= bound
        rows.append(row)
        sides.append(side)

    for n, stage in enumerate(network.stages):
        weighted = stage.constant**2 * power(stage.atoms_hat)
        output = np.abs(stage.output_hat) ** 2
        at_most({f"y{n + 1}": 1, f"z{n}": 1}, n, np.max(output + weighted))
        at_most({f"y{n + 1}": 1}, n, np.max(weighted))
        at_most({f"z{n}": 1}, n, np.max(output))
    at_most({f"z{depth}": 1}, depth, np.max(np.abs(network.last_hat)) ** 2)
    cost = np.concatenate([np.zeros(depth), -np.ones(depth + 1)])
    solved = scipy.optimize.linprog(cost, np.array(rows), sides, method="highs-ds")
    return np.sqrt(-solved.fun)


def admissible_ceiling(nonlinearity, pooling, shape):
    """1 / max(1, L^2 R^2)."""
    constant = nonlinearity_constant(nonlinearity[0], **nonlinearity[1])
    constant *= pooling_constant(pooling[0], shape, **pooling[1])
    return 1 / max(1, constant**2)
