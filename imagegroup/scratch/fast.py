"""FAST-9: a pixel is a corner when 9 pixels in a row, of the 16 around it, are lighter or darker.

Rosten and Drummond, Machine learning for high-speed corner detection, ECCV 2006,
doi:10.1007/11744023_34.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RING = np.array(
    [
        (0, 3), (1, 3), (2, 2), (3, 1), (3, 0), (3, -1), (2, -2), (1, -3),
        (0, -3), (-1, -3), (-2, -2), (-3, -1), (-3, 0), (-3, 1), (-2, 2), (-1, 3),
    ]
)  # fmt: skip
"""(16, 2) int: x and y offsets in px of the circle of radius 3, in order around it."""

MARGIN = 3
"""Pixels along each border whose ring would leave the image; they are never corners."""


@dataclass(frozen=True)
class Arc:
    """A run of neighbouring ring pixels of one class.

    Attributes
    ----------
    start : int, index into `RING` of its first pixel
    length : int, 0 to 16 pixels
    kind : int, 1 lighter, -1 darker, 0 when the whole ring is similar
    """

    start: int = 0
    length: int = 0
    kind: int = 0

    @property
    def positions(self) -> list[int]:
        """The indices into `RING` of its pixels, in order; 15 is followed by 0."""
        return [(self.start + step) % 16 for step in range(self.length)]


@dataclass(frozen=True, eq=False)
class PixelTest:
    """What FAST sees at one pixel; `x`, `y` in px, `centre` its grey value.

    Attributes
    ----------
    ring : (16,) uint8, grey values in the order of `RING`
    differences : (16,) int16, ring minus centre
    classes : (16,) int8, 1 lighter, -1 darker, 0 similar
    arc : Arc, the longest run of one class
    score : int, largest threshold at which this is still a corner; negative: never
    is_corner : bool, before non-maximum suppression
    """

    x: int
    y: int
    centre: int
    ring: np.ndarray
    differences: np.ndarray
    classes: np.ndarray
    arc: Arc
    score: int
    is_corner: bool


def ring_differences(image: np.ndarray) -> np.ndarray:
    """Compare every pixel with the 16 around it.

    Parameters
    ----------
    image : (H, W) uint8, grey

    Returns
    -------
    (16, H, W) int16
        Ring minus centre, in grey levels; 0 within 3 px of the border.

    Examples
    --------
    >>> image = np.full((7, 7), 100, np.uint8)
    >>> image[6, 3] = 130                                   # straight below the centre
    >>> ring_differences(image)[:, 3, 3].tolist()
    [30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    """
    height, width = image.shape
    differences = np.zeros((16, height, width), np.int16)
    if min(image.shape) > 2 * MARGIN:
        centre = image[MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.int16)
        for plane, (dx, dy) in zip(differences, RING, strict=True):
            rows = slice(MARGIN + dy, height - MARGIN + dy)
            columns = slice(MARGIN + dx, width - MARGIN + dx)
            plane[MARGIN:-MARGIN, MARGIN:-MARGIN] = image[rows, columns] - centre
    return differences


def classify(differences: np.ndarray, threshold: int) -> np.ndarray:
    """Put differences into three classes: lighter (1), darker (-1), similar (0).

    Lighter means more than `threshold` above the centre, darker more than that below it.

    Parameters
    ----------
    differences : (16, ...) int
        Of one pixel or of many, as `ring_differences` returns them.
    threshold : int, grey levels

    Returns
    -------
    (16, ...) int8

    Examples
    --------
    >>> classify(np.array([25, 20, 0, -20, -25]), threshold=20).tolist()
    [1, 0, 0, 0, -1]
    """
    return (np.sign(differences) * (np.abs(differences) > threshold)).astype(np.int8)


def longest_arc(classes: np.ndarray) -> Arc:
    """Find the longest run of lighter, or of darker, pixels around one ring.

    Parameters
    ----------
    classes : (16,) int
        Of one pixel, as `classify` returns them.

    Returns
    -------
    Arc
        The first of equals.

    Examples
    --------
    Nine of 16 are lighter, but only five in a row: no corner.

    >>> arc = longest_arc([1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0])
    >>> arc.length, arc.kind
    (5, 1)

    The ring is closed, so a run may go on from its last pixel to its first.

    >>> longest_arc([-1] * 5 + [0] * 7 + [-1] * 4).positions
    [12, 13, 14, 15, 0, 1, 2, 3, 4]
    """
    best = Arc()
    for start, kind in enumerate(map(int, classes)):
        length = 0
        while kind and length < 16 and classes[(start + length) % 16] == kind:
            length += 1
        if length > best.length:
            best = Arc(start, length, kind)
    return best


def corner_score(differences: np.ndarray) -> np.ndarray:
    """Return the largest threshold at which a pixel is still a corner.

    Over the 16 arcs of 9 pixels: the best of the smallest difference, for lighter and for darker
    arcs, minus 1 because the test is strict. So a pixel is a corner iff its score >= threshold,
    and one map of scores answers for every threshold.

    Parameters
    ----------
    differences : (16, ...) int
        Of one pixel or of many.

    Returns
    -------
    (...) int
        At most 254; negative where no threshold passes.

    Examples
    --------
    Nine in a row, the smallest +30, the others +200: not a sum, the weakest of the nine decides.

    >>> int(corner_score(np.array([30] + 8 * [200] + 7 * [0])))
    29
    """
    return np.maximum(_weakest_of_9(differences), _weakest_of_9(-differences)) - 1


def _weakest_of_9(differences: np.ndarray) -> np.ndarray:
    ring = np.concatenate([differences, differences[:8]])
    of_2 = np.minimum(ring[:-1], ring[1:])
    of_4 = np.minimum(of_2[:-2], of_2[2:])
    of_8 = np.minimum(of_4[:-4], of_4[4:])
    return np.minimum(of_8[:-1], ring[8:]).max(axis=0)


def suppress_non_maxima(scores: np.ndarray, threshold: int) -> np.ndarray:
    """Keep a corner only if its score is larger than those of all eight neighbours.

    The comparison is strict: of two equal neighbours neither survives. What is below the
    threshold counts as 0.

    Parameters
    ----------
    scores : (H, W) int, as `corner_score` returns them
    threshold : int, grey levels

    Returns
    -------
    (H, W) bool

    Examples
    --------
    >>> scores = np.array([[0, 0, 0, 0, 0], [0, 9, 0, 5, 5], [0, 8, 0, 0, 0]])
    >>> np.argwhere(suppress_non_maxima(scores, threshold=1)).tolist()
    [[1, 1]]
    """
    passing = np.where(scores >= threshold, scores, 0)
    height, width = scores.shape
    around = np.pad(passing, 1)
    keep = np.ones(scores.shape, bool)
    for dy, dx in np.ndindex(3, 3):
        if (dy, dx) != (1, 1):
            keep &= passing > around[dy : dy + height, dx : dx + width]
    return keep


def detect_fast(image: np.ndarray, threshold: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the FAST corners of an image, as `cv2.FastFeatureDetector` does.

    Parameters
    ----------
    image : (H, W) uint8, grey
    threshold : int, 0 to 255 grey levels

    Returns
    -------
    points : (n, 2) int, x and y in px, row by row
    scores : (n,) int16

    Examples
    --------
    A spot is found; a second pixel as bright beside it ties with it, and both are lost.

    >>> image = np.zeros((20, 20), np.uint8)
    >>> image[8, 12] = 50
    >>> points, scores = detect_fast(image, threshold=20)
    >>> points.tolist(), scores.tolist()
    ([[12, 8]], [49])
    >>> image[8, 13] = 50
    >>> len(detect_fast(image, threshold=20)[0])
    0
    """
    scores = corner_score(ring_differences(image))
    rows, columns = np.nonzero(suppress_non_maxima(scores, threshold))
    return np.column_stack([columns, rows]), scores[rows, columns]


def examine_pixel(image: np.ndarray, x: int, y: int, threshold: int) -> PixelTest:
    """Run the FAST test at one pixel and return every step of it.

    Raises
    ------
    ValueError
        The pixel lies within 3 px of the border, where the ring would leave the image.

    Examples
    --------
    >>> image = np.full((7, 7), 10, np.uint8)
    >>> image[3, 3] = 100
    >>> seen = examine_pixel(image, 3, 3, threshold=20)
    >>> seen.arc.length, seen.score, seen.is_corner
    (16, 89, True)
    """
    height, width = image.shape
    if not (MARGIN <= x < width - MARGIN and MARGIN <= y < height - MARGIN):
        raise ValueError(
            f"pixel ({x}, {y}) of an image of {width} x {height} px: expected one at least "
            f"{MARGIN} px from the border, where the whole ring lies inside."
        )
    ring = image[y + RING[:, 1], x + RING[:, 0]]
    differences = ring.astype(np.int16) - image[y, x]
    classes = classify(differences, threshold)
    arc, score = longest_arc(classes), int(corner_score(differences))
    centre = int(image[y, x])
    return PixelTest(x, y, centre, ring, differences, classes, arc, score, score >= threshold)
