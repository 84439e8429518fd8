"""What the ORB explorer shows: photos, a second view of each, nine parameters, what they find."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import cv2
import numpy as np

from imagegroup.orb import Features, OrbParams, check_grey, extract_features
from imagegroup.repeatability import map_points, pair_keypoints
from imagegroup.robustness import RATIO, TOLERANCE, match_pairs
from imagegroup.scratch.orb import level_quotas

MAX_SIDE = 1_024
TURN, SHRINK = 20, 0.8
"""How the second view differs: degrees that it is turned clockwise, and its scale."""


@dataclass(frozen=True)
class Knob:
    """The range of a slider, its step, and what the parameter does in a sentence."""

    low: float
    high: float
    step: float
    sentence: str


KNOBS: dict[str, Knob] = {
    "n_features": Knob(20, 3_000, 20, "keypoints asked for: neither a maximum nor a promise"),
    "scale_factor": Knob(1.05, 2, 0.05, "how much smaller each pyramid level is than the last"),
    "n_levels": Knob(1, 12, 1, "pyramid levels: more find larger things"),
    "edge_threshold": Knob(0, 100, 1, "px at the border without keypoints, of each level"),
    "first_level": Knob(0, 4, 1, "level that holds the photo; those below are enlarged"),
    "wta_k": Knob(2, 4, 1, "points compared for one test; 3 and 4 change the distance"),
    "patch_size": Knob(5, 63, 1, "px of the patch; only 31 has the learned pattern"),
    "fast_threshold": Knob(0, 100, 1, "grey levels by which the ring must differ; 0 acts as 1"),
}
SCORE_SENTENCE = "what ranks the FAST corners; it finds none of its own"


@dataclass(frozen=True, eq=False)
class Found:
    """What one set of parameters finds in a photo.

    Attributes
    ----------
    params : OrbParams
    features : Features
    milliseconds : float, to find and describe the keypoints
    quotas : list of int, keypoints asked for of each level
    """

    params: OrbParams
    features: Features
    milliseconds: float
    quotas: list[int]


@dataclass(frozen=True, eq=False)
class Matched:
    """What of it is found again in the second view.

    Attributes
    ----------
    second : Features of the second view
    pairs : (m, 2) int, matches: rows of both
    right : (m,) bool, whether the match is true to 3 px
    repeated : float in [0, 1], share of the keypoints in the common area found in both views
    """

    second: Features
    pairs: np.ndarray
    right: np.ndarray
    repeated: float


@dataclass(frozen=True, eq=False)
class OrbState:
    """What the reader looks at: `a` follows the sliders, `b` is what was kept to compare with."""

    images: Mapping[str, np.ndarray]
    name: str
    second: np.ndarray
    homography: np.ndarray
    a: Found
    b: Found | None = None
    complaint: str = ""

    @property
    def image(self) -> np.ndarray:
        """The photo looked at, (H, W) uint8."""
        return self.images[self.name]


def start(images: np.ndarray | Mapping[str, np.ndarray], params: OrbParams) -> OrbState:
    """Look at the first photo.

    Raises
    ------
    ValueError
        There is no photo, or one is not (H, W) uint8 of 32 to 1,024 px a side.
    """
    images = dict(images) if isinstance(images, Mapping) else {"photo": images}
    if not images:
        raise ValueError("images={}: expected at least one photo, as read_image returns it.")
    for image in images.values():
        check_grey(image)
        if min(image.shape) < 32 or max(image.shape) > MAX_SIDE:
            height, width = image.shape
            raise ValueError(
                f"image has {width} x {height} px: expected sides of 32 to {MAX_SIDE:,} px, so "
                f"that the picture follows the sliders; read it with max_side={MAX_SIDE}."
            )
    return _look(images, next(iter(images)), params)


def choose(state: OrbState, name: str) -> OrbState:
    """Look at another photo with the same parameters."""
    chosen = _look(state.images, name, state.a.params)
    return replace(chosen, b=state.b and find(chosen.image, state.b.params))


def turn(state: OrbState, knob: str, value: float | str) -> OrbState:
    """Set one parameter; where ORB cannot take it together with the others, say why and stay."""
    try:
        params = replace(state.a.params, **{knob: value})
        found = find(state.image, params)
    except (ValueError, cv2.error) as error:
        return replace(state, complaint=str(error))
    return replace(state, a=found, complaint="")


def reset(state: OrbState) -> OrbState:
    """Return to OpenCV's defaults."""
    return replace(state, a=find(state.image, OrbParams()), complaint="")


