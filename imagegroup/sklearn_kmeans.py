"""scikit-learn's K-means on the exact distances of vectors: what the post does, `n_dims=0`.

LAPACK's coordinates and scikit-learn's sums round as the processor's kernels do: where two
distances are nearly equal, another type of processor may put an image into another group.
Everything else in this package clusters with `kmeans`, which does not depend on the processor.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from imagegroup.exact import choose_grid, gram_matrix, squared_distances
from imagegroup.kmeans import spread_starts
from imagegroup.process import without_warnings

EXACT_ROWS = 2_000
"""Up to so many vectors become principal coordinates; above, n x n numbers would be too many."""
SQUARED_ROWS = 600
"""Up to so many, squared distances are kept to look up where K-means starts: 3 MB."""


def isometric_points(
    vectors: np.ndarray, gram: np.ndarray | None = None
) -> tuple[np.ndarray, float, str]:
    """Return points with the distances of the vectors, in fewer numbers.

    n vectors span n dimensions at most, and K-means sees nothing but distances: it finds the same
    groups in their principal coordinates, n x n numbers instead of n x d.

    Parameters
    ----------
    vectors : (n, d) numbers
    gram : (n, n) float64, optional
        Their inner products, where they are known.

    Returns
    -------
    points : (n, m) float
        The largest variance first where they are principal coordinates.
    tol : float
        scikit-learn scales it by the mean variance of a column, hence n / d where d became n.
    engine : str
        Which path was taken.

    Examples
    --------
    Two vectors of 1,000 numbers, 5 apart: one coordinate is enough, half the distance each way.

    >>> far = np.zeros((2, 1_000))
    >>> far[1, :2] = 3, 4
    >>> points, tol, engine = isometric_points(far)
    >>> np.abs(points[:, 0]).round(3).tolist(), points.shape
    ([2.5, 2.5], (2, 2))
    """
    n, d = vectors.shape
    if n > EXACT_ROWS:
        return vectors.astype(np.float32), 1e-4, "scikit-learn, vectors as float32"
    if n >= d:
        return vectors.astype(np.float64), 1e-4, "scikit-learn, vectors as float64"
    if gram is None:
        grid = choose_grid(vectors)
        gram = np.ldexp(gram_matrix(vectors, grid), -2 * grid.exponent)
    row_means = gram.mean(axis=0)
    centred = gram + (gram.mean() - row_means - row_means[:, None])
    eigenvalues, eigenvectors = np.linalg.eigh(centred)
    points = eigenvectors[:, ::-1] * np.sqrt(np.clip(eigenvalues[::-1], 0, None))
    return points, 1e-4 * min(1, n / d), "scikit-learn, principal coordinates"


def fit_labels(
    points: np.ndarray, ks: Iterable[int], n_init: int | str, random_state: int, tol: float
) -> Iterable[np.ndarray]:
    """Yield scikit-learn's labels for each k.

    Where the points are few, the starts of k-means++ are drawn here from squared distances: the
    same that scikit-learn draws from this seed, sooner.

    Parameters
    ----------
    points : (n, d) float
    ks : iterable of int
    n_init, random_state, tol
        As scikit-learn takes them.

    Yields
    ------
    (n,) int32
    """
    from sklearn import config_context
    from sklearn.cluster import KMeans

    n_starts = 1 if n_init == "auto" else n_init
    squares = None
    if len(points) <= SQUARED_ROWS:
        squares = np.maximum(squared_distances(points @ points.T), 0)
    for k in ks:
        init = "k-means++"
        if squares is not None:
            rng = np.random.RandomState(random_state)
            rows = [
                spread_starts(squares.__getitem__, len(points), k, rng) for _ in range(n_starts)
            ]
            drawn = iter(rows)
            init = lambda centred, *_, **__: centred[next(drawn)]  # noqa: E731, B023
        model = KMeans(k, init=init, n_init=n_starts, random_state=random_state, tol=tol)
        # Checking the same parameters again and again took a fifth of a fit of 100 points; and a
        # warning that k exceeds the distinct rows says nothing that the labels do not.
        with without_warnings(), config_context(skip_parameter_validation=True):
            yield model.fit(points).labels_
