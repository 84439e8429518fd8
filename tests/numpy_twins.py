"""NumPy twins of the two OpenCV calls in the from-scratch ORB: nothing hides there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def resize_linear_exact(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize (H, W) uint8 as `cv2.resize` does with INTER_LINEAR_EXACT: 8-bit weights."""
    rows, next_rows, down = _linear_weights(image.shape[0], height)
    columns, next_columns, across = _linear_weights(image.shape[1], width)
    pixels = image.astype(np.int64)
    wide = pixels[:, columns] * (256 - across) + pixels[:, next_columns] * across
    down = down[:, None]
    return ((wide[rows] * (256 - down) + wide[next_rows] * down + 2**15) >> 16).astype(np.uint8)


def _linear_weights(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of m outputs from n inputs: two indices and the weight of the second, 0 to 256."""
    step = 1 / (m / n)  # not n / m: the last bit decides ties
    position = (np.arange(m) + 0.5) * step - 0.5
    left = np.floor(position).astype(int)
    weight = np.rint((position - left) * 256).astype(int)
    weight[(left < 0) | (left >= n - 1)] = 0
    left = left.clip(0, n - 1)
    return left, np.minimum(left + 1, n - 1), weight


def sep_filter(image: np.ndarray, kernel: np.ndarray, fused: str) -> np.ndarray:
    """Filter (H, W) uint8 as `cv2.sepFilter2D` does with one symmetric kernel of seven float32.

    `fused` says where a processor rounds a product and its sum once instead of twice: "none",
    "all", or "blocks" (whole blocks of 32 columns along rows, of 4 columns down columns).
    """
    height, width = image.shape
    around = np.pad(image, 3, mode="reflect").astype(np.float32)
    add_row = _adder(width, fused, 32)
    total = kernel[0] * around[:, :width]
    for i in range(1, 7):
        total = add_row(total, kernel[i], around[:, i : i + width])
    add_column = _adder(width, fused, 4)
    result = kernel[3] * total[3 : 3 + height]
    for i in range(1, 4):
        pair = total[3 + i : 3 + i + height] + total[3 - i : 3 - i + height]
        result = add_column(result, kernel[3 + i], pair)
    return np.rint(result).clip(0, 255).astype(np.uint8)


def _adder(width: int, fused: str, block: int) -> Callable[..., np.ndarray]:
    once = {"none": 0, "all": width, "blocks": width - width % block}[fused]

    def add(total: np.ndarray, weight: np.float32, values: np.ndarray) -> np.ndarray:
        result = total + weight * values
        exact = total[:, :once].astype(float) + float(weight) * values[:, :once].astype(float)
        result[:, :once] = exact.astype(np.float32)
        return result

    return add
