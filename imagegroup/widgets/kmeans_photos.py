"""The photos of a grouping as points of a plane, and their groups in all numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagegroup.coordinates import principal_coordinates
from imagegroup.gallery import thumbnails
from imagegroup.grouping import Grouping
from imagegroup.names import display_name

MAX_PHOTOS = 300
SIDE = 44
"""Side of a thumbnail in px."""


@dataclass(frozen=True, eq=False)
class Photos:
    """The photos behind the points.

    Attributes
    ----------
    names : tuple of n str
    squares : (n, side, side, 3) uint8, blue first
    labels : (n,) int, their groups in all d numbers
    d : int, numbers in a vector
    share : float, part of the variance that the plane holds
    in_all : int, photos of the grouping; n of them are drawn
    """

    names: tuple[str, ...]
    squares: np.ndarray
    labels: np.ndarray
    d: int
    share: float
    in_all: int


def read_photos(grouping: Grouping) -> tuple[np.ndarray, Photos]:
    """Place the photos of a grouping at their first two principal coordinates.

    Returns
    -------
    points : (n, 2) float64
        Of the photos with features, at most 300, evenly spaced.
    photos : Photos

    Raises
    ------
    ValueError
        No photo has features.
    """
    rows = np.flatnonzero(grouping.labels >= 0)
    if not len(rows):
        raise ValueError("grouping has no photo with features: expected at least one; see skipped.")
    in_all = len(rows)
    rows = rows[np.linspace(0, in_all - 1, min(in_all, MAX_PHOTOS)).astype(int)]
    vectors = grouping.vectors[rows]
    coordinates = principal_coordinates(vectors, 2)
    points = np.zeros((len(rows), 2))
    points[:, : coordinates.shape[1]] = coordinates
    variance = vectors.var(axis=0, dtype=np.float64).sum()
    squares = thumbnails(grouping, rows, SIDE)[..., ::-1]
    part = float(points.var(axis=0).sum() / variance) if variance else 1.0
    names = tuple(display_name(grouping.paths[row]) for row in rows)
    d = vectors.shape[1]
    return points, Photos(names, squares, grouping.labels[rows], d, part, in_all)


def partners(photos: Photos, labels: np.ndarray) -> np.ndarray:
    """Give for each photo the plane's partner of its group in all numbers.

    Groups are paired one to one, so that as many photos as possible agree (Kuhn, 1955,
    doi:10.1002/nav.3800020109).

    Parameters
    ----------
    photos : Photos
    labels : (n,) int
        Groups in the plane, -1 for none.

    Returns
    -------
    (n,) int
        Where it is not `labels`, the two disagree; -1 where the group has no partner. Before all
        photos have a group in the plane, just `labels`.
    """
    from scipy.optimize import linear_sum_assignment

    if labels.min() < 0:
        return labels
    names, full = np.unique(photos.labels, return_inverse=True)
    table = np.zeros((len(names), labels.max() + 1), int)
    np.add.at(table, (full, labels), 1)
    partner = np.full(len(names), -1)
    rows, columns = linear_sum_assignment(table, maximize=True)
    partner[rows] = columns
    return partner[full]


def sheet_rows(photos: Photos, labels: np.ndarray, group: int) -> np.ndarray:
    """List the photos of a group in the plane, first those that lie elsewhere in all numbers."""
    rows = np.flatnonzero(labels == group)
    return rows[np.argsort(partners(photos, labels)[rows] == group, kind="stable")]
