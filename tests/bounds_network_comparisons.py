"""Values of the package beside values of the reference: bounds of networks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import catalogue
import numpy as np
import reference_bounds as plain
import reference_network_bounds as nets
import strategies
from bounds_comparisons import Comparison

import wiatowski as wi
from wiatowski import bounds

SPECIFIED = ("bias", "slope", "threshold", "declared", "factor", "p")


def specification(member) -> tuple[str, dict]:
    """The class name and parameters of a nonlinearity or pooling."""
    kept = isinstance(member, wi.NoPooling)
    found = {} if kept else {key: vars(member)[key] for key in SPECIFIED if key in vars(member)}
    return type(member).__name__, found


def network_of(phi: wi.FeatureExtractor) -> nets.Network:
    """The extractor as plain arrays and numbers."""
    stages = tuple(
        nets.Stage(
            np.asarray(layer.bank.atoms_hat),
            np.asarray(layer.bank.output_atom_hat),
            (layer.bank.atoms_real, layer.bank.output_real),
            specification(layer.nonlinearity),
            specification(layer.pooling),
            layer.bank.stride,
        )
        for layer in phi.layers
    )
    return nets.Network(stages, np.asarray(phi.output_bank.output_atom_hat), phi.grid.spacing)


def random_bank(
    seed: int, grid: wi.Grid, atoms: int, loudness: float, real: bool = False, cut: float = 0.8
) -> wi.FilterBank:
    """Atoms without any structure; the output atom stops at a share of the highest frequency."""
    values = strategies.signal(seed, (atoms + 1, *grid.shape), real=False)
    if real:
        values = np.fft.fftn(np.real(values), axes=range(1, grid.ndim + 1)) / grid.size**0.5
    radius = grid.frequency_norm()
    values[0] *= radius <= cut * radius.max()
    values *= loudness / np.sqrt(np.sum(np.abs(values) ** 2, axis=0).max())
    return wi.FilterBank(values[1:], values[0], grid, real=real)


def extractor(seed: int, grid: wi.Grid, rows: Sequence[tuple], last: float = 0.7):
    """Layers of random banks: (atoms, loudness, real, nonlinearity, pooling) each.

    Output atoms pass more and more, so that any depth may matter most.
    """
    layers, current = [], grid
    for i, (atoms, loudness, real, nonlinearity, pooling) in enumerate(rows):
        bank = random_bank(seed + i, current, atoms, loudness, real, cut=0.4 + 0.1 * i)
        layers.append(wi.Layer(bank, nonlinearity, pooling))
        current = pooling.pooled(current)
    output = random_bank(seed + len(rows), current, 0, last, rows[-1][2])
    return wi.FeatureExtractor(layers, grid, output)


def extractors() -> Iterator[wi.FeatureExtractor]:
    """One to three dimensions and layers, poolings of every kind, loud and quiet banks."""
    rows = [
        (2, 1.3, True, wi.ReLU(), wi.MaxPool(2)),
        (2, 1.7, False, wi.LeakyReLU(-1.5), wi.AveragePool(3)),
    ]
    yield extractor(0, wi.Grid((24,), 0.75), rows, last=1.2)
    rows = [
        (2, 0.6, False, wi.Modulus(), wi.LpPool(1, 2)),
        (2, 0.8, False, wi.ShiftedSigmoid(), wi.Dilate(1.5)),
    ]
    yield extractor(10, wi.Grid((6, 8), 1.7), rows)
    rows = [(2, 0.9, True, wi.SiLU(), wi.LowPassDecimate(2))]
    yield extractor(20, wi.Grid((4, 6, 4), 0.5), rows, last=1.1)
    rows = [
        (2, 1.4, False, wi.GELU(), wi.Dilate(2)),
        (2, 0.7, False, wi.SoftThreshold(0.2), wi.NoPooling()),
        (2, 1.5, False, wi.ModReLU(0.1), wi.Dilate(1.25)),
    ]
    yield extractor(30, wi.Grid((10,), 1.3), rows)
    grid = wi.Grid((8,), 0.9)
    yield wi.FeatureExtractor([], grid, random_bank(40, grid, 0, 0.9))


def mixing_extractors() -> Iterator[wi.FeatureExtractor]:
    """Layers that mix channels, one strided, real and complex, as matrices."""
    for seed, real in ((40, True), (50, False)):
        grid = wi.Grid((4, 8), 0.8)
        first = random_bank(seed, grid, 2, 1.2, real)
        strided = random_matrices(seed + 1, grid, (3, 2), 2, real)
        last = random_matrices(seed + 2, strided.maps_grid, (2, 3), 1, real)
        layers = [
            wi.Layer(first, wi.LeakyReLU(1.3)),
            wi.Layer(strided, wi.ShiftedSigmoid()),
            wi.Layer(last, wi.SiLU()),
        ]
        yield wi.FeatureExtractor(layers, grid, random_bank(seed + 7, last.grid, 0, 1.3, real))


def random_matrices(
    seed: int, grid: wi.Grid, channels: tuple[int, int], stride: int, real: bool
) -> wi.frames.MatrixBank:
    """A bank that mixes channels, without any structure."""
    taps = [
        strategies.signal(seed + i, (*c, *grid.shape), real) for i, c in ((0, channels), (9, ()))
    ]
    atoms, output = (np.fft.fftn(t, axes=(-2, -1)) / 5 for t in taps)
    return wi.frames.MatrixBank(atoms, output, grid, stride, real=real)


def folded() -> Iterator[Comparison]:
    """Maps on few samples, whose later atoms are folded or cut to them; broad atoms make it matter."""
    strides, constant = (1, 2, 4), 1.2
    for seed, periodised in itertools.product(range(4), (False, True)):
        bank = random_bank(seed, wi.Grid((16,)), len(strides), 1.0, real=True)
        few = wi.frames.subsampled_bank.subsampled(bank, strides, periodised=periodised)
        every = list(itertools.product(range(3), repeat=2))
        for paths in (every, [(0, 1), (1, 0), (2,)], [(0, 2), (1, 1)]):
            named = [tuple(few.labels[i] for i in path) for path in paths]
            layers = [wi.Layer(few, wi.LeakyReLU(constant))] * 2
            phi = wi.FeatureExtractor(layers, bank.grid, few, output_stride=4, paths=named)
            # Atoms that are cut never exceed the whole ones.
            seen = strides if periodised else (1, 1, 1)
            arrays = (np.asarray(bank.atoms_hat), np.asarray(bank.output_atom_hat), seen)
            yield Comparison(
                "FeatureExtractor.lipschitz_bound",
                ("few samples", seed, periodised, len(paths)),
                phi.lipschitz_bound,
                lambda a=arrays, p=paths: nets.folded_lipschitz_bound(*a, p, constant**2),
                1e-12,
            )


def matrix_bounds(bank: Any, label) -> Iterator[Comparison]:
    """Frame bounds for complex and for real input, of the bank and of its mirror image."""

    def expected(atoms, output, real):
        matrix = nets.analysis_matrix(atoms, output, bank.stride, 1.0)
        matrix = np.concatenate([np.real(matrix), np.imag(matrix)]) if real else matrix
        values = np.linalg.svd(matrix, compute_uv=False)
        return [values[-1] ** 2, values[0] ** 2]

    for mirrored in (False, True):
        atoms, output = np.asarray(bank.atoms_hat), np.asarray(bank.output_atom_hat)
        if mirrored:
            atoms, output = (
                np.roll(np.flip(a, (-2, -1)), (1, 1), (-2, -1)) for a in (atoms, output)
            )
        own = wi.frames.MatrixBank(atoms, output, bank.grid, bank.stride, real=bank.real)
        for real in (False, True):
            yield Comparison(
                "MatrixBank.frame_bounds",
                (label, mirrored, real),
                lambda own=own, real=real: own.frame_bounds(real),
                lambda a=atoms, o=output, real=real: expected(a, o, real),
                1e-10,
            )


def lipschitz_of(phi: wi.FeatureExtractor, label) -> Iterator[Comparison]:
    """What is computed from suprema and Lipschitz constants."""
    network = network_of(phi)

    def reference_gains():
        last = np.max(np.abs(network.last_hat)) ** 2
        return [*(nets.gain(stage) for stage in network.stages), last]

    rows: list[tuple[str, object, Callable, Callable]] = [
        (
            "FeatureExtractor.lipschitz_bound",
            label,
            phi.lipschitz_bound,
            lambda: nets.lipschitz_bound(network),
        ),
        ("Layer.gain", label, lambda: phi.constants().gains, reference_gains),
    ]
    for i, (layer, stage) in enumerate(zip(phi.layers, network.stages)):
        rows.append(("Layer.gain", (label, i), layer.gain, lambda s=stage: nets.gain(s)))
        rows.append(("Layer.lipschitz", (label, i), layer.lipschitz, lambda s=stage: s.constant))
    for name, case, ours, reference in rows:
        yield Comparison(name, case, ours, reference, 1e-12)
    for number in phi.mixing_layers:
        yield from matrix_bounds(phi.layers[number - 1].bank, (label, number))
    if phi.mixing_layers:
        return
    for name in ("lipschitz_product", "lipschitz_program"):
        yield Comparison(
            name,
            label,
            lambda name=name: getattr(bounds, name)(phi),
            lambda name=name: getattr(nets, name)(network),
            1e-11,
        )
    for depth in range(phi.depth + 1):
        yield Comparison(
            "lipschitz_local",
            (label, depth),
            lambda n=depth: bounds.lipschitz_local(phi, n),
            lambda n=depth: nets.lipschitz_local(network, n),
        )


def translation_of(
    phi: wi.FeatureExtractor, label, seed: int, traced: bool = True
) -> Iterator[Comparison]:
    """Theorem 1 and its relatives for an admissible extractor; D3 too if it may be traced."""
    network, ndim = network_of(phi), phi.grid.ndim
    generator = np.random.default_rng(seed)
    steps = generator.integers(1, 4, ndim) * generator.choice([-1, 1], ndim)

    def against(name: str, *args, checked: bool = True, **tolerances: Any) -> Comparison:
        options = {} if checked else {"checked": False}
        return Comparison(
            name,
            (label, args),
            lambda: getattr(bounds, name)(phi, *args, **options),
            lambda: getattr(nets, name)(network, *args),
            **tolerances,
        )

    for depth, stride in enumerate(phi.strides):
        shift = tuple(int(stride * m) for m in steps)
        yield against("output_decay", depth)
        yield against("output_cutoff", depth)
        for name in ("translation", "covariance", "translation_relative"):
            yield against(name, depth, shift, 1.7)
            yield against(name, depth, tuple(0.3 + m for m in steps), 1.1, checked=False)
        yield against("translation_multiplier_norm", depth, tuple(int(m) for m in steps))
    deepest = tuple(int(phi.strides[-1] * m) for m in steps)
    yield against("translation_all_depths", deepest, 0.6)
    yield against("translation_all_depths", tuple(0.3 + m for m in steps), 0.6, checked=False)
    if not traced or any(layer.nonlinearity.joins for layer in phi.layers):
        return
    f = strategies.signal(seed, phi.grid.shape, real=bool(seed % 2))
    for shift in (deepest, tuple(float(t) for t in generator.uniform(-2, 2, ndim))):
        atol = 1e-13 * float(np.linalg.norm(f))  # deep maps may be silent
        yield against("translation_decimated", f, shift, rtol=1e-11, atol=atol, compiled=True)


def banded(seed: int, grid: wi.Grid, bands: Sequence[Sequence[int]]) -> wi.FilterBank:
    """A bank of a line whose atoms pass some bins each."""
    atoms = np.zeros((len(bands), *grid.shape), complex)
    for atom, band in zip(atoms, bands):
        atom[np.asarray(band, int)] = strategies.signal(seed := seed + 1, (len(band),), real=False)
    return wi.FilterBank(atoms, strategies.signal(seed, grid.shape), grid)


def modulus_networks() -> Iterator[wi.FeatureExtractor]:
    """Lines with bands on one side, gaps of their own, three layers; no gap; a silent layer."""
    grid, fine = wi.Grid((24,)), wi.Grid((24,), 0.5)
    first = banded(0, grid, [range(5, 12), range(-9, -3), range(3, 7)])
    second = banded(10, fine, [range(2, 5), range(4, 11), range(-11, -2)])
    third = banded(20, fine, [range(3, 8), range(-12, -3)])
    layers = [wi.Layer(first, pooling=wi.Dilate(2)), wi.Layer(second), wi.Layer(third)]
    yield wi.FeatureExtractor(layers, grid, random_bank(30, fine, 0, 1.0))
    silent = banded(40, grid, [[], []])
    wide = banded(50, grid, [range(5), range(-3, 3)])
    narrow = banded(60, grid, [range(2, 9)])
    for banks in ((silent, narrow), (wide, narrow), (narrow, wide)):
        layers = [wi.Layer(bank) for bank in banks]
        yield wi.FeatureExtractor(layers, grid, random_bank(70, grid, 0, 1.0))


def planes_without_mean(nonlinearities: Sequence) -> wi.FeatureExtractor:
    """Layers on a plane whose atoms vanish at frequency zero and at bins of their own."""
    grid, layers = wi.Grid((4, 6), 1.2), []
    for i, nonlinearity in enumerate(nonlinearities):
        bank = random_bank(80 + i, grid, 2, 1.3 - 0.3 * i)
        holes = np.random.default_rng(i).uniform(size=bank.atoms_hat.shape) < 0.3
        holes[:, 0, 0] = True
        bank = wi.FilterBank(np.where(holes, 0, bank.atoms_hat), bank.output_atom_hat, grid)
        layers.append(wi.Layer(bank, nonlinearity))
    return wi.FeatureExtractor(layers, grid, random_bank(90, grid, 0, 1.0))


def energies() -> Iterator[Comparison]:
    """Decay of energy in networks with a modulus."""
    lines = list(modulus_networks())
    plane = planes_without_mean([wi.Modulus()] * 3)
    mixed = planes_without_mean([wi.LeakyReLU(-2.0), wi.Modulus(), wi.ShiftedSigmoid()])
    pairs = [("energy_decay", phi) for phi in lines]
    pairs += [("energy_decay_groups", phi) for phi in (lines[0], lines[1], plane)]
    pairs += [("energy_decay_bands", phi) for phi in lines]
    pairs += [("energy_one_step", phi) for phi in (lines[0], plane, mixed)]
    for i, (name, phi) in enumerate(pairs):
        f = strategies.signal(i, phi.grid.shape, real=bool(i % 2))
        yield Comparison(
            name,
            i,
            lambda name=name, phi=phi, f=f: getattr(bounds, name)(phi, f),
            lambda name=name, phi=phi, f=f: getattr(nets, name)(network_of(phi), f),
            1e-11,
            compiled=name == "energy_one_step",
        )
    for i, reach in enumerate((0.0, 0.7, 3.3, 40.0)):
        f = strategies.signal(i, (24 + i % 2,), real=bool(i % 2))
        for args in ((f, reach), (f, reach, np.arange(1.0, len(f) + 1))):
            yield Comparison(
                "energy_beyond",
                (i, len(args)),
                lambda args=args: bounds.energy_beyond(*args),
                lambda args=args: nets.energy_beyond(*args),
                1e-12,
            )
    grid = wi.Grid((24,))
    # A gap as wide as the bands: the best shifts are few.
    pair = banded(90, grid, [[2, 3, 7], range(-9, -4)]), banded(95, grid, [range(6, 11)])
    inside = (itertools.pairwise(own.bank for own in phi.layers) for phi in lines)
    for i, (one, two) in enumerate([pair, *itertools.chain(*inside)]):
        yield Comparison(
            "energy_step_factor",
            i,
            lambda one=one, two=two: bounds.energy_step_factor(one, two),
            lambda one=one, two=two: nets.energy_step_factor(
                np.asarray(one.atoms_hat), np.asarray(two.atoms_hat)
            ),
            1e-10,
        )
    banks = [layer.bank for phi in (*lines, plane) for layer in phi.layers]
    for i, bank in enumerate([*banks, lines[0].output_bank]):
        for name in ("spectral_gap", "spectral_support", "growth_factor")[
            : 3 - (bank.grid.ndim > 1)
        ]:
            yield Comparison(
                name,
                i,
                lambda name=name, bank=bank: getattr(bounds, name)(bank),
                lambda name=name, bank=bank: getattr(nets, name)(np.asarray(bank.atoms_hat)),
            )


def declared_constants() -> Iterator[Comparison]:
    """Of every nonlinearity and pooling of the catalogue, and the ceilings that follow from both."""
    for i, member in enumerate(catalogue.nonlinearities()):
        name, parameters = specification(member)
        yield Comparison(
            f"{name}.lipschitz",
            i,
            lambda m=member: m.lipschitz,
            lambda n=name, p=parameters: plain.nonlinearity_constant(n, **p),
            4e-16,
            "above",
        )
    grids = [wi.Grid((12,)), wi.Grid((6, 12)), wi.Grid((12, 6, 6))]
    for member in catalogue.poolings():
        name, parameters = specification(member)
        for grid in grids:
            yield Comparison(
                f"{name}.lipschitz",
                (parameters, grid),
                lambda m=member, g=grid: m.lipschitz(g),
                lambda n=name, p=parameters, g=grid: plain.pooling_constant(n, g.shape, **p),
                1e-15,
            )
    below = wi.Pointwise(lambda u: 0.97 * u, 0.97, "below one")
    pairs = [(below, wi.MaxPool(2)), (wi.ShiftedSigmoid(), wi.AveragePool(2))]
    for member, pooling in pairs:
        yield Comparison(
            "admissible_ceiling",
            f"no more than one: {member}",
            lambda m=member, p=pooling: bounds.admissible_ceiling(m, p, grids[0]),
            lambda: 1.0,
            0.0,
        )
    slopes = [0.5, *np.random.default_rng(0).uniform(1, 5, 60)]
    for i, slope in enumerate(slopes):
        member, pooling, grid = wi.LeakyReLU(slope), wi.LpPool(1, 3), grids[i % 2]
        rows = (specification(member), specification(pooling), grid.shape)
        yield Comparison(
            "admissible_ceiling",
            (slope, grid),
            lambda m=member, p=pooling, g=grid: bounds.admissible_ceiling(m, p, g),
            lambda rows=rows: nets.admissible_ceiling(*rows),
            2e-15,
            "below",
        )