def keep(state: OrbState) -> OrbState:
    """Keep what is seen now as B, to compare with."""
    return replace(state, b=state.a)


def swap(state: OrbState) -> OrbState:
    """Let A and B change places."""
    return replace(state, a=state.b, b=state.a) if state.b else state


def second_view(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn and shrink a photo around its centre; returns the view and its (3, 3) homography.

    >>> view, homography = second_view(np.zeros((101, 201), np.uint8))
    >>> map_points(homography, np.array([[100, 50]])).round(6).tolist()  # the centre stays
    [[100.0, 50.0]]
    """
    height, width = image.shape
    centre = ((width - 1) / 2, (height - 1) / 2)
    homography = np.vstack([cv2.getRotationMatrix2D(centre, -TURN, SHRINK), [0, 0, 1]])
    soft = cv2.GaussianBlur(image, (0, 0), 0.5)  # shrinking without it would make new corners
    view = cv2.warpPerspective(soft, homography, (width, height), borderMode=cv2.BORDER_REFLECT)
    return view, homography


def find(image: np.ndarray, params: OrbParams) -> Found:
    """Find and describe the keypoints of a photo, and take the time."""
    began = time.perf_counter()
    features = extract_features(image, params)
    return Found(params, features, 1000 * (time.perf_counter() - began), level_quotas(params))


def match(state: OrbState, found: Found) -> Matched:
    """Match a photo with its second view, and tell the right matches from the wrong."""
    params, features = found.params, found.features
    others = extract_features(state.second, params)
    norm = cv2.NORM_HAMMING if params.wta_k == 2 else cv2.NORM_HAMMING2
    pairs, ratios = match_pairs(features, others, norm)
    pairs = pairs[ratios < RATIO]
    true = map_points(state.homography, features.keypoints[pairs[:, 0]])
    right = np.linalg.norm(true - others.keypoints[pairs[:, 1]], axis=1) <= TOLERANCE
    places = (features.keypoints, others.keypoints, state.image.shape, state.second.shape)
    shared, common = pair_keypoints(*places, state.homography, TOLERANCE)
    return Matched(others, pairs, right, shared / max(common, 1))


def per_octave(found: Found) -> list[int]:
    """Count the keypoints of each level."""
    return np.bincount(found.features.octaves, minlength=found.params.n_levels).tolist()


def words(found: Found) -> str:
    """Say what was found, but for the time, which is never the same twice.

    >>> print(words(find(np.zeros((99, 99), np.uint8), OrbParams(n_levels=2))))
    0 keypoints of 500 asked for.
    Found of asked for, by octave: 0/273 0/227.
    """
    counts = [f"{n}/{q}" for n, q in zip(per_octave(found), found.quotas, strict=True)]
    return (
        f"{len(found.features):,} keypoints of {found.params.n_features:,} asked for.\n"
        f"Found of asked for, by octave: {' '.join(counts)}."
    )


def match_words(matched: Matched) -> str:
    """Say how much was found again, and how much of it rightly."""
    if not len(matched.pairs):
        return "nothing to match in the second view."
    return (
        f"{matched.repeated:.0%} of the keypoints are found again in the second view; "
        f"{matched.right.sum():,} of {len(matched.pairs):,} matches are right "
        f"({matched.right.mean():.0%})."
    )


def as_code(params: OrbParams) -> str:
    """Write parameters as Python, only those that are not the defaults.

    >>> as_code(OrbParams(n_features=800, edge_threshold=0))
    'OrbParams(n_features=800, edge_threshold=0)'
    """
    usual = asdict(OrbParams())
    changed = {n: v for n, v in asdict(params).items() if v != usual[n]}
    return f"OrbParams({', '.join(f'{n}={v!r}' for n, v in changed.items())})"


def _look(images: Mapping[str, np.ndarray], name: str, params: OrbParams) -> OrbState:
    return OrbState(images, name, *second_view(images[name]), find(images[name], params))
