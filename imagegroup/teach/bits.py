"""The check of BRIEF's bits: 256 answers to "is the first point darker?"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.brief import compare, learned_pattern
from imagegroup.teach.checking import Case, Exercise, Misread, Property, run_check
from imagegroup.teach.pictures import draw_pair
from imagegroup.teach.readers import describe, read_array, to_array
from imagegroup.teach.result import CheckResult

DARKER = Property(
    "M7",
    "A bit is 1 when the first point is darker than the second; the other way round it describes "
    "the negative, which matches nothing.",
    "Which of the two points has to be darker for a 1? Can your difference become negative?",
    "Compare the two grey values with <; a difference of uint8 values wraps around at 0.",
)
PLACES = Property(
    "M7",
    "x counts columns to the right and y rows down, from the centre pixel; read the other way "
    "round, the patch is its mirror image.",
    "Of patch[i, j], which index is x, and where is the centre of 31 pixels?",
    "The row is 15 + y and the column 15 + x; the row comes first.",
)
ORDER = Property(
    "M5",
    "Bit i answers pair i: a descriptor is 256 answers in a row, and their order is all it has.",
    "Ask only one pair with the answer yes. At which place does your 1 appear?",
    "If you pack bits into bytes and back, say both times which end of a byte comes first.",
)
EQUAL = Property(
    "M5",
    "Each bit answers one question, and two equal points answer no: a flat patch has no 1.",
    "What does your comparison say of two equal grey values?",
    "Darker is <, not <=.",
)
ONLY_PAIRS = Property(
    "M7",
    "A bit compares two points of the patch, nothing else: more light everywhere changes none.",
    "Does your function compare a point with a fixed number or with a mean?",
    "Only the two grey values of pair i may enter bit i.",
)


def check_brief_bits(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `brief_bits(patch, pairs) -> 256 bits`, the descriptor of one upright patch.

    Parameters
    ----------
    function : callable
        Gets `patch`, (31, 31) uint8 grey and already smoothed, and `pairs`, (256, 2, 2) int: pair,
        first or second point, x and y from the centre pixel. Returns 256 numbers 0 or 1: bit i is
        1 when the first point of pair i is darker than the second.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_brief_bits(...).outcome
    'not attempted'
    """
    return run_check(BRIEF_BITS, _cases(np.random.default_rng(seed)), function)


def _cases(rng: np.random.Generator) -> list[Case]:
    ramp = np.tile(np.arange(20, 206, 6, dtype=np.uint8), (31, 1))
    texture = rng.integers(0, 200, (31, 31)).astype(np.uint8)
    learned = learned_pattern()
    slope, slanting = ramp // 2 + ramp.T // 4, np.array([[-6, -6], [9, 9]])
    across, down = np.array([[-6, 2], [9, 2]]), np.array([[3, -7], [3, 8]])
    one = np.tile(across[::-1], (256, 1, 1))
    place = 8 * int(rng.integers(2, 30)) + 1
    one[place] = across
    inputs = [
        ("pairs that all ask from dark to light", slope, np.tile(slanting, (256, 1, 1)), DARKER),
        ("pairs that all ask downwards", ramp.T, np.tile(down, (256, 1, 1)), PLACES),
        (f"pairs of which only number {place} has a darker first point", ramp, one, ORDER),
        ("a flat patch", np.full((31, 31), 99, np.uint8), learned, EQUAL),
        ("a ramp and ORB's own pairs", ramp, learned, EQUAL),
        ("a patch of texture and ORB's own pairs", texture, learned, PLACES),
        ("the same, 40 grey levels brighter", texture + np.uint8(40), learned, ONLY_PAIRS),
        ("a patch of texture and pairs drawn by lot", texture, _lot(rng), PLACES),
    ]
    return [
        Case((np.ascontiguousarray(patch), pairs), _answers(patch, pairs), shown, kept)
        for shown, patch, pairs, kept in inputs
    ]


def _lot(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(-15, 16, (256, 2, 2))


def _answers(patch: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return compare(patch[15 + pairs[..., 1], 15 + pairs[..., 0]][None])[0]


def _read(returned: object, case: Case) -> np.ndarray:
    numbers = to_array(returned)
    if numbers is not None and numbers.shape == (32,):
        raise Misread("32 numbers; expected 256 bits, one for each pair", "M5")
    bits = read_array(returned, (256,), "256 numbers 0 or 1")
    if not np.isin(bits, (0, 1)).all():
        other = bits[~np.isin(bits, (0, 1))][0]
        raise Misread(f"{describe(other)} among the bits; expected 0 or 1 only", "M5")
    return bits


def _differs(value: np.ndarray, case: Case) -> str | None:
    wrong = np.flatnonzero(value != case.expected)
    if not len(wrong):
        return None
    more = f", one of {len(wrong)} wrong bits" if len(wrong) > 1 else ""
    return f"{value[wrong[0]]:g} for bit {wrong[0]}{more}"


BRIEF_BITS = Exercise(
    name="brief_bits",
    call="brief_bits(patch, pairs) -> 256 bits, patch (31, 31) uint8, pairs (256, 2, 2) int",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/03_orb.ipynb",
    draw=draw_pair,
)
