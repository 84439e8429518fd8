"""Visual words: typical descriptors of a collection, learned from a sample of its images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SAMPLE_DESCRIPTORS = 20_000
"""Descriptors a vocabulary is learned from, at most."""


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
        Descriptors, image by image; every image gives its share, at most 20,000 in all.
    n_words : int
    random_state : int

    Returns
    -------
    (n_words, 256) float32 in [0, 1]
        Fewer words when there are fewer distinct descriptors.

    References
    ----------
    Sivic and Zisserman, Video Google, ICCV 2003, doi:10.1109/ICCV.2003.1238663.

    Examples
    --------
    >>> dark, light = np.zeros((5, 32), np.uint8), np.full((5, 32), 255, np.uint8)
    >>> sorted(learn_vocabulary([dark, light], n_words=2).mean(axis=1).tolist())
    [0.0, 1.0]
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(random_state)
    share = max(1, SAMPLE_DESCRIPTORS // max(1, len(samples)))
    chosen = [rng.permutation(s)[:share] for s in samples if len(s)]
    if not chosen:
        return np.zeros((0, 256), np.float32)
    n_words = min(n_words, len(np.unique(np.concatenate(chosen), axis=0)))
    bits = unpack_bits(np.concatenate(chosen)).astype(np.float32)
    with threadpool_limits(limits=1):
        # A few words need not converge: more rounds and more descriptors moved no score beyond the
        # spread of the seeds.
        model = KMeans(n_words, n_init=1, max_iter=30, random_state=random_state, copy_x=False)
        model.fit(bits)  # which are ours: no copy of 20 MB
    return model.cluster_centers_.astype(np.float32)


def nearest_words(bits: np.ndarray, vocabulary: np.ndarray) -> np.ndarray:
    """Find the nearest word of each descriptor.

    Parameters
    ----------
    bits : (n, 256) numbers
        As `unpack_bits` gives them.
    vocabulary : (n_words, 256) float32

    Returns
    -------
    (n,) int
        Index of the word at the smallest Euclidean distance; -1 where there are no words.

    Examples
    --------
    >>> words = np.stack([np.zeros(256), np.ones(256)]).astype(np.float32)
    >>> nearest_words(np.full((1, 256), 0.9, np.float32), words)
    array([1])
    """
    if not len(vocabulary):
        return np.full(len(bits), -1)
    # |b - w|^2 = |b|^2 - 2 b.w + |w|^2, and |b|^2 is the same for every word
    return np.argmin((vocabulary**2).sum(axis=1) - bits @ (2 * vocabulary.T), axis=1)


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
    return np.log1p(len(samples) / np.maximum(seen, 1))
