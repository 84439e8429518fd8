"""The check of VLAD: from any number of descriptors to one vector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imagegroup.teach.checking import Case, Exercise, Property, run_check
from imagegroup.teach.readers import read_array
from imagegroup.teach.result import CheckResult
from imagegroup.vectors import encode_vlad

LENGTH = Property(
    "M8",
    "Photos have different numbers of keypoints, so the whole vector has length 1.",
    "What is the sum of the squares of your vector?",
    "Divide by np.linalg.norm at the very end.",
)
NEAREST = Property(
    "M10",
    "A descriptor belongs to its nearest word, wherever it stands in the list; the vector holds "
    "the words in the order of the vocabulary.",
    "Exchange two rows of `bits`: does your vector stay as it is?",
    "For each descriptor find the word at the smallest distance, then sum word by word.",
)
DIRECTION = Property(
    "M7",
    "Descriptor minus word, with its sign: without it, or turned round, a patch and its negative "
    "look alike or change places.",
    "Can your vector become negative, and where should it?",
    "Take the square root of the absolute value, then give the sign back.",
)
WORDS_ALIKE = Property(
    "M8",
    "The number of descriptors that fall to a word must not decide: each word's sum is scaled to "
    "length 1 before the square roots.",
    "A word with a hundred descriptors, and one with three: which rules your vector?",
    "Scale each word's part by itself, then take the roots, then scale the whole.",
)
ROOTS = Property(
    "M8",
    "Signed square roots keep a few large sums from drowning the many small ones.",
    "Which step comes between the two scalings?",
    "Replace each number by its square root, with its sign.",
)
EMPTY_WORD = Property(
    "M12",
    "Nothing makes sure that every word gets a descriptor: its part is then 0, not nan.",
    "What is your scale when a sum has length 0?",
    "Divide only where the length is not 0.",
)
NO_KEYPOINTS = Property(
    "M8",
    "A plain photo may have no keypoint at all: its vector is all 0, of the usual size.",
    "What does your function return for zero rows of bits?",
    "Begin with zeros for each word, and divide only where the length is not 0.",
)


def check_vlad(function: Callable | None, *, seed: int = 0) -> CheckResult:
    """Check `vlad(bits, vocabulary) -> vector`, one vector of a photo's descriptors.

    Parameters
    ----------
    function : callable
        Gets `bits`, (n, 256) float, 0 or 1, and `vocabulary`, (n_words, 256) float; n may be 0.
        Returns (n_words * 256,) numbers: for each word in turn the sum of its descriptors minus
        the word, scaled to length 1; then signed square roots; then length 1 over all.
    seed : int
        Of the hidden inputs.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> check_vlad(...).outcome
    'not attempted'
    """
    return run_check(VLAD, _cases(np.random.default_rng(seed)), function)


def _cases(rng: np.random.Generator) -> list[Case]:
    ones, middle = np.ones((1, 256)), np.full((1, 256), 0.5)
    two = np.stack([np.full(256, 0.2), np.full(256, 0.8)])
    turned = np.stack([np.ones(256), np.zeros(256)])  # the first belongs to the second word
    words = rng.random((4, 256)).round(2)
    many = (rng.random((40, 256)) < words[rng.choice(3, 40, p=[0.7, 0.2, 0.1])]).astype(float)
    uneven = np.repeat([[1.0, 0, 1, 1]], [4], axis=0).repeat(64, axis=1) * [[1], [1], [1], [0]]
    inputs = [
        ("one descriptor of ones and one word of halves", ones, middle, LENGTH),
        ("one descriptor of zeros and one word of halves", 0 * ones, middle, DIRECTION),
        ("two descriptors, each nearest to the other's word", turned, two, NEAREST),
        ("three descriptors and a word that gets none", turned[[0, 0, 0]], two, EMPTY_WORD),
        ("four descriptors of one word that differ from it unevenly", uneven, middle, ROOTS),
        ("five descriptors, four of them of one word", turned[[0, 1, 1, 1, 1]], two, WORDS_ALIKE),
        ("40 descriptors that fall unevenly to three of four words", many, words, WORDS_ALIKE),
        ("the same 40 in another order", rng.permutation(many), words, NEAREST),
        ("a photo without descriptors", np.zeros((0, 256)), words, NO_KEYPOINTS),
    ]
    return [
        Case((bits, vocabulary), _expected(bits, vocabulary), shown, kept)
        for shown, bits, vocabulary, kept in map(_on_the_grid, inputs)
    ]


def _on_the_grid(case: tuple) -> tuple:
    """Round the words of a case to 256ths, on which learned words lie."""
    shown, bits, vocabulary, kept = case
    return shown, bits, np.rint(vocabulary * 256) / 256, kept


def _expected(bits: np.ndarray, vocabulary: np.ndarray) -> np.ndarray:
    packed = np.packbits(bits.astype(np.uint8), axis=1, bitorder="little")
    return encode_vlad(packed, vocabulary.astype(np.float32))


def _read(returned: object, case: Case) -> np.ndarray:
    n_words = len(case.arguments[1])
    size = 256 * n_words
    return read_array(returned, (size,), f"a row of {size} numbers, 256 for each word")


def _differs(value: np.ndarray, case: Case) -> str | None:
    wrong = np.flatnonzero(~np.isclose(value, case.expected, atol=1e-4))
    if not len(wrong):
        return None
    length = float(np.sqrt((value**2).sum()))
    word, place = divmod(int(wrong[0]), 256)
    return (
        f"{value[wrong[0]]:.4g} for bit {place} of word {word}, in a vector of length {length:.4g}"
    )


def _blame(value: np.ndarray, case: Case) -> Property:
    turned_round = case.kept is LENGTH and np.allclose(value, -case.expected, atol=1e-4)
    return DIRECTION if turned_round else case.kept


VLAD = Exercise(
    name="vlad",
    call="vlad(bits, vocabulary) -> vector, bits (n, 256), vocabulary (n_words, 256)",
    read=_read,
    differs=_differs,
    solution="notebooks/solutions/05_vectors.ipynb",
    blame=_blame,
)
