"""Sweeps: every setting of a grid, with several seeds each; what is finished is never run again.

A photo is seen once for all runs that see it in the same way, in the threads of this process; what
was seen, some 60 kB a photo, is kept until these runs are over, and sent to the processes that
group it. A row depends on its settings and
its seed alone, so the table is the same whatever the order, the number of jobs or interruptions.
"""

from __future__ import annotations

import functools
import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imagegroup import process
from imagegroup.cache import Cache
from imagegroup.coordinates import principal_coordinates
from imagegroup.evaluate import apart, compare_with_folders, true_labels
from imagegroup.fitting import NoElbow
from imagegroup.grouping import Grouping, group_observed, observe_images
from imagegroup.images import Listing, list_folder
from imagegroup.names import display_name
from imagegroup.recipes import DEFAULT, Recipe, is_ours, observing_values
from imagegroup.runcards import hash_images, hash_settings, versions
from imagegroup.skips import Skipped
from imagegroup.stability import stability
from imagegroup.sweep_rows import Row, append_row, cell, checked_file, read_rows, write_rows
from imagegroup.vectors import Observation

SCORES = ("ari", "nmi", "accuracy", "silhouette", "stability")
NUMBERS = ("seed", "k", *SCORES, "n", "no_features", "seconds")
RESULTS = (*NUMBERS[1:], "note", "labels", "true")
SOURCE = ("images", "recipe", "versions")
"""What every row says of where it comes from: rows from elsewhere are not taken for ours."""


@dataclass(frozen=True)
class Run:
    """One setting with one seed, which is the recipe's `random_state`."""

    settings: tuple[tuple[str, object], ...]
    recipe: Recipe

    @property
    def identity(self) -> Row:
        """The cells that tell this run from the others of its sweep."""
        named = {column_name(name): cell(value) for name, value in self.settings}
        return {**named, "seed": cell(self.recipe.random_state)}


def plan_runs(
    grid: Mapping[str, Sequence[object]], recipe: Recipe = DEFAULT, seeds: int = 5
) -> list[Run]:
    """List the runs of a grid: all combinations, each with seeds 0 to seeds - 1.

    Raises
    ------
    TypeError, ValueError
        A name that is no field of Recipe or OrbParams, a value that cannot be used, one given
        twice, or no value.

    Examples
    --------
    >>> runs = plan_runs({"n_features": [300, 1000, 2000], "n_levels": [1, 8]}, seeds=5)
    >>> len(runs)  # 3 * 2 * 5
    30
    """
    if isinstance(seeds, bool) or seeds < 1:
        raise ValueError(f"seeds={seeds}: expected a whole number from 1.")
    for name, values in grid.items():
        if name in ("orb", "random_state"):
            raise ValueError(f"{name} cannot be swept: give ORB's fields by name, and seeds=N.")
        texts = [cell(value) for value in values]
        if not texts or len(set(texts)) < len(texts):
            raise ValueError(f"{name}={', '.join(texts)}: expected values, each of them once.")
    combinations = itertools.product(*grid.values())
    settings = [tuple(zip(grid, values, strict=True)) for values in combinations]
    recipes = [recipe.with_values(**dict(pairs)) for pairs in settings]
    return [
        Run(pairs, replace(recipe, random_state=seed))
        for pairs, recipe in zip(settings, recipes, strict=True)
        for seed in range(seeds)
    ]


