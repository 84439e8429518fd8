"""Visual words: typical descriptors of a collection, learned from a sample of its images."""

from __future__ import annotations

import decimal
import hashlib
from collections.abc import Sequence

import numpy as np

from imagegroup.exact import product
from imagegroup.kmeans import fit_kmeans, spread_starts

SAMPLE_DESCRIPTORS = 20_000
"""Descriptors a vocabulary is learned from, at most."""
WORD_STEPS = 256
"""Steps of the grid on which words lie, from a bit that is 0 to one that is 1."""
ROUNDS = 30
"""Rounds of K-means on descriptors."""


def unpack_bits(descriptors: np.ndarray) -> np.ndarray:
    """Unpack descriptor bytes into bits; bit i of a descriptor becomes column i.

    Parameters
    ----------
    descriptors : (n, 32) uint8

    Returns
    -------
    (n, 256) uint8, zeros and ones
        Their squared Euclidean distance is the Hamming distance of the descriptors.

    Examples
    --------
    127 and 128 differ by 1 as numbers and in all 8 bits as descriptors.

    >>> pair = np.zeros((2, 32), np.uint8)
    >>> pair[:, 0] = 127, 128
    >>> first, second = unpack_bits(pair).astype(int)
    >>> int(((first - second) ** 2).sum())
    8
    """
    return np.unpackbits(descriptors, axis=1, bitorder="little")


def learn_vocabulary(
    samples: Sequence[np.ndarray], n_words: int, random_state: int = 0
) -> np.ndarray:
    """Learn visual words: K-means on the bits of descriptors of many images.

    Parameters
    ----------
    samples : sequence of (n_i, 32) uint8
        Descriptors, image by image; every image gives its share, at most 20,000 in all. Copies
        count once, and the order of the images does not matter.
    n_words : int
    random_state : int

    Returns
    -------
    (n_words, 256) float32, multiples of 1/256 from 0 to 1
        Fewer words when there are fewer distinct descriptors. The same on every machine: sums of
        bits are whole numbers, and so are products with words that count in 256ths.

    References
    ----------
    Sivic and Zisserman, Video Google, ICCV 2003, doi:10.1109/ICCV.2003.1238663.

    Examples
    --------
    >>> dark, light = np.zeros((5, 32), np.uint8), np.full((5, 32), 255, np.uint8)
    >>> sorted(learn_vocabulary([dark, light], n_words=2).mean(axis=1).tolist())
    [0.0, 1.0]
    """
    # Copies are drawn once, and what is drawn follows the content of the images, not their order.
    distinct = {hashlib.sha256(s.tobytes()).digest(): s for s in samples}
    samples = [distinct[key] for key in sorted(distinct)]
    share = max(1, SAMPLE_DESCRIPTORS // max(1, len(samples)))
    rng = np.random.RandomState(random_state)  # whose stream is the same in every version of NumPy
    chosen = [s[rng.permutation(len(s))[:share]] for s in samples if len(s)]
    if not chosen:
        return np.zeros((0, 256), np.float32)
    rows = np.concatenate(chosen)
    bits = unpack_bits(rows).astype(np.float32)
    ones = bits.sum(axis=1, dtype=np.float64)

    def hamming(some: np.ndarray) -> np.ndarray:
        return ones[some, None] + ones - 2.0 * product(bits[some], bits.T, of_a=1, of_b=1)

    n_words = min(n_words, len(np.unique(rows, axis=0)))
    starts = bits[spread_starts(hamming, len(bits), n_words, rng)] * float(WORD_STEPS)
    # A few words need not converge: more rounds and more descriptors moved no score beyond the
    # spread of the seeds.
    words = fit_kmeans(bits, starts, scale=WORD_STEPS, rounds=ROUNDS).centers
    return (words / WORD_STEPS).astype(np.float32)


def nearest_words(bits: np.ndarray, vocabulary: np.ndarray) -> np.ndarray:
    """Find the nearest word of each descriptor.

    Parameters
    ----------
    bits : (n, 256) zeros and ones
        As `unpack_bits` gives them.
    vocabulary : (n_words, 256) float32
        Rounded to 256ths.

    Returns
    -------
    (n,) int
        Index of the word at the smallest Euclidean distance, the first of those as near; -1 where
        there are no words.

    Examples
    --------
    >>> words = np.stack([np.zeros(256), np.ones(256)]).astype(np.float32)
    >>> nearest_words(np.float32([[1] * 200 + [0] * 56]), words)
    array([1])
    """
    if not len(vocabulary):
        return np.full(len(bits), -1)
    words = word_steps(vocabulary)
    # |b - w|^2 = |b|^2 - 2 b.w + |w|^2, and |b|^2 is the same for every word
    dots = product(bits.astype(np.float32), words.T).astype(np.float64)
    return np.argmin(np.square(words).sum(axis=1) - 2 * WORD_STEPS * dots, axis=1)


def word_steps(vocabulary: np.ndarray) -> np.ndarray:
    """Return words in whole 256ths, (n_words, 256) float64; those learned here lie on these."""
    return np.rint(vocabulary.astype(np.float64) * WORD_STEPS)


def learn_idf(samples: Sequence[np.ndarray], vocabulary: np.ndarray) -> np.ndarray:
    """Learn how much a word tells: the fewer images have it, the more.

    Parameters
    ----------
    samples : sequence of (n_i, 32) uint8
        Descriptors, image by image.
    vocabulary : (n_words, 256) float32

    Returns
    -------
    (n_words,) float32
        log(1 + images / images with the word), the inverse document frequency. The 1 keeps a
        word that all images have from weighing nothing.

    Examples
    --------
    Both images have the dark word, one of the two has the light word.

    >>> dark, light = np.zeros((1, 32), np.uint8), np.full((1, 32), 255, np.uint8)
    >>> words = np.stack([np.zeros(256), np.ones(256)]).astype(np.float32)
    >>> np.exp(learn_idf([dark, np.concatenate([dark, light])], words)) - 1
    array([1., 2.], dtype=float32)
    """
    seen = np.zeros(len(vocabulary), np.float32)
    for descriptors in filter(len, samples):
        seen[np.unique(nearest_words(unpack_bits(descriptors), vocabulary))] += 1
    ratios = (decimal.Decimal(len(samples)) / max(1, int(count)) for count in seen)
    # Decimal logarithms are rounded correctly everywhere, those of a C library are not.
    return np.array([float((1 + ratio).ln()) for ratio in ratios], np.float32)
