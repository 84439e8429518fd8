"""Features of your own in ten lines: what notebook 11 puts in the place of ORB."""

import cv2
import numpy as np


def tiles(path: str) -> np.ndarray:
    """Return the mean colour of each of 4 x 3 tiles of a photo, (36,)."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    return cv2.resize(image, (4, 3), interpolation=cv2.INTER_AREA).ravel()
