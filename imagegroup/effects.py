"""What the table of a sweep says: effects, means, and differences beyond the noise."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imagegroup.compare import Difference, compare_images, compare_seeds, hold_many


@dataclass(frozen=True)
class Comparison:
    """Two values of one parameter, the score of `b` against that of `a`."""

    name: str
    a: object
    b: object
    score: str
    difference: Difference

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.score}, {self.name} {self.b} against {self.a}: {self.difference}"


def labels_of(cells: Sequence[str]) -> np.ndarray:
    """Read the cells of a table's column "labels" or "true", one row a run.

    >>> labels_of(["[0 0 1]", "[0 -1 1]"])
    array([[ 0,  0,  1],
           [ 0, -1,  1]])
    """
    return np.array([cell.strip("[]").split() for cell in cells]).astype(int)


def main_effect(table, name: str, score: str = "ari"):
    """Give the mean score for each value of one parameter, over all settings of the others.

    Returns
    -------
    pandas.DataFrame
        Indexed by the value: "mean", "low" and "high" (95 % t interval over the seeds; nan for one
        seed), "seeds" (tuple of the mean of each seed).

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"n_levels": [1, 1, 8, 8], "seed": [0, 1, 0, 1]})
    >>> table["ari"] = 0.3, 0.5, 0.8, 0.8
    >>> main_effect(table, "n_levels")["mean"].tolist()  # (0.3 + 0.5) / 2 and 0.8
    [0.4, 0.8]
    """
    import pandas as pd
    from scipy.stats import t

    _check(table, [name], score)
    rows = {}
    for value, seeds in _by_seed(table, name, score).iterrows():
        n, mean = len(seeds), seeds.mean()
        reach = t.ppf(0.975, n - 1) * seeds.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
        rows[value] = {"mean": mean, "low": mean - reach, "high": mean + reach}
        rows[value]["seeds"] = tuple(seeds)
    effect = pd.DataFrame.from_dict(rows, orient="index")
    effect.index.name = name
    return effect.loc[list(dict.fromkeys(table[name]))]


def mean_grid(table, rows: str, columns: str, score: str = "ari"):
    """Give the mean score for each pair of values of two parameters, as a pandas.DataFrame."""
    _check(table, [rows, columns], score)
    grid = table.pivot_table(index=rows, columns=columns, values=score, aggfunc="mean", sort=False)
    return grid.loc[list(dict.fromkeys(table[rows])), list(dict.fromkeys(table[columns]))]


def compare_settings(
    table, a: Mapping[str, object], b: Mapping[str, object], score: str = "ari"
) -> list[Difference]:
    """Compare two settings: on these photos, and, where labels are known, on other photos.

    Parameters
    ----------
    table : DataFrame of `sweep_recipes`
    a, b : dict of name to value
        Each names one setting, so that it has one row a seed; else ValueError.
    score : str
        "ari", "nmi" and "accuracy" are asked of other photos too.

    Returns
    -------
    list of Difference
        How much higher b is than a: over the seeds that both have, then over images.
    """
    _check(table, [*a, *b], score)
    one, other = (_runs_of(table, setting) for setting in (a, b))
    seeds = [seed for seed in one.index if seed in other.index]
    one, other = one.loc[seeds], other.loc[seeds]
    found = [compare_seeds(one[score], other[score])]
    if score in ("ari", "nmi", "accuracy"):
        true = labels_of(one["true"][:1])[0]
        groups = (labels_of(runs["labels"]) for runs in (one, other))
        found.append(compare_images(true, *groups, score))
    return found


def compare_values(table, name: str, score: str = "ari") -> list[Comparison]:
    """Compare each pair of values of one parameter over the seeds, adjusted for how many there are.

    For each seed the scores are averaged over all settings of the other parameters, so this speaks
    of these photos and these settings.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"n_levels": [1, 1, 1, 8, 8, 8], "seed": [0, 1, 2] * 2})
    >>> table["ari"] = 0.50, 0.52, 0.48, 0.80, 0.80, 0.80
    >>> [comparison.difference.claimed for comparison in compare_values(table, "n_levels")]
    [True]
    """
    _check(table, [name], score)
    means = _by_seed(table, name, score)
    pairs = list(itertools.combinations(dict.fromkeys(table[name]), 2))
    found = hold_many([compare_seeds(means.loc[a], means.loc[b]) for a, b in pairs])
    return [Comparison(name, *pair, score, d) for pair, d in zip(pairs, found, strict=True)]


def _by_seed(table, name: str, score: str):
    """Give the mean score of each value (rows) and each seed (columns)."""
    return table.pivot_table(index=name, columns="seed", values=score, aggfunc="mean")


def _runs_of(table, setting: Mapping[str, object]):
    chosen = np.logical_and.reduce([table[name] == value for name, value in setting.items()])
    rows = table[chosen].set_index("seed")
    if rows.empty or not rows.index.is_unique:
        raise ValueError(
            f"{dict(setting)} names {len(rows)} runs of {rows.index.nunique()} seeds: "
            "expected one run a seed; name a value of every parameter of the sweep."
        )
    return rows


def _check(table, names: Sequence[str], score: str) -> None:
    for name in (*names, "seed", score):
        if name not in table:
            raise ValueError(f"the table has no column {name!r}: it has {', '.join(table)}.")
    if table[score].isna().any():
        missing = int(table[score].isna().sum())
        raise ValueError(
            f"{missing} of {len(table)} runs have no {score}: see their notes, or leave them out."
        )
