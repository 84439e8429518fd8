"""The Harris response: how much a patch changes in every direction. ORB ranks corners with it.

It finds no corner of its own: FAST did that. Harris and Stephens, A combined corner and edge
detector, Alvey Vision Conference 1988, doi:10.5244/C.2.23.
"""

from __future__ import annotations

import numpy as np

WINDOW = 7
"""Side in px of the square over which the products of the gradients are summed."""

K = np.float32(0.04)
"""Weight of trace² in the response, Harris' k."""

SCALE = np.float32(1) / np.float32(4 * WINDOW * 255)
"""Brings a gradient sum over the window to about 0 to 1."""


def gradients(level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how fast the grey value rises to the right and downward (Sobel 3 x 3, weights 1 2 1).

    Parameters
    ----------
    level : (H, W) uint8, not smoothed

    Returns
    -------
    ix, iy : (H + 6, W + 6) int32
        Eight times the rise in grey levels per px. Three more rows and columns on each side than
        the level, which is mirrored there without its edge pixel, so that the window always fits.

    Examples
    --------
    A ramp that rises by 1 to the right in every column: 2 px apart, weights of 4.

    >>> ix, iy = gradients(np.tile(np.arange(9, dtype=np.uint8), (9, 1)))
    >>> int(ix[7, 7]), int(iy[7, 7])
    (8, 0)
    """
    around = np.pad(level, WINDOW // 2 + 1, mode="reflect").astype(np.int32)
    down = around[:-2] + 2 * around[1:-1] + around[2:]
    across = around[:, :-2] + 2 * around[:, 1:-1] + around[:, 2:]
    return down[:, 2:] - down[:, :-2], across[2:] - across[:-2]


def window_sum(values: np.ndarray) -> np.ndarray:
    """Add up the values in the 7 x 7 window around each pixel; no weights, no Gaussian.

    Parameters
    ----------
    values : (H + 6, W + 6) int32

    Returns
    -------
    (H, W) int32

    Examples
    --------
    >>> window_sum(np.ones((7, 8), np.int32)).tolist()
    [[49, 49]]
    """
    height, width = values.shape[0] - WINDOW + 1, values.shape[1] - WINDOW + 1
    rows = sum(values[step : step + height] for step in range(WINDOW))
    return sum(rows[:, step : step + width] for step in range(WINDOW))


def harris_response(level: np.ndarray) -> np.ndarray:
    """Return det(M) - k trace(M)² of the structure tensor M = [[a, c], [c, b]] at every pixel.

    a = sum Ix², b = sum Iy², c = sum Ix Iy over the window. The response is large and positive at
    a corner, negative on an edge, 0 where nothing changes.

    Parameters
    ----------
    level : (H, W) uint8, not smoothed

    Returns
    -------
    (H, W) float32
        Typically 1e-4 to 1e-2 at a corner of a photo; there is no threshold.

    Examples
    --------
    >>> image = np.zeros((40, 40), np.uint8)
    >>> image[20:, 20:] = 100
    >>> corner, edge, flat = harris_response(image)[[20, 30, 10], [20, 20, 10]]
    >>> [int(np.sign(response)) for response in (corner, edge, flat)]
    [1, -1, 0]
    """
    ix, iy = gradients(level)
    a, b, c = (window_sum(product).astype(np.float32) for product in (ix * ix, iy * iy, ix * iy))
    return (a * b - c * c - K * (a + b) * (a + b)) * (SCALE * SCALE * SCALE * SCALE)
