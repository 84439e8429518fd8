"""The check of the orientation: in which direction does the centre of mass lie?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.orientation import circle_mask
from imagegroup.teach.checking import Case, Exercise, Property, run_check
from imagegroup.teach.pictures import draw_centroid
from imagegroup.teach.readers import describe, read_number
from imagegroup.teach.result import CheckResult

CLOCKWISE = Property(
    "M6",
    "The angle is in degrees, 0 to the right and 90 below: when the patch turns clockwise, so does "
    "its angle, by as much.",
    "Measure x and y from the centre pixel, x to the right and y down. Which way is 0, which 90?",
    "Does your grid give y or x first? Check what your arctangent takes first, and its unit.",
)
MASS = Property(
    "M6",
    "Every pixel of the disc counts, with its grey value as its mass.",
    "Is it the brightest pixel that your function looks for, or the balance of all?",
    "Sum x times grey, and y times grey, over all pixels of the disc.",
)
DISC = Property(
    "M6",
    "Only the disc is weighed: a square would get other corners when the patch turns.",
    "What does your function do with the pixels where `disc` is False?",
    "Leave the pixels outside the disc out of both sums.",
)
ALL_AROUND = Property(
    "M7",
    "The mirror image has another angle, and the negative points the other way: the angle goes "
    "all around, 0 to 360.",
    "Does your function still know on which side of the centre the mass lies?",
    "A quotient or a square forgets signs; use the arctangent that takes both sums.",
)
LIGHT = Property(
    "M7",
    "More light everywhere, or twice the contrast, leaves the angle as it is.",
    "Does your function compare grey values with a fixed number?",
    "Use the grey values as they are: on a disc, what is added everywhere cancels.",
)


def check_centroid_angle(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `centroid_angle(patch, disc) -> float`, the direction of a patch in degrees.

    Parameters
    ----------
    function : callable
        Gets `patch`, (31, 31) uint8 grey, and `disc`, (31, 31) bool, the pixels that are weighed;
        returns the direction from the centre pixel to the centre of mass, in degrees, clockwise
        from the right because y points down. 360 more or less is the same.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_centroid_angle(...).outcome
    'not attempted'
    """
    return run_check(CENTROID_ANGLE, _cases(np.random.default_rng(seed)), function)


def _spots(*spots: tuple[int, int, int]) -> np.ndarray:
    patch = np.zeros((31, 31), np.uint8)
    for x, y, grey in spots:
        patch[15 + y, 15 + x] = grey
    return patch


def _cases(rng: np.random.Generator) -> list[Case]:
    grey = int(rng.integers(90, 200))
    texture = rng.integers(0, 60, (31, 31)) + np.linspace(0, 50, 31)[:, None]
    texture = texture.astype(np.uint8)
    patches = [
        ("one bright pixel 7 to the right", _spots((7, 0, grey)), CLOCKWISE),
        ("one bright pixel 7 below", _spots((0, 7, grey)), CLOCKWISE),
        ("one bright pixel 4 right and 3 below", _spots((4, 3, grey)), CLOCKWISE),
        ("one bright pixel 4 left and 3 above", _spots((-4, -3, grey)), ALL_AROUND),
        ("one bright pixel 4 left and 3 below", _spots((-4, 3, grey)), ALL_AROUND),
        ("one bright pixel 4 right and 3 above", _spots((4, -3, grey)), ALL_AROUND),
        (
            "a bright pixel 9 right, a dimmer one 9 below",
            _spots((9, 0, grey), (0, 9, grey - 40)),
            MASS,
        ),
        (
            "a bright pixel 6 above and a brighter one outside the disc",
            _spots((0, -6, grey), (15, 15, 255)),
            DISC,
        ),
        ("a patch of texture", texture, MASS),
        ("the same texture, 40 grey levels brighter", texture + np.uint8(40), LIGHT),
        ("the same texture, twice the contrast", texture * np.uint8(2), LIGHT),
        ("its mirror image", texture[:, ::-1], ALL_AROUND),
        ("its negative", 255 - texture, ALL_AROUND),
        ("the texture turned by 90 degrees", np.rot90(texture), CLOCKWISE),
    ]
    disc = circle_mask(31)
    return [
        Case((np.ascontiguousarray(patch), disc), _direction(patch, disc), shown, kept)
        for shown, patch, kept in patches
    ]


def _direction(patch: np.ndarray, disc: np.ndarray) -> float:
    y, x = np.mgrid[-15:16, -15:16]
    mass = np.where(disc, patch, 0).astype(int)
    return float(np.degrees(np.arctan2((y * mass).sum(), (x * mass).sum())))


def _read(returned: object, case: Case) -> float:
    return read_number(returned, "one angle in degrees")


def _differs(value: float, case: Case) -> str | None:
    apart = abs((value - case.expected + 180) % 360 - 180)
    # OpenCV's polynomial is off by up to 0.01 degrees, and welcome.
    return None if apart < 0.05 else f"{describe(value)} degrees"


CENTROID_ANGLE = Exercise(
    name="centroid_angle",
    call="centroid_angle(patch, disc) -> degrees, patch (31, 31) uint8, disc (31, 31) bool",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/03_orb.ipynb",
    draw=draw_centroid,
)
