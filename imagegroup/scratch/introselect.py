"""The n best responses, in the order in which OpenCV leaves them.

The set is simple: the n largest and all that tie with the n-th. The order is not a sorted one: it
is what introselect, the selection algorithm of GCC's C++ library, and then a partition happen to
leave. It is written out here because bit-for-bit includes the order; nothing else needs it.
Musser, Introspective sorting and selection algorithms, Software: Practice and Experience 27, 1997.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def retain_best(responses: np.ndarray, n: int) -> np.ndarray:
    """Return which responses are among the n largest, ties with the n-th included.

    Parameters
    ----------
    responses : (m,) float
    n : int

    Returns
    -------
    (kept,) int
        Indices; in the given order when nothing is dropped, none when n is 0.

    Examples
    --------
    Asked for two, given three: the second has an equal.

    >>> sorted(retain_best(np.array([5, 9, 5, 1]), 2).tolist())
    [0, 1, 2]
    """
    if n == 0 or len(responses) <= n:
        return np.arange(len(responses) if n else 0)
    keys = [-float(response) for response in responses]
    order = list(range(len(keys)))
    _introselect(order, keys, n - 1)
    cut = keys[order[n - 1]]
    end = _partition(order, n, lambda index: keys[index] <= cut)
    return np.array(order[:end])


def _introselect(order: list[int], keys: list[float], nth: int, rounds: int | None = None) -> None:
    """Move the nth smallest key to place nth, none larger before it, none smaller after it."""
    first, last = 0, len(order)
    rounds = 2 * (len(order).bit_length() - 1) if rounds is None else rounds
    while last - first > 3:
        if rounds == 0:
            _heap_select(order, keys, first, nth + 1, last)
            order[first], order[nth] = order[nth], order[first]
            return
        rounds -= 1
        middle = _split(order, keys, first, last)
        first, last = (middle, last) if middle <= nth else (first, middle)
    order[first:last] = sorted(order[first:last], key=keys.__getitem__)


def _split(order: list[int], keys: list[float], first: int, last: int) -> int:
    """Hoare's partition around the median of three, which is first moved to the front."""
    # Listed backwards, so that the sort settles ties as the library does.
    candidates = (last - 1, first + (last - first) // 2, first + 1)
    median = sorted(candidates, key=lambda place: keys[order[place]])[1]
    order[first], order[median] = order[median], order[first]
    pivot = keys[order[first]]
    low, high = first + 1, last
    while True:
        while keys[order[low]] < pivot:
            low += 1
        high -= 1
        while pivot < keys[order[high]]:
            high -= 1
        if low >= high:
            return low
        order[low], order[high] = order[high], order[low]
        low += 1


def _partition(order: list[int], start: int, belongs: Callable[[int], bool]) -> int:
    """Swap what belongs to the front of order[start:]; return where the rest begins."""
    low, high = start, len(order)
    while True:
        while low < high and belongs(order[low]):
            low += 1
        if low == high:
            return low
        high -= 1
        while low < high and not belongs(order[high]):
            high -= 1
        if low == high:
            return low
        order[low], order[high] = order[high], order[low]
        low += 1


def _heap_select(order: list[int], keys: list[float], first: int, middle: int, last: int) -> None:
    """Keep the smallest keys in a heap, the largest of them on top: the way out of bad luck."""
    size = middle - first
    for parent in range((size - 2) // 2, -1, -1):
        _sift(order, keys, first, parent, size, order[first + parent])
    for place in range(middle, last):
        if keys[order[place]] < keys[order[first]]:
            value = order[place]
            order[place] = order[first]
            _sift(order, keys, first, 0, size, value)


def _sift(
    order: list[int], keys: list[float], first: int, hole: int, size: int, value: int
) -> None:
    """Let the hole sink to the bottom along the larger children, then raise `value` from there."""
    top = hole
    while 2 * hole + 2 < size:
        child = 2 * hole + 2
        child -= keys[order[first + child]] < keys[order[first + child - 1]]
        order[first + hole] = order[first + child]
        hole = child
    if 2 * hole + 2 == size:
        order[first + hole] = order[first + size - 1]
        hole = size - 1
    while hole > top and keys[order[first + (hole - 1) // 2]] < keys[value]:
        order[first + hole] = order[first + (hole - 1) // 2]
        hole = (hole - 1) // 2
    order[first + hole] = value
