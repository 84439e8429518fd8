"""Matching: which descriptor of one image belongs to which of another."""

from __future__ import annotations

import numpy as np


def hamming(first: np.ndarray, second: np.ndarray, cell_bits: int = 1) -> np.ndarray:
    """Count the bits in which each descriptor of one set differs from each of the other.

    Parameters
    ----------
    first : (n, n_bytes) uint8
    second : (m, n_bytes) uint8
    cell_bits : {1, 2}
        2 counts pairs of bits that differ, for `wta_k` 3 and 4 (OpenCV's NORM_HAMMING2).

    Returns
    -------
    (n, m) int32, bits (or pairs)

    Examples
    --------
    127 is 01111111, 128 is 10000000: neighbours as numbers, opposites as bits.

    >>> hamming(np.array([[127]], np.uint8), np.array([[128]], np.uint8)).tolist()
    [[8]]
    """
    distances = np.zeros((len(first), len(second)), np.int32)
    for row, descriptor in zip(distances, first, strict=True):
        differing = descriptor ^ second
        if cell_bits == 2:
            differing = (differing | differing >> 1) & 0b01010101
        row[:] = np.bitwise_count(differing).sum(axis=1)
    return distances


def ratio_test(distances: np.ndarray, ratio: float = 0.75) -> np.ndarray:
    """Match each row to its nearest column if that is clearly nearer than the second nearest.

    Kept iff d1 < ratio * d2. Lowe, Distinctive image features from scale-invariant keypoints,
    IJCV 60, 2004, doi:10.1023/B:VISI.0000029664.99615.94.

    Parameters
    ----------
    distances : (n, m) number, as `hamming` returns them
    ratio : float, 0 to 1

    Returns
    -------
    (n_matches, 2) int
        Row and column; none if there are fewer than two columns.

    Examples
    --------
    The first row has one clear answer, the second has two that are about as good.

    >>> ratio_test(np.array([[90, 20, 80], [40, 90, 42]])).tolist()
    [[0, 1]]
    """
    if distances.shape[1] < 2:
        return np.zeros((0, 2), int)
    nearest, second = np.sort(distances, axis=1)[:, :2].T
    rows = np.nonzero(nearest < ratio * second)[0]
    return np.column_stack([rows, distances[rows].argmin(axis=1)])


def cross_check(distances: np.ndarray) -> np.ndarray:
    """Match a row and a column when each is the other's nearest.

    Parameters
    ----------
    distances : (n, m) number, as `hamming` returns them

    Returns
    -------
    (n_matches, 2) int
        Row and column; of equally near ones the first counts.

    Examples
    --------
    Column 0 is nearest to both rows, but itself nearest to row 1.

    >>> cross_check(np.array([[30, 70], [10, 60]])).tolist()
    [[1, 0]]
    """
    if distances.size == 0:
        return np.zeros((0, 2), int)
    nearest = distances.argmin(axis=1)
    rows = np.arange(len(distances))
    mutual = distances.argmin(axis=0)[nearest] == rows
    return np.column_stack([rows[mutual], nearest[mutual]])
