"""The check of K-means' first move: each point goes to its nearest centre."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.kmeans import assign
from imagegroup.teach.checking import Case, Exercise, Misread, Property, run_check
from imagegroup.teach.pictures import draw_groups
from imagegroup.teach.readers import describe, read_array
from imagegroup.teach.result import CheckResult

NEAREST = Property(
    "M15",
    "A point goes to the centre at the smallest distance.",
    "For one point write down its distance to each centre. Which is the smallest?",
    "Make a table of distances, a row for each point; np.argmin along each row.",
)
ALL_COORDINATES = Property(
    "M15",
    "The distance takes in all coordinates, not only the two that a picture can show.",
    "How many coordinates has a point here, and how many does your function read?",
    "Sum the squared differences over the last axis, whatever its length.",
)
STRAIGHT = Property(
    "M15",
    "The distance is the straight one: the root of the sum of the squared differences.",
    "How does your function put the differences in x and y together?",
    "Square the differences, then sum; the root changes no order.",
)
ROW_NUMBER = Property(
    "M11",
    "A label is only the row of a centre in `centers`: not a rank by size or by who came first.",
    "Which number does a group get that the first point does not belong to?",
    "Return the row of the nearest centre as it is; do not number the groups anew.",
)
TIE = Property(
    "M11",
    "Numbers are names, so some rule must decide a tie: of equally near centres the first row "
    "counts.",
    "Which of two equal distances does your comparison keep?",
    "Replace the best so far only by a smaller one, with < and not <=.",
)
UNEVEN = Property(
    "M12",
    "K-means does not look for fair or full groups: one centre may get all points, another none.",
    "Does your function share the points out between the centres?",
    "Judge each point by itself, and do not count how many a centre has.",
)


def check_assign(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `assign(points, centers) -> labels`, the first of K-means' two moves.

    Parameters
    ----------
    function : callable
        Gets `points`, (n, d) float, and `centers`, (k, d) float; returns n whole numbers, the row
        of each point's nearest centre, the first of equally near ones.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_assign(...).outcome
    'not attempted'
    """
    return run_check(ASSIGN, _cases(np.random.default_rng(seed)), function)


def _cases(rng: np.random.Generator) -> list[Case]:
    flat = np.array([[0, 0, 9, 1, 0], [1, 0, 8, 0, 1], [0, 1, 0, 9, 8]])
    five = np.array([[1, 1, 0, 8, 9], [3, 3, 9, 0, 0]])
    crowd = np.vstack([rng.random((7, 2)), [[5, 5]]])
    inputs = [
        ("three points near two centres", [[0, 0], [1, 0], [9, 0]], [[0, 0], [10, 0]], NEAREST),
        ("a first point that belongs to centre 1", [[9, 1], [0, 1]], [[0, 0], [10, 0]], ROW_NUMBER),
        ("seven points near one centre, one near another", crowd, [[0.5, 0.5], [6, 6]], UNEVEN),
        ("three centres, one of them near no point", crowd, [[0, 0], [5, 4], [90, 90]], UNEVEN),
        ("four centres, the large group last", crowd, [[9, 9], [5, 5], [8, 0], [0, 0]], ROW_NUMBER),
        ("points of five coordinates", flat, five, ALL_COORDINATES),
        ("a centre far on one axis, one less far on both", [[0, 0]], [[4, 4], [5, 0]], STRAIGHT),
        ("the same the other way round", [[0, 0]], [[5, 0], [3, 3]], STRAIGHT),
        ("a point near a short centre vector", [[1, 1]], [[30, 30], [1, 0]], STRAIGHT),
        ("a point halfway between two centres", [[1, 0]], [[0, 0], [2, 0]], TIE),
        ("60 points drawn by lot in eight dimensions", rng.normal(size=(60, 8)),
         rng.normal(size=(5, 8)), ALL_COORDINATES),
        ("60 points drawn by lot in the plane", rng.normal(size=(60, 2)),
         rng.normal(size=(4, 2)), STRAIGHT),
    ]  # fmt: skip
    return [
        Case(
            (np.array(points, float), np.array(centers, float)),
            assign(points, centers),
            shown,
            kept,
        )
        for shown, points, centers, kept in inputs
    ]


def _read(returned: object, case: Case) -> np.ndarray:
    points, centers = case.arguments
    labels = read_array(returned, (len(points),), f"{len(points)} labels, one for each point")
    k = len(centers)
    other = labels[~np.isin(labels, range(k))]
    if len(other):
        raise Misread(
            f"the label {describe(other[0])}; expected rows of `centers`, 0 to {k - 1}", "M11"
        )
    return labels.astype(int)


def _differs(value: np.ndarray, case: Case) -> str | None:
    wrong = np.flatnonzero(value != case.expected)
    if not len(wrong):
        return None
    more = f", one of {len(wrong)} wrong labels" if len(wrong) > 1 else ""
    return f"label {value[wrong[0]]} for point {wrong[0]}{more}"


ASSIGN = Exercise(
    name="assign",
    call="assign(points, centers) -> labels, points (n, d), centers (k, d)",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/06_kmeans.ipynb",
    draw=draw_groups,
)
