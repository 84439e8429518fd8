"""How well do features survive: the same photo in two views that differ by a known amount.

Any `describe(image) -> Features` can stand beside ORB. Every pair of views has a known homography,
so that each match is known to be right or wrong.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from imagegroup.methods import Method
from imagegroup.orb import Features
from imagegroup.repeatability import map_points, pair_keypoints
from imagegroup.views import Ranges, make_view

RATIO = 0.8
"""A match counts when it is this much nearer than the second nearest (Lowe, 2004)."""
TOLERANCE = 3.0
"""A match is right when it is at most this far from its true place, in px of the second view."""


@dataclass(frozen=True)
class Disturbance:
    """One way in which two views differ, and how much of it is tried.

    Attributes
    ----------
    field : str
        The field of `views.Ranges` that is set.
    unit : str
        What the amounts are.
    amounts : tuple of float
        The first is none at all.
    """

    field: str
    unit: str
    amounts: tuple[float, ...]


DISTURBANCES: dict[str, Disturbance] = {
    "rotation": Disturbance("rotation", "degrees", (0, 15, 30, 45, 60, 90, 135, 180)),
    "scale": Disturbance("crop", "share of the side that is seen", (1, 0.8, 0.65, 0.5, 0.35)),
    "perspective": Disturbance("corners", "shift of the corners", (0, 0.04, 0.08, 0.12, 0.16)),
    "light": Disturbance("light", "factor", (1, 0.8, 0.6, 0.4, 0.2)),
    "noise": Disturbance("noise", "grey levels", (0, 5, 10, 20, 40)),
    "blur": Disturbance("blur", "px", (0, 1, 2, 3, 4)),
    "JPEG": Disturbance("quality", "quality", (90, 50, 25, 10, 5)),
}


@dataclass(frozen=True)
class PairScores:
    """How well the keypoints of one view are found again in another.

    Attributes
    ----------
    repeatability : float in [0, 1], share of the keypoints in the common area found in both
    matching_score : float in [0, 1], right matches over the keypoints in the common area
    precision : float in [0, 1], right matches over all; also called inlier ratio; 0 without any
    recall : float in [0, 1], right matches over the pairs that could be matched
    location_error : float, px, median over the right matches; nan without any
    angle_error : float, degrees, median over the right matches; nan where there is no angle
    matches, right : int
    seconds : float, to find and describe the keypoints of both views
    """

    repeatability: float
    matching_score: float
    precision: float
    recall: float
    location_error: float
    angle_error: float
    matches: int
    right: int
    seconds: float


def make_pair(
    rgb: np.ndarray, disturbance: str, amount: float, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make two views of a photo that differ by one known amount of one kind.

    Parameters
    ----------
    rgb : (H, W, 3) uint8
    disturbance : str
        A name in `DISTURBANCES`.
    amount : float
        In its unit.
    random_state : int
        Decides what chance decides: where a crop lies, how corners move, the noise.

    Returns
    -------
    first, second : (360, 480) uint8, grey
    homography : (3, 3)
        From pixels (x, y, 1) of the first view to pixels of the second.

    Examples
    --------
    Half the side is seen, so everything is twice as large in the second view.

    >>> grey = np.zeros((720, 960, 3), np.uint8)
    >>> first, second, homography = make_pair(grey, "scale", 0.5)
    >>> float(homography[0, 0].round(3))
    2.0
    """
    kind = DISTURBANCES[disturbance]
    pair = (amount, amount)
    ranges = Ranges(**{kind.field: amount if kind.field == "corners" else pair})
    first, to_photo = make_view(rgb, np.random.default_rng(random_state), Ranges())
    second, from_second = make_view(rgb, np.random.default_rng(random_state), ranges)
    grey = [cv2.cvtColor(view, cv2.COLOR_RGB2GRAY) for view in (first, second)]
    if kind.field == "quality":
        coded = cv2.imencode(".jpg", grey[1], [cv2.IMWRITE_JPEG_QUALITY, int(amount)])[1]
        grey[1] = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    return *grey, np.linalg.inv(from_second) @ to_photo


def match_pairs(
    first: Features, second: Features, norm: int = cv2.NORM_HAMMING
) -> tuple[np.ndarray, np.ndarray]:
    """Match keypoints of the first image to their nearest in the second.

    Of several with the same nearest only the surest is kept, so that no keypoint is counted twice.

    Returns
    -------
    pairs : (n, 2) int, row in `first` and row in `second`, the surest first
    ratios : (n,) float in [0, 1]
        Distance of the nearest over that of the second nearest: the smaller, the surer.
    """
    if not len(first) or len(second) < 2:
        return np.zeros((0, 2), int), np.zeros(0)
    found = cv2.BFMatcher(norm).knnMatch(first.descriptors, second.descriptors, k=2)
    pairs = np.array([(near.queryIdx, near.trainIdx) for near, _ in found])
    near, far = np.array([(a.distance, b.distance) for a, b in found]).T
    ratios = near / np.where(far == 0, 1, far)
    surest = np.argsort(ratios, kind="stable")
    _, first_of_each = np.unique(pairs[surest, 1], return_index=True)
    kept = surest[np.sort(first_of_each)]
    return pairs[kept], ratios[kept]


