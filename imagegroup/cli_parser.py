"""What the command line understands; `cli` does what it says."""

from __future__ import annotations

import argparse

import imagegroup
from imagegroup.clusters import CRITERIA
from imagegroup.recipes import BY_SCENES, CLASSIC, DEFAULT, SCENES

RECIPES = {"default": DEFAULT, "classic": CLASSIC, "scenes": SCENES}
K_HELP = f"N, or a criterion: {', '.join(CRITERIA)}; or {BY_SCENES}: matched photos, no K-means"
OK, DIFFERENT, MENDABLE, NO_ELBOW, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> None:
        self.exit(MENDABLE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    parser = _Parser(
        prog="imagegroup",
        description="Group a folder of images with ORB features and K-means. "
        "Originals are only ever read.",
        epilog="Exit codes: 0 done, 1 verify found a difference, 2 something you can mend "
        "(one line says what), 3 no elbow found, 130 interrupted.",
    )
    parser.add_argument(
        "--version", action="version", version=f"imagegroup {imagegroup.__version__}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    _add_group(commands)
    _add_score(commands)
    _add_sweep(commands)
    _add_demo(commands)
    _add_verify(commands)
    _add_undo(commands)
    _add_cache(commands)
    _add_app(commands)
    return parser


def _add_group(commands) -> None:
    group = commands.add_parser("group", help="group the images of a folder")
    group.add_argument("folder", metavar="FOLDER")
    _add_recipe_options(group, K_HELP)
    group.add_argument(
        "--seed", type=int, metavar="N", help="seed of the vocabulary and of K-means"
    )
    _add_export_options(group)
    group.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def _add_score(commands) -> None:
    score = commands.add_parser(
        "score", help="group a folder whose first sub-folders are the true labels, and score it"
    )
    score.add_argument("folder", metavar="FOLDER")
    _add_recipe_options(score, f"{K_HELP}; or true: the number of labels")
    score.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="seeds 0 to N-1 (default 5)"
    )
    score.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def _add_sweep(commands) -> None:
    sweep = commands.add_parser(
        "sweep", help="group a folder by every setting of a grid, with several seeds each"
    )
    sweep.add_argument("folder", metavar="FOLDER")
    sweep.add_argument(
        "--grid",
        action="extend",
        nargs="+",
        required=True,
        metavar="NAME=A,B,C",
        help="values of any field of Recipe or OrbParams, such as n_features=300,1000",
    )
    sweep.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="seeds 0 to N-1 (default 5)"
    )
    sweep.add_argument("--out", metavar="FILE", help="CSV of all runs; finished ones are kept")
    _add_recipe_options(sweep, K_HELP)


def _add_demo(commands) -> None:
    demo = commands.add_parser("demo", help="make the sample album and group it")
    demo.add_argument("--difficulty", choices=("easy", "hard"), default="easy")
    _add_recipe_options(demo, K_HELP)
    demo.add_argument("--seed", type=int, metavar="N", help="seed of the vocabulary and of K-means")
    _add_export_options(demo)
    demo.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def _add_verify(commands) -> None:
    verify = commands.add_parser("verify", help="compare an export with its manifest")
    verify.add_argument("out", metavar="OUT")


def _add_undo(commands) -> None:
    undo = commands.add_parser("undo", help="remove what an export wrote, and nothing else")
    undo.add_argument("out", metavar="OUT")
    undo.add_argument("--yes", action="store_true", help="do it; without, only say what would go")


def _add_cache(commands) -> None:
    cache = commands.add_parser(
        "cache", help="look at, or empty, what notebooks keep of photos they have described"
    )
    cache.add_argument("action", choices=("info", "clear"))


def _add_app(commands) -> None:
    app = commands.add_parser("app", help="group photos in the browser, without code")
    app.add_argument(
        "folder", metavar="FOLDER", nargs="?", default=".", help="what the app may look into"
    )


def _add_recipe_options(parser: argparse.ArgumentParser, k_help: str) -> None:
    parser.add_argument("--recipe", choices=tuple(RECIPES), default="default")
    parser.add_argument("--k", metavar="K", help=k_help)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="any field of Recipe or OrbParams, such as n_features=300; may be repeated",
    )
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="threads (default: cores)")
    parser.add_argument("--no-recursive", action="store_true", help="leave sub-folders out")


def _add_export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="OUT", help="copy each group to a folder in OUT")
    parser.add_argument(
        "--method",
        choices=("copy", "hardlink", "symlink"),
        default="copy",
        help="how OUT gets the files (default: copy)",
    )
    parser.add_argument(
        "--report",
        metavar="FILE",
        help="write the groups as one HTML file; replaces an earlier report, nothing else",
    )
    parser.add_argument(
        "--batches",
        metavar="DIR",
        help="keep finished batches of vectors in DIR; an interrupted run, started again, goes on",
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be written")
