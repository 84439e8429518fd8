"""What `imagegroup sweep` does: read the grid, sweep, say what differs beyond the noise."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from imagegroup.effects import compare_values
from imagegroup.names import display_name
from imagegroup.recipes import Recipe
from imagegroup.sweeps import column_name, sweep_recipes

_COMMA = re.compile(r",(?![^(]*\))")  # not one inside brackets: ks=(2,3),(4,5) are two values


def read_grid(texts: Sequence[str], read: Callable[[str], object]) -> dict[str, list]:
    """Read texts such as "n_levels=1,4,8"; `read` reads one value.

    Raises
    ------
    ValueError
        A text without name or values, or a name given twice.

    Examples
    --------
    >>> read_grid(["n_levels=1,4,8", "k=elbow"], lambda text: int(text) if text < "a" else text)
    {'n_levels': [1, 4, 8], 'k': ['elbow']}
    """
    grid: dict[str, list] = {}
    for text in texts:
        name, _, values = (part.strip() for part in text.partition("="))
        if not name or not values:
            raise ValueError(f"--grid {text}: expected NAME=A,B,C, such as n_features=300,1000.")
        if name in grid:
            raise ValueError(f"--grid {text}: {name} is given twice; list its values once.")
        grid[name] = [read(value.strip()) for value in _COMMA.split(values)]
    return grid


def sweep_and_print(
    folder: Path,
    grid: dict[str, list],
    recipe: Recipe,
    jobs: int,
    arguments: argparse.Namespace,
) -> None:
    """Sweep, and print the means of each setting, the differences in words, and where it all is."""
    table = sweep_recipes(
        folder,
        grid,
        recipe,
        arguments.seeds,
        out=arguments.out,
        jobs=jobs,
        recursive=not arguments.no_recursive,
        progress=sys.stderr.isatty(),
    )
    names = [column_name(name) for name in grid]
    score = "silhouette" if table["ari"].isna().all() else "ari"
    print(settings_table(table, names, score))
    for note in table["note"][table["note"] != ""].unique():
        print(f"\n{(table['note'] == note).sum()} runs without groups: {display_name(note)}")
    if arguments.seeds > 1 and not table[score].isna().any():
        pairs = [c for name in names for c in compare_values(table, name, score)]
        print("\n" + "\n".join(map(str, pairs)) if pairs else "")
    if arguments.out is not None:
        print(f"\n{len(table)} runs in {display_name(arguments.out)}")


def settings_table(table, names: Sequence[str], score: str) -> str:
    """Return a line for each setting: its k, the mean score, and its spread over the seeds."""
    lines = ["  ".join([*(f"{name:>14}" for name in names), f"{score:>10}      sd  k"])]
    for values, runs in table.groupby([table[n].map(str) for n in names], sort=False):
        sd = runs[score].std() if len(runs) > 1 else 0.0
        ks = " ".join(f"{k:.0f}" for k in runs["k"])
        cells = [f"{value:>14}" for value in values]
        lines.append("  ".join([*cells, f"{runs[score].mean():>10.3f}  {sd:6.3f}  {ks}"]))
    return "\n".join(lines)
