r"""Restarts per second of the jitted adversarial search beside the same search in a NumPy loop.

Both maximise $|||\Phi^n(T_1 f) - \Phi^n(f)|||^2 / W_n(f)$ at the deepest n, by the same steps of Adam from the
same starts, on two layers of Meyer wavelets and moduli in one dimension, in float64. The NumPy search is
what one would write by hand: FFTs, the chain rule written out, one restart after the other. Values and
gradients of both are compared before anything is timed; contenders take turns.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

import jax
import numpy as np

import wiatowski as wi
from experiments.bench_extractor import device, interleaved
from experiments.bench_extractor import ratio as ratio_of
from experiments.bench_scattering import arguments_of, checked
from proofs_numeric._translation import at_depth
from proofs_numeric.engine.search import ascend, ratio
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.starts import noise
from wiatowski.serialization import write_whole

STEPS, RATE = 60, 0.05
CASES = {"128 samples": (128, 16), "512 samples": (512, 16), "2048 samples": (2048, 16)}


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the JSON, print the table."""
    options = checked(arguments_of("bench_search", __doc__), arguments)
    with jax.enable_x64(True):
        results: dict[str, Any] = {"device": device(), "rounds": options.rounds, "cases": {}}
        for name, (size, restarts) in CASES.items():
            results["cases"][name] = measured(size, restarts, options.rounds, name)
    if options.out is not None:
        write_whole(options.out, json.dumps(results, indent=1).encode())
    print(table(results))
    return 0


def measured(size: int, restarts: int, rounds: int, title: str) -> dict[str, Any]:
    """Seconds of both searches in turn, medians, and how far their results are apart."""
    setting = network(size)
    starts = noise(setting, jax.random.key(0, impl="unsafe_rbg"), restarts)
    depth = setting.phi.depth
    aim = at_depth(setting, depth, (1,), energy=1.0)
    contexts = jax.tree.map(lambda leaf: np.stack([leaf] * restarts), aim)
    by_hand = NumpySearch(setting.phi)

    def jitted():
        points = (starts, np.zeros_like(starts))
        return ascend(ratio, setting, points, contexts, STEPS, RATE, chunk=restarts)

    value, gradient = jax.jit(jax.value_and_grad(lambda f: ratio(setting.phi, (f, 0 * f), aim)))(
        starts[0]
    )
    other_value, other_gradient = by_hand.value_and_gradient(starts[0])
    agree = {
        "value": abs(float(value) - other_value) / abs(other_value),
        "gradient": float(
            np.linalg.norm(np.asarray(gradient) - other_gradient) / np.linalg.norm(other_gradient)
        ),
    }
    if max(agree.values()) > 1e-9:
        raise RuntimeError(f"bench_search: the two searches differ: {agree}")
    few = starts[:2]  # one after the other: two tell as much as all
    calls = {"jitted": jitted, "numpy": lambda: [by_hand.ascend(f) for f in few]}
    each = {"jitted": restarts, "numpy": len(few)}
    times = {k: [t / each[k] for t in ts] for k, ts in interleaved(calls, rounds, title).items()}
    return {
        "restarts_per_second": {k: 1 / statistics.median(v) for k, v in times.items()},
        "ratio": ratio_of(times["numpy"], times["jitted"])["median"],
        "seconds_per_restart": times,
        "agreement": agree,
    }


def network(size: int) -> Setting:
    """Two layers of two-scale Meyer wavelets, modulus, dilation by 2."""
    grid = wi.Grid((size,))
    layer = wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus(), wi.Dilate(2))
    phi = wi.FeatureExtractor([layer] * 2, grid)
    return Setting("bench", phi, np.zeros((1, size)), ("zero",), band=5)


class NumpySearch:
    """The objective, its gradient and Adam, written out for moduli without loss of samples."""

    def __init__(self, phi: wi.FeatureExtractor):
        self.atoms = [np.asarray(layer.bank.atoms_hat) for layer in phi.layers]
        self.chi = np.asarray(phi.output_bank.output_atom_hat)

    def value_and_gradient(self, f: np.ndarray) -> tuple[float, np.ndarray]:
        """The ratio for a shift by one sample at the deepest features."""
        maps, tape = self._forward(f)
        moved, moved_tape = self._forward(np.roll(f, 1))
        difference = np.fft.ifft(np.fft.fft(moved - maps) * self.chi).real
        above, below = np.sum(difference**2), np.sum(maps**2)
        value = above / below
        # d above / d moved = -d above / d maps.
        back = np.fft.ifft(np.fft.fft(2 * difference) * np.conj(self.chi)).real / below
        own = -back - 2 * value * maps / below
        gradient = self._backward(own, tape)
        return float(value), gradient + np.roll(self._backward(back, moved_tape), -1)

    def ascend(self, start: np.ndarray) -> tuple[float, np.ndarray]:
        """Adam from one start; the best value and point."""
        f = start / np.sqrt(np.mean(start**2))
        first, second = np.zeros_like(f), np.zeros_like(f)
        best, point = -np.inf, f
        for i in range(1, STEPS + 2):
            value, gradient = self.value_and_gradient(f)
            if value > best:
                best, point = value, f
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient**2
            step = (first / (1 - 0.9**i)) / (np.sqrt(second / (1 - 0.999**i)) + 1e-8)
            f = f + RATE * step
        return best, point

    def _forward(self, f: np.ndarray):
        maps, tape = f[None], []
        for atoms in self.atoms:
            u = np.fft.ifft(np.fft.fft(maps)[:, None] * atoms).reshape(-1, len(f))
            u = u.real if not np.iscomplexobj(maps) and np.abs(u.imag).max() < 1e-12 else u
            tape.append(u)
            maps = np.abs(u)
        return maps, tape

    def _backward(self, gradient: np.ndarray, tape) -> np.ndarray:
        for atoms, u in zip(reversed(self.atoms), reversed(tape), strict=True):
            size = np.abs(u)
            turned = gradient * u / np.where(size > 0, size, 1)
            spectra = np.fft.fft(turned).reshape(-1, *atoms.shape) * np.conj(atoms)
            gradient = np.fft.ifft(spectra.sum(axis=1)).real
        return gradient[0]


def table(results: dict[str, Any]) -> str:
    """Restarts per second and their ratio."""
    lines = [f"{'':<16}{'jitted':>12}{'NumPy loop':>12}{'ratio':>8}   (restarts per second)"]
    for name, case in results["cases"].items():
        speed = case["restarts_per_second"]
        lines.append(
            f"{name:<16}{speed['jitted']:>12.1f}{speed['numpy']:>12.2f}{case['ratio']:>8.1f}"
        )
    return "\n".join([results["device"], *lines])


if __name__ == "__main__":
    raise SystemExit(main())
