"""Features of one's own in ten lines: how bright a picture is, in twelve places."""

import cv2
import numpy as np


def brightness(path: str) -> np.ndarray:
    """Return the mean grey value of each of 3 x 4 tiles, (12,)."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
    return cv2.resize(image, (4, 3), interpolation=cv2.INTER_AREA).ravel()
