"""The check of the elbow: where does a falling curve run farthest below its chord?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.knee import find_knee
from imagegroup.teach.checking import Case, Exercise, Property, run_check
from imagegroup.teach.readers import describe, read_number
from imagegroup.teach.result import CheckResult

NOT_LOWEST = Property(
    "M13",
    "Lower is not better: the curve falls with every k, and the elbow is where it stops paying.",
    "Does your function return the k with the smallest value?",
    "Draw the straight line from the first to the last point, and look at the gap below it.",
)
CHORD = Property(
    "M14",
    "The elbow is the k, not its place in the list, at which the curve lies farthest below the "
    "straight line from its first to its last point.",
    "Is it a single step of the curve that decides, or the gap to the line?",
    "At each k: the height of the line minus that of the curve; take the k of the largest.",
)
RELATIVE = Property(
    "M14",
    "The elbow is not in the data alone: it depends on the first and the last k, and on no unit. "
    "The same curve read farther has another elbow, and the same in other units has the same.",
    "Is there a fixed number or a fixed share in your function?",
    "Only the line between the two ends of what was given may decide.",
)
MAY_BE_NONE = Property(
    "M14",
    "Not every curve has an elbow: where it is nowhere below the line, the answer is None.",
    "What is the largest gap here, and is it above 0?",
    "Return None when the largest gap is 0 or less.",
)


def check_knee(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `knee(ks, values) -> k or None`, the elbow of a falling curve.

    Parameters
    ----------
    function : callable
        Gets `ks`, (n,) int, ascending, and `values`, (n,) float; returns the k at which the curve
        lies farthest below the straight line from its first to its last point, None when it is
        nowhere below.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_knee(...).outcome
    'not attempted'
    """
    return run_check(KNEE, _cases(np.random.default_rng(seed)), function)


def _cases(rng: np.random.Generator) -> list[Case]:
    ks = np.arange(1, 41)
    slow = 100 / np.sqrt(ks)
    scale = float(rng.integers(2, 9))
    bent = np.array([50, 30, 13, 11, 9.5, 8, 7, 6, 5]) * scale
    late = np.array([100, 83, 67, 52, 38, 25, 13, 12, 11]) * scale
    curves = [
        ("a curve that falls fast to k = 3 and slowly to 9", ks[:9], bent, NOT_LOWEST),
        ("the same values for k = 2 to 10", ks[1:10], bent, CHORD),
        ("a curve that falls less and less until k = 7", ks[:9], late, CHORD),
        ("a smooth curve, k up to 10", ks[:10], slow[:10], RELATIVE),
        ("the same curve, k up to 20", ks[:20], slow[:20], RELATIVE),
        ("the same curve, k up to 40", ks, slow, RELATIVE),
        ("the same in thousandths", ks, slow / 1000, RELATIVE),
        ("a straight line", ks[:9], np.arange(80.0, -1, -10), MAY_BE_NONE),
        ("a curve that falls faster and faster", ks[:9], 90.0 - ks[:9] ** 2, MAY_BE_NONE),
    ]
    for number in range(5):
        steps = np.sort(rng.random(12))[::-1] ** 3
        curves.append((f"curve {number} of those drawn by lot", ks[:12], 9 - steps.cumsum(), CHORD))
    return [Case((x, y), _expected(x, y), shown, kept) for shown, x, y, kept in curves]


def _expected(ks: np.ndarray, values: np.ndarray) -> int | None:
    gap = find_knee(ks, values).difference
    return int(ks[gap.argmax()]) if gap.max() > 1e-9 else None


def _read(returned: object, case: Case) -> float | None:
    return None if returned is None else read_number(returned, "one k or None")


def _differs(value: float | None, case: Case) -> str | None:
    # On a curve that runs above its chord kneed names the first k, and is welcome too.
    welcome = (case.expected, find_knee(*case.arguments).knee)
    return None if value in welcome else describe(value)


def _blame(value: float | None, case: Case) -> Property:
    last = case.arguments[0][-1]
    return CHORD if case.kept is NOT_LOWEST and value != last else case.kept


KNEE = Exercise(
    name="knee",
    call="knee(ks, values) -> k or None, ks and values (n,)",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/07_elbow.ipynb",
    blame=_blame,
)
