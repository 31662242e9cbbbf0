"""The command `wiatowski`."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence

from wiatowski._certify_command import add_certify
from wiatowski._explain_command import add_explain
from wiatowski._transform_command import add_transform
from wiatowski.options import SEED, missing_for_reports, whole
from wiatowski.presets import PRESETS
from wiatowski.signals import PHOTOS

__all__ = ["main"]

_HOLDS, _FAILS, _BAD_INPUT, _INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: arguments, by default those of the process.

    Returns:
        0 if every applicable claim or certificate holds, 1 if one fails, none was applicable, or they
        could not be checked, 2 for bad input, 130 after Ctrl-C.

    Source: utility.
    """
    for stream in (sys.stdout, sys.stderr):  # names of files need not be text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    return arguments.run(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    # The claims run in a process of their own: neither may take a whole accelerator's memory.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    missing = missing_for_reports()
    if missing:
        return _complain(missing, _BAD_INPUT)
    from wiatowski import report  # matplotlib and jinja2 are extras

    settings = report.Settings(
        image=arguments.image,
        photo=arguments.photo,
        extractor=arguments.extractor,
        out=arguments.out,
        size=arguments.size,
        seed=arguments.seed,
        band=arguments.band,
        admissible=arguments.admissible,
    )
    previous = _stop_on_terminate()
    try:
        result = report.verify(settings, report.Progress())
    except report.InputError as error:
        return _complain(str(error), _BAD_INPUT)
    except report.ClaimsError as error:
        return _complain(f"{error}\nNo report was written.", _FAILS)
    except ImportError as error:
        return _complain(str(error), _BAD_INPUT)
    except OSError as error:
        return _complain(
            f"writing failed ({error.strerror or error}); no report was written.", _BAD_INPUT
        )
    except KeyboardInterrupt:
        return _complain("stopped; no report was written.", _INTERRUPTED)
    finally:
        if previous is not None:
            signal.signal(signal.SIGTERM, previous)
    sys.stdout.write(f"{result.verdict}.\n{result.html}\n{result.json}\n")
    return _HOLDS if result.holds else _FAILS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wiatowski", description="Deep convolutional feature extractors with checked theorems."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = commands.add_parser(
        "verify",
        help="check every theorem on one extractor and one image and write a report",
        description="Extract the features of an image, check every theorem on exactly this "
        "extractor and image, and write report.html and report.json.",
        epilog="Exit status: 0 if every applicable claim holds, 1 if one fails or none is "
        "applicable, 2 for bad input.",
    )
    which = verify.add_mutually_exclusive_group()
    which.add_argument("--image", metavar="FILE", help="image file, or .npy array (H, W[, 3])")
    which.add_argument(
        "--photo",
        metavar="NAME",
        default="grace_hopper",
        help=f"bundled photo: {', '.join(PHOTOS)} (default: %(default)s)",
    )
    verify.add_argument(
        "--extractor",
        metavar="NAME",
        default="scattering",
        help=f"{', '.join(PRESETS)}, or a .toml file (default: %(default)s)",
    )
    verify.add_argument("--out", metavar="DIR", default="report", help="default: %(default)s")
    verify.add_argument(
        "--size",
        type=whole(2),
        default=256,
        help="the longer side is shrunk to this many pixels, never enlarged (default: %(default)s)",
    )
    verify.add_argument(
        "--seed", type=SEED, default=0, help="of random cases (default: %(default)s)"
    )
    verify.add_argument(
        "--band",
        type=whole(1),
        default=8,
        help="largest frequency per side kept for deformations (default: %(default)s)",
    )
    verify.add_argument(
        "--admissible",
        action="store_true",
        help="rescale the filters so that the theorems apply",
    )
    verify.set_defaults(run=_verify)
    add_explain(commands)
    add_certify(commands)
    add_transform(commands)
    return parser


def _complain(message: str, status: int) -> int:
    sys.stderr.write(f"wiatowski verify: {message}\n")
    return status


def _stop_on_terminate():
    """Let SIGTERM clean up as Ctrl-C does; only the main thread may ask for that."""

    def stop(number, frame):
        raise KeyboardInterrupt

    try:
        return signal.signal(signal.SIGTERM, stop)
    except ValueError:
        return None


if __name__ == "__main__":
    sys.exit(main())
