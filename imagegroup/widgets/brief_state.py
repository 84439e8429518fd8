"""What the reader of the BRIEF microscope looks at, and what it says in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from imagegroup.orb import OrbParams
from imagegroup.scratch.brief import compare, orb_pattern, read_points, rotate_pattern
from imagegroup.scratch.matching import hamming
from imagegroup.scratch.orb import Level, extract_levels
from imagegroup.scratch.orientation import angle, moments
from imagegroup.widgets.pixels import ARROWS

HOW = ("without steering", "with steering")


@dataclass(frozen=True, eq=False)
class BriefState:
    """What the reader looks at.

    Attributes
    ----------
    image : (H, W) uint8
    params : OrbParams
    pattern : (256, 2, 2) int, the pairs of points that the bits compare
    levels : list of Level, what ORB computed
    rows : (n, 2) int, level of each keypoint and its row there
    keypoints : (n, 2) float32, px of the image
    selected : int, row of `keypoints`
    turn : int, -180 to 180 degrees, clockwise on the screen
    bit : int, 0 to 255
    steered : bool, whether the points shown turn with the patch
    guess : tuple of int or None, bits guessed and the turn they were guessed for
    a, b : int or None, rows of the two keypoints to compare
    """

    image: np.ndarray
    params: OrbParams
    pattern: np.ndarray
    levels: list[Level]
    rows: np.ndarray
    keypoints: np.ndarray
    selected: int
    turn: int = 10
    bit: int = 137
    steered: bool = False
    guess: tuple[int, int] | None = None
    a: int | None = None
    b: int | None = None


@dataclass(frozen=True, eq=False)
class Reading:
    """What the tests read around one keypoint; the first axis is without, then with steering.

    Attributes
    ----------
    window : (h, w) uint8, surroundings of the keypoint on its level, turned about it
    point : (2,) int, x and y of the keypoint in px of the window
    direction : float, degrees, measured after the turn
    offsets : (2, 256, 2, 2) int, where the points lie, px from the keypoint
    values : (2, 256, 2) uint8, blurred grey values there
    bits : (2, 256) uint8
    """

    window: np.ndarray
    point: np.ndarray
    direction: float
    offsets: np.ndarray
    values: np.ndarray
    bits: np.ndarray


def start(image: np.ndarray, params: OrbParams | None = None) -> BriefState:
    """Find the keypoints and look at the one nearest the middle.

    Raises
    ------
    ValueError
        The image is not (H, W) uint8, is too small, or has no keypoints; `wta_k` is not 2.
    """
    params = params or OrbParams()
    if params.wta_k != 2:
        raise ValueError(f"wta_k={params.wta_k}: expected 2, the microscope shows pairs of points.")
    levels = extract_levels(image, params)
    rows = np.array(
        [(i, row) for i, level in enumerate(levels) for row in range(len(level.points))]
    )
    if not len(rows):
        raise ValueError(
            f"image has no keypoints with {params}: expected at least one; "
            "lower fast_threshold or edge_threshold, or take an image with more structure."
        )
    keypoints = np.concatenate([level.points.astype(np.float32) * level.scale for level in levels])
    central = np.hypot(*(keypoints - np.array(image.shape[::-1]) / 2).T).argmin()
    pattern = orb_pattern(params.patch_size)
    return BriefState(image, params, pattern, levels, rows, keypoints, int(central))


def read(state: BriefState, turn: float) -> Reading:
    """Turn the surroundings of the keypoint, measure the direction anew, read all 256 pairs."""
    window, point = _window(state)
    (x, y), radians = point.tolist(), np.deg2rad(turn)
    cos, sin = np.cos(radians), np.sin(radians)
    matrix = np.array([[cos, -sin, x - cos * x + sin * y], [sin, cos, y - sin * x - cos * y]])
    turned = cv2.warpAffine(
        window,
        matrix,
        window.shape[::-1],
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    _, m10, m01 = moments(turned, point[None], state.params.patch_size).T
    direction = float(angle(m10, m01)[0])
    offsets = rotate_pattern(state.pattern, [0, direction])
    values = read_points(turned, np.stack([point, point]), offsets)
    return Reading(turned, point, direction, offsets, values, compare(values))


def _window(state: BriefState) -> tuple[np.ndarray, np.ndarray]:
    """Cut what the tests can reach, and more, from the level; the keypoint's x, y in it."""
    level, row = _found(state)
    x, y = level.points[row].tolist()
    margin = 2 * state.params.patch_size
    left, top = max(x - margin, 0), max(y - margin, 0)
    window = level.image[top : y + margin + 1, left : x + margin + 1]
    return window, np.array([x - left, y - top])


