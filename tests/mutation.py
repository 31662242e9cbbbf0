"""Weaken every bound in every small way and see whether a comparison with the reference notices.

    python tests/mutation.py [--list] [--only NAME]

Each change of `mutants` is put in the place of the original while the comparisons of
`test_bounds_reference` run. Survivors must be equivalent and listed below, each with its reason. Exit
status 1 if one is not, or if a listed one is killed or gone.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from bounds_comparisons import Comparison
from mutants import BOUNDS, Mutant, mutants

_SUM = "the supremum of a sum is at most the sum of suprema, so the minimum changes nothing"
_BRANCH = "both formulas agree to rounding between the two thresholds"
_WHOLE = "arange of whole numbers ends at the same number"
_SOLVER = "mends weights that a solver made negative, or not to sum to one, within its tolerance"
_STRIDE = "strides are whole, and with stride one the general matrices are those of the short way"
#: (function, original, replacement) -> why the value stays the same, or stays a bound.
EQUIVALENT = {
    ("classes.contraction_factor", "kappa > 1e-12", "kappa > 9.5e-13"): _BRANCH,
    ("deformation.expansion_factor", "slope < 1e-08", "slope < 9.499999999999999e-09"): _BRANCH,
    ("deformation.sieve_factor", "epsrel=1e-12", "epsrel=9.5e-13"): (
        "the accuracy asked of the quadrature, whose error is added whatever it is"
    ),
    ("deformation_operator._top_deformation", "band + 1", "band + 0.95"): _WHOLE,
    ("deformation_operator._top_deformation", "2 * band + 1", "2 * band + 0.95"): _WHOLE,
    ("deformation_operator._top_deformation", "jnp.maximum(values[-1], 0)", "values[-1]"): (
        "a Gram matrix has no negative eigenvalue beyond the allowance for rounding added next"
    ),
    ("translation._shift_length", "checked", "False"): (
        "the value is the same; the table of errors sees that hypotheses are insisted on"
    ),
    **dict.fromkeys(
        (
            (
                "constants._met_banks",
                "isinstance(bank, SubsampledBank) and bank.periodised",
                "True",
            ),
            (
                "constants._met_banks",
                "[bank.on_samples(stride, atoms)] if stride > 1 else []",
                "[bank.on_samples(stride, atoms)]",
            ),
            ("constants._met_banks", "stride > 1", "stride > 0.95"),
        ),
        "adds banks whose atoms are some of the whole bank's, or parts of them",
    ),
    (
        "energy.energy_decay_groups",
        "max(1, spectral_support(before.bank))",
        "max(0.95, spectral_support(before.bank))",
    ): "differs for a layer without atoms only, behind which the bound is zero already",
    ("energy.growth_factor", "size + 1", "size"): "the best shift lies within the band, below size",
    ("energy.growth_factor", "size + 1", "size + 0.95"): _WHOLE,
    (
        "energy.energy_step_factor",
        "min(spectral_gap(following), size)",
        "spectral_gap(following)",
    ): "differs for a following bank without atoms only, behind which nothing is left",
    ("energy._least_overlap", "support[-1] + 1", "support[-1] + 0.95"): _WHOLE,
    ("energy._least_overlap", "np.maximum(solved.x[:-1], 0)", "solved.x[:-1]"): _SOLVER,
    ("energy._least_overlap", "weights / weights.sum()", "weights"): _SOLVER,
    ("energy._least_overlap", "[1.0]", "[0.95]"): "the weights are divided by their sum",
    ("energy._least_overlap", "-1.0", "-0.95"): "a multiple of the objective has the same optimum",
    ("lipschitz.admissible_ceiling", "4 * math.ulp(1.0)", "3.8 * math.ulp(1.0)"): (
        "1 less 3.8 units rounds to the same float"
    ),
    ("lipschitz.admissible_ceiling", "math.ulp(1.0)", "math.ulp(0.95)"): (
        "half the allowance still covers a product, a square and a quotient, 2 units together"
    ),
    ("lipschitz.lipschitz_program", "jnp.minimum(z, put_out)", "z"): _SUM,
    ("lipschitz.lipschitz_program", "jnp.minimum(handed, joint)", "handed"): _SUM,
    ("lipschitz.lipschitz_program", "jnp.minimum(put_out, joint)", "put_out"): _SUM,
    ("lipschitz.lipschitz_program", "jnp.max(output + weighted)", "output + weighted"): (
        "the value of the program grows with the joint supremum, and its maximum is taken at the end"
    ),
    ("matrix_bank.MatrixBank._squares", "self.stride > 1", "True"): _STRIDE,
    ("matrix_bank.MatrixBank._squares", "self.stride > 1", "self.stride > 0.95"): _STRIDE,
    (
        "matrix_bank.MatrixBank._squares",
        "half_of(operator, self.grid.ndim) if half else operator",
        "operator",
    ): "for real atoms the other half of the classes repeats the first",
    ("matrix_bank.MatrixBank._squares", "half", "False"): (
        "for real atoms the other half of the classes repeats the first"
    ),
    (
        "matrix_bank.MatrixBank._operator",
        "self, both=False, amplitude=1.0",
        "self, both=False, amplitude=0.95",
    ): "the bounds give the amplitude; the default serves the inverse transform",
}


class Outcome(NamedTuple):
    """What became of the mutants."""

    killed: list[Mutant]
    equivalent: list[Mutant]
    survivors: list[Mutant]
    raised: list[Mutant]  # of the killed ones, by an exception and not by a value

    @property
    def stale(self) -> set[tuple[str, str, str]]:
        """Rows of the table that a comparison kills."""
        killed = {mutant.key for mutant in self.killed if mutant.key in EQUIVALENT}
        return killed - {mutant.key for mutant in self.equivalent}

    def __str__(self) -> str:
        total = len(self.killed) + len(self.equivalent) + len(self.survivors)
        return (
            f"{total} mutants, {len(self.killed)} killed, {len(self.equivalent)} equivalent (listed), "
            f"{len(self.survivors)} survivors"
        )


def family(function: str) -> str:
    """Which comparisons see a function: those of its module, or those of declared constants."""
    tail = function.partition(".")[0]
    return tail if tail in BOUNDS else "constants"


def families(comparisons: Iterable[Comparison]) -> dict[str, list[Comparison]]:
    """Comparisons by what they see. Bounds of Lipschitz constants see declared constants, too."""
    found: dict[str, list[Comparison]] = {name: [] for name in (*BOUNDS, "constants")}
    homes = {
        name: tail
        for tail in BOUNDS
        for name in importlib.import_module(f"wiatowski.bounds.{tail}").__all__
    }
    for comparison in comparisons:
        found[homes.get(comparison.name, "constants")].append(comparison)
    return found


def killer(mutant: Mutant, comparisons: Sequence[Comparison]) -> tuple[str, bool] | None:
    """The first comparison that notices, and whether by an exception of the changed code."""
    # Those named like the function first: they see it best.
    own = mutant.name.rpartition(".")[2]
    ordered = sorted(comparisons, key=lambda c: own not in c.name.split("."))
    with mutant.swapped_in(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for comparison in ordered:
            try:
                comparison.check()
            except AssertionError:
                return comparison.label, False
            except Exception:
                return comparison.label, True
    return None


def run(
    chosen: Sequence[Mutant],
    comparisons: Iterable[Comparison],
    show: Callable[[str], object] = lambda text: None,
) -> Outcome:
    """Try every mutant against the comparisons; those must hold for the code as it is."""
    seen = families(comparisons)
    for needed in dict.fromkeys(family(mutant.function) for mutant in chosen):
        for comparison in seen[needed]:
            comparison.check()  # also keeps the reference's value, before anything is changed
    outcome = Outcome([], [], [], [])
    for number, mutant in enumerate(chosen, start=1):
        found = killer(mutant, seen[family(mutant.function)])
        if found is not None:
            outcome.killed.append(mutant)
            if found[1]:
                outcome.raised.append(mutant)
        elif mutant.key in EQUIVALENT:
            outcome.equivalent.append(mutant)
        else:
            outcome.survivors.append(mutant)
        show(f"{number}/{len(chosen)}  {mutant.function}")
    return outcome


def sample(everything: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Some mutants, spread over all functions: one of each in turn until there are enough."""
    generator = np.random.default_rng(seed)
    by_function: dict[str, list[Mutant]] = {}
    for i in generator.permutation(len(everything)):
        by_function.setdefault(everything[i].function, []).append(everything[i])
    found: list[Mutant] = []
    while len(found) < min(count, len(everything)):
        rows = [own for own in by_function.values() if own]
        found += [own.pop() for own in rows[: count - len(found)]]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="print the mutants and run none")
    parser.add_argument("--only", default="", help="functions whose name holds this text")
    options = parser.parse_args(arguments)
    everything = mutants()
    chosen = [mutant for mutant in everything if options.only in mutant.function]
    write = sys.stdout.write
    if options.list:
        write("".join(f"{mutant}\n" for mutant in chosen))
        return 0
    from test_bounds_reference import comparisons

    def show(text: str) -> None:
        write(f"\r{text}\x1b[K")
        sys.stdout.flush()

    outcome = run(chosen, comparisons(), show)
    gone = set(EQUIVALENT) - {mutant.key for mutant in everything}
    write("\n")
    for mutant in outcome.equivalent:
        write(f"equivalent: {mutant}\n    {EQUIVALENT[mutant.key]}\n")
    for key in sorted({*outcome.stale, *gone}):
        write(f"listed as equivalent, but {'gone' if key in gone else 'killed'}: {key}\n")
    for mutant in outcome.survivors:
        write(f"survivor: {mutant}\n")
    write(f"{len(outcome.raised)} of the killed raised an exception\n{outcome}\n")
    return int(bool(outcome.survivors or outcome.stale or gone))


if __name__ == "__main__":
    sys.exit(main())
