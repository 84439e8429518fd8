"""The check of the distortion: how far are points from their nearest centre, on average?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.kmeans import squared_distances
from imagegroup.teach.checking import Case, Exercise, Property, run_check
from imagegroup.teach.readers import describe, read_number
from imagegroup.teach.result import CheckResult

A_MEAN = Property(
    "M13",
    "Distortion is a mean over the points, while inertia is a sum: the same points twice have the "
    "same distortion and twice the inertia.",
    "What does your function return when every point is there twice?",
    "Divide the sum of the distances by the number of points.",
)
NOT_SQUARED = Property(
    "M13",
    "Distortion takes the distances as they are, while inertia squares them: the far points weigh "
    "more in inertia.",
    "Points 3 and 4 away from their centre: is your answer 3.5?",
    "Take the root of each point's own sum of squares, before the mean.",
)
NEAREST = Property(
    "M13",
    "Only the nearest centre of each point counts, and with a centre on every point it is 0.",
    "What does your function do with the distances to the other centres?",
    "Take the minimum over the centres first, then the mean over the points.",
)
ALL_COORDINATES = Property(
    "M15",
    "The distance takes in all coordinates, not only the two that a picture can show.",
    "How many coordinates has a point here, and how many does your function read?",
    "Sum the squared differences over the last axis, whatever its length.",
)


def check_distortion(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `distortion(points, centers) -> float`, the mean distance to the nearest centre.

    Parameters
    ----------
    function : callable
        Gets `points`, (n, d) float, and `centers`, (k, d) float; returns the mean over the points
        of the distance to the nearest centre, not squared.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_distortion(...).outcome
    'not attempted'
    """
    return run_check(DISTORTION, _cases(np.random.default_rng(seed)), function)


def _cases(rng: np.random.Generator) -> list[Case]:
    three = np.array([[0.0, 1], [0, -1], [1, 0]])
    points, wide = rng.normal(size=(30, 2)), rng.normal(size=(40, 6))
    inputs = [
        ("three points, each at distance 1 from one centre", three, np.zeros((1, 2)), A_MEAN),
        ("the same points twice", np.tile(three, (2, 1)), np.zeros((1, 2)), A_MEAN),
        ("two points 3 and 6 from one centre", np.diag([3.0, 6]), np.zeros((1, 2)), NOT_SQUARED),
        ("points at two of three far centres", three, 1 + 99 * np.eye(3)[:, :2], NEAREST),
        ("a centre on every point", three, three[::-1], NEAREST),
        ("points of six coordinates", wide, wide[:3] + 0.5, ALL_COORDINATES),
        ("30 points drawn by lot and four centres", points, points[:4] + 0.1, NOT_SQUARED),
    ]
    return [
        Case((rows, centers), _expected(rows, centers), shown, kept)
        for shown, rows, centers, kept in inputs
    ]


def _expected(points: np.ndarray, centers: np.ndarray) -> float:
    return float(np.sqrt(squared_distances(points, centers).min(axis=1)).mean())


def _read(returned: object, case: Case) -> float:
    return read_number(returned, "one number")


def _differs(value: float, case: Case) -> str | None:
    return None if np.isclose(value, case.expected, atol=1e-6) else describe(value)


DISTORTION = Exercise(
    name="distortion",
    call="distortion(points, centers) -> float, points (n, d), centers (k, d)",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/07_elbow.ipynb",
)