def circle(state: BriefState) -> tuple[float, float, float, float]:
    """Return x, y, diameter (px of the image) and direction (degrees) of the keypoint."""
    level, row = _found(state)
    x, y = state.keypoints[state.selected].tolist()
    return x, y, state.params.patch_size * float(level.scale), float(level.angles[row])


def patch(reading: Reading, reach: int) -> np.ndarray:
    """Cut the square of `reach` px to each side of the keypoint."""
    x, y = reading.point
    around = np.pad(reading.window, reach, mode="reflect")
    return around[y : y + 2 * reach + 1, x : x + 2 * reach + 1]


def changed(before: Reading, after: Reading) -> np.ndarray:
    """Return which bits differ: (2, 256) bool, without steering, then with it."""
    return before.bits != after.bits


def choose(state: BriefState, selected: int) -> BriefState:
    """Look at another keypoint; after the last comes the first."""
    return replace(state, selected=selected % len(state.keypoints))


def turn(state: BriefState, degrees: int) -> BriefState:
    """Turn the patch; beyond 180 degrees it comes round from the other side."""
    return replace(state, turn=degrees if abs(degrees) <= 180 else (degrees + 180) % 360 - 180)


def choose_bit(state: BriefState, bit: int) -> BriefState:
    """Look at another bit; after the last comes the first."""
    return replace(state, bit=bit % 256)


def steer(state: BriefState, steered: bool) -> BriefState:
    """Let the points turn with the measured direction, or stay upright."""
    return replace(state, steered=steered)


def guess(state: BriefState, bits: int) -> BriefState:
    """Record the prediction; from now on the count is shown."""
    return replace(state, guess=(bits, state.turn))


def pick(state: BriefState, letter: str) -> BriefState:
    """Remember the keypoint as "a" or "b"."""
    return replace(state, **{letter: state.selected})


def press(state: BriefState, key: str, shift: bool = False) -> BriefState:
    """Do what a key stands for."""
    if key in ARROWS:
        dx, dy = (step * (10 if shift else 1) for step in ARROWS[key])
        return turn(choose_bit(state, state.bit + dx), state.turn - dy)
    if key in ("n", "p"):
        return choose(state, state.selected + (1 if key == "n" else -1))
    if key == "s":
        return steer(state, not state.steered)
    return pick(state, key) if key in ("a", "b") else state


def distance(state: BriefState) -> int | None:
    """Return the Hamming distance of A and B in bits, or None until both are picked."""
    if state.a is None or state.b is None:
        return None
    first, second = (
        level.descriptors[row : row + 1]
        for level, row in (_found(state, state.a), _found(state, state.b))
    )
    return int(hamming(first, second)[0, 0])


def words(state: BriefState, before: Reading, after: Reading) -> str:
    """Say in words which keypoint and bit this is, how many bits change, how far A is from B."""
    level, _ = _found(state)
    mode, k = int(state.steered), state.bit
    was, now = before.bits[mode, k], after.bits[mode, k]
    lines = [
        f"Keypoint {state.selected} of {len(state.keypoints)}, octave {level.octave}, "
        f"direction {before.direction:.0f} degrees, after the turn {after.direction:.0f}.",
        f"Bit {k}, {HOW[mode]}: {_question(before.values[mode, k])}; "
        f"after the turn {_question(after.values[mode, k])}: "
        f"{'the bit stays' if was == now else 'the bit changes'}.",
        _count(state, changed(before, after)),
        _compared(state),
    ]
    return "\n".join(lines).strip()


def _question(values: np.ndarray) -> str:
    first, second = values.tolist()
    return f"{first} < {second}, so 1" if first < second else f"{first} is not < {second}, so 0"


def _count(state: BriefState, flips: np.ndarray) -> str:
    if state.guess is None:
        return (
            f"How many of the 256 bits change without steering when the patch is turned by "
            f"{state.turn} degrees? Guess first."
        )
    bits, degrees = state.guess
    without, with_ = flips.sum(axis=1).tolist()
    return (
        f"Turned by {state.turn} degrees, {without} of 256 bits change without steering, "
        f"{with_} with it (your guess for {degrees} degrees: {bits})."
    )


def _compared(state: BriefState) -> str:
    bits = distance(state)
    if bits is None:
        return ""
    return (
        f"Hamming distance from A (keypoint {state.a}) to B (keypoint {state.b}): "
        f"{bits} of 256 bits; strangers differ in about 128."
    )


def _found(state: BriefState, keypoint: int | None = None) -> tuple[Level, int]:
    level, row = state.rows[state.selected if keypoint is None else keypoint].tolist()
    return state.levels[level], row
