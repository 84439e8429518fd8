"""What the BRIEF microscope draws: keypoints on the photo, two patches, 256 bits."""

from __future__ import annotations

import cv2
import numpy as np

from imagegroup.widgets import draw

PATCH_SIDE = 300
CELL, GAP, LABEL, EDGE = 14, 20, 24, 4
"""Side of a bit, space between the patches, height of titles, space around the bits, in px."""

DARK = (70, 70, 70)

POINT_COLOURS = (draw.ORANGE, draw.BLUE)
BLUR = 3
"""The grey value of a point is a weighted mean over this many px to each side."""


def draw_photo(
    image: np.ndarray,
    keypoints: np.ndarray,
    selected: tuple[float, float, float, float],
    picked: dict[str, int | None],
) -> np.ndarray:
    """Draw a photo with its keypoints, one of them with size and direction, and the picked ones.

    Parameters
    ----------
    image : (H, W) uint8
    keypoints : (n, 2) float, px
    selected : x, y, diameter in px, direction in degrees
    picked : dict of letter to row of `keypoints` or None
    """
    frame, scale = draw.fit(image)
    for x, y in place(keypoints, scale):
        cv2.circle(frame, (x, y), 2, draw.ORANGE, -1)
    (middle,) = place(np.array([selected[:2]]), scale)
    radius, radians = selected[2] / 2 * scale, np.deg2rad(selected[3])
    tip = middle + np.rint(radius * np.array([np.cos(radians), np.sin(radians)])).astype(int)
    for colour, thickness in ((draw.BLACK, 4), (draw.WHITE, 2)):
        cv2.circle(frame, middle.tolist(), round(radius), colour, thickness, cv2.LINE_AA)
        cv2.line(frame, middle.tolist(), tip.tolist(), colour, thickness, cv2.LINE_AA)
    for letter, row in picked.items():
        if row is not None:
            (x, y) = place(keypoints[row : row + 1], scale)[0].tolist()
            cv2.circle(frame, (x, y), 11, draw.WHITE, -1, cv2.LINE_AA)
            cv2.circle(frame, (x, y), 11, draw.BLACK, 2, cv2.LINE_AA)
            draw.write(frame, letter, (x, y))
    return frame


def place(points: np.ndarray, scale: float) -> np.ndarray:
    """Return where points of the image, in px, lie in the frame of the photo."""
    return ((points + 0.5) * scale).astype(int)


def draw_patches(patches: list[np.ndarray], pairs: np.ndarray, titles: list[str]) -> np.ndarray:
    """Draw the patch before and after the turn, and on both the two points of one bit.

    Parameters
    ----------
    patches : two (side, side) uint8, the keypoint in the middle
    pairs : (2, 2, 2) int
        Patch, point, x and y from the middle in px. Around each point the 7 x 7 px that its
        blurred grey value is made of; the first is a square, the second has its corners cut.
    titles : two str
    """
    cell = max(1, PATCH_SIDE // len(patches[0]))
    side = cell * len(patches[0])
    frame = np.full((side + LABEL, 2 * side + GAP, 3), 255, np.uint8)
    for i, (patch, pair, title) in enumerate(zip(patches, pairs, titles, strict=True)):
        left = i * (side + GAP)
        view = draw.enlarge(patch, cell)
        middle = np.array([side // 2, side // 2])
        cv2.drawMarker(view, middle.tolist(), draw.WHITE, cv2.MARKER_CROSS, 3 * cell, 1)
        first, second = (middle + cell * point for point in pair)
        draw.line(view, first, second)
        for number, centre in enumerate((first, second)):
            _draw_point(view, centre, number, int((BLUR + 0.5) * cell))
        frame[LABEL:, left : left + side] = view
        draw.write(frame, title, (left + side // 2, LABEL // 2), 0.45)
    return frame


def _draw_point(view: np.ndarray, centre: np.ndarray, number: int, half: int) -> None:
    draw.outline(view, centre.tolist(), half, POINT_COLOURS[number])
    cv2.circle(view, centre.tolist(), 9, draw.WHITE, -1, cv2.LINE_AA)
    draw.write(view, str(number + 1), centre.tolist(), 0.5)


def draw_bits(bits: np.ndarray, changed: np.ndarray, selected: int, title: str) -> np.ndarray:
    """Draw the bits of one descriptor: a column is a byte, its lowest bit on top; 1 is white.

    Parameters
    ----------
    bits : (256,) uint8, 0 or 1
    changed : (256,) bool, marked with a cross
    selected : int, index of the bit with a frame around it
    title : str
    """
    frame = np.full((LABEL + 8 * CELL + EDGE, 32 * CELL + 2 * EDGE, 3), 255, np.uint8)
    draw.write(frame, title, (frame.shape[1] // 2, LABEL // 2), 0.45)
    corners = np.column_stack(
        [EDGE + np.arange(256) // 8 * CELL, LABEL + np.arange(256) % 8 * CELL]
    )
    for bit, (x, y) in enumerate(corners.tolist()):
        fill = draw.WHITE if bits[bit] else DARK
        cv2.rectangle(frame, (x, y), (x + CELL, y + CELL), fill, -1)
        cv2.rectangle(frame, (x, y), (x + CELL, y + CELL), draw.GREY, 1)
        if changed[bit]:
            middle = (x + CELL // 2, y + CELL // 2)
            cv2.drawMarker(frame, middle, draw.VERMILION, cv2.MARKER_TILTED_CROSS, CELL - 6, 3)
    x, y = corners[selected].tolist()
    cv2.rectangle(frame, (x - 1, y - 1), (x + CELL + 1, y + CELL + 1), draw.BLUE, 3)
    return frame


def bit_at(x: float, y: float) -> int | None:
    """Return the index of the bit drawn at a place of the frame of `draw_bits`, if any.

    Examples
    --------
    >>> bit_at(EDGE + 17.5 * CELL, LABEL + 1.5 * CELL)             # byte 17, bit 1 of it
    137
    """
    column, row = int((x - EDGE) // CELL), int((y - LABEL) // CELL)
    return column * 8 + row if 0 <= column < 32 and 0 <= row < 8 else None
