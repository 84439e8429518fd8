"""Ways to find and describe keypoints that can stand beside each other: ORB and its rivals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from imagegroup.orb import Features, OrbParams, as_features, extract_features
from imagegroup.scratch import brief, fast

_PLAIN = brief.gaussian_pattern()
_MARGIN = 16
"""Pixels that plain BRIEF keeps from the border: half its patch."""


@dataclass(frozen=True)
class Method:
    """A way to find and describe keypoints, and the distance that belongs to its descriptors.

    Attributes
    ----------
    describe : callable, (H, W) uint8 grey -> Features
    norm : int
        OpenCV's number of the distance: `cv2.NORM_HAMMING` for bits, `cv2.NORM_L2` for numbers.
    """

    describe: Callable[[np.ndarray], Features]
    norm: int = cv2.NORM_HAMMING


def methods(params: OrbParams | None = None) -> dict[str, Method]:
    """Return ORB, SIFT, and FAST with plain BRIEF, each asked for the same number of keypoints.

    Plain BRIEF has no angle and no pyramid: the strongest FAST corners, described upright.

    References
    ----------
    Lowe, IJCV 60, 2004, doi:10.1023/B:VISI.0000029664.99615.94 (SIFT). Calonder et al., BRIEF,
    ECCV 2010, doi:10.1007/978-3-642-15561-1_56.
    """
    params = params or OrbParams()
    sift = cv2.SIFT_create(nfeatures=params.n_features)
    return {
        "ORB": Method(lambda image: extract_features(image, params)),
        "SIFT": Method(lambda image: _describe_sift(image, sift), cv2.NORM_L2),
        "FAST + BRIEF": Method(lambda image: describe_upright(image, params)),
    }


def describe_upright(image: np.ndarray, params: OrbParams) -> Features:
    """Describe the strongest FAST corners of an image by plain BRIEF: upright, at one scale.

    Parameters
    ----------
    image : (H, W) uint8, grey
    params : OrbParams
        `n_features`, `fast_threshold` and `edge_threshold` (at least 16 px) count.

    Examples
    --------
    >>> image = np.zeros((99, 99), np.uint8)
    >>> image[40, 50] = 255
    >>> features = describe_upright(image, OrbParams())
    >>> features.keypoints.tolist(), features.angles.tolist()
    ([[50.0, 40.0]], [0.0])
    """
    points, scores = fast.detect_fast(image, params.fast_threshold)
    edge = max(params.edge_threshold, _MARGIN)
    limits = np.array([image.shape[1], image.shape[0]]) - edge
    inside = ((points >= edge) & (points < limits)).all(axis=1)
    points, scores = points[inside], scores[inside]
    best = np.argsort(-scores, kind="stable")[: params.n_features]
    points, upright = points[best], np.zeros(len(best), np.float32)
    return Features(
        keypoints=points.astype(np.float32),
        sizes=upright + 2 * _MARGIN - 1,
        angles=upright,
        responses=scores[best].astype(np.float32),
        octaves=np.zeros(len(best), np.int32),
        descriptors=brief.describe(image, points, upright, _PLAIN),
    )


def _describe_sift(image: np.ndarray, sift: cv2.SIFT) -> Features:
    found, descriptors = sift.detectAndCompute(image, None)
    if descriptors is None:
        return Features()
    return as_features(found, descriptors.astype(np.uint8))  # SIFT rounds to 0..255 itself
