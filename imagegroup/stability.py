"""Does K-means find the same groups again when some of the images are left out?"""

from __future__ import annotations

import itertools

import numpy as np

from imagegroup.coordinates import content_order
from imagegroup.exact import choose_grid, whole_sum
from imagegroup.kmeans import best_fit


def stability(
    vectors: np.ndarray,
    k: int,
    *,
    resamples: int = 10,
    share: float = 0.8,
    n_init: int = 10,
    random_state: int = 0,
) -> float:
    """Measure how well fits of K-means to random subsets agree.

    Each pair of fits is compared on the images that both saw, by the adjusted Rand index, whose
    mean is returned. No true labels are needed. Stable groups need not be right, and k = 1 is
    always stable.

    Parameters
    ----------
    vectors : (n, d) numbers
        One row an image; leave out those without features.
    k : int, at most share * n
    resamples : int, at least 2
    share : float in (0.5, 1], of n: size of a subset, drawn without replacement
    n_init : int, starts of each fit
    random_state : int

    Raises
    ------
    ValueError
        A number is out of its range.

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
    size = round(share * len(vectors))
    if resamples < 2 or not 0.5 < share <= 1 or not 1 <= k <= size:
        raise ValueError(
            f"k={k}, resamples={resamples}, share={share} of {len(vectors)} images: expected "
            "resamples from 2, share above 0.5 up to 1, and at most as many groups as images."
        )
    points = choose_grid(vectors).steps(vectors)[content_order(vectors)].astype(np.float64)
    rng = np.random.RandomState(random_state)
    fits = np.full((resamples, len(points)), -1)
    for fit in fits:
        rows = rng.permutation(len(points))[:size]
        fit[rows] = best_fit(points[rows], [], k, n_init, rng.randint(2**31)).labels
    pairs = itertools.combinations(fits, 2)
    agreements = np.array([_ari_where_both_saw(a, b) for a, b in pairs])
    return float(whole_sum(agreements, 40) / len(agreements))


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
