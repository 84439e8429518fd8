"""K-means over a range of k, and how many groups the curves speak for.

K-means on the first few principal coordinates forgets what single images have for themselves, and
finds groups better than K-means on whole vectors. Each k starts from a cut of Ward's tree, for the
images and for the shapeless clouds they are compared with alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from imagegroup.coordinates import Coordinates, find_coordinates, shapeless_cloud
from imagegroup.exact import product, squared_distances, whole_sum
from imagegroup.kmeans import (
    best_fit,
    fit_kmeans,
    group_means,
    mean_silhouette,
    number_groups,
    ward_cuts,
)
from imagegroup.process import one_thread, without_warnings
from imagegroup.sklearn_kmeans import fit_labels, isometric_points
from imagegroup.stability import stability

REFERENCES = 16
"""Shapeless clouds that the contrast compares the images with. With four, chance between clouds
moved the cubed excess of simple3's k = 2 by a factor of 2.8."""
RESAMPLES = 10
"""Refits on parts of the images that stability compares for each k."""
CLOUD_DIMS = 40
"""Principal coordinates that clouds copy where K-means sees whole vectors, `n_dims=0`."""
_DISTANCE_BITS = 12  # steps in one step of the vectors' grid, of distances
_MEAN_BITS = 20  # the same, of distances that are summed
_SQUARE_BITS = 8  # the same, of squared distances


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
        `stability` of the images and of a shapeless cloud; nan for k = 1, for k above n / 3 and
        not measured.
    labels : (m, n) int32, the labels for each k
    rows : (n,) int, ascending
        Rows of the vectors that were swept: all up to 2,000; of more, so many drawn by content.
    engine : str
        What clustered them.
    """

    ks: np.ndarray
    inertias: np.ndarray
    distortions: np.ndarray
    silhouettes: np.ndarray
    explained: np.ndarray
    stabilities: np.ndarray
    cloud_stabilities: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
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
    coordinates: Coordinates | None = None,
) -> Sweep:
    """Run K-means for every k and keep the curves and the labels.

    Parameters
    ----------
    vectors : (n, d) numbers
        One row an image.
    ks : sequence of int
        The k to try; those above the number of distinct rows are left out.
    n_dims : int
        K-means sees this many principal coordinates (or k, if that is more) and starts from a cut
        of Ward's tree: the same labels on every machine, in whatever order the rows are given.
        0: scikit-learn's K-means sees all, as in the post. The curves measure whole vectors.
    references : int
        Shapeless clouds for `explained`; 0 leaves it out.
    resamples : int
        Refits for the stabilities, each with one start; 0 leaves them out.
    n_init : int or "auto"
        Starts of scikit-learn's K-means for each k.
    random_state : int
    progress : callable
        Wraps the ks, for a progress bar.
    coordinates : Coordinates, optional
        Those of the vectors, with as many columns as `count_dims` says, where they are known.

    Returns
    -------
    Sweep

    Raises
    ------
    ValueError
        There are no rows, no k fits, or a number is not finite.

    Examples
    --------
    Two pairs, 1 apart inside and 10 apart between; one centre lies 5.5 or 4.5 from each.

    >>> pairs = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> sweep = sweep_k(pairs, [1, 2])
    >>> sweep.inertias  # 2 * 5.5**2 + 2 * 4.5**2 = 101, then 4 * 0.5**2 = 1
    array([101.,   1.])
    >>> sweep.distortions  # (5.5 + 4.5 + 4.5 + 5.5) / 4 = 5, then 0.5
    array([5. , 0.5])
    """
    n_clouds = max(references, 1 if resamples else 0)
    with one_thread(*_needed(n_dims)):
        if coordinates is None:
            coordinates = find_coordinates(vectors, count_dims(ks, n_dims, n_clouds))
        ks = _possible_ks(coordinates, ks)
        gram = coordinates.gram
        order = coordinates.order[: len(gram)]
        by_row = np.argsort(order)  # places of the swept rows, from the order of content
        points = coordinates.points[: len(gram)]
        squared = squared_distances(gram)
        distances = np.rint(np.ldexp(np.sqrt(squared), _DISTANCE_BITS))

        # 1. Labels for each k, of the images and of the clouds they are compared with.
        if n_dims:
            engine = f"exact, {points.shape[1]} principal coordinates"
            found = ward_labels(points, ks, n_dims)
        else:
            swept = vectors if len(order) == len(vectors) else vectors[order[by_row]]
            products = np.ldexp(gram[np.ix_(by_row, by_row)], -2 * coordinates.grid.exponent)
            seen, tol, engine = isometric_points(swept, products)
            of_rows = fit_labels(seen, ks, n_init, random_state, tol)
            by_content = np.argsort(by_row)
            found = (labels[by_content] for labels in of_rows)
        clouds = [shapeless_cloud(points, seed) for seed in range(n_clouds)]
        width = n_dims or CLOUD_DIMS
        compared = clouds[:references] if n_dims else [points, *clouds][: references + 1]
        runs = [ward_labels(p, ks, width) for p in compared] if references else []

        # 2. What the labels are worth.
        curves = []
        all_labels = []
        for k, labels, *alike in zip(progress(ks), found, *runs, strict=False):
            near = slice(0, max(width, k))
            seen_by_kmeans = [p[:, near] for p in (points, *clouds)]
            alike = [labels, *alike] if n_dims else alike
            curves.append(
                (
                    *_spread(coordinates, labels),
                    mean_silhouette(distances, labels),
                    _explained_ratio(seen_by_kmeans, alike, k),
                    *_stabilities(seen_by_kmeans[:2], resamples, k, random_state),
                )
            )
            all_labels.append(labels[by_row])
    if n_dims:
        all_labels = [number_groups(labels) for labels in all_labels]
    labels = np.array(all_labels, np.int32)
    return Sweep(np.array(ks), *np.array(curves).T, labels, order[by_row], engine)


def fit_k(
    vectors: np.ndarray,
    k: int,
    *,
    n_dims: int,
    n_init: int | str = "auto",
    random_state: int = 0,
    coordinates: Coordinates | None = None,
    sweep: Sweep | None = None,
) -> np.ndarray:
    """Group vectors into k groups as well as several starts can.

    Parameters
    ----------
    vectors : (n, d) numbers
    k : int, from 1 to the number of distinct rows
    n_dims, random_state
        As in `sweep_k`.
    n_init : int or "auto"
        Starts that are drawn beside the cut of Ward's tree; "auto" is one.
    coordinates, sweep : optional
        What was seen and found of these vectors before.

    Returns
    -------
    (n,) int32
        Numbered in the order of the rows. With `n_dims=0` as scikit-learn numbers them.

    Examples
    --------
    >>> fit_k(np.array([[20.0], [0], [21], [1]]), 2, n_dims=1).tolist()
    [0, 1, 0, 1]
    """
    with one_thread(*_needed(n_dims)):
        if coordinates is None:
            coordinates = find_coordinates(vectors, count_dims((k,), n_dims, 0))
        _possible_ks(coordinates, (k,))
        if not n_dims and sweep is not None and len(sweep.rows) == len(vectors):
            return sweep.labels[sweep.ks == k][0]  # as many starts as were asked for
        if not n_dims:
            seen, tol, _ = isometric_points(vectors)
            return next(iter(fit_labels(seen, (k,), n_init, random_state, tol))).astype(np.int32)
        near = coordinates.points[:, : max(n_dims, k)]
        first = near[: len(coordinates.gram)]
        if sweep is None:
            cut = next(ward_labels(first, (k,), n_dims))
        else:
            by_content = np.searchsorted(sweep.rows, coordinates.order[: len(first)])
            cut = sweep.labels[sweep.ks == k][0][by_content]
        start = group_means(first, cut, k)
        fit = best_fit(near, [start], k, 1 if n_init == "auto" else n_init, random_state)
        labels = np.empty(len(near), np.int64)
        labels[coordinates.order] = fit.labels
        return number_groups(labels).astype(np.int32)


def count_dims(ks: Sequence[int], n_dims: int, n_clouds: int) -> int:
    """Return how many principal coordinates a sweep looks at.

    >>> count_dims(range(1, 41), n_dims=16, n_clouds=0), count_dims([2], n_dims=0, n_clouds=0)
    (40, 0)
    """
    if n_dims or n_clouds:
        return max(n_dims or CLOUD_DIMS, *ks)
    return 0


def ward_labels(points: np.ndarray, ks: Sequence[int], n_dims: int) -> Iterator[np.ndarray]:
    """Yield labels for each k: K-means from the cuts of Ward's tree.

    Parameters
    ----------
    points : (n, m) float, whole numbers
        Principal coordinates; the tree sees the first `n_dims`, K-means as many or k.
    ks : sequence of int
    n_dims : int

    Yields
    ------
    (n,) int

    Examples
    --------
    >>> [labels.tolist() for labels in ward_labels(np.array([[0.0], [1], [20], [21]]), (1, 2), 1)]
    [[0, 0, 0, 0], [0, 0, 1, 1]]
    """
    tree = points[:, :n_dims]
    for k, cut in zip(
        ks, ward_cuts(squared_distances(product(tree, tree.T)), list(ks)), strict=True
    ):
        near = points[:, : max(n_dims, k)]
        yield fit_kmeans(near, group_means(near, cut, k)).labels


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
    shape = {"curve": "convex", "direction": "decreasing"}
    with without_warnings():  # kneed warns when it finds none; None says it too
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


def contrasts(sweep: Sweep) -> np.ndarray:
    """Return for each k how tight its groups are, times what they explain beyond chance, cubed.

    The silhouette alone rewards cutting a collection in two along its longest direction, which any
    cloud allows. Here it is multiplied by the cube of what the k groups explain beyond clouds with
    the same principal variances, as in the gap statistic of Tibshirani, Walther and Hastie, J. R.
    Stat. Soc. B 63, 2001, doi:10.1111/1467-9868.00293; the product is ours.

    Returns
    -------
    (m,) float64
        0 where the groups explain no more than chance; nan where that was not measured.
    """
    excess = np.maximum(sweep.explained - 1, 0)
    return sweep.silhouettes * (excess * excess * excess)  # a power is not rounded alike everywhere


def best_contrast(sweep: Sweep) -> int | None:
    """Return the k with the largest contrast, or None when none exceeds 0."""
    contrast = contrasts(sweep)
    if not (contrast > 0).any():
        return None
    return int(sweep.ks[np.nanargmax(contrast)])


def most_stable(sweep: Sweep) -> int | None:
    """Return the k whose groups are found again most surely when some images are left out, or None.

    A few groups across a long cloud, and very many groups, are found again in any points. Hence
    the agreement s is taken relative to that c in a shapeless cloud, as kappa is relative to
    chance: (s - c) / (1 - c). The largest k where several are found as surely: its groups tell
    more. None when nothing exceeds 0.
    """
    stable, chance = sweep.stabilities, np.minimum(sweep.cloud_stabilities, 1 - 1e-9)
    beyond = (stable - chance) / (1 - chance)
    if not (beyond > 0).any():
        return None
    return int(sweep.ks[beyond == np.nanmax(beyond)][-1])


CRITERIA: dict[str, Callable[[Sweep], int | None]] = {
    "elbow": elbow,
    "silhouette": best_silhouette,
    "contrast": best_contrast,
    "stability": most_stable,
}


def _needed(n_dims: int) -> tuple[str, ...]:
    """Return the modules whose threads are to be limited, which must be loaded before."""
    return () if n_dims else ("sklearn.cluster",)


def _possible_ks(coordinates: Coordinates, ks: Sequence[int]) -> list[int]:
    squared = squared_distances(coordinates.gram)
    first_alike = (squared == 0).argmax(axis=1) if len(squared) else np.zeros(0, int)
    distinct = int((first_alike == np.arange(len(squared))).sum())
    possible = [int(k) for k in sorted(set(ks)) if 1 <= k <= distinct]
    if not possible:
        raise ValueError(
            f"{distinct} distinct images cannot be put into k = {', '.join(map(str, ks))} groups: "
            "give more images or a smaller k."
        )
    return possible


def _spread(coordinates: Coordinates, labels: np.ndarray) -> tuple[float, float]:
    """Return the inertia and the distortion, from inner products alone."""
    gram = coordinates.gram
    k = labels.max() + 1
    sizes = np.bincount(labels, minlength=k)
    sums = product(gram, np.eye(k)[labels]).astype(np.float64)
    with_own = sums[np.arange(len(labels)), labels]
    totals = np.eye(k, dtype=np.int64)[labels].T @ with_own.astype(np.int64)
    # |x - mean|^2 = x.x - 2 x.mean + mean.mean
    size = np.maximum(sizes, 1)
    means = (totals / (size * size))[labels]
    squares = np.maximum(np.diag(gram) - 2 * with_own / size[labels] + means, 0)
    distortion = whole_sum(np.sqrt(squares), _MEAN_BITS) / len(labels)
    exponent = coordinates.grid.exponent
    return (
        float(np.ldexp(whole_sum(squares, _SQUARE_BITS), -2 * exponent)),
        float(np.ldexp(distortion, -exponent)),
    )


def _explained(points: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Squared distance to the common mean that the groups explain, in whole steps."""
    sums = product(np.eye(k)[labels].T, points).astype(np.float64)
    sizes = np.maximum(np.bincount(labels, minlength=k), 1)[:, None]
    between = np.rint(sums * sums / sizes).sum()
    return between - np.rint(np.square(points.sum(axis=0)) / len(points)).sum()


def _explained_ratio(seen: list[np.ndarray], found: list[np.ndarray], k: int) -> float:
    """What the groups explain of the points, over the mean of what as many do of the clouds."""
    if k == 1 or len(found) < 2:
        return np.nan
    own, *chance = (_explained(p, labels, k) for p, labels in zip(seen, found, strict=False))
    mean = sum(chance) / len(chance)
    return own / mean if mean > 0 else 0.0


def _stabilities(seen: list, resamples: int, k: int, random_state: int) -> list[float]:
    """Stability of the points and of a cloud, where it means something.

    Above n / 3, groups of an image or two are found again in any points.
    """
    if not resamples or not 1 < k <= len(seen[0]) // 3:
        return [np.nan, np.nan]
    how = {"resamples": resamples, "n_init": 1, "random_state": random_state}
    return [stability(points, k, **how) for points in seen]
