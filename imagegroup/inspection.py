"""Are the groups any good? Margins, silhouettes, neighbours, the plane, known labels.

All distances here are Euclidean, between the vectors of a grouping and to its `centers`: the whole
of what was encoded. K-means itself may have seen less: with `recipe.n_dims` = 16 it compared the
first 16 principal coordinates. Where the two disagree, a margin is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from imagegroup.coordinates import principal_coordinates
from imagegroup.grouping import Grouping

DOUBTS = ("margin", "silhouette", "distance")
"""What can order images by doubt."""
SEEN_WEIGHT = 4
"""How often an image counts that a reader has put right, among those that K-means placed."""


@dataclass(frozen=True)
class GroupQuality:
    """One group in numbers.

    Attributes
    ----------
    label, size : int
    silhouette : float in [-1, 1], mean over the group; nan where there is none
    spread : float, mean distance of the group's images to their centre
    """

    label: int
    size: int
    silhouette: float
    spread: float


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane in which the images lie furthest apart, as principal component analysis finds it.

    Attributes
    ----------
    points : (n, 2) float64, nan for images without features
    centers : (k, 2) float64, mean point of each group
    shares : (2,) float64, part of the variance of all vectors along each axis
    """

    points: np.ndarray
    centers: np.ndarray
    shares: np.ndarray

    @property
    def nearest(self) -> np.ndarray:
        """(n,) int, the group whose centre is nearest in the plane; -1 without features."""
        gaps = np.linalg.norm(self.points[:, None] - self.centers, axis=2)
        return np.where(np.isnan(self.points[:, 0]), -1, np.argmin(gaps, axis=1))


@dataclass(frozen=True, eq=False)
class Confusion:
    """How many images of each known label lie in each group.

    Attributes
    ----------
    names : tuple of str, t known labels
    groups : tuple of int, g labels of the grouping; -1 for images without features
    counts : (t, g) int
    """

    names: tuple[str, ...]
    groups: tuple[int, ...]
    counts: np.ndarray


def center_distances(grouping: Grouping) -> np.ndarray:
    """Measure the distance of each image to each centre.

    Returns
    -------
    (n, k) float64
        nan for images without features.
    """
    distances = np.full((len(grouping.paths), grouping.k), np.nan)
    rows = np.flatnonzero(grouping.labels >= 0)
    vectors = grouping.vectors[rows]
    for label, center in enumerate(grouping.centers):
        distances[rows, label] = np.linalg.norm(vectors - center, axis=1)
    return distances


def margins(grouping: Grouping) -> np.ndarray:
    """Measure how much nearer each image is to its own centre than to the next.

    Returns
    -------
    (n,) float64
        Distance to the nearest other centre minus distance to the own; inf if there is no other
        group, nan for images without features.
    """
    distances = center_distances(grouping)
    rows = np.flatnonzero(grouping.labels >= 0)
    own = np.full(len(distances), np.nan)
    own[rows] = distances[rows, grouping.labels[rows]]
    distances[rows, grouping.labels[rows]] = np.inf
    return distances.min(axis=1, initial=np.inf) - own


def silhouettes(grouping: Grouping) -> np.ndarray:
    """Measure for each image whether its group is nearer than the next, image by image.

    (b - a) / max(a, b), with a the mean distance to the other images of its group and b to those
    of the nearest other group; 0 for an image alone in its group.

    Returns
    -------
    (n,) float64 in [-1, 1]
        nan for images without features, and for all unless 2 <= k < n.

    References
    ----------
    Rousseeuw, Silhouettes, J. Comput. Appl. Math. 20, 1987, doi:10.1016/0377-0427(87)90125-7.
    """
    from sklearn.metrics import silhouette_samples

    values = np.full(len(grouping.paths), np.nan)
    rows = np.flatnonzero(grouping.labels >= 0)
    if 2 <= grouping.k < len(rows):
        values[rows] = silhouette_samples(grouping.vectors[rows], grouping.labels[rows])
    return values


