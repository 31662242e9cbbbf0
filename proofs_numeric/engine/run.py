"""Runs claims on settings, a unit of work at a time, and puts together what was found."""

from __future__ import annotations

import importlib
import pkgutil
import traceback
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import proofs_numeric
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.search import CHUNK
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.threads import for_each
from proofs_numeric.engine.units import Store

__all__ = ["Plan", "all_claims", "execute", "planned"]

FORMAT, VERSION = "wiatowski claims", 3


def all_claims() -> list[Claim]:
    """Every module's `CLAIM`: what the papers state first, what was derived here after it."""
    claims = []
    for module in pkgutil.iter_modules(proofs_numeric.__path__):
        if not module.name.startswith("_") and not module.ispkg:
            loaded = importlib.import_module(f"proofs_numeric.{module.name}")
            if isinstance(getattr(loaded, "CLAIM", None), Claim):
                claims.append(loaded.CLAIM)
    return sorted(claims, key=lambda c: (c.name.startswith("derived"), c.name))


@dataclass(frozen=True)
class Unit:
    """A claim on a setting: its given cases, one chunk of restarts, or its controls."""

    name: str
    claim: Claim
    setting: Setting | None
    attempt: Attempt | None
    key: jax.Array
    owner: int


@dataclass(frozen=True)
class Plan:
    """All units of a run, in the order in which their results are put together.

    Args:
        claims: what to check.
        settings: per claim where.
        units: the work.
        seed: of everything drawn.
    """

    claims: Sequence[Claim]
    settings: dict[str, list[Setting]]
    units: list[Unit] = field(default_factory=list)
    seed: int = 0


def planned(
    claims: Sequence[Claim],
    settings: Sequence[Setting],
    seed: int = 0,
    rounds: int = 1,
    controls: bool = True,
    own: bool = True,
) -> Plan:
    """Lay out a run.

    Args:
        claims: what to check.
        settings: where, beside the settings that a claim brings itself.
        seed: of random cases and searches.
        rounds: chunks of restarts per claim and setting, on every process.
        controls: whether to run the negative controls too.
        own: whether to add the claims' own settings.
    """
    key = jax.random.key(seed, impl="unsafe_rbg")  # compiles at once
    processes = jax.process_count()
    restarts = CHUNK * jax.local_device_count()
    units: list[Unit] = []
    where: dict[str, list[Setting]] = {}
    dtype = jnp.zeros(()).dtype
    settings = [_rounded(setting, dtype) for setting in settings]
    numbers: dict[str, int] = {}
    shared: dict[str, Setting] = {}
    for claim in claims:
        mine = jax.random.fold_in(key, _stream(claim.name))
        brought = own_settings(claim, seed) if own else {}
        for name, setting in brought.items():  # claims that bring settings of one name share them
            shared.setdefault(name, setting)
        where[claim.name] = [*settings, *(shared[name] for name in brought)]
        for setting in where[claim.name]:
            number = numbers.setdefault(setting.name, len(numbers))
            drawn = jax.random.fold_in(mine, _stream(setting.name))
            name = f"{claim.name}: {setting.name}"
            units.append(Unit(f"{name}: given", claim, setting, None, drawn, number % processes))
            if not setting.attacked:
                continue
            for i in range(rounds * processes):
                attempt = Attempt(jax.random.fold_in(drawn, i), i, restarts)
                owner = (number + i) % processes
                units.append(Unit(f"{name}: search {i}", claim, setting, attempt, drawn, owner))
        if controls:
            final = jax.random.fold_in(mine, 0)
            units.append(
                Unit(f"{claim.name}: controls", claim, None, None, final, len(units) % processes)
            )
    return Plan(claims, where, units, seed)


def own_settings(claim: Claim, seed: int) -> dict[str, Setting]:
    """The settings that a claim brings, by name, in the precision of the context."""
    key = jax.random.fold_in(jax.random.key(seed, impl="unsafe_rbg"), 1)
    dtype = jnp.zeros(()).dtype
    return {setting.name: _rounded(setting, dtype) for setting in claim.own_settings(key)}