def sweep_recipes(
    folder: str | Path,
    grid: Mapping[str, Sequence[object]],
    recipe: Recipe = DEFAULT,
    seeds: int = 5,
    *,
    out: str | Path | None = None,
    jobs: int = 0,
    recursive: bool = True,
    progress: bool = False,
    cache: Cache | None = None,
):
    """Group a folder by every setting of a grid, with several seeds each, and score the groups.

    Parameters
    ----------
    folder : path
        If all images lie in sub-folders, and not in a single one, these are the known labels.
    grid : dict of name to values
        Fields of Recipe or OrbParams; the others are those of `recipe`.
    recipe : Recipe
    seeds : int
        Seeds 0 to seeds - 1 for the vocabulary and K-means.
    out : path, optional
        A CSV file outside the folder. Each row is on the disk as soon as it is finished, and is
        never run again; more seeds may be asked for later.
    jobs : int
        Processes that group, and threads that read; 0 means one per core.
    recursive, progress, cache
        As for `group_images`.

    Returns
    -------
    pandas.DataFrame
        One row a run, in the order of the grid, then of the seeds: the settings (`k` as
        "k_setting"), "seed", "k" as it came out; "ari", "nmi", "accuracy" against known labels;
        "silhouette"; "stability" where no labels are known; "n" images read, "no_features" of
        them; "seconds" of grouping; "note" why there are no groups; "labels" and "true" as text,
        see `effects.labels_of`; and `SOURCE`. Only "seconds" differs between equal sweeps.

    Raises
    ------
    FileNotFoundError, NotADirectoryError, PermissionError
        The folder is missing, is a file, or cannot be read.
    TypeError, ValueError
        What `plan_runs` raises; `out` lies in the folder, or holds another sweep.

    Examples
    --------
    >>> import tempfile
    >>> from imagegroup.samples import make_album
    >>> with tempfile.TemporaryDirectory() as place:
    ...     album = make_album(Path(place) / "album", views=2)
    ...     quick = DEFAULT.with_values(grid_step=0, colour=0, k=12, n_init=1)
    ...     table = sweep_recipes(album, {"n_features": [50, 500]}, quick, seeds=2, jobs=1)
    >>> table[["n_features", "seed", "k", "n"]].to_numpy().tolist()  # 12 photos x 2 views
    [[50, 0, 12, 24], [50, 1, 12, 24], [500, 0, 12, 24], [500, 1, 12, 24]]
    """
    from tqdm import tqdm

    runs = plan_runs(grid, recipe, seeds)
    folder = Path(folder).expanduser()
    listing = list_folder(folder, recursive)
    names = (*map(column_name, grid), "seed")
    columns = (*names, *RESULTS, *SOURCE)
    source = _source(folder, listing, grid, recipe)
    out = None if out is None else checked_file(out, folder)
    rows = _finished_before(out, columns, source, names)
    missing = [run for run in runs if _key(run.identity, names) not in rows]
    if out is not None:
        write_rows(out, columns, list(rows.values()))  # without the torn end of an interrupted run
    finished = _run_all(folder, listing, missing, jobs, cache)
    shown = progress and len(missing) > 0
    for row in tqdm(finished, "sweep", len(missing), unit="run", disable=not shown):
        row |= source
        if out is not None:
            append_row(out, columns, row)
        rows[_key(row, names)] = row
    if out is not None:
        write_rows(out, columns, _in_order(rows, runs, names))
    return _table([rows[_key(run.identity, names)] for run in runs], runs)


def _source(folder: Path, listing: Listing, grid: Mapping, recipe: Recipe) -> Row:
    """Say what the rows of one sweep have in common."""
    texts = {name: list(map(cell, values)) for name, values in grid.items()}
    return {
        "images": hash_images(folder, listing.paths)[:16],
        "recipe": hash_settings(recipe, texts)[:16],
        "versions": cell(", ".join(f"{n} {v}" for n, v in versions().items())),
    }


def _finished_before(out, columns, source: Row, names: Sequence[str]) -> dict[tuple, Row]:
    rows = [] if out is None else read_rows(out, columns)
    for row in rows:
        for name, what in zip(SOURCE, ("images", "grid or recipe", "versions"), strict=True):
            if row[name] != source[name]:
                raise ValueError(
                    f"{display_name(out)} holds a sweep of other {what}: "
                    "name a new file, or delete that one."
                )
    return {_key(row, names): row for row in rows}


def _key(row: Row, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[name] for name in names)


def column_name(name: str) -> str:
    """Return the column of a setting: its name, but "k_setting" for k, which is what came out."""
    return "k_setting" if name == "k" else name


