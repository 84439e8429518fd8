"""The check of matching with the ratio test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.matching import ratio_test
from imagegroup.teach.checking import Case, Exercise, Misread, Property, run_check
from imagegroup.teach.readers import describe, read_array
from imagegroup.teach.result import CheckResult

NEAREST = Property(
    "M9",
    "A distance is small where two are alike: a row belongs to its smallest distance.",
    "Do you look for the smallest or for the largest?",
    "np.argmin along a row gives the column of its nearest.",
)
ANY_PLACE = Property(
    "M10",
    "The i-th of one photo is not the i-th of the other: each row is compared with every column, "
    "and a match is (row, column).",
    "Which axis do you search along, and what is the first number of your pairs?",
    "Take the rows one by one; in each, search all columns.",
)
CLEARLY = Property(
    "M9",
    "A distance says nothing alone: the nearest must be clearly nearer than the second nearest, "
    "less than ratio times as far.",
    "What does your function compare the smallest distance with?",
    "Sort a row: the smallest must be below ratio times the second smallest, and strictly.",
)
ALONE = Property(
    "M9",
    "Without a second nearest there is nothing to compare with, and so no match.",
    "What is the second smallest of a row with one number?",
    "Return no matches when there are fewer than two columns.",
)
NO_RANK = Property(
    "M8",
    "Those that come first have no privilege: every row is judged by itself, and two rows may name "
    "the same column.",
    "Does an early row keep a later one from its column, or does the list end too soon?",
    "Do not strike out columns and do not stop early.",
)


def check_match_ratio(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `match(distances, ratio) -> list of (row, column)`, matching with the ratio test.

    Parameters
    ----------
    function : callable
        Gets `distances`, (n, m) int, and `ratio`, float; returns for each row whose nearest column
        is less than ratio times as far as its second nearest the pair (row, column), in any order.
        With fewer than two columns there are none.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_match_ratio(...).outcome
    'not attempted'
    """
    return run_check(MATCH_RATIO, _cases(np.random.default_rng(seed)), function)


def _cases(rng: np.random.Generator) -> list[Case]:
    near, far = int(rng.integers(8, 25)), int(rng.integers(110, 140))
    tables = [
        ("one row with its nearest in column 0", [[near, far, far + 9]], NEAREST),
        (
            "three rows, their nearest in columns 2, 0 and 3",
            [[far, far, near, far], [near, far, far, far], [far, far, far, near]],
            ANY_PLACE,
        ),
        ("a row with two columns about as near", [[far, near + 1, near, far]], CLEARLY),
        ("a row whose nearest is far, the others much farther", [[90, 200, 210]], CLEARLY),
        ("a row whose nearest is exactly ratio times as far", [[30, 40, far]], CLEARLY),
        ("a row with two distances of 0", [[0, far, 0]], CLEARLY),
        ("a row with the nearest last", [[far, far - 5, near]], CLEARLY),
        (
            "three rows that are all nearest to column 1",
            [[far, near, far], [far, near + 2, far], [far, near - 1, far]],
            NO_RANK,
        ),
        ("two rows and a single column", [[near], [far]], ALONE),
    ]
    lot = rng.integers(60, 200, (60, 25))
    lot[np.arange(60), rng.integers(0, 25, 60)] = rng.integers(0, 70, 60)
    tables.append(("60 rows and 25 columns drawn by lot", lot, NO_RANK))
    cases = [
        Case((np.array(table), 0.75), _pairs(table, 0.75), f"{shown} (ratio 0.75)", kept)
        for shown, table, kept in tables
    ]
    stricter = Case((lot, 0.5), _pairs(lot, 0.5), "the same rows with a ratio of 0.5", CLEARLY)
    return [*cases, stricter]


def _pairs(distances: object, ratio: float) -> set[tuple[int, int]]:
    return {(int(row), int(column)) for row, column in ratio_test(np.array(distances), ratio)}


def _read(returned: object, case: Case) -> list[tuple[float, float]]:
    expected = "a list of pairs (row, column)"
    if not isinstance(returned, (list, tuple, set, np.ndarray)):
        raise Misread(f"{describe(returned)}; expected {expected}")
    listed = list(returned)
    if not listed:
        return []
    pairs = read_array(listed, (len(listed), 2), expected)
    n, m = case.arguments[0].shape
    for row, column in pairs.tolist():
        if not (0 <= row < n and 0 <= column < m):
            told = f"a match of row {row:g} with column {column:g}"
            raise Misread(f"{told}; expected rows 0 to {n - 1}, columns 0 to {m - 1}", "M10")
    return [(row, column) for row, column in pairs.tolist()]


def _differs(value: list[tuple[float, float]], case: Case) -> str | None:
    for row, column in value:
        if (row, column) not in case.expected:
            return f"a match of row {row:g} with column {column:g}"
    if len(value) > len(set(value)):
        return "a match twice"
    missing = case.expected - set(value)
    return f"no match for row {min(missing)[0]}" if missing else None


MATCH_RATIO = Exercise(
    name="match_ratio",
    call="match(distances, ratio) -> list of (row, column), distances (n, m) int",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/04_orb_parameters.ipynb",
)
