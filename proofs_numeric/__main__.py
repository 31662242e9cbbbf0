"""`python -m proofs_numeric`: every claim, on drawn extractors or on the one you bring."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

import jax
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from proofs_numeric.engine import crossing, processes
from proofs_numeric.engine.brought import brought
from proofs_numeric.engine.claim import Claim
from proofs_numeric.engine.compilation import compiled_quickly
from proofs_numeric.engine.pictures import write_pictures
from proofs_numeric.engine.results import collected, replayed, write_results
from proofs_numeric.engine.run import FORMAT, VERSION, Plan, all_claims, execute, planned
from proofs_numeric.engine.settings import all_settings
from proofs_numeric.findings import found_again
from wiatowski.options import SEED, whole
from wiatowski.serialization import write_whole

#: Chunks of restarts per claim and setting of a full run.
FULL_ROUNDS = 8


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 if every claim holds and every control fails, 1 if not, 2 for bad input, 130 if stopped."""
    options = _parser().parse_args(arguments)
    try:
        processes.join(options.processes)
        rounds = options.rounds or (FULL_ROUNDS if options.full else 1)
        small = options.extractor is None and rounds == 1
        with jax.enable_x64(options.dtype == "float64"), compiled_quickly(small):
            claims = _chosen(options.claims, options.extractor is not None)
            _require_used(options)
            if options.replay is not None:
                return _replay(options.replay, claims)
            return _run(options, claims, rounds)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"proofs_numeric: {error}\n")
        return 2
    except KeyboardInterrupt:
        kept = options.out or _default_folder(options)
        rest = (
            f"finished chunks are in {kept}, and the same call goes on"
            if kept
            else "nothing is kept"
        )
        sys.stderr.write(f"\nproofs_numeric: stopped; {rest}.\n")
        return 130


def succeeded(document: dict) -> bool:
    """No claim fails or lacks an evaluation, at least one holds, every control fails, and a second
    precision agrees."""
    verdicts = [claim["verdict"] for claim in document["claims"]]
    controls = [c["violated"] for claim in document["claims"] for c in claim["controls"]]
    worst = [claim["worst"] for claim in document["claims"] if claim["worst"]]
    cases = [case["second"]["holds"] for case in worst if "second" in case]
    some = "holds" in verdicts or "tight" in verdicts
    sound = not {"fails", "not evaluated"} & set(verdicts)
    return some and sound and all(controls) and all(cases)


def table(document: dict) -> str:
    """One line per claim: verdict, tightness, cases, controls."""
    lines = [f"{'claim':<34} {'verdict':<18} {'tightness':>9} {'cases':>6}  controls that fail"]
    for claim in document["claims"]:
        tightness = "-" if claim["tightness"] is None else f"{claim['tightness']:.6f}"
        controls = claim["controls"]
        failed = f"{sum(c['violated'] for c in controls)} of {len(controls)}" if controls else "-"
        columns = f"{claim['name']:<34} {claim['verdict']:<18} {tightness:>9} {claim['cases']:>6}"
        lines.append(f"{columns}  {failed}")
    for error in (error for claim in document["claims"] for error in claim["errors"]):
        lines.append(f"{error['unit']} was not evaluated: {error['text']}")
    return "\n".join(lines) + "\n"


def _run(options: argparse.Namespace, claims: list[Claim], rounds: int) -> int:
    drawn = options.extractor is None
    if drawn:
        settings = all_settings(options.seed, options.full)
    else:
        own = (options.extractor, options.signals, options.band or 8, options.seed, options.dtype)
        settings = [brought(*own)]
    if options.atlas is not None:
        _require_atlas(drawn)
    plan = planned(claims, settings, options.seed, rounds, controls=drawn, own=drawn)
    folder = options.out or _default_folder(options)
    if folder is None and jax.process_count() > 1:
        raise ValueError("several processes meet in a folder that all of them see; pass --out.")
    store = processes.opened(folder, {} if folder is None else _identity(plan, rounds))
    simplify = folder is not None or options.json is not None
    crossing_claims = [claim for claim in claims if claim.on_extractors]
    steps = sum(unit.owner == jax.process_index() for unit in plan.units) + len(claims)
    if options.atlas is not None:
        steps += crossing.steps(options.seed) + 3
    with (
        threadpool_limits(1, "blas"),  # claims run in threads of their own
        tqdm(total=steps, unit="step", file=sys.stderr) as bar,
    ):

        def progress(text: str) -> None:
            bar.set_postfix_str(text[:60], refresh=False)
            bar.update()

        def work() -> None:
            execute(plan, store, progress)
            if options.atlas is not None:
                crossing.cross(crossing_claims, options.seed, store, progress)

        processes.together(work)
        if jax.process_index() > 0:
            return 0
        document, arrays = collected(plan, store, progress, simplify)
        if options.atlas is not None:
            crossed = crossing.table(crossing_claims, options.seed, store)
            found = found_again(store, rounds, progress)
            _write_atlas(options.atlas, document, arrays, crossed, found)
    for path in filter(None, (options.json, folder and folder / "claims.json")):
        write_results(path, document, arrays)
    if folder is not None:
        write_pictures(folder / "worst", document, arrays)
    sys.stdout.write(table(document))
    return 0 if succeeded(document) else 1


def _default_folder(options: argparse.Namespace) -> Path | None:
    """Long runs are kept without being asked."""
    if options.atlas is not None:
        return Path("claims-atlas")
    return Path("claims-full") if options.full else None