def _in_order(rows: dict[tuple, Row], runs: Sequence[Run], names: Sequence[str]) -> list[Row]:
    """Sort by the grid, then by the seed; a file may hold more seeds than were asked for now."""
    places = {_key(run.identity, names)[:-1]: i for i, run in enumerate(runs)}
    return [rows[key] for key in sorted(rows, key=lambda key: (places[key[:-1]], int(key[-1])))]


def _run_all(
    folder: Path, listing: Listing, runs: Sequence[Run], jobs: int, cache: Cache | None
) -> Iterator[Row]:
    """Yield the rows of the runs as they are finished."""
    from joblib import Parallel, delayed

    groups: dict[str, list[Run]] = {}
    for run in runs:
        seen = json.dumps(observing_values(run.recipe), sort_keys=True, default=float)
        groups.setdefault(seen, []).append(run)
    tasks = (
        delayed(_run)(folder, listing, run, observed)
        for alike in groups.values()
        for observed in [_observe(folder, listing, alike[0].recipe, jobs, cache)]
        for run in alike
    )
    jobs = jobs if all(is_ours(run.recipe) for run in runs) else 1
    yield from Parallel(n_jobs=jobs or -1, return_as="generator_unordered")(tasks)


def _observe(
    folder: Path, listing: Listing, recipe: Recipe, jobs: int, cache: Cache | None
) -> dict[str, Observation | Skipped]:
    kept = cache is not None and is_ours(recipe)
    recall = cache.recall(observing_values(recipe), folder) if kept else None
    paths = list(listing.paths)
    observed = observe_images(folder, paths, recipe, jobs, recall)
    return dict(zip(paths, observed, strict=True))


def _run(folder: Path, listing: Listing, run: Run, observed: Mapping) -> Row:
    """Group once; a setting that gives no groups gets a row that says why."""
    start = time.perf_counter()
    results: dict[str, object] = dict.fromkeys(RESULTS, float("nan"))
    with process.one_thread():  # sums over several threads round differently
        try:
            read = functools.partial(map, observed.__getitem__)
            results |= _results(group_observed(folder, listing, run.recipe, read))
        except (NoElbow, ValueError) as error:
            results["note"] = " ".join(str(error).split())
    results["seconds"] = round(time.perf_counter() - start, 3)
    return run.identity | {name: cell(value) for name, value in results.items()}


def _results(grouping: Grouping) -> dict[str, object]:
    scores = compare_with_folders({"": grouping}).get("", {})
    results = {
        "k": grouping.k,
        **scores,
        "n": len(grouping.paths),
        "no_features": int((grouping.labels < 0).sum()),
        "note": "" if grouping.k else grouping.criterion,
        "labels": apart(grouping),
    }
    if grouping.sweep is not None:  # scenes have none, and K-means no part in them
        results["silhouette"] = grouping.sweep.silhouettes[grouping.sweep.ks == grouping.k][0]
    if scores:
        results["true"] = np.unique(true_labels(grouping.paths), return_inverse=True)[1]
    elif grouping.sweep is not None:
        results["stability"] = _stability(grouping)
    return results


def _stability(grouping: Grouping) -> float:
    """Ask for the stability of the groups in the coordinates that K-means saw."""
    recipe = grouping.recipe
    points = grouping.vectors[grouping.labels >= 0]
    if recipe.n_dims:
        points = principal_coordinates(points, max(recipe.n_dims, grouping.k))
    try:
        return stability(points, grouping.k, random_state=recipe.random_state)
    except ValueError:  # nearly as many groups as images: too few are left when some are left out
        return float("nan")


def _table(rows: Sequence[Row], runs: Sequence[Run]):
    import pandas as pd

    table = pd.DataFrame(rows)
    for name in NUMBERS:
        table[name] = pd.to_numeric(table[name])
    for name, _ in runs[0].settings:
        table[column_name(name)] = [dict(run.settings)[name] for run in runs]
    return table
