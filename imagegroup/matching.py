"""Which keypoints of two photos show the same spot: by their descriptors, and by one common map."""

from __future__ import annotations

import cv2
import numpy as np

from imagegroup.orb import Features
from imagegroup.vocabulary import unpack_bits


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
    ours, theirs = (unpack_bits(d).astype(np.float32) for d in (a, b))
    # Bits that differ: those of a, those of b, without those of both.
    hamming = ours.sum(axis=1)[:, None] + theirs.sum(axis=1) - 2 * ours @ theirs.T
    choice, every = hamming.argmin(axis=1), np.arange(len(a))
    mutual = hamming.argmin(axis=0)[choice] == every
    nearest = hamming[every, choice]
    hamming[every, choice] = np.inf
    rows = np.flatnonzero(mutual & (nearest < ratio * hamming.min(axis=1)))
    return np.column_stack([rows, choice[rows]])


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
        since any four fit. A handful agrees by chance, and a scene with depth has no single map.
    """
    pairs = match_mutual(ours.descriptors, theirs.descriptors)
    points, mate_points = ours.keypoints[pairs[:, 0]], theirs.keypoints[pairs[:, 1]]
    agree = np.zeros(len(pairs), bool)
    if len(pairs) > 4:
        mask = cv2.findHomography(points, mate_points, cv2.RANSAC, tolerance)[1]
        agree = agree if mask is None else mask.ravel().astype(bool)
    return points, mate_points, agree