def doubtful_first(
    grouping: Grouping, by: str = "margin", seen: np.ndarray | None = None
) -> np.ndarray:
    """Order the images by doubt, so that a reader who corrects sees the wrong ones early.

    Parameters
    ----------
    grouping : Grouping
    by : {"margin", "silhouette", "distance"}
        The smallest margin or silhouette first, or the largest distance to the own centre.
    seen : (n,) bool, optional
        Images that the reader has looked at and put right: they come last, and each counts four
        times in the centre of its group, which draws the centre to where it belongs.

    Returns
    -------
    (m,) int
        Rows of the m images with features.

    Raises
    ------
    ValueError
        `by` is something else.
    """
    if by not in DOUBTS:
        raise ValueError(f"by={by!r}: expected one of {', '.join(DOUBTS)}.")
    seen = np.zeros(len(grouping.paths), bool) if seen is None else seen
    if seen.any():
        grouping = replace(grouping, centers=_weighted_centers(grouping, seen))
    rows = np.flatnonzero(grouping.labels >= 0)
    if by == "distance":
        trust = -grouping.distances
    else:
        trust = margins(grouping) if by == "margin" else silhouettes(grouping)
    return rows[np.lexsort((rows, trust[rows], seen[rows]))]


def _weighted_centers(grouping: Grouping, seen: np.ndarray) -> np.ndarray:
    groups = [np.flatnonzero(grouping.labels == label) for label in range(grouping.k)]
    weights = np.where(seen, SEEN_WEIGHT, 1)
    centers = [np.average(grouping.vectors[g], axis=0, weights=weights[g]) for g in groups]
    return np.array(centers, np.float32)


def group_qualities(grouping: Grouping) -> list[GroupQuality]:
    """Put each group into numbers."""
    silhouette, distance = silhouettes(grouping), grouping.distances
    groups = [grouping.labels == label for label in range(grouping.k)]
    return [
        GroupQuality(
            label, int(own.sum()), float(silhouette[own].mean()), float(distance[own].mean())
        )
        for label, own in enumerate(groups)
    ]


def nearest_images(
    grouping: Grouping, row: int, count: int = 5, own_group: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Find the images whose vectors are nearest to that of one image.

    Parameters
    ----------
    grouping : Grouping
    row : int
    count : int
    own_group : bool
        Only among the images of its own group.

    Returns
    -------
    rows : (m,) int, m up to `count`
        The nearest first; the image itself is left out.
    distances : (m,) float64
    """
    others = grouping.labels == grouping.labels[row] if own_group else grouping.labels >= 0
    rows = np.setdiff1d(np.flatnonzero(others), [row])
    gaps = grouping.vectors[rows].astype(np.float64) - grouping.vectors[row]
    distances = np.linalg.norm(gaps, axis=1)
    nearest = np.argsort(distances, kind="stable")[:count]
    return rows[nearest], distances[nearest]


def project_to_plane(grouping: Grouping) -> Plane:
    """Project the vectors onto their first two principal axes.

    Raises
    ------
    ValueError
        Fewer than three images have features: these lie on a line.
    """
    rows = np.flatnonzero(grouping.labels >= 0)
    if len(rows) < 3:
        raise ValueError(f"{len(rows)} images with features: a plane takes at least three.")
    vectors = grouping.vectors[rows]
    points = np.full((len(grouping.paths), 2), np.nan)
    points[rows] = principal_coordinates(vectors, 2)
    mean = vectors.mean(axis=0, dtype=np.float64)
    total = sum(float(((vector - mean) ** 2).sum()) for vector in vectors)
    centers = [points[grouping.labels == label].mean(axis=0) for label in range(grouping.k)]
    return Plane(points, np.array(centers), (points[rows] ** 2).sum(axis=0) / total)


def confusion(true: Sequence[str], labels: np.ndarray) -> Confusion:
    """Count the images of each known label in each group.

    Parameters
    ----------
    true : sequence of n str
        As `evaluate.true_labels` gives them.
    labels : (n,) int

    Returns
    -------
    Confusion
        Labels in the order of the alphabet; groups so that the pairs of the best matching of
        labels with groups come first, hence on the diagonal.

    Examples
    --------
    >>> table = confusion(["cat", "cat", "dog"], np.array([1, 1, 0]))
    >>> table.groups, table.counts.tolist()  # group 1 holds the cats
    ((1, 0), [[2, 0], [0, 1]])
    """
    from scipy.optimize import linear_sum_assignment

    names, rows = np.unique(true, return_inverse=True)
    groups, columns = np.unique(labels, return_inverse=True)
    counts = np.zeros((len(names), len(groups)), np.int64)
    np.add.at(counts, (rows, columns), 1)
    matched = linear_sum_assignment(counts, maximize=True)[1]
    order = [*matched, *np.setdiff1d(np.arange(len(groups)), matched)]
    return Confusion(tuple(map(str, names)), tuple(groups[order].tolist()), counts[:, order])
