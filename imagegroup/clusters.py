"""K-means over a range of k, and how many groups the curves speak for.

n vectors span n dimensions at most. The sweep runs on their principal coordinates, which keep all
distances: K-means sees nothing else, so nothing changes except the time. K-means on the first few
of them alone forgets what single images have for themselves, and finds groups better.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from imagegroup.coordinates import principal_coordinates, shapeless_cloud

REFERENCES, REFERENCE_STARTS = 4, 2
"""Shapeless clouds that the contrast compares the images with, and starts of K-means on each."""
SILHOUETTE_ROWS = 2_000
"""Silhouettes are averaged over at most this many images, spread evenly over the rows."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """K-means for every k of a range, m values in all.

    Attributes
    ----------
    ks : (m,) int, ascending
    inertias : (m,) float64, sum over images of the squared distance to the own centre
    distortions : (m,) float64, mean over images of the distance to the own centre, not squared
    silhouettes : (m,) float64 in [-1, 1], mean over images; nan for k = 1 and k = n
    explained : (m,) float64
        Part of the total squared distance that k groups explain, divided by what they explain of
        shapeless clouds with the same principal variances; 1 is no better, nan not measured.
    labels : (m, n) int32, the labels for each k
    engine : str
        Which path was taken: "exact, n-dimensional coordinates" or "float32".
    """

    ks: np.ndarray
    inertias: np.ndarray
    distortions: np.ndarray
    silhouettes: np.ndarray
    explained: np.ndarray
    labels: np.ndarray
    engine: str


def sweep_k(
    vectors: np.ndarray,
    ks: Sequence[int] = tuple(range(1, 21)),
    *,
    n_dims: int = 0,
    references: int = 0,
    n_init: int | str = "auto",
    random_state: int = 0,
    progress: Callable[[Sequence[int]], Iterable[int]] = iter,
) -> Sweep:
    """Run K-means for every k and keep the curves and the labels.

    Parameters
    ----------
    vectors : (n, d) numbers
        One row an image.
    ks : sequence of int
        The k to try; those above the number of distinct rows are left out.
    n_dims : int
        K-means sees this many principal coordinates (or k, if that is more); 0 for all. The
        curves measure distances in all of them.
    references : int
        Shapeless clouds for `explained`; 0 leaves it out.
    n_init : int or "auto"
        Starts for each k, as scikit-learn's KMeans takes it.
    random_state : int
    progress : callable
        Wraps the ks, for a progress bar.

    Returns
    -------
    Sweep

    Raises
    ------
    ValueError
        There are no rows, or no k fits.

    Examples
    --------
    Two pairs, 1 apart inside and 10 apart between; one centre lies 5.5 or 4.5 from each.

    >>> pairs = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> sweep = sweep_k(pairs, [1, 2])
    >>> sweep.inertias.round(6)  # 2 * 5.5**2 + 2 * 4.5**2 = 101, then 4 * 0.5**2 = 1
    array([101.,   1.])
    >>> sweep.distortions.round(6)  # (5.5 + 4.5 + 4.5 + 5.5) / 4 = 5, then 0.5
    array([5. , 0.5])
    """
    from threadpoolctl import threadpool_limits

    ks = _possible_ks(vectors, ks)
    every = vectors.shape[1] if references else 0  # clouds copy principal variances
    wanted = max(n_dims, *ks) if n_dims else every
    points, tol, engine = principal_coordinates(vectors, wanted)
    clouds = [shapeless_cloud(points, seed) for seed in range(references)]
    distances = _silhouette_distances(points)
    rows = []
    # Many OpenMP threads on a small problem cost up to 16 times the time on a busy machine.
    with threadpool_limits(limits=1):
        for k in progress(ks):
            seen = slice(max(n_dims, k) if n_dims else None)
            fit = functools.partial(fit_kmeans, k=k, random_state=random_state, tol=tol)
            labels = fit(points[:, seen], n_init=n_init).labels_
            gaps = _to_own_center(points, labels)
            by_chance = [
                _explained(cloud, fit(cloud, n_init=REFERENCE_STARTS).labels_)
                for cloud in (c[:, seen] for c in clouds if k > 1)
            ]
            explained = _explained(points[:, seen], labels)
            ratio = explained / np.mean(by_chance) if by_chance else np.nan
            rows.append(
                ((gaps**2).sum(), gaps.mean(), _silhouette(distances, labels), ratio, labels)
            )
    *curves, labels = (np.array(column) for column in zip(*rows, strict=True))
    return Sweep(np.array(ks), *curves, labels.astype(np.int32), engine)


def fit_kmeans(
    points: np.ndarray,
    k: int,
    *,
    n_init: int | str = "auto",
    random_state: int = 0,
    tol: float = 1e-4,
):
    """Fit scikit-learn's KMeans once.

    Parameters
    ----------
    points : (n, d) float
    k : int
    n_init, random_state, tol
        As scikit-learn takes them.

    Returns
    -------
    sklearn.cluster.KMeans
        Fitted.

    Raises
    ------
    ValueError
        k is below 1 or above n.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # Fewer distinct rows than k: the empty groups are dropped by the caller.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(k, n_init=n_init, random_state=random_state, tol=tol).fit(points)


