"""K-means for one k: fit it, and ask whether it finds the same groups again."""

from __future__ import annotations

import itertools
import warnings

import numpy as np


def fit_kmeans(
    points: np.ndarray, k: int, n_init: int | str = 1, *, random_state=0, tol=1e-4, squares=None
):
    """Fit scikit-learn's KMeans once.

    Parameters
    ----------
    points : (n, d) float
    k : int
    n_init, random_state, tol
        As scikit-learn takes them.
    squares : (n, n) float64, optional
        Squared distances of the points, where they are known: the same starts are found sooner.

    Returns
    -------
    sklearn.cluster.KMeans
        Fitted.

    Raises
    ------
    ValueError
        k is below 1 or above n.
    """
    from sklearn import config_context
    from sklearn.cluster import KMeans

    if not 1 <= k <= len(points):
        raise ValueError(f"k={k}: expected 1 to {len(points)}, the number of points.")
    how = {"n_init": 1 if n_init == "auto" else n_init, "random_state": random_state}
    if squares is not None:
        starts = iter(spread_starts(squares, k, how["n_init"], random_state))
        how["init"] = lambda centred, *_, **__: centred[next(starts)]
    # Checking the same parameters again and again took a fifth of a fit of 100 points, profiled.
    with warnings.catch_warnings(), config_context(skip_parameter_validation=True):
        warnings.simplefilter("ignore")  # fewer distinct rows than k
        return KMeans(k, tol=tol, **how).fit(points)


def spread_starts(squares: np.ndarray, k: int, n_starts: int, random_state: int) -> np.ndarray:
    """Choose the rows that K-means starts from: those of scikit-learn's k-means++ and this seed.

    It draws the same random numbers, but looks distances up, and makes all starts side by side.

    Parameters
    ----------
    squares : (n, n) float64
        Squared distances of the points.
    k, n_starts, random_state : int

    Returns
    -------
    (n_starts, k) int
        Each centre after the first is drawn a few times, a point the likelier the larger its
        squared distance to the nearest centre so far; the draw that leaves least stays.

    References
    ----------
    Arthur and Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007.

    Examples
    --------
    Two points in two places: whichever comes first, the other place has all the distance.

    >>> far = np.array([[0.0, 0, 9], [0, 0, 9], [9, 9, 0]])
    >>> sorted(set(map(tuple, (spread_starts(far, 2, n_starts=20, random_state=0) == 2).tolist())))
    [(False, True), (True, False)]
    """
    n, tries, every = len(squares), 2 + int(np.log(k)), np.arange(n_starts)
    draws = np.random.RandomState(random_state).random_sample((n_starts, 1 + (k - 1) * tries))
    rows = [(n * draws[:, 0]).astype(int)]
    nearest = squares[rows[0]]  # (n_starts, n)
    for draw in draws[:, 1:].reshape(n_starts, k - 1, tries).swapaxes(0, 1):
        drawn = draw[..., None] * nearest.sum(axis=1)[:, None, None]
        tried = (nearest.cumsum(axis=1)[:, None, :-1] < drawn).sum(axis=2)  # (n_starts, tries)
        left = np.minimum(nearest[:, None], squares[tried])  # (n_starts, tries, n)
        best = left.sum(axis=2).argmin(axis=1)
        rows.append(tried[every, best])
        nearest = left[every, best]
    return np.stack(rows, axis=1)


def mean_silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean silhouette; nan for one group, and when every image is its own.

    scikit-learn's silhouette_score without its checks, which took a quarter of a sweep.

    Parameters
    ----------
    distances : (n, n) float
    labels : (n,) int

    References
    ----------
    Rousseeuw, Silhouettes, J. Comput. Appl. Math. 20, 1987, doi:10.1016/0377-0427(87)90125-7.

    Examples
    --------
    Two pairs, 1 apart inside. From 0 the others are 10.5 away on the mean, from 1 they are 9.5.

    >>> places = np.array([0.0, 1, 10, 11])
    >>> gaps = np.abs(places[:, None] - places)
    >>> round(mean_silhouette(gaps, np.array([0, 0, 1, 1])), 3)  # mean of 9.5/10.5 and 8.5/9.5
    0.9
    """
    names, own, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if not 2 <= len(names) <= len(labels) - 1:
        return float("nan")
    member = np.eye(len(names))[own]
    sums = distances @ member
    inside = (sums * member).sum(axis=1) / np.maximum(sizes[own] - 1, 1)
    outside = np.where(member == 1, np.inf, sums / sizes).min(axis=1)
    longer = np.maximum(inside, outside)
    widths = (outside - inside) / np.where(longer == 0, 1, longer)
    return float(np.where(sizes[own] == 1, 0, widths).mean())  # alone in its group: 0


def stability(
    vectors: np.ndarray,
    k: int,
    *,
    resamples: int = 10,
    share: float = 0.8,
    n_init: int = 10,
    random_state: int = 0,
    tol: float = 1e-4,
) -> float:
    """Ask whether K-means finds the same groups again when some of the images are left out.

    K-means is fitted to random subsets; each pair of fits is compared on the images that both saw,
    by the adjusted Rand index, whose mean is returned. No true labels are needed. Stable groups
    need not be right, and k = 1 is always stable. A number out of its range raises ValueError.

    Parameters
    ----------
    vectors : (n, d) numbers
        One row an image; leave out those without features.
    k : int, at most share * n
    resamples : int, at least 2
    share : float in (0.5, 1], of n: size of a subset, drawn without replacement
    n_init, tol
        As `fit_kmeans` takes them.

    References
    ----------
    Ben-Hur, Elisseeff and Guyon, A stability based method for discovering structure in clustered
    data, 2002, doi:10.1142/9789812799623_0002.

    Examples
    --------
    Two clumps far apart are found every time; a third group is not there to be found.

    >>> rng = np.random.default_rng(0)
    >>> clumps = rng.normal(size=(60, 2)) + np.repeat([[0, 0], [50, 50]], 30, axis=0)
    >>> stability(clumps, 2), stability(clumps, 3) < 0.9
    (1.0, True)
    """
    from threadpoolctl import threadpool_limits

    size = round(share * len(vectors))
    if resamples < 2 or not 0.5 < share <= 1 or not 1 <= k <= size:
        raise ValueError(
            f"k={k}, resamples={resamples}, share={share} of {len(vectors)} images: expected "
            "resamples from 2, share above 0.5 up to 1, and at most as many groups as images."
        )
    rng = np.random.default_rng(random_state)
    fits = np.full((resamples, len(vectors)), -1)
    with threadpool_limits(limits=1):  # small problems are slower on many threads
        for fit in fits:
            rows = rng.choice(len(vectors), size, replace=False)
            start = int(rng.integers(2**31))
            model = fit_kmeans(vectors[rows], k, n_init=n_init, random_state=start, tol=tol)
            fit[rows] = model.labels_
    return float(np.mean([_ari_where_both_saw(*pair) for pair in itertools.combinations(fits, 2)]))


def _ari_where_both_saw(a: np.ndarray, b: np.ndarray) -> float:
    """scikit-learn's adjusted_rand_score without its checks, which took most of the time."""
    both = (a >= 0) & (b >= 0)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a[both], b[both]), 1)
    together, in_a, in_b, every = (
        (counts * (counts - 1)).sum() for counts in (table, table.sum(1), table.sum(0), table.sum())
    )
    if in_a == in_b == together:  # full agreement
        return 1.0
    expected = in_a * in_b / every
    return (together - expected) / ((in_a + in_b) / 2 - expected)
