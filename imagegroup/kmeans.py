"""K-means in which no sum rounds: words, groups and the clouds they are compared with.

Points are whole numbers of steps of a grid, see `exact`; so are centres, the means of their groups
rounded to whole steps. The same points and starts give the same labels on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imagegroup.exact import largest_number, product, whole_sum

ROUNDS = 300
"""Rounds of K-means at most, as in scikit-learn."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What K-means found.

    Attributes
    ----------
    labels : (n,) int64, 0 to k - 1
    centers : (k, d) float64, whole numbers of 1/scale steps
    inertia : int
        Sum over points of the squared distance to the nearest centre, in (1/scale) squared.
    """

    labels: np.ndarray
    centers: np.ndarray
    inertia: int


def fit_kmeans(
    points: np.ndarray, centers: np.ndarray, scale: int = 1, rounds: int = ROUNDS
) -> Fit:
    """Move centres to the means of their points until no point changes its group (Lloyd).

    A point as near to two centres belongs to the first. A centre that has lost its points moves to
    the point furthest from its own centre, the first of those as far; scikit-learn does the same.

    Parameters
    ----------
    points : (n, d) float, whole numbers
    centers : (k, d) float, whole numbers
        Where to start; `scale` of their steps are one step of the points.
    scale : int
        A power of two: the grid of the centres is so many times finer than that of the points.
    rounds : int

    Returns
    -------
    Fit

    References
    ----------
    Lloyd, Least squares quantization in PCM, 1982, doi:10.1109/TIT.1982.1056489.

    Examples
    --------
    Two pairs, and both starts in the first: one of them is drawn over.

    >>> fit = fit_kmeans(np.array([[0.0], [2], [10], [12]]), np.array([[0.0], [2]]))
    >>> fit.labels.tolist(), fit.centers.ravel().tolist(), fit.inertia
    ([0, 0, 1, 1], [1.0, 11.0], 4)
    """
    squares = np.square(points, dtype=np.float64).sum(axis=1) * scale**2
    largest = largest_number(points)
    labels = None
    for _ in range(rounds):
        # |p - c|^2 = |p|^2 - 2 p.c + |c|^2, and |p|^2 is the same for every centre
        dots = product(points, centers.T, of_a=largest).astype(np.float64)
        gaps = np.square(centers).sum(axis=1) - 2 * scale * dots
        before, labels = labels, gaps.argmin(axis=1)
        nearest = squares + gaps[np.arange(len(points)), labels]
        filled = _filled(labels, nearest, len(centers))
        if filled is labels and before is not None and np.array_equal(labels, before):
            break
        centers = group_means(points, filled, len(centers), scale, largest)
    return Fit(labels, centers, int((squares + gaps.min(axis=1)).astype(np.int64).sum()))


def _filled(labels: np.ndarray, distances: np.ndarray, k: int) -> np.ndarray:
    """Return the labels with the furthest points in groups that had none, if there were such."""
    empty = np.flatnonzero(np.bincount(labels, minlength=k) == 0)
    if not len(empty):
        return labels
    filled = labels.copy()
    furthest = np.argsort(-distances, kind="stable")
    filled[furthest[: len(empty)]] = empty
    return filled


def group_means(
    points: np.ndarray, labels: np.ndarray, k: int, scale: int = 1, largest: float | None = None
) -> np.ndarray:
    """Return the mean of each group, rounded to whole numbers of 1/scale steps.

    Parameters
    ----------
    points : (n, d) float, whole numbers
    labels : (n,) int
    k, scale : int
    largest : float, optional
        The largest number of the points without its sign, where it is known.

    Returns
    -------
    (k, d) float64; zeros for a group without points

    Examples
    --------
    >>> group_means(np.array([[0.0], [1], [7]]), np.array([0, 0, 1]), k=2, scale=4).tolist()
    [[2.0], [28.0]]
    """
    member = np.eye(k, dtype=points.dtype)[labels]
    sizes = np.bincount(labels, minlength=k)[:, None]
    sums = product(member.T, points, of_a=1, of_b=largest).astype(np.float64)
    return np.rint(scale * sums / np.maximum(sizes, 1)) + 0.0  # -0.0 becomes 0.0


def spread_starts(
    squares: Callable[[np.ndarray], np.ndarray], n: int, k: int, rng: np.random.RandomState
) -> np.ndarray:
    """Choose the rows that K-means starts from, far from each other: k-means++.

    The numbers are drawn as scikit-learn draws them; without ties these are its starts.

    Parameters
    ----------
    squares : callable (m,) rows -> (m, n)
        Squared distances of some points to all n.
    n, k : int
    rng : RandomState
        Its stream is the same in every version of NumPy.

    Returns
    -------
    (k,) int
        Each centre after the first is drawn a few times, a point the likelier the larger its
        squared distance to the nearest centre so far; the draw that leaves least stays.

    References
    ----------
    Arthur and Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007.

    Examples
    --------
    Two points in two places: whichever comes first, the other place has all the distance.

    >>> far = np.array([[0.0, 0, 9], [0, 0, 9], [9, 9, 0]])
    >>> rng = np.random.RandomState(0)
    >>> {sum(spread_starts(far.__getitem__, 3, 2, rng).tolist()) in (2, 3) for _ in range(20)}
    {True}
    """
    rows = [int(n * rng.random_sample())]
    nearest = squares(np.array(rows))[0]
    tries = 2 + int(np.log(k))  # log k is nowhere near a whole number but for k = 1
    while len(rows) < k:
        sums = nearest.cumsum()  # one after the other: the order of this sum is fixed
        drawn = np.searchsorted(sums, sums[-1] * rng.random_sample(tries), side="right")
        tried = np.minimum(drawn, n - 1)
        left = np.minimum(nearest, squares(tried))
        best = left.sum(axis=1).argmin()
        rows.append(int(tried[best]))
        nearest = left[best]
    return np.array(rows)


def best_fit(
    points: np.ndarray, starts: list[np.ndarray], k: int, n_init: int, random_state: int
) -> Fit:
    """Fit K-means from given centres and from drawn ones; keep the lowest inertia, the first such.

    Parameters
    ----------
    points : (n, d) float, whole numbers
    starts : list of (k, d) float, whole numbers
    k : int
    n_init : int
        Starts that are drawn by k-means++ beside those given.
    random_state : int

    Examples
    --------
    Three places, and a start with two centres in one of them: drawn ones do better.

    >>> places = np.array([[0.0], [1], [20], [21], [40], [41]])
    >>> fit = best_fit(places, [places[:3]], 3, n_init=5, random_state=0)
    >>> sorted(fit.centers.ravel().tolist())
    [0.0, 20.0, 40.0]
    """
    rng = np.random.RandomState(random_state)
    lengths = np.square(points).sum(axis=1)
    largest = largest_number(points)

    def squares(rows: np.ndarray) -> np.ndarray:
        return (
            lengths[rows, None]
            - 2 * product(points[rows], points.T, of_a=largest, of_b=largest)
            + lengths
        )

    drawn = [points[spread_starts(squares, len(points), k, rng)] for _ in range(n_init)]
    fits = [fit_kmeans(points, start) for start in (*starts, *drawn)]
    return min(fits, key=lambda fit: fit.inertia)


def number_groups(labels: np.ndarray) -> np.ndarray:
    """Number groups from 0 in the order of their first rows.

    >>> number_groups(np.array([7, 2, 7, 5])).tolist()
    [0, 1, 0, 2]
    """
    _, first, own = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[own]


def ward_cuts(squared: np.ndarray, ks: list[int]) -> list[np.ndarray]:
    """Cut Ward's tree into k groups, for each k: starts that need no luck.

    From single points on, the two groups are merged whose union adds least to the inertia. Nearest
    neighbour chains find them in n^2 steps. SciPy's tree is the same but for the rounding of its
    compiled sums, which differs from processor to processor; here each step is element by element.

    Parameters
    ----------
    squared : (n, n) float
        Squared distances, whole numbers.
    ks : list of int, each from 1 to n

    Returns
    -------
    list of (n,) int
        Labels 0 to k - 1, in the order of the first point of each group.

    References
    ----------
    Murtagh and Legendre, Ward's hierarchical agglomerative clustering method, J. Classification
    31, 2014, doi:10.1007/s00357-014-9161-z.

    Examples
    --------
    >>> places = np.array([0.0, 1, 10, 12, 50])
    >>> two, three = ward_cuts((places[:, None] - places) ** 2, [2, 3])
    >>> two.tolist(), three.tolist()
    ([0, 0, 0, 0, 1], [0, 0, 1, 1, 2])
    """
    merges = sorted(_ward_merges(squared), key=lambda merge: merge[0])  # by height, then as found
    label, cuts = np.arange(len(squared)), {}
    for groups in range(len(squared), 0, -1):
        if groups in ks:
            cuts[groups] = number_groups(label)
        if groups > 1:
            _, kept, gone = merges[len(squared) - groups]
            label[label == gone] = kept
    return [cuts[k] for k in ks]


def _ward_merges(squared: np.ndarray) -> list[tuple[float, int, int]]:
    """Return the n - 1 merges of Ward's tree: height, the group that stays, the one that goes."""
    n = len(squared)
    squared = squared.copy()
    np.fill_diagonal(squared, np.inf)
    sizes = np.ones(n)  # 0 for a group that has gone into another
    merges: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while len(merges) < n - 1:
        if not chain:
            chain.append(int(sizes.argmax()))
        last = chain[-1]
        nearest = int(squared[last].argmin())
        # The chain goes on to nearer and nearer groups, until two are each other's nearest.
        if len(chain) == 1 or squared[last, nearest] < squared[last, chain[-2]]:
            chain.append(nearest)
            continue
        other = chain[-2]
        height = squared[last, other]
        del chain[-2:]
        merges.append((height, last, other))
        # Lance and Williams: the distance of the union to every other group
        both = sizes[last] + sizes[other]
        row = (sizes[last] + sizes) * squared[last] + (sizes[other] + sizes) * squared[other]
        row = np.where(sizes > 0, (row - sizes * height) / (both + sizes), np.inf)
        row[[last, other]] = np.inf
        squared[other] = squared[:, other] = np.inf
        squared[last] = squared[:, last] = row
        sizes[last], sizes[other] = both, 0
    return merges


