"""K-means: two moves in turn, until nothing changes any more.

Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28, 1982,
doi:10.1109/TIT.1982.1056489. From the same start it equals scikit-learn's KMeans.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ASSIGN, MOVE = "assign", "move centers"


@dataclass(frozen=True, eq=False)
class Step:
    """What holds after one move: half an iteration.

    Attributes
    ----------
    move : str
        The move that led here: `ASSIGN` or `MOVE`.
    labels : (n,) int
        The group of each point. A name only: swap two of them, and nothing else changes.
    centers : (k, d) float64
    inertia : float
        Sum of the squared distances from each point to the centre of its group.
    """

    move: str
    labels: np.ndarray
    centers: np.ndarray
    inertia: float


def squared_distances(points: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return the squared Euclidean distance of each point to each centre.

    Parameters
    ----------
    points, centers : (n, d) and (k, d) numbers

    Returns
    -------
    (n, k) float64

    Examples
    --------
    >>> squared_distances([[0, 0], [3, 0]], [[3, 4]]).tolist()  # 3**2 + 4**2, then 4**2
    [[25.0], [16.0]]
    """
    points, centers = np.asarray(points, float), np.asarray(centers, float)
    return np.column_stack([((points - center) ** 2).sum(axis=1) for center in centers])


def assign(points: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Put each point into the group of its nearest centre.

    Parameters
    ----------
    points, centers : (n, d) and (k, d) numbers

    Returns
    -------
    (n,) int
        Of equally near centres the first counts.

    Examples
    --------
    1 is as near to 0 as to 2.

    >>> assign([[0], [1], [5]], [[0], [2]]).tolist()
    [0, 0, 1]
    """
    return squared_distances(points, centers).argmin(axis=1)


def move_centers(points: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Move each centre to the mean of its group.

    A group without points takes the point that lies farthest from its own centre, as in
    scikit-learn. When every point lies on its centre, there is nothing to take: it stays.

    Parameters
    ----------
    points, labels, centers : (n, d) numbers, (n,) int, (k, d) numbers
        The centres as they are now.

    Returns
    -------
    (k, d) float64

    Examples
    --------
    >>> move_centers([[0], [2], [9]], [0, 0, 1], [[1], [5]]).tolist()
    [[1.0], [9.0]]

    Group 1 has no point: it takes 9, and only 0 and 2 are left to group 0.

    >>> move_centers([[0], [2], [9]], [0, 0, 0], [[1], [50]]).tolist()
    [[1.0], [9.0]]
    """
    points, moved = np.asarray(points, float), np.array(centers, float)
    labels = _fill_empty(points, np.array(labels), moved)
    for group in np.unique(labels):
        moved[group] = points[labels == group].mean(axis=0)
    return moved


def inertia(points: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> float:
    """Sum the squared distances from each point to the centre of its group.

    Parameters
    ----------
    points, labels, centers : (n, d) numbers, (n,) int, (k, d) numbers

    Examples
    --------
    It is a sum, not a mean: the same two points once more make it twice as large.

    >>> inertia([[0], [2]], [0, 0], [[1]]), inertia([[0], [2], [0], [2]], [0, 0, 0, 0], [[1]])
    (2.0, 4.0)
    """
    return float(_to_own_center(points, labels, centers).sum())


def start_random(points: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Start at k points drawn by lot; arguments and errors as in `start_plus_plus`."""
    points = _checked(points, k)
    return points[rng.choice(len(points), k, replace=False)]


def start_plus_plus(points: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Start at k points that tend to lie far apart: k-means++.

    The first is drawn by lot; then a point is as likely as its squared distance to the nearest
    point drawn so far. scikit-learn draws 2 + log(k) candidates each time and keeps the best.
    Arthur and Vassilvitskii, k-means++, SODA 2007, doi:10.5555/1283383.1283494.

    Parameters
    ----------
    points, k, rng : (n, d) numbers, int, numpy.random.Generator

    Returns
    -------
    (k, d) float64

    Raises
    ------
    ValueError
        There are fewer than k different points, or k is below 1.

    Examples
    --------
    Points that were drawn have distance 0 and cannot be drawn again.

    >>> twins = [[0], [0], [0], [7]]
    >>> sorted(start_plus_plus(twins, 2, np.random.default_rng(0)).ravel().tolist())
    [0.0, 7.0]
    """
    points = _checked(points, k)
    likely = np.ones(len(points))
    drawn: list[int] = []
    while len(drawn) < k:
        drawn.append(rng.choice(len(points), p=likely / likely.sum()))
        likely = squared_distances(points, points[drawn]).min(axis=1)
    return points[drawn]


STARTS = {"random": start_random, "k-means++": start_plus_plus}


def lloyd(
    points: np.ndarray, centers: np.ndarray, max_iter: int = 300, tol: float = 1e-4
) -> list[Step]:
    """Assign and move in turn, and keep every step.

    Parameters
    ----------
    points : (n, d) numbers
    centers : (k, d) numbers
        Where to start.
    max_iter : int
        Iterations at most; one is both moves.
    tol : float
        Stop too when the squared moves of all centres sum up to at most tol * mean variance.

    Returns
    -------
    list of Step
        ASSIGN and MOVE in turn, `len(steps) // 2` iterations. The last one changes no label;
        where `tol` or `max_iter` ended it earlier, one more ASSIGN fits the labels.

    Raises
    ------
    ValueError
        The points are no finite table, the centres have another width, or there are none.

    Examples
    --------
    From 0 and 1: three points go to the second centre, which moves to their mean 7; now the point
    1 is nearer to the first. The inertia 162 is 9**2 + 9**2, the 0.5 is 2 * 0.5**2.

    >>> for step in lloyd([[0], [1], [10], [10]], [[0], [1]])[:4]:
    ...     print(step.move, step.labels.tolist(), step.centers.ravel().tolist(), step.inertia)
    assign [0, 1, 1, 1] [0.0, 1.0] 162.0
    move centers [0, 1, 1, 1] [0.0, 7.0] 54.0
    assign [0, 0, 1, 1] [0.0, 7.0] 19.0
    move centers [0, 0, 1, 1] [0.5, 10.0] 0.5
    """
    points, centers = _table(points, "points"), _table(centers, "centers")
    if centers.shape[1] != points.shape[1]:
        wrong, right = centers.shape[1], points.shape[1]
        raise ValueError(f"centers: got {wrong} numbers each, expected {right} as in points.")
    near = tol * points.var(axis=0).mean()
    labels, steps = None, []
    for _ in range(max_iter):
        before, labels = labels, assign(points, centers)
        steps.append(_step(ASSIGN, points, labels, centers))
        start, centers = centers, move_centers(points, labels, centers)
        steps.append(_step(MOVE, points, labels, centers))
        if np.array_equal(before, labels):
            return steps
        if ((centers - start) ** 2).sum() <= near:
            break
    return [*steps, _step(ASSIGN, points, assign(points, centers), centers)]


def kmeans(
    points: np.ndarray, k: int, *, start: str = "k-means++", n_init: int = 10, random_state: int = 0
) -> list[Step]:
    """Run `lloyd` from several starts and keep the run with the lowest inertia.

    Parameters
    ----------
    points, k : (n, d) numbers, int
    start : {"random", "k-means++"}
    n_init : int
        Number of starts.
    random_state : int

    Returns
    -------
    list of Step
        The best run; its last step is the result.

    Raises
    ------
    ValueError
        `start` is unknown, `n_init` below 1, or there are fewer than k different points.

    Examples
    --------
    With as many groups as points the inertia is 0, whatever the points are.

    >>> [kmeans([[0], [2], [9], [11]], k)[-1].inertia for k in (1, 2, 4)]
    [85.0, 4.0, 0.0]
    """
    if start not in STARTS:
        raise ValueError(f"start={start!r}: expected one of {', '.join(STARTS)}.")
    if n_init < 1:
        raise ValueError(f"n_init={n_init}: expected at least 1 start.")
    rng = np.random.default_rng(random_state)
    runs = [lloyd(points, STARTS[start](points, k, rng)) for _ in range(n_init)]
    return min(runs, key=lambda steps: steps[-1].inertia)


def _step(move: str, points: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> Step:
    return Step(move, labels, centers, inertia(points, labels, centers))


def _to_own_center(points: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    return ((np.asarray(points, float) - np.asarray(centers, float)[labels]) ** 2).sum(axis=1)


def _fill_empty(points: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Give each empty group one of the points that lie farthest from their centres."""
    empty = np.setdiff1d(np.arange(len(centers)), labels)
    distances = _to_own_center(points, labels, centers)
    farthest = np.argsort(-distances, kind="stable")[: len(empty)]
    if distances.any():
        labels[farthest] = empty
    return labels


def _table(values: np.ndarray, name: str) -> np.ndarray:
    table = np.array(values, float)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise ValueError(f"{name}: got shape {table.shape}, expected (rows, d) of finite numbers.")
    return table


def _checked(points: np.ndarray, k: int) -> np.ndarray:
    points = _table(points, "points")
    different = len(np.unique(points, axis=0))
    if not 1 <= k <= different:
        raise ValueError(f"k={k}: expected 1 to {different}, the number of different points.")
    return points