def execute(
    plan: Plan, store: Store, progress: Callable[[str], None], workers: int | None = None
) -> None:
    """Do this process's units that the store does not have yet.

    Args:
        plan: the run.
        store: keeps the results.
        progress: called with a line of text after each unit, also one that was done before.
        workers: threads; one per core by default.
    """

    def one(unit: Unit) -> None:
        store.once(unit.name, lambda: _done(unit))
        progress(unit.name)

    mine = [unit for unit in plan.units if unit.owner == jax.process_index()]
    # Neighbours on different settings, so that threads compile different programs.
    mine.sort(key=lambda unit: 0 if unit.attempt is None else 1 + unit.attempt.number)
    for_each(one, mine, workers)


def _done(unit: Unit) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        return _evaluated(unit)
    except Exception as error:  # an extractor that one claim cannot bear must not end the others
        empty = {"hypotheses": [], "cases": 0, "controls": []}
        return empty | {"error": told(error, unit.name)}, {}


def told(error: Exception, unit: str) -> dict[str, str]:
    """What JSON holds of an error."""
    text = f"{type(error).__name__}: {error}"
    lines = traceback.format_exception(error)
    return {"unit": unit, "text": text, "traceback": "".join(lines)}


def _evaluated(unit: Unit) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    claim, setting = unit.claim, unit.setting
    if setting is None:
        return {"controls": [_control(c) for c in claim.controls(unit.key)]}, {}
    hypotheses = claim.hypotheses(setting)
    result: dict[str, Any] = {
        "hypotheses": [
            {"text": h.text, "holds": h.holds, "value": h.value, "scope": h.scope}
            for h in hypotheses
        ],
        "cases": 0,
    }
    if not all(h.holds for h in hypotheses):
        return result, {}
    if unit.attempt is None:
        witnesses = claim.given(setting, unit.key)
        result["ceilings"] = claim.ceilings(setting) if setting.attacked else {}
    else:
        witnesses = claim.searched(setting, unit.attempt)
    if not witnesses:
        return result, {}
    cases = claim.evaluate(setting, witnesses)
    worst = cases.worst()
    witness = cases.witnesses[worst]
    result |= {
        "cases": len(cases),
        "informative": cases.informative,
        "holds": cases.holds,
        "tightness": _number(cases.ratios.max(initial=0.0)),
        "tight": cases.tight,
        "excess": _number(max(0.0, float(cases.excess()[worst]))),
        "groups": {group: _number(ratio) for group, ratio in cases.largest().items()},
        "worst": describe(cases, worst) | {"parameters": dict(witness.parameters)},
    }
    return result, {name: np.asarray(a) for name, a in witness.arrays.items()}


def describe(cases: Cases, index: int) -> dict[str, Any]:
    """One case in the form that JSON holds."""
    return {
        "measured": _number(cases.measured[index]),
        "predicted": _number(cases.predicted[index]),
        "budget": _number(cases.budget[index]),
        "slack": _number(_slack(cases, index)),
        "origin": cases.witnesses[index].origin,
        "description": cases.description[index],
        "group": cases.groups[index] if cases.groups else "",
    }


def _slack(cases: Cases, index: int) -> float:
    """How many rounding budgets lie between the two sides; negative where the case exceeds."""
    apart = cases.predicted[index] - cases.measured[index]
    return float(apart / cases.budget[index]) if cases.budget[index] > 0 else float("inf")


