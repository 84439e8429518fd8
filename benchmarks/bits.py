"""Are the groups the same bits under every setting? A table, in half an hour on two cores.

    python benchmarks/bits.py DATA                       every setting on four sets of photos
    python benchmarks/bits.py DATA --write here.json     what came out here, for another machine
    python benchmarks/bits.py DATA --against here.json   compare with what came out there

Each row is a new process, compared with the first of its set: `equal`, the first step that differs
and in which call, or why this machine cannot tell. `--python` names another interpreter, with its
options, `--cache` a folder of observations, so that OpenCV need not be the same there.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bits_settings import (
    BASE,
    KERNELS,
    Setting,
    combined,
    features_off,
    first_difference,
    first_difference_by_content,
    kernel,
    missing,
    one_at_a_time,
    renamed,
    run,
    threads,
    with_duplicates,
)

SETS = ("views", "cats_cars", "simple3", "corel10")
ENCODINGS = ("vlad", "words")
COMBINATIONS = 20
SEEDS = (1, 2, 3, 4)


class Table:
    """Rows as they are found, and how many there were of each kind."""

    def __init__(self) -> None:
        self.counts = Counter()

    def add(self, what: str, setting: str, differs: str | None, lacking: str | None = None) -> None:
        """Print a row."""
        kind = "not here" if lacking else "differs" if differs else "equal"
        self.counts[kind] += 1
        found = f"not here: {lacking}" if lacking else f"differs: {differs}" if differs else kind
        print(f"{what:24} {setting:64} {found}", flush=True)

    def compare(self, what: str, base: dict, setting: Setting, answer: dict) -> None:
        """Print how an answer compares with its base."""
        self.add(what, setting.name, first_difference(base, answer), missing(setting, answer))


def jobs_of(data: Path, cache: Path) -> dict[str, dict]:
    """List what is grouped: every set by every encoding, views by scenes and other seeds too."""
    jobs = {}
    for name in SETS:
        for encoding in ENCODINGS:
            jobs[f"{name}, {encoding}"] = {"folder": name, "values": {"encoding": encoding}}
    jobs["views, scenes"] = {"folder": "views", "recipe": "SCENES"}
    for seed in SEEDS:
        jobs[f"views, seed {seed}"] = {"folder": "views", "values": {"random_state": seed}}
    for job in jobs.values():
        job |= {"folder": str(data / job["folder"]), "cache": str(cache), "by_content": True}
    jobs["degenerate sets"] = {"degenerate": True}
    return jobs


def settings_for(what: str, features: list[str]) -> list[Setting]:
    """List the settings that a job is tried under."""
    if "seed" in what:
        return [kernel("Nehalem")]
    if "degenerate" in what:
        kernels = ("Haswell", "Sandybridge", "Nehalem", "Prescott")
        return [*map(kernel, kernels), threads(2), features_off(features)]
    if "scenes" in what:
        return [*map(kernel, KERNELS), threads(2), features_off(features)]
    settings = one_at_a_time(features)
    return settings + combined(COMBINATIONS, features) if what == "views, vlad" else settings


def compare_names(table: Table, what: str, job: dict, start) -> None:
    """Group copies of the photos, some of them twice, under their names and under others."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        copies = with_duplicates(Path(job["folder"]), place / "photos")
        others = renamed(copies, place / "others")
        as_named, other = (start({**job, "folder": str(f)}) for f in (copies, others))
    table.add(what, "other names and folders", first_difference_by_content(as_named, other))


def main() -> None:
    """Print the table; ends with 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help=f"folder of {', '.join(SETS)}")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--cache", type=Path, help="folder of observations to use")
    parser.add_argument("--python", type=shlex.split, default=[sys.executable])
    parser.add_argument("--write", type=Path, help="write what came out, and try no settings")
    parser.add_argument("--against", type=Path, help="compare with this, and try no settings")
    arguments = parser.parse_args()
    start, table, written = partial(run, python=arguments.python), Table(), {}
    known = json.loads(arguments.against.read_text()) if arguments.against else {}
    with tempfile.TemporaryDirectory() as temporary:
        cache = arguments.cache or Path(temporary) / "observations"
        for what, job in jobs_of(arguments.data.resolve(), cache).items():
            if arguments.only not in what:
                continue
            base = written[what] = start(job)
            if arguments.against:
                said = base["machine"]
                here = Setting(f"Python {said['python']}, NumPy {said['numpy']}, {said['kernels']}")
                table.compare(what, known[what], here, base)
            if arguments.against or arguments.write:
                continue
            table.compare(what, base, BASE, start(job))
            for setting in settings_for(what, base["machine"]["features"]):
                table.compare(what, base, setting, start(job, setting))
            if what.endswith(ENCODINGS):
                compare_names(table, what, job, start)
    if arguments.write:
        arguments.write.write_text(json.dumps(written, indent=1))
    print(", ".join(f"{count} {kind}" for kind, count in table.counts.items()))
    sys.exit(table.counts["differs"] > 0)


if __name__ == "__main__":
    main()
