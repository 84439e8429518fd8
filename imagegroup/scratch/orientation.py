"""The direction of a patch: from its centre to its centre of mass, grey values as masses.

Rosin, Measuring corner properties, Computer Vision and Image Understanding 73, 1999,
doi:10.1006/cviu.1998.0719; ORB's paper calls it the intensity centroid.
"""

from __future__ import annotations

import math

import numpy as np


def circle_half_widths(patch_size: int) -> np.ndarray:
    """Return how far the disc of a patch reaches to each side in row 0, 1, ... from its centre.

    Down to the diagonal round(sqrt(h² - v²)) with h = patch_size // 2; beyond it the mirror image,
    so that rows and columns are alike.

    Parameters
    ----------
    patch_size : int, px

    Returns
    -------
    (h + 1,) int, px

    Examples
    --------
    >>> widths = circle_half_widths(31)
    >>> widths.tolist()
    [15, 15, 15, 15, 14, 14, 14, 13, 13, 12, 11, 10, 9, 8, 6, 3]
    >>> int((2 * widths + 1).sum() + (2 * widths[1:] + 1).sum())    # pixels of the disc
    749
    """
    half = patch_size // 2
    diagonal = math.ceil(np.float32(half) / np.sqrt(np.float32(2)))
    upper = [round(math.sqrt(half * half - v * v)) for v in range(diagonal + 1)]
    lower = [
        max(w for w in range(diagonal + 1) if upper[w] >= v) for v in range(diagonal, half + 1)
    ]
    return np.array((upper[:diagonal] + lower)[: half + 1])


def circle_mask(patch_size: int) -> np.ndarray:
    """Return which pixels of a patch lie in the disc that orientation reads.

    Returns
    -------
    (2h + 1, 2h + 1) bool, h = patch_size // 2

    Examples
    --------
    >>> int(circle_mask(31).sum())
    749
    """
    half = patch_size // 2
    rows, columns = np.abs(np.mgrid[-half : half + 1, -half : half + 1])
    return columns <= circle_half_widths(patch_size)[rows]


def moments(level: np.ndarray, points: np.ndarray, patch_size: int) -> np.ndarray:
    """Return mass and first moments of the disc around each point.

    m00 = sum I, m10 = sum u I, m01 = sum v I, with u to the right and v down from the centre. The
    centre of mass lies at (m10 / m00, m01 / m00).

    Parameters
    ----------
    level : (H, W) uint8, not smoothed; mirrored at its border where the disc leaves it
    points : (n, 2) int, x and y in px of the level
    patch_size : int, px

    Returns
    -------
    (n, 3) int64
        m00, m10, m01; exact.

    Examples
    --------
    A single bright pixel, 4 right of the point and 3 below it.

    >>> image = np.zeros((41, 41), np.uint8)
    >>> image[23, 24] = 10
    >>> moments(image, np.array([[20, 20]]), 31).tolist()
    [[10, 40, 30]]
    """
    half = patch_size // 2
    around = np.pad(level, half, mode="reflect")
    x, y = np.asarray(points).T + half
    sums = np.zeros((len(points), 3), np.int64)
    widths = circle_half_widths(patch_size)
    for v in range(-half, half + 1):
        u = np.arange(-widths[abs(v)], widths[abs(v)] + 1)
        row = around[y[:, None] + v, x[:, None] + u].astype(np.int64)
        mass = row.sum(axis=1)
        sums += np.column_stack([mass, row @ u, v * mass])
    return sums


def angle(m10: np.ndarray, m01: np.ndarray) -> np.ndarray:
    """Return the direction of (m10, m01) in degrees, by OpenCV's polynomial for the arctangent.

    With c = min / max of the two sides, the angle is p1 c + p3 c³ + p5 c⁵ + p7 c⁷, then unfolded
    into the right eighth of the circle. It is off by up to 0.01 degrees, and every operation
    rounds to float32, which decides the descriptor's last bits.

    Parameters
    ----------
    m10, m01 : (n,) number

    Returns
    -------
    (n,) float32
        Degrees in [0, 360]; y points down, so angles grow clockwise on the screen.

    Examples
    --------
    >>> right, below, left = (1, 0), (0, 1), (-1, 0)
    >>> angle(*np.transpose([right, below, left])).tolist()
    [0.0, 90.0, 180.0]
    """
    x, y = np.float32(m10), np.float32(m01)
    coefficients = [
        0.9997878412794807,
        -0.3258083974640975,
        0.1555786518463281,
        -0.04432655554792128,
    ]
    p1, p3, p5, p7 = np.float32(coefficients) * np.float32(180 / np.pi)
    small, large = np.sort(np.abs([x, y]), axis=0)
    c = small / (large + np.float32(2.0**-52))
    c2 = c * c
    degrees = (((p7 * c2 + p5) * c2 + p3) * c2 + p1) * c
    degrees = np.where(np.abs(y) > np.abs(x), 90 - degrees, degrees)
    degrees = np.where(x < 0, 180 - degrees, degrees)
    return np.where(y < 0, 360 - degrees, degrees)
