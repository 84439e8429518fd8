"""Drawing for the microscopes, with OpenCV: a frame is (H, W, 3) uint8, blue first."""

from __future__ import annotations

import cv2
import numpy as np

BLACK, GREY, WHITE = (0, 0, 0), (128, 128, 128), (255, 255, 255)
ORANGE, BLUE, VERMILION = (0, 159, 230), (178, 114, 0), (0, 94, 213)
"""Told apart by colour-blind readers (Okabe and Ito, 2008); always beside a mark or a number."""


def fit_scale(image: np.ndarray, width: int = 640, height: int = 480) -> float:
    """Return px of the frame that `fit` makes per px of the image."""
    scale = min(width / image.shape[1], height / image.shape[0])
    return float(int(scale)) if scale >= 1 else scale


def fit(image: np.ndarray, width: int = 640, height: int = 480) -> tuple[np.ndarray, float]:
    """Shrink an image into a frame, or enlarge a small one by a whole factor.

    Returns
    -------
    frame : (h, w, 3) uint8
    scale : float, px of the frame per px of the image

    Examples
    --------
    >>> frame, scale = fit(np.zeros((100, 100), np.uint8))
    >>> frame.shape, scale
    ((400, 400, 3), 4.0)
    """
    scale = fit_scale(image, width, height)
    size = [max(1, round(side * scale)) for side in image.shape[::-1]]
    how = cv2.INTER_NEAREST if scale >= 1 else cv2.INTER_AREA
    return cv2.cvtColor(cv2.resize(image, size, interpolation=how), cv2.COLOR_GRAY2BGR), scale


def enlarge(image: np.ndarray, cell: int) -> np.ndarray:
    """Show each pixel of a small image as a square of `cell` px."""
    return cv2.cvtColor(image.repeat(cell, axis=0).repeat(cell, axis=1), cv2.COLOR_GRAY2BGR)


def write(
    frame: np.ndarray,
    text: str,
    centre: tuple[int, int],
    size: float = 0.5,
    colour: tuple[int, int, int] = BLACK,
) -> None:
    """Write a short text around a centre (x, y)."""
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    corner = (centre[0] - width // 2, centre[1] + height // 2)
    cv2.putText(frame, text, corner, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def outline(
    frame: np.ndarray, centre: tuple[int, int], half: int, colour: tuple[int, int, int]
) -> None:
    """Draw a square around a centre (x, y), with a dark rim that shows on any grey."""
    low, high = (centre[0] - half, centre[1] - half), (centre[0] + half, centre[1] + half)
    cv2.rectangle(frame, low, high, BLACK, 4)
    cv2.rectangle(frame, low, high, colour, 2)


def line(frame: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
    """Draw a line between two places (x, y), with a dark rim that shows on any grey."""
    for colour, thickness in ((BLACK, 4), (WHITE, 2)):
        cv2.line(frame, start.tolist(), end.tolist(), colour, thickness, cv2.LINE_AA)


def contrast(grey: int) -> tuple[int, int, int]:
    """Return black or white, whichever is read more easily on this grey value."""
    return BLACK if grey > 110 else WHITE


def png(frame: np.ndarray) -> bytes:
    """Encode a drawing: small numbers stay crisp."""
    return cv2.imencode(".png", frame)[1].tobytes()


def jpeg(frame: np.ndarray) -> bytes:
    """Encode a photo: a tenth of the bytes; full colour resolution keeps thin marks clear."""
    full = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, full]
    return cv2.imencode(".jpg", frame, options)[1].tobytes()
