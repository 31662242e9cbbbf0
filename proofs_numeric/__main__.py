"""`python -m proofs_numeric`: every claim, on drawn extractors or on the one you bring."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import jax
import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import wiatowski as wi
from proofs_numeric.drawn_settings import all_settings, drawn_signals
from proofs_numeric.run import all_claims, run_claims, steps, write_results
from proofs_numeric.setting import Setting


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 if every claim holds and every control fails, 1 if not, 2 for bad input."""
    options = _parser().parse_args(arguments)
    with jax.enable_x64(True):
        try:
            claims = _chosen(options.claims)
            settings = _settings(options)
        except (ValueError, OSError) as error:
            sys.stderr.write(f"proofs_numeric: {error}\n")
            return 2
        controls = options.extractor is None
        with (
            threadpool_limits(1, "blas"),  # claims run in threads of their own
            tqdm(total=steps(claims, settings, controls), unit="step", file=sys.stderr) as bar,
        ):

            def progress(text: str) -> None:
                bar.set_postfix_str(text[:60], refresh=False)
                bar.update()

            results, arrays = run_claims(claims, settings, options.seed, controls, progress)
    if options.json is not None:
        write_results(options.json, results, arrays)
    sys.stdout.write(table(results))
    return 0 if succeeded(results) else 1


def succeeded(results: dict) -> bool:
    """Every applicable claim holds, at least one applies, and every control fails."""
    verdicts = [claim["verdict"] for claim in results["claims"]]
    controls = [c["violated"] for claim in results["claims"] for c in claim["controls"]]
    return "holds" in verdicts and "fails" not in verdicts and all(controls)


def table(results: dict) -> str:
    """One line per claim: verdict, tightness, cases, controls."""
    lines = [f"{'claim':<32} {'verdict':<15} {'tightness':>9} {'cases':>6}  controls that fail"]
    for claim in results["claims"]:
        tightness = "-" if claim["tightness"] is None else f"{claim['tightness']:.6f}"
        controls = claim["controls"]
        failed = f"{sum(c['violated'] for c in controls)} of {len(controls)}" if controls else "-"
        columns = f"{claim['name']:<32} {claim['verdict']:<15} {tightness:>9} {claim['cases']:>6}"
        lines.append(f"{columns}  {failed}")
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proofs_numeric", description=__doc__)
    parser.add_argument("--claims", help="names, separated by commas; all by default")
    parser.add_argument("--extractor", type=Path, help="file written by wiatowski.save (float64)")
    parser.add_argument("--signals", type=Path, help=".npz with `signals` and `names`, for it")
    parser.add_argument(
        "--band", type=int, default=8, help="of deformed signals, cycles per period"
    )
    parser.add_argument("--json", type=Path, help="write results here, arrays beside it as .npz")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="search on every drawn extractor")
    return parser


def _chosen(names: str | None):
    claims = all_claims()
    if names is None:
        return claims
    known = {claim.name: claim for claim in claims}
    unknown = [name for name in names.split(",") if name not in known]
    if unknown:
        raise ValueError(f"no claim named {', '.join(unknown)}; known: {', '.join(known)}.")
    return [known[name] for name in names.split(",")]


def _settings(options: argparse.Namespace) -> list[Setting]:
    if options.extractor is None:
        return all_settings(options.seed, options.full)
    phi = wi.load(options.extractor)
    if phi.output_stride is not None:  # claims speak of every sample of the features
        phi = wi.FeatureExtractor(phi.layers, phi.grid, phi.output_bank)
    if options.signals is None:
        signals, names = (
            drawn_signals(jax.random.key(options.seed, impl="unsafe_rbg"), phi.grid, 3),
            ("random",) * 3,
        )
    else:
        with np.load(options.signals, allow_pickle=False) as stored:
            signals = np.asarray(stored["signals"])
            names = tuple(str(name) for name in stored["names"])
    if signals.shape[1:] != phi.grid.shape or not bool(np.isfinite(signals).all()):
        raise ValueError(
            f"the signals must be finite, of shape (count, {phi.grid.shape}), not {signals.shape}."
        )
    band = min(options.band, (min(phi.grid.shape) - 1) // 2)
    return [Setting("your extractor", phi, signals, names, band)]


if __name__ == "__main__":
    sys.exit(main())
