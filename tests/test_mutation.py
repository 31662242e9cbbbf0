"""Weakened bounds are noticed by the comparisons; the whole run is `python tests/mutation.py`."""

from __future__ import annotations

import ast
import math

import mutation
import pytest
import reference_bounds as plain
import test_bounds_reference
from bounds_comparisons import Comparison
from mutants import mutants, mutants_of

from wiatowski import bounds


def of_function(name: str) -> list:
    return [mutant for mutant in mutants() if mutant.function == name]


def useless() -> tuple[Comparison, ...]:
    """Half of the value is close enough."""
    ours = lambda: bounds.stretch_factor(0.3)  # noqa: E731
    return (Comparison("stretch_factor", "", ours, lambda: plain.stretch(0.3), rtol=0.5),)


def test_one_mutant_of_every_function_has_no_survivors():
    everything = mutants()
    functions = {mutant.function for mutant in everything}
    assert len(functions) > 60
    chosen = mutation.sample(everything, len(functions), seed=0)
    assert {mutant.function for mutant in chosen} == functions
    outcome = mutation.run(chosen, test_bounds_reference.comparisons())
    assert not outcome.survivors, "\n".join(map(str, outcome.survivors))
    assert len(outcome.killed) > 0.9 * len(chosen)


def test_every_exported_bound_has_mutants():
    changed = {mutant.name for mutant in mutants()}
    exported = {name for name in test_bounds_reference.names_to_cover() if hasattr(bounds, name)}
    assert exported <= changed


def test_every_mutant_listed_as_equivalent_exists():
    assert set(mutation.EQUIVALENT) <= {mutant.key for mutant in mutants()}


def test_a_useless_comparison_leaves_survivors(monkeypatch, capsys):
    chosen = of_function("deformation.stretch_factor")
    outcome = mutation.run(chosen, useless())
    assert outcome.survivors
    monkeypatch.setattr(test_bounds_reference, "comparisons", useless)
    assert mutation.main(["--only", "deformation.stretch_factor"]) == 1
    assert f"{len(outcome.survivors)} survivors" in capsys.readouterr().out


def test_a_killed_mutant_must_not_be_listed(monkeypatch, capsys):
    killed = of_function("deformation.stretch_factor")[0]
    monkeypatch.setitem(mutation.EQUIVALENT, killed.key, "wrong")
    assert mutation.main(["--only", "deformation.stretch_factor"]) == 1
    assert "listed as equivalent, but killed" in capsys.readouterr().out


def test_a_listed_mutant_must_exist(monkeypatch, capsys):
    key = ("deformation.stretch_factor", "nothing", "of the kind")
    monkeypatch.setitem(mutation.EQUIVALENT, key, "wrong")
    assert mutation.main(["--only", "deformation.stretch_factor"]) == 1
    assert "listed as equivalent, but gone" in capsys.readouterr().out


def test_the_list_runs_nothing(capsys):
    assert mutation.main(["--list", "--only", "deformation.stretch_factor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(of_function("deformation.stretch_factor"))
    assert all("wiatowski/bounds/deformation.py" in line for line in lines)


@pytest.mark.parametrize("name", ["stretch_factor", "DEFORMATION_CONSTANT"])
def test_the_original_is_back_after_a_mutant(name):
    def value():
        found = getattr(bounds, name)
        return found(0.3) if callable(found) else found

    before = value()
    for mutant in of_function(f"deformation.{name}")[:2]:
        with mutant.swapped_in():
            assert value() != before
        assert value() == before


def test_a_product_a_quotient_a_call_and_a_number_are_changed_and_messages_are_not():
    source = '''
def half(x):
    """Half of 7 x."""
    if x < 3:
        raise ValueError(f"half: {2 * x}")
    return math.sqrt(x) * x / 2
'''
    found = mutants_of(math, "half", ast.parse(source).body[0])
    assert {(mutant.original, mutant.replacement) for mutant in found} == {
        ("math.sqrt(x) * x / 2", "0.95 * (math.sqrt(x) * x / 2)"),
        ("math.sqrt(x) * x / 2", "math.sqrt(x) * x"),
        ("math.sqrt(x) * x / 2", "1 / 2"),
        ("math.sqrt(x) * x / 2", "math.sqrt(x) * x / 1.9"),
        ("math.sqrt(x) * x", "math.sqrt(x)"),
        ("math.sqrt(x) * x", "x"),
        ("math.sqrt(x)", "x"),
    }
