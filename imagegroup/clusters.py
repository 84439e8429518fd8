"""K-means over a range of k, and how many groups the curves speak for.

n vectors span n dimensions at most. The sweep runs on their principal coordinates, which keep all
distances: K-means sees nothing else, so nothing changes except the time. K-means on the first few
of them alone forgets what single images have for themselves, and finds groups better.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from imagegroup.coordinates import principal_coordinates, shapeless_cloud
from imagegroup.kmeans import fit_kmeans, mean_silhouette, stability

REFERENCES, REFERENCE_STARTS = 4, 2
"""Shapeless clouds that the contrast compares the images with, and starts of K-means on each."""
RESAMPLES = 10
"""Refits on parts of the images that stability compares for each k."""
SILHOUETTE_ROWS, SQUARED_ROWS = 2_000, 600
"""Silhouettes are averaged over at most so many images, spread evenly over the rows; and up to so
many, their squared distances are kept to find where K-means starts, 3 MB each for them and clouds.
"""


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
    stabilities, cloud_stabilities : (m,) float64, at most 1
        `kmeans.stability` of the images and of a shapeless cloud; nan for k = 1, for k above n / 3
        and not measured.
    labels : (m, n) int32, the labels for each k
    engine : str
        Which path was taken, as `principal_coordinates` names it: exact up to 2,000 rows.
    """

    ks: np.ndarray
    inertias: np.ndarray
    distortions: np.ndarray
    silhouettes: np.ndarray
    explained: np.ndarray
    stabilities: np.ndarray
    cloud_stabilities: np.ndarray
    labels: np.ndarray
    engine: str


def sweep_k(
    vectors: np.ndarray,
    ks: Sequence[int] = tuple(range(1, 21)),
    *,
    n_dims: int = 0,
    references: int = 0,
    resamples: int = 0,
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
    resamples : int
        Refits for the stabilities, each with one start; 0 leaves them out.
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
    from sklearn.metrics import pairwise_distances
    from threadpoolctl import threadpool_limits

    ks = _possible_ks(vectors, ks)
    n_clouds = max(references, 1 if resamples else 0)
    every = n_clouds and vectors.shape[1]  # clouds copy principal variances
    points, tol, engine = principal_coordinates(vectors, max(n_dims, *ks) if n_dims else every)
    clouds = [shapeless_cloud(points, seed) for seed in range(n_clouds)]
    sample = np.linspace(0, len(points) - 1, min(len(points), SILHOUETTE_ROWS)).astype(int)
    distances = pairwise_distances(points[sample])
    rows, width_for = [], lambda k: max(n_dims, k) if n_dims else None
    # Many OpenMP threads on a small problem cost up to 16 times the time on a busy machine.
    with threadpool_limits(limits=1):
        for width, alike in itertools.groupby(progress(ks), width_for):
            seen = [p[:, :width] for p in (points, *clouds)]
            (near, squares), *known = zip(seen, map(_squares, seen), strict=True)
            for k in alike:
                how = {"k": k, "random_state": random_state, "tol": tol}
                labels = fit_kmeans(near, squares=squares, n_init=n_init, **how).labels_
                gaps = _to_own_center(points, labels)
                measures = (
                    (gaps**2).sum(),
                    gaps.mean(),
                    mean_silhouette(distances, labels[sample]),
                    _explained_ratio(near, labels, known[:references], how),
                    *_stabilities(seen[:2], resamples, how),
                )
                rows.append((*measures, labels))
    *curves, labels = (np.array(column) for column in zip(*rows, strict=True))
    return Sweep(np.array(ks), *curves, labels.astype(np.int32), engine)


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
        shape = {"curve": "convex", "direction": "decreasing"}
        knee = KneeLocator(sweep.ks, sweep.distortions, **shape).elbow
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


def most_stable(sweep: Sweep) -> int | None:
    """Return the k whose groups are found again most surely when some images are left out, or None.

    A few groups across a long cloud, and very many groups, are found again in any points. Hence
    the agreement s is taken relative to that c in a shapeless cloud, as kappa is relative to
    chance: (s - c) / (1 - c). None when nothing exceeds 0.
    """
    stable, chance = sweep.stabilities, np.minimum(sweep.cloud_stabilities, 1 - 1e-9)
    beyond = (stable - chance) / (1 - chance)
    return int(sweep.ks[np.nanargmax(beyond)]) if (beyond > 0).any() else None


CRITERIA: dict[str, Callable[[Sweep], int | None]] = {
    "elbow": elbow,
    "silhouette": best_silhouette,
    "contrast": best_contrast,
    "stability": most_stable,
}


def _possible_ks(vectors: np.ndarray, ks: Sequence[int]) -> list[int]:
    distinct = len({hash((row + 0).tobytes()) for row in vectors})  # np.unique sorts copies; -0 = 0
    possible = [int(k) for k in sorted(set(ks)) if 1 <= k <= distinct]
    if not possible:
        raise ValueError(
            f"{distinct} distinct images cannot be put into k = {', '.join(map(str, ks))} groups: "
            "give more images or a smaller k."
        )
    return possible


def _to_own_center(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Distance of each point to the mean of its group."""
    member = np.eye(labels.max() + 1, dtype=points.dtype)[labels]
    centers = member.T @ points / np.bincount(labels)[:, None]
    return np.linalg.norm(points - centers[labels], axis=1)


def _explained(points: np.ndarray, labels: np.ndarray) -> float:
    """Squared distance to the common mean that the groups explain."""
    return ((points - points.mean(axis=0)) ** 2).sum() - (_to_own_center(points, labels) ** 2).sum()


def _explained_ratio(points, labels: np.ndarray, clouds: list, how: dict) -> float:
    """What the groups explain of the points, over the mean of what as many do of the clouds.

    Clouds come with their squared distances.
    """
    if how["k"] == 1 or not clouds:
        return np.nan
    fits = [fit_kmeans(c, squares=s, n_init=REFERENCE_STARTS, **how).labels_ for c, s in clouds]
    by_chance = np.mean([_explained(c, fit) for (c, _), fit in zip(clouds, fits, strict=True)])
    return _explained(points, labels) / by_chance


def _stabilities(seen: list, resamples: int, how: dict) -> list[float]:
    """Stability of the points and of a cloud, where it means something.

    Above n / 3, groups of an image or two are found again in any points.
    """
    if not resamples or not 1 < how["k"] <= len(seen[0]) // 3:
        return [np.nan, np.nan]
    return [stability(points, resamples=resamples, n_init=1, **how) for points in seen]


def _squares(points: np.ndarray) -> np.ndarray | None:
    """Squared distances, to look up where K-means may start; None where they need much memory."""
    if len(points) > SQUARED_ROWS:
        return None
    lengths = (points**2).sum(axis=1)
    return np.maximum(lengths[:, None] - 2 * points @ points.T + lengths, 0)
