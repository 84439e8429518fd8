"""The check of the FAST score: the largest threshold at which a pixel is still a corner."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.fast import corner_score
from imagegroup.teach.checking import Case, Exercise, Property, run_check
from imagegroup.teach.corner import CLOSED, nine_from_everywhere, ring_of
from imagegroup.teach.pictures import draw_differences
from imagegroup.teach.readers import describe, read_number
from imagegroup.teach.result import CheckResult

WEAKEST = Property(
    "M3",
    "The score is the largest threshold at which the pixel is still a corner: of the nine in a "
    "row the weakest decides, and the test is strict.",
    "Raise the threshold slowly. Which of the nine fails first, and at which threshold?",
    "Of each arc of nine take the smallest difference; the best arc counts. Mind the strict test.",
)
ANY_NINE = Property(
    "M1",
    "Only nine neighbours count: the strongest nine of the ring need not lie in a row.",
    "Does your function know which pixels are neighbours on the ring?",
    "Go through the 16 places where an arc of nine can begin.",
)
SEAM = Property("M1", CLOSED.says, CLOSED.hint, "An arc may begin at any of the 16 positions.")
BEST_NINE = Property(
    "M2",
    "Nine in a row are enough: of a longer run the best nine count, the weak ones at its ends do "
    "not.",
    "How many pixels does your function take together?",
    "A run of 12 holds four arcs of nine. Take the best of them.",
)
BOTH_SCORES = Property(
    "M7",
    "A dark arc counts as much as a light one, and the two do not mix: the negative of a photo has "
    "the same scores.",
    "What does your function return for the same ring with every sign turned round?",
    "Do it once for the differences and once for minus the differences; the larger counts.",
)
FOUND_FIRST = Property(
    "M4",
    "A score ranks what the FAST test found, it finds nothing: where no threshold of 0 or more "
    "makes a corner, it is negative.",
    "What is the smallest difference of nine neighbours here, and what is it less 1?",
    "Do not cut the result off at 0, and start the search for the best arc below every value.",
)


def check_fast_score(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `fast_score(differences) -> int`, the largest threshold at which a corner remains.

    Parameters
    ----------
    function : callable
        Gets `differences`, (16,) int, ring minus centre in the order of the ring; returns the
        largest threshold at which the pixel is still a FAST-9 corner, negative when none of 0 or
        more is.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_fast_score(...).outcome
    'not attempted'
    """
    return run_check(FAST_SCORE, _cases(np.random.default_rng(seed)), function)


def _cases(rng: np.random.Generator) -> list[Case]:
    low, high = int(rng.integers(20, 50)), int(rng.integers(80, 120))
    ten = [0, 1, 2, 3, 4, 6, 7, 8, 10, 11]
    long = {low: [1, 11, 12], high: range(2, 11)}
    two = {high: range(8), -low: range(8, 16)}
    by = f"lighter by {high}"
    rings = [
        (f"nine in a row lighter, the first by {low}, eight by {high}",
         ring_of({low: [0], high: range(1, 9)}), WEAKEST),
        (f"a whole ring lighter by {low}", ring_of({}, low), WEAKEST),
        (f"ten of 16 {by} but scattered, six by {low}", ring_of({high: ten}, low), ANY_NINE),
        *nine_from_everywhere(high, WEAKEST, SEAM),
        (f"12 in a row lighter, nine of them by {high}, three by {low}", ring_of(long), BEST_NINE),
        ("a ring equal to its centre", ring_of({}), FOUND_FIRST),
        (f"eight in a row {by}, the rest equal", ring_of({high: range(8)}), FOUND_FIRST),
        (f"nine in a row darker by {high}", ring_of({-high: range(5, 14)}), BOTH_SCORES),
        (f"eight in a row {by}, then eight darker by {low}", ring_of(two), BOTH_SCORES),
        (f"every second pixel {by}, the others as much darker",
         ring_of({high: range(0, 16, 2)}, -high), FOUND_FIRST),
    ]  # fmt: skip
    for number in range(16):
        ring = np.roll(np.sort(rng.integers(-90, 100, 16)), number)
        rings.append((f"ring {number} of those drawn by lot", ring, WEAKEST))
    return [Case((ring,), int(corner_score(ring)), shown, kept) for shown, ring, kept in rings]


def _read(returned: object, case: Case) -> float:
    return read_number(returned, "one whole number")


def _differs(value: float, case: Case) -> str | None:
    same = value < 0 if case.expected < 0 else value == case.expected
    return None if same else describe(value)


def _blame(value: float, case: Case) -> Property:
    if case.kept is not WEAKEST or not value < 0 <= case.expected:
        return case.kept
    # No corner where nine in a row pass: it wants more than nine, or looks on the other side only.
    return BEST_NINE if value == -1 else BOTH_SCORES


FAST_SCORE = Exercise(
    name="fast_score",
    call="fast_score(differences) -> int, differences (16,) int",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/02_fast.ipynb",
    draw=draw_differences,
    blame=_blame,
)
