"""Results of a run: one JSON document, the arrays it names, and the same cases once more from them."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import wiatowski as wi
from proofs_numeric.engine.claim import Claim, Witness
from proofs_numeric.engine.examples import in_second_precision, smallest
from proofs_numeric.engine.run import (
    FORMAT,
    VERSION,
    Plan,
    describe,
    merged,
    overall,
    own_settings,
    settings_of,
    told,
)
from proofs_numeric.engine.setting import Setting
from proofs_numeric.engine.threads import for_each
from proofs_numeric.engine.units import Store
from wiatowski.serialization import read_arrays, write_whole

__all__ = ["collected", "replayed", "write_results"]

_SIDES = ("measured", "predicted")


def collected(
    plan: Plan, store: Store, progress: Callable[[str], None], simplify: bool
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The document of a finished run, and its arrays.

    Args:
        plan: the run, all of whose units the store has.
        store: keeps what is added here, too.
        progress: called with a line of text per claim.
        simplify: whether to look for smallest examples.
    """
    rows, witnesses = merged(plan, store)
    where = settings_of(plan)
    claims = {claim.name: claim for claim in plan.claims}
    arrays: dict[str, np.ndarray] = {}
    extractors: dict[str, str] = {}
    bands: dict[str, int] = {}
    suffix = "worst case, simplified" if simplify else "worst case"

    def examine(row: dict[str, Any]) -> None:
        unit = f"{row['name']}: {suffix}"
        if row["worst"]:
            claim, witness = claims[row["name"]], witnesses[row["name"]]
            setting = where[row["worst"]["setting"]]
            store.once(unit, lambda: _examined(claim, setting, row, witness, simplify, unit))
        progress(unit)

    for_each(examine, rows)
    for row in filter(lambda row: row["worst"], rows):
        name = row["name"]
        setting = where[row["worst"]["setting"]]
        kept, simple = store.done(f"{name}: {suffix}")
        row["worst"] |= {k: v for k, v in kept.items() if k != "error"}
        row["worst"]["arrays"] = {k: f"{name}/{k}" for k in witnesses[name].arrays}
        arrays |= {f"{name}/{k}": v for k, v in witnesses[name].arrays.items()}
        if "error" in kept:
            row["errors"].append(kept["error"])
            row["verdict"] = overall([row["verdict"]], row["errors"])
        if "smallest" in kept:
            row["worst"]["smallest"]["arrays"] = {k: f"{name}/smallest/{k}" for k in simple}
            arrays |= {f"{name}/smallest/{k}": v for k, v in simple.items()}
        if not setting.rebuilt and setting.name not in extractors:
            extractors[setting.name] = f"extractor/{len(extractors)}"
            arrays[extractors[setting.name]] = _stored(setting)
            bands[setting.name] = setting.band
    document = {
        "format": FORMAT,
        "version": VERSION,
        "seed": plan.seed,
        "dtype": str(jnp.zeros(()).dtype),
        "versions": {"jax": jax.__version__, "numpy": np.__version__},
        "extractors": extractors,
        "bands": bands,
        "claims": rows,
    }
    return document, arrays


def write_results(path: Path, document: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """`path` (JSON) and, beside it, the arrays it names (.npz); both whole."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    write_whole(path.with_suffix(".npz"), buffer.getvalue())
    write_whole(path, json.dumps(document, indent=1, allow_nan=False).encode())


def replayed(path: Path, claims: dict[str, Claim]) -> list[dict[str, Any]]:
    """Evaluate the worst case of each claim again, from what the files hold.

    Args:
        path: JSON of `write_results`, its arrays beside it.
        claims: by name.

    Returns:
        Per claim the name, both sides then and now, and whether they agree within the budget; where
        the case could not be evaluated, the error in place of what is now.

    Raises:
        ValueError: if the files are not of that kind.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        arrays = read_arrays(path.with_suffix(".npz"))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{path}: no results of an earlier run with arrays beside them ({error})."
        ) from None
    kind = document if isinstance(document, dict) else {}
    if (kind.get("format"), kind.get("version")) != (FORMAT, VERSION):
        raise ValueError(f"{path}: not a document of this release; run the claims again.")
    rows = kind.get("claims")
    if not isinstance(rows, list) or not all(map(_is_row, rows)):
        raise ValueError(f"{path}: its list of claims is damaged; run the claims again.")
    if kind.get("dtype") not in ("float32", "float64"):
        raise ValueError(f"{path}: its dtype is damaged; run the claims again.")
    coarser = max(1.0, float(jnp.finfo(kind["dtype"]).eps / jnp.finfo(jnp.zeros(()).dtype).eps))
    found = []
    for row in rows:
        worst, claim = row["worst"], claims.get(row["name"])
        if worst is None or claim is None:
            continue
        then: dict[str, Any] = {}
        try:
            then = {side: float(worst[side]) for side in _SIDES}
            where = _restored(document, claim, worst["setting"], arrays)
            again = _again(claim, where, worst, arrays, coarser)
        except Exception as error:  # damaged or edited by hand; the others are still worth a look
            again = {"error": f"{type(error).__name__}: {error}", "agree": False}
        found.append({"name": row["name"], "then": then, **again})
    return found


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("name"), str) and "worst" in row


def _again(
    claim: Claim, setting: Setting, worst: dict[str, Any], arrays, coarser: float
) -> dict[str, Any]:
    """Both sides now; `coarser` is how much larger the unit of rounding was then, if it was."""
    held = {k: arrays[key] for k, key in worst["arrays"].items()}
    witness = Witness(held, worst["parameters"], worst["origin"])
    cases = claim.evaluate(setting, [witness])
    inside = [i for i, g in enumerate(cases.groups) if g == worst["group"]]
    index = min(
        inside or range(len(cases)), key=lambda i: abs(cases.measured[i] - worst["measured"])
    )
    now = describe(cases, index)
    slack = 8 * coarser * now["budget"] + 1e-12 * abs(now["measured"])
    agree = all(abs(now[side] - worst[side]) <= slack for side in _SIDES)
    return {"now": {side: now[side] for side in _SIDES}, "agree": agree}


def _examined(
    claim: Claim, setting: Setting, row: dict[str, Any], witness: Witness, simplify: bool, unit: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    group = row["worst"]["group"]
    result: dict[str, Any] = {}
    try:
        result["second"] = in_second_precision(claim, setting, witness, group)
        if not simplify:
            return result, {}
        simple, described = smallest(claim, setting, witness, group)
    except Exception as error:  # as in the other units of a run
        return result | {"error": told(error, unit)}, {}
    return result | {"smallest": described}, {k: np.asarray(v) for k, v in simple.arrays.items()}


def _stored(setting: Setting) -> np.ndarray:
    """The file of `wiatowski.save`, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "extractor.wi"
        wi.save(setting.phi, path)
        return np.frombuffer(path.read_bytes(), np.uint8)


def _restored(
    document: dict[str, Any], claim: Claim, name: str, arrays: dict[str, np.ndarray]
) -> Setting:
    key = document["extractors"].get(name)
    if key is None:
        return own_settings(claim, document["seed"])[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "extractor.wi"
        path.write_bytes(arrays[key].tobytes())
        phi = wi.load(path)
    zero = np.zeros((1, *phi.grid.shape), phi.banks[0].dtype)
    return Setting(name, phi, zero, ("zero",), document["bands"][name])
