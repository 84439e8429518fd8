"""The check of the FAST test: is this pixel a corner?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.fast import classify, longest_arc
from imagegroup.teach.checking import Case, Exercise, Property, run_check
from imagegroup.teach.pictures import draw_ring
from imagegroup.teach.readers import read_flag
from imagegroup.teach.result import CheckResult

NEIGHBOURS = Property(
    "M1",
    "The nine must be neighbours on the ring: it is the longest run that counts, not the number.",
    "Count how many in a row pass, and begin again at 0 where one does not.",
    "Write the 16 answers twice in a row and look for nine that pass without a gap.",
)
CLOSED = Property(
    "M1",
    "The ring is closed: after position 15 comes position 0, and a run may cross that seam.",
    "Where does a run go on that is still open at position 15?",
    "Walk on for eight more positions, with the position taken modulo 16.",
)
NINE = Property(
    "M2",
    "Nine in a row are enough and eight are not; no single positions decide.",
    "Which length does your function ask for, and does it look at some positions only?",
    "Compare the length of the longest run with 9.",
)
BOTH_SIDES = Property(
    "M7",
    "A corner may be darker than what surrounds it or lighter, but a run is all of one kind: a "
    "negative has the same corners as its photo, only lighter and darker change places.",
    "Look for a run of lighter pixels, and apart from it for a run of darker ones.",
    "Two rows of answers are needed: difference > threshold, and difference < -threshold.",
)
STRICT = Property(
    "M3",
    "Lighter means more than the threshold above the centre: a difference equal to it is similar.",
    "What does your comparison say when both sides are equal?",
    "Compare with > and <, not with >= and <=.",
)


def check_fast_test(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `is_corner(differences, threshold) -> bool`, the FAST-9 test of one pixel.

    Parameters
    ----------
    function : callable
        Gets `differences`, (16,) int, ring minus centre in the order of the ring, and `threshold`,
        int grey levels; returns whether the pixel is a corner.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_fast_test(...).outcome
    'not attempted'
    """
    return run_check(FAST_TEST, _cases(np.random.default_rng(seed)), function)


def ring_of(parts: dict[int, range | list[int]], rest: int = 0) -> np.ndarray:
    """Return the (16,) differences that have each value at its positions, `rest` elsewhere.

    >>> ring_of({9: range(14, 18)}).tolist()
    [9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9]
    """
    ring = np.full(16, rest)
    for value, positions in parts.items():
        ring[np.array(positions) % 16] = value
    return ring


def nine_from_everywhere(value: int, inside: Property, over_the_seam: Property) -> list[tuple]:
    """Return (shown, ring, property) for a run of nine from each of the 16 positions.

    >>> nine_from_everywhere(9, NINE, CLOSED)[8][0]
    'nine in a row lighter, positions 8 to 0'
    """
    return [
        (
            f"nine in a row lighter, positions {start} to {(start + 8) % 16}",
            ring_of({value: range(start, start + 9)}),
            inside if start < 8 else over_the_seam,
        )
        for start in range(16)
    ]


def _cases(rng: np.random.Generator) -> list[Case]:
    t = int(rng.integers(15, 40))
    high = t + int(rng.integers(5, 40))
    five, seven = [1, 2, 3, 4, 5, 7, 9, 11, 13], [*range(5, 12), *range(13, 20)]
    mixed = {high: range(5), -high: range(5, 10)}
    rings = [
        ("nine in a row lighter, from position 0", ring_of({high: range(9)}), NINE),
        ("eight in a row lighter", ring_of({high: range(3, 11)}), NINE),
        ("nine of 16 lighter, at most five in a row", ring_of({high: five}), NEIGHBOURS),
        ("14 of 16 lighter, at most seven in a row", ring_of({high: seven}), NEIGHBOURS),
        *nine_from_everywhere(high, NINE, CLOSED),
        ("ten in a row lighter, from position 5", ring_of({high: range(5, 15)}), NINE),
        ("nine in a row darker", ring_of({-high: range(2, 11)}), BOTH_SIDES),
        ("five in a row lighter, and then five darker", ring_of(mixed), BOTH_SIDES),
        ("nine in a row lighter by just the threshold", ring_of({t: range(9)}), STRICT),
        ("nine in a row darker by just the threshold", ring_of({-t: range(4, 13)}), STRICT),
        ("nine in a row lighter by 1 more than that", ring_of({t + 1: range(9)}), STRICT),
        ("a whole ring lighter", ring_of({}, high), NINE),
        ("a ring equal to its centre", ring_of({}), NINE),
    ]
    for number in range(20):
        lengths = rng.multinomial(16, [0.55, 0.15, 0.15, 0.15])
        ring = np.roll(np.repeat(rng.integers(-60, 61, 4), lengths), number)
        rings.append((f"ring {number} of those drawn by lot", ring, NINE))
    return [
        Case((ring, t), _is_corner(ring, t), f"{shown} (threshold {t})", kept)
        for shown, ring, kept in rings
    ]


def _is_corner(ring: np.ndarray, threshold: int) -> bool:
    return longest_arc(classify(ring, threshold)).length >= 9


def _read(returned: object, case: Case) -> bool:
    return read_flag(returned, "True or False")


def _differs(value: bool, case: Case) -> str | None:
    return None if value == case.expected else str(value)


FAST_TEST = Exercise(
    name="fast_test",
    call="is_corner(differences, threshold) -> bool, differences (16,) int",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/02_fast.ipynb",
    draw=draw_ring,
)
