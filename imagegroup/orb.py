"""ORB (oriented FAST, rotated BRIEF): parameters in, arrays out.

OpenCV does the work. Its types stop at this border: a `cv2.KeyPoint` cannot be pickled, arrays can.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path

import cv2
import numpy as np

from imagegroup.images import Photo, map_images
from imagegroup.skips import Skipped

MIN_SIDE = 32
"""Shortest side, in px, of an image that is given to ORB; a smaller one has no features."""

RANGES = {
    "n_features": (1, 100_000),
    "scale_factor": (1.01, 4.0),
    "n_levels": (1, 32),
    "edge_threshold": (0, 1_000),
    "first_level": (0, 8),
    "wta_k": (2, 4),
    "patch_size": (2, 255),
    "fast_threshold": (0, 255),
}
SCORE_TYPES = {"harris": cv2.ORB_HARRIS_SCORE, "fast": cv2.ORB_FAST_SCORE}


@dataclass(frozen=True)
class OrbParams:
    """The nine parameters of OpenCV's ORB, with its defaults and its order.

    Parameters
    ----------
    n_features : int, 1 to 100,000
        Keypoints asked for; neither a maximum (ties are kept) nor a promise.
    scale_factor : float, 1.01 to 4
        Size ratio of neighbouring pyramid levels.
    n_levels : int, 1 to 32
        Number of pyramid levels.
    edge_threshold : int, 0 to 1,000 px
        Border without keypoints, in pixels of each level.
    first_level : int, 0 to 8
        Level that holds the image itself; those below are enlarged from it.
    wta_k : int, 2 to 4
        Points compared for one test; 2 gives one bit, 3 and 4 give two.
    score_type : {"harris", "fast"}
        What ranks the FAST corners.
    patch_size : int, 2 to 255 px
        Side of the described patch. OpenCV's learned pattern needs 31.
    fast_threshold : int, 0 to 255 grey levels
        How much lighter or darker the arc of a corner must be.

    Raises
    ------
    TypeError, ValueError
        A value of the wrong type or out of its range; the message says the range.

    References
    ----------
    Rublee et al., ORB: an efficient alternative to SIFT or SURF, ICCV 2011,
    doi:10.1109/ICCV.2011.6126544.

    Examples
    --------
    >>> OrbParams(n_features=800).scale_factor
    1.2
    """

    n_features: int = 500
    scale_factor: float = 1.2
    n_levels: int = 8
    edge_threshold: int = 31
    first_level: int = 0
    wta_k: int = 2
    score_type: str = "harris"
    patch_size: int = 31
    fast_threshold: int = 20

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            kind = Real if name == "scale_factor" else Integral
            if isinstance(value, bool) or not isinstance(value, kind):
                wanted = "a number" if kind is Real else "a whole number"
                raise TypeError(f"{name}={value!r}: expected {wanted} from {low:,} to {high:,}.")
            if not low <= value <= high:
                raise ValueError(f"{name}={value!r}: expected a value from {low:,} to {high:,}.")
        if self.score_type not in SCORE_TYPES:
            raise ValueError(f"score_type={self.score_type!r}: expected 'harris' or 'fast'.")
        if self.scale_factor**self.first_level > 8:
            pair = f"first_level={self.first_level} with scale_factor={self.scale_factor}"
            raise ValueError(f"{pair} enlarges more than 8 times: lower one of them.")


@dataclass(frozen=True, eq=False)
class Features:
    """The n keypoints of one image and their descriptors; n may be 0, nothing is ever None.

    Attributes
    ----------
    keypoints : (n, 2) float32, x and y in px, y down
    sizes : (n,) float32, diameter of the described patch in px
    angles : (n,) float32, degrees in [0, 360), clockwise on the screen
    responses : (n,) float32, Harris or FAST score; the two scales cannot be compared
    octaves : (n,) int32, pyramid level
    descriptors : (n, 32) uint8, 256 bits each; bit i is bit i % 8, from the low end, of byte i // 8
    """

    keypoints: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    sizes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    angles: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    responses: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    octaves: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    descriptors: np.ndarray = field(default_factory=lambda: np.zeros((0, 32), np.uint8))

    def __len__(self) -> int:
        return len(self.keypoints)


def extract_features(image: np.ndarray, params: OrbParams | None = None) -> Features:
    """Find and describe the ORB keypoints of one image.

    Parameters
    ----------
    image : (H, W) uint8, grey
    params : OrbParams, optional; OpenCV's defaults when left out

    Returns
    -------
    Features
        In OpenCV's order: by octave. Empty for a flat image, one under 32 px on a side, and one
        too small for `n_levels` levels.

    Raises
    ------
    ValueError
        The image is not (H, W) uint8.

    Examples
    --------
    Two bright pixels on black: each is darker all around, so each is a corner.

    >>> image = np.zeros((128, 128), np.uint8)
    >>> image[40, 50] = image[64, 80] = 255
    >>> features = extract_features(image)
    >>> features.keypoints[features.octaves == 0].tolist()
    [[50.0, 40.0], [80.0, 64.0]]
    >>> features.descriptors.shape == (len(features), 256 // 8)
    True
    """
    return as_features(*_detect(image, params or OrbParams()))


def as_features(found: Sequence[cv2.KeyPoint], descriptors: np.ndarray) -> Features:
    """Turn what a detector of OpenCV returns into arrays; n may be 0."""
    return Features(
        keypoints=np.array([k.pt for k in found], np.float32).reshape(-1, 2),
        sizes=np.array([k.size for k in found], np.float32),
        angles=np.array([k.angle for k in found], np.float32),
        responses=np.array([k.response for k in found], np.float32),
        octaves=np.array([k.octave & 255 for k in found], np.int32),  # SIFT packs more above
        descriptors=descriptors,
    )


def extract_descriptors(image: np.ndarray, params: OrbParams | None = None) -> np.ndarray:
    """Give the descriptors of `extract_features` alone, (n, 32) uint8, in less time.

    >>> extract_descriptors(np.zeros((128, 128), np.uint8)).shape
    (0, 32)
    """
    return _detect(image, params or OrbParams())[1]


def extract_many(
    folder: str | Path,
    paths: Sequence[str],
    params: OrbParams | None = None,
    *,
    max_side: int = 0,
    jobs: int = 0,
) -> Iterator[Features | Skipped]:
    """Extract the features of many files, in threads, in the order of `paths`.

    Parameters
    ----------
    folder, paths, max_side, jobs
        As in `map_images`: max_side in px, 0 for full size; jobs 0 for a thread a core.
    params : OrbParams, optional

    Yields
    ------
    Features or Skipped
        One for each path. Keypoints and sizes are in px of the upright full-size photo.
    """
    extract = functools.partial(_photo_features, params=params or OrbParams())
    return map_images(extract, folder, paths, max_side=max_side, jobs=jobs)


def describe_grid(image: np.ndarray, step: int, params: OrbParams | None = None) -> np.ndarray:
    """Describe upright patches on a dense grid, whether there is a corner or not.

    Parameters
    ----------
    image : (H, W) uint8, grey
    step : int, px
    params : OrbParams, optional
        Its `patch_size` and `wta_k` count; points keep `patch_size // 2` from the border.

    Returns
    -------
    (m, 32) uint8
        Descriptors at angle 0 on the image itself, row by row; a flat patch is all zeros.

    Examples
    --------
    Of 100 px, 15 stay free on each side: positions 15, 25, ... 75 (84 is the last allowed).

    >>> describe_grid(np.zeros((100, 100), np.uint8), step=10).shape[0] == 7 * 7
    True
    """
    params = params or OrbParams()
    check_grey(image)
    if min(image.shape) < MIN_SIDE:
        return np.zeros((0, 32), np.uint8)
    margin = params.patch_size // 2
    rows, columns = (range(margin, side - margin, step) for side in image.shape)
    points = _upright_points(rows, columns, float(params.patch_size))
    grid = dataclasses.replace(params, n_levels=1, first_level=0, edge_threshold=0)
    _, descriptors = _detector(grid).compute(image, points)
    return np.zeros((0, 32), np.uint8) if descriptors is None else descriptors


def check_grey(image: np.ndarray) -> None:
    """Raise a ValueError unless the image is (H, W) uint8."""
    if not (isinstance(image, np.ndarray) and image.ndim == 2 and image.dtype == np.uint8):
        shape = getattr(image, "shape", "none")
        dtype = getattr(image, "dtype", type(image).__name__)
        given = f"image has shape {shape} and type {dtype}"
        raise ValueError(f"{given}: expected a grey image, (H, W) uint8, as read_image returns it.")


def fits_orb(shape: tuple[int, int], params: OrbParams) -> bool:
    """Say whether an image of this (height, width) is large enough for every pyramid level."""
    smallest = min(shape) / params.scale_factor ** (params.n_levels - 1 - params.first_level)
    return min(shape) >= MIN_SIDE and smallest > 0.5


@functools.lru_cache(maxsize=4)  # most photos of a folder have one of a few sizes
def _upright_points(rows: range, columns: range, size: float) -> list[cv2.KeyPoint]:
    return [cv2.KeyPoint(float(x), float(y), size, 0.0, 0.0, 0) for y in rows for x in columns]


def _detect(image: np.ndarray, params: OrbParams) -> tuple[Sequence[cv2.KeyPoint], np.ndarray]:
    """Run OpenCV's ORB where it can run; without keypoints it gives None for descriptors."""
    check_grey(image)
    if fits_orb(image.shape, params):
        found, descriptors = _detector(params).detectAndCompute(image, None)
        if descriptors is not None:
            return found, descriptors
    return (), np.zeros((0, 32), np.uint8)


def _detector(params: OrbParams) -> cv2.ORB:
    return cv2.ORB_create(
        nfeatures=int(params.n_features),
        scaleFactor=float(params.scale_factor),
        nlevels=int(params.n_levels),
        edgeThreshold=int(params.edge_threshold),
        firstLevel=int(params.first_level),
        WTA_K=int(params.wta_k),
        scoreType=SCORE_TYPES[params.score_type],
        patchSize=int(params.patch_size),
        # 1 finds the same keypoints as 0, byte for byte, and is up to 1.9 times as fast:
        # a corner of score 0 is never larger than its neighbours, so it never survives.
        fastThreshold=max(1, int(params.fast_threshold)),
    )


def _photo_features(photo: Photo, params: OrbParams) -> Features:
    features = extract_features(photo.image, params)
    height, width = photo.image.shape
    scale = np.array([photo.width / width, photo.height / height], np.float32)
    # Pixel centres lie at half-integers of the picture's extent, hence the two halves.
    return dataclasses.replace(
        features,
        keypoints=(features.keypoints + np.float32(0.5)) * scale - np.float32(0.5),
        sizes=features.sizes * scale.mean(),
    )
