"""The command line: a thin shell over the functions of the package."""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from imagegroup.cli_parser import (
    DIFFERENT,
    INTERRUPTED,
    MENDABLE,
    NO_ELBOW,
    OK,
    RECIPES,
    build_parser,
)
from imagegroup.fitting import NoElbow
from imagegroup.grouping import group_images
from imagegroup.names import display_name
from imagegroup.recipes import Recipe
from imagegroup.tables import group_table, score_table, summary


class UserError(Exception):
    """Something the user can mend; printed as one line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process when left out.

    Returns
    -------
    int
        0 done, 1 `verify` found a difference, 2 something the user can mend, 3 no elbow found,
        130 interrupted.
    """
    from imagegroup.export import ExportError

    if argv is None:
        _silence_decoders()
    try:
        arguments = build_parser().parse_args(argv)
        return COMMANDS[arguments.command](arguments)
    except NoElbow as error:
        return _complain(error, NO_ELBOW)
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (UserError, ExportError, ValueError, TypeError, OSError) as error:
        if os.environ.get("IMAGEGROUP_TRACEBACK"):  # for those who mend imagegroup itself
            raise
        return _complain(error, MENDABLE)
    except MemoryError:
        return _complain("memory ran out: give fewer images, or a smaller --jobs.", MENDABLE)
    except KeyboardInterrupt:
        return _complain("interrupted: nothing was left half done", INTERRUPTED)


def recipe_from(arguments: argparse.Namespace, k: str | None) -> Recipe:
    """Build the recipe that the options describe.

    Raises
    ------
    UserError, ValueError, TypeError
        A setting that does not exist, or a value that cannot be used.
    """
    values: dict[str, object] = {}
    for setting in arguments.settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise UserError(f"--set {setting}: expected NAME=VALUE, such as --set n_features=300.")
        values[name.strip()] = _value(text.strip())
    if k is not None:
        values["k"] = _value(k)
    if getattr(arguments, "seed", None) is not None:
        values["random_state"] = arguments.seed
    return RECIPES[arguments.recipe].with_values(**values)


def run_group(arguments: argparse.Namespace) -> int:
    """Group a folder, print the groups, and export them when OUT is given."""
    return _group_and_export(given_path(arguments.folder), arguments)


def run_demo(arguments: argparse.Namespace) -> int:
    """Make the sample album, group it, and say how well that went."""
    from imagegroup.samples import album_folder, make_album

    folder = make_album(album_folder(arguments.difficulty), arguments.difficulty)
    print(f"album: {folder}", file=sys.stderr)
    return _group_and_export(folder, arguments, labelled=True)


def run_score(arguments: argparse.Namespace) -> int:
    """Group a labelled folder with several seeds and print the scores."""
    from imagegroup.evaluate import score_folder

    if arguments.seeds < 1:
        raise UserError(f"--seeds {arguments.seeds}: expected a number from 1.")
    k_true = arguments.k == "true"
    scores = score_folder(
        given_path(arguments.folder),
        recipe_from(arguments, None if k_true else arguments.k),
        seeds=arguments.seeds,
        k_true=k_true,
        jobs=_jobs(arguments),
        recursive=not arguments.no_recursive,
        progress=sys.stderr.isatty(),
    )
    print(json.dumps(scores) if arguments.json else score_table(scores))
    return OK


def run_sweep(arguments: argparse.Namespace) -> int:
    """Group a folder by every setting of a grid and print what can be said of the differences."""
    from imagegroup.cli_sweep import read_grid, sweep_and_print

    recipe = recipe_from(arguments, arguments.k)
    grid = read_grid(arguments.grid, _value)
    sweep_and_print(given_path(arguments.folder), grid, recipe, _jobs(arguments), arguments)
    return OK


def run_verify(arguments: argparse.Namespace) -> int:
    """Compare an export with its manifest."""
    from imagegroup.export import verify_export

    report = verify_export(arguments.out)
    print("\n".join(report.lines()))
    return OK if report.ok else DIFFERENT


def run_undo(arguments: argparse.Namespace) -> int:
    """Remove what an export wrote and nothing else."""
    from imagegroup.export import undo_export

    report = undo_export(arguments.out, dry_run=not arguments.yes)
    print("\n".join(report.lines()))
    return OK


