"""ORB: oriented FAST and rotated BRIEF, every step in view, equal to OpenCV bit for bit.

Rublee et al., ORB: an efficient alternative to SIFT or SURF, ICCV 2011,
doi:10.1109/ICCV.2011.6126544.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagegroup.orb import Features, OrbParams, check_grey
from imagegroup.scratch.brief import describe, orb_pattern
from imagegroup.scratch.fast import corner_score, ring_differences, suppress_non_maxima
from imagegroup.scratch.harris import harris_response
from imagegroup.scratch.introselect import retain_best
from imagegroup.scratch.orientation import angle, moments
from imagegroup.scratch.pyramid import build_pyramid, level_scales


@dataclass(frozen=True, eq=False)
class Level:
    """What ORB computed on one level of the pyramid, in the order in which it computed it.

    Points are (x, y) in px of the level; times `scale` they are px of the image.

    Attributes
    ----------
    octave : int
    scale : float32, px of the image per px of the level
    quota : int, keypoints asked of this level
    image : (H, W) uint8
    scores : (H, W) int16, FAST score of every pixel, negative where it is never a corner
    corners : (n_corners, 2) int, after threshold, non-maximum suppression and edge
    shortlist : (n_shortlist, 2) int, best by FAST score; twice the quota if Harris ranks them
    ranking : (n_shortlist,) float32, what ranks the shortlist: Harris response or FAST score
    points : (n, 2) int, the keypoints
    responses : (n,) float32, their ranking
    moments : (n, 3) int64, m00, m10, m01 of the disc around each
    angles : (n,) float32, degrees
    descriptors : (n, 32) uint8
    """

    octave: int
    scale: np.float32
    quota: int
    image: np.ndarray
    scores: np.ndarray
    corners: np.ndarray
    shortlist: np.ndarray
    ranking: np.ndarray
    points: np.ndarray
    responses: np.ndarray
    moments: np.ndarray
    angles: np.ndarray
    descriptors: np.ndarray


def level_quotas(params: OrbParams) -> list[int]:
    """Share `n_features` among the levels, in proportion to 1 / scale; the last takes the rest.

    Examples
    --------
    >>> level_quotas(OrbParams(n_features=500))
    [109, 90, 75, 63, 52, 44, 36, 31]
    """
    one, factor = np.float32(1), np.float32(1) / np.float32(params.scale_factor)
    remaining = one - np.float32(float(factor) ** params.n_levels)
    wanted = np.float32(params.n_features) * (one - factor) / remaining
    quotas = []
    for _ in range(params.n_levels - 1):
        quotas.append(int(np.rint(wanted)))
        wanted *= factor
    return [*quotas, max(params.n_features - sum(quotas), 0)]


def extract_levels(image: np.ndarray, params: OrbParams | None = None) -> list[Level]:
    """Run ORB and return everything it computed, level by level.

    Parameters
    ----------
    image : (H, W) uint8, grey
    params : OrbParams, optional

    Raises
    ------
    ValueError
        The image is not (H, W) uint8, or too small for `n_levels` levels.

    Examples
    --------
    Each level is half as wide as the one before, so it is asked for half as many keypoints.

    >>> noise = np.random.default_rng(0).integers(0, 256, (512, 512), dtype=np.uint8)
    >>> levels = extract_levels(noise, OrbParams(n_features=70, n_levels=3, scale_factor=2.0))
    >>> [(level.image.shape[0], level.quota, len(level.points)) for level in levels]
    [(512, 40, 40), (256, 20, 20), (128, 10, 10)]
    """
    params = params or OrbParams()
    check_grey(image)
    pyramid = build_pyramid(image, params)
    pattern = orb_pattern(params.patch_size, params.wta_k)
    scales, quotas = level_scales(params), level_quotas(params)
    return [
        _extract_level(level, octave, scales[octave], quotas[octave], params, pattern)
        for octave, level in enumerate(pyramid)
    ]


def extract_features(image: np.ndarray, params: OrbParams | None = None) -> Features:
    """Find and describe the ORB keypoints of one image; equals `cv2.ORB.detectAndCompute`.

    Parameters, errors: see `extract_levels`, which this puts end to end.

    Examples
    --------
    >>> len(extract_features(np.zeros((99, 99), np.uint8)))        # flat: no corner anywhere
    0
    """
    params = params or OrbParams()
    levels = extract_levels(image, params)
    scales = np.concatenate([np.full(len(level.points), level.scale) for level in levels])
    points = np.concatenate([level.points for level in levels]).astype(np.float32)
    return Features(
        keypoints=points * scales[:, None],
        sizes=np.float32(params.patch_size) * scales,
        angles=np.concatenate([level.angles for level in levels]),
        responses=np.concatenate([level.responses for level in levels]),
        octaves=np.concatenate([np.full(len(v.points), v.octave, np.int32) for v in levels]),
        descriptors=np.concatenate([level.descriptors for level in levels]),
    )


def _extract_level(
    image: np.ndarray,
    octave: int,
    scale: np.float32,
    quota: int,
    params: OrbParams,
    pattern: np.ndarray,
) -> Level:
    harris = params.score_type == "harris"
    scores = corner_score(ring_differences(image))
    corners = _inside(suppress_non_maxima(scores, params.fast_threshold), params.edge_threshold)
    x, y = corners.T
    shortlist = corners[retain_best(scores[y, x], 2 * quota if harris else quota)]
    x, y = shortlist.T
    ranking = (harris_response(image) if harris else scores)[y, x].astype(np.float32)
    best = retain_best(ranking, quota) if harris else slice(None)
    points = shortlist[best]
    masses = moments(image, points, params.patch_size)
    angles = angle(masses[:, 1], masses[:, 2])
    bits = describe(image, points, angles, pattern)
    found = (scores, corners, shortlist, ranking, points, ranking[best], masses, angles, bits)
    return Level(octave, scale, quota, image, *found)


def _inside(corners: np.ndarray, edge: int) -> np.ndarray:
    """List (x, y) of the corners at least `edge` px from the border, row by row."""
    # After the suppression: a corner that is dropped here may have suppressed one that is kept.
    height, width = corners.shape
    rows, columns = np.nonzero(corners[edge : max(height - edge, 0), edge : max(width - edge, 0)])
    return np.column_stack([columns, rows]) + edge
