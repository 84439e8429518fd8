"""K-means over a range of k, and how many groups the curves speak for.

The sweep runs on exact n-dimensional coordinates of the n vectors where n is small. K-means sees
distances only, so nothing changes except the time.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

EXACT_ROWS = 2_000
"""Up to this many vectors the sweep uses exact coordinates; above, n x n gets too big."""
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
    labels : (m, n) int32, the labels for each k
    engine : str
        Which path was taken: "exact, n-dimensional coordinates" or "float32".
    """

    ks: np.ndarray
    inertias: np.ndarray
    distortions: np.ndarray
    silhouettes: np.ndarray
    labels: np.ndarray
    engine: str


def sweep_k(
    vectors: np.ndarray,
    ks: Sequence[int] = tuple(range(1, 21)),
    *,
    n_init: int | str = "auto",
    random_state: int = 0,
    progress: Callable[[Sequence[int]], Sequence[int]] = iter,
) -> Sweep:
    """Run K-means for every k and keep the curves and the labels.

    Parameters
    ----------
    vectors : (n, d) numbers
        One row an image.
    ks : sequence of int
        The k to try; those above the number of distinct rows are left out.
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
    Two pairs, 1 apart inside and 10 apart between: one centre leaves 4 x 5.5**2 or 4.5**2 ...

    >>> pairs = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> sweep = sweep_k(pairs, [1, 2])
    >>> sweep.inertias  # 2 * 5.5**2 + 2 * 4.5**2 = 101, then 4 * 0.5**2 = 1
    array([101.,   1.])
    >>> sweep.distortions  # (5.5 + 4.5 + 4.5 + 5.5) / 4 = 5, then 0.5
    array([5. , 0.5])
    """
    from threadpoolctl import threadpool_limits

    ks = _possible_ks(vectors, ks)
    points, tol, engine = _coordinates(vectors)
    distances = _silhouette_distances(points)
    rows = []
    # Many OpenMP threads on a small problem cost up to 16 times the time on a busy machine.
    with threadpool_limits(limits=1):
        for k in progress(ks):
            model = fit_kmeans(points, k, n_init=n_init, random_state=random_state, tol=tol)
            own = np.linalg.norm(points - model.cluster_centers_[model.labels_], axis=1)
            silhouette = _silhouette(distances, model.labels_)
            rows.append((model.inertia_, own.mean(), silhouette, model.labels_))
    inertias, distortions, silhouettes, labels = zip(*rows, strict=True)
    return Sweep(
        np.array(ks),
        np.array(inertias),
        np.array(distortions),
        np.array(silhouettes),
        np.array(labels, np.int32),
        engine,
    )


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


CRITERIA: dict[str, Callable[[Sweep], int | None]] = {
    "elbow": elbow,
    "silhouette": best_silhouette,
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


def _coordinates(vectors: np.ndarray) -> tuple[np.ndarray, float, str]:
    """Give points with the distances of the vectors, the tol that belongs to them, and the path.

    The centred Gram matrix G = X X^T = V diag(w) V^T gives coordinates V sqrt(w), in n columns
    instead of d. scikit-learn scales tol by the mean variance of a column, hence n / d.
    """
    n, d = vectors.shape
    if n > EXACT_ROWS or n >= d:
        return (
            vectors.astype(np.float64 if n <= EXACT_ROWS else np.float32),
            1e-4,
            "float32" if n > EXACT_ROWS else "float64",
        )
    gram = np.zeros((n, n))
    for start in range(0, d, 1_024):  # in blocks, so that no float copy of all vectors is made
        block = vectors[:, start : start + 1_024].astype(np.float64)
        gram += block @ block.T
    row_means = gram.mean(axis=0)
    gram += gram.mean() - row_means - row_means[:, None]
    eigenvalues, eigenvectors = np.linalg.eigh(gram)
    points = eigenvectors * np.sqrt(np.clip(eigenvalues, 0, None))
    return points, 1e-4 * n / d, "exact, n-dimensional coordinates"


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
