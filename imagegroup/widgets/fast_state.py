"""What the reader of the FAST microscope looks at, and what it says in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from imagegroup.orb import check_grey
from imagegroup.scratch.fast import (
    MARGIN,
    PixelTest,
    corner_score,
    examine_pixel,
    ring_differences,
)
from imagegroup.widgets.pixels import ARROWS

MAX_PIXELS = 2_000_000
KINDS = {1: "lighter", -1: "darker", 0: "similar"}


@dataclass(frozen=True, eq=False)
class FastState:
    """What the reader looks at.

    Attributes
    ----------
    image : (H, W) uint8
    x, y : int, px; at least 3 px from the border
    threshold : int, 0 to 255 grey levels
    listed, kept : (H, W) bool, where OpenCV finds a corner without and with suppression
    held : bool, whether the pixel stays where it is when the mouse moves
    show_corners : bool, whether the photo shows OpenCV's corners
    """

    image: np.ndarray
    x: int
    y: int
    threshold: int
    listed: np.ndarray
    kept: np.ndarray
    held: bool = False
    show_corners: bool = True


def start(image: np.ndarray, threshold: int = 20) -> FastState:
    """Look at the corner nearest the middle of the image, or at the middle if there is none.

    Raises
    ------
    ValueError
        The image is not (H, W) uint8, is smaller than 7 x 7 px or has more than 2 million pixels;
        the threshold is not in 0..255.
    """
    check_grey(image)
    height, width = image.shape
    if min(image.shape) < 2 * MARGIN + 1 or image.size > MAX_PIXELS:
        raise ValueError(
            f"image has {width} x {height} px: expected at least 7 x 7 and at most {MAX_PIXELS:,} "
            "pixels, so that the picture follows the pointer; read it with max_side=1024."
        )
    if not 0 <= threshold <= 255:
        raise ValueError(f"threshold={threshold}: expected grey levels from 0 to 255.")
    x, y = width // 2, height // 2
    state = FastState(image, x, y, threshold, *_opencv_corners(image, threshold))
    rows, columns = np.nonzero(state.kept)
    if len(rows):
        nearest = np.hypot(columns - x, rows - y).argmin()
        x, y = int(columns[nearest]), int(rows[nearest])
    return move(state, x, y)


def move(state: FastState, x: int, y: int) -> FastState:
    """Look at another pixel, or at the nearest one whose ring lies inside the image."""
    height, width = state.image.shape
    x = min(max(x, MARGIN), width - MARGIN - 1)
    y = min(max(y, MARGIN), height - MARGIN - 1)
    return replace(state, x=x, y=y)


def change_threshold(state: FastState, threshold: int) -> FastState:
    """Test with another threshold, cut to 0..255, and ask OpenCV for its corners again."""
    threshold = min(max(threshold, 0), 255)
    listed, kept = _opencv_corners(state.image, threshold)
    return replace(state, threshold=threshold, listed=listed, kept=kept)


def show_corners(state: FastState, show: bool) -> FastState:
    """Show OpenCV's corners on the photo, or the photo alone."""
    return replace(state, show_corners=show)


def hold(state: FastState) -> FastState:
    """Stay at this pixel when the mouse moves, or follow it again."""
    return replace(state, held=not state.held)


def press(state: FastState, key: str, shift: bool = False) -> FastState:
    """Do what a key stands for: arrows move, + and - change the threshold, Space holds."""
    if key in ARROWS:
        dx, dy = (step * (10 if shift else 1) for step in ARROWS[key])
        return move(state, state.x + dx, state.y + dy)
    if key in ("+", "="):
        return change_threshold(state, state.threshold + 1)
    if key in ("-", "_"):
        return change_threshold(state, state.threshold - 1)
    if key in (" ", "Enter"):
        return hold(state)
    return state


def seen(state: FastState) -> PixelTest:
    """Run the FAST test on the pixel."""
    return examine_pixel(state.image, state.x, state.y, state.threshold)


def verdict(state: FastState) -> str:
    """Say in words what the test found.

    Examples
    --------
    >>> image = np.full((9, 9), 10, np.uint8)
    >>> image[4, 4] = 100
    >>> verdict(start(image))
    'Corner: 16 of 16 in a row are darker by more than 20; score 89.'
    >>> verdict(change_threshold(start(image), 90))
    'No corner: all 16 are within 90 of the centre. A corner up to threshold 89.'
    """
    test = seen(state)
    arc, kind = test.arc, KINDS[test.arc.kind]
    if test.is_corner:
        return (
            f"Corner: {arc.length} of 16 in a row are {kind} by more than {state.threshold}; "
            f"score {test.score}."
        )
    in_all, more = int((test.classes == arc.kind).sum()), f"by more than {state.threshold}"
    if not arc.length:
        why = f"all 16 are within {state.threshold} of the centre."
    elif in_all > arc.length:
        why = f"{in_all} of 16 are {kind} {more}, but only {arc.length} in a row; 9 are needed."
    else:
        why = f"only {arc.length} of 16 in a row are {kind} {more}; 9 are needed."
    until = (
        f"A corner up to threshold {test.score}."
        if test.score >= 0
        else "No threshold makes it one."
    )
    return f"No corner: {why} {until}"


def opencv_says(state: FastState) -> str:
    """Say whether the pixel is in OpenCV's lists of corners, and what suppressed it if not."""
    listed, kept = (bool(found[state.y, state.x]) for found in (state.listed, state.kept))
    agrees = "OpenCV agrees" if listed == seen(state).is_corner else "OpenCV disagrees"
    if not listed:
        return f"{agrees}: not in its list."
    if kept:
        return f"{agrees}: in its list, with and without non-maximum suppression."
    x, y, score = strongest_neighbour(state)
    return (
        f"{agrees}: in its list without non-maximum suppression, not with it: "
        f"the neighbour at ({x}, {y}) scores {score}."
    )


def strongest_neighbour(state: FastState) -> tuple[int, int, int]:
    """Return x, y and score of the highest of the eight pixels around."""
    left, top = max(state.x - MARGIN - 1, 0), max(state.y - MARGIN - 1, 0)
    around = state.image[top : state.y + MARGIN + 2, left : state.x + MARGIN + 2]
    scores = corner_score(ring_differences(around))
    scores[state.y - top, state.x - left] = -1
    row, column = np.unravel_index(scores.argmax(), scores.shape)
    return left + int(column), top + int(row), int(scores[row, column])


def signed(difference: int) -> str:
    """Write a difference with its sign: +12, -3, 0."""
    return f"{difference:+d}" if difference else "0"


def describe_ring(state: FastState) -> str:
    """List the sixteen differences and classes, for those who cannot see the lens."""
    test = seen(state)
    lit = set(test.arc.positions)
    pairs = zip(test.differences.tolist(), test.classes.tolist(), strict=True)
    ring = [
        f"{signed(difference)} {KINDS[kind]}{' (longest run)' if i in lit else ''}"
        for i, (difference, kind) in enumerate(pairs)
    ]
    return f"Ring around grey {test.centre}, anticlockwise from below: {', '.join(ring)}."


def _opencv_corners(image: np.ndarray, threshold: int) -> tuple[np.ndarray, np.ndarray]:
    maps = []
    for suppression in (False, True):
        found = cv2.FastFeatureDetector_create(threshold, suppression).detect(image)
        where = np.zeros(image.shape, bool)
        if found:
            x, y = cv2.KeyPoint_convert(found).astype(int).T
            where[y, x] = True
        maps.append(where)
    return maps[0], maps[1]