def _require_used(options: argparse.Namespace) -> None:
    """Refuse options that would be passed over in silence."""
    given = {name for name, value in vars(options).items() if value not in (None, False)}
    given -= {"dtype", "seed"}
    unused, needed = set(), ""
    if options.replay is not None:
        unused, needed = given - {"replay", "claims"}, "a run; --replay only reads one"
    elif options.extractor is None:
        unused, needed = given & {"signals", "band"}, "--extractor FILE"
    if unused:
        names = ", ".join(f"--{name}" for name in sorted(unused))
        raise ValueError(
            f"{names} would do nothing here: {'they need' if len(unused) > 1 else 'it needs'} {needed}."
        )


def _require_atlas(drawn: bool) -> None:
    """Say what is missing before the long run and not after it."""
    if not drawn:
        raise ValueError("--atlas is about drawn extractors; wiatowski verify reports on yours.")
    try:
        importlib.import_module("proofs_numeric.atlas")
    except ImportError as error:
        raise ValueError(
            f'--atlas needs {error.name}; install it with pip install "wiatowski[atlas]".'
        ) from None


def _write_atlas(path: Path, document, arrays, crossed, found) -> None:
    atlas = importlib.import_module("proofs_numeric.atlas")
    write_whole(path, atlas.render(document, arrays, crossed, found).encode())
    data = {"crossed": crossed, "findings": found}
    write_whole(path.with_suffix(".json"), json.dumps(data, indent=1).encode())
    sys.stdout.write(f"{path}\n")


def _replay(path: Path, claims: list[Claim]) -> int:
    """Worst cases of an earlier run, from its files."""
    found = replayed(path, {claim.name: claim for claim in claims})
    if not found:
        raise ValueError(f"{path} holds no worst case of {', '.join(c.name for c in claims)}.")
    lines = [f"{'claim':<34} {'measured then':>20} {'now':>20} {'predicted then':>20} {'now':>20}"]
    for row in found:
        if "error" in row:
            lines.append(f"{row['name']:<34} was not evaluated: {row['error']}")
            continue
        sides = [row[when][side] for side in ("measured", "predicted") for when in ("then", "now")]
        mark = "" if row["agree"] else "  differs"
        lines.append(f"{row['name']:<34} " + " ".join(f"{x:>20.13g}" for x in sides) + mark)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(row["agree"] for row in found) else 1


def _identity(plan: Plan, rounds: int) -> dict:
    """What the results of a run depend on."""
    return {
        "version": [FORMAT, VERSION],
        "seed": plan.seed,
        "rounds": rounds,
        "claims": [claim.name for claim in plan.claims],
        "settings": sorted({s.name for chosen in plan.settings.values() for s in chosen}),
        "extractors": processes.digest([s for c in plan.settings.values() for s in c]),
        "dtype": str(jax.numpy.zeros(()).dtype),
        "devices": jax.local_device_count(),
        "processes": jax.process_count(),
        "jax": jax.__version__,
        "code": processes.code_digest(),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proofs_numeric", description=__doc__)
    parser.add_argument("--claims", help="names, separated by commas; all by default")
    parser.add_argument("--extractor", type=Path, help="file of wiatowski.save (float64), or TOML")
    parser.add_argument(
        "--signals", type=Path, help=".npz with `signals` and `names`, or .npy, for it"
    )
    parser.add_argument("--band", type=whole(1), help="of deformed signals, cycles per period (8)")
    parser.add_argument("--json", type=_json, help="write results here, arrays beside it as .npz")
    parser.add_argument("--seed", type=SEED, default=0)
    parser.add_argument(
        "--full",
        action="store_true",
        help="search on every extractor, four times as many of them, in many rounds; kept in "
        "--out (claims-full by default), where the same call goes on after a stop",
    )
    parser.add_argument(
        "--atlas",
        type=Path,
        nargs="?",
        const=Path("atlas.html"),
        metavar="FILE",
        help="also cross claims with frames, nonlinearities and poolings, and write one page (atlas.html) "
        "with every claim, its worst case and controls; kept in --out (claims-atlas)",
    )
    parser.add_argument(
        "--rounds", type=whole(1), help="chunks of restarts per claim and extractor"
    )
    parser.add_argument("--out", type=Path, help="folder that keeps each finished chunk")
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    parser.add_argument("--replay", type=Path, help="evaluate the worst cases of a JSON file again")
    parser.add_argument(
        "--processes",
        metavar="ADDRESS,COUNT,INDEX",
        help="one process of several: where the first listens, how many, which this is",
    )
    return parser


def _json(text: str) -> Path:
    """A path for results that can be written, checked before the run; arrays take another ending."""
    path = Path(text)
    folder = path.parent.is_dir() and os.access(path.parent, os.W_OK)
    if path.suffix != ".json" or path.is_dir() or not folder:
        raise argparse.ArgumentTypeError(
            f"a file that ends in .json, in a folder to write in, is needed, not {text!r}"
        )
    arrays = path.with_suffix(".npz")
    if arrays.exists() and not path.exists():
        raise argparse.ArgumentTypeError(
            f"the arrays go to {arrays}, which exists and is not of an earlier run; choose another name than {text!r}"
        )
    return path


def _chosen(names: str | None, on_extractors: bool) -> list[Claim]:
    claims = all_claims()
    if names is None:
        return [c for c in claims if c.on_extractors or not on_extractors]
    known = {claim.name: claim for claim in claims}
    asked = list(dict.fromkeys(name.strip() for name in names.split(",")))
    unknown = [repr(name) for name in asked if name not in known]
    if unknown:
        raise ValueError(f"no claim named {', '.join(unknown)}; known: {', '.join(known)}.")
    return [known[name] for name in asked]


if __name__ == "__main__":
    sys.exit(main())
