"""The check of K-means' second move: each centre goes to the mean of its group."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.kmeans import move_centers
from imagegroup.teach.checking import Case, Exercise, Misread, Property, run_check
from imagegroup.teach.readers import describe, read_array
from imagegroup.teach.result import CheckResult

MEAN = Property(
    "M13",
    "A centre moves to the mean of its points, because of all places that one has the smallest sum "
    "of squared distances to them.",
    "Two points at 0 and 1: where does your function put their centre?",
    "Take the points of one label only, and their mean along the first axis, as floats.",
)
OWN_ROW = Property(
    "M11",
    "Row j of the result belongs to label j, in whatever order the labels come.",
    "Which centre does your function write first: that of label 0, or of the first point?",
    "Go through the labels 0, 1, ... k - 1 and select the points with labels == j.",
)
ALL_COORDINATES = Property(
    "M15",
    "A centre moves in all coordinates, not only in the two that a picture can show.",
    "Is your mean one number, or one for each coordinate?",
    "mean(axis=0) gives a mean for each column.",
)
EMPTY = Property(
    "M12",
    "A group may run empty, and its mean is then nan: leave its centre where it is, or put it on a "
    "point.",
    "What does your function do for a label that no point has?",
    "Begin with a copy of `centers`, and replace only the rows of labels that occur.",
)


def check_update(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `update(points, labels, centers) -> centers`, the second of K-means' two moves.

    Parameters
    ----------
    function : callable
        Gets `points`, (n, d) float, `labels`, (n,) int, and `centers`, (k, d) float, as they are
        now. Returns (k, d): for each label the mean of its points. A label that no point has keeps
        its centre, or gets one of the points.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_update(...).outcome
    'not attempted'
    """
    return run_check(UPDATE, _cases(np.random.default_rng(seed)), function)


def _cases(rng: np.random.Generator) -> list[Case]:
    start = [[3, 3], [7, 7]]
    inputs = [
        ("points (0, 0), (1, 1) and (8, 3) of one group", [[0, 0], [1, 1], [8, 3]], [0] * 3,
         start[:1], MEAN),
        ("two groups, the first point in group 1", [[8, 0], [9, 1], [0, 0], [0, 1]], [1, 1, 0, 0],
         start, OWN_ROW),
        ("points of five coordinates", rng.integers(0, 9, (6, 5)), [0, 1, 0, 1, 1, 0],
         np.full((2, 5), 4), ALL_COORDINATES),
        ("three groups, and no point in group 1", [[0, 0], [2, 0], [9, 9], [9, 8]], [0, 0, 2, 2],
         [[1, 1], [4, 4], [8, 8]], EMPTY),
        ("three groups, and no point in the last", [[0, 0], [2, 1], [9, 9]], [0, 0, 1],
         [[1, 1], [8, 8], [50, 50]], EMPTY),
        ("40 points drawn by lot, five groups", rng.normal(size=(40, 3)),
         rng.permutation(np.arange(40) % 5), rng.normal(size=(5, 3)), OWN_ROW),
    ]  # fmt: skip
    cases = []
    for shown, points, labels, centers, kept in inputs:
        given = (np.array(points, float), np.array(labels), np.array(centers, float))
        cases.append(Case(given, _plain_means(*given), shown, kept))
    return cases


def _plain_means(points: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    means = np.full(centers.shape, np.nan)
    for label in np.unique(labels):
        means[label] = points[labels == label].mean(axis=0)
    return means


def _read(returned: object, case: Case) -> np.ndarray:
    shape = case.arguments[2].shape
    expected = f"{shape[0]} centres of {shape[1]} coordinates"
    try:
        return read_array(returned, shape, expected)
    except Misread:
        if case.kept is EMPTY or case.kept is ALL_COORDINATES:
            raise Misread(f"{describe(returned)}; expected {expected}", case.kept.belief) from None
        raise


def _differs(value: np.ndarray, case: Case) -> str | None:
    points, labels, centers = case.arguments
    if np.allclose(value, move_centers(points, labels, centers)):
        return None  # an empty group took the point that scikit-learn would give it
    for label, (row, mean) in enumerate(zip(value, case.expected, strict=True)):
        places = [*points, centers[label]] if np.isnan(mean).any() else [mean]
        if not any(np.allclose(row, place) for place in places):
            shown = ", ".join(f"{number:.4g}" for number in row)
            return f"({shown}) for the centre of group {label}"
    return None


UPDATE = Exercise(
    name="update",
    call="update(points, labels, centers) -> centers, points (n, d), labels (n,), centers (k, d)",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/06_kmeans.ipynb",
)
