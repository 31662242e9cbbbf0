"""The command `wiatowski explain`."""

from __future__ import annotations

import argparse
import sys

from wiatowski.options import missing_for_reports, whole

WRITTEN, BAD_INPUT, INTERRUPTED = 0, 2, 130


def add_explain(commands) -> None:
    """The subcommand's arguments."""
    explain = commands.add_parser(
        "explain",
        help="show which parts of a photo a network's decision comes from",
        description="Classify a photo, explain the top classes (or those named) with every method, and "
        "write explanation.html, explanation.json and explanation.png.",
        epilog="Exit status: 0 if the files are written, 2 for bad input, 130 after Ctrl-C.",
    )
    explain.add_argument(
        "photo",
        metavar="PHOTO",
        help="an image file or .npy array, a bundled photo such as grace_hopper, or a labelled one: "
        "imagenet_00 to imagenet_19",
    )
    explain.add_argument(
        "--network",
        metavar="NAME",
        default="squeezenet",
        help="squeezenet or efficientnet_lite0, whose weights are fetched once; with --weights also vgg16, "
        "resnet50, googlenet (default: %(default)s)",
    )
    explain.add_argument(
        "--weights",
        metavar="FILE",
        help="a state dictionary with torchvision's names, .pth or .safetensors",
    )
    which = explain.add_mutually_exclusive_group()
    which.add_argument(
        "--classes", metavar="NAME,...", help="up to ten names or numbers with commas between"
    )
    which.add_argument(
        "--top",
        type=whole(1),
        default=3,
        help="so many likeliest classes, up to ten (default: %(default)s)",
    )
    explain.add_argument(
        "--layer",
        metavar="NAME",
        help="whose maps, by name or number (default: the last one whose maps are not yet scores)",
    )
    explain.add_argument(
        "--methods",
        metavar="NAME,...",
        help="of cam, grad_cam, grad_cam_plus_plus, score_cam, saliency, guided_backpropagation, "
        "guided_grad_cam, guided_grad_cam_plus_plus, guided_score_cam (default: all that the network can carry)",
    )
    explain.add_argument("--out", metavar="DIR", default="explanation", help="default: %(default)s")
    explain.add_argument("--quiet", action="store_true", help="no progress")
    explain.set_defaults(run=_explain)


def _explain(arguments: argparse.Namespace) -> int:
    missing = missing_for_reports()
    if missing:
        return _complain(missing, BAD_INPUT)
    from wiatowski import report  # matplotlib and jinja2 are extras

    options = vars(arguments)
    question = report.Question(**{name: options[name] for name in report.Question._fields})
    try:
        result = report.explained(question, report.Progress(arguments.quiet))
    except (report.InputError, ImportError) as error:
        return _complain(str(error), BAD_INPUT)
    except OSError as error:
        return _complain(
            f"writing failed ({error.strerror or error}); nothing was written.", BAD_INPUT
        )
    except KeyboardInterrupt:
        return _complain("stopped; nothing was written.", INTERRUPTED)
    lines = [f"{name}: {probability:.3g}" for name, probability in result.classes]
    sys.stdout.write(
        "\n".join([*lines, str(result.html), str(result.json), str(result.png)]) + "\n"
    )
    return WRITTEN


def _complain(message: str, status: int) -> int:
    sys.stderr.write(f"wiatowski explain: {message}\n")
    return status
