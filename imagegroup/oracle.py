"""What does correcting cost? A reader who knows the right groups looks at images and mends them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from imagegroup.grouping import Grouping
from imagegroup.inspection import doubtful_first


def find_misplaced(true: Sequence[Hashable], labels: np.ndarray) -> np.ndarray:
    """Mark the images whose known label is not the most frequent one of their group.

    Returns
    -------
    (n,) bool
        Of labels equally frequent the first in the alphabet counts.

    Examples
    --------
    >>> find_misplaced(["cat", "cat", "dog", "dog"], np.array([0, 0, 0, 1])).tolist()
    [False, False, True, False]
    """
    truth = np.unique(true, return_inverse=True)[1]
    owners = _owners(truth, labels)
    return np.array([owners[int(label)] != own for own, label in zip(truth, labels, strict=True)])


def remaining_errors(order: np.ndarray, misplaced: np.ndarray) -> np.ndarray:
    """Follow a reader who looks at images in a fixed order and puts right each misplaced one.

    Parameters
    ----------
    order : (m,) int
        Rows, in the order in which they are looked at.
    misplaced : (n,) bool

    Returns
    -------
    (m + 1,) float64
        Share of the n images still misplaced after looking at 0, 1, ... m of them.

    Examples
    --------
    >>> remaining_errors(np.array([2, 0, 1, 3]), np.array([False, True, True, False])).tolist()
    [0.5, 0.25, 0.25, 0.0, 0.0]
    """
    put_right = np.concatenate([[0], np.cumsum(misplaced[order])])
    return (misplaced.sum() - put_right) / len(misplaced)


def order_by_doubt(
    grouping: Grouping, true: Sequence[Hashable], by: str = "margin", page: int = 10
) -> np.ndarray:
    """Follow a reader to whom the most doubtful are shown, anew after each page of corrections.

    A misplaced image goes to the group in which its known label is the most frequent, or to a new
    one if there is none. What was looked at counts for the order of the rest, as
    `inspection.doubtful_first` says.

    Parameters
    ----------
    grouping : Grouping
    true : sequence of n known labels
    by : str, see `inspection.doubtful_first`
    page : int, images looked at before the rest is sorted anew

    Returns
    -------
    (m,) int
        Rows in the order in which the reader sees them.
    """
    truth, labels = np.unique(true, return_inverse=True)[1], grouping.labels.copy()
    misplaced, featured = find_misplaced(true, labels), labels >= 0
    homes = {owner: label for label, owner in _owners(truth, labels).items() if label >= 0}
    seen = np.zeros(len(truth), bool)
    order: list[int] = []
    while len(order) < featured.sum():
        groups = [grouping.vectors[labels == label] for label in range(labels.max() + 1)]
        centers = np.array([group.mean(axis=0) for group in groups])
        now = replace(grouping, labels=labels, centers=centers)
        left = featured.sum() - len(order)
        rows = doubtful_first(now, by, seen)[: min(page, left)]
        for row in rows[misplaced[rows]]:
            labels[row] = homes.setdefault(truth[row], labels.max() + 1)
        seen[rows] = True
        order.extend(rows)
    return np.array(order, int)


def _owners(truth: np.ndarray, labels: np.ndarray) -> dict[int, int]:
    """Give the most frequent known label of each group."""
    return {int(g): int(np.bincount(truth[labels == g]).argmax()) for g in np.unique(labels)}
