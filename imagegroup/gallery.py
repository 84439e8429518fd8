"""Thumbnails of the images of a grouping, in colour and upright."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagegroup.grouping import Grouping
from imagegroup.images import map_images
from imagegroup.skips import Skipped


def thumbnails(grouping: Grouping, rows: Sequence[int], side: int = 96) -> np.ndarray:
    """Read images small, each centred on a white square.

    Parameters
    ----------
    grouping : Grouping
    rows : sequence of int
        Rows of the grouping.
    side : int, px

    Returns
    -------
    (len(rows), side, side, 3) uint8, RGB
        A photo that has become unreadable since stays white.
    """
    squares = np.full((len(rows), side, side, 3), 255, np.uint8)
    paths = [grouping.paths[row] for row in rows]
    pictures = map_images(_pixels, grouping.folder, paths, max_side=side, colour=True)
    for square, picture in zip(squares, pictures, strict=True):
        if not isinstance(picture, Skipped):
            height, width = picture.shape[:2]
            top, left = (side - height) // 2, (side - width) // 2
            square[top : top + height, left : left + width] = picture
    return squares


def typical(grouping: Grouping, count: int = 8, side: int = 96) -> list[np.ndarray]:
    """Read the most typical images of each group, those nearest to its centre.

    Returns
    -------
    list of (m, side, side, 3) uint8, RGB
        One array a group, m up to `count`.
    """
    chosen = [grouping.members(label)[:count] for label in range(grouping.k)]
    squares = thumbnails(grouping, np.concatenate(chosen) if chosen else [], side)
    return np.split(squares, np.cumsum([len(c) for c in chosen])[:-1]) if chosen else []


def _pixels(photo) -> np.ndarray:
    return photo.image
