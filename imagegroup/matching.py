"""Which keypoints of two photos show the same spot: by their descriptors, and by one common map."""

from __future__ import annotations

import cv2
import numpy as np

from imagegroup.orb import Features

CELL = 8
"""Side, in px, of a cell in which keypoints count as one spot."""
MOST_ENLARGED = 16
"""How much larger an area may be in one of two photos of the same thing."""


def match_mutual(a: np.ndarray, b: np.ndarray, ratio: float = 0.8) -> np.ndarray:
    """Match descriptors that choose each other, and clearly so.

    Parameters
    ----------
    a, b : (n, 32) and (m, 32) uint8
    ratio : float
        The Hamming distance to the nearest of b must be below `ratio` times that to the second.

    Returns
    -------
    (p, 2) int
        Rows of a and of b; none when b has fewer than two.

    References
    ----------
    Lowe, Distinctive image features from scale-invariant keypoints, IJCV 60, 2004,
    doi:10.1023/B:VISI.0000029664.99615.94, section 7.1, for the ratio.

    Examples
    --------
    The first finds itself, 8 bits away from anything else; the second has two equals.

    >>> b = np.zeros((3, 32), np.uint8)
    >>> b[0, 0] = 255
    >>> match_mutual(b[:2], b).tolist()
    [[0, 0]]
    """
    if len(a) == 0 or len(b) < 2:
        return np.zeros((0, 2), int)
    distances, nearest = cv2.batchDistance(a, b, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=2)
    rows = np.flatnonzero(distances[:, 0] < ratio * distances[:, 1])
    if not len(rows):
        return np.zeros((0, 2), int)
    choice = nearest[rows, 0]
    back = cv2.batchDistance(b[choice], a, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=1)[1]
    mutual = back[:, 0] == rows
    return np.column_stack([rows[mutual], choice[mutual]])


def match_places(
    ours: Features, theirs: Features, tolerance: float = 5.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match the keypoints of two photos and ask which matches fit one perspective map.

    Parameters
    ----------
    ours, theirs : Features
    tolerance : float, px of the second photo

    Returns
    -------
    points, mate_points : (m, 2) float32
        x and y in px; row i of both is match i, as `match_mutual` finds them.
    agree : (m,) bool
        The largest set that one homography explains, found by RANSAC; none below five matches,
        since any four fit, and none where it turns the photo over, folds it, or enlarges a spot
        more than 16 times: no camera does. A handful agrees by chance, and a scene with depth has
        no single map. The same photos give the same set: OpenCV seeds RANSAC itself.
    """
    pairs = match_mutual(ours.descriptors, theirs.descriptors)
    points, mate_points = ours.keypoints[pairs[:, 0]], theirs.keypoints[pairs[:, 1]]
    agree = np.zeros(len(pairs), bool)
    if len(pairs) > 4:
        homography, mask = cv2.findHomography(points, mate_points, cv2.RANSAC, tolerance)
        fits = agree if mask is None else mask.ravel().astype(bool)
        if fits.any() and _is_sane(homography, points[fits]):
            agree = fits
    return points, mate_points, agree


def count_cells(points: np.ndarray) -> int:
    """Count the cells of 8 x 8 px that hold a point, (n, 2) px: a cluster of keypoints is one spot.

    >>> count_cells(np.array([[1, 1], [6, 7], [9, 1]]))
    2
    """
    return len(np.unique(np.floor(points / CELL), axis=0))


def shared_spots(ours: Features, theirs: Features) -> int:
    """Count the spots that two photos share: the agreeing matches of `match_places`, each once.

    Keypoints crowd on one spot, in neighbouring pixels and octaves, and would count many times;
    hence the number of `count_cells`, in the photo where it is smaller.
    """
    points, mate_points, agree = match_places(ours, theirs)
    return min(count_cells(points[agree]), count_cells(mate_points[agree]))


def _is_sane(homography: np.ndarray, points: np.ndarray) -> bool:
    """Whether a map leaves the sides of the photo and keeps areas within 1 / 16 to 16 at points."""
    x, y = points.T
    depth = x * homography[2, 0] + y * homography[2, 1] + homography[2, 2]
    if (depth <= 0).any():  # some would lie behind the camera
        return False
    first, second, third = homography
    areas = (first * np.cross(second, third)).sum() / (
        depth * depth * depth
    )  # determinant of the derivative
    return bool(areas.min() > 1 / MOST_ENLARGED and areas.max() < MOST_ENLARGED)
