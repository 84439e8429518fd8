"""Pictures as plain numbers, without ORB: baselines that any encoding must beat, and colours."""

from __future__ import annotations

import cv2
import numpy as np


def thumbnail(image: np.ndarray) -> np.ndarray:
    """Shrink a picture to 32 x 32 grey values, whatever its shape.

    Parameters
    ----------
    image : (H, W) uint8, grey

    Returns
    -------
    (1024,) float32, row by row, 0 to 255

    Examples
    --------
    >>> thumbnail(np.full((64, 128), 7, np.uint8)).sum() == 32 * 32 * 7
    np.True_
    """
    return cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA).ravel().astype(np.float32)


def grey_histogram(image: np.ndarray) -> np.ndarray:
    """Count grey values in 16 bins of 16.

    Parameters
    ----------
    image : (H, W) uint8, grey

    Returns
    -------
    (16,) float32
        Square roots of the shares, so that its length is 1.

    Examples
    --------
    One pixel of four is white: sqrt(1 / 4).

    >>> grey_histogram(np.uint8([[0, 0], [0, 255]]))[-1]
    np.float32(0.5)
    """
    counts = np.bincount(image.ravel(), minlength=256).reshape(16, 16).sum(axis=1)
    return np.sqrt(counts / counts.sum()).astype(np.float32)


def colour_histogram(rgb: np.ndarray) -> np.ndarray:
    """Count the colours of an image: lightness in 6 bins, a and b of CIE Lab in 8 bins each.

    Parameters
    ----------
    rgb : (H, W, 3) uint8

    Returns
    -------
    (384,) float32, 384 = 6 x 8 x 8
        Square roots of the shares, so that its length is 1. The bins of a and b cover the middle
        half of their range, which photos hardly leave; what does is counted in the outermost.

    Examples
    --------
    >>> red = np.zeros((4, 4, 3), np.uint8)
    >>> red[..., 0] = 255
    >>> colour_histogram(red).max()
    np.float32(1.0)
    """
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    lab[..., 1:] = np.clip(lab[..., 1:], 64, 191)
    counts = cv2.calcHist([lab], [0, 1, 2], None, [6, 8, 8], [0, 256, 64, 192, 64, 192])
    return np.sqrt(counts.ravel() / counts.sum())
