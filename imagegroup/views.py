"""One view of a photo, bent and spoilt by known amounts, with its true homography."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

VIEW_SIZE = (480, 360)
"""Width and height of every view, in px."""

# The corners of a frame of side 1 around (0, 0), clockwise from the top left, and of a view.
# A pixel reaches half a pixel to each side of its centre, hence the halves here and below.
_UNIT = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
_VIEW_CORNERS = ((_UNIT + 0.5) * VIEW_SIZE - 0.5).astype(np.float32)


@dataclass(frozen=True)
class Ranges:
    """How far a view may differ from its photo: each pair is the (low, high) of a uniform draw.

    The defaults change nothing, so that one effect can be studied at a time.

    Parameters
    ----------
    crop : pair in (0, 1]
        Side of the window, as a share of the largest upright 4:3 window centred in the photo;
        the smaller window lies anywhere in the larger.
    rotation : pair, degrees
        Turns the content counter-clockwise.
    corners : float below 0.25
        Each corner of the window moves by up to this share of its sides, in x and in y.
    light : pair, factor on the grey levels, which are then clipped to 0..255
    noise : pair, grey levels
        Standard deviation of normal noise, the same in R, G and B of one pixel.
    blur : pair, px of the view
        Standard deviation of a Gaussian blur.
    quality : pair of int in 1..100
        JPEG quality of the file; `make_album` uses it, `make_view` does not.
    """

    crop: tuple[float, float] = (1, 1)
    rotation: tuple[float, float] = (0, 0)
    corners: float = 0
    light: tuple[float, float] = (1, 1)
    noise: tuple[float, float] = (0, 0)
    blur: tuple[float, float] = (0, 0)
    quality: tuple[int, int] = (90, 90)


DIFFICULTIES = {
    "easy": Ranges(crop=(0.9, 1), rotation=(-4, 4), light=(0.95, 1.05)),
    "hard": Ranges(
        (0.45, 1), (-45, 45), 0.12, light=(0.6, 1.4), noise=(0, 10), blur=(0, 1.5), quality=(40, 90)
    ),
}


def make_view(
    rgb: np.ndarray, rng: np.random.Generator, ranges: Ranges
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one view of a photo: window, rotation, perspective, blur, light and noise.

    What the window sees beyond the photo is the photo mirrored at its border, not black. Keypoints
    there have a true place outside the photo; between two views the homography still holds, since
    both see the same mirrored plane.

    Parameters
    ----------
    rgb : (H, W, 3) uint8
    rng : numpy Generator
    ranges : Ranges

    Returns
    -------
    view : (360, 480, 3) uint8
    homography : (3, 3) float64
        Takes a view pixel (x, y, 1) to its place in `rgb`, in px; (0, 0) is the centre of the
        top left pixel of each.

    Examples
    --------
    Nothing moves. Each view pixel covers 2 x 2 of the photo: its centre lies half a pixel further.

    >>> rng = np.random.default_rng(0)
    >>> view, homography = make_view(np.zeros((720, 960, 3), np.uint8), rng, Ranges())
    >>> (homography @ [100, 50, 1]).round(3).tolist()
    [200.5, 100.5, 1.0]
    """
    homography = _draw_homography(rgb.shape[:2], rng, ranges)
    view = _warp(rgb, homography).astype(np.float32)
    blur, light, noise = (rng.uniform(*pair) for pair in (ranges.blur, ranges.light, ranges.noise))
    if blur > 0:
        view = cv2.GaussianBlur(view, (0, 0), blur)
    view = view * light + rng.normal(0, noise, (*view.shape[:2], 1))
    return np.clip(np.rint(view), 0, 255).astype(np.uint8), homography


def _draw_homography(shape: tuple[int, int], rng: np.random.Generator, r: Ranges) -> np.ndarray:
    height, width = shape
    frame = min(width / 4, height / 3) * np.array([4, 3])
    side = frame * rng.uniform(*r.crop)
    centre = np.array([width, height]) / 2 + (frame - side) * rng.uniform(-0.5, 0.5, 2)
    corners = _UNIT + rng.uniform(-r.corners, r.corners, _UNIT.shape)
    angle = np.deg2rad(rng.uniform(*r.rotation))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    in_photo = centre + (corners * side) @ turn - 0.5
    return cv2.getPerspectiveTransform(_VIEW_CORNERS, in_photo.astype(np.float32))


def _warp(rgb: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Sample the view; a photo much larger than the view is averaged down first."""
    window = cv2.perspectiveTransform(_VIEW_CORNERS[None], homography)
    scale = min(1.0, np.sqrt(cv2.contourArea(_VIEW_CORNERS) / cv2.contourArea(window)))
    height, width = (max(1, round(side * scale)) for side in rgb.shape[:2])
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    fx, fy = width / rgb.shape[1], height / rgb.shape[0]
    to_small = np.array([[fx, 0, (fx - 1) / 2], [0, fy, (fy - 1) / 2], [0, 0, 1]]) @ homography
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(
        small, to_small, VIEW_SIZE, flags=flags, borderMode=cv2.BORDER_REFLECT
    )