def merged(plan: Plan, store: Store) -> tuple[list[dict[str, Any]], dict[str, Witness]]:
    """One row per claim, and the witness of its worst case.

    The rows depend on the units alone, in the order of the plan.
    """
    found: dict[str, dict[str, Any]] = {}
    rows: dict[str, dict[str, dict[str, Any]]] = {claim.name: {} for claim in plan.claims}
    controls: dict[str, list[dict[str, Any]]] = {claim.name: [] for claim in plan.claims}
    errors: dict[str, list[dict[str, str]]] = {claim.name: [] for claim in plan.claims}
    ranks: dict[str, tuple[float, float]] = {}
    witnesses: dict[str, Witness] = {}
    for unit in plan.units:
        result, arrays = store.done(unit.name)
        name = unit.claim.name
        if "error" in result:
            errors[name].append(result["error"])
        if unit.setting is None:
            controls[name] = result["controls"]
            continue
        row = rows[name].setdefault(unit.setting.name, _empty_row(unit.setting, result))
        _add(row, result)
        if result["cases"]:
            rank = (result["excess"], result["tightness"])
            if rank > ranks.get(name, (-1.0, -1.0)):
                ranks[name] = rank
                found[name] = result["worst"] | {"setting": unit.setting.name}
                origin = result["worst"]["origin"]
                witnesses[name] = Witness(arrays, result["worst"]["parameters"], origin)
    merged_rows = []
    for claim in plan.claims:
        settings = [_judged(row) for row in rows[claim.name].values()]
        applied = [row for row in settings if row["cases"]]
        merged_rows.append(
            {
                "name": claim.name,
                "title": claim.title,
                "statement": claim.statement,
                "source": claim.source,
                "verdict": overall([row["verdict"] for row in settings], errors[claim.name]),
                "tightness": max((row["tightness"] for row in applied), default=None),
                "cases": sum(row["cases"] for row in applied),
                "settings": settings,
                "worst": found.get(claim.name),
                "controls": controls[claim.name],
                "errors": errors[claim.name],
            }
        )
    return merged_rows, witnesses


def _empty_row(setting: Setting, result: dict[str, Any]) -> dict[str, Any]:
    return {
        "setting": setting.name,
        "hypotheses": result["hypotheses"],
        "evaluated": True,
        "cases": 0,
        "informative": 0,
        "holds": True,
        "tightness": 0.0,
        "tight": False,
        "groups": {},
        "ceilings": {},
    }


def _add(row: dict[str, Any], result: dict[str, Any]) -> None:
    row["evaluated"] &= "error" not in result
    row["hypotheses"] = row["hypotheses"] or result["hypotheses"]
    row["ceilings"] |= result.get("ceilings", {})
    if not result["cases"]:
        return
    row["cases"] += result["cases"]
    row["informative"] += result["informative"]
    row["holds"] &= result["holds"]
    row["tight"] |= result["tight"]
    row["tightness"] = max(row["tightness"], result["tightness"])
    for group, ratio in result["groups"].items():
        row["groups"][group] = max(row["groups"].get(group, 0.0), ratio)


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    """With a verdict: what fails is told before what was never asked."""
    unmet = [h for h in row["hypotheses"] if not h["holds"]]
    if any(h["scope"] for h in unmet):
        verdict = "not applicable"
    elif unmet:
        verdict = "hypotheses not met"
    elif not row["holds"]:
        verdict = "fails"
    elif not row["evaluated"]:
        verdict = "not evaluated"
    elif not row["informative"]:
        verdict = "not applicable"  # every case within rounding of zero
    else:
        verdict = "tight" if row["tight"] else "holds"
    return row | {"verdict": verdict}


def overall(verdicts: list[str], errors: list[dict[str, str]]) -> str:
    """Of a claim: that of the setting that says most; an error anywhere leaves the claim open."""
    verdicts = [*verdicts, *["not evaluated"] * len(errors)]
    for verdict in ("fails", "not evaluated", "tight", "holds", "hypotheses not met"):
        if verdict in verdicts:
            return verdict
    return "not applicable"


def _control(control: Control) -> dict[str, Any]:
    case = describe(control.cases, control.cases.worst())
    return {
        "name": control.name,
        "description": control.description,
        "violated": control.violated,
        **case,
    }


def _rounded(setting: Setting, dtype) -> Setting:
    """In the run's precision."""
    held = {setting.phi.banks[0].dtype, setting.real_dtype}
    return setting if held == {np.dtype(dtype)} else setting.cast(dtype)


def _stream(name: str) -> int:
    """A number of a name, so that a claim draws the same whatever else runs."""
    return zlib.crc32(name.encode()) >> 1


def _number(value) -> float:
    """A float that JSON holds: a NaN or an infinity (which no bound survives) becomes 1e308."""
    value = float(value)
    return value if np.isfinite(value) else 1e308


def settings_of(plan: Plan) -> dict[str, Setting]:
    """Every setting of a plan by name."""
    return {s.name: s for chosen in plan.settings.values() for s in chosen}