def score_pair(
    method: Method, first: np.ndarray, second: np.ndarray, homography: np.ndarray
) -> PairScores:
    """Score how well the keypoints of one view are found and matched in another.

    Parameters
    ----------
    method : Method
    first, second : (H, W) uint8, grey
    homography : (3, 3), from pixels of `first` to pixels of `second`

    References
    ----------
    Mikolajczyk and Schmid, A performance evaluation of local descriptors, PAMI 27, 2005,
    doi:10.1109/TPAMI.2005.188 (matching score, recall and precision).

    Examples
    --------
    A view against itself: everything is found again, in place.

    >>> image = np.random.default_rng(0).integers(0, 255, (120, 160), np.uint8)
    >>> from imagegroup.methods import methods
    >>> scores = score_pair(methods()["ORB"], image, image, np.eye(3))
    >>> scores.repeatability, scores.precision, scores.location_error
    (1.0, 1.0, 0.0)
    """
    start = time.perf_counter()
    a, b = method.describe(first), method.describe(second)
    seconds = time.perf_counter() - start
    pairs, ratios = match_pairs(a, b, method.norm)
    pairs = pairs[ratios < RATIO]
    gaps, turns = _errors(a, b, pairs, homography)
    right = gaps <= TOLERANCE
    places = (a.keypoints, b.keypoints, first.shape, second.shape)
    found, common = pair_keypoints(*places, homography, TOLERANCE)
    return PairScores(
        repeatability=found / max(common, 1),
        matching_score=float(right.sum() / max(common, 1)),
        precision=float(right.sum() / max(len(pairs), 1)),
        recall=float(min(1, right.sum() / max(found, 1))),
        location_error=float(np.median(gaps[right])) if right.any() else np.nan,
        angle_error=float(np.median(turns[right])) if right.any() and a.angles.any() else np.nan,
        matches=len(pairs),
        right=int(right.sum()),
        seconds=seconds,
    )


def curve_rows(
    methods: Mapping[str, Method],
    photos: Mapping[str, np.ndarray],
    disturbance: str,
    random_state: int = 0,
    amounts: Iterable[float] | None = None,
) -> list[dict]:
    """Score every method on every photo at every amount of one disturbance.

    Parameters
    ----------
    methods : mapping of name to Method
    photos : mapping of name to (H, W, 3) uint8 RGB
    disturbance : str
        A name in `DISTURBANCES`.
    random_state : int
    amounts : iterable of float, optional
        Those of `DISTURBANCES` when left out.

    Returns
    -------
    list of dict
        "disturbance", "amount", "photo", "method", and the fields of `PairScores`; a row for each.
    """
    rows = []
    for amount in DISTURBANCES[disturbance].amounts if amounts is None else amounts:
        for photo, rgb in photos.items():
            pair = make_pair(rgb, disturbance, amount, random_state)
            for name, method in methods.items():
                what = {"disturbance": disturbance, "amount": amount, "photo": photo}
                scores = asdict(score_pair(method, *pair))
                rows.append({**what, "method": name, **scores})
    return rows


def mean_with_interval(values: Iterable[float]) -> tuple[float, float, float]:
    """Return the mean over photos and the ends of its 95 % t interval; nan values are left out.

    Examples
    --------
    For three values 1 apart the t of 2 degrees of freedom is 4.303: 2 +- 4.303 / sqrt(3).

    >>> [round(v, 2) for v in mean_with_interval([1, 2, 3])]
    [2.0, -0.48, 4.48]
    """
    from scipy.stats import t

    known = np.array([v for v in values if not np.isnan(v)])
    if len(known) < 2:
        return (float(known.mean()) if len(known) else np.nan), np.nan, np.nan
    reach = t.ppf(0.975, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known))
    return float(known.mean()), float(known.mean() - reach), float(known.mean() + reach)


def precision_recall(
    method: Method, first: np.ndarray, second: np.ndarray, homography: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how precision falls as the ratio test is relaxed and recall grows.

    Parameters
    ----------
    method, first, second, homography
        As for `score_pair`.

    Returns
    -------
    recall, precision : (n,) float, from the surest match on
        Recall is of the keypoints in the common area that both views have.
    """
    a, b = method.describe(first), method.describe(second)
    pairs, _ = match_pairs(a, b, method.norm)
    right = np.cumsum(_errors(a, b, pairs, homography)[0] <= TOLERANCE)
    places = (a.keypoints, b.keypoints, first.shape, second.shape)
    possible, _ = pair_keypoints(*places, homography, TOLERANCE)
    return np.minimum(1, right / max(possible, 1)), right / np.arange(1, len(right) + 1)


def _errors(
    a: Features, b: Features, pairs: np.ndarray, homography: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give how far each match lies from its true place, px, and its angle from the true one."""
    here, there = a.keypoints[pairs[:, 0]], b.keypoints[pairs[:, 1]]
    radians = np.deg2rad(a.angles[pairs[:, 0]])
    true = map_points(homography, here)
    # Where a short step in the direction of the angle leads in the second view.
    step = map_points(homography, here + np.column_stack([np.cos(radians), np.sin(radians)])) - true
    turned = np.rad2deg(np.arctan2(step[:, 1], step[:, 0])) - b.angles[pairs[:, 1]]
    gaps = np.linalg.norm(true - there, axis=1)
    return np.nan_to_num(gaps, nan=np.inf), np.abs((turned + 180) % 360 - 180)
