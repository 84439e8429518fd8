"""The pyramid: one image at several sizes, so that a patch of fixed size sees both near and far."""

from __future__ import annotations

import cv2
import numpy as np

from imagegroup.orb import OrbParams


def level_scales(params: OrbParams) -> np.ndarray:
    """Return by how much each level is smaller than the image: s_l = s ** (l - first_level).

    Returns
    -------
    (n_levels,) float32
        Pixels of the image per pixel of the level; below 1 for a level that is enlarged.

    Examples
    --------
    >>> level_scales(OrbParams(n_levels=4, scale_factor=2.0, first_level=1)).tolist()
    [0.5, 1.0, 2.0, 4.0]
    """
    factor = float(np.float32(params.scale_factor))
    exponents = range(-params.first_level, params.n_levels - params.first_level)
    return np.array([factor**exponent for exponent in exponents], np.float32)


def build_pyramid(image: np.ndarray, params: OrbParams) -> list[np.ndarray]:
    """Return the image at every scale, each level made from the level before it.

    The resize is bilinear with 8-bit weights and rounds to whole grey levels at each step. There
    is no blur before shrinking, so fine texture aliases.

    Parameters
    ----------
    image : (H, W) uint8, grey
    params : OrbParams
        `scale_factor`, `n_levels` and `first_level` count.

    Returns
    -------
    list of (H_l, W_l) uint8
        One image for each level; a side is round(side / s_l).

    Raises
    ------
    ValueError
        The image is too small for `n_levels` levels.

    Examples
    --------
    >>> levels = build_pyramid(np.zeros((100, 120), np.uint8), OrbParams(n_levels=3))
    >>> [level.shape for level in levels]
    [(100, 120), (83, 100), (69, 83)]
    """
    # Multiplying by the inverse and dividing differ by a pixel for some sides, such as 69.
    inverses = np.float32(1) / level_scales(params)
    height, width = image.shape
    sizes = np.rint(np.float32([width, height]) * inverses[:, None]).astype(int)
    if sizes.min() == 0:
        raise ValueError(
            f"an image of {width} x {height} px has no room for {params.n_levels} levels of "
            f"scale factor {params.scale_factor}: lower n_levels."
        )
    levels: list[np.ndarray] = []
    for octave, size in enumerate(sizes.tolist()):
        source = levels[-1] if octave > params.first_level else image
        if octave != params.first_level:
            source = cv2.resize(source, size, interpolation=cv2.INTER_LINEAR_EXACT)
        levels.append(source)
    return levels


def smooth(level: np.ndarray) -> np.ndarray:
    """Blur with a Gaussian of sigma 2 px, cut to 7 x 7: single pixels are too noisy to compare.

    k(x) = exp(-x² / 8) / sum, applied along rows, then along columns, in float32; the border is
    mirrored without its edge pixel.

    Parameters
    ----------
    level : (H, W) uint8

    Returns
    -------
    (H, W) uint8
        Rounded to whole grey levels. `cv2.GaussianBlur` rounds otherwise: with it 0.1 % of the
        descriptor bits differ from OpenCV's own ORB.

    Examples
    --------
    One bright pixel spreads over a square of 7 x 7.

    >>> image = np.zeros((9, 9), np.uint8)
    >>> image[4, 4] = 255
    >>> int((smooth(image) > 0).sum())
    49
    """
    offsets = np.arange(-3, 4)
    weights = np.exp(-(offsets**2) / 8)
    kernel = (weights / weights.sum()).astype(np.float32)
    return cv2.sepFilter2D(level, -1, kernel, kernel)