def run_cache(arguments: argparse.Namespace) -> int:
    """Say what the cache holds, or empty it."""
    from imagegroup.cache import Cache

    cache = Cache()
    place = display_name(cache.folder)
    if arguments.action == "clear":
        print(f"removed {cache.clear():,} entries from {place}")
    else:
        entries, size = cache.size()
        print(f"{place}: {entries:,} entries, {size / 1e6:,.1f} MB")
        print(f"kept to {cache.limit_bytes / 1e6:,.0f} MB; what was used longest ago goes first")
    return OK


def run_app(arguments: argparse.Namespace) -> int:
    """Serve the app to a browser until Ctrl-C."""
    from imagegroup.cli_app import serve_app

    serve_app(given_path(arguments.folder))
    return OK


def given_path(text: str) -> Path:
    """Return the path that the user meant, who may have pasted it with quotes or a space."""
    path = Path(text).expanduser()
    return path if path.exists() else Path(text.strip().strip("\"'").strip()).expanduser()


def _group_and_export(folder: Path, arguments, labelled: bool = False) -> int:
    from imagegroup.export import check_out, plan_export

    recipe = recipe_from(arguments, arguments.k)
    if arguments.out is not None:
        check_out(folder, arguments.out)  # before the work, not after it
    if arguments.report is not None:
        from imagegroup.report import check_report  # matplotlib: only when it is needed

        check_report(arguments.report)
    grouping = group_images(
        folder,
        recipe,
        jobs=_jobs(arguments),
        recursive=not arguments.no_recursive,
        progress=sys.stderr.isatty(),
        batches=arguments.batches,
    )
    for export in grouping.exports:
        print(f"left out, an export of ours: {display_name(export)}", file=sys.stderr)
    print(json.dumps(summary(grouping)) if arguments.json else group_table(grouping, labelled))
    side = sys.stderr if arguments.json else sys.stdout  # --json: one object on stdout
    if arguments.report is not None:
        print(_report(grouping, arguments), file=side)
    if arguments.out is None:
        return OK
    plan = plan_export(grouping, arguments.out, method=arguments.method)
    if arguments.dry_run:
        print("\n".join(plan.lines()), file=side)
        return OK
    print(_apply(plan), file=side)
    return OK


def _report(grouping, arguments: argparse.Namespace) -> str:
    from imagegroup.report import write_report

    if arguments.dry_run:
        return f"would write the report {display_name(arguments.report)}"
    return f"report: {display_name(write_report(grouping, arguments.report))}"


def _apply(plan) -> str:
    from tqdm import tqdm

    from imagegroup.export import apply_export

    with tqdm(total=len(plan.entries), desc="exporting", delay=1, leave=False, disable=None) as bar:
        return apply_export(plan, progress=bar.update).message


def _jobs(arguments: argparse.Namespace) -> int:
    if arguments.jobs < 0:
        raise UserError(f"--jobs {arguments.jobs}: expected 0 (one per core) or more.")
    return arguments.jobs


def _value(text: str) -> object:
    """Read a value as Python would: 7, 1.2, (2, 3); anything else, such as a word, stays text."""
    if text.lower() == "none":
        return None
    if ".." in text:  # a range of k, both ends included: 2..20
        low, _, high = text.partition("..")
        return tuple(range(int(low), int(high) + 1))
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _silence_decoders() -> None:
    """Keep the C libraries that decode images from writing to our stderr.

    Only when we are the whole process: the second file descriptor belongs to all of it.
    """
    with contextlib.suppress(OSError, AttributeError, ValueError):  # no stderr, or not a file
        sys.stderr = os.fdopen(os.dup(sys.stderr.fileno()), "w", 1, errors="backslashreplace")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _complain(error: object, code: int) -> int:
    print(f"imagegroup: {' '.join(str(error).split())}", file=sys.stderr)
    return code


COMMANDS = {
    "group": run_group,
    "score": run_score,
    "sweep": run_sweep,
    "demo": run_demo,
    "verify": run_verify,
    "undo": run_undo,
    "cache": run_cache,
    "app": run_app,
}