def choose_k(sweep: Sweep, criterion: str) -> int | None:
    """Choose a number of groups by a criterion.

    Parameters
    ----------
    sweep : Sweep
    criterion : str
        A name in `CRITERIA`.

    Returns
    -------
    int or None
        None when the criterion finds nothing: an elbow need not exist.

    Raises
    ------
    ValueError
        The criterion is unknown.

    Examples
    --------
    Three tight triples: the distortion falls steeply to k = 3, then hardly.

    >>> triples = np.repeat([[0.0, 0], [10, 0], [0, 10]], 3, axis=0)
    >>> triples += 0.1 * np.eye(9)[:, :2]
    >>> sweep = sweep_k(triples, range(1, 7), n_init=5)
    >>> choose_k(sweep, "elbow"), choose_k(sweep, "silhouette")
    (3, 3)
    """
    if criterion not in CRITERIA:
        raise ValueError(f"k={criterion!r}: expected a number or one of {', '.join(CRITERIA)}.")
    return CRITERIA[criterion](sweep)


def elbow(sweep: Sweep) -> int | None:
    """Return the k at the elbow of the distortion curve, found by kneed, or None.

    References
    ----------
    Satopaa et al., Finding a "kneedle" in a haystack, ICDCSW 2011, doi:10.1109/ICDCSW.2011.20.
    """
    from kneed import KneeLocator

    if len(sweep.ks) < 3:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # kneed warns when it finds none; None says it too
        knee = KneeLocator(
            sweep.ks, sweep.distortions, curve="convex", direction="decreasing"
        ).elbow
    return None if knee is None else int(knee)


def best_silhouette(sweep: Sweep) -> int | None:
    """Return the k with the largest mean silhouette, or None when no k has one.

    References
    ----------
    Rousseeuw, Silhouettes, J. Comput. Appl. Math. 20, 1987, doi:10.1016/0377-0427(87)90125-7.
    """
    if np.isnan(sweep.silhouettes).all():
        return None
    return int(sweep.ks[np.nanargmax(sweep.silhouettes)])


def best_contrast(sweep: Sweep) -> int | None:
    """Return the k whose groups are both tight and more than a cloud without groups would give.

    The silhouette alone rewards cutting a collection in two along its longest direction, which any
    cloud allows. Here it is multiplied by what the k groups explain beyond clouds with the same
    principal variances, as in the gap statistic of Tibshirani, Walther and Hastie, J. R. Stat.
    Soc. B 63, 2001, doi:10.1111/1467-9868.00293; the product is ours. None when nothing exceeds 0.
    """
    contrast = sweep.silhouettes * np.clip(sweep.explained - 1, 0, None)
    if not (contrast > 0).any():
        return None
    return int(sweep.ks[np.nanargmax(contrast)])


CRITERIA: dict[str, Callable[[Sweep], int | None]] = {
    "elbow": elbow,
    "silhouette": best_silhouette,
    "contrast": best_contrast,
}


def _possible_ks(vectors: np.ndarray, ks: Sequence[int]) -> list[int]:
    distinct = len(np.unique(vectors, axis=0)) if len(vectors) else 0
    possible = [int(k) for k in sorted(set(ks)) if 1 <= k <= distinct]
    if not possible:
        raise ValueError(
            f"{distinct} distinct images cannot be put into k = {', '.join(map(str, ks))} groups: "
            "give more images or a smaller k."
        )
    return possible


def _to_own_center(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Distance of each point to the mean of its group."""
    sums = np.zeros((labels.max() + 1, points.shape[1]))
    np.add.at(sums, labels, points)
    centers = sums / np.bincount(labels)[:, None]
    return np.linalg.norm(points - centers[labels], axis=1)


def _explained(points: np.ndarray, labels: np.ndarray) -> float:
    """Squared distance to the common mean that the groups explain."""
    total = ((points - points.mean(axis=0)) ** 2).sum()
    return float(total - (_to_own_center(points, labels) ** 2).sum())


def _silhouette_distances(points: np.ndarray) -> np.ndarray:
    from sklearn.metrics import pairwise_distances

    return pairwise_distances(points[_sample(len(points))])


def _silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    from sklearn.metrics import silhouette_score

    labels = labels[_sample(len(labels))]
    if not 2 <= len(np.unique(labels)) <= len(labels) - 1:
        return float("nan")
    return float(silhouette_score(distances, labels, metric="precomputed"))


def _sample(n: int) -> np.ndarray:
    return np.linspace(0, n - 1, min(n, SILHOUETTE_ROWS)).astype(int)
