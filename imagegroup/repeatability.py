"""How good are the keypoints: are they found again in another view with a known homography?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.orb import Features


def map_points(homography: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map points, (n, 2) x, y in px, through a (3, 3) homography; (n, 2) float64.

    Beyond the horizon, where the third coordinate is not positive, it is nan.

    >>> map_points(np.diag([2, 2, 1]), np.array([[1, 3]])).tolist()
    [[2.0, 6.0]]
    """
    mapped = np.column_stack([points, np.ones(len(points))]) @ np.asarray(homography).T
    return mapped[:, :2] / np.where(mapped[:, 2:] > 0, mapped[:, 2:], np.nan)


def repeatability(
    describe: Callable[[np.ndarray], Features],
    image_a: np.ndarray,
    image_b: np.ndarray,
    homography: np.ndarray,
    tolerance: float = 1.5,
) -> float:
    """Measure the share of keypoints in the area common to two views that is found in both.

    Keypoints outside the common area are left out. One of a and one of b correspond when a's,
    mapped into b, lies within `tolerance` of b's. Each takes part in one pair at most; of all
    pairings the one with most pairs counts. The share, 0 to 1, is of the smaller of the two
    numbers of keypoints, and 0 when one is 0. Chance adds to it: the more keypoints and the
    larger the tolerance, the more.

    Parameters
    ----------
    describe : callable, (H, W) uint8 -> Features
        Only `keypoints` is used: (n, 2), x and y in px.
    image_a, image_b : (H, W) uint8
    homography : (3, 3)
        From pixels (x, y, 1) of image_a to pixels of image_b, as in `map_points`.
    tolerance : float, px of image_b

    References
    ----------
    Schmid, Mohr and Bauckhage, Evaluation of interest point detectors, 2000,
    doi:10.1023/A:1008199403446 (tolerance 1.5 px). Pairing one to one is our addition.

    Examples
    --------
    >>> from imagegroup.orb import extract_features
    >>> image = np.random.default_rng(0).integers(0, 255, (100, 100), np.uint8)
    >>> repeatability(extract_features, image, image, np.eye(3))
    1.0
    """
    a, b = describe(image_a).keypoints, describe(image_b).keypoints
    found, common = pair_keypoints(a, b, image_a.shape, image_b.shape, homography, tolerance)
    return found / common if common else 0.0


def pair_keypoints(
    a: np.ndarray,
    b: np.ndarray,
    shape_a: tuple[int, ...],
    shape_b: tuple[int, ...],
    homography: np.ndarray,
    tolerance: float,
) -> tuple[int, int]:
    """Count the keypoints, (n, 2) and (m, 2) px, that two images of these shapes share.

    Returns the number of pairs, and the smaller number of keypoints in the area common to both.

    >>> pair_keypoints(np.array([[5.0, 5]]), np.array([[6.0, 5]]), (9, 9), (9, 9), np.eye(3), 1.5)
    (1, 1)
    """
    from scipy.sparse.csgraph import maximum_bipartite_matching
    from scipy.spatial import KDTree

    a_in_b = map_points(homography, a)
    a_in_b = a_in_b[_inside(a_in_b, shape_b)]
    b = b[_inside(map_points(np.linalg.inv(homography), b), shape_a)]
    if len(a_in_b) == 0 or len(b) == 0:
        return 0, 0
    gaps = KDTree(a_in_b).sparse_distance_matrix(KDTree(b), tolerance, output_type="coo_matrix")
    pairs = (maximum_bipartite_matching(gaps.tocsr()) >= 0).sum()
    return int(pairs), min(len(a_in_b), len(b))


def _inside(points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which points lie on a pixel of the image; nan does not."""
    return ((points > -0.5) & (points < np.array([shape[1], shape[0]]) - 0.5)).all(axis=1)