def silhouette_widths(distances: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how much nearer each image is to its own group than to the next.

    (b - a) / max(a, b), with a the mean distance to the other images of its group and b to those
    of the nearest other group; 0 for an image alone in its group.

    Parameters
    ----------
    distances : (n, n) float, whole numbers
    labels : (n,) int

    Returns
    -------
    (n,) float64 in [-1, 1]
        nan for one group, and when every image is its own.

    References
    ----------
    Rousseeuw, Silhouettes, J. Comput. Appl. Math. 20, 1987, doi:10.1016/0377-0427(87)90125-7.

    Examples
    --------
    Two pairs, 1 apart inside. From 0 the others are 10.5 away on the mean, from 1 they are 9.5.

    >>> places = np.array([0.0, 1, 10, 11])
    >>> gaps = np.abs(places[:, None] - places)
    >>> silhouette_widths(gaps, np.array([0, 0, 1, 1]))[:2].round(3)  # 9.5 / 10.5 and 8.5 / 9.5
    array([0.905, 0.895])
    """
    names, own, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if not 2 <= len(names) <= len(labels) - 1:
        return np.full(len(labels), np.nan)
    rows = np.arange(len(labels))
    sums = product(distances, np.eye(len(names))[own]).astype(np.float64)
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[rows, own] = np.inf
    outside = means.min(axis=1)
    longer = np.maximum(inside, outside)
    widths = (outside - inside) / np.where(longer == 0, 1, longer)
    return np.where(sizes[own] == 1, 0, widths)


def mean_silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of the silhouette widths, each rounded to 2**-40; nan where there are none.

    Parameters and reference as for `silhouette_widths`.

    >>> alone = np.array([[0.0, 2, 8], [2, 0, 8], [8, 8, 0]])
    >>> mean_silhouette(alone, np.array([0, 0, 1]))  # (6/8 + 6/8 + 0) / 3
    0.5
    """
    widths = silhouette_widths(distances, labels)
    if np.isnan(widths).any():
        return float("nan")
    return float(whole_sum(widths, 40) / len(widths))
