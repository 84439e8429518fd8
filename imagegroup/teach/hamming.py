"""The check of the Hamming distance: in how many bits do two descriptors differ?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.scratch.matching import hamming
from imagegroup.teach.checking import Case, Exercise, Property, run_check
from imagegroup.teach.pictures import draw_bits
from imagegroup.teach.readers import describe, read_number
from imagegroup.teach.result import CheckResult

A_COUNT = Property(
    "M9",
    "It is the number of bits that differ: 0 for a descriptor and itself, 1 for one changed bit. "
    "A share or a likeness would hide that strangers are 128 apart.",
    "Does your function count what differs or what agrees, and does it divide by anything?",
    "Count the ones of the exclusive or of the two; return that number as it is.",
)
BITS = Property(
    "M5",
    "A byte is eight answers, not a number: what counts is how many bits differ in it, not by how "
    "much it differs.",
    "Write both bytes in base 2, one below the other. Where do they differ?",
    "a ^ b has a 1 wherever the two differ; np.unpackbits turns bytes into bits.",
)
ROOM = Property(
    "M5",
    "A distance can be as large as 256, which does not fit into a byte.",
    "Which dtype has the sum that you return?",
    "Sum into int, or count bits with np.bitwise_count and then sum.",
)
STRANGERS = Property(
    "M9",
    "Two unrelated descriptors differ in about half of their bits, and each of those counts as 1.",
    "Does your function look at all 32 bytes and all eight bits of each?",
    "Write two short examples by hand in base 2, count, and compare.",
)


def check_hamming(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `hamming(a, b) -> int`, the number of bits in which two descriptors differ.

    Parameters
    ----------
    function : callable
        Gets `a` and `b`, (32,) uint8 each; returns a whole number, 0 to 256.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_hamming(...).outcome
    'not attempted'
    """
    return run_check(HAMMING, _cases(np.random.default_rng(seed)), function)


def _cases(rng: np.random.Generator) -> list[Case]:
    first, second, third = rng.integers(0, 256, (3, 32)).astype(np.uint8)
    even = first & np.uint8(254)
    place = int(rng.integers(3, 29))
    pairs = [
        ("a descriptor and itself", first, first, A_COUNT),
        ("two that differ in the lowest bit of one byte", even, _at(even, place, 1), A_COUNT),
        ("bytes 127 and 128, all others 0", _only(place, 127), _only(place, 128), BITS),
        ("bytes 128 and 127, all others 0", _only(place, 128), _only(place, 127), BITS),
        ("bytes 0 and 64, all others 0", _only(31, 0), _only(31, 64), BITS),
        ("bytes 85 and 170, all others 0", _only(0, 85), _only(0, 170), BITS),
        ("32 bytes of 0 and 32 of 255", np.zeros(32), np.full(32, 255), ROOM),
        ("two descriptors drawn by lot", first, second, STRANGERS),
        ("two others drawn by lot", third, second, STRANGERS),
    ]
    return [
        Case((a, b), int(hamming(a[None], b[None])[0, 0]), shown, kept)
        for shown, a, b, kept in ((s, np.uint8(x), np.uint8(y), kept) for s, x, y, kept in pairs)
    ]


def _only(place: int, byte: int) -> np.ndarray:
    return _at(np.zeros(32, np.uint8), place, byte)


def _at(descriptor: np.ndarray, place: int, flip: int) -> np.ndarray:
    changed = descriptor.copy()
    changed[place] ^= flip
    return changed


def _read(returned: object, case: Case) -> float:
    return read_number(returned, "one whole number of bits")


def _differs(value: float, case: Case) -> str | None:
    return None if value == case.expected else describe(value)


def _blame(value: float, case: Case) -> Property:
    # Shares lie below 1, likenesses near 100 or 256; between them bytes were taken for numbers.
    return BITS if case.kept is A_COUNT and 1 < value < 33 else case.kept


HAMMING = Exercise(
    name="hamming",
    call="hamming(a, b) -> int, a and b (32,) uint8",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/03_orb.ipynb",
    draw=draw_bits,
    blame=_blame,
)
